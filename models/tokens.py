"""Programs' access: API tokens of a cabinet, and the exchange's own, which delivers to every cabinet."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship
from sqlalchemy.sql.base import ExecutableOption

from models.base import Base, Words
from models.events import Basis, Event, Facts, Line, TokenCreated, TokenRevoked
from models.members import Member
from models.refusals import Reason, Refusal


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
    responsible: Mapped[Member | None] = relationship(lazy="raise")

    @classmethod
    def for_rules(cls) -> tuple[ExecutableOption, ...]:
        """What the rules below read."""
        return (joinedload(cls.responsible).joinedload(Member.user),)

    @classmethod
    def of_cabinet(
        cls,
        responsible: Member,
        *,
        display_name: str,
        scopes: Collection[ApiTokenScope],
        token_hash: str | None,
        expires_at: datetime | None,
        at: datetime,
    ) -> ApiToken:
        """A new token of the cabinet, for which `responsible` answers. Say `made` for its event."""
        if not responsible.is_admin:
            raise Refusal(Reason.FORBIDDEN)
        if expires_at is not None and expires_at <= at:
            raise Refusal(Reason.INVALID, path=("expiresAt",), field="expiresAt")
        return cls(
            cabinet_id=responsible.cabinet_id,
            responsible=responsible,
            display_name=display_name,
            scopes=allowed(scopes),
            token_hash=token_hash,
            created_at=at,
            expires_at=expires_at,
        )

    def made(self) -> Event:
        """The event of its making."""
        return TokenCreated(lines=self._lines(scopes=list(self.scopes)))

    def revoke(self, *, at: datetime, basis: Basis | None = None) -> Event | None:
        """End it for good: whoever answered for it and comes back makes a new one (EH87)."""
        if self.revoked_at is not None:
            return None
        self.revoked_at = at
        return TokenRevoked(lines=self._lines(), basis=basis)

    def _lines(self, **facts: str | list[str] | None) -> tuple[Line, ...]:
        if self.cabinet_id is None or self.responsible is None:
            return ()
        said: Facts = {"token": self.display_name, "responsible": self.responsible.user.display_name, **facts}
        return (Line(cabinet_id=self.cabinet_id, facts=said),)

    def is_alive(self, at: datetime) -> bool:
        """Whether it still opens the door."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)


def allowed(scopes: Collection[ApiTokenScope]) -> tuple[str, ...]:
    """Scopes as an administrator may give them, each once. RECEIVE is for the server's owner to give."""
    if not scopes:
        raise Refusal(Reason.REQUIRED, path=("scopes",), field="scopes")
    if ApiTokenScope.RECEIVE in scopes:
        raise Refusal(Reason.FORBIDDEN, path=("scopes",))
    return tuple(scope.value for scope in ApiTokenScope if scope in scopes)
