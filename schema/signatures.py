"""Signatures, the window of certificates, and signing in two steps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

import words
from resolvers import intents, parties, signatures, uploads
from resolvers.context import Context
from resolvers.intents import PreparedIntent
from resolvers.parties import SignatureView
from schema.documents import Document
from schema.fields import acts, asks, at_most, batched, told, worded
from schema.kinds import DigestAlgorithm, DocumentSide, SigningWarningCode
from schema.nodes import Node, encode, id_of, shows
from schema.parties import DocumentParty, SignedByOther
from schema.refusals import UserError, told_errors
from schema.scalars import URI, Base64

if TYPE_CHECKING:
    from schema.certificates import Certificate
    from schema.members import MemberPeriod


@strawberry.type(description="A certificate as it was when used or offered.")
class CertificateInfo:
    """Read from a certificate's row, or from a signature's, which repeats it."""

    subject_name: str = strawberry.field(description="The person named in it.")
    organization_name: str | None = strawberry.field(
        description="The organisation named in it; `null` for a natural person's key."
    )
    issuer_name: str = strawberry.field(description="The authority.")
    serial_number: str = strawberry.field(description="Hex.")
    thumbprint_sha256: str = told(lambda row: row.thumbprint, "Lower-case hex.")
    valid_from: datetime = strawberry.field(description="Start of validity.")
    valid_to: datetime = strawberry.field(description="End of validity.")


async def _urls(context: Context, views: Sequence[SignatureView]) -> list[str]:
    rows = [("signature", view.row.id, view.document.cabinet_id) for view in views]
    return [link.url for link in await uploads.links(context, rows)]


@strawberry.type(description="One signature. Never changed or deleted.")
@shows(SignatureView)
class Signature(Node):
    """A signature, seen from a document of the caller's."""

    id: strawberry.ID = told(lambda view: encode("Signature", view.row.id), "Opaque identifier.")
    document: Document = strawberry.field(description="What was signed.")
    side: DocumentSide = told(lambda view: view.row.side, "Side of the exchange that signed.")
    signatory: DocumentParty = strawberry.field(
        description="Account and membership that signed, with the name of that time; for the counterparty's signature "
        "`member` is `null`."
    )
    signatory_period: Annotated[MemberPeriod, strawberry.lazy("schema.members")] | None = told(
        lambda view: view.row.period if view.is_ours else None,
        "The membership period in which it was made; `null` for the counterparty.",
    )
    signed_by_other: SignedByOther | None = batched(
        parties.signature_marks,
        "Set when the signatory is not who the document was meant for; the counterparty sees it too.",
    )
    certificate: CertificateInfo = told(lambda view: view.row, "The certificate as it was then.")
    signed_at: datetime = told(lambda view: view.row.signed_at, "Time of this server at acceptance.")
    claimed_at: datetime | None = told(
        lambda view: view.row.claimed_at, "Time claimed by the signature itself; not relied upon."
    )
    acknowledged_warnings: list[SigningWarningCode] = told(
        lambda view: [SigningWarningCode(code) for code in view.row.acknowledged_warnings if view.is_ours],
        "Warnings shown to and acknowledged by the signatory; own cabinet only.",
    )
    client_address: str | None = told(
        lambda view: view.row.client_address if view.is_ours else None,
        "IP address the signature came from; own cabinet only.",
    )
    user_agent: str | None = told(
        lambda view: view.row.user_agent if view.is_ours else None,
        "Browser or program it came from; own cabinet only.",
    )
    download_url: URI = batched(_urls, "Short-lived URL of the detached CMS file.", 1)


@strawberry.type(description="Something the signatory must have read before signing.")
class SigningWarning:
    """Read from `resolvers.intents.SigningWarning`."""

    code: SigningWarningCode = strawberry.field(description="For programs, and for `acknowledgedWarnings`.")
    message: str = worded(
        lambda context, warning: words.say(
            f"warning.{warning.code.value}", context.locale.value.lower(), **warning.facts
        ),
        "Text in the caller's language, ready to show.",
    )
    signed_by_other: SignedByOther | None = batched(
        intents.warning_marks, "For RECIPIENT_DIFFERS and SENDER_DIFFERS: the mark as it will stand on the card."
    )


