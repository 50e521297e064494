"""The exchanged document itself: title, file, people, signatures and status, stored once for both sides (C12).

Law: `status` changes only by `Exchange.move`, which asks `TRANSITIONS` and takes every view along.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from models.accounts import User, email_key
from models.base import Base, Words, words_of
from models.names import fold, sort_key
from models.organizations import Organization
from models.refusals import Reason, Refusal

if TYPE_CHECKING:
    from models.documents import Document
    from models.signatures import Signature


class DocumentSide(StrEnum):
    """A side of the exchange."""

    SENDER = "SENDER"
    RECIPIENT = "RECIPIENT"


class DocumentStatus(StrEnum):
    """State of a document; the same on both sides."""

    DRAFT = "DRAFT"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    AWAITING_SIGNATURE = "AWAITING_SIGNATURE"
    SIGNED = "SIGNED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"


class DocumentKind(StrEnum):
    """Sort of document."""

    CONTRACT = "CONTRACT"
    SUPPLEMENTARY_AGREEMENT = "SUPPLEMENTARY_AGREEMENT"
    ACT = "ACT"
    INVOICE_FOR_PAYMENT = "INVOICE_FOR_PAYMENT"
    TAX_INVOICE = "TAX_INVOICE"
    WAYBILL_TN = "WAYBILL_TN"
    WAYBILL_TTN = "WAYBILL_TTN"
    RECONCILIATION_ACT = "RECONCILIATION_ACT"
    POWER_OF_ATTORNEY = "POWER_OF_ATTORNEY"
    LETTER = "LETTER"
    OTHER = "OTHER"


class ActKind(StrEnum):
    """What a `DocumentAct` tells of."""

    FIRST_VIEW = "FIRST_VIEW"
    REJECTION = "REJECTION"
    WITHDRAWAL = "WITHDRAWAL"


S = DocumentStatus
TRANSITIONS: dict[DocumentStatus, frozenset[DocumentStatus]] = {
    S.DRAFT: frozenset({S.SENT}),
    S.SENT: frozenset({S.DELIVERED, S.AWAITING_SIGNATURE, S.WITHDRAWN}),
    S.AWAITING_SIGNATURE: frozenset({S.SIGNED, S.REJECTED, S.WITHDRAWN, S.EXPIRED}),
    S.DELIVERED: frozenset(),
    S.SIGNED: frozenset(),
    S.REJECTED: frozenset(),
    S.WITHDRAWN: frozenset(),
    S.EXPIRED: frozenset(),
}


class Party(Base):
    """A person or organisation of a document, with the names of the time, kept for ever.

    `email_key` finds somebody addressed before he had an account (`claim`).
    """

    __tablename__ = "parties"
    __table_args__ = (
        Index("ix_parties_user_id_side", "user_id", "side", "exchange_id"),
        Index("ix_parties_email_key", "email_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchanges.id"), index=True)
    side: Mapped[DocumentSide] = mapped_column(words_of(DocumentSide))
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    person_name: Mapped[str | None] = mapped_column(String(200))
    person_email: Mapped[str | None] = mapped_column(String(254))
    email_key: Mapped[str | None] = mapped_column(String(254))
    organization: Mapped[Organization] = relationship(lazy="raise")

    @validates("person_email")
    def _fold_email(self, _name: str, email: str | None) -> str | None:
        self.email_key = email_key(email)[:254] if email else None
        return email

    @classmethod
    def of(cls, user: User, *, side: DocumentSide, organization: Organization) -> Party:
        """Somebody with an account, named as he is called now."""
        return cls(
            side=side,
            organization=organization,
            organization_id=organization.id,
            user_id=user.id,
            person_name=user.display_name,
            person_email=user.email,
        )

    def claim(self, user: User) -> None:
        """He who was addressed has an account now; the names stay as they were given."""
        self.user_id = user.id

    @property
    def is_person(self) -> bool:
        """Whether somebody is named, not the organisation as a whole."""
        return bool(self.user_id or self.person_name or self.person_email)

    @property
    def shown(self) -> str:
        """The name to show in a sentence."""
        return self.person_name or self.person_email or self.organization.name


class DocumentAct(Base):
    """Who did something to a document, when and why. A first view belongs to one cabinet, the rest to both sides."""

    __tablename__ = "document_acts"
    __table_args__ = (UniqueConstraint("exchange_id", "kind", "cabinet_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchanges.id"))
    cabinet_id: Mapped[int] = mapped_column(ForeignKey("cabinets.id"))
    kind: Mapped[ActKind] = mapped_column(words_of(ActKind))
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    person_name: Mapped[str | None] = mapped_column(String(200))
    person_email: Mapped[str | None] = mapped_column(String(254))
    at: Mapped[datetime]
    reason: Mapped[str | None] = mapped_column(String(2000))
    organization: Mapped[Organization] = relationship(lazy="raise")


class Exchange(Base):
    """One document on its way from one organisation to another, or within one."""

    __tablename__ = "exchanges"
    __table_args__ = (
        Index(
            "ix_exchanges_deadlines",
            "sign_before",
            sqlite_where=text("status = 'AWAITING_SIGNATURE'"),
            postgresql_where=text("status = 'AWAITING_SIGNATURE'"),
        ),
        {"sqlite_autoincrement": True},  # as for documents
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    external_id: Mapped[str | None] = mapped_column(String(200), unique=True)
    kind: Mapped[DocumentKind] = mapped_column(words_of(DocumentKind))
    title: Mapped[str] = mapped_column(String(500))
    number: Mapped[str | None] = mapped_column(String(100))
    search_text: Mapped[str] = mapped_column(String(700))
    title_sort: Mapped[str] = mapped_column(String(1500))
    sender_sort: Mapped[str | None] = mapped_column(String(600))
    recipient_sort: Mapped[str | None] = mapped_column(String(600))
    status: Mapped[DocumentStatus] = mapped_column(words_of(DocumentStatus))
    required_sides: Mapped[tuple[str, ...]] = mapped_column(Words())
    signed_sides: Mapped[tuple[str, ...]] = mapped_column(Words())
    sign_before: Mapped[datetime | None]
    last_signed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(Integer, default=1)
    recipient_organization_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    file_name: Mapped[str | None] = mapped_column(String(255))
    content_type: Mapped[str | None] = mapped_column(String(127))
    size_bytes: Mapped[int | None] = mapped_column(Integer)
    sha256: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]
    recipient_organization: Mapped[Organization | None] = relationship(lazy="raise")
    parties: Mapped[list[Party]] = relationship(lazy="raise", order_by=Party.id, cascade="all, delete-orphan")
    acts: Mapped[list[DocumentAct]] = relationship(lazy="raise", order_by=DocumentAct.id)
    signatures: Mapped[list[Signature]] = relationship(lazy="raise", order_by="Signature.id", back_populates="exchange")
    documents: Mapped[list[Document]] = relationship(lazy="raise", order_by="Document.id", back_populates="exchange")

    @validates("required_sides")
    def _in_order(self, _name: str, sides: Collection[str]) -> tuple[str, ...]:
        """The sender signs first, each side once, in whatever order a client named them."""
        return tuple(side for side in DocumentSide if side in sides)

    def name(self, *, title: str, number: str | None) -> None:
        """Set title and number, with the forms that search and sorting need."""
        self.title, self.number = title, number
        self.search_text = fold(f"{title} {number or ''}")[:700]
        self.title_sort = sort_key(title)[:1500]

    def address(self, parties: list[Party]) -> None:
        """Set the people, with the keys that lists are sorted by."""
        self.parties = parties
        self.sender_sort = _first_key(self.of_side(DocumentSide.SENDER))
        self.recipient_sort = _first_key(self.of_side(DocumentSide.RECIPIENT))

    def of_side(self, side: DocumentSide) -> list[Party]:
        """The parties of a side, in their order."""
        return [party for party in self.parties if party.side is side]

    def expected(self, side: DocumentSide) -> list[Party]:
        """The people whose signature a side expected; empty when it was addressed to the organisation (EB43)."""
        return [party for party in self.of_side(side) if party.is_person]

    @property
    def missing_sides(self) -> tuple[str, ...]:
        """Required sides that have not signed."""
        return tuple(side for side in self.required_sides if side not in self.signed_sides)

    @property
    def awaited_sides(self) -> list[DocumentSide]:
        """Whose signature is still missing; empty once none is possible any more."""
        if self.status not in (S.DRAFT, S.SENT, S.AWAITING_SIGNATURE):
            return []
        return [DocumentSide(side) for side in self.missing_sides]

    def require_time_left(self, *, at: datetime) -> None:
        """Raise INVALID for a deadline that nobody could keep: it would mail everybody and expire at once."""
        if self.sign_before is not None and self.sign_before <= at:
            raise Refusal(Reason.INVALID, path=("signBefore",), field="signBefore")

    def move(self, to: DocumentStatus, *, at: datetime) -> None:
        """The only way a status changes; every view of it follows."""
        if to not in TRANSITIONS[self.status]:
            raise ValueError(f"{self.status} cannot become {to}")
        self.status = to
        self.touch(at=at)

    def touch(self, *, at: datetime) -> None:
        """Note a change: intents bound to the former version are void, every view is as new."""
        self.version += 1
        for document in self.documents:
            document.follow(at=at)


def _first_key(parties: list[Party]) -> str | None:
    return sort_key(parties[0].shown) if parties else None
