"""Mailboxes: what one person's letters share, so that they come in order, one at a time and not too fast.

A mailbox is born with its account. Whoever sends its letters holds its lease (of the outbox worker); a lease ends by
itself, so that a letter in the hands of a process that died is in the next one's a minute later.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base

LEASE = timedelta(seconds=60)
# The longest that sending one letter may take: no lease ends while a letter is on its way.
LETTER_TAKES = timedelta(seconds=20)
MINUTE = timedelta(minutes=1)


class Mailbox(Base):
    """One person's. `next_at` is when its oldest letter may be tried; how many went in the minute since `minute_at`."""

    __tablename__ = "mailboxes"
    __table_args__ = (Index("ix_mailboxes_due", "lease_until", "next_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), unique=True)
    leased_to: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime]
    next_at: Mapped[datetime]
    minute_at: Mapped[datetime]
    minute_count: Mapped[int] = mapped_column(Integer)

    @classmethod
    def empty(cls, *, at: datetime) -> Mailbox:
        """A new account's."""
        return cls(lease_until=at, next_at=at, minute_at=at, minute_count=0)

    def release(self, holder: str, *, at: datetime) -> None:
        """Give the lease back; a lease that is another's meanwhile stays his."""
        if self.leased_to == holder:
            self.leased_to, self.lease_until = None, at

    def rest(self, *, until: datetime) -> None:
        """Nothing more before `until`: the oldest letter is to be tried again then, and keeps the younger waiting."""
        self.next_at = until

    def count_letter(self, *, at: datetime, per_minute: int) -> None:
        """A letter went; when it was the last one that this minute allows, the next waits until it has passed."""
        if at - self.minute_at >= MINUTE:
            self.minute_at, self.minute_count = at, 0
        self.minute_count += 1
        self.next_at = at if self.minute_count < per_minute else self.minute_at + MINUTE
