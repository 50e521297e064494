"""One exchanged document as one cabinet sees it, and the rules of its life (requirements D3).

Rules read what `Document.for_rules` and `both_sides` load. Recipient and signatory are two facts: signing never
touches the parties.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import Boolean, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship, selectinload
from sqlalchemy.sql.base import ExecutableOption

from models.base import Base, Confidential, words_of
from models.events import (
    DocumentArchived,
    DocumentDownloaded,
    DocumentExpired,
    DocumentReceived,
    DocumentRejected,
    DocumentSent,
    DocumentSigned,
    DocumentViewed,
    DocumentWithdrawn,
    Event,
    Facts,
    Line,
    SigningRefused,
)
from models.exchanges import ActKind, DocumentAct, DocumentSide, DocumentStatus, Exchange, Party
from models.organizations import Organization
from models.refusals import Reason, Refusal

if TYPE_CHECKING:
    from models.members import Member
    from models.signatures import Signature


class DocumentDirection(StrEnum):
    """Direction, seen from a cabinet."""

    INCOMING = "INCOMING"
    OUTGOING = "OUTGOING"
    INTERNAL = "INTERNAL"


class DocumentRole(StrEnum):
    """A person's part in a document."""

    SENDER = "SENDER"
    RECIPIENT = "RECIPIENT"
    SIGNATORY = "SIGNATORY"


# Whose deed a status tells of; every other status is told by whom it waits for.
DOERS = {
    DocumentStatus.DELIVERED: DocumentSide.RECIPIENT,
    DocumentStatus.REJECTED: DocumentSide.RECIPIENT,
    DocumentStatus.WITHDRAWN: DocumentSide.SENDER,
}
OURS = {
    DocumentDirection.INCOMING: (DocumentSide.RECIPIENT,),
    DocumentDirection.OUTGOING: (DocumentSide.SENDER,),
    DocumentDirection.INTERNAL: (DocumentSide.SENDER, DocumentSide.RECIPIENT),
}


