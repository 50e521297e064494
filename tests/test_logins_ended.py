"""What an ended login leaves behind: nothing that fails after the answer, no stream asleep, no session shown."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from household import SCHEMA, Household, address
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from stream_clients import EVENTS
from town import PASSWORD
from wishes import SET_PASSWORD

from models.access import Verb
from models.accounts import CodePurpose, Session, User
from resolvers import owner, tokens
from resolvers.codes import new_code
from resolvers.context import Client, Context
from resolvers.ports import Database
from resolvers.rights import Principal
from schema.nodes import encode
from server.app import Server
from server.bells import Ear, MemoryBell
from server.settings import read_settings

pytestmark = pytest.mark.anyio

LOG_OUT = "mutation { sessionDelete(input: {}) { deletedSessionId userErrors { code } } }"
ME = "{ viewer { displayName } }"
CURSOR = "query($c: ID!) { cabinet(id: $c) { eventCursor } }"
NODE = "query($id: ID!) { node(id: $id) { id } }"


class WatchedBell(MemoryBell):
    """A bell that knows who listens and whom it woke."""

    def __init__(self) -> None:
        super().__init__()
        self.ears: list[Ear] = []

    @asynccontextmanager
    async def armed(self, cabinet_id: int) -> AsyncIterator[Ear]:
        """As it is, and noted."""
        async with super().armed(cabinet_id) as ear:
            self.ears.append(ear)
            try:
                yield ear
            finally:
                self.ears.remove(ear)


@asynccontextmanager
async def served(house: Household, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The whole application in this process; what fails in it fails here."""
    settings = read_settings(data_dir=folder / "data", public_url="http://cabinet.example")
    transport = httpx.ASGITransport(Server(settings, house.world).application())
    async with httpx.AsyncClient(transport=transport, base_url="http://cabinet.example") as client:
        yield client


async def token_of(house: Household, who: str) -> str:
    """A bearer token of somebody's."""
    return await owner.session_of(house.system, email=address(who))


async def reset_code(house: Household, who: str) -> str:
    """The code of a letter that somebody asked for, having forgotten the password (issue 4 sends it)."""
    async with house.system.work(Verb.OWN_SERVER) as work:
        work.authorize()
        (user,) = await work.all(select(User).where(User.id == house.users[who]))
        row = work.add(new_code(house.system, user, purpose=CodePurpose.PASSWORD_RESET, work=work))
    return house.world.secrets.code(row.purpose.value, row.seed)


async def sessions_of(house: Household, who: str) -> list[Session]:
    """Rows of somebody's logins, oldest first."""
    async with house.system.reading() as reading:
        own = select(Session).where(Session.user_id == house.users[who])
        return await reading.all(own.order_by(Session.id))


async def test_logging_out_after_a_pause_fails_nowhere(house: Household, tmp_path: Path) -> None:
    """EH88: over five minutes after its last use a login is still ended in peace, by bearer as by cookie."""
    token = await token_of(house, "chaika")
    house.clock.move(timedelta(minutes=6))
    async with served(house, tmp_path) as client:
        said = {"query": LOG_OUT}
        answer = await client.post("/graphql", json=said, headers={"authorization": f"Bearer {token}"})
    assert answer.json()["data"]["sessionDelete"]["userErrors"] == []
    (session,) = await sessions_of(house, "chaika")
    assert session.ended_at == house.clock.now()
    assert session.last_used_at == house.clock.now() - timedelta(minutes=6)


async def test_a_use_after_a_pause_is_noted(house: Household, tmp_path: Path) -> None:
    """A login lives on from its last use, noted every five minutes at most."""
    token = await token_of(house, "chaika")
    async with served(house, tmp_path) as client:
        for minutes in (4, 2):
            house.clock.move(timedelta(minutes=minutes))
            await client.post("/graphql", json={"query": ME}, headers={"authorization": f"Bearer {token}"})
    (session,) = await sessions_of(house, "chaika")
    assert session.last_used_at == house.clock.now()
    assert session.expires_at == house.clock.now() + timedelta(days=14)


