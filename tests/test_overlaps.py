"""Acts that overlap because a row that both come to is held: the order that `resolvers/locks.py` promises, forced.

Gathering two acts rarely lets them meet where it hurts. Here a stranger's transaction holds a row, each act goes as far
as it can, and only then is the row let go. PostgreSQL alone: on SQLite acts come one after another.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from databases import database_url
from household import NAMES, Household
from refused import asking
from sqlalchemy import select
from test_races import numbers_are_whole
from test_signing_lifetime import REMOVE
from test_signing_races import SIGNED, ready
from town import BASIS
from watched import watch
from wishes import BLOCK_MEMBER, SEND, draft, noted

from models.cabinets import Cabinet
from models.exchanges import Exchange
from models.signatures import Intent

pytestmark = pytest.mark.anyio
WAITING = """SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted AND pid IN (
  SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = database WHERE datname = current_database())"""
"""Not by pg_stat_activity, which stands still within a transaction."""


@dataclass
class Stranger:
    """Somebody else's transaction on a connection of its own."""

    connection: asyncpg.Connection

    async def hold(self, table: str, number: int, *, how: str = "FOR NO KEY UPDATE") -> None:
        """Nobody else gets this row until `let_go`; FOR UPDATE: nor names it in a row of his own."""
        await self.connection.execute("BEGIN")
        await self.connection.execute(f"SELECT id FROM {table} WHERE id = $1 {how}", number)  # noqa: S608

    async def let_go(self) -> None:
        """Whoever waits goes on."""
        await self.connection.execute("ROLLBACK")

    async def until_waiting(self, count: int, *, or_ended: asyncio.Task[Any] | None = None) -> None:
        """Until so many acts stand before a lock, or this one has ended without standing."""
        standing = 0
        while standing < count and not (or_ended and or_ended.done()):
            standing = await self.connection.fetchval(WAITING)


@asynccontextmanager
async def strangers(tmp_path: Path, count: int = 1) -> AsyncIterator[list[Stranger]]:
    """So many of them, on the household's database."""
    url = database_url(tmp_path / "data").replace("+asyncpg", "")
    come = [Stranger(await asyncpg.connect(url)) for _ in range(count)]
    try:
        yield come
    finally:
        for each in come:
            await each.connection.close()


async def test_a_block_waits_for_the_signature_that_was_begun(house: Household, tmp_path: Path) -> None:
    """EA3: rights read, then a block, then the signing's rows: the block comes after it, and so says the journal."""
    wish = await ready(house, "urbanovich", document_id := await house.receive("1", "kolesnik"))
    async with strangers(tmp_path) as (stranger,), noted(house) as came:
        await stranger.hold("intents", await first(house, Intent.id))
        sign = asyncio.ensure_future(house.try_to("urbanovich", asking("documentSign"), **wish))
        await stranger.until_waiting(1)
        block = asyncio.ensure_future(
            house.act("hotline", BLOCK_MEMBER, memberId=house.members["urbanovich"], basis=BASIS)
        )
        await stranger.until_waiting(2, or_ended=block)
        await stranger.let_go()
        signed, blocked = await sign, await block
    assert (signed["userErrors"], blocked["member"]["state"]) == ([], "BLOCKED")
    assert came.entries == [("romashka", "DOCUMENT_SIGNED"), ("romashka", "MEMBER_BLOCKED")]
    (signature,) = (await house.ask("kolesnik", SIGNED, id=document_id))["document"]["signatures"]
    assert signature["signatory"] == {"personName": NAMES["urbanovich"]}
    assert signature["signatoryPeriod"] == {"joinedAt": "2026-11-24T09:00:00Z", "endedAt": None}


async def test_a_signature_waits_for_the_block_that_was_begun(house: Household, tmp_path: Path) -> None:
    """EA3: the member is blocked, the block not yet committed: the signature is refused, nothing of it is stored."""
    wish = await ready(house, "urbanovich", document_id := await house.receive("1", "kolesnik"))
    async with strangers(tmp_path) as (stranger,), noted(house) as came:
        await stranger.hold("cabinets", await first(house, Cabinet.id))
        block = asyncio.ensure_future(
            house.act("hotline", BLOCK_MEMBER, memberId=house.members["urbanovich"], basis=BASIS)
        )
        await stranger.until_waiting(1)
        sign = asyncio.ensure_future(house.try_to("urbanovich", asking("documentSign"), **wish))
        await stranger.until_waiting(2, or_ended=sign)
        await stranger.let_go()
        blocked, signed = await block, await sign
    assert blocked["member"]["state"] == "BLOCKED"
    assert [error["code"] for error in signed["userErrors"]] == ["NOT_FOUND"]
    assert came.entries == [("romashka", "MEMBER_BLOCKED"), ("romashka", "SIGNING_REFUSED")]
    document = (await house.ask("kolesnik", SIGNED, id=document_id))["document"]
    assert (document["signatures"], document["rejection"]) == ([], None)


