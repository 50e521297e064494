"""Drafts: begin, change, delete, send."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from resolvers import drafts, folders
from resolvers.context import Context
from resolvers.drafts import DraftWish
from resolvers.texts import UNSAID
from schema.documents import Document, DocumentEdge
from schema.fields import acts, asks, idempotency_key
from schema.kinds import DocumentKind, DocumentSide
from schema.nodes import encode, id_of, is_named
from schema.organizations import OrganizationInput
from schema.refusals import UserError, told_errors


@strawberry.input(description="Exactly one of the two.", one_of=True)
class DraftTarget:
    """A new draft or an old one."""

    cabinet_id: strawberry.ID | None = strawberry.field(
        description="Begin a new draft in this cabinet.", default=strawberry.UNSET
    )
    draft_id: strawberry.ID | None = strawberry.field(description="Change this draft.", default=strawberry.UNSET)


@strawberry.input(description="What to write into a draft. `documentSend` says what is still missing.")
class DraftSaveInput:
    """What to write; what is left out stays."""

    draft: DraftTarget = strawberry.field(description="New or existing.")
    upload_id: strawberry.ID | None = strawberry.field(description="The file.", default=strawberry.UNSET)
    kind: DocumentKind | None = strawberry.field(
        description="Sort; OTHER in a new draft when absent.", default=strawberry.UNSET
    )
    title: str | None = strawberry.field(
        description="Title, up to 500 characters; the file's name in a new draft when absent.",
        default=strawberry.UNSET,
    )
    number: str | None = strawberry.field(description="Number.", default=strawberry.UNSET)
    required_sides: list[DocumentSide] | None = strawberry.field(
        description="Whose signature it needs; both sides' in a new draft when absent, empty for none.",
        default=strawberry.UNSET,
    )
    sign_before: datetime | None = strawberry.field(
        description="Deadline for the recipient's signature.", default=strawberry.UNSET
    )
    counterparty: OrganizationInput | None = strawberry.field(
        description="The other organisation; one's own for an internal document. `documentSend` finds its cabinet, or "
        "accounts of `recipientEmails`, here.",
        default=strawberry.UNSET,
    )
    recipient_emails: list[str] | None = strawberry.field(
        description="Its people; empty for the organisation as a whole.", default=strawberry.UNSET
    )


@strawberry.type(description="Result of saving a draft.")
class DraftSavePayload:
    """The draft, or why not."""

    document: Document | None = strawberry.field(description="The draft.", default=None)
    user_errors: list[UserError] = told_errors()


def _wish(input: DraftSaveInput) -> DraftWish:
    """As resolvers take it. A `null` empties what may be empty, and says nothing of the rest."""
    is_left = input.required_sides is None or input.required_sides is strawberry.UNSET
    upload_id = id_of("DocumentUpload")(input.upload_id) or 0
    return DraftWish(
        upload_id=upload_id if is_named(input.upload_id) else UNSAID,
        kind=input.kind or UNSAID,
        title=_or_unsaid(input.title),
        number=_or_unsaid(input.number),
        required_sides=UNSAID if is_left else tuple(DocumentSide(side) for side in input.required_sides or ()),
        sign_before=_or_unsaid(input.sign_before),
        counterparty=input.counterparty.named() if input.counterparty else UNSAID,
        recipient_emails=tuple(input.recipient_emails) if isinstance(input.recipient_emails, list) else UNSAID,
    )


def _or_unsaid(given: Any) -> Any:
    return UNSAID if given is strawberry.UNSET else given


async def _save(context: Context, input: DraftSaveInput) -> dict[str, object]:
    wish = _wish(input)
    if is_named(input.draft.cabinet_id):
        cabinet_id = id_of("Cabinet")(input.draft.cabinet_id)
        return {"document": await drafts.begin(context, cabinet_id=cabinet_id, wish=wish)}
    draft_id = id_of("Document")(input.draft.draft_id)
    return {"document": await drafts.change(context, draft_id=draft_id, wish=wish)}


@strawberry.input(description="Which draft.")
class DraftDeleteInput:
    """Which one."""

    draft_id: strawberry.ID = strawberry.field(description="One's own.")


@strawberry.type(description="Result of deleting a draft.")
class DraftDeletePayload:
    """Its id, or why not."""

    deleted_draft_id: strawberry.ID | None = strawberry.field(description="The draft that is gone.", default=None)
    user_errors: list[UserError] = told_errors()


async def _delete(context: Context, input: DraftDeleteInput) -> dict[str, object]:
    gone = await drafts.delete(context, draft_id=id_of("Document")(input.draft_id))
    return {"deleted_draft_id": encode("Document", gone)}


@strawberry.input(description="Which draft.")
class DocumentSendInput:
    """Which one."""

    draft_id: strawberry.ID = strawberry.field(description="One's own.")
    idempotency_key: str | None = idempotency_key()


def _edge(context: Context, payload: DocumentSendPayload) -> DocumentEdge | None:
    document: Any = payload.document  # a row, which its type shows as it is
    return DocumentEdge(cursor=folders.place(context, document), node=document) if document else None


@strawberry.type(description="Result of sending.")
class DocumentSendPayload:
    """The document, or why not."""

    document: Document | None = strawberry.field(
        description="The document: SENT, DELIVERED or AWAITING_SIGNATURE.", default=None
    )
    document_edge: DocumentEdge | None = asks(_edge, "For Relay's `@appendEdge`.")
    user_errors: list[UserError] = told_errors()


async def _send(context: Context, input: DocumentSendInput) -> dict[str, object]:
    return {"document": await drafts.send(context, draft_id=id_of("Document")(input.draft_id))}


@strawberry.type
class DraftMutation:
    """Acts on drafts."""

    draft_save: DraftSavePayload | None = acts(
        DraftSavePayload,
        _save,
        DraftSaveInput,
        does="Step 2: begin a draft, or change one of one's own. A draft that is signed can only be sent or deleted.",
        input="Only what is given changes.",
    )
    draft_delete: DraftDeletePayload | None = acts(
        DraftDeletePayload,
        _delete,
        DraftDeleteInput,
        does="Delete a draft of one's own. Nothing else can be deleted.",
        input="Which one.",
    )
    document_send: DocumentSendPayload | None = acts(
        DocumentSendPayload,
        _send,
        DocumentSendInput,
        does="Step 3: send a draft of one's own, to the counterparty's cabinet or its people's own accounts. If the "
        "sender's signature is required and missing, the document waits as SENT until a member signs it;\nsign the "
        "draft first (`signaturePrepare`, `documentSign`) to send it signed.",
        input="Which one.",
    )
