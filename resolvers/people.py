"""Members, accounts and organisations as lists need them: one statement for all parents."""

from collections.abc import Sequence

from sqlalchemy import select

from models.accounts import User
from models.cabinets import Cabinet
from models.documents import Document
from models.members import Member
from models.organizations import Organization
from models.tokens import ApiToken
from resolvers.context import Context, Reading
from resolvers.loaders import by_key


async def members_by_id(context: Context, ids: Sequence[int | None]) -> list[Member | None]:
    """Members that the caller may see."""
    async with context.reading() as reading:
        found = await reading.all(
            select(Member).options(*Member.with_people()).where(Member.id.in_({i for i in ids if i}))
        )
    return by_key(ids, {member.id: member for member in found})


async def users_by_id(context: Context, ids: Sequence[int | None]) -> list[User | None]:
    """Accounts of people who turn up in rows that the caller sees."""
    async with context.reading() as reading:
        found = await reading.all(select(User).where(User.id.in_({i for i in ids if i})))
    return by_key(ids, {user.id: user for user in found})


async def tokens_by_id(context: Context, ids: Sequence[int | None]) -> list[ApiToken | None]:
    """Tokens that turn up in rows that the caller sees."""
    async with context.reading() as reading:
        found = await reading.all(select(ApiToken).where(ApiToken.id.in_({i for i in ids if i})))
    return by_key(ids, {token.id: token for token in found})


async def organizations_by_id(context: Context, ids: Sequence[int | None]) -> list[Organization | None]:
    """Organisations that turn up in rows that the caller sees."""
    async with context.reading() as reading:
        found = await reading.all(select(Organization).where(Organization.id.in_({i for i in ids if i})))
    return by_key(ids, {organization.id: organization for organization in found})


async def known_user(context: Context, user_id: int) -> User | None:
    """An account by its id: the caller's own, or one he meets in a cabinet; None for everybody else."""
    async with context.reading() as reading:
        if user_id != reading.actor.user_id and not await is_met(reading, user_id):
            return None
        return await reading.first(select(User).where(User.id == user_id))


async def known_organization(context: Context, organization_id: int) -> Organization | None:
    """An organisation by its id, where a cabinet, a member or a document that the caller sees names it."""
    async with context.reading() as reading:
        own = select(Cabinet.organization_id).where(Cabinet.organization_id == organization_id)
        company = select(Member.company_id).where(Member.company_id == organization_id)
        other = select(Document.counterparty_id).where(Document.counterparty_id == organization_id)
        if not (await reading.first(own) or await reading.first(company) or await reading.first(other)):
            return None
        return await reading.first(select(Organization).where(Organization.id == organization_id))


async def is_met(reading: Reading, user_id: int) -> bool:
    """Whether the account is or was a member of a cabinet that the caller sees, or is its personal manager."""
    member = select(Member.id).where(Member.user_id == user_id)
    manager = select(Cabinet.id).where(Cabinet.personal_manager_id == user_id)
    return await reading.first(member) is not None or await reading.first(manager) is not None


async def emails(context: Context, users: Sequence[User]) -> list[str | None]:
    """Addresses, None for those with whom the caller shares no cabinet (nor looks after theirs)."""
    async with context.reading() as reading:
        met = set(await reading.all(select(Member.user_id).where(Member.user_id.in_([user.id for user in users]))))
        own = reading.actor.user_id
        manager = select(Cabinet.personal_manager_id).where(Cabinet.personal_manager_id.is_not(None))
        met |= {i for i in await reading.all(manager) if i is not None} if len(met) < len(users) else set()
    return [user.email if user.id in met or user.id == own else None for user in users]


async def own(context: Context, users: Sequence[User]) -> list[User | None]:
    """Each account again if it is the caller's own: settings are told nobody else."""
    async with context.reading() as reading:
        return [user if user.id == reading.actor.user_id else None for user in users]


async def memberships(context: Context, users: Sequence[User], *, first: int) -> list[list[Member]]:
    """Memberships that the caller may see; of his own all, blocked ones included."""
    statement = select(Member).options(*Member.with_people()).where(Member.user_id.in_([user.id for user in users]))
    async with context.reading() as reading:
        found = await reading.all(statement.order_by(Member.cabinet_id))
    return [[member for member in found if member.user_id == user.id][:first] for user in users]


async def organizations_of(context: Context, members: Sequence[Member]) -> list[Organization | None]:
    """The cabinets' organisations; readable even where the cabinet is not (a blocked member's own)."""
    statement = (
        select(Cabinet.id, Organization)
        .join(Organization, Organization.id == Cabinet.organization_id)
        .where(Cabinet.id.in_({member.cabinet_id for member in members}))
    )
    async with context.reading() as reading:
        found = {row[0]: row[1] for row in await reading.rows_across(statement)}
    return by_key([member.cabinet_id for member in members], found)
