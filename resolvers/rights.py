"""The caller's rights, read by one statement in the session that is about to use them (two for personal managers)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import CompoundSelect, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from models.accounts import OperatorKind, Session, User
from models.actors import NOBODY, SYSTEM, Actor, Membership
from models.cabinets import Cabinet
from models.members import Member
from models.refusals import Reason, Refusal
from models.tokens import ApiToken
from resolvers.locks import ANEW, held, locked


@dataclass(frozen=True, kw_only=True)
class Principal:
    """What the caller showed: the digest of a token, or the row that a signed link names. All None: nobody."""

    token_hash: str | None = None
    session_id: int | None = None
    token_id: int | None = None
    user_id: int | None = None
    is_system: bool = False
    is_cookie: bool = False


async def load(session: AsyncSession, principal: Principal, *, at: datetime) -> Actor:
    """The actor. Raises UNAUTHENTICATED when what was shown is unknown, ended or expired; a stale cookie is nobody."""
    if principal.is_system:
        return SYSTEM
    if principal == Principal(is_cookie=principal.is_cookie):
        return NOBODY
    actor = await _person(session, principal, at=at) or await _program(session, principal, at=at)
    if actor is None and not principal.is_cookie:
        raise Refusal(Reason.UNAUTHENTICATED)
    return actor or NOBODY


async def hold(session: AsyncSession, principal: Principal) -> None:
    """Keep the memberships that the rights come from as they are until the act ends: nobody is blocked while he acts.

    Rights are loaded after it, by a statement of their own: while it waited they may have changed.
    """
    if principal.is_system or principal == Principal(is_cookie=principal.is_cookie):
        return
    own = select(Member.id).where(Member.id.in_(_own_memberships(principal)))
    await session.execute(held(own.order_by(Member.id)))


async def by_cabinets(session: AsyncSession, actor: Actor, cabinet_ids: Sequence[int]) -> Actor:
    """The same caller with what these cabinets' rows, locked from here on, give him now.

    His memberships are those he began with: he holds them, or it is he who has just changed them.
    """
    named = select(Cabinet.id, Cabinet.personal_manager_id, Cabinet.self_service).where(Cabinet.id.in_(cabinet_ids))
    rows = (await session.execute(locked(named.order_by(Cabinet.id)))).all()
    switched = {row[0]: row[2] for row in rows}
    return replace(
        actor,
        looks_after=actor.looks_after - {row[0] for row in rows if row[1] != actor.user_id},
        token_self_service=switched.get(actor.token_cabinet_id or 0, actor.token_self_service),
        memberships=tuple(
            replace(own, self_service=switched.get(own.cabinet_id, own.self_service)) for own in actor.memberships
        ),
    )


def _own_memberships(principal: Principal) -> CompoundSelect[int]:
    shown = principal.token_hash
    logins = select(Session.user_id).where(
        Session.token_hash == shown if shown is not None else Session.id == (principal.session_id or 0)
    )
    tokens = select(ApiToken.responsible_id).where(
        ApiToken.token_hash == shown if shown is not None else ApiToken.id == (principal.token_id or 0)
    )
    user = Member.user_id == principal.user_id if principal.user_id is not None else Member.user_id.in_(logins)
    of_user = select(Member.id).where(user)
    return union_all(of_user, tokens.where(ApiToken.responsible_id.is_not(None)))


async def _person(session: AsyncSession, principal: Principal, *, at: datetime) -> Actor | None:
    if principal.user_id is not None:
        return await _actor(session, None, principal.user_id)
    if principal.token_hash is None and principal.session_id is None:
        return None
    shown = (
        Session.token_hash == principal.token_hash
        if principal.token_hash is not None
        else Session.id == principal.session_id
    )
    login = await session.execute(
        select(User, Session, Member, Cabinet.self_service)
        .join(Session, Session.user_id == User.id)
        .outerjoin(Member, Member.user_id == User.id)
        .outerjoin(Cabinet, Cabinet.id == Member.cabinet_id)
        .where(shown, Session.ended_at.is_(None), Session.expires_at > at)
        .order_by(Member.cabinet_id),
        execution_options=ANEW,
    )
    rows = login.all()
    if not rows:
        return None
    actor = await _with_operator(session, rows[0][0], rows[0][1].id, [(row[2], row[3]) for row in rows])
    return replace(actor, last_used_at=rows[0][1].last_used_at)


async def _actor(session: AsyncSession, session_id: int | None, user_id: int) -> Actor | None:
    found = await session.execute(
        select(User, Member, Cabinet.self_service)
        .outerjoin(Member, Member.user_id == User.id)
        .outerjoin(Cabinet, Cabinet.id == Member.cabinet_id)
        .where(User.id == user_id),
        execution_options=ANEW,
    )
    rows = found.all()
    return await _with_operator(session, rows[0][0], session_id, [(row[1], row[2]) for row in rows]) if rows else None


async def _with_operator(
    session: AsyncSession, user: User, session_id: int | None, rows: list[tuple[Member | None, bool | None]]
) -> Actor:
    assigned: frozenset[int] = frozenset()
    if user.operator_kind is OperatorKind.PERSONAL_MANAGER:
        assigned = frozenset(await session.scalars(select(Cabinet.id).where(Cabinet.personal_manager_id == user.id)))
    found = [(member, bool(self_service)) for member, self_service in rows if member]
    return Actor(
        name=user.display_name,
        user_id=user.id,
        session_id=session_id,
        operator=user.operator_kind,
        looks_after=assigned,
        locale=user.locale,
        memberships=tuple(_membership(member, self_service) for member, self_service in found if member.company_id),
        archive=next((_membership(member, False) for member, _ in found if not member.company_id), None),
    )


def _membership(member: Member, self_service: bool) -> Membership:
    return Membership(
        member_id=member.id,
        cabinet_id=member.cabinet_id,
        role=member.role,
        state=member.state,
        state_at=member.state_at,
        self_service=self_service,
    )


async def _program(session: AsyncSession, principal: Principal, *, at: datetime) -> Actor | None:
    shown = (
        ApiToken.token_hash == principal.token_hash
        if principal.token_hash is not None
        else ApiToken.id == principal.token_id
    )
    found = await session.execute(
        select(ApiToken, Member, User.display_name, Cabinet.self_service)
        .outerjoin(Member, Member.id == ApiToken.responsible_id)
        .outerjoin(User, User.id == Member.user_id)
        .outerjoin(Cabinet, Cabinet.id == ApiToken.cabinet_id)
        .where(shown),
        execution_options=ANEW,
    )
    row = found.first()
    if row is None or not row[0].is_alive(at):
        return None
    token: ApiToken = row[0]
    responsible: Member | None = row[1]
    is_answered_for = responsible is not None and responsible.is_admin
    if token.cabinet_id is not None and not is_answered_for:
        return None
    return Actor(
        name=f"{token.display_name} ({row[2]})" if row[2] else token.display_name,
        token_id=token.id,
        token_cabinet_id=token.cabinet_id,
        responsible_id=token.responsible_id,
        scopes=frozenset(token.scopes),
        token_self_service=bool(row[3]),
        last_used_at=token.last_used_at,
    )