async def test_a_certificate_leaves_use_after_the_signature_that_was_begun(house: Household, tmp_path: Path) -> None:
    """EH91: judged by a certificate in use, it is in use until the signature is there; the journal says so too."""
    wish = await ready(house, "kolesnik", document_id := await house.receive("1", "kolesnik"))
    async with strangers(tmp_path) as (stranger,), noted(house) as came:
        await stranger.hold("exchanges", await first(house, Exchange.id))
        sign = asyncio.ensure_future(house.try_to("kolesnik", asking("documentSign"), **wish))
        await stranger.until_waiting(1)
        remove = asyncio.ensure_future(house.act("kolesnik", REMOVE, certificateId=house.certificates["kolesnik"]))
        await stranger.until_waiting(2, or_ended=remove)
        await stranger.let_go()
        signed, _ = await sign, await remove
    assert signed["userErrors"] == []
    assert [kind for _, kind in came.entries] == ["DOCUMENT_SIGNED", "CERTIFICATE_REMOVED"]
    assert (await house.ask("kolesnik", SIGNED, id=document_id))["document"]["status"] == "SIGNED"


async def test_a_signature_waits_for_its_certificate_s_leaving_use(house: Household, tmp_path: Path) -> None:
    """EH91: the removal was begun and is not yet committed: nothing is signed by what is out of use by then."""
    wish = await ready(house, "kolesnik", document_id := await house.receive("1", "kolesnik"))
    async with strangers(tmp_path) as (stranger,), noted(house) as came:
        await stranger.hold("cabinets", await first(house, Cabinet.id))
        remove = asyncio.ensure_future(house.act("kolesnik", REMOVE, certificateId=house.certificates["kolesnik"]))
        await stranger.until_waiting(1)
        sign = asyncio.ensure_future(house.try_to("kolesnik", asking("documentSign"), **wish))
        await stranger.until_waiting(2, or_ended=sign)
        await stranger.let_go()
        _, signed = await remove, await sign
    assert [error["code"] for error in signed["userErrors"]] == ["INTENT_EXPIRED"]
    assert [kind for _, kind in came.entries] == ["CERTIFICATE_REMOVED"]
    document = (await house.ask("kolesnik", SIGNED, id=document_id))["document"]
    assert (document["status"], document["signatures"]) == ("AWAITING_SIGNATURE", [])


@pytest.mark.parametrize("order", [("kolesnik", "savitskaya"), ("savitskaya", "kolesnik")])
async def test_documents_sent_towards_each_other_stand_in_no_circle(
    house: Household, tmp_path: Path, order: tuple[str, str]
) -> None:
    """EF82, C8: both want Romashka's number first, wherever they come from: whoever took the other's would hold it."""
    drafts = {
        "kolesnik": await draft(house, "kolesnik", to="polesye", requiredSides=[]),
        "savitskaya": await draft(house, "savitskaya", to="romashka", of="polesye", requiredSides=[]),
    }
    database = watch(house)
    async with strangers(tmp_path) as (stranger,):
        await stranger.hold("cabinets", await first(house, Cabinet.id))
        sending = []
        for who in order:
            sending.append(asyncio.ensure_future(house.act(who, SEND, draftId=drafts[who])))
            await stranger.until_waiting(len(sending))
        await stranger.let_go()
        answers = await asyncio.gather(*sending)
    assert [answer["document"]["status"] for answer in answers] == ["DELIVERED"] * 2
    assert database.passing == []
    await numbers_are_whole(house)


async def first(house: Household, column: Any) -> int:
    """The smallest number there is: of intents and exchanges the only one, of cabinets Romashka's."""
    async with house.system.reading() as reading:
        return int(min(number for (number,) in await reading.rows(select(column))))
