"""Documents: reading them, and the acts on those that were sent or received."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import literal, select
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value

from models.access import Verb
from models.documents import Document, DocumentDirection, Seen
from models.exchanges import DocumentKind, DocumentSide, DocumentStatus, Exchange, Party
from models.members import Member
from models.obstacles import CannotSignReason, obstacles
from models.refusals import Reason, Refusal
from models.uploads import Upload
from resolvers import archives, certificates, folders, parties, routing
from resolvers.context import Context, Work
from resolvers.loaders import load, load_many
from resolvers.locks import locked
from resolvers.parties import PartyView
from resolvers.routing import OrganizationName
from resolvers.texts import Path, clean


async def document(context: Context, *, document_id: int | None) -> Document | None:
    """A document that the caller may see, else None."""
    async with context.reading() as reading:
        return await reading.first(select(Document).options(*Document.for_lists()).where(Document.id == document_id))


async def by_ids(context: Context, ids: Sequence[int | None]) -> list[Document | None]:
    """Documents that the caller may see, in the order asked."""
    async with context.reading() as reading:
        return await reading.by_ids(Document, ids, *Document.for_lists())


async def seen(context: Context, documents: Sequence[Document]) -> list[bool]:
    """Whether the caller has opened or sent each document."""
    ids = [document.id for document in documents]
    async with context.reading() as reading:
        known = folders.has_seen(reading.actor.user_id or 0)
        found = set(await reading.all(select(Document.id).where(Document.id.in_(ids), known)))
    return [document.id in found for document in documents]


async def cannot_sign(context: Context, documents: Sequence[Document]) -> list[list[CannotSignReason]]:
    """Why the caller cannot sign each document; empty where he can."""
    async with context.reading() as reading:
        user_id = reading.actor.user_id
    keys = await load(context, certificates.usable, user_id) if user_id else []
    views: list[list[PartyView]] = await load_many(context, parties.parties, documents)
    now = context.outside.clock.now()
    return [
        obstacles(document, user_id=user_id, has_key=bool(keys), sender_ids=_sender_ids(found), at=now)
        for document, found in zip(documents, views, strict=True)
    ]


def _sender_ids(views: Sequence[PartyView]) -> frozenset[int | None]:
    return frozenset(view.user_id for view in parties.of_side(views, DocumentSide.SENDER))


async def both_sides(work: Work, document_id: int | None, *, path: Path = ("documentId",)) -> Document:
    """A document with all that its rules read, the other cabinet's view too: the exchange locked, then each view."""
    for exchange_id in await work.all(select(Document.exchange_id).where(Document.id == (document_id or 0))):
        await work.all(locked(select(Exchange).where(Exchange.id == exchange_id)))
        await work.across(locked(select(Document.id).where(Document.exchange_id == exchange_id).order_by(Document.id)))
    document = await work.get(Document, document_id, *Document.for_rules(), path=path)
    views = select(Document).options(joinedload(Document.counterparty))
    same = views.where(Document.exchange_id == document.exchange_id, Document.deleted_at.is_(None))
    found = await work.across(same.order_by(Document.id))
    for view in found:
        set_committed_value(view, "exchange", document.exchange)
    set_committed_value(document.exchange, "documents", found)
    return document


async def acting(work: Work, cabinet_id: int) -> Member:
    """In whose name the caller acts in a cabinet: his own membership, or that of a token's responsible.

    In his own archive his place is hidden, even from him.
    """
    member = select(Member).options(*Member.with_people()).where(Member.cabinet_id == cabinet_id)
    if work.actor.token_id is None:
        found = await work.across(member.where(Member.user_id == work.actor.user_id))
    else:
        found = await work.all(member.where(Member.id == work.actor.responsible_id))
    if not found:
        raise Refusal(Reason.FORBIDDEN)
    return found[0]


@dataclass(frozen=True, kw_only=True)
class ExternalParty:
    """Somebody outside, as the exchange names him."""

    organization: OrganizationName
    person_name: str | None = None
    person_email: str | None = None


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """A document from outside, as the exchange hands it over."""

    organization: OrganizationName
    upload_id: int | None
    kind: DocumentKind
    title: str
    number: str | None
    required_sides: tuple[DocumentSide, ...]
    sign_before: datetime | None
    sender: ExternalParty
    recipient_emails: tuple[str, ...]
    external_id: str


async def receive(context: Context, *, delivered: Delivered) -> Document:
    """Take a document from outside. The same `external_id` again gives the first document and does nothing (EC57)."""
    external_id = clean(delivered.external_id, path=("externalId",), limit=200, is_required=True)
    async with context.work(Verb.RECEIVE_DOCUMENT) as work:
        work.authorize()
        document = await _delivered_before(work, external_id)
        if document is None:
            document = await _take(work, delivered, external_id)
            await work.record(Document.received(document.exchange.documents))
        else:
            await work.record(None)
        context.grant(document.id)
    return document


async def _delivered_before(work: Work, external_id: str) -> Document | None:
    known = select(Document).options(*Document.for_rules()).join(Exchange, Exchange.id == Document.exchange_id)
    incoming = Document.direction == DocumentDirection.INCOMING
    here = known.where(Exchange.external_id == external_id, incoming, Document.deleted_at.is_(None))
    found = await work.across(here.order_by(Document.id))
    return found[0] if found else None


