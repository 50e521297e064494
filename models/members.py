"""Membership: one person's place in one cabinet, and the rules for adding, blocking, unblocking and removing.

A member is never deleted. `epoch` goes up at block, unblock and removal: links and intents made before are dead.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship
from sqlalchemy.sql.base import ExecutableOption

from models.accounts import RegistrationStep, User
from models.base import Base, words_of
from models.cabinets import Cabinet
from models.events import (
    Basis,
    Event,
    Line,
    MemberAdded,
    MemberBlocked,
    MemberInvited,
    MemberRemoved,
    MemberUnblocked,
    MemberUpdated,
)
from models.organizations import Organization
from models.refusals import Reason, Refusal


class MemberRole(StrEnum):
    """What a member may do besides reading and signing."""

    MEMBER = "MEMBER"
    ADMIN = "ADMIN"


class MemberState(StrEnum):
    """Whether a member has access."""

    ACTIVE = "ACTIVE"
    BLOCKED = "BLOCKED"
    REMOVED = "REMOVED"


class ShareFrom(StrEnum):
    """Which of the account's earlier documents come along."""

    ALL = "ALL"
    JOIN_DATE = "JOIN_DATE"


class MemberPeriod(Base):
    """A stretch of membership, from joining to removal; blocking does not end it."""

    __tablename__ = "member_periods"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    joined_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    share_from: Mapped[ShareFrom] = mapped_column(words_of(ShareFrom))


