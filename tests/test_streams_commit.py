"""A stream tells what was committed: not what is about to be, nor what was rolled back, and it does so at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from clients import Refused
from household import SCHEMA, Household
from sqlalchemy.ext.asyncio import AsyncSession
from stream_clients import EVENTS
from test_tokens_streams import cursor
from wishes import UPDATE_MEMBER

from resolvers.ports import Database
from schema.nodes import decode

pytestmark = pytest.mark.anyio


@dataclass
class Halting:
    """A household's database whose acts stand before their commit until they may end, well or not."""

    real: Database
    looks: int = 0
    is_lost: bool = False
    stands: asyncio.Event = field(default_factory=asyncio.Event)
    may_end: asyncio.Event = field(default_factory=asyncio.Event)

    def snapshot(self) -> AbstractAsyncContextManager[AsyncSession]:
        """As it is, and counted."""
        self.looks += 1
        return self.real.snapshot()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """All of it is written; whether it holds is decided by the test."""
        async with self.real.transaction() as session:
            yield session
            self.stands.set()
            await self.may_end.wait()
            if self.is_lost:
                self.is_lost = False
                raise RuntimeError("lost before the commit")

    def is_passing(self, error: BaseException) -> bool:
        """As it says."""
        return self.real.is_passing(error)


@pytest.mark.parametrize("is_lost", [False, True], ids=["committed", "rolled back"])
async def test_nothing_is_told_before_the_commit(house: Household, is_lost: bool) -> None:
    """EE70: rung awake while an act stands before its commit, a stream finds nothing; then it is woken by the bell."""
    database = Halting(house.world.database, is_lost=is_lost)
    variables = {"c": house.cabinets["romashka"], "a": await cursor(house)}
    house.world = replace(house.world, database=database, house=replace(house.world.house, pulse_seconds=3600))
    change = {"memberId": house.members["chaika"], "role": "ADMIN"}
    stream: Any = await SCHEMA.subscribe(EVENTS, variables, house.context("urbanovich"))
    async with aclosing(stream) as events, asyncio.timeout(60):
        coming = asyncio.ensure_future(anext(events))
        acting = asyncio.ensure_future(house.act("shcherbo", UPDATE_MEMBER, **change))
        await database.stands.wait()
        await several_looks(house, database, coming)
        assert not coming.done()
        database.may_end.set()
        if is_lost:
            with pytest.raises(Refused):
                await acting
            await several_looks(house, database, coming)
            assert not coming.done()
            await house.act("shcherbo", UPDATE_MEMBER, **change)
        event = (await coming).data["cabinetEvents"]
        await asyncio.gather(acting, return_exceptions=True)
    assert (event["__typename"], event["entry"]["kind"]) == ("MemberChangedEvent", "MEMBER_UPDATED")


async def several_looks(house: Household, database: Halting, coming: asyncio.Future[Any]) -> None:
    """Ring until the stream has looked from begin to end, or has told something."""
    found = decode(house.cabinets["romashka"])
    assert found is not None
    enough = database.looks + 4
    while database.looks < enough and not coming.done():
        house.world.bell.ring([found[1]])
        await asyncio.sleep(0.01)
