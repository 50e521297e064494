"""The journal's readers: pages of entries, and the live feed, which follows the same numbers (one feed, no gap).

The feed holds a cursor, not events: it arms its ear, reads, then waits. Rights are read anew before every batch, so
that whoever was blocked gets `Revoked` before any later event (A30, EA1).
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import case, select

from models.actors import Actor
from models.cabinets import Cabinet
from models.documents import Document
from models.exchanges import Exchange
from models.journal import Entry
from models.members import MemberState
from models.refusals import Reason, Refusal
from resolvers import folders
from resolvers.context import Context, Reading
from resolvers.folders import DocumentFilter, Span
from resolvers.pages import EPOCH, Key, Page, Paging, page
from resolvers.ports import Ring

BATCH = 100
ADDED = ("DOCUMENT_RECEIVED", "DOCUMENT_SENT")


@dataclass(frozen=True, kw_only=True)
class ActivityFilter:
    """Which entries; every condition given must hold."""

    kind: tuple[str, ...] = ()
    actor_user_ids: tuple[int, ...] = ()
    actor_token_ids: tuple[int, ...] = ()
    member_ids: tuple[int, ...] = ()
    document_id: int | None = None
    occurred: Span = field(default_factory=Span)


async def of_cabinet(context: Context, cabinet: Cabinet, *, filter: ActivityFilter, paging: Paging) -> Page[Entry]:
    """The cabinet's journal, newest first; an operator sees no entries about documents (C17)."""
    statement = select(Entry).where(Entry.cabinet_id == cabinet.id, *_conditions(filter))
    order = [Key(Entry.seq, is_descending=True)]  # type: ignore[arg-type]
    return await page(context, statement, order=order, paging=paging, scope=("activity", cabinet.id, filter))


async def of_document(context: Context, document: Document, *, paging: Paging) -> Page[Entry]:
    """What happened to a document in this cabinet, oldest first; before that, in the archive it came from."""
    statement = select(Entry).where(Entry.document_id == document.id)
    is_later = case((Entry.cabinet_id == document.cabinet_id, 1), else_=0)
    here = ("document activity", document.cabinet_id, document.id)
    return await page(context, statement, order=[Key(is_later), Key(Entry.seq)], paging=paging, scope=here)  # type: ignore[arg-type]


def _conditions(filter: ActivityFilter) -> list[Any]:
    by = Entry.actor_user_id.in_(filter.actor_user_ids) | Entry.actor_token_id.in_(filter.actor_token_ids)
    plain = [
        (filter.kind, Entry.kind.in_(filter.kind)),
        (filter.actor_user_ids or filter.actor_token_ids, by),
        (filter.member_ids, Entry.member_id.in_(filter.member_ids)),
        (filter.document_id, Entry.document_id == filter.document_id),
        (filter.occurred.since, Entry.at >= (filter.occurred.since or EPOCH)),
        (filter.occurred.until, Entry.at < (filter.occurred.until or EPOCH)),
    ]
    return [condition for given, condition in plain if given]


async def by_ids(context: Context, ids: Sequence[int | None]) -> list[Entry | None]:
    """Entries that the caller may see, in the order asked."""
    async with context.reading() as reading:
        return await reading.by_ids(Entry, ids)


async def newest(context: Context, cabinet: Cabinet) -> str:
    """Position of the newest event in the snapshot of this very answer."""
    async with context.reading() as reading:
        seq = await reading.first(select(Cabinet.last_seq).where(Cabinet.id == cabinet.id))
    return seal(context, cabinet.id, seq or 0)


def seal(context: Context, cabinet_id: int, seq: int) -> str:
    """An event's cursor: signed with its cabinet."""
    return context.outside.secrets.seal(f"event {cabinet_id}", str(seq))


