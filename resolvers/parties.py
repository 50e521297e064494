"""People and signatures of documents, as one cabinet sees them: who it was meant for and who signed are two facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import joinedload

from models.archives import Move
from models.documents import OURS, Document
from models.events import SigningRefused
from models.exchanges import ActKind, DocumentAct, DocumentSide, Party
from models.journal import Entry
from models.members import Member
from models.organizations import Organization
from models.signatures import Signature, differs
from resolvers.context import Context
from resolvers.loaders import load_many


@dataclass(frozen=True, eq=False, kw_only=True)
class PartyView:
    """An organisation and perhaps a person, as they were; `member` is who that is in the viewing cabinet today."""

    organization: Organization
    member: Member | None
    person_name: str | None
    person_email: str | None
    user_id: int | None = None
    side: DocumentSide | None = None

    @classmethod
    def of(cls, row: Party | Signature | DocumentAct, member: Member | None) -> PartyView:
        """The party that a row names, and the member of the viewing cabinet that it is."""
        return cls(
            organization=row.organization,
            member=member,
            person_name=row.person_name,
            person_email=row.person_email,
            user_id=row.user_id,
            side=None if isinstance(row, DocumentAct) else row.side,
        )


def of_side(views: Sequence[PartyView], side: DocumentSide) -> list[PartyView]:
    """The parties of a side, in their order."""
    return [view for view in views if view.side is side]


@dataclass(frozen=True, eq=False, kw_only=True)
class OtherSignatory:
    """The mark: `expected` people, and `actual` who signed or is about to."""

    side: DocumentSide
    expected: list[PartyView]
    actual: PartyView


@dataclass(frozen=True, eq=False, kw_only=True)
class SignatureView:
    """A signature as seen from a document of the caller's."""

    row: Signature
    document: Document
    signatory: PartyView
    is_ours: bool
    """Whether a member of the signing cabinet looks on: address, client and period are told nobody else (C8)."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ActView:
    """Who did something to a document, when and why."""

    by: PartyView
    at: datetime
    reason: str | None


async def parties(context: Context, documents: Sequence[Document]) -> list[list[PartyView]]:
    """Every party of each document, in order."""
    here = and_(Member.user_id == Party.user_id, Member.cabinet_id == Document.cabinet_id)
    statement = (
        select(Document.id, Document.direction, Party, Member)
        .join(Party, Party.exchange_id == Document.exchange_id)
        .outerjoin(Member, here)
        .options(joinedload(Party.organization), *Member.with_people())
        .where(Document.id.in_([document.id for document in documents]))
        .order_by(Party.id)
    )
    async with context.reading() as reading:
        rows = await reading.rows(statement)
    found = defaultdict(list)
    own = {document.id: document.our_sides for document in documents}
    for document_id, _, party, member in rows:
        found[document_id].append(PartyView.of(party, member if party.side in own[document_id] else None))
    return [found[document.id] for document in documents]


async def senders(context: Context, documents: Sequence[Document]) -> list[PartyView | None]:
    """Who sent each document."""
    found = await load_many(context, parties, documents)
    return [next(iter(of_side(views, DocumentSide.SENDER)), None) for views in found]


async def recipients(context: Context, documents: Sequence[Document], *, first: int) -> list[list[PartyView]]:
    """Whom each document is for."""
    found = await load_many(context, parties, documents)
    return [of_side(views, DocumentSide.RECIPIENT)[:first] for views in found]


async def signatures(context: Context, documents: Sequence[Document]) -> list[list[SignatureView]]:
    """Signatures of both sides, oldest first."""
    here = and_(Member.user_id == Signature.user_id, Member.cabinet_id == Document.cabinet_id)
    came_along = and_(Move.document_id == Document.id, Move.archive_id == Signature.cabinet_id)
    made_here = or_(Signature.cabinet_id == Document.cabinet_id, Move.id.is_not(None))
    statement = (
        select(Document.id, Signature, Member, made_here)
        .join(Signature, Signature.exchange_id == Document.exchange_id)
        .outerjoin(Member, here)
        .outerjoin(Move, came_along)
        .options(joinedload(Signature.organization), joinedload(Signature.period), *Member.with_people())
        .where(Document.id.in_([document.id for document in documents]))
        .order_by(Signature.id)
    )
    async with context.reading() as reading:
        rows = await reading.rows(statement)
        readable = reading.actor.readable_ids
    by_id = {document.id: document for document in documents}
    found = defaultdict(list)
    for document_id, signature, member, is_made_here in rows:
        document = by_id[document_id]
        is_our_side = signature.side in document.our_sides
        is_ours = is_our_side and is_made_here and document.cabinet_id in readable
        signatory = PartyView.of(signature, member if is_our_side else None)
        found[document_id].append(SignatureView(row=signature, document=document, signatory=signatory, is_ours=is_ours))
    return [found[document.id] for document in documents]


async def signature_lists(context: Context, documents: Sequence[Document], *, first: int) -> list[list[SignatureView]]:
    """The first signatures of each document."""
    return [views[:first] for views in await load_many(context, signatures, documents)]


async def marks(context: Context, documents: Sequence[Document]) -> list[OtherSignatory | None]:
    """The mark of each document: on this cabinet's side somebody signed for somebody else (A24)."""
    people, made = await load_many(context, parties, documents), await load_many(context, signatures, documents)
    return [_mark(views, signed) for views, signed in zip(people, made, strict=True)]


