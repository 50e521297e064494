"""Journals for the checker: numbered and chained, each entry's letters the ones owed then, members as it tells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, select, type_coerce

from models.cabinets import Cabinet
from models.chain import Break, Walk
from models.documents import OURS, Document
from models.exchanges import ActKind, DocumentAct, DocumentSide, Party
from models.journal import Delivery, Entry
from models.members import Member, MemberState
from models.owed import EVENTS, About, Ledger
from models.signatures import Signature
from models.soundness import Fault
from resolvers.chain import in_order
from resolvers.context import Context
from resolvers.reading import Reading


@dataclass(frozen=True, kw_only=True)
class _End:
    """A cabinet, and the end of its journal as its row knows it."""

    cabinet_id: int
    is_archive: bool
    last_seq: int
    last_hash: str | None


async def journals(context: Context) -> AsyncIterator[tuple[int, list[Fault]]]:
    """Of each cabinet, archives too: how many entries were good, and all that is wrong. A snapshot for each."""
    async with context.reading() as reading:
        cabinet_ids = [row[0] for row in await reading.rows_across(select(Cabinet.id).order_by(Cabinet.id))]
    for cabinet_id in cabinet_ids:
        async with context.reading() as reading:
            yield await _journal(reading, await _end(reading, cabinet_id))


async def _end(reading: Reading, cabinet_id: int) -> _End:
    columns = select(Cabinet.owner_id, Cabinet.last_seq, Cabinet.last_hash)
    ((owner, last_seq, last_hash),) = await reading.rows_across(columns.where(Cabinet.id == cabinet_id))
    return _End(cabinet_id=cabinet_id, is_archive=owner is not None, last_seq=last_seq, last_hash=last_hash)


async def _journal(reading: Reading, end: _End) -> tuple[int, list[Fault]]:
    people, states = await _members(reading, end.cabinet_id)
    walk, ledger = Walk(end.cabinet_id), Ledger(people, is_archive=end.is_archive)
    found: list[Fault] = []
    try:
        broken = await _along(reading, end.cabinet_id, walk, ledger, found)
    except (LookupError, ValueError) as error:  # a column that holds what no entry has
        said = f"an entry after {walk.seq} cannot be read: {error}"
        return walk.seq, [*found, _fault("journal", end.cabinet_id, f"cabinets:{end.cabinet_id}", said)]
    broken = broken or walk.end(last_seq=end.last_seq, last_hash=end.last_hash)
    if broken is not None:
        return walk.seq, [*found, _broken(end.cabinet_id, broken)]
    return walk.seq, [*found, *_strangers(end.cabinet_id, states, ledger.active)]


async def _members(reading: Reading, cabinet_id: int) -> tuple[dict[int, int], dict[int, str]]:
    """Accounts and states by member."""
    state: Any = type_coerce(Member.state, String)
    rows = await reading.rows_across(select(Member.id, Member.user_id, state).where(Member.cabinet_id == cabinet_id))
    return {row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows}


async def _along(reading: Reading, cabinet_id: int, walk: Walk, ledger: Ledger, found: list[Fault]) -> Break | None:
    """All entries, up to the first that does not follow."""
    async for entries in in_order(reading, cabinet_id):
        abouts, letters = await _abouts(reading, entries), await _letters(reading, entries)
        for entry in entries:
            if (broken := walk.step(entry)) is not None:
                return broken
            found += _unpaid(entry, abouts.get(entry.id, About()), ledger, letters[entry.id])
    return None


def _unpaid(entry: Entry, about: About, ledger: Ledger, letters: set[tuple[int, str]]) -> Iterator[Fault]:
    if entry.kind not in EVENTS:
        return
    wrong = ledger.step(entry, about).wrong(frozenset(letters))
    if wrong is not None:
        yield _fault("letters", entry.cabinet_id, f"entries:{entry.id}", f"entry {entry.seq}, {entry.kind}: {wrong}")


async def _letters(reading: Reading, entries: Sequence[Entry]) -> dict[int, set[tuple[int, str]]]:
    """What the outbox has of each entry; an invitation sent again belongs to its code."""
    found: defaultdict[int, set[tuple[int, str]]] = defaultdict(set)
    wanted = select(Delivery.entry_id, Delivery.user_id, Delivery.letter).where(Delivery.code_id.is_(None))
    for entry_id, user_id, letter in await reading.rows(wanted.where(Delivery.entry_id.in_([e.id for e in entries]))):
        found[entry_id].add((user_id, letter))
    return found


async def _abouts(reading: Reading, entries: Sequence[Entry]) -> dict[int, About]:
    """What the documents of entries say of letters, by entry."""
    directions, senders = await _directions(reading, entries), await _senders(reading, entries)
    doers = {**await _rejecters(reading, entries), **await _signatories(reading, entries)}
    return {
        entry.id: About(
            sides=_sides(directions.get(entry.document_id)),
            sender_user_id=senders.get(entry.document_id),
            doer_user_id=doers.get(entry.id),
        )
        for entry in entries
        if entry.document_id is not None
    }


def _sides(direction: str | None) -> tuple[str, ...]:
    return next((tuple(side.value for side in sides) for known, sides in OURS.items() if known == direction), ())


async def _directions(reading: Reading, entries: Sequence[Entry]) -> dict[int | None, str]:
    said: Any = type_coerce(Document.direction, String)
    wanted = select(Document.id, said).where(Document.id.in_(_documents(entries)))
    return {row[0]: row[1] for row in await reading.rows(wanted)}


def _documents(entries: Sequence[Entry]) -> set[int]:
    return {entry.document_id for entry in entries if entry.document_id is not None}


async def _senders(reading: Reading, entries: Sequence[Entry]) -> dict[int | None, int | None]:
    """The account of each document's first sender."""
    parties = select(Document.id, Party.user_id).join(Party, Party.exchange_id == Document.exchange_id)
    wanted = parties.where(Document.id.in_(_documents(entries)), Party.side == DocumentSide.SENDER)
    return {row[0]: row[1] for row in reversed(await reading.rows(wanted.order_by(Party.id)))}