class Seen(Base):
    """Somebody has opened a document."""

    __tablename__ = "seen"
    __table_args__ = (UniqueConstraint("user_id", "document_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]


class Document(Confidential, Base):
    """A cabinet's view of an exchange. `status`, `awaits` repeat the exchange's for folders and counters."""

    __tablename__ = "documents"
    __table_args__ = (
        UniqueConstraint("cabinet_id", "exchange_id"),
        Index("ix_documents_page", "cabinet_id", "archived", "direction", "created_at", "id"),
        Index("ix_documents_created", "cabinet_id", "created_at", "id"),
        Index("ix_documents_all", "cabinet_id", "archived", "created_at", "id"),
        Index("ix_documents_counterparty", "cabinet_id", "counterparty_id"),
        Index("ix_documents_awaits", "cabinet_id", "archived", "awaits", "created_at", "id"),
        Index("ix_documents_status", "cabinet_id", "archived", "status", "created_at", "id"),
        # Ids are stable and unique for ever: one is never given again, whatever becomes of its row.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchanges.id"), index=True)
    direction: Mapped[DocumentDirection] = mapped_column(words_of(DocumentDirection))
    status: Mapped[DocumentStatus] = mapped_column(words_of(DocumentStatus))
    awaits: Mapped[str | None] = mapped_column(String(4))
    archived: Mapped[bool] = mapped_column(Boolean, default=False)
    counterparty_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
    exchange: Mapped[Exchange] = relationship(lazy="raise", back_populates="documents")
    counterparty: Mapped[Organization | None] = relationship(lazy="raise")

    @classmethod
    def for_lists(cls) -> tuple[ExecutableOption, ...]:
        """What a row of a list needs."""
        return (joinedload(cls.exchange), joinedload(cls.counterparty))

    @classmethod
    def for_rules(cls) -> tuple[ExecutableOption, ...]:
        """What the rules below read; the other cabinet's view comes by `both_sides`."""
        return (
            joinedload(cls.counterparty),
            joinedload(cls.exchange).options(
                joinedload(Exchange.recipient_organization),
                selectinload(Exchange.parties).joinedload(Party.organization),
                selectinload(Exchange.acts),
                selectinload(Exchange.signatures),
            ),
        )

    @classmethod
    def view(
        cls,
        exchange: Exchange,
        *,
        cabinet_id: int,
        direction: DocumentDirection,
        counterparty: Organization | None,
        at: datetime,
    ) -> Document:
        """How a cabinet begins to see an exchange."""
        document = cls(
            exchange=exchange,
            cabinet_id=cabinet_id,
            direction=direction,
            status=exchange.status,
            archived=False,
            counterparty=counterparty,
            created_at=at,
            updated_at=at,
        )
        document.follow(at=at)
        return document

    @classmethod
    def views(
        cls, exchange: Exchange, *, cabinet_ids: Sequence[int], counterparty: Organization, at: datetime
    ) -> list[Document]:
        """How each of the recipients' cabinets begins to see it."""
        incoming = DocumentDirection.INCOMING
        return [
            cls.view(exchange, cabinet_id=cabinet_id, direction=incoming, counterparty=counterparty, at=at)
            for cabinet_id in cabinet_ids
        ]

    @property
    def our_sides(self) -> tuple[DocumentSide, ...]:
        """The sides of the exchange that are this cabinet."""
        return OURS[self.direction]

    @property
    def status_side(self) -> str:
        """Whose the status is, seen from this cabinet: `us` or `them`; the words for it differ."""
        doer = DOERS.get(self.status)
        is_us = doer in self.our_sides if doer else self.awaits == "US"
        return "us" if is_us else "them"

    @property
    def signing_side(self) -> DocumentSide:
        """The side for which a member of this cabinet would sign now."""
        if self.direction is not DocumentDirection.INTERNAL:
            return self.our_sides[0]
        before_delivery = self.status in (DocumentStatus.DRAFT, DocumentStatus.SENT)
        return DocumentSide.SENDER if before_delivery else DocumentSide.RECIPIENT

    def follow(self, *, at: datetime) -> None:
        """Repeat the exchange's status, and whom it waits for: US, THEM or nobody."""
        self.status = self.exchange.status
        self.updated_at = at
        waits = self.status in (DocumentStatus.SENT, DocumentStatus.AWAITING_SIGNATURE)
        sides = self.exchange.missing_sides[:1] if waits else ()
        self.awaits = next(("US" if side in self.our_sides else "THEM" for side in sides), None)

    def not_open(self, status: DocumentStatus | None = None, *, path: tuple[str, ...] | None = None) -> Refusal:
        """The refusal of an act that the status does not allow; it says the status as this cabinet sees it."""
        told, side = status or self.status, self.status_side
        return Refusal(Reason.DOCUMENT_NOT_OPEN, path=path, document_id=self.id, status=told, status_side=side)

    def sign(self, signature: Signature, *, at: datetime) -> Event:
        """Take a verified signature. The recipient stays who he was; the mark is the difference of two facts (A24)."""
        exchange = self.exchange
        exchange.signatures.append(signature)
        exchange.signed_sides = (*exchange.signed_sides, signature.side)
        exchange.last_signed_at = at
        if self.status is DocumentStatus.AWAITING_SIGNATURE and not exchange.missing_sides:
            exchange.move(DocumentStatus.SIGNED, at=at)
        else:
            exchange.touch(at=at)
        facts = {
            "signatory": signature.person_name,
            "certificate": signature.subject_name,
            "side": signature.side.value,
            **({"signed_for": signature.signed_for(exchange)} if signature.is_for_other(exchange) else {}),
        }
        # The sender learns of the other side's signature, not of his own.
        tells = signature.side is DocumentSide.RECIPIENT
        return DocumentSigned(lines=self._lines(facts, signature=signature, tells=tells))

    def refused(self, *, signatory: str, reason: Reason) -> Event:
        """The trace of a signature that was not taken."""
        return SigningRefused(lines=(self._line({"signatory": signatory, "reason": reason.value}),))

    def require_rejectable(self) -> None:
        """Raise DOCUMENT_NOT_OPEN unless it may be refused now, or is; asked before the arguments are read (C22)."""
        waits = self.status is DocumentStatus.AWAITING_SIGNATURE and DocumentSide.RECIPIENT in self.our_sides
        if not waits and self.status is not DocumentStatus.REJECTED:
            raise self.not_open()

    def require_withdrawable(self) -> None:
        """Raise DOCUMENT_NOT_OPEN unless it may be taken back now, or is; asked before the arguments are read (C22)."""
        waits = self.status in (DocumentStatus.SENT, DocumentStatus.AWAITING_SIGNATURE)
        if not (waits and DocumentSide.SENDER in self.our_sides) and self.status is not DocumentStatus.WITHDRAWN:
            raise self.not_open()

    def reject(self, *, by: Member, reason: str, at: datetime) -> Event | None:
        """Refuse to sign a received document; needs no key."""
        self.require_rejectable()
        if self.status is DocumentStatus.REJECTED:
            return None
        self._add_act(ActKind.REJECTION, by=by, reason=reason, at=at)
        self.exchange.move(DocumentStatus.REJECTED, at=at)
        return DocumentRejected(lines=self._lines({"person": by.user.display_name, "reason": reason}))

    def withdraw(self, *, by: Member, reason: str | None, at: datetime) -> Event | None:
        """Take a sent document back before the recipient has signed it."""
        self.require_withdrawable()
        if self.status is DocumentStatus.WITHDRAWN:
            return None
        was_delivered = self.status is DocumentStatus.AWAITING_SIGNATURE
        self._add_act(ActKind.WITHDRAWAL, by=by, reason=reason, at=at)
        self.exchange.move(DocumentStatus.WITHDRAWN, at=at)
        facts = {"person": by.user.display_name, "reason": reason}
        return DocumentWithdrawn(lines=self._lines(facts, tells=was_delivered))

    def expire(self, *, at: datetime) -> Event | None:
        """Its time is over; written by the keeper of deadlines."""
        if self.status is not DocumentStatus.AWAITING_SIGNATURE:
            return None
        self.exchange.move(DocumentStatus.EXPIRED, at=at)
        return DocumentExpired(lines=tuple(view._line({}) for view in self.exchange.documents))

    def archive(self, *, archived: bool, at: datetime) -> Event | None:
        """Put the document away or bring it back, for this cabinet only (EC56)."""
        if self.status is DocumentStatus.DRAFT:
            raise self.not_open()
        if self.archived is archived:
            return None
        self.archived, self.updated_at = archived, at
        return DocumentArchived(lines=(self._line({"archived": str(archived).lower()}),))

    def mark_viewed(self, *, by: Member, is_first: bool, at: datetime) -> Event | None:
        """Somebody opened it; only the first opening in the cabinet is an event (C18)."""
        if not is_first or self.status is DocumentStatus.DRAFT:
            return None
        self._add_act(ActKind.FIRST_VIEW, by=by, reason=None, at=at)
        return DocumentViewed(lines=(self._line({}),))

    def downloaded(self) -> Event:
        """The event of a member's having downloaded the file."""
        return DocumentDownloaded(lines=(self._line({}),))

    @staticmethod
    def received(views: Sequence[Document], *, by: str = "US") -> Event:
        """The event of its arrival; `by` THEM when it was another cabinet's act that brought it."""
        lines = (view._line({"direction": view.direction.value, "by": by}) for view in views)
        return DocumentReceived(lines=tuple(lines))

    def send(self, *, to: int | None, at: datetime) -> Event:
        """Send a draft whose file, counterparty and title are there, `to` this cabinet; None: to accounts."""
        self._head_for(to)
        self.created_at = at
        self.exchange.move(DocumentStatus.SENT, at=at)
        return DocumentSent(lines=(self._line({}),))

    def discard(self, *, at: datetime) -> None:
        """Hide a draft for ever: what was seen, prepared or signed of it stays, and nobody finds it (C14)."""
        if self.status is not DocumentStatus.DRAFT:
            raise self.not_open()
        self.deleted_at = at
        self.exchange.touch(at=at)

    @property
    def is_ready(self) -> bool:
        """Whether it was sent, and no signature of the sender is missing: time to deliver it."""
        return self.status is DocumentStatus.SENT and DocumentSide.SENDER not in self.exchange.missing_sides

    def deliver(self, *, to: Sequence[int], own: Organization, at: datetime) -> Event:
        """Deliver a sent document that is ready `to` these cabinets; `own` is the sender's organisation."""
        exchange = self.exchange
        self._head_for(to[0])
        two_sided = DocumentSide.RECIPIENT in exchange.required_sides
        exchange.move(DocumentStatus.AWAITING_SIGNATURE if two_sided else DocumentStatus.DELIVERED, at=at)
        if self.direction is DocumentDirection.INTERNAL:
            return Document.received([self])
        return Document.received(Document.views(exchange, cabinet_ids=to, counterparty=own, at=at), by="THEM")

    def _head_for(self, cabinet_id: int | None) -> None:
        """INTERNAL is what stays here: people of one's own organisation without a place in its cabinet are outside."""
        is_internal = self.cabinet_id == cabinet_id
        self.direction = DocumentDirection.INTERNAL if is_internal else DocumentDirection.OUTGOING

    def _add_act(self, kind: ActKind, *, by: Member, reason: str | None, at: datetime) -> None:
        self.exchange.acts.append(
            DocumentAct(
                cabinet_id=self.cabinet_id,
                kind=kind,
                organization_id=self.own_organization_id,
                user_id=by.user_id,
                person_name=by.user.display_name,
                person_email=by.user.email,
                at=at,
                reason=reason,
            )
        )

    @property
    def own_organization_id(self) -> int:
        """For whom its members act: the organisation of this cabinet's side, whatever company they work for."""
        return self.exchange.of_side(self.our_sides[0])[0].organization_id

    @property
    def addressee(self) -> str | None:
        """Name of the organisation that it is for."""
        organization = self.exchange.recipient_organization
        return organization.name if organization else None

    def _lines(self, facts: Facts, *, signature: Signature | None = None, tells: bool = True) -> tuple[Line, ...]:
        """A line for each cabinet of the exchange; in the other side's it was THEM."""
        return tuple(
            view._line(
                {**facts, "by": "US" if view.our_sides == self.our_sides else "THEM"},
                signature=signature,
                tells=tells,
                is_done_here=view is self,
            )
            for view in self.exchange.documents
        )

    def _line(
        self, facts: Facts, *, signature: Signature | None = None, tells: bool = True, is_done_here: bool = True
    ) -> Line:
        """What this cabinet's journal says; `tells` whether letters to one side are owed."""
        senders = self.exchange.of_side(DocumentSide.SENDER)
        return Line(
            cabinet_id=self.cabinet_id,
            document=self,
            signature=signature,
            is_done_here=is_done_here,
            sides=tuple(side.value for side in self.our_sides) if tells else (),
            sender_user_id=senders[0].user_id if senders and DocumentSide.SENDER in self.our_sides else None,
            facts={**self._facts(senders), **facts},
        )

    def _facts(self, senders: list[Party]) -> Facts:
        return {
            "title": self.exchange.title,
            "number": self.exchange.number,
            "counterparty": self.counterparty.name if self.counterparty else None,
            "sender": senders[0].shown if senders else None,
            "recipients": [party.shown for party in self.exchange.of_side(DocumentSide.RECIPIENT)],
        }
