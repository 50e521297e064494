"""Drafts: colleagues see them, only the author changes, sends or deletes them (C14)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import joinedload

from models.access import Verb
from models.cabinets import Cabinet
from models.documents import Document, DocumentDirection
from models.events import Event
from models.exchanges import DocumentKind, DocumentSide, DocumentStatus, Exchange, Party
from models.members import Member
from models.organizations import Organization
from models.refusals import Reason, Refusal
from resolvers import archives, routing
from resolvers.context import Context, Work
from resolvers.documents import acting, attach, both_sides, own_upload
from resolvers.routing import OrganizationName
from resolvers.texts import UNSAID, Unsaid, clean


@dataclass(frozen=True, kw_only=True)
class DraftWish:
    """What to write into a draft; what is UNSAID stays."""

    upload_id: int | Unsaid | None = UNSAID
    kind: DocumentKind | Unsaid = UNSAID
    title: str | Unsaid | None = UNSAID
    number: str | Unsaid | None = UNSAID
    required_sides: tuple[DocumentSide, ...] | Unsaid = UNSAID
    sign_before: datetime | Unsaid | None = UNSAID
    counterparty: OrganizationName | Unsaid | None = UNSAID
    recipient_emails: tuple[str, ...] | Unsaid = UNSAID


async def begin(context: Context, *, cabinet_id: int | None, wish: DraftWish) -> Document:
    """Begin a draft in a cabinet."""
    async with context.work(Verb.SAVE_DRAFT) as work:
        cabinet = await work.get(
            Cabinet, cabinet_id, joinedload(Cabinet.organization), path=("draft", "cabinetId"), shared=True
        )
        owner = cabinet.organization  # reading the member reads the cabinet anew, without it
        author = await acting(work, cabinet.id)
        document = work.add(_blank(author, owner=owner, at=work.now))
        await _write(work, document, wish, cabinet=cabinet)
    return document


def _blank(author: Member, *, owner: Organization, at: datetime) -> Document:
    exchange = Exchange(
        kind=DocumentKind.OTHER,
        status=DocumentStatus.DRAFT,
        required_sides=tuple(DocumentSide),
        signed_sides=(),
        version=0,
        created_at=at,
        recipient_organization=None,
        documents=[],
        signatures=[],
        acts=[],
    )
    exchange.name(title="", number=None)
    exchange.address([Party.of(author.user, side=DocumentSide.SENDER, organization=owner)])
    return Document.view(
        exchange, cabinet_id=author.cabinet_id, direction=DocumentDirection.OUTGOING, counterparty=None, at=at
    )


async def change(context: Context, *, draft_id: int | None, wish: DraftWish) -> Document:
    """Change a draft of one's own that is not signed yet."""
    async with context.work(Verb.SAVE_DRAFT) as work:
        document = await _own(work, draft_id, path=("draft", "draftId"))
        if document.exchange.signed_sides:
            raise document.not_open()
        cabinet = await work.get(Cabinet, document.cabinet_id, joinedload(Cabinet.organization), shared=True)
        await _write(work, document, wish, cabinet=cabinet)
    return document


async def _own(work: Work, draft_id: int | None, *, path: tuple[str, ...]) -> Document:
    """A draft of the caller's own, locked. FORBIDDEN for a colleague's, DOCUMENT_NOT_OPEN when it was sent."""
    document = await both_sides(work, draft_id, path=path)
    author = await acting(work, document.cabinet_id)
    if author.user_id not in {party.user_id for party in document.exchange.of_side(DocumentSide.SENDER)}:
        raise Refusal(Reason.FORBIDDEN, path=path)
    if document.status is not DocumentStatus.DRAFT:
        raise document.not_open(path=path)
    return document


