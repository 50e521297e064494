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
        return await reading.by_ids(Member, ids, *Member.with_people())


async def of_cabinet(reading: Reading, cabinet_id: int) -> list[Member]:
    """Everyone who is or was a member of a cabinet: a few hundred at most."""
    return await reading.all(select(Member).options(*Member.with_people()).where(Member.cabinet_id == cabinet_id))


async def of_cabinets(context: Context, cabinet_ids: Sequence[int]) -> list[list[Member]]:
    """The same for `load`: ten folders' counters that look for a colleague read his colleagues once."""
    async with context.reading() as reading:
        return [await of_cabinet(reading, cabinet_id) for cabinet_id in cabinet_ids]


async def users_by_id(context: Context, ids: Sequence[int | None]) -> list[User | None]:
    """Accounts of people who turn up in rows that the caller sees."""
    async with context.reading() as reading:
        return await reading.by_ids(User, ids)


async def tokens_by_id(context: Context, ids: Sequence[int | None]) -> list[ApiToken | None]:
    """Tokens that turn up in rows that the caller sees."""
    async with context.reading() as reading:
        return await reading.by_ids(ApiToken, ids)


async def known_users(context: Context, ids: Sequence[int]) -> list[User | None]:
    """Accounts by their ids: the caller's own, or those he meets in a cabinet; None for everybody else."""
    async with context.reading() as reading:
        met = await _met(reading, ids)
        found = await reading.all(select(User).where(User.id.in_(met)))
    return by_key(ids, {user.id: user for user in found})


async def known_organizations(context: Context, ids: Sequence[int]) -> list[Organization | None]:
    """Organisations by their ids, where a cabinet, a member or a document that the caller sees names them."""
    own = select(Cabinet.organization_id).where(Cabinet.organization_id.in_(ids))
    company = select(Member.company_id).where(Member.company_id.in_(ids)).distinct()
    other = select(Document.counterparty_id).where(Document.counterparty_id.in_(ids)).distinct()
    async with context.reading() as reading:
        named = {*await reading.all(own), *await reading.all(company), *await reading.all(other)}
        found = await reading.all(select(Organization).where(Organization.id.in_(named)))
    return by_key(ids, {organization.id: organization for organization in found})


async def _met(reading: Reading, ids: Sequence[int]) -> set[int]:
    """Which are or were members of a cabinet that the caller sees, or look after one, or are he himself."""
    member = select(Member.user_id).where(Member.user_id.in_(ids)).distinct()
    found: set[int | None] = {reading.actor.user_id, *await reading.all(member)} & {*ids}
    if len(found) < len({*ids}):
        manager = select(Cabinet.personal_manager_id).where(Cabinet.personal_manager_id.in_(ids))
        found |= set(await reading.all(manager))
    return {user_id for user_id in found if user_id is not None}


async def emails(context: Context, users: Sequence[User]) -> list[str | None]:
    """Addresses, None for those with whom the caller shares no cabinet (nor looks after theirs)."""
    async with context.reading() as reading:
        met = await _met(reading, [user.id for user in users])
    return [user.email if user.id in met else None for user in users]


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
