"""Folders are saved filters over a cabinet's documents (requirements D2): the same conditions list and count."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, not_, or_, select, true

from models import names
from models.actors import Actor
from models.cabinets import Cabinet
from models.documents import Document, DocumentDirection, DocumentRole, Seen
from models.exchanges import DocumentKind, DocumentSide, DocumentStatus, Exchange, Party
from models.members import Member
from models.refusals import Reason, Refusal
from models.signatures import Signature
from resolvers import people
from resolvers.context import Context, Reading
from resolvers.loaders import load
from resolvers.pages import EPOCH, Key, Page, Paging, nullable, page, sealed
from resolvers.texts import searched


class FolderKind(StrEnum):
    """The folders, in menu order."""

    ALL = "ALL"
    INCOMING = "INCOMING"
    OUTGOING = "OUTGOING"
    INTERNAL = "INTERNAL"
    DRAFTS = "DRAFTS"
    AWAITING_US = "AWAITING_US"
    AWAITING_COUNTERPARTY = "AWAITING_COUNTERPARTY"
    SIGNED = "SIGNED"
    REJECTED = "REJECTED"
    ARCHIVE = "ARCHIVE"


class DocumentOrderField(StrEnum):
    """What documents can be sorted by."""

    CREATED_AT = "CREATED_AT"
    TITLE = "TITLE"
    SENDER = "SENDER"
    RECIPIENT = "RECIPIENT"
    SIGNED_AT = "SIGNED_AT"
    SIGN_BEFORE = "SIGN_BEFORE"


@dataclass(frozen=True, kw_only=True)
class Span:
    """A stretch of time, `since` inclusive, `until` exclusive; open where an end is None."""

    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class DocumentFilter:
    """Which documents; every condition given must hold, an empty list or text is none."""

    direction: DocumentDirection | None = None
    status: tuple[DocumentStatus, ...] = ()
    kind: tuple[DocumentKind, ...] = ()
    member_ids: tuple[int, ...] = ()
    member_search: str | None = None
    only_mine: bool = False
    member_as: tuple[DocumentRole, ...] = (DocumentRole.SENDER, DocumentRole.RECIPIENT)
    counterparty_id: int | None = None
    search: str | None = None
    signed_by_other: bool | None = None
    viewer_has_seen: bool | None = None
    created: Span = field(default_factory=Span)

    @property
    def names_people(self) -> bool:
        """Whether it takes the cabinet's members to answer."""
        return bool(self.member_ids or (self.member_search and self.member_search.strip()))


@dataclass(frozen=True, kw_only=True)
class Folder:
    """A standing view of one cabinet's documents."""

    cabinet_id: int
    kind: FolderKind


NEWEST_FIRST = (DocumentOrderField.CREATED_AT, True)
SENT_OR_RECEIVED = Document.status != DocumentStatus.DRAFT
IN_USE = and_(SENT_OR_RECEIVED, Document.archived.is_(False))
CONDITIONS: dict[FolderKind, ColumnElement[bool]] = {
    FolderKind.ALL: SENT_OR_RECEIVED,
    FolderKind.INCOMING: and_(IN_USE, Document.direction == DocumentDirection.INCOMING),
    FolderKind.OUTGOING: and_(IN_USE, Document.direction == DocumentDirection.OUTGOING),
    FolderKind.INTERNAL: and_(IN_USE, Document.direction == DocumentDirection.INTERNAL),
    FolderKind.DRAFTS: Document.status == DocumentStatus.DRAFT,
    FolderKind.AWAITING_US: and_(IN_USE, Document.awaits == "US"),
    FolderKind.AWAITING_COUNTERPARTY: and_(IN_USE, Document.awaits == "THEM"),
    FolderKind.SIGNED: and_(IN_USE, Document.status == DocumentStatus.SIGNED),
    FolderKind.REJECTED: and_(IN_USE, Document.status == DocumentStatus.REJECTED),
    FolderKind.ARCHIVE: Document.archived.is_(True),
}
SENT_BY_US = Document.direction.in_([DocumentDirection.OUTGOING, DocumentDirection.INTERNAL])
CAME_TO_US = Document.direction.in_([DocumentDirection.INCOMING, DocumentDirection.INTERNAL])
OUR_PART = or_(
    and_(Party.side == DocumentSide.SENDER, SENT_BY_US), and_(Party.side == DocumentSide.RECIPIENT, CAME_TO_US)
)
OUR_SIGNATURE = or_(
    and_(Signature.side == DocumentSide.SENDER, SENT_BY_US), and_(Signature.side == DocumentSide.RECIPIENT, CAME_TO_US)
)