def _warnings(_: Context, offer: Any, *, first: int) -> list[intents.SigningWarning]:
    found: list[intents.SigningWarning] = offer.warnings
    return found[:first]


@strawberry.type(description="One certificate in the certificate-choice window.")
class SigningChoice:
    """Read from `resolvers.intents.SigningChoice`."""

    certificate: Annotated[Certificate, strawberry.lazy("schema.certificates")] = strawberry.field(
        description="Give its id to `signaturePrepare`."
    )
    warnings: list[SigningWarning] = asks(
        _warnings, "To show before signing; empty when nothing needs to be said.", first=at_most(10, usual=2)
    )


@strawberry.type(
    description="Bound to the document's bytes and state, the member and the certificate; good for one signature. "
    "Visible to its maker only."
)
@shows(PreparedIntent)
class SigningIntent(Node):
    """What is about to be signed."""

    id: strawberry.ID = told(lambda intent: encode("SigningIntent", intent.row.id), "For `documentSign`.")
    document: Document = strawberry.field(description="What will be signed.")
    certificate: Annotated[Certificate, strawberry.lazy("schema.certificates")] = strawberry.field(
        description="With what."
    )
    digest_algorithm: DigestAlgorithm = told(
        lambda _: DigestAlgorithm.SHA256, "How `digest` was made. The signature may use a longer one of the list."
    )
    digest: Base64 = told(
        lambda intent: bytes.fromhex(intent.row.sha256),
        "Digest of the file: what the CMS attribute messageDigest holds.",
    )
    warnings: list[SigningWarning] = asks(_warnings, "To show before signing.", first=at_most(10, usual=2))
    expires_at: datetime = told(lambda intent: intent.row.expires_at, "When it is too late.")


@strawberry.input(description="What to sign, and with which certificate.")
class SignaturePrepareInput:
    """Document and certificate."""

    document_id: strawberry.ID = strawberry.field(description="Which document.")
    certificate_id: strawberry.ID = strawberry.field(description="From `Document.signingChoices`.")


@strawberry.type(description="Result of preparing.")
class SignaturePreparePayload:
    """The intent, or why not."""

    intent: SigningIntent | None = strawberry.field(description="What to sign.", default=None)
    user_errors: list[UserError] = told_errors()


async def _prepare(context: Context, input: SignaturePrepareInput) -> dict[str, object]:
    document_id, certificate_id = id_of("Document")(input.document_id), id_of("Certificate")(input.certificate_id)
    intent = await intents.prepare(context, document_id=document_id, certificate_id=certificate_id)
    return {"intent": intent}


@strawberry.input(description="A signature to hand in.")
class DocumentSignInput:
    """Intent, signature, and what was read."""

    intent_id: strawberry.ID = strawberry.field(description="From `signaturePrepare`.")
    signature: Base64 = strawberry.field(description="Detached CMS signature (CAdES-B) over the document's bytes, DER.")
    acknowledged_warnings: list[SigningWarningCode] = strawberry.field(
        description="Codes of all warnings that were shown.", default_factory=list
    )


@strawberry.type(description="Result of signing.")
class DocumentSignPayload:
    """Document and signature, or why not."""

    document: Document | None = strawberry.field(description="The document.", default=None)
    signature: Signature | None = strawberry.field(description="The signature.", default=None)
    user_errors: list[UserError] = told_errors()


async def _sign(context: Context, input: DocumentSignInput) -> dict[str, object]:
    signed = await signatures.sign(
        context,
        intent_id=id_of("SigningIntent")(input.intent_id),
        cms=input.signature,
        acknowledged=frozenset(input.acknowledged_warnings),
    )
    return {"document": signed.document, "signature": signed.signature}


@strawberry.type
class SignatureMutation:
    """Signing, in two steps."""

    signature_prepare: SignaturePreparePayload | None = acts(
        SignaturePreparePayload,
        _prepare,
        SignaturePrepareInput,
        does="Step 1 of signing: what to sign, and every warning to show.",
        input="Document and certificate.",
    )
    document_sign: DocumentSignPayload | None = acts(
        DocumentSignPayload,
        _sign,
        DocumentSignInput,
        does="Step 2: hand in the signature made with the caller's own key. Every warning must be acknowledged. "
        "Repeating it returns the same signature.",
        input="Intent and signature.",
    )


TYPES: list[Any] = [Signature, SigningIntent]
