"""The shared cabinet of one organisation, and the end of its journal.

An account's own archive is a hidden cabinet of one (C25): a row of the same table with an owner in place of the
organisation, so that tenancy, journal and letters are the same code. `models.access.confine` shows it to nobody.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ColumnElement, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.base import Base
from models.events import Basis, CabinetCreated, Event, Line
from models.names import sort_key
from models.organizations import Organization


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