class Member(Base):
    """A membership. In an account's own archive it stands for no company, and nobody but the server sees it (C25)."""

    __tablename__ = "members"
    __table_args__ = (
        UniqueConstraint("cabinet_id", "user_id"),
        Index("ix_members_cabinet_id_state", "cabinet_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cabinet_id: Mapped[int] = mapped_column(ForeignKey("cabinets.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    company_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    role: Mapped[MemberRole] = mapped_column(words_of(MemberRole))
    state: Mapped[MemberState] = mapped_column(words_of(MemberState))
    state_at: Mapped[datetime]
    epoch: Mapped[int] = mapped_column(Integer, default=0)
    joined_at: Mapped[datetime]
    first_joined_at: Mapped[datetime]
    cabinet: Mapped[Cabinet] = relationship(lazy="raise")
    user: Mapped[User] = relationship(lazy="raise")
    company: Mapped[Organization] = relationship(lazy="raise")
    periods: Mapped[list[MemberPeriod]] = relationship(lazy="raise", order_by=MemberPeriod.id)

    @classmethod
    def with_people(cls) -> tuple[ExecutableOption, ...]:
        """Person, company and cabinet: what every view of a member shows."""
        return (joinedload(cls.user), joinedload(cls.company), joinedload(cls.cabinet))

    @property
    def is_active(self) -> bool:
        """Whether the member sees and signs."""
        return self.state is MemberState.ACTIVE

    @property
    def is_admin(self) -> bool:
        """Whether the member is an active administrator."""
        return self.is_active and self.role is MemberRole.ADMIN

    @property
    def period(self) -> MemberPeriod:
        """The present or last period."""
        return self.periods[-1]

    @classmethod
    def join(
        cls,
        cabinet: Cabinet,
        *,
        user: User,
        company: Organization,
        role: MemberRole,
        share_from: ShareFrom,
        at: datetime,
    ) -> Member:
        """A first membership. Say `added` for its event."""
        return cls(
            cabinet=cabinet,
            cabinet_id=cabinet.id,
            user=user,
            company=company,
            role=role,
            state=MemberState.ACTIVE,
            state_at=at,
            epoch=0,
            joined_at=at,
            first_joined_at=at,
            periods=[MemberPeriod(joined_at=at, share_from=share_from)],
        )

    @classmethod
    def alone(cls, archive: Cabinet, *, owner: User, at: datetime) -> Member:
        """An account's place in its own archive: it has no company, no periods and no event."""
        return cls(
            cabinet_id=archive.id,
            user_id=owner.id,
            role=MemberRole.MEMBER,
            state=MemberState.ACTIVE,
            state_at=at,
            epoch=0,
            joined_at=at,
            first_joined_at=at,
        )

    @classmethod
    def is_shared(cls) -> ColumnElement[bool]:
        """Whether it is a membership in a shared cabinet."""
        return cls.company_id.is_not(None)

    def rejoin(self, *, company: Organization, role: MemberRole, share_from: ShareFrom, at: datetime) -> None:
        """Come back after a removal: the same member, a new period (EA9). Raises for an active or blocked one."""
        if self.state is MemberState.ACTIVE:
            raise Refusal(Reason.ALREADY_A_MEMBER, member_id=self.id, member=self.user.display_name)
        if self.state is MemberState.BLOCKED:
            raise Refusal(Reason.MEMBER_IS_BLOCKED, member_id=self.id, member=self.user.display_name)
        self.company, self.role = company, role
        self.joined_at = at
        self.periods.append(MemberPeriod(joined_at=at, share_from=share_from))
        self._become(MemberState.ACTIVE, at=at)

    def added(self, *, basis: Basis | None, invited: bool) -> Event:
        """The event of having joined."""
        event = MemberInvited if invited else MemberAdded
        return event(lines=(self.line(invited=str(invited).lower()),), basis=basis)

    def block(self, *, at: datetime, basis: Basis | None, admins: Sequence[Member], by_operator: bool) -> Event | None:
        """Stop the member from seeing and signing, at once and everywhere (A30); his documents stay (A31)."""
        if self.state is MemberState.BLOCKED:
            return None
        if self.state is MemberState.REMOVED:
            raise Refusal(Reason.MEMBER_IS_REMOVED, member_id=self.id, member=self.user.display_name)
        self._keep_an_admin(admins, by_operator=by_operator)
        self._become(MemberState.BLOCKED, at=at)
        return MemberBlocked(lines=(self.line(),), basis=basis)

    def unblock(self, *, at: datetime, basis: Basis | None, missed: int) -> Event | None:
        """Undo blocking: the same membership goes on; `missed` documents came meanwhile (C5)."""
        if self.state is MemberState.ACTIVE:
            return None
        if self.state is MemberState.REMOVED:
            raise Refusal(Reason.MEMBER_IS_REMOVED, member_id=self.id, member=self.user.display_name)
        self._become(MemberState.ACTIVE, at=at)
        return MemberUnblocked(lines=(self.line(missed=str(missed)),), basis=basis)

    def remove(self, *, at: datetime, basis: Basis | None, admins: Sequence[Member], by_operator: bool) -> Event | None:
        """End the membership; the member is shown as former (C3)."""
        if self.state is MemberState.REMOVED:
            return None
        self._keep_an_admin(admins, by_operator=by_operator)
        self.period.ended_at = at
        self._become(MemberState.REMOVED, at=at)
        return MemberRemoved(lines=(self.line(),), basis=basis)

    def change(
        self,
        *,
        role: MemberRole | None,
        company: Organization | None,
        basis: Basis | None,
        admins: Sequence[Member],
        by_operator: bool,
    ) -> Event | None:
        """Change role or company; what is not given stays."""
        if self.state is MemberState.REMOVED:
            raise Refusal(Reason.MEMBER_IS_REMOVED, member_id=self.id, member=self.user.display_name)
        if (role or self.role) is self.role and (company or self.company) is self.company:
            return None
        if role is MemberRole.MEMBER:
            self._keep_an_admin(admins, by_operator=by_operator)
        self.role = role or self.role
        self.company = company or self.company
        return MemberUpdated(lines=(self.line(role=self.role.value),), basis=basis)

    def require_unfinished(self, *, path: tuple[str, ...]) -> None:
        """Raise where there is nobody to invite: blocked, removed, or with nothing left for a link to do."""
        if self.state is MemberState.BLOCKED:
            raise Refusal(Reason.MEMBER_IS_BLOCKED, member_id=self.id, member=self.user.display_name)
        if self.state is MemberState.REMOVED:
            raise Refusal(Reason.MEMBER_IS_REMOVED, member_id=self.id, member=self.user.display_name)
        if not {*self.user.missing} - {RegistrationStep.KEY}:
            detail = "ONLY_A_KEY" if self.user.missing else "REGISTERED"
            raise Refusal(Reason.INVALID, path=path, detail=detail, field=path[-1], member=self.user.display_name)

    def _keep_an_admin(self, admins: Sequence[Member], *, by_operator: bool) -> None:
        """Raise LAST_ADMIN when an administrator would leave the cabinet without one (EA6)."""
        others = [admin for admin in admins if admin.is_admin and admin.id != self.id]
        if self.is_admin and not others and not by_operator:
            raise Refusal(Reason.LAST_ADMIN, member_id=self.id)

    def _become(self, state: MemberState, *, at: datetime) -> None:
        self.state, self.state_at = state, at
        self.epoch += 1

    def line(self, **facts: str) -> Line:
        """What this cabinet's journal says of the member."""
        said = {"member": self.user.display_name, "company": self.company.name, **facts}
        return Line(cabinet_id=self.cabinet_id, member=self, facts=said)