async def folders(context: Context, cabinet: Cabinet, *, first: int) -> list[Folder]:
    """All folders, in menu order; none for an operator who is no member (C17)."""
    async with context.reading() as reading:
        is_reader = cabinet.id in reading.actor.cabinet_ids
    return [Folder(cabinet_id=cabinet.id, kind=kind) for kind in FolderKind][:first] if is_reader else []


async def folder(context: Context, cabinet: Cabinet, *, kind: FolderKind) -> Folder | None:
    """One folder; None for an operator who is no member."""
    async with context.reading() as reading:
        return Folder(cabinet_id=cabinet.id, kind=kind) if cabinet.id in reading.actor.cabinet_ids else None


async def documents(
    context: Context,
    folder: Folder,
    *,
    filter: DocumentFilter,
    order_by: tuple[DocumentOrderField, bool],
    paging: Paging,
) -> Page[Document]:
    """A page of a folder; `order_by` is a field and whether it descends."""
    async with context.reading() as reading:
        statement = await listed(context, reading, folder, filter)
    return await page(
        context,
        statement.options(*Document.for_lists()),
        order=order_of(*order_by),
        paging=paging,
        scope=("documents", folder, filter, order_by),
    )


def place(context: Context, document: Document) -> str:
    """A document's cursor in the folder of its direction, unfiltered, newest first: for a list it is to be added to."""
    folder = Folder(cabinet_id=document.cabinet_id, kind=FolderKind(document.direction.value))
    scope = ("documents", folder, DocumentFilter(), NEWEST_FIRST)
    return sealed(context, scope, (document.created_at, document.id))


async def document_count(context: Context, folder: Folder, *, filter: DocumentFilter) -> int:
    """How many rows `documents` lists with the same filter."""
    async with context.reading() as reading:
        return await reading.count((await listed(context, reading, folder, filter)).with_only_columns(Document.id))


async def unseen_count(context: Context, folder: Folder, *, filter: DocumentFilter) -> int:
    """How many of them the caller has not seen."""
    async with context.reading() as reading:
        statement = await listed(context, reading, folder, filter)
        unseen = statement.where(not_(has_seen(reading.actor.user_id or 0)))
        return await reading.count(unseen.with_only_columns(Document.id))


async def listed(context: Context, reading: Reading, folder: Folder, filter: DocumentFilter) -> Select[Document]:
    """The folder's documents that pass the filter."""
    statement = select(Document).join(Exchange, Exchange.id == Document.exchange_id)
    everybody: list[Member] = await load(context, people.of_cabinets, folder.cabinet_id) if filter.names_people else []
    conditions = conditions_of(reading.actor, filter, everybody=everybody)
    return statement.where(Document.cabinet_id == folder.cabinet_id, CONDITIONS[folder.kind], *conditions)


async def conditions_in(reading: Reading, cabinet_id: int, filter: DocumentFilter) -> list[ColumnElement[bool]]:
    """The same where nothing is read twice: a stream's batch."""
    everybody = await people.of_cabinet(reading, cabinet_id) if filter.names_people else []
    return conditions_of(reading.actor, filter, everybody=everybody)


def conditions_of(actor: Actor, filter: DocumentFilter, *, everybody: Sequence[Member]) -> list[ColumnElement[bool]]:
    """A filter as conditions over Document and Exchange; `everybody` is the cabinet's, where it names people."""
    plain: list[tuple[object, ColumnElement[bool]]] = [
        (filter.direction, Document.direction == filter.direction),
        (filter.status, Document.status.in_(filter.status)),
        (filter.kind, Exchange.kind.in_(filter.kind)),
        (filter.counterparty_id, Document.counterparty_id == filter.counterparty_id),
        (filter.search, _says(filter.search or "")),
        (filter.created.since, Document.created_at >= (filter.created.since or EPOCH)),
        (filter.created.until, Document.created_at < (filter.created.until or EPOCH)),
    ]
    found = [condition for given, condition in plain if given]
    if filter.signed_by_other is not None:
        found.append(_is_marked() if filter.signed_by_other else not_(_is_marked()))
    if filter.viewer_has_seen is not None:
        seen = has_seen(actor.user_id or 0)
        found.append(seen if filter.viewer_has_seen else not_(seen))
    return found + _by_people(actor, filter, everybody)


