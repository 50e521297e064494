"""Documents: one exchanged document as seen by one cabinet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

import words
from models import documents as rows
from models.cabinets import Cabinet as CabinetRow
from models.exchanges import ActKind
from resolvers import cabinets, documents, journal, parties, uploads
from resolvers.context import Context
from resolvers.intents import choices
from resolvers.loaders import load_many
from resolvers.parties import ActView
from schema.fields import an_id, asks, at_most, batched, told, worded
from schema.kinds import CannotSignReason, DocumentDirection, DocumentKind, DocumentSide, DocumentStatus
from schema.nodes import Node, encode, node_id, shows
from schema.organizations import Organization
from schema.pages import CURSOR, EDGES, FORWARD, NODE, NODES, PAGE_INFO, TOTAL, PageInfo, edges, page_info, paged, total
from schema.parties import DocumentAct, DocumentParty, SignedByOther
from schema.prices import COUNT
from schema.scalars import URI

if TYPE_CHECKING:
    from schema.cabinets import Cabinet
    from schema.journal import ActivityEntryConnection
    from schema.signatures import Signature, SigningChoice


async def _cabinets(context: Context, documents: Sequence[rows.Document]) -> list[CabinetRow | None]:
    return await cabinets.by_ids(context, [document.cabinet_id for document in documents])


async def _first_views(context: Context, documents: Sequence[rows.Document]) -> list[ActView | None]:
    return await parties.acts(context, documents, kind=ActKind.FIRST_VIEW)


async def _rejections(context: Context, documents: Sequence[rows.Document]) -> list[ActView | None]:
    return await parties.acts(context, documents, kind=ActKind.REJECTION)


async def _withdrawals(context: Context, documents: Sequence[rows.Document]) -> list[ActView | None]:
    return await parties.acts(context, documents, kind=ActKind.WITHDRAWAL)


async def _signable(context: Context, found: Sequence[rows.Document]) -> list[bool]:
    return [not reasons for reasons in await load_many(context, documents.cannot_sign, found)]


async def _links(context: Context, documents: Sequence[rows.Document]) -> list[uploads.Link]:
    return await uploads.links(context, [("document", document.id, document.cabinet_id) for document in documents])


async def _urls(context: Context, documents: Sequence[rows.Document]) -> list[str]:
    return [link.url for link in await load_many(context, _links, documents)]


async def _expiries(context: Context, documents: Sequence[rows.Document]) -> list[datetime]:
    return [link.expires_at for link in await load_many(context, _links, documents)]


def _status_text(context: Context, document: rows.Document) -> str:
    return words.say(f"status.{document.status.value}.{document.status_side}", context.locale.value.lower())


@strawberry.type(description="The bytes that are signed.")
class DocumentFile:
    """Read from the document's row."""

    name: str = told(lambda row: row.exchange.file_name, "File name, safe to show and save.")
    content_type: str = told(lambda row: row.exchange.content_type, "MIME type.")
    size_bytes: int = told(lambda row: row.exchange.size_bytes, "Size in bytes.")
    sha256: str = told(lambda row: row.exchange.sha256, "Lower-case hex.")
    download_url: URI = batched(
        _urls,
        "Short-lived URL for this caller; ask again when it has expired. Stops working when the caller loses access.",
        1,
    )
    download_url_expires_at: datetime = batched(_expiries, "When `downloadUrl` stops working.", 1)


