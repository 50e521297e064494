"""Whether a cabinet's journal is what was written: `cabinet journal verify` asks here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from sqlalchemy import select

from models.access import Verb, require
from models.cabinets import Cabinet
from models.chain import Break, Walk
from models.ids import encode
from models.journal import Entry
from models.refusals import Reason, Refusal
from resolvers.context import Context, Reading

AT_ONCE = 1000
BEFORE_ALL = -(2**31)


@dataclass(frozen=True, kw_only=True)
class Verified:
    """How far a journal is whole: `seq` and `hash` of its last good entry, and where it is broken."""

    seq: int
    hash: str
    broken: Break | None


@dataclass(frozen=True, kw_only=True)
class Head:
    """The end of a journal as its cabinet's row knows it; of an archive too."""

    cabinet: str
    seq: int
    hash: str | None


async def heads(context: Context) -> list[Head]:
    """The ends of all journals: what is kept elsewhere shows later that none was cut off or written anew."""
    async with context.reading() as reading:
        require(reading.actor, Verb.OWN_SERVER)
        ends = select(Cabinet.id, Cabinet.last_seq, Cabinet.last_hash).order_by(Cabinet.id)
        found = await reading.rows_across(ends)
    return [Head(cabinet=encode("Cabinet", row[0]), seq=row[1], hash=row[2]) for row in found]


async def verify(context: Context, *, cabinet_id: int | None) -> Verified:
    """Follow a cabinet's journal from its first entry to its end, in one snapshot. For the server's owner."""
    async with context.reading() as reading:
        require(reading.actor, Verb.OWN_SERVER)
        ends = await reading.rows_across(  # an account's own archive has a journal too
            select(Cabinet.id, Cabinet.last_seq, Cabinet.last_hash).where(Cabinet.id == cabinet_id)
        )
        if not ends:
            raise Refusal(Reason.NOT_FOUND, path=("cabinetId",))
        walk = Walk(ends[0].id)
        broken = await _along(reading, ends[0].id, walk)
    broken = broken or walk.end(last_seq=ends[0].last_seq, last_hash=ends[0].last_hash)
    return Verified(seq=walk.seq, hash=walk.hash, broken=broken)


async def _along(reading: Reading, cabinet_id: int, walk: Walk) -> Break | None:
    """The first entry that does not follow."""
    async for entries in in_order(reading, cabinet_id):
        for entry in entries:
            if (broken := walk.step(entry)) is not None:
                return broken
    return None


async def in_order(reading: Reading, cabinet_id: int) -> AsyncIterator[list[Entry]]:
    """All entries of a journal as they are numbered, a thousand at a time."""
    seq = BEFORE_ALL
    own = select(Entry).where(Entry.cabinet_id == cabinet_id).order_by(Entry.seq).limit(AT_ONCE)
    while entries := await reading.all(own.where(Entry.seq > seq)):
        yield entries
        seq = entries[-1].seq
