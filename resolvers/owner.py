"""What only the server's owner does, from the command line: operators, the exchange's token, a session for somebody."""

from dataclasses import dataclass

from sqlalchemy import select

from models.access import Verb
from models.accounts import CodePurpose, Locale, OperatorKind, User, checked_email
from models.refusals import Reason, Refusal
from models.tokens import ApiToken, ApiTokenScope
from resolvers import routing, sessions, tokens
from resolvers.codes import new_code
from resolvers.context import Context
from resolvers.texts import clean


@dataclass(frozen=True, kw_only=True)
class NewOperator:
    """An operator, and the code to set a password with; None where the account has one already."""

    user: User
    code: str | None


async def make_operator(
    context: Context, *, email: str, display_name: str, kind: OperatorKind, phone: str | None
) -> NewOperator:
    """Make somebody an operator: a known account keeps its password, one without gets a code to set it with."""
    async with context.work(Verb.OWN_SERVER) as work:
        work.authorize()
        user = await routing.account(work, email)
        if user is None:
            house = context.outside.house
            user = work.add(
                User.new(
                    display_name=clean(display_name, path=("displayName",), limit=200, is_required=True),
                    email=checked_email(email, path=("email",)),
                    locale=Locale(house.locale.upper()),
                    time_zone=house.time_zone,
                    needs_key=False,
                    at=work.now,
                )
            )
            await work.flush()
            await routing.claim(work, user)
        code = None
        if user.password_hash is None:
            row = work.add(new_code(context, user, purpose=CodePurpose.INVITATION, work=work))
            code = context.outside.secrets.code(row.purpose.value, row.seed)
        user.operator_kind, user.operator_phone = kind, phone
    return NewOperator(user=user, code=code)


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
