"""Signatures and the intents they were prepared by. A signature is never changed or deleted (A22)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Confidential, Unchanging, Words, words_of
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


# What a signature keeps of its certificate, as it was then.
COPIED = ("subject_name", "organization_name", "issuer_name", "serial_number", "valid_from", "valid_to")
DIFFERS = {
    DocumentSide.RECIPIENT: SigningWarningCode.RECIPIENT_DIFFERS,
    DocumentSide.SENDER: SigningWarningCode.SENDER_DIFFERS,
}


def differs(expected: Collection[int | None], user_id: int | None) -> bool:
    """Whether a signatory is none of the accounts it was meant for; nobody named, nothing differs (EB43, EB44).

    The one rule of warning and mark; `resolvers.folders` says it once more in SQL, for the filter.
    """
    return bool(expected) and user_id not in expected


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

    @classmethod
    def to_sign(
        cls,
        document: Document,
        *,
        by: Member,
        certificate: Certificate,
        warnings: tuple[str, ...],
        policy: str,
        at: datetime,
    ) -> Intent:
        """What `by` was shown of `document` at this moment; `policy` is the version of what the server believes."""
        return cls(
            cabinet_id=document.cabinet_id,
            document_id=document.id,
            member_id=by.id,
            member_epoch=by.epoch,
            certificate_id=certificate.id,
            side=document.signing_side,
            version=document.exchange.version,
            sha256=document.exchange.sha256,
            warnings=warnings,
            policy_version=policy,
            created_at=at,
            expires_at=at + INTENT_LIFE,
        )

    def is_alive(self, at: datetime) -> bool:
        """Whether it is neither used nor too old."""
        return self.used_at is None and at < self.expires_at

    def burn(self, *, at: datetime) -> None:
        """Make it worth nothing: its maker has no access any more (EA2)."""
        self.expires_at = at

    def use(self, *, by: Member, document: Document, at: datetime) -> None:
        """Spend the intent: once, in time, by the same membership, with a certificate in use, over the same version.

        What was prepared in one's own archive is dead when the document has moved into a shared cabinet.
        """
        exchange, is_there = document.exchange, document.cabinet_id == self.cabinet_id
        if self.used_at is not None:
            raise Refusal(Reason.INTENT_USED, path=("intentId",))
        is_same = by.epoch == self.member_epoch and is_there
        if not self.is_alive(at) or not is_same or self.certificate.removed_at is not None:
            raise Refusal(Reason.INTENT_EXPIRED, path=("intentId",))
        if exchange.version != self.version or exchange.sha256 != self.sha256:
            raise Refusal(Reason.DOCUMENT_CHANGED, path=("intentId",), document_id=self.document_id)
        self.used_at = at


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What came with a signature that was found good: its identity, the blobs that prove it, whence it came.

    `value_sha256` is the SHA-256 of the signature value, which no re-encoding changes; `claimed_at` the signer's own
    time. The blobs, by SHA-256: the CMS as received, the chain, the revocation answers used, the report.
    """

    value_sha256: str
    claimed_at: datetime | None
    cms_sha256: str
    chain_sha256: str
    revocation_sha256: str
    report_sha256: str
    client_address: str | None
    user_agent: str | None


class Signature(Unchanging, Base):
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

    @classmethod
    def by(
        cls,
        member: Member,
        *,
        document: Document,
        intent: Intent,
        evidence: Evidence,
        acknowledged: Collection[str],
        at: datetime,
    ) -> Signature:
        """A member's signature for the organisation of his side, with the names and the certificate of this moment."""
        certificate = intent.certificate
        return cls(
            side=intent.side,
            intent_id=intent.id,
            cabinet_id=member.cabinet_id,
            member_id=member.id,
            period_id=member.period.id if member.periods else None,
            user_id=member.user_id,
            organization_id=document.own_organization_id,
            person_name=member.user.display_name,
            person_email=member.user.email,
            thumbprint=certificate.thumbprint,
            signed_sha256=intent.sha256,
            acknowledged_warnings=tuple(sorted(acknowledged)),
            signed_at=at,
            **{name: getattr(certificate, name) for name in COPIED},
            **{field.name: getattr(evidence, field.name) for field in fields(Evidence)},
        )

    def is_for_other(self, exchange: Exchange) -> bool:
        """Whether the signatory is none of the people the side was meant for; compared, not stored."""
        return differs([party.user_id for party in exchange.expected(self.side)], self.user_id)

    def signed_for(self, exchange: Exchange) -> list[str]:
        """Names of the people the signature was expected from."""
        return [party.shown for party in exchange.expected(self.side)]