@strawberry.type(
    description="One exchanged document as seen by one cabinet. Where both sides have a cabinet here, each has its own "
    "Document with its own id,\ndirection, archive and journal; `exchangeId` is what they share."
)
@shows(rows.Document)
class Document(Node):
    """A cabinet's view of an exchange."""

    id: strawberry.ID = node_id("Document", "Opaque identifier; another one for the counterparty's cabinet.")
    exchange_id: strawberry.ID = told(
        lambda row: encode("Exchange", row.exchange_id), "The same in both cabinets; quote it to the counterparty."
    )
    external_id: str | None = told(
        lambda row: row.exchange.external_id, "The id given by the outside exchange that delivered it."
    )
    cabinet: Annotated[Cabinet, strawberry.lazy("schema.cabinets")] | None = batched(
        _cabinets, "The cabinet whose view this is; `null` for one of `viewer.documents`."
    )
    title: str = told(lambda row: row.exchange.title, "Title given by the sender.")
    kind: DocumentKind = told(lambda row: row.exchange.kind, "What sort of document.")
    number: str | None = told(lambda row: row.exchange.number, "Number given by the sender, e.g. `15-К`.")
    direction: DocumentDirection = strawberry.field(description="Seen from this cabinet.")
    status: DocumentStatus = strawberry.field(description="For logic and filters; the same on both sides.")
    status_text: str = worded(
        _status_text, "The status in words, from this cabinet's side, in the caller's language. Not for logic."
    )
    archived: bool = strawberry.field(description="Put away in this cabinet.")
    created_at: datetime = strawberry.field(
        description="When this cabinet sent or received it; for a draft, when it was begun."
    )
    updated_at: datetime = strawberry.field(description="Last change of status, signatures or archive.")
    required_sides: list[DocumentSide] = told(
        lambda row: [DocumentSide(side) for side in row.exchange.required_sides],
        "Whose signature the sender asked for; empty for a document that is only delivered.",
    )
    awaited_sides: list[DocumentSide] = told(
        lambda row: row.exchange.awaited_sides,
        "Whose signature is still missing; empty once none is, or none is possible any more.",
    )
    sign_before: datetime | None = told(
        lambda row: row.exchange.sign_before, "After this moment it can no longer be signed."
    )
    sender: DocumentParty = batched(parties.senders, "Who sent it; for a draft, its author.")
    recipients: list[DocumentParty] = batched(
        parties.recipients,
        "Who it is for. One entry without a person when addressed to the organisation as a whole; none in a draft that "
        "names nobody yet.",
        first=at_most(20, usual=2),
    )
    counterparty: Organization | None = strawberry.field(
        description="The other organisation; the own one for INTERNAL; `null` in a draft that names none yet."
    )
    signatures: list[Annotated[Signature, strawberry.lazy("schema.signatures")]] = batched(
        parties.signature_lists, "Signatures of both sides, oldest first.", first=at_most(20, usual=3)
    )
    signed_by_other: SignedByOther | None = batched(
        parties.marks,
        "The mark of the card and of lists: on this cabinet's side somebody signed for somebody else. `null` when "
        "nobody did.",
    )
    file: DocumentFile | None = told(
        lambda row: row if row.exchange.sha256 else None, "The file; `null` in a draft without one and after a purge."
    )
    first_viewed: DocumentAct | None = batched(
        _first_views, "First opening by a member of this cabinet. The counterparty does not see it."
    )
    viewer_has_seen: bool = batched(
        documents.seen, "Whether the caller has opened it (`documentMarkViewed`) or sent it.", 1
    )
    rejection: DocumentAct | None = batched(_rejections, "Set when the status is REJECTED.")
    withdrawal: DocumentAct | None = batched(_withdrawals, "Set when the status is WITHDRAWN.")
    activity: Annotated[ActivityEntryConnection, strawberry.lazy("schema.journal")] = asks(
        journal.of_document,
        "«More about the document»: what happened to it in this cabinet, oldest first.",
        gather=paged,
        **FORWARD,
    )
    viewer_can_sign: bool = batched(_signable, "Whether the caller may sign it now.", 1)
    viewer_cannot_sign_reasons: list[CannotSignReason] = batched(
        documents.cannot_sign, "Why not; empty when `viewerCanSign` is true.", 1
    )
    signing_choices: list[Annotated[SigningChoice, strawberry.lazy("schema.signatures")]] = batched(
        choices,
        "The certificate-choice window: the caller's usable certificates, each with what must be said before signing "
        "with it.",
        first=at_most(20, usual=2),
    )


@strawberry.type(description="One Document of a page.")
class DocumentEdge:
    """Read from `schema.pages.Edge`."""

    cursor: str = strawberry.field(description=CURSOR)
    node: Document = strawberry.field(description=NODE)


@strawberry.type(description="A page of documents. New documents arriving while paging neither shift nor repeat rows.")
class DocumentConnection:
    """Read from a `Page`."""

    edges: list[DocumentEdge] = told(edges, EDGES)
    nodes: list[Document] = told(lambda page: page.rows, NODES)
    page_info: PageInfo = told(page_info, PAGE_INFO)
    total_count: int = asks(total, TOTAL, COUNT)


@strawberry.type
class DocumentQuery:
    """Root fields about documents."""

    document: Document | None = asks(
        documents.document,
        "The same as `node`, typed.",
        gather=lambda id: {"document_id": id},
        id=an_id("Document", "Id of the document."),
    )


TYPES: list[Any] = [Document]
