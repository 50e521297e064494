"""Signatures and the intents they were prepared by. A signature is never changed or deleted (A22)."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Confidential, Words, words_of
from models.certificates import Certificate
from models.documents import Document
from models.exchanges import DocumentSide, Exchange
from models.members import Member, MemberPeriod
from models.organizations import Organization
from models.refusals import Reason, Refusal

INTENT_LIFE = timedelta(minutes=15)


class SigningWarningCode(StrEnum):
    """What there is to warn about before signing."""

    RECIPIENT_DIFFERS = "RECIPIENT_DIFFERS"
    SENDER_DIFFERS = "SENDER_DIFFERS"
    CERTIFICATE_OWNER_DIFFERS = "CERTIFICATE_OWNER_DIFFERS"


DIFFERS = {
    DocumentSide.RECIPIENT: SigningWarningCode.RECIPIENT_DIFFERS,
    DocumentSide.SENDER: SigningWarningCode.SENDER_DIFFERS,
}


def differs(exchange: Exchange, *, side: DocumentSide, user_id: int | None) -> bool:
    """Whether somebody who signs for a side is none of the people it was meant for (A23, EB43, EB44)."""
    expected = exchange.expected(side)
    return bool(expected) and user_id not in {party.user_id for party in expected}


class Intent(Confidential, Base):
    """What a member was shown and is about to sign: bound to bytes, version, person, epoch and certificate."""

    __tablename__ = "intents"

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    member_epoch: Mapped[int] = mapped_column(Integer)
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificates.id"))
    side: Mapped[DocumentSide] = mapped_column(words_of(DocumentSide))
    version: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64))
    warnings: Mapped[tuple[str, ...]] = mapped_column(Words())
    policy_version: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    document: Mapped[Document] = relationship(lazy="raise")
    certificate: Mapped[Certificate] = relationship(lazy="raise")
    member: Mapped[Member] = relationship(lazy="raise")

    def use(self, *, by: Member, exchange: Exchange, at: datetime) -> None:
        """Spend the intent: once, in time, by the same membership, over the same version."""
        if self.used_at is not None:
            raise Refusal(Reason.INTENT_USED, path=("intentId",))
        if self.expires_at <= at:
            raise Refusal(Reason.INTENT_EXPIRED, path=("intentId",))
        if by.epoch != self.member_epoch:
            raise Refusal(Reason.INTENT_EXPIRED, path=("intentId",))
        if exchange.version != self.version or exchange.sha256 != self.sha256:
            raise Refusal(Reason.DOCUMENT_CHANGED, path=("intentId",), document_id=self.document_id)
        self.used_at = at


class Signature(Base):
    """One signature of one side, with the certificate as it was and the evidence by digest."""

    __tablename__ = "signatures"
    __table_args__ = (UniqueConstraint("exchange_id", "side"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchanges.id"))
    side: Mapped[DocumentSide] = mapped_column(words_of(DocumentSide))
    intent_id: Mapped[int | None] = mapped_column(ForeignKey("intents.id"), unique=True)
    cabinet_id: Mapped[int | None] = mapped_column(ForeignKey("cabinets.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    period_id: Mapped[int | None] = mapped_column(ForeignKey("member_periods.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    person_name: Mapped[str] = mapped_column(String(200))
    person_email: Mapped[str | None] = mapped_column(String(254))
    subject_name: Mapped[str] = mapped_column(String(500))
    organization_name: Mapped[str | None] = mapped_column(String(500))
    issuer_name: Mapped[str] = mapped_column(String(500))
    serial_number: Mapped[str] = mapped_column(String(64))
    thumbprint: Mapped[str] = mapped_column(String(64))
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime]
    value_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    signed_sha256: Mapped[str] = mapped_column(String(64))
    acknowledged_warnings: Mapped[tuple[str, ...]] = mapped_column(Words())
    signed_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    client_address: Mapped[str | None] = mapped_column(String(64))
    user_agent: Mapped[str | None] = mapped_column(String(300))
    cms_sha256: Mapped[str] = mapped_column(String(64))
    chain_sha256: Mapped[str] = mapped_column(String(64))
    revocation_sha256: Mapped[str] = mapped_column(String(64))
    report_sha256: Mapped[str] = mapped_column(String(64))
    exchange: Mapped[Exchange] = relationship(lazy="raise", back_populates="signatures")
    organization: Mapped[Organization] = relationship(lazy="raise")
    period: Mapped[MemberPeriod | None] = relationship(lazy="raise")

    def is_for_other(self, exchange: Exchange) -> bool:
        """Whether the signatory is none of the people the side was meant for; compared, not stored."""
        return differs(exchange, side=self.side, user_id=self.user_id)

    def signed_for(self, exchange: Exchange) -> list[str]:
        """Names of the people the signature was expected from."""
        return [party.shown for party in exchange.expected(self.side)]
