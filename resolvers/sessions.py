"""Logging in and out, and setting a password by a code from a letter."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from models.access import Verb
from models.accounts import (
    SESSION_IDLE,
    SESSION_LIFE,
    CodePurpose,
    Session,
    User,
    email_key,
)
from models.events import RegistrationCompleted
from models.members import Member, MemberState
from models.refusals import Reason, Refusal
from models.tokens import ApiToken
from resolvers import attempts, codes, tokens
from resolvers.attempts import Try
from resolvers.context import Context, Work
from resolvers.loaders import by_key
from resolvers.locks import locked
from resolvers.ports import Unavailable
from resolvers.texts import is_text

SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 128
SETS_PASSWORD = (CodePurpose.INVITATION, CodePurpose.PASSWORD_RESET)


@dataclass(frozen=True, kw_only=True)
class LoggedIn:
    """A new login; the token is shown this once."""

    user: User
    session: Session
    token: str


async def log_in(context: Context, *, email: str, password: str) -> LoggedIn:
    """Begin a session. INVALID_CREDENTIALS alike, and after the same time, for unknown and known addresses (EH96)."""
    tries = attempts.logins(context, email)
    await _count(context, tries)
    known = select(User).where(User.email_key == email_key(email))
    async with context.reading() as reading:
        found = await reading.all(known)
    stored = found[0].password_hash if found else None
    await context.forget()  # no snapshot is held through the slow hash
    if not await context.outside.passwords.verify(password, against=stored) or not found:
        raise Refusal(Reason.INVALID_CREDENTIALS)
    return await begin(context, user_id=found[0].id, tries=tries)


async def _count(context: Context, tries: Sequence[Try]) -> None:
    """Count a try before the slow hash, in a transaction of its own: what fails afterwards has counted (A5)."""
    async with context.work(Verb.TRY_LOGIN) as work:
        work.authorize()
        await attempts.count(work, tries)


async def begin(context: Context, *, user_id: int, tries: Sequence[Try] = ()) -> LoggedIn:
    """A session without asking for the password: after it was checked, and for whoever owns the server."""
    token = tokens.new_token()
    async with context.work(Verb.LOG_IN) as work:
        work.authorize()
        await attempts.take_back(work, tries)
        user = (await work.across(select(User).where(User.id == user_id)))[0]
        session = work.add(
            Session(
                user=user,
                token_hash=tokens.hash_of(token),
                created_at=work.now,
                last_used_at=work.now,
                expires_at=work.now + SESSION_IDLE,
                client_address=context.client.address,
                user_agent=(context.client.user_agent or "")[:300] or None,
            )
        )
    context.become(token, token_hash=tokens.hash_of(token))
    return LoggedIn(user=user, session=session, token=token)


async def log_out(context: Context, *, session_id: int | None) -> int:
    """End the current session, or another one of one's own; its streams end with it."""
    async with context.work(Verb.LOG_OUT) as work:
        work.authorize()
        wanted = work.actor.session_id if session_id is None else session_id
        own = select(Session).where(Session.id == wanted, Session.user_id == (work.actor.user_id or 0))
        found = await work.all(locked(own))
        if not found:
            raise Refusal(Reason.NOT_FOUND, path=("sessionId",))
        found[0].end(at=work.now)
        work.rung.update(membership.cabinet_id for membership in work.actor.memberships)
    if found[0].id == work.actor.session_id:
        context.leave()
    return found[0].id


async def set_password(context: Context, *, code: str, password: str) -> User:
    """Set a password with the code of a letter; that confirms the address too and ends all sessions."""
    acceptable = _acceptable(password)
    await codes.require_alive(context, code, *SETS_PASSWORD)
    hashed = await context.outside.passwords.hash(acceptable)
    async with context.work(Verb.SET_PASSWORD) as work:
        work.authorize()
        _, user = await codes.spend(work, code, *SETS_PASSWORD)
        if email_key(password) == user.email_key:
            raise Refusal(Reason.INVALID, path=("newPassword",), field="newPassword")
        was_missing = bool(user.missing)
        user.set_password(password_hash=hashed, at=work.now)
        members = await memberships(work, user)
        await _end_all(work, user)
        await codes.end_all(work, user, *CodePurpose)
        work.rung.update(member.cabinet_id for member in members)
        await work.record(completed(user, members, was_missing=was_missing))
    if work.actor.user_id == user.id:
        context.leave()
    return user


