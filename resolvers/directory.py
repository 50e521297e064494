"""The directory: accounts, members, cabinets and tokens as the command line names and lists them.

The server's owner sees all of them; what an operator asks is confined to his cabinets like everything else.
"""

from sqlalchemy import select

from models.accounts import Session, User, email_key
from models.cabinets import Cabinet
from models.journal import Entry
from models.members import Member
from models.names import fold
from models.organizations import Organization
from models.tokens import ApiToken
from resolvers.cabinets import WITH_MANAGER, of_organizations
from resolvers.context import Context


async def users(context: Context, *, search: str | None, is_operator: bool = False, limit: int) -> list[User]:
    """Accounts by name; `search` is a part of name or address."""
    found = select(User).order_by(User.sort_key, User.id)
    if is_operator:
        found = found.where(User.operator_kind.is_not(None))
    async with context.reading() as reading:
        everybody = await reading.all(found if search else found.limit(limit))
    return [user for user in everybody if search is None or _is_meant(user, search)][:limit]


def _is_meant(user: User, search: str) -> bool:
    wanted = search.strip()
    return fold(wanted) in fold(user.display_name) or email_key(wanted) in user.email_key


async def user(context: Context, *, email: str | None = None, user_id: int | None = None) -> User | None:
    """An account by its address or its id."""
    named = User.email_key == email_key(email) if email is not None else User.id == user_id
    async with context.reading() as reading:
        return await reading.first(select(User).where(named))


async def operator(context: Context, *, email: str) -> User | None:
    """The operator of an address; None for everybody else."""
    found = await user(context, email=email)
    return found if found is not None and found.operator_kind is not None else None


async def cabinets(context: Context, *, search: str | None, limit: int | None) -> list[Cabinet]:
    """Cabinets by name; `search` is a part of the organisation's name, or its tax number."""
    async with context.reading() as reading:
        ordered = of_organizations(search).options(*WITH_MANAGER).order_by(Cabinet.sort_key, Cabinet.id)
        return await reading.all(ordered.limit(limit))


async def cabinet(context: Context, *, tax_id: str | None = None, cabinet_id: int | None = None) -> Cabinet | None:
    """A cabinet that the caller sees, by its organisation's tax number or by its id."""
    seen = select(Cabinet).join(Organization, Organization.id == Cabinet.organization_id)
    named = Organization.tax_id == tax_id if tax_id is not None else Cabinet.id == cabinet_id
    async with context.reading() as reading:
        return await reading.first(seen.options(*WITH_MANAGER).where(named))


async def members(
    context: Context, *, cabinet_id: int | None = None, email: str | None = None, member_id: int | None = None
) -> list[Member]:
    """Members that the caller sees, former ones too, by name; every condition given must hold."""
    seen = select(Member).join(User, User.id == Member.user_id).options(*Member.with_people())
    seen = seen.order_by(User.sort_key, Member.id)
    if cabinet_id is not None:
        seen = seen.where(Member.cabinet_id == cabinet_id)
    if email is not None:
        seen = seen.where(User.email_key == email_key(email))
    if member_id is not None:
        seen = seen.where(Member.id == member_id)
    async with context.reading() as reading:
        return await reading.all(seen)


async def memberships(context: Context, user: User) -> list[tuple[Member, Organization]]:
    """Somebody's memberships with the cabinets' organisations."""
    own = (
        select(Member, Organization)
        .options(*Member.with_people())
        .join(Cabinet, Cabinet.id == Member.cabinet_id)
        .join(Organization, Organization.id == Cabinet.organization_id)
        .where(Member.user_id == user.id)
        .order_by(Cabinet.sort_key, Member.id)
    )
    async with context.reading() as reading:
        return [(row[0], row[1]) for row in await reading.rows(own)]


async def api_tokens(context: Context) -> list[ApiToken]:
    """Tokens of all cabinets and of the exchange that were not revoked, oldest first."""
    alive = select(ApiToken).options(*ApiToken.for_rules()).where(ApiToken.revoked_at.is_(None))
    async with context.reading() as reading:
        return await reading.all(alive.order_by(ApiToken.id))


async def api_token(context: Context, *, token_id: int) -> ApiToken | None:
    """A token of a cabinet or of the exchange, revoked or not."""
    async with context.reading() as reading:
        return await reading.first(select(ApiToken).options(*ApiToken.for_rules()).where(ApiToken.id == token_id))


async def sessions(context: Context, user: User) -> list[Session]:
    """Somebody's logins that last, latest use first."""
    alive = select(Session).where(Session.user_id == user.id, Session.ended_at.is_(None))
    lasting = alive.where(Session.expires_at > context.outside.clock.now())
    async with context.reading() as reading:
        return await reading.all(lasting.order_by(Session.last_used_at.desc(), Session.id.desc()))


async def entries(context: Context, *, cabinet_id: int, limit: int) -> list[Entry]:
    """A cabinet's journal, newest first."""
    newest = select(Entry).where(Entry.cabinet_id == cabinet_id).order_by(Entry.seq.desc()).limit(limit)
    async with context.reading() as reading:
        return await reading.all(newest)