async def _write(work: Work, document: Document, wish: DraftWish, *, cabinet: Cabinet) -> None:
    exchange = document.exchange
    await _write_file(work, exchange, wish)
    title = exchange.title if wish.title is UNSAID else clean(wish.title, path=("title",), limit=500)
    number = exchange.number if wish.number is UNSAID else clean(wish.number, path=("number",), limit=100)
    exchange.name(title=title or exchange.file_name or "", number=number)
    if wish.kind is not UNSAID:
        exchange.kind = wish.kind
    if wish.required_sides is not UNSAID:
        exchange.required_sides = wish.required_sides
    if wish.sign_before is not UNSAID:
        exchange.sign_before = wish.sign_before
    await _write_people(work, document, wish, cabinet=cabinet)
    exchange.touch(at=work.now)


async def _write_file(work: Work, exchange: Exchange, wish: DraftWish) -> None:
    if isinstance(wish.upload_id, int):
        upload = await own_upload(work, wish.upload_id)
        upload.use(at=work.now)
        attach(exchange, upload)


async def _write_people(work: Work, document: Document, wish: DraftWish, *, cabinet: Cabinet) -> None:
    exchange = document.exchange
    before = exchange.recipient_organization
    if isinstance(wish.counterparty, OrganizationName):
        named = await routing.organization(work, wish.counterparty, path=("counterparty",))
        is_internal = named.id == cabinet.organization_id
        document.direction = DocumentDirection.INTERNAL if is_internal else DocumentDirection.OUTGOING
        document.counterparty = exchange.recipient_organization = named
    if wish.recipient_emails is UNSAID and (wish.counterparty is UNSAID or exchange.recipient_organization is before):
        return
    other = exchange.recipient_organization
    if other is None:
        raise Refusal(Reason.REQUIRED, path=("counterparty",), field="counterparty")
    emails = () if isinstance(wish.recipient_emails, Unsaid) else wish.recipient_emails
    people = routing.addressed(emails, organization=other, path=("recipientEmails",))
    exchange.address([*exchange.of_side(DocumentSide.SENDER), *people])


async def delete(context: Context, *, draft_id: int | None) -> int:
    """Delete a draft of one's own; nothing else can be deleted (C13)."""
    async with context.work(Verb.DELETE_DRAFT) as work:
        document = await _own(work, draft_id, path=("draftId",))
        document.discard(at=work.now)
    return document.id


async def send(context: Context, *, draft_id: int | None) -> Document:
    """Send a draft of one's own; it is delivered at once unless the sender's signature is required and missing."""
    async with context.work(Verb.SEND_DOCUMENT) as work:
        document = await _own(work, draft_id, path=("draftId",))
        exchange = document.exchange
        if exchange.sha256 is None:
            raise Refusal(Reason.REQUIRED, path=("uploadId",), field="uploadId")
        if exchange.recipient_organization is None:
            raise Refusal(Reason.REQUIRED, path=("counterparty",), field="counterparty")
        exchange.require_time_left(at=work.now)
        people = exchange.of_side(DocumentSide.RECIPIENT)
        await routing.name(work, people)
        exchange.address([*exchange.of_side(DocumentSide.SENDER), *people])
        to = await routing.destination(work, exchange.recipient_organization, people, path=("counterparty",))
        sent = document.send(to=to.cabinet.id if to.cabinet else None, at=work.now)
        await work.record(sent, await delivered(work, document))
    return document


async def delivered(work: Work, document: Document) -> Event | None:
    """Deliver a sent document to the recipient's cabinet or its people's accounts, once the sender's side is done."""
    exchange = document.exchange
    if not document.is_ready or exchange.recipient_organization is None:
        return None
    own, people = exchange.of_side(DocumentSide.SENDER)[0].organization, exchange.of_side(DocumentSide.RECIPIENT)
    to = await routing.destination(work, exchange.recipient_organization, people, path=("counterparty",))
    event = document.deliver(to=await archives.cabinets_at(work, to), own=own, at=work.now)
    for view in exchange.documents:
        work.add(view)
    return event