async def _end_all(work: Work, user: User) -> None:
    """End the logins that last; what streams by them is woken and finds out."""
    lasting = select(Session).where(Session.user_id == user.id, Session.ended_at.is_(None))
    for session in await work.across(lasting.where(Session.expires_at > work.now)):
        session.end(at=work.now)


async def memberships(work: Work, user: User) -> list[Member]:
    """The account's memberships, blocked ones too, without those it was removed from: where its acts are told."""
    own = select(Member).options(*Member.with_people()).where(Member.user_id == user.id, Member.is_shared())
    return await work.across(own.where(Member.state != MemberState.REMOVED).order_by(Member.cabinet_id))


def completed(user: User, members: Sequence[Member], *, was_missing: bool) -> RegistrationCompleted | None:
    """The event of having just done the last step of the registration (A7); None where that is not so."""
    if user.missing or not was_missing:
        return None
    return RegistrationCompleted(lines=tuple(member.line() for member in members))


def _acceptable(password: str) -> str:
    """The password as it was typed; its length is that of its composed letters."""
    if not is_text(password):
        raise Refusal(Reason.INVALID, path=("newPassword",), field="newPassword")
    if not SHORTEST_PASSWORD <= len(unicodedata.normalize("NFC", password)) <= LONGEST_PASSWORD:
        bounds = {"shortest": SHORTEST_PASSWORD, "longest": LONGEST_PASSWORD}
        raise Refusal(Reason.INVALID, path=("newPassword",), field="newPassword", detail="PASSWORD_LENGTH", **bounds)
    return password


async def of_viewer(context: Context, users: Sequence[User], *, first: int) -> list[list[Session] | None]:
    """Where the caller is logged in, latest use first; None for anybody else."""
    now = context.outside.clock.now()
    async with context.reading() as reading:
        own = reading.actor.user_id
        alive = select(Session).where(Session.user_id == (own or 0), Session.ended_at.is_(None))
        found = await reading.all(alive.where(Session.expires_at > now).order_by(Session.last_used_at.desc()))
    return [found[:first] if user.id == own else None for user in users]


async def own(context: Context, ids: Sequence[int]) -> list[Session | None]:
    """Logins of the caller's own, while they last."""
    now = context.outside.clock.now()
    alive = select(Session).where(Session.id.in_(ids), Session.ended_at.is_(None), Session.expires_at > now)
    async with context.reading() as reading:
        found = await reading.all(alive.where(Session.user_id == (reading.actor.user_id or 0)))
    return by_key(ids, {session.id: session for session in found})


async def current(context: Context, sessions: Sequence[Session]) -> list[bool]:
    """Whether this very request uses each."""
    async with context.reading() as reading:
        return [session.id == reading.actor.session_id for session in sessions]


async def touch(context: Context) -> None:
    """Note that a session or token was used; a session lives on from its last use."""
    async with context.work(Verb.USE_SESSION) as work:
        work.authorize()
        for session in await work.all(select(Session).where(Session.id == (work.actor.session_id or 0))):
            session.last_used_at = work.now
            session.expires_at = min(work.now + SESSION_IDLE, session.created_at + SESSION_LIFE)
        for token in await work.all(select(ApiToken).where(ApiToken.id == (work.actor.token_id or 0))):
            token.last_used_at = work.now


async def viewer(context: Context) -> User | None:
    """The calling user; None without a login and for a token."""
    async with context.reading() as reading:
        if reading.actor.user_id is None:
            return None
        return await reading.first(select(User).where(User.id == reading.actor.user_id))


async def time_zone(context: Context) -> str:
    """The zone that moments are told in: the account's, without a login the house's (ED67)."""
    user = await viewer(context)
    return user.time_zone if user is not None else context.outside.house.time_zone


async def has_login(context: Context) -> bool:
    """Whether the caller is somebody; not where that cannot be told."""
    if context.principal.token_hash is None:
        return False
    try:
        async with context.reading() as reading:
            return not reading.actor.is_anybody
    except (Refusal, Unavailable):
        return False
