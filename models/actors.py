"""Who asks: the caller with his rights. What they allow him is decided in `models/access.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from models.accounts import LAST_USED_WITHIN, Locale, OperatorKind
from models.members import MemberRole, MemberState
from models.tokens import ApiTokenScope


@dataclass(frozen=True, kw_only=True)
class Membership:
    """A membership of the caller, blocked and former ones included."""

    member_id: int
    cabinet_id: int
    role: MemberRole
    state: MemberState
    state_at: datetime
    self_service: bool

    @property
    def is_active(self) -> bool:
        """Whether it gives access."""
        return self.state is MemberState.ACTIVE


@dataclass(frozen=True, kw_only=True)
class Actor:
    """The caller and his rights, as read in this very transaction or statement.

    `responsible_id` is the member in whose name a token acts; its `name` names both, since the journal does (EH87).
    `archive` is his place in his own archive, which is no cabinet to him (C25). `granted` are documents that an act of
    this very operation gave back: the exchange sees what it just delivered.
    """

    name: str = ""
    user_id: int | None = None
    session_id: int | None = None
    token_id: int | None = None
    token_cabinet_id: int | None = None
    responsible_id: int | None = None
    scopes: frozenset[str] = frozenset()
    token_self_service: bool = False
    memberships: tuple[Membership, ...] = ()
    archive: Membership | None = None
    operator: OperatorKind | None = None
    looks_after: frozenset[int] = field(default=frozenset())
    locale: Locale = Locale.RU
    last_used_at: datetime | None = None
    is_system: bool = False
    granted: frozenset[int] = frozenset()

    @property
    def is_anybody(self) -> bool:
        """Whether there is no login."""
        return self.user_id is None and self.token_id is None and not self.is_system

    @property
    def cabinet_ids(self) -> tuple[int, ...]:
        """Shared cabinets whose documents the caller sees, ascending."""
        return self._as_member(ApiTokenScope.READ, ApiTokenScope.DOCUMENTS)

    @property
    def member_cabinet_ids(self) -> tuple[int, ...]:
        """Cabinets of which the caller sees everything that a member may: members, and the whole journal."""
        return self._as_member(ApiTokenScope.READ)

    @property
    def readable_ids(self) -> tuple[int, ...]:
        """Those of `cabinet_ids` and his own archive: wherever a document may lie that he sees."""
        return (*self.cabinet_ids, *([self.archive.cabinet_id] if self.archive else []))

    @property
    def meant_by_default(self) -> tuple[int, ...]:
        """Cabinets that may be meant where none is named: `cabinet_ids`; a token's own, whatever it reads there."""
        by_token = (self.token_cabinet_id,) if self.token_cabinet_id is not None else ()
        return by_token or self.cabinet_ids

    def acts_by(self, scope: ApiTokenScope) -> bool:
        """Whether a token acts by this scope: on members no more than who answers for it, by self-service (C11)."""
        return scope in self.scopes and (scope is not ApiTokenScope.MEMBERS or self.token_self_service)

    def _as_member(self, *scopes: ApiTokenScope) -> tuple[int, ...]:
        own = [membership.cabinet_id for membership in self.memberships if membership.is_active]
        by_token = self.token_cabinet_id is not None and not self.scopes.isdisjoint(scopes)
        return tuple(sorted([*own, self.token_cabinet_id] if by_token and self.token_cabinet_id else own))

    def is_use_unnoted(self, at: datetime) -> bool:
        """Whether the use of this login has to be written down: it is the first one, or over five minutes ago."""
        is_login = self.session_id is not None or self.token_id is not None
        return is_login and (self.last_used_at is None or at - self.last_used_at > LAST_USED_WITHIN)

    def membership(self, cabinet_id: int) -> Membership | None:
        """The caller's membership in a shared cabinet, whatever its state."""
        return next((m for m in self.memberships if m.cabinet_id == cabinet_id), None)

    def place(self, cabinet_id: int) -> Membership | None:
        """The same, or his place in his own archive: as whom he acts on a document."""
        is_own = self.archive is not None and self.archive.cabinet_id == cabinet_id
        return self.archive if is_own else self.membership(cabinet_id)

    @property
    def member_ids(self) -> frozenset[int]:
        """As whom he has ever acted: memberships of any state, and his own archive."""
        return frozenset(m.member_id for m in (*self.memberships, *([self.archive] if self.archive else [])))

    def operates(self, cabinet_id: int) -> bool:
        """Whether the caller looks after the cabinet as an operator."""
        return self.operator is OperatorKind.HOTLINE or cabinet_id in self.looks_after


SYSTEM = Actor(is_system=True)
NOBODY = Actor()
