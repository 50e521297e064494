"""What only the server's owner does, from the command line: accounts, operators, the exchange's token, sessions."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from models.access import Verb
from models.accounts import CodePurpose, Locale, OperatorKind, Session, User, checked_email
from models.refusals import Reason, Refusal
from models.tokens import ApiToken, ApiTokenScope
from resolvers import routing, sessions, tokens
from resolvers.codes import new_code
from resolvers.context import Context, Work
from resolvers.locks import locked
from resolvers.texts import clean


@dataclass(frozen=True, kw_only=True)
class Invited:
    """An account, and the code to set a password with; None where it has one already."""

    user: User
    code: str | None


async def make_account(context: Context, *, email: str, display_name: str, locale: str | None) -> Invited:
    """Make an account that is a member of nothing yet. ACCOUNT_EXISTS for a known address."""
    async with context.work(Verb.OWN_SERVER) as work:
        work.authorize()
        address = checked_email(email, path=("email",))
        if await routing.account(work, address) is not None:
            raise Refusal(Reason.ACCOUNT_EXISTS, path=("email",))
        user = await _account(
            context,
            work,
            email=address,
            display_name=display_name,
            locale=locale,
            needs_key=context.outside.house.registration_needs_key,
        )
        code = _code(context, work, user, purpose=CodePurpose.INVITATION)
    return Invited(user=user, code=code)


async def reset_password(context: Context, *, user_id: int) -> Invited:
    """A code to set a new password with, for an account of any state; earlier codes of the purpose end."""
    async with context.work(Verb.OWN_SERVER) as work:
        work.authorize()
        user = await work.get(User, user_id)
        code = _code(context, work, user, purpose=CodePurpose.PASSWORD_RESET)
    return Invited(user=user, code=code)


async def _account(
    context: Context, work: Work, *, email: str, display_name: str, locale: str | None, needs_key: bool
) -> User:
    house = context.outside.house
    user = work.add(
        User.new(
            display_name=clean(display_name, path=("displayName",), limit=200, is_required=True),
            email=checked_email(email, path=("email",)),
            locale=Locale((locale or house.locale).upper()),
            time_zone=house.time_zone,
            needs_key=needs_key,
            at=work.now,
        )
    )
    await work.flush()
    await routing.claim(work, user)
    return user


def _code(context: Context, work: Work, user: User, *, purpose: CodePurpose) -> str:
    row = work.add(new_code(context, user, purpose=purpose, work=work))
    return context.outside.secrets.code(row.purpose.value, row.seed)


async def make_operator(
    context: Context, *, email: str, display_name: str, kind: OperatorKind, phone: str | None
) -> Invited:
    """Make somebody an operator: a known account keeps its password, one without gets a code to set it with."""
    async with context.work(Verb.OWN_SERVER) as work:
        work.authorize()
        user = await routing.account(work, email)
        if user is None:
            user = await _account(context, work, email=email, display_name=display_name, locale=None, needs_key=False)
        code = None
        if user.password_hash is None:
            code = _code(context, work, user, purpose=CodePurpose.INVITATION)
        user.operator_kind, user.operator_phone = kind, phone
    return Invited(user=user, code=code)


async def exchange_token(context: Context, *, name: str) -> str:
    """A token with scope RECEIVE for the exchange; shown this once. An older one of the same name ends."""
    token, called = tokens.new_token(), clean(name, path=("name",), limit=200, is_required=True)
    async with context.work(Verb.OWN_SERVER) as work:
        work.authorize()
        older = select(ApiToken).where(ApiToken.cabinet_id.is_(None), ApiToken.display_name == called)
        for former in await work.across(older.where(ApiToken.revoked_at.is_(None))):
            former.revoked_at = work.now
        work.add(
            ApiToken(
                display_name=called,
                scopes=(ApiTokenScope.RECEIVE.value,),
                token_hash=tokens.hash_of(token),
                created_at=work.now,
            )
        )
    return token


async def session_of(context: Context, *, email: str) -> str:
    """A session of somebody's, for trying things out; its token is shown once. NOT_FOUND without such an account."""
    async with context.work(Verb.OWN_SERVER) as work:
        work.authorize()
        user = await routing.account(work, email)
    if user is None:
        raise Refusal(Reason.NOT_FOUND, path=("email",))
    return (await sessions.begin(context, user_id=user.id)).token


async def end_session(context: Context, session_id: int) -> None:
    """End somebody's login; what streams by it is woken and finds out."""
    async with context.work(Verb.OWN_SERVER) as work:
        work.authorize()
        session = await work.get(Session, session_id, joinedload(Session.user), path=("id",))
        session.end(at=work.now)
        work.rung.update(member.cabinet_id for member in await sessions.memberships(work, session.user))


async def revoke_exchange_token(context: Context, token_id: int) -> None:
    """End a token of the exchange. NOT_FOUND for a cabinet's own: that one is its administrators' affair."""
    async with context.work(Verb.OWN_SERVER) as work:
        work.authorize()
        own = select(ApiToken).where(ApiToken.id == token_id, ApiToken.cabinet_id.is_(None))
        found = await work.all(locked(own))
        if not found:
            raise Refusal(Reason.NOT_FOUND, path=("id",))
        found[0].revoked_at = found[0].revoked_at or work.now