async def _signatories(reading: Reading, entries: Sequence[Entry]) -> dict[int, int | None]:
    named = {entry.signature_id: entry.id for entry in entries if entry.signature_id is not None}
    wanted = select(Signature.id, Signature.user_id).where(Signature.id.in_(named))
    return {named[row[0]]: row[1] for row in await reading.rows(wanted)}


async def _rejecters(reading: Reading, entries: Sequence[Entry]) -> dict[int, int | None]:
    named = {entry.document_id: entry.id for entry in entries if entry.kind == "DOCUMENT_REJECTED"}
    acts = select(Document.id, DocumentAct.user_id).join(DocumentAct, DocumentAct.exchange_id == Document.exchange_id)
    wanted = acts.where(Document.id.in_(named), DocumentAct.kind == ActKind.REJECTION)
    return {named[row[0]]: row[1] for row in await reading.rows(wanted)}


def _broken(cabinet_id: int, broken: Break) -> Fault:
    return _fault("journal", cabinet_id, f"cabinets:{cabinet_id}", f"entry {broken.seq}: {broken.fault}")


def _strangers(cabinet_id: int, states: dict[int, str], active: set[int]) -> Iterator[Fault]:
    """Members who are not what the journal says of them."""
    for member_id, state in states.items():
        if (state == MemberState.ACTIVE) is not (member_id in active):
            told = "lets in" if member_id in active else "keeps out"
            yield _fault("member", cabinet_id, f"members:{member_id}", f"{state}, but the journal {told}")


def _fault(check: str, cabinet_id: int, row: str, said: str) -> Fault:
    return Fault(check=check, cabinet_id=cabinet_id, row=row, said=said)