async def test_a_new_password_wakes_the_streams_of_old_logins(house: Household) -> None:
    """EH88: they end at once, not at the next pulse; what had ended before keeps its time."""
    await house.act(None, SET_PASSWORD, token=await house.invitation("chaika"), newPassword=PASSWORD)
    bell = WatchedBell()
    house.world = replace(house.world, bell=bell)
    await token_of(house, "chaika")
    house.clock.move(timedelta(days=15))
    await token_of(house, "chaika")
    code = await reset_code(house, "chaika")
    async with bell.armed(1) as ear:
        await house.act(None, SET_PASSWORD, token=code, newPassword=PASSWORD)
        assert ear.rung.is_set()
    expired, present = await sessions_of(house, "chaika")
    assert (expired.ended_at, present.ended_at) == (None, house.clock.now())


async def test_an_expired_login_is_no_object(house: Household) -> None:
    """C20: what `viewer.sessions` no longer lists, `node` does not find."""
    await token_of(house, "chaika")
    (session,) = await sessions_of(house, "chaika")
    session_id = encode("Session", session.id)
    assert (await house.ask("chaika", NODE, id=session_id))["node"] == {"id": session_id}
    house.clock.move(timedelta(days=15))
    assert (await house.ask("chaika", NODE, id=session_id))["node"] is None


async def test_a_stream_that_is_left_lets_go_of_its_ear(house: Household) -> None:
    """At once, not when the garbage collector comes."""
    bell = WatchedBell()
    house.world = replace(house.world, bell=bell)
    principal = Principal(token_hash=tokens.hash_of(await token_of(house, "chaika")))
    context = Context(house.world, principal, Client())
    cursor = (await house.ask("chaika", CURSOR, c=house.cabinets["romashka"]))["cabinet"]["eventCursor"]
    await house.receive("heard", "kolesnik")
    stream: Any = await SCHEMA.subscribe(EVENTS, {"c": house.cabinets["romashka"], "a": cursor}, context_value=context)
    async with asyncio.timeout(10):
        first = await anext(stream)
    assert first.errors is None and first.data["cabinetEvents"]["entry"]["kind"] == "DOCUMENT_RECEIVED"
    assert len(bell.ears) == 1
    await stream.aclose()
    assert bell.ears == []


@dataclass
class EndsALogin:
    """A database that runs something just before one of its snapshots."""

    database: Database
    at: int
    ends: Callable[[], Awaitable[object]]
    taken: int = 0

    def transaction(self) -> AbstractAsyncContextManager[AsyncSession]:
        """As it is."""
        return self.database.transaction()

    def is_passing(self, error: BaseException) -> bool:
        """As it is."""
        return self.database.is_passing(error)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncSession]:
        """As it is, after what has to happen before it."""
        self.taken += 1
        if self.taken == self.at:
            await self.ends()
        async with self.database.snapshot() as session:
            yield session


@pytest.mark.parametrize("at", range(3, 8))
async def test_a_login_that_ends_between_two_snapshots_ends_the_stream(house: Household, at: int) -> None:
    """EH88: the stream says LOGIN_ENDED, whichever of its own questions the end falls before; never an error."""
    principal = Principal(token_hash=tokens.hash_of(await token_of(house, "chaika")))

    async def log_out() -> None:
        await SCHEMA.execute(LOG_OUT, context_value=Context(house.world, principal, Client()))

    world = replace(
        house.world,
        database=EndsALogin(house.world.database, at, log_out),
        house=replace(house.world.house, pulse_seconds=0.001),
    )
    context = Context(world, principal, Client())
    stream: Any = await SCHEMA.subscribe(EVENTS, {"c": house.cabinets["romashka"]}, context_value=context)
    async with asyncio.timeout(10):
        answers = [answer async for answer in stream]
    (last,) = [answer.data["cabinetEvents"] for answer in answers if not answer.errors]
    assert (len(answers), last["reason"]) == (1, "LOGIN_ENDED")