def _says(text: str) -> ColumnElement[bool]:
    """Every word typed is in the title or the number."""
    words = names.fold(searched(text) or "").split()
    return and_(true(), *(Exchange.search_text.contains(word, autoescape=True) for word in words))


def _by_people(actor: Actor, filter: DocumentFilter, everybody: Sequence[Member]) -> list[ColumnElement[bool]]:
    """Each way to name people narrows by itself: «only mine» with a search for somebody else is empty (EC53)."""
    circles: list[Sequence[int]] = []
    if filter.only_mine:
        circles.append([actor.user_id or 0])
    if filter.member_ids:
        circles.append([member.user_id for member in everybody if member.id in filter.member_ids])
    if filter.member_search and filter.member_search.strip():
        circles.append([member.user_id for member in find_members(everybody, filter.member_search)])
    roles = filter.member_as or (DocumentRole.SENDER, DocumentRole.RECIPIENT)
    return [_has_part(circle, roles) for circle in circles]


def find_members(everybody: Sequence[Member], text: str) -> list[Member]:
    """Members, blocked and former ones too, found by name or e-mail as people type them (EF)."""
    try:
        search = names.SearchText.parse(text)
    except ValueError as error:
        raise Refusal(Reason.BAD_USER_INPUT, path=("search",)) from error
    by_user = {member.user.id: member for member in everybody}
    people = [member.user for member in everybody]
    return [by_user[user.id] for user in names.find(search, people, former=lambda user: user.former_names)]


def _has_part(user_ids: Sequence[int], roles: Sequence[DocumentRole]) -> ColumnElement[bool]:
    sides = [DocumentSide(role.value) for role in roles if role is not DocumentRole.SIGNATORY]
    branches = []
    if sides:
        party = select(Party.id).where(Party.exchange_id == Document.exchange_id, Party.user_id.in_(user_ids))
        branches.append(exists(party.where(Party.side.in_(sides), OUR_PART)))
    if DocumentRole.SIGNATORY in roles:
        made = select(Signature.id).where(Signature.exchange_id == Document.exchange_id, OUR_SIGNATURE)
        branches.append(exists(made.where(Signature.user_id.in_(user_ids))))
    return or_(*branches) if branches else false()


def has_seen(user_id: int) -> ColumnElement[bool]:
    """Whether somebody has opened or sent a document: the one rule of field, filter and counter."""
    opened = select(Seen.id).where(Seen.document_id == Document.id, Seen.user_id == user_id)
    return or_(exists(opened), _has_part([user_id], [DocumentRole.SENDER]))


def _is_marked() -> ColumnElement[bool]:
    """As `parties.marks`: signed on our side by none of the people named there."""
    named = or_(Party.user_id.is_not(None), Party.person_name.is_not(None), Party.person_email.is_not(None))
    meant = select(Party.id).where(Party.exchange_id == Signature.exchange_id, Party.side == Signature.side, named)
    made = select(Signature.id).where(
        Signature.exchange_id == Document.exchange_id,
        OUR_SIGNATURE,
        exists(meant),
        not_(exists(meant.where(Party.user_id == Signature.user_id))),
    )
    return exists(made)


def order_of(field: DocumentOrderField, is_descending: bool) -> list[Key]:
    """The keys of an order of documents."""
    columns: dict[DocumentOrderField, list[Key]] = {
        DocumentOrderField.CREATED_AT: [Key(Document.created_at, is_descending)],  # type: ignore[arg-type]
        DocumentOrderField.TITLE: [Key(Exchange.title_sort, is_descending)],  # type: ignore[arg-type]
        DocumentOrderField.SENDER: _nullable(Exchange.sender_sort, is_descending),
        DocumentOrderField.RECIPIENT: _nullable(Exchange.recipient_sort, is_descending),
        DocumentOrderField.SIGNED_AT: _nullable(Exchange.last_signed_at, is_descending, is_moment=True),
        DocumentOrderField.SIGN_BEFORE: _nullable(Exchange.sign_before, is_descending, is_moment=True),
    }
    return [*columns[field], Key(Document.id, is_descending)]  # type: ignore[arg-type]


def _nullable(column: Any, is_descending: bool, *, is_moment: bool = False) -> list[Key]:
    return nullable(column, is_descending=is_descending, is_moment=is_moment)
