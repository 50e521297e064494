"""Who finds all places taken, over HTTP and on a stream: refused at once, before a statement is made (R.A1)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from household import SCHEMA, Household, counted

from resolvers import owner, tokens
from resolvers.context import Client, Context
from resolvers.measures import Caller
from resolvers.rights import Principal
from server.graphql import CabinetView
from server.rates import Rates
from server.settings import read_settings

pytestmark = pytest.mark.anyio
ME = "{ viewer { email } }"
OUT = "mutation($i: SessionDeleteInput!) { sessionDelete(input: $i) { userErrors { code } } }"
ADDRESS = "127.0.0.1"


@dataclass
class Door:
    """The view and its rates, with a login."""

    house: Household
    view: CabinetView
    token: str

    @property
    def rates(self) -> Rates:
        """What the view measures by."""
        return self.view._rates

    @property
    def caller(self) -> Caller:
        """Урбанович."""
        return Caller(principal=Principal(token_hash=tokens.hash_of(self.token)), address=ADDRESS)

    @asynccontextmanager
    async def taken(self, count: int, *, caller: Caller | None = None) -> AsyncIterator[None]:
        """So many of a caller's operations run while the block lasts."""
        async with AsyncExitStack() as held:
            for _ in range(count):
                await held.enter_async_context(self.rates.place(caller or self.caller))
            yield

    async def post(self) -> httpx.Response:
        """Ask over HTTP."""
        transport = httpx.ASGITransport(app=self.view)
        async with httpx.AsyncClient(transport=transport, base_url="http://cabinet.example") as http:
            bearer = {"authorization": f"Bearer {self.token}"}
            return await http.post("/graphql", json={"query": ME}, headers=bearer)

    async def stream(self, query: str = ME, **variables: Any) -> Any:
        """Ask as a socket does: the first answer."""
        context = Context(self.house.world, self.caller.principal, Client(address=ADDRESS))
        context.measures = self.rates
        results = await SCHEMA.stream(query, variables, context)
        try:
            return await anext(results)
        finally:
            await results.aclose()


async def door(house: Household, **shares: int) -> Door:
    """With these shares; the token's owner is known."""
    settings = read_settings(**shares)
    token = await owner.session_of(house.system, email="urbanovich@romashka.example")
    made = Door(house, CabinetView(SCHEMA, outside=house.world, settings=settings), token)
    assert (await made.post()).status_code == 200
    return made


def others(number: int) -> Caller:
    """Somebody without login."""
    return Caller(principal=Principal(), address=f"192.0.2.{number}")


@pytest.mark.parametrize(
    ("shares", "status", "code"),
    [
        ({"max_operations": 2, "max_waiting": 0}, 503, "OVERLOADED"),
        ({"max_operations_per_account": 2, "max_waiting_per_account": 0}, 429, "RATE_LIMITED"),
    ],
)
async def test_one_beyond_the_limit_is_refused(
    house: Household, shares: dict[str, int], status: int, code: str
) -> None:
    """R.A1: the last place is given, then 503 for all or 429 for one account, with Retry-After: 1, in milliseconds."""
    town = await door(house, **shares)
    async with town.taken(1):
        assert (await town.post()).status_code == 200
    async with town.taken(2):
        with counted() as made:
            answer, streamed = await town.post(), await town.stream()
        assert made == []
        assert (answer.status_code, answer.headers["retry-after"]) == (status, "1")
        (error,) = answer.json()["errors"]
        assert {**error["extensions"], "requestId": ""} == {"code": code, "retryAfter": 1, "requestId": ""}
        assert [found.extensions["code"] for found in streamed.errors] == [code]
    assert (await town.post()).status_code == 200


async def test_who_waits_in_vain_is_told(house: Household) -> None:
    """R.A1, R.A4: after QUERY_SECONDS without a turn it is OVERLOADED; nothing was begun."""
    limits = replace(house.world.house.limits, query_seconds=0.5)
    house.world = replace(house.world, house=replace(house.world.house, limits=limits))
    town = await door(house, max_operations=1)
    async with asyncio.timeout(10), town.taken(1, caller=others(1)):
        answer = await town.post()
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (503, "OVERLOADED")
    assert town.rates._places.waiting == {}


async def test_a_flood_does_not_keep_an_honest_one(house: Household) -> None:
    """R.A1: all that one caller may have is taken and waited for, and another one is answered at once."""
    town = await door(house)
    async with town.taken(20, caller=others(1)):
        assert (await town.post()).status_code == 200
        assert (await town.stream()).errors is None


async def test_a_subscription_holds_no_place(house: Household) -> None:
    """R.A1: it begins though all places are taken, and takes none."""
    town = await door(house, max_operations=1, max_waiting=0)
    cursor = await house.ask(
        "urbanovich", "query($c: ID!) { cabinet(id: $c) { eventCursor } }", c=house.cabinets["romashka"]
    )
    await house.receive("place-1", "kolesnik")
    async with town.taken(1, caller=others(1)):
        query = "subscription($c: ID, $a: String) { cabinetEvents(cabinetId: $c, after: $a) { __typename } }"
        event = await town.stream(query, c=house.cabinets["romashka"], a=cursor["cabinet"]["eventCursor"])
        assert event.errors is None and event.data["cabinetEvents"]["__typename"] == "DocumentAddedEvent"
        assert town.rates._places.running == {"address 192.0.2.1": 1}


async def test_who_hangs_up_waits_no_more(house: Household) -> None:
    """R.A4: a client that is gone leaves its line; nothing of its mutation was begun."""
    town = await door(house, max_operations=1)
    context = Context(house.world, town.caller.principal, Client(address=ADDRESS))
    context.measures = town.rates
    async with asyncio.timeout(8), town.taken(1, caller=others(1)), house.nothing_happens():
        asked = asyncio.create_task(SCHEMA.execute(OUT, {"i": {}}, context))
        for _ in range(100):
            await asyncio.sleep(0)
        assert town.rates._places.waiting == {town.rates._whose(town.caller): 1}
        context.line.cut()
        assert (await asked).data is None
    assert town.rates._places.waiting == {}


async def test_an_ended_login_counts_for_its_address(house: Household) -> None:
    """R.A1: whoever found an old token takes nothing from the account that it belonged to."""
    town = await door(house)
    assert (await town.stream(OUT, i={})).errors is None
    async with town.taken(1):
        assert set(town.rates._places.running) != {f"address {ADDRESS}"}
    assert (await town.post()).status_code == 401
    async with town.taken(1):
        assert set(town.rates._places.running) == {f"address {ADDRESS}"}