def _mark(people: Sequence[PartyView], signed: Sequence[SignatureView]) -> OtherSignatory | None:
    ours = sorted((view for view in signed if view.row.side in view.document.our_sides), key=lambda view: view.row.side)
    found = (other_signatory(people, side=view.row.side, actual=view.signatory) for view in ours)
    return next((mark for mark in found if mark is not None), None)


async def signature_marks(context: Context, views: Sequence[SignatureView]) -> list[OtherSignatory | None]:
    """The mark of each signature, on whichever side."""
    people = await load_many(context, parties, [view.document for view in views])
    return [
        other_signatory(there, side=view.row.side, actual=view.signatory)
        for there, view in zip(people, views, strict=True)
    ]


def other_signatory(views: Sequence[PartyView], *, side: DocumentSide, actual: PartyView) -> OtherSignatory | None:
    """Compare two facts: who was expected to sign for a side, and who did; None when it is one of them, or nobody."""
    expected = [view for view in of_side(views, side) if view.user_id or view.person_name or view.person_email]
    is_other = differs([view.user_id for view in expected], actual.user_id)
    return OtherSignatory(side=side, expected=expected, actual=actual) if is_other else None


async def acts(context: Context, documents: Sequence[Document], *, kind: ActKind) -> list[ActView | None]:
    """The act of a kind done to each document; a first view only of the own cabinet."""
    here = and_(Member.user_id == DocumentAct.user_id, Member.cabinet_id == Document.cabinet_id)
    mine = DocumentAct.cabinet_id == Document.cabinet_id
    statement = (
        select(Document.id, DocumentAct, Member, mine)
        .join(DocumentAct, DocumentAct.exchange_id == Document.exchange_id)
        .outerjoin(Member, here)
        .options(joinedload(DocumentAct.organization), *Member.with_people())
        .where(Document.id.in_([d.id for d in documents]), DocumentAct.kind == kind)
    )
    async with context.reading() as reading:
        if kind is ActKind.FIRST_VIEW:
            statement = statement.where(mine, Document.cabinet_id.in_(reading.actor.readable_ids))
        rows = await reading.rows(statement)
    found = {
        document_id: ActView(by=PartyView.of(act, member if is_mine else None), at=act.at, reason=act.reason)
        for document_id, act, member, is_mine in rows
    }
    return [found.get(document.id) for document in documents]


async def entry_senders(context: Context, entries: Sequence[Entry]) -> list[PartyView | None]:
    """Senders of the documents that entries are about."""
    found = await load_many(context, entry_parties, entries)
    return [next(iter(of_side(views, DocumentSide.SENDER)), None) for views in found]


async def entry_recipients(context: Context, entries: Sequence[Entry], *, first: int) -> list[list[PartyView]]:
    """Recipients of the documents that entries are about."""
    return [
        of_side(views, DocumentSide.RECIPIENT)[:first] for views in await load_many(context, entry_parties, entries)
    ]


async def entry_parties(context: Context, entries: Sequence[Entry]) -> list[list[PartyView]]:
    """Parties of the documents that entries are about."""
    wanted = [entry.document_id for entry in entries if entry.document_id]
    async with context.reading() as reading:
        found = await reading.all(select(Document).options(*Document.for_lists()).where(Document.id.in_(wanted)))
    views = await load_many(context, parties, found)
    by_id = {document.id: there for document, there in zip(found, views, strict=True)}
    return [by_id.get(entry.document_id or 0, []) for entry in entries]


async def entry_signatories(context: Context, entries: Sequence[Entry]) -> list[PartyView | None]:
    """Who signed, for entries about a signature; who tried to, for those about one that was not taken."""
    found = await _signed(context, [entry.id for entry in entries if entry.signature_id])
    found |= await _tried(context, [entry.id for entry in entries if entry.kind == SigningRefused.entry_kind()])
    return [found.get(entry.id) for entry in entries]


async def _signed(context: Context, entry_ids: Sequence[int]) -> dict[int, PartyView]:
    here = and_(Member.user_id == Signature.user_id, Member.cabinet_id == Document.cabinet_id)
    statement = (
        select(Entry.id, Signature, Member, Document.direction)
        .join(Signature, Signature.id == Entry.signature_id)
        .join(Document, Document.id == Entry.document_id)
        .outerjoin(Member, here)
        .options(joinedload(Signature.organization), *Member.with_people())
        .where(Entry.id.in_(entry_ids))
    )
    async with context.reading() as reading:
        rows = await reading.rows(statement) if entry_ids else []
    return {
        entry_id: PartyView.of(signature, member if signature.side in OURS[direction] else None)
        for entry_id, signature, member, direction in rows
    }


async def _tried(context: Context, entry_ids: Sequence[int]) -> dict[int, PartyView]:
    here = and_(Member.user_id == Entry.actor_user_id, Member.cabinet_id == Entry.cabinet_id)
    statement = select(Entry, Member).join(Member, here).options(*Member.with_people()).where(Entry.id.in_(entry_ids))
    async with context.reading() as reading:
        rows = await reading.rows(statement) if entry_ids else []
    return {
        entry.id: PartyView(
            organization=member.company,
            member=member,
            person_name=entry.facts["signatory"],
            person_email=None,
            user_id=member.user_id,
        )
        for entry, member in rows
    }
