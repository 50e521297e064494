"""Time: a query ends at its limit or with its client, and its statement with it; an act goes on to its end (R.A4)."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from household import NAMES, SCHEMA, Household, address
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from stream_clients import EVENTS

from resolvers import owner
from resolvers.context import Client, Context
from resolvers.ports import Database, Outside
from resolvers.rights import Principal
from server.app import Server
from server.database import SqliteDatabase
from server.settings import read_settings

pytestmark = pytest.mark.anyio

ME = "{ viewer { displayName } }"
RENAME = "mutation($i: ViewerUpdateInput!) { viewerUpdate(input: $i) { viewer { displayName } userErrors { code } } }"
ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 2000000000) SELECT count(*) FROM n"
"""A statement of minutes, on both databases."""


@dataclass
class Slow:
    """A database whose snapshots begin with a statement of minutes, and whose transactions wait for `may_go`."""

    database: Database
    has_begun: asyncio.Event = field(default_factory=asyncio.Event)
    may_go: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncSession]:
        """As it is, and slow."""
        async with self.database.snapshot() as session:
            self.has_begun.set()
            await session.execute(text(ENDLESS))
            yield session

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """As it is, when it may."""
        async with self.database.transaction() as session:
            self.has_begun.set()
            await self.may_go.wait()
            yield session

    def is_passing(self, error: BaseException) -> bool:
        """As it is."""
        return self.database.is_passing(error)


def slowed(world: Outside, slow: Slow, *, seconds: float = 60) -> Outside:
    """The world with this database, where an operation has so much time."""
    limits = replace(world.house.limits, query_seconds=seconds, mutation_seconds=seconds)
    return replace(world, database=slow, house=replace(world.house, limits=limits))


async def busy(house: Household) -> int:
    """What the database works at: on SQLite threads of connections, on PostgreSQL statements of minutes."""
    if isinstance(house.world.database, SqliteDatabase):
        return sum("_connection_worker" in thread.name for thread in threading.enumerate())
    seen = text("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'WITH RECURSIVE%'")
    async with house.world.database.snapshot() as session:
        return int(await session.scalar(seen) or 0)


@asynccontextmanager
async def leaving_nothing_behind(house: Household) -> AsyncIterator[None]:
    """What is begun inside is not worked on for minutes."""
    await house.ask("kolesnik", ME)
    before = await busy(house)
    yield
    async with asyncio.timeout(20):
        while await busy(house) > before:  # noqa: ASYNC110  # no bell tells of it
            await asyncio.sleep(0.05)
    assert (await house.ask("kolesnik", ME))["viewer"]


async def test_a_query_over_its_time_is_told_so_and_stops(house: Household) -> None:
    """EE73, R.A4: TIMEOUT, and the database does nothing more for it: the next one is answered as ever."""
    async with leaving_nothing_behind(house):
        slow = slowed(house.world, Slow(house.world.database), seconds=0.2)
        context = Context(slow, Principal(user_id=house.users["kolesnik"]), Client())
        answer = await SCHEMA.execute(ME, context_value=context)
    assert [(error.extensions or {})["code"] for error in answer.errors or ()] == ["TIMEOUT"]


async def test_an_act_over_its_time_has_an_unknown_outcome(house: Household) -> None:
    """R.A4, R.C4: whoever gets no answer in time is told to repeat; this one was not done."""
    slow = slowed(house.world, Slow(house.world.database), seconds=0.2)
    context = Context(slow, Principal(user_id=house.users["kolesnik"]), Client())
    answer = await SCHEMA.execute(RENAME, {"i": {"displayName": "Новое Имя"}}, context_value=context)
    assert [(error.extensions or {})["code"] for error in answer.errors or ()] == ["UNKNOWN_OUTCOME"]
    assert (await house.ask("kolesnik", ME))["viewer"]["displayName"] == NAMES["kolesnik"]


async def test_a_question_of_a_stream_has_the_time_of_a_query(house: Household) -> None:
    """R.A4: a stream has no limit of its own, each of its looks has."""
    async with leaving_nothing_behind(house):
        slow = slowed(house.world, Slow(house.world.database), seconds=0.2)
        context = Context(slow, Principal(user_id=house.users["kolesnik"]), Client())
        stream: Any = await SCHEMA.subscribe(EVENTS, {"c": house.cabinets["romashka"]}, context_value=context)
        async with asyncio.timeout(20):
            (answer,) = [answer async for answer in stream]
    assert [error.extensions["code"] for error in answer.errors] == ["TIMEOUT"]


class Hasty:
    """A client that posts an operation to the application and hangs up when told."""

    def __init__(self, query: str, **variables: Any) -> None:
        self.hangs_up = asyncio.Event()
        self.sent: list[Any] = []
        self._body = json.dumps({"query": query, "variables": variables}).encode()
        self._has_asked = False

    async def receive(self) -> dict[str, Any]:
        """The request, then the end of the connection."""
        if not self._has_asked:
            self._has_asked = True
            return {"type": "http.request", "body": self._body, "more_body": False}
        await self.hangs_up.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        """What would have come."""
        self.sent.append(message)

    async def post(self, application: Any, token: str) -> None:
        """Until the application is done with it."""
        headers = [(b"content-type", b"application/json"), (b"authorization", f"Bearer {token}".encode())]
        scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers}
        await application({**scope, "http_version": "1.1", "scheme": "http"}, self.receive, self.send)


async def hang_up_in_the_middle(house: Household, folder: Path, query: str, **variables: Any) -> None:
    """Ask, hang up when the database is at work, and wait until the application is done."""
    slow = Slow(house.world.database)
    settings = read_settings(data_dir=folder / "data", public_url="http://cabinet.example")
    application = Server(settings, slowed(house.world, slow)).application()
    hasty, token = Hasty(query, **variables), await owner.session_of(house.system, email=address("kolesnik"))
    asked = asyncio.create_task(hasty.post(application, token))
    async with asyncio.timeout(20):
        await slow.has_begun.wait()
        hasty.hangs_up.set()
        await asyncio.sleep(0.1)
        slow.may_go.set()
        await asked


async def test_a_query_stops_when_its_client_hangs_up(house: Household, tmp_path: Path) -> None:
    """R.A4: in the database too; whoever comes after it does not wait behind it."""
    async with leaving_nothing_behind(house):
        await hang_up_in_the_middle(house, tmp_path, ME)


async def test_an_act_goes_on_when_its_client_hangs_up(house: Household, tmp_path: Path) -> None:
    """R.A4: a cancelled commit is an unknown commit."""
    await hang_up_in_the_middle(house, tmp_path, RENAME, i={"displayName": "Новое Имя"})
    assert (await house.ask("kolesnik", ME))["viewer"]["displayName"] == "Новое Имя"
