"""Signing certificates that people registered. The private key never comes here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.base import Base
from models.events import CertificateRegistered, CertificateRemoved, Event, Line
from models.members import Member
from models.refusals import Reason, Refusal


class Certificate(Base):
    """A registered certificate; what it says is copied beside the bytes so that lists need no parsing."""

    __tablename__ = "certificates"
    __table_args__ = (
        Index(
            "uq_certificates_thumbprint_in_use",
            "thumbprint",
            unique=True,
            sqlite_where=text("removed_at IS NULL"),
            postgresql_where=text("removed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    der: Mapped[bytes] = mapped_column(LargeBinary)
    thumbprint: Mapped[str] = mapped_column(String(64))
    subject_name: Mapped[str] = mapped_column(String(500))
    organization_name: Mapped[str | None] = mapped_column(String(500))
    issuer_name: Mapped[str] = mapped_column(String(500))
    serial_number: Mapped[str] = mapped_column(String(64))
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime]
    registered_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    user: Mapped[User] = relationship(lazy="raise")

    def registered(self, *, members: Sequence[Member]) -> Event:
        """The event of having registered it, told in every cabinet its owner belongs to."""
        return CertificateRegistered(lines=self._lines(members))

    def remove(self, *, members: Sequence[Member], at: datetime) -> Event | None:
        """Take it out of use; its signatures stay."""
        if self.removed_at is not None:
            return None
        self.removed_at = at
        return CertificateRemoved(lines=self._lines(members))

    def _lines(self, members: Sequence[Member]) -> tuple[Line, ...]:
        return tuple(member.line(certificate=self.subject_name) for member in members)


class Challenge(Base):
    """A text to be signed with a certificate's key, good for one registration within ten minutes."""

    __tablename__ = "challenges"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    text_hash: Mapped[str] = mapped_column(String(64), unique=True)
    text: Mapped[str] = mapped_column(Text)
    der: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    def use(self, *, at: datetime) -> None:
        """Spend the challenge. Raises TOKEN_EXPIRED when it is too old or spent."""
        if self.used_at is not None or self.expires_at <= at:
            raise Refusal(Reason.TOKEN_EXPIRED, path=("challenge",))
        self.used_at = at
