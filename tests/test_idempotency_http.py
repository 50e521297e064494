"""EA8 whole, over HTTP: a client that times out, or whose server is killed, repeats with its key."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from household import address
from post_office import PostOffice, open_post_office
from quick_town import QuickTown, quick_town
from sqlalchemy import func, select
from town import ADD

from models.accounts import User
from models.journal import Delivery, DeliveryState, Entry
from models.mailboxes import LEASE
from models.members import Member
from models.repeats import IdempotencyKey

pytestmark = pytest.mark.anyio
OTHERS = ("shcherbo", "kolesnik", "urbanovich", "chaika")
IMPATIENT_SECONDS = (0.001, 0.005, 0.02, 0.05)


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[tuple[QuickTown, PostOffice]]:
    """A town whose letters can be counted."""
    async with (
        open_post_office() as office,
        quick_town(folder, CABINET_MAIL_URL=f"smtp://127.0.0.1:{office.port}") as town,
    ):
        yield town, office


def wish(town: QuickTown, **said: Any) -> dict[str, Any]:
    """Прохожий is to become a colleague."""
    newcomer = {"newUser": {"displayName": "Прохожий Иван", "email": address("stranger")}}
    return {"cabinetId": town.romashka, "member": newcomer, "idempotencyKey": "retry-1", **said}


async def impatient(town: QuickTown, given: dict[str, Any], *, seconds: float) -> bool:
    """Ask and hang up after so many seconds; whether an answer came."""
    shcherbo = town.api("shcherbo")
    body = {"query": ADD, "variables": {"i": given}}
    async with httpx.AsyncClient(base_url=town.http.base_url, timeout=httpx.Timeout(20, read=seconds)) as client:
        try:
            await client.post("/graphql", json=body, headers=shcherbo.headers)
        except httpx.ReadTimeout:
            return False
    return True


async def require_once(town: QuickTown, office: PostOffice, member_id: str, *, times: frozenset[int]) -> None:
    """One membership, one entry, and a letter to each, N to the others and one to the newcomer, taken so many times."""
    async with asyncio.timeout(LEASE.total_seconds() + 60):  # of a killed postman on PostgreSQL
        while await count(town, select(Delivery.id).where(Delivery.state == DeliveryState.OWED)):  # noqa: ASYNC110  # another process's work
            await asyncio.sleep(0.05)
    stranger = select(User.id).where(User.email == address("stranger"))
    assert await count(town, stranger) == 1
    assert await count(town, select(Member.id).where(Member.user_id.in_(stranger))) == 1
    added = select(Entry.id).where(Entry.member_id.in_(select(Member.id).where(Member.user_id.in_(stranger))))
    assert await count(town, added) == 1
    assert await count(town, select(IdempotencyKey.id)) == 1
    people = [*OTHERS, "stranger"]
    letters = select(User.email).join(Delivery, Delivery.user_id == User.id).where(Delivery.entry_id.in_(added))
    async with town.home.system.reading() as reading:
        assert sorted(await reading.all(letters)) == sorted(map(address, people))
    assert set(office.readers) >= set(map(address, people))
    assert set(Counter(office.message_ids).values()) <= times
    again = await town.api("shcherbo").act(ADD, i=wish(town))
    assert again["member"]["id"] == member_id


async def count(town: QuickTown, statement: Any) -> int:
    """How many rows, as the server's owner sees them."""
    async with town.home.system.reading() as reading:
        return (await reading.all(select(func.count()).select_from(statement.subquery())))[0]


async def test_a_client_that_times_out_and_repeats_adds_one_colleague(tmp_path: Path) -> None:
    """EA8: the same mutation retried after timeouts, alone and at once: one membership, N+1 mails in total."""
    async with served(tmp_path) as (town, office):
        answered = [await impatient(town, wish(town), seconds=seconds) for seconds in IMPATIENT_SECONDS]
        assert answered[0] is False
        patient = await asyncio.gather(*(town.api("shcherbo").act(ADD, i=wish(town)) for _ in range(4)))
        (member_id,) = {payload["member"]["id"] for payload in patient}
        other = await town.api("shcherbo").try_to(ADD, i=wish(town, role="ADMIN"))
        assert [(e["code"], e["path"]) for e in other["userErrors"]] == [("IDEMPOTENCY_KEY_REUSED", ["idempotencyKey"])]
        await require_once(town, office, member_id, times=frozenset({1}))
        await town.block("shcherbo")
        refused = await town.api("shcherbo").try_to(ADD, i=wish(town))
        assert (refused["member"], [e["code"] for e in refused["userErrors"]]) == (None, ["NOT_FOUND"])


async def test_a_client_whose_server_was_killed_repeats(tmp_path: Path) -> None:
    """EA8, C5 (reliability): kill -9 as soon as the act is committed; after the restart the client learns of it."""
    async with served(tmp_path) as (town, office):
        asked = asyncio.create_task(town.api("shcherbo").raw(ADD, i=wish(town)))
        async with asyncio.timeout(20):
            while not await count(town, select(IdempotencyKey.id)):  # noqa: ASYNC110  # another process's work
                await asyncio.sleep(0)
        await town.server.kill()
        await asyncio.wait([asked])
        asked.exception()
        async with town.again():
            member_id = (await town.api("shcherbo").act(ADD, i=wish(town)))["member"]["id"]
            # Killed between sending and marking, a letter comes once more under its own Message-ID (H4).
            await require_once(town, office, member_id, times=frozenset({1, 2}))
