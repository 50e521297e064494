"""The postman through crashes, a database that cannot write and being stopped; and the keeper."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from emails.message import Message
from romashka import IVANOV, KOLESNIK, NAMES, URBANOVICH, romashka
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs

from mailers import Stationery
from models.documents import Document
from models.exchanges import DocumentStatus
from models.journal import DeliveryState
from resolvers.ports import Database
from server.keeper import Keeper
from server.mail import SENT, Outcome
from server.postman import Postman

STATIONERY = Stationery(
    sender_email="cabinet@mail.example",
    hotline=None,
    document_url=None,
    password_url=None,
    confirm_url=None,
    public_url="https://cabinet.example",
    mail_domain="mail.example",
)

pytestmark = pytest.mark.anyio


class PowerCut(BaseException):
    """The process is gone: nothing catches it."""


@dataclass
class Pigeons:
    """A transport that remembers what it carried; `after` is done once a letter is away."""

    after: Callable[[], Awaitable[None]] | None = None
    carried: list[tuple[str, str]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def deliver(self, message: Message, *, to: str) -> Outcome:
        self.carried.append((to, str(message.message_id)))
        self.news.set()
        if self.after is not None:
            await self.after()
        return SENT

    async def close(self) -> None:
        """They rest."""

    async def carry(self, count: int) -> None:
        """Until they have carried so many, at most five seconds."""
        async with asyncio.timeout(5):
            while len(self.carried) < count:
                self.news.clear()
                await self.news.wait()


@dataclass
class StuckDatabase:
    """A database that reads, and writes only while it is not stuck."""

    real: Database
    is_stuck: bool = False
    refused: asyncio.Event = field(default_factory=asyncio.Event)

    def snapshot(self) -> AbstractAsyncContextManager[AsyncSession]:
        return self.real.snapshot()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        if self.is_stuck:
            self.refused.set()
            raise OSError("no space left on device")
        async with self.real.transaction() as session:
            yield session

    def is_passing(self, error: BaseException) -> bool:
        return self.real.is_passing(error)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def power_cut() -> None:
    raise PowerCut


async def bad_luck() -> None:
    raise ValueError(f"a fault of ours, about {KOLESNIK}")


async def test_a_crash_between_sending_and_marking_repeats_the_letter(tmp_path: Path) -> None:
    """At least once: the next process sends it again, with the same Message-ID, and the others once."""
    async with romashka(tmp_path) as cabinet:
        await cabinet.receive("Договор поставки")
        before = Pigeons(after=power_cut)
        with pytest.raises(PowerCut):
            await Postman(cabinet.outside, before, STATIONERY).pass_once()
        assert await cabinet.states() == [DeliveryState.OWED] * 3
        after = Pigeons()
        assert await Postman(cabinet.outside, after, STATIONERY).pass_once() == 3
        assert before.carried == after.carried[:1]
        assert sorted(reader for reader, _ in after.carried) == sorted(NAMES)
        assert await cabinet.states() == [DeliveryState.SENT] * 3


async def test_a_transport_that_raises_after_sending_means_again_later(tmp_path: Path) -> None:
    async with romashka(tmp_path) as cabinet:
        await cabinet.receive("Договор поставки")
        pigeons = Pigeons(after=bad_luck)
        postman = Postman(cabinet.outside, pigeons, STATIONERY)
        with capture_logs() as logged:
            assert await postman.pass_once() == 3
        assert await postman.pass_once() == 0
        pigeons.after = None
        cabinet.clock.pass_by(seconds=10)
        assert await postman.pass_once() == 3
        assert pigeons.carried[:3] == pigeons.carried[3:]
        assert {attempts for *_, attempts in await cabinet.deliveries()} == {1}
        assert "@" not in str(logged)


async def test_who_is_blocked_while_letters_go_out_gets_none_any_more(tmp_path: Path) -> None:
    """A30: rights are asked before each letter, not once for the batch."""
    async with romashka(tmp_path) as cabinet:
        await cabinet.receive("Договор поставки")

        async def block_the_last() -> None:
            pigeons.after = None
            await cabinet.block(URBANOVICH)

        pigeons = Pigeons(after=block_the_last)
        await Postman(cabinet.outside, pigeons, STATIONERY).pass_once()
        assert [reader for reader, _ in pigeons.carried] == [IVANOV, KOLESNIK]
        assert (await cabinet.states())[:3] == [DeliveryState.SENT, DeliveryState.SENT, DeliveryState.DROPPED]


async def test_a_database_that_cannot_write_makes_no_letter_come_twice(tmp_path: Path) -> None:
    """What was sent is remembered until it can be written down."""
    async with romashka(tmp_path) as cabinet:
        await cabinet.receive("Договор поставки")
        database = StuckDatabase(cabinet.outside.database)

        async def fill_the_disk() -> None:
            pigeons.after = None
            database.is_stuck = True

        pigeons = Pigeons(after=fill_the_disk)
        postman = Postman(replace(cabinet.outside, database=database), pigeons, STATIONERY)
        for _ in range(5):
            with pytest.raises(OSError, match="no space"):
                await postman.pass_once()
        assert len(pigeons.carried) == 1
        database.is_stuck = False
        assert await postman.pass_once() == 2
        assert await cabinet.states() == [DeliveryState.SENT] * 3
        assert sorted(reader for reader, _ in pigeons.carried) == sorted(NAMES)


async def test_stopped_it_finishes_the_letter_in_hand(tmp_path: Path) -> None:
    async with romashka(tmp_path) as cabinet:
        await cabinet.receive("Договор поставки")
        goes_on = asyncio.Event()

        async def slowly() -> None:
            await goes_on.wait()

        pigeons = Pigeons(after=slowly)
        working = asyncio.create_task(Postman(cabinet.outside, pigeons, STATIONERY).run())
        await pigeons.carry(1)
        working.cancel()
        await asyncio.sleep(0)
        goes_on.set()
        with pytest.raises(asyncio.CancelledError):
            await working
        assert len(pigeons.carried) == 1
        assert await cabinet.states() == [DeliveryState.SENT, DeliveryState.OWED, DeliveryState.OWED]


async def test_it_runs_until_it_is_stopped(tmp_path: Path) -> None:
    """Through a database that fails for a while, and with letters that come while it waits."""
    async with romashka(tmp_path) as cabinet:
        database = StuckDatabase(cabinet.outside.database, is_stuck=True)
        pigeons = Pigeons()
        often = replace(cabinet.outside.house, pulse_seconds=0.05)
        world = replace(cabinet.outside, database=database, house=often)
        working = asyncio.create_task(Postman(world, pigeons, STATIONERY).run())
        await cabinet.receive("Первый")
        await asyncio.wait_for(database.refused.wait(), timeout=5)
        assert pigeons.carried == []
        database.is_stuck = False
        await pigeons.carry(3)
        await cabinet.receive("Второй")
        await pigeons.carry(6)
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working
        assert len(set(pigeons.carried)) == 6


async def test_the_keeper_expires_what_is_late(tmp_path: Path) -> None:
    async with romashka(tmp_path) as cabinet:
        await cabinet.receive("Договор поставки")
        keeper = Keeper(cabinet.outside)
        assert await keeper.pass_once() == 0
        cabinet.clock.pass_by(days=5)
        assert await keeper.pass_once() == 1
        assert await keeper.pass_once() == 0
        async with cabinet.system().reading() as reading:
            assert await reading.all(select(Document.status)) == [DocumentStatus.EXPIRED]
