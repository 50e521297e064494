"""Programs' access: API tokens of a cabinet, and the exchange's own, which delivers to every cabinet."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Words


class ApiTokenScope(StrEnum):
    """What a token may do."""

    READ = "READ"
    DOCUMENTS = "DOCUMENTS"
    MEMBERS = "MEMBERS"
    RECEIVE = "RECEIVE"


class ApiToken(Base):
    """A token; only its SHA-256 is kept. Without a cabinet it is the exchange's own. It never signs."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    cabinet_id: Mapped[int | None] = mapped_column(ForeignKey("cabinets.id"), index=True)
    responsible_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    display_name: Mapped[str] = mapped_column(String(200))
    scopes: Mapped[tuple[str, ...]] = mapped_column(Words())
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    def is_alive(self, at: datetime) -> bool:
        """Whether it still opens the door."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)