@dataclass(frozen=True, eq=False, kw_only=True)
class Happened:
    """An entry as an event of the stream."""

    cursor: str
    occurred_at: datetime
    entry: Entry
    document: Document | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Resync:
    """The stream has a gap: refetch."""

    cursor: str
    occurred_at: datetime
    entry: None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Revoked:
    """The last event of a stream: BLOCKED, REMOVED or LOGIN_ENDED."""

    cursor: str
    occurred_at: datetime
    reason: str
    entry: None = None


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a stream asks for."""

    is_additions_only: bool = False
    types: tuple[str, ...] = ()
    filter: DocumentFilter = field(default_factory=DocumentFilter)


Event = Happened | Resync | Revoked


async def follow(
    context: Context, *, cabinet_id: int | None, is_named: bool, wanted: Wanted, after: str | None
) -> AsyncGenerator[Event, None]:
    """A cabinet's events from `after` on, or from now; it ends when access is lost or the server goes.

    Raises BAD_USER_INPUT for a cabinet that is none of the caller's.
    """
    place = await _place(context, cabinet_id, is_named)
    if isinstance(place, Revoked):
        yield place
        return
    async with context.outside.bell.armed(place) as ring, aclosing(_told(context, place, wanted, after, ring)) as told:
        async for event in told:
            yield event


async def _told(
    context: Context, cabinet_id: int, wanted: Wanted, after: str | None, ring: Ring
) -> AsyncGenerator[Event, None]:
    seq, has_gap = await _start(context, cabinet_id, after)
    if has_gap:
        yield _resync(context, cabinet_id, seq)
    while not context.outside.bell.is_closed:
        batch = await _next(context, cabinet_id, seq, wanted)
        for event in batch.events:
            # A slow client may take long over one event: rights are asked again before each.
            ended = await _ended(context, cabinet_id, seq)
            yield ended or event
            if ended is not None:
                return
            seq = event.entry.seq if event.entry is not None else seq
        if batch.is_last:
            return
        seq = batch.seq
        if not batch.is_full:
            await ring.wait(seconds=context.outside.house.pulse_seconds)


async def _place(context: Context, cabinet_id: int | None, is_named: bool) -> int | Revoked:
    """The cabinet to follow; for a blocked or former member the one event he gets instead (EA1)."""
    async with context.reading() as reading:
        actor = reading.actor
    if actor.is_anybody:
        raise Refusal(Reason.UNAUTHENTICATED)
    own = actor.cabinet_ids or tuple(membership.cabinet_id for membership in actor.memberships)
    if not is_named and len(own) == 1:
        cabinet_id = own[0]
    if cabinet_id in actor.cabinet_ids:
        return cabinet_id
    membership = actor.membership(cabinet_id or 0)
    if membership is None:
        raise Refusal(Reason.BAD_USER_INPUT, path=("cabinetId",))
    return Revoked(
        cursor=seal(context, membership.cabinet_id, 0),
        occurred_at=membership.state_at,
        reason=membership.state.value,
    )


def _resync(context: Context, cabinet_id: int, seq: int) -> Resync:
    return Resync(cursor=seal(context, cabinet_id, seq), occurred_at=context.outside.clock.now())


async def _start(context: Context, cabinet_id: int, after: str | None) -> tuple[int, bool]:
    """Where to begin, and whether there is a gap before it: the cursor is altered, unknown or too old (EE69)."""
    async with context.reading() as reading:
        head = await reading.first(select(Cabinet.last_seq).where(Cabinet.id == cabinet_id)) or 0
    if after is None:
        return head, False
    text = context.outside.secrets.unseal(f"event {cabinet_id}", after)
    seq = int(text) if text is not None else -1
    is_good = 0 <= seq <= head and head - seq <= context.outside.house.limits.max_events_behind
    return (seq, False) if is_good else (head, True)


@dataclass(frozen=True, kw_only=True)
class _Batch:
    events: Sequence[Event]
    seq: int
    is_full: bool = False
    is_last: bool = False


async def _next(context: Context, cabinet_id: int, seq: int, wanted: Wanted) -> _Batch:
    """What came after `seq`, as the caller may see it now; the end of his access."""
    try:
        # Rights and entries from one snapshot: between two of them the login could end.
        async with context.reading() as reading:
            ended = _revoked(context, reading.actor, cabinet_id, seq)
            if ended is None:
                return await _read(context, reading, cabinet_id, seq, wanted)
    except Refusal as refusal:
        if refusal.reason is not Reason.UNAUTHENTICATED:
            raise
        ended = _login_ended(context, cabinet_id, seq)
    return _Batch(events=[ended], seq=seq, is_last=True)


async def _ended(context: Context, cabinet_id: int, seq: int) -> Revoked | None:
    """The last event, if access ended meanwhile."""
    try:
        async with context.reading() as reading:
            return _revoked(context, reading.actor, cabinet_id, seq)
    except Refusal:
        return _login_ended(context, cabinet_id, seq)


def _login_ended(context: Context, cabinet_id: int, seq: int) -> Revoked:
    now = context.outside.clock.now()
    return Revoked(cursor=seal(context, cabinet_id, seq), occurred_at=now, reason="LOGIN_ENDED")


def _revoked(context: Context, actor: Actor, cabinet_id: int, seq: int) -> Revoked | None:
    if cabinet_id in actor.cabinet_ids:
        return None
    membership = actor.membership(cabinet_id)
    if membership is None or membership.state is MemberState.ACTIVE:
        return _login_ended(context, cabinet_id, seq)
    return Revoked(
        cursor=seal(context, cabinet_id, seq), occurred_at=membership.state_at, reason=membership.state.value
    )


async def _read(context: Context, reading: Reading, cabinet_id: int, seq: int, wanted: Wanted) -> _Batch:
    head = await reading.first(select(Cabinet.last_seq).where(Cabinet.id == cabinet_id)) or 0
    if head - seq > context.outside.house.limits.max_events_behind:
        return _Batch(events=[_resync(context, cabinet_id, head)], seq=head)
    later = select(Entry).where(Entry.cabinet_id == cabinet_id, Entry.seq > seq).order_by(Entry.seq).limit(BATCH)
    entries = await reading.all(later)
    documents = await _documents(reading, cabinet_id, entries, wanted.filter)
    events = [_event(context, entry, documents) for entry in entries if _is_wanted(entry, documents, wanted)]
    return _Batch(events=events, seq=entries[-1].seq if entries else seq, is_full=len(entries) == BATCH)


async def _documents(
    reading: Reading, cabinet_id: int, entries: Sequence[Entry], filter: DocumentFilter
) -> dict[int, Document]:
    ids = {entry.document_id for entry in entries if entry.document_id}
    if not ids:
        return {}
    statement = select(Document).join(Exchange, Exchange.id == Document.exchange_id).where(Document.id.in_(ids))
    conditions = await folders.conditions_in(reading, cabinet_id, filter)
    found = await reading.all(statement.where(*conditions).options(*Document.for_lists()))
    return {document.id: document for document in found}


def _event(context: Context, entry: Entry, documents: dict[int, Document]) -> Happened:
    return Happened(
        cursor=seal(context, entry.cabinet_id, entry.seq),
        occurred_at=entry.at,
        entry=entry,
        document=documents.get(entry.document_id or 0),
    )


def type_of(entry: Entry) -> str:
    """The type of event an entry makes; each makes exactly one."""
    if entry.document_id is not None:
        added = entry.kind in ADDED and entry.facts.get("direction") != "INTERNAL"
        return "DOCUMENT_ADDED" if added else "DOCUMENT_UPDATED"
    return "MEMBER_CHANGED" if entry.member_id is not None else "CABINET_CHANGED"


def _is_wanted(entry: Entry, documents: dict[int, Document], wanted: Wanted) -> bool:
    kind = type_of(entry)
    if wanted.is_additions_only and kind != "DOCUMENT_ADDED":
        return False
    if wanted.types and kind not in wanted.types:
        return False
    return entry.document_id is None or entry.document_id in documents
