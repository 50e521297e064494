"""The shared cabinet of one organisation, and the end of its journal.

An account's own archive is a hidden cabinet of one (C25): a row of the same table with an owner in place of the
organisation, so that tenancy, journal and letters are the same code. `models.access.confine` shows it to nobody.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ColumnElement, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import OperatorKind, User
from models.base import Base
from models.events import Basis, CabinetCreated, CabinetUpdated, Event, Line, OperatorAssigned, OperatorUnassigned
from models.names import sort_key
from models.organizations import Organization
from models.refusals import Reason, Refusal


class Cabinet(Base):
    """A cabinet. `last_seq`, `last_hash`, `last_entry_at` are the end of its journal, None before the first entry.

    They change under the row's lock: an entry's number and digest come without gaps and forks (EG82).

    Either `organization_id` is set or `owner_id`; whoever reads `organization` has a shared one in hand.
    """

    __tablename__ = "cabinets"

    id: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"), unique=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), unique=True)
    sort_key: Mapped[str] = mapped_column(String(600), index=True)
    created_at: Mapped[datetime]
    self_service: Mapped[bool] = mapped_column(Boolean, default=True)
    personal_manager_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    last_seq: Mapped[int] = mapped_column(Integer, default=0)
    last_hash: Mapped[str | None] = mapped_column(String(64))
    last_entry_at: Mapped[datetime | None]
    organization: Mapped[Organization] = relationship(lazy="raise")
    personal_manager: Mapped[User | None] = relationship(lazy="raise", foreign_keys=[personal_manager_id])

    @classmethod
    def open(cls, *, organization: Organization, at: datetime) -> Cabinet:
        """A new cabinet for an organisation that has none."""
        return cls(
            organization=organization,
            sort_key=sort_key(organization.name),
            created_at=at,
            self_service=True,
            last_seq=0,
        )

    @classmethod
    def own(cls, owner: User, *, at: datetime) -> Cabinet:
        """An account's own archive."""
        return cls(owner_id=owner.id, sort_key="", created_at=at, self_service=False, last_seq=0)

    @classmethod
    def is_shared(cls) -> ColumnElement[bool]:
        """Whether it is an organisation's, not an account's own archive."""
        return cls.owner_id.is_(None)

    def opened(self, *, basis: Basis | None) -> Event:
        """The event of its opening."""
        return CabinetCreated(lines=(Line(cabinet_id=self.id, facts={}),), basis=basis)

    def update(self, *, self_service: bool | None, basis: Basis | None, by_operator: bool) -> Event | None:
        """Change settings; what is not given stays. An administrator cannot switch self-service on again (C11)."""
        if self_service is None or self_service is self.self_service:
            return None
        if self_service and not by_operator:
            raise Refusal(Reason.FORBIDDEN, path=("selfService",))
        self.self_service = self_service
        return CabinetUpdated(lines=(self._line(self_service=str(self_service).lower()),), basis=basis)

    def assign(self, manager: User, *, basis: Basis | None) -> Event | None:
        """Give the cabinet a personal manager, in place of any other. INVALID for who is none."""
        if manager.operator_kind is not OperatorKind.PERSONAL_MANAGER:
            raise Refusal(Reason.INVALID, path=("email",), field="email")
        former = self.personal_manager
        if former is manager:
            return None
        self.personal_manager = manager
        said = {"manager": manager.display_name, "former": former.display_name if former else None}
        return OperatorAssigned(lines=(self._line(**said),), basis=basis)

    def unassign(self, *, basis: Basis | None) -> Event | None:
        """Leave the cabinet without a personal manager; he has lost it at once (EA21)."""
        former = self.personal_manager
        if former is None:
            return None
        self.personal_manager = None
        return OperatorUnassigned(lines=(self._line(manager=former.display_name),), basis=basis)

    def _line(self, **facts: str | None) -> Line:
        return Line(cabinet_id=self.id, facts=facts)
