"""The journal: entries (the audit log) and deliveries (the outbox: a letter owed to a person).

Entries are numbered 1, 2, 3 … within a cabinet, written in the act's transaction, never changed or deleted.
Journal page, live feed and letters are readers of the same rows.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from zlib import crc32

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import OneTimeCode, User
from models.base import Base, Unchanging, words_of
from models.refusals import Reason, Refusal

GIVE_UP_AFTER = timedelta(hours=72)
FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=1)


class Channel(StrEnum):
    """The door an act came through."""

    HOTLINE = "HOTLINE"
    PERSONAL_MANAGER = "PERSONAL_MANAGER"
    SELF_SERVICE = "SELF_SERVICE"
    API = "API"
    SYSTEM = "SYSTEM"


class Entry(Unchanging, Base):
    """One line of a cabinet's journal. `facts` hold the names of the time, so that a sentence needs no other row.

    `body_sha256` and `hash`, lower-case hex, are made by `models.chain`.
    """

    __tablename__ = "entries"
    __table_args__ = (
        UniqueConstraint("cabinet_id", "seq"),
        Index("ix_entries_document_id_seq", "document_id", "seq"),
        Index("ix_entries_member_id_seq", "member_id", "seq"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cabinet_id: Mapped[int] = mapped_column(ForeignKey("cabinets.id"))
    seq: Mapped[int] = mapped_column(Integer)
    key: Mapped[str] = mapped_column(String(32), unique=True)
    kind: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]
    channel: Mapped[Channel] = mapped_column(words_of(Channel))
    actor_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    actor_token_id: Mapped[int | None] = mapped_column(ForeignKey("api_tokens.id"))
    basis_text: Mapped[str | None] = mapped_column(String(2000))
    basis_ticket: Mapped[str | None] = mapped_column(String(200))
    document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    signature_id: Mapped[int | None] = mapped_column(ForeignKey("signatures.id"))
    facts: Mapped[dict[str, Any]]
    body_sha256: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class DeliveryState(StrEnum):
    """How a letter stands."""

    OWED = "OWED"
    SENT = "SENT"
    REFUSED = "REFUSED"
    DROPPED = "DROPPED"
    DEAD = "DEAD"


FAILED = frozenset({DeliveryState.REFUSED, DeliveryState.DEAD})


class Delivery(Base):
    """A letter owed to a person because of an entry; one row, written with the entry (outbox).

    A letter outside of every cabinet has no entry but a one-time code; an invitation sent again has both. `address` is
    where it must go, whatever the account's address is by then; without it, to that. It is never deleted.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        Index(
            "uq_deliveries_of_entry",
            "entry_id",
            "user_id",
            "letter",
            unique=True,
            sqlite_where=text("code_id IS NULL"),
            postgresql_where=text("code_id IS NULL"),
        ),
        Index(
            "uq_deliveries_of_code",
            "code_id",
            "user_id",
            "letter",
            unique=True,
            sqlite_where=text("code_id IS NOT NULL"),
            postgresql_where=text("code_id IS NOT NULL"),
        ),
        Index("ix_deliveries_due", "state", "user_id", "id"),
        Index("ix_deliveries_next", "state", "next_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entries.id"))
    code_id: Mapped[int | None] = mapped_column(ForeignKey("one_time_codes.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    address: Mapped[str | None] = mapped_column(String(254))
    letter: Mapped[str] = mapped_column(String(40))
    state: Mapped[DeliveryState] = mapped_column(words_of(DeliveryState))
    owed_at: Mapped[datetime]
    next_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    last_error: Mapped[str | None] = mapped_column(String(300))
    done_at: Mapped[datetime | None]
    tried_at: Mapped[datetime | None]
    entry: Mapped[Entry | None] = relationship(lazy="raise")

    @classmethod
    def of_code(
        cls, code: OneTimeCode, *, letter: str, user: User, at: datetime, address: str | None = None
    ) -> Delivery:
        """A letter owed because of a code."""
        return cls(
            code_id=code.id,
            user_id=user.id,
            address=address,
            letter=letter,
            state=DeliveryState.OWED,
            owed_at=at,
            next_at=at,
            attempts=0,
        )

    def settle(self, state: DeliveryState, *, at: datetime | None, error: str | None = None) -> None:
        """The letter's end: SENT, REFUSED by the mail server, DROPPED for lost access, DEAD after all tries."""
        self.state, self.done_at, self.last_error = state, at, error

    def postpone(self, *, at: datetime, error: str) -> bool:
        """Try again later, twice as late each time; False when given up, three days after the first failed try."""
        self.attempts += 1
        self.last_error = error
        self.tried_at = self.tried_at or at
        self.next_at = at + self._pause()
        if at - self.tried_at <= GIVE_UP_AFTER:
            return True
        self.settle(DeliveryState.DEAD, at=at, error=error)
        return False

    def _pause(self) -> timedelta:
        """Three to four quarters of 10 s × 2ⁿ: letters that failed together do not come back together."""
        longest: timedelta = min(FIRST_PAUSE * 2 ** min(self.attempts - 1, 20), LONGEST_PAUSE)
        return longest * (0.75 + crc32(f"{self.id}.{self.attempts}".encode()) / 2**34)

    def owe_again(self, *, at: datetime) -> None:
        """Try a letter that failed as if it had never been tried. Raises INVALID for one that was sent or dropped."""
        if self.state not in FAILED and self.state is not DeliveryState.OWED:
            raise Refusal(Reason.INVALID, path=("letter",), detail="LETTER_NOT_FAILED")
        self.settle(DeliveryState.OWED, at=None)
        self.attempts, self.tried_at, self.next_at = 0, None, at


def message_id(*, letter: str, entry_key: str, user_id: int, domain: str) -> str:
    """The Message-ID of a letter, the same at every try, e.g. `<document.received.9f…c2.17@cabinet.example>`."""
    return f"<{letter}.{entry_key}.{user_id}@{domain}>"
