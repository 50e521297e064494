"""Acts on documents that were sent or received: refuse, take back, put away, mark as opened; delivery from outside."""

from __future__ import annotations

from datetime import datetime

import strawberry

from resolvers import documents
from resolvers.context import Context
from resolvers.documents import Delivered, ExternalParty
from schema.documents import Document
from schema.fields import acts, idempotency_key
from schema.kinds import DocumentKind, DocumentSide
from schema.nodes import id_of
from schema.organizations import OrganizationInput
from schema.refusals import UserError, told_errors

WHICH = "Which one."


@strawberry.input(description="A document to refuse.")
class DocumentRejectInput:
    """Which and why."""

    document_id: strawberry.ID = strawberry.field(description=WHICH)
    reason: str = strawberry.field(description="Told to the sender.")
    idempotency_key: str | None = idempotency_key()


@strawberry.type(description="Result of refusing.")
class DocumentRejectPayload:
    """The document, or why not."""

    document: Document | None = strawberry.field(description="The document, now REJECTED.", default=None)
    user_errors: list[UserError] = told_errors()


async def _reject(context: Context, input: DocumentRejectInput) -> dict[str, object]:
    document_id = id_of("Document")(input.document_id)
    return {"document": await documents.reject(context, document_id=document_id, reason=input.reason)}


@strawberry.input(description="A document to take back.")
class DocumentWithdrawInput:
    """Which and why."""

    document_id: strawberry.ID = strawberry.field(description=WHICH)
    reason: str | None = strawberry.field(description="Told to the recipient.", default=strawberry.UNSET)
    idempotency_key: str | None = idempotency_key()


@strawberry.type(description="Result of taking back.")
class DocumentWithdrawPayload:
    """The document, or why not."""

    document: Document | None = strawberry.field(description="The document, now WITHDRAWN.", default=None)
    user_errors: list[UserError] = told_errors()


async def _withdraw(context: Context, input: DocumentWithdrawInput) -> dict[str, object]:
    document_id = id_of("Document")(input.document_id)
    return {"document": await documents.withdraw(context, document_id=document_id, reason=input.reason or None)}


@strawberry.input(description="A document to put away or bring back.")
class DocumentArchiveInput:
    """Which and which way."""

    document_id: strawberry.ID = strawberry.field(description=WHICH)
    archived: bool = strawberry.field(description="`false` brings it back.")


@strawberry.type(description="Result of archiving.")
class DocumentArchivePayload:
    """The document, or why not."""

    document: Document | None = strawberry.field(description="The document.", default=None)
    user_errors: list[UserError] = told_errors()


async def _archive(context: Context, input: DocumentArchiveInput) -> dict[str, object]:
    document_id = id_of("Document")(input.document_id)
    return {"document": await documents.archive(context, document_id=document_id, archived=input.archived)}


@strawberry.input(description="A document that is on the screen.")
class DocumentMarkViewedInput:
    """Which one."""

    document_id: strawberry.ID = strawberry.field(description=WHICH)


@strawberry.type(description="Result of marking.")
class DocumentMarkViewedPayload:
    """The document, or why not."""

    document: Document | None = strawberry.field(description="The document.", default=None)
    user_errors: list[UserError] = told_errors()


async def _mark_viewed(context: Context, input: DocumentMarkViewedInput) -> dict[str, object]:
    return {"document": await documents.mark_viewed(context, document_id=id_of("Document")(input.document_id))}


@strawberry.input(description="Somebody outside.")
class ExternalPartyInput:
    """A person of another organisation."""

    organization: OrganizationInput = strawberry.field(description="The organisation.")
    person_name: str | None = strawberry.field(description="The person.", default=strawberry.UNSET)
    person_email: str | None = strawberry.field(description="The person's address.", default=strawberry.UNSET)

    def named(self) -> ExternalParty:
        """As resolvers take it."""
        return ExternalParty(
            organization=self.organization.named(),
            person_name=self.person_name or None,
            person_email=self.person_email or None,
        )


@strawberry.input(description="A document from outside.")
class DocumentReceiveInput:
    """What the exchange hands over."""

    organization: OrganizationInput = strawberry.field(
        description="Whom it is for. It goes into the organisation's cabinet if a recipient is or was a member there, "
        "or none is named, or none has an\naccount; otherwise to the recipients' own accounts."
    )
    upload_id: strawberry.ID = strawberry.field(description="The file.")
    kind: DocumentKind = strawberry.field(description="Sort.")
    title: str = strawberry.field(description="Title.")
    number: str | None = strawberry.field(description="Number.", default=strawberry.UNSET)
    required_sides: list[DocumentSide] = strawberry.field(
        description="Whose signature it needs; empty for none.", default_factory=lambda: [DocumentSide.RECIPIENT]
    )
    sign_before: datetime | None = strawberry.field(description="Deadline.", default=strawberry.UNSET)
    sender: ExternalPartyInput = strawberry.field(description="Who sent it.")
    recipient_emails: list[str] = strawberry.field(
        description="The people it is addressed to; empty for the organisation as a whole.", default_factory=list
    )
    external_id: str = strawberry.field(
        description="The exchange's own id; a second delivery with the same one returns the first document and mails "
        "nobody."
    )

    def delivered(self) -> Delivered:
        """As resolvers take it."""
        return Delivered(
            organization=self.organization.named(),
            upload_id=id_of("DocumentUpload")(self.upload_id),
            kind=self.kind,
            title=self.title,
            number=self.number or None,
            required_sides=tuple(self.required_sides),
            sign_before=self.sign_before or None,
            sender=self.sender.named(),
            recipient_emails=tuple(self.recipient_emails),
            external_id=self.external_id,
        )


@strawberry.type(description="Result of a delivery.")
class DocumentReceivePayload:
    """The document, or why not."""

    document: Document | None = strawberry.field(description="The document; the recipient's side of it.", default=None)
    user_errors: list[UserError] = told_errors()


async def _receive(context: Context, input: DocumentReceiveInput) -> dict[str, object]:
    return {"document": await documents.receive(context, delivered=input.delivered())}


@strawberry.type
class DocumentMutation:
    """Acts on documents."""

    document_reject: DocumentRejectPayload | None = acts(
        DocumentRejectPayload,
        _reject,
        DocumentRejectInput,
        does="Refuse to sign a received document. Needs no key.",
        input="Which one and why.",
    )
    document_withdraw: DocumentWithdrawPayload | None = acts(
        DocumentWithdrawPayload,
        _withdraw,
        DocumentWithdrawInput,
        does="Take a sent document back before the recipient has signed it.",
        input="Which one and why.",
    )
    document_archive: DocumentArchivePayload | None = acts(
        DocumentArchivePayload,
        _archive,
        DocumentArchiveInput,
        does="Put a document away or bring it back, for this cabinet only.",
        input="Which one and which way.",
    )
    document_mark_viewed: DocumentMarkViewedPayload | None = acts(
        DocumentMarkViewedPayload,
        _mark_viewed,
        DocumentMarkViewedInput,
        does="Say that the caller has opened a document. Call it when it is on the screen; reading fields marks "
        "nothing.",
        input=WHICH,
    )
    document_receive: DocumentReceivePayload | None = acts(
        DocumentReceivePayload,
        _receive,
        DocumentReceiveInput,
        does="Deliver a document from outside. For the exchange's token.",
        input="The document and its parties.",
    )
