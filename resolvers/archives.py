"""Accounts' own archives: documents for people with no cabinet yet, and their way into the cabinet they join (C20)."""

from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload, selectinload

from models import archives
from models.accounts import User
from models.archives import Move
from models.cabinets import Cabinet
from models.documents import Document, Seen
from models.exchanges import Exchange
from models.members import Member
from resolvers import folders
from resolvers.context import Context, Reading, Work
from resolvers.folders import DocumentFilter, DocumentOrderField
from resolvers.locks import locked
from resolvers.pages import Page, Paging, page
from resolvers.routing import Destination, lock_accounts


async def documents(
    context: Context,
    user: User,
    *,
    filter: DocumentFilter,
    order_by: tuple[DocumentOrderField, bool],
    paging: Paging,
) -> Page[Document] | None:
    """A page of the account's own archive; None for anyone but the user."""
    async with context.reading() as reading:
        if reading.actor.user_id != user.id:
            return None
        held = await _held(reading, filter)
    return await page(
        context,
        held.options(*Document.for_lists()),
        order=folders.order_of(*order_by),
        paging=paging,
        scope=("own documents", user.id, filter, order_by),
    )


async def _held(reading: Reading, filter: DocumentFilter) -> Select[Document]:
    """What the caller's archive holds and the filter lets pass; nobody is to be found there but he himself."""
    archive_id = reading.actor.archive.cabinet_id if reading.actor.archive else 0
    himself = select(Member).options(joinedload(Member.user)).where(Member.cabinet_id == archive_id)
    everybody = [row[0] for row in await reading.rows_across(himself)] if filter.names_people else []
    conditions = folders.conditions_of(reading.actor, filter, everybody=everybody)
    statement = select(Document).join(Exchange, Exchange.id == Document.exchange_id)
    return statement.where(Document.cabinet_id == archive_id, *conditions)


async def has_left(reading: Reading, document_id: int, cabinet_id: int) -> bool:
    """Whether a document of the caller's archive is there no more: from then on the rights of its cabinet hold."""
    archive = reading.actor.archive
    if archive is None or archive.cabinet_id != cabinet_id:
        return False
    still = select(Document.id).where(Document.id == document_id, Document.cabinet_id == cabinet_id)
    return await reading.first(still) is None


async def cabinets_at(work: Work, to: Destination) -> list[int]:
    """The cabinets that a document goes into: the organisation's, or each account's own archive, begun if need be."""
    if to.cabinet is not None:
        return [to.cabinet.id]
    own = select(Cabinet).where(Cabinet.owner_id.in_([user.id for user in to.users]))
    known = {archive.owner_id: archive for archive in await work.across(own)}
    begun = {user.id: work.add(Cabinet.own(user, at=work.now)) for user in to.users if user.id not in known}
    await work.flush()
    for user in to.users:
        if user.id in begun:
            work.add(Member.alone(begun[user.id], owner=user, at=work.now))
    return [(known | begun)[user.id].id for user in to.users]


async def share(work: Work, member: Member) -> int:
    """Bring what his archive holds for the member's company into the cabinet he joins (C4); how many came."""
    await work.flush()
    # What is on its way to him is there before, or sees that he is a member.
    await lock_accounts(work, [member.user.id])
    held = await work.across(_held_for(member))
    opened = select(Seen).where(Seen.document_id.in_([document.id for document in held]))
    seen = await work.across(opened.where(Seen.user_id == member.user.id))
    moves = [_shared(member, document, seen, work) for document in held]
    for move in moves:
        if move is not None:
            work.add(move)
    return len(moves)


def _shared(member: Member, document: Document, seen: Sequence[Seen], work: Work) -> Move | None:
    own = [view for view in seen if view.document_id == document.id]
    return archives.share(document, seen=own, cabinet_id=member.cabinet_id, at=work.now)


def _held_for(member: Member) -> Select[Document]:
    """His archive's documents for the company he works for, locked."""
    views = selectinload(Exchange.documents.and_(Document.deleted_at.is_(None)))
    whole = joinedload(Document.exchange).options(selectinload(Exchange.acts), views)
    held = (
        select(Document)
        .join(Cabinet, Cabinet.id == Document.cabinet_id)
        .join(Exchange, Exchange.id == Document.exchange_id)
        .options(whole)
        .where(Cabinet.owner_id == member.user.id, Document.deleted_at.is_(None))
        .where(Exchange.recipient_organization_id == member.company.id)
        .order_by(Document.id)
    )
    return locked(held, of=Document)
