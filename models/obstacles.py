"""Why somebody cannot sign a document now: every reason, in the order of C22."""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime
from enum import StrEnum

from models.documents import Document, DocumentDirection
from models.exchanges import DocumentSide, DocumentStatus
from models.refusals import Reason, Refusal


class CannotSignReason(StrEnum):
    """Why the caller cannot sign a document now."""

    NOT_A_PERSON = "NOT_A_PERSON"
    NO_SIGNING_KEY = "NO_SIGNING_KEY"
    SIGNATURE_NOT_REQUIRED = "SIGNATURE_NOT_REQUIRED"
    OWN_DOCUMENT = "OWN_DOCUMENT"
    ALREADY_SIGNED = "ALREADY_SIGNED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"
    FILE_MISSING = "FILE_MISSING"


CLOSED = {
    DocumentStatus.REJECTED: CannotSignReason.REJECTED,
    DocumentStatus.WITHDRAWN: CannotSignReason.WITHDRAWN,
    DocumentStatus.EXPIRED: CannotSignReason.EXPIRED,
}


def obstacles(
    document: Document, *, user_id: int | None, has_key: bool, sender_ids: Set[int | None], at: datetime
) -> list[CannotSignReason]:
    """Every reason why somebody cannot sign; empty when he can (A6, C2). `sender_ids` are the accounts that sent it."""
    if user_id is None:
        return [CannotSignReason.NOT_A_PERSON]
    keyless = [] if has_key else [CannotSignReason.NO_SIGNING_KEY]
    return keyless + _of_document(document, is_sender=user_id in sender_ids, at=at)


def _of_document(document: Document, *, is_sender: bool, at: datetime) -> list[CannotSignReason]:
    exchange, side = document.exchange, document.signing_side
    if document.status in CLOSED:
        return [CLOSED[document.status]]
    if side in exchange.signed_sides:
        return [CannotSignReason.ALREADY_SIGNED]
    if side not in exchange.required_sides:
        return [CannotSignReason.SIGNATURE_NOT_REQUIRED]
    if _is_over(document, at):
        return [CannotSignReason.EXPIRED]
    # The sender of an internal document does not countersign it (EB45).
    if document.direction is DocumentDirection.INTERNAL and side is DocumentSide.RECIPIENT and is_sender:
        return [CannotSignReason.OWN_DOCUMENT]
    return [] if exchange.sha256 else [CannotSignReason.FILE_MISSING]


def require_open(document: Document, *, user_id: int | None, has_key: bool, at: datetime) -> None:
    """Raise why somebody cannot sign: who was faster, that it is closed, or every other reason (C22)."""
    senders = document.exchange.of_side(DocumentSide.SENDER)
    sender_ids = {party.user_id for party in senders}
    reasons = obstacles(document, user_id=user_id, has_key=has_key, sender_ids=sender_ids, at=at)
    if CannotSignReason.ALREADY_SIGNED in reasons:
        raise _already_signed(document)
    if set(reasons) & set(CLOSED.values()):
        is_late = _is_over(document, at) and document.status not in CLOSED
        raise document.not_open(DocumentStatus.EXPIRED if is_late else None)
    if reasons:
        raise Refusal(Reason.CANNOT_SIGN, reasons=reasons)


def _is_over(document: Document, at: datetime) -> bool:
    return document.exchange.sign_before is not None and document.exchange.sign_before <= at


def _already_signed(document: Document) -> Refusal:
    first = next(made for made in document.exchange.signatures if made.side is document.signing_side)
    return Refusal(
        Reason.ALREADY_SIGNED,
        by=first.person_name,
        at=first.signed_at,
        document_id=document.id,
        signature_id=first.id,
    )
