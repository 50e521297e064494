"""The process dies in the middle of work, or is asked to end: nothing acknowledged is lost, nobody is told twice."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import postgres
import pytest
from clients import subscribed
from databases import database_url
from post_office import PostOffice, open_post_office
from processes import free_port
from quick_town import DOCUMENT, QuickTown, content_of, quick_town, settings_of
from stream_clients import ADDED, EVENTS, over_events, over_multipart
from websockets.exceptions import ConnectionClosed

from models.journal import message_id
from models.mailboxes import LEASE

pytestmark = pytest.mark.anyio

ACTIVE = 4
ENOUGH = 30
AT_ONCE = {"CABINET_MAIL_PER_MINUTE": "100000", "CABINET_MAIL_PER_MINUTE_TO_ONE": "100000"}
COUNT = "{ cabinet { folder(kind: INCOMING) { documentCount } } }"


@dataclass
class Burst:
    """Clients at work, and what the server has acknowledged to them."""

    town: QuickTown
    tried: set[str] = field(default_factory=set)
    received: dict[str, str] = field(default_factory=dict)
    signed: dict[str, str] = field(default_factory=dict)
    waiting: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    is_enough: asyncio.Event = field(default_factory=asyncio.Event)
    wanted: int = 0

    @property
    def acknowledged(self) -> int:
        """How many acts."""
        return len(self.received) + len(self.signed)

    def _count(self) -> None:
        if self.acknowledged >= self.wanted:
            self.is_enough.set()

    async def deliver(self, name: str) -> None:
        """One delivery after the other until the line breaks."""
        for number in range(1000):
            external_id = f"{name}-{number}"
            self.tried.add(external_id)
            try:
                self.received[external_id] = await self.town.deliver(external_id, "kolesnik")
            except httpx.TransportError:
                return
            self.waiting.put_nowait(external_id)
            self._count()

    async def sign(self, who: str) -> None:
        """Sign what was delivered until the line breaks."""
        while True:
            external_id = await self.waiting.get()
            try:
                signed = await self.town.sign(who, self.received[external_id], content_of(external_id))
            except httpx.TransportError:
                return
            self.signed[external_id] = signed["signature"]["id"]
            self._count()

    async def until_killed(self, name: str) -> None:
        """Four clients work; the power goes when enough was acknowledged."""
        self.wanted = self.acknowledged + ENOUGH
        self.is_enough.clear()
        async with asyncio.TaskGroup() as clients:
            exchange = [clients.create_task(self.deliver(f"{name}-{line}")) for line in "ab"]
            people = [clients.create_task(self.sign(who)) for who in ("urbanovich", "kolesnik")]
            await self.is_enough.wait()
            await self.town.server.kill()
            await asyncio.wait(exchange)
            for task in people:
                task.cancel()

    async def repeat(self) -> None:
        """What a careful client does: deliver again what nobody acknowledged, under the same `externalId`."""
        for external_id in sorted(self.tried - set(self.received)):
            self.received[external_id] = await self.town.deliver(external_id, "kolesnik")


async def test_a_killed_server_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    """C1 (reliability), EC57, EF82, A20: kill -9 under load, twice: acts, journal, files and letters are whole."""
    async with open_post_office() as office:
        mail = f"smtp://127.0.0.1:{office.port}"
        async with quick_town(tmp_path, is_watched=False, CABINET_MAIL_URL=mail, **AT_ONCE) as town:
            burst = Burst(town)
            await burst.until_killed("first")
            async with town.again():
                await burst.until_killed("second")
            async with town.again():
                await acts_are_there(burst)
                await burst.repeat()
                seen = await town.api("chaika").ask(COUNT)
                assert seen["cabinet"]["folder"]["documentCount"] == len(burst.tried)
                await all_letters_went(town)
        journal_is_whole(town)
        files_are_whole(town)
        letters_are_the_owed_ones(town, office)


async def acts_are_there(burst: Burst) -> None:
    """Every acknowledged act, by its id."""
    assert burst.acknowledged >= 2 * ENOUGH
    assert burst.signed, "the burst must have signed something"
    for external_id, document_id in burst.received.items():
        document = (await burst.town.api("chaika").ask(DOCUMENT, id=document_id))["document"]
        assert document is not None, external_id
        if external_id in burst.signed:
            assert document["status"] == "SIGNED"
            assert [signature["id"] for signature in document["signatures"]] == [burst.signed[external_id]]


def rows(town: QuickTown, query: str) -> list[Any]:
    """What the database holds, read without the product's help."""
    url = database_url(town.data)
    if url.startswith("postgresql"):
        return [tuple(row) for row in postgres.run(url.replace("+asyncpg", ""), query)]
    with closing(sqlite3.connect(town.data / "cabinet.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return database.execute(query).fetchall()


def journal_is_whole(town: QuickTown) -> None:
    """EF82: in each cabinet the numbers 1 … n, and n is what the cabinet counts."""
    for cabinet_id, last in rows(town, "SELECT id, last_seq FROM cabinets"):
        numbers = rows(town, f"SELECT seq FROM entries WHERE cabinet_id = {cabinet_id} ORDER BY seq")  # noqa: S608  # a number
        assert [seq for (seq,) in numbers] == list(range(1, last + 1))
    received = "SELECT e.id FROM entries e WHERE e.kind = 'DOCUMENT_RECEIVED'"
    letters = f"SELECT count(*) FROM deliveries WHERE entry_id IN ({received}) GROUP BY entry_id"  # noqa: S608  # no input
    assert {count for (count,) in rows(town, letters)} == {ACTIVE}
    assert len(rows(town, letters)) == len(rows(town, received))


def files_are_whole(town: QuickTown) -> None:
    """C3 (reliability): each row's file is there, and is the one that its name says."""
    digests = rows(
        town, "SELECT sha256 FROM exchanges WHERE sha256 IS NOT NULL UNION SELECT cms_sha256 FROM signatures"
    )
    for (digest,) in digests:
        content = (town.data / "files" / digest[:2] / digest).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest


async def all_letters_went(town: QuickTown) -> None:
    """The outbox runs empty; what a killed server had in hand waits for its lease to end."""
    async with asyncio.timeout(LEASE.total_seconds() + 60):
        while rows(town, "SELECT 1 FROM deliveries WHERE state = 'OWED' LIMIT 1"):  # noqa: ASYNC110  # another process's work
            await asyncio.sleep(0.1)


def letters_are_the_owed_ones(town: QuickTown, office: PostOffice) -> None:
    """Each owed letter came at least once, and whatever came again came under its own Message-ID, to its reader."""
    domain = office.message_ids[0].rpartition("@")[2].rstrip(">")
    owed = rows(
        town,
        "SELECT d.letter, e.key, d.user_id, u.email FROM deliveries d JOIN entries e ON e.id = d.entry_id"
        " JOIN users u ON u.id = d.user_id WHERE d.state = 'SENT'",
    )
    expected = {
        (email, message_id(letter=letter, entry_key=key, user_id=user_id, domain=domain))
        for letter, key, user_id, email in owed
    }
    assert len(expected) == len(owed)
    assert set(zip(office.readers, office.message_ids, strict=True)) == expected


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[QuickTown]:
    """A server of the story's own, since it is to end."""
    async with quick_town(tmp_path, is_watched=False) as made:
        yield made


async def refused_start(env: dict[str, str]) -> str:
    """The one line with which a server does not start."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server", "serve"),
        env=env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(20):
        printed, complaints = await process.communicate()
    lines = (printed + complaints).decode().splitlines()
    assert (process.returncode, len(lines)) == (1, 1), lines
    return lines[0]


async def test_a_second_server_is_refused_in_one_line(town: QuickTown, tmp_path: Path) -> None:
    """A folder has one server: the second names the first; a taken port is said as plainly. The first serves on."""
    same_folder = await refused_start({**town.env, "CABINET_PORT": str(free_port())})
    assert f"process {town.server.process.pid}" in same_folder
    other = tmp_path / "other"
    other.mkdir()
    same_port = await refused_start(settings_of(other, port=town.server.port))
    assert f"127.0.0.1:{town.server.port}" in same_port and "--port" in same_port
    assert (await town.http.get("/health/ready")).status_code == 200


async def test_sigterm_says_goodbye_to_open_sockets(town: QuickTown) -> None:
    """E (reliability): asked to end with streams open, the server closes them with 1012 and ends with 0 in time."""
    async with AsyncExitStack() as stack:
        token, cabinet = str(town.api("urbanovich").token), town.romashka
        sockets = [
            await stack.enter_async_context(subscribed(town.server.ws, token, ADDED, c=cabinet)) for _ in range(5)
        ]
        town.server.process.terminate()
        codes = [await closing_code(socket.connection) for socket in sockets]
        async with asyncio.timeout(10):
            assert await town.server.process.wait() == 0
    assert codes == [1012] * 5


async def closing_code(connection: Any) -> int:
    """The code with which the server closes. No stream is complete before: its client would not come back for it."""
    with pytest.raises(ConnectionClosed) as closed:
        async with asyncio.timeout(10):
            while True:
                assert json.loads(await connection.recv())["type"] == "ping"
    return closed.value.rcvd.code if closed.value.rcvd else 1006


async def test_sigterm_ends_streams_over_http(town: QuickTown) -> None:
    """E (reliability): open SSE and multipart streams do not keep a server from ending with 0 within 10 s."""
    cursor, urbanovich = await town.cursor(), town.api("urbanovich")
    async with AsyncExitStack() as stack:
        opened = [carrier(urbanovich, EVENTS, c=town.romashka, a=cursor) for carrier in (over_events, over_multipart)]
        streams = [await stack.enter_async_context(stream) for stream in opened]
        await town.deliver("last", "kolesnik")
        assert [(await stream.next())["__typename"] for stream in streams] == ["DocumentAddedEvent"] * 2
        town.server.process.terminate()
        async with asyncio.timeout(10):
            assert await town.server.process.wait() == 0
