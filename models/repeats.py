"""Idempotency keys: what a client wanted done once, remembered for a day, so that its repetition does nothing more."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.refusals import Reason, Refusal

KEPT_FOR = timedelta(hours=24)
PATH = ("idempotencyKey",)


class IdempotencyKey(Base):
    """A key of one caller, `User:17` or `ApiToken:5`; written in the transaction of the act that was done under it.

    Digests only, lower-case hex: a client may take for a key what is secret. `subject_id` is the row that the act was
    about, of the kind that the mutation answers with; None until the act is done.
    """

    __tablename__ = "idempotency_keys"
    __table_args__ = (UniqueConstraint("actor", "key_sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    actor: Mapped[str] = mapped_column(String(40))
    key_sha256: Mapped[str] = mapped_column(String(64))
    input_sha256: Mapped[str] = mapped_column(String(64))
    subject_id: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(index=True)

    def take(self, *, input_sha256: str, at: datetime) -> None:
        """Come with the key again: after a day it is a new one. Raises IDEMPOTENCY_KEY_REUSED for another wish."""
        if at - self.created_at >= KEPT_FOR:
            self.input_sha256, self.subject_id, self.created_at = input_sha256, None, at
        elif self.input_sha256 != input_sha256:
            raise Refusal(Reason.IDEMPOTENCY_KEY_REUSED, path=PATH)