async def _take(work: Work, delivered: Delivered, external_id: str) -> Document:
    """The recipients' views of a new exchange; the first of them."""
    title = clean(delivered.title, path=("title",), limit=500, is_required=True)
    number = clean(delivered.number, path=("number",), limit=100)
    own = await routing.organization(work, delivered.organization, path=("organization",))
    people = routing.addressed(delivered.recipient_emails, organization=own, path=("recipientEmails",))
    await routing.name(work, people)
    to = await routing.destination(work, own, people, path=("organization",))
    sender = await _external(work, delivered.sender)
    upload = await own_upload(work, delivered.upload_id)
    upload.use(at=work.now)
    if DocumentSide.SENDER in delivered.required_sides:
        raise Refusal(Reason.INVALID, path=("requiredSides",), field="requiredSides")
    two_sided = DocumentSide.RECIPIENT in delivered.required_sides
    exchange = Exchange(
        external_id=external_id,
        kind=delivered.kind,
        status=DocumentStatus.AWAITING_SIGNATURE if two_sided else DocumentStatus.DELIVERED,
        required_sides=delivered.required_sides,
        signed_sides=(),
        sign_before=delivered.sign_before,
        version=1,
        created_at=work.now,
        recipient_organization=own,
        documents=[],
        signatures=[],
        acts=[],
    )
    exchange.require_time_left(at=work.now)
    exchange.name(title=title, number=number)
    exchange.address([sender, *people])
    attach(exchange, upload)
    cabinet_ids = await archives.cabinets_at(work, to)
    views = Document.views(exchange, cabinet_ids=cabinet_ids, counterparty=sender.organization, at=work.now)
    for view in views:
        work.add(view)
    return views[0]


async def _external(work: Work, sender: ExternalParty) -> Party:
    return Party(
        side=DocumentSide.SENDER,
        organization=await routing.organization(work, sender.organization, path=("sender", "organization")),
        person_name=clean(sender.person_name, path=("sender", "personName"), limit=200),
        person_email=clean(sender.person_email, path=("sender", "personEmail"), limit=254),
    )


async def own_upload(work: Work, upload_id: int | None) -> Upload:
    """An upload of the caller's own, locked. Another maker's is NOT_FOUND (EH92)."""
    found = await work.all(locked(select(Upload).where(Upload.id == upload_id)))
    own = [u for u in found if (u.user_id, u.token_id) == (work.actor.user_id, work.actor.token_id)]
    if not own:
        raise Refusal(Reason.NOT_FOUND, path=("uploadId",))
    return own[0]


def attach(exchange: Exchange, upload: Upload) -> None:
    """Give an exchange the uploaded file."""
    exchange.file_name, exchange.content_type = upload.file_name, upload.content_type
    exchange.size_bytes, exchange.sha256 = upload.size_bytes, upload.sha256


async def reject(context: Context, *, document_id: int | None, reason: str) -> Document:
    """Refuse to sign a received document; the sender is told why."""
    async with context.work(Verb.REJECT_DOCUMENT) as work:
        document = await both_sides(work, document_id)
        member = await acting(work, document.cabinet_id)
        document.require_rejectable()
        said = clean(reason, path=("reason",), limit=2000, is_required=True, is_one_line=False)
        await work.record(document.reject(by=member, reason=said, at=work.now))
    return document


async def withdraw(context: Context, *, document_id: int | None, reason: str | None) -> Document:
    """Take a sent document back before the recipient has signed it."""
    async with context.work(Verb.WITHDRAW_DOCUMENT) as work:
        document = await both_sides(work, document_id)
        member = await acting(work, document.cabinet_id)
        document.require_withdrawable()
        said = clean(reason, path=("reason",), limit=2000, is_one_line=False)
        await work.record(document.withdraw(by=member, reason=said, at=work.now))
    return document


async def archive(context: Context, *, document_id: int | None, archived: bool) -> Document:
    """Put a document away or bring it back, for this cabinet only."""
    async with context.work(Verb.ARCHIVE_DOCUMENT) as work:
        document = await work.get(Document, document_id, *Document.for_rules(), path=("documentId",))
        await work.record(document.archive(archived=archived, at=work.now))
    return document


async def mark_viewed(context: Context, *, document_id: int | None) -> Document:
    """Note that the caller has the document on the screen; the first time in the cabinet is journaled (C18)."""
    async with context.work(Verb.VIEW_DOCUMENT) as work:
        document = await work.get(Document, document_id, *Document.for_rules(), path=("documentId",))
        member = await acting(work, document.cabinet_id)
        before = await work.all(select(Seen).where(Seen.document_id == document.id))
        if member.user_id not in {view.user_id for view in before}:
            work.add(Seen(document_id=document.id, user_id=member.user_id, at=work.now))
        await work.record(document.mark_viewed(by=member, is_first=not before, at=work.now))
    return document


async def late(context: Context) -> list[int]:
    """A view of each exchange whose time is over, for the keeper of deadlines. Takes no writer's lock."""
    views = select(Document.exchange_id, Document.id).join(Exchange, Exchange.id == Document.exchange_id)
    waiting = Exchange.status == literal(DocumentStatus.AWAITING_SIGNATURE, literal_execute=True)  # a partial index
    over = Exchange.sign_before <= context.outside.clock.now()
    async with context.reading() as reading:
        rows = await reading.rows(views.where(waiting, over).order_by(Exchange.sign_before, Document.id))
    return list({row[0]: row[1] for row in rows}.values())


async def expire(context: Context, *, document_id: int) -> bool:
    """Write EXPIRED on a document whose time is over; False when it was signed or withdrawn a moment ago."""
    async with context.work(Verb.EXPIRE_DOCUMENT) as work:
        document = await both_sides(work, document_id)
        expired = document.expire(at=work.now)
        await work.record(expired)
    return expired is not None
