"""The «Users» section: everyone who is or was a member, with periods, acts and invitations, filtered and in pages."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased

from models.accounts import CodePurpose, OneTimeCode, User
from models.cabinets import Cabinet
from models.journal import Entry
from models.members import Member, MemberPeriod, MemberRole, MemberState
from models.organizations import Organization
from resolvers import certificates, folders, people
from resolvers.context import Context
from resolvers.loaders import load
from resolvers.pages import Key, Page, Paging, page, sealed


async def periods(context: Context, members: Sequence[Member], *, first: int) -> list[list[MemberPeriod]]:
    """Every period of membership, latest first."""
    statement = select(MemberPeriod).where(MemberPeriod.member_id.in_([member.id for member in members]))
    async with context.reading() as reading:
        found = await reading.all(statement.order_by(MemberPeriod.id.desc()))
    return [[period for period in found if period.member_id == member.id][:first] for member in members]


async def state_entries(context: Context, members: Sequence[Member]) -> list[Entry | None]:
    """The journal entry of the act that led to each member's state."""
    kinds = ("MEMBER_ADDED", "MEMBER_BLOCKED", "MEMBER_UNBLOCKED", "MEMBER_REMOVED")
    acts = select(Entry.member_id, func.max(Entry.seq).label("seq")).where(Entry.kind.in_(kinds))
    latest = acts.where(Entry.member_id.in_([member.id for member in members])).group_by(Entry.member_id).subquery()
    joined = and_(Entry.member_id == latest.c.member_id, Entry.seq == latest.c.seq)
    async with context.reading() as reading:
        found = {entry.member_id: entry for entry in await reading.all(select(Entry).join(latest, joined))}
    return [found.get(member.id) for member in members]


async def invitations(context: Context, members: Sequence[Member]) -> list[OneTimeCode | None]:
    """The letter that invites to finish the registration; None where there is nothing to finish."""
    users = [member.user_id for member in members if member.user.missing]
    sent = select(OneTimeCode).where(OneTimeCode.user_id.in_(users), OneTimeCode.purpose == CodePurpose.INVITATION)
    async with context.reading() as reading:
        found = {code.user_id: code for code in await reading.all(sent.order_by(OneTimeCode.id))}
    return [found.get(member.user_id) if member.user.missing else None for member in members]


@dataclass(frozen=True, kw_only=True)
class MemberFilter:
    """Which members; every condition given must hold."""

    search: str | None = None
    state: tuple[MemberState, ...] = ()
    role: tuple[MemberRole, ...] = ()
    is_complete: bool | None = None
    has_signing_key: bool | None = None
    company_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class MemberOrder:
    """How to sort members: NAME, JOINED_AT or COMPANY."""

    field: str = "NAME"
    is_descending: bool = False


EVERYBODY = MemberFilter()
BY_NAME = MemberOrder()


async def of_cabinet(
    context: Context, cabinet: Cabinet, *, filter: MemberFilter, order_by: MemberOrder, paging: Paging
) -> Page[Member]:
    """The «Users» section: everyone who is or was a member."""
    user, company = aliased(User), aliased(Organization)
    statement = select(Member).join(user, Member.user_id == user.id).join(company, Member.company_id == company.id)
    chosen = await _chosen(context, cabinet, filter)
    statement = statement.where(Member.cabinet_id == cabinet.id)
    if chosen is not None:
        statement = statement.where(Member.id.in_(chosen))
    columns = {"NAME": user.sort_key, "JOINED_AT": Member.joined_at, "COMPANY": company.name_folded}
    order = [Key(columns[order_by.field], order_by.is_descending), Key(Member.id, order_by.is_descending)]  # type: ignore[arg-type]
    scope = ("members", cabinet.id, filter, order_by)
    return await page(context, statement.options(*Member.with_people()), order=order, paging=paging, scope=scope)


def place(context: Context, member: Member) -> str:
    """The cursor of a member just added, in the cabinet's list by name."""
    scope = ("members", member.cabinet_id, EVERYBODY, BY_NAME)
    return sealed(context, scope, (member.user.sort_key, member.id))


async def _chosen(context: Context, cabinet: Cabinet, filter: MemberFilter) -> list[int] | None:
    """Ids of the members that pass; None when there is no condition. A cabinet has a few hundred members at most."""
    if filter == EVERYBODY:
        return None
    everybody: list[Member] = await load(context, people.of_cabinets, cabinet.id)
    members = folders.find_members(everybody, filter.search) if filter.search and filter.search.strip() else everybody
    members = [member for member in members if _passes(member, filter)]
    if filter.has_signing_key is not None:
        keys = await certificates.have_keys(context, members)
        members = [member for member, has in zip(members, keys, strict=True) if has is filter.has_signing_key]
    return [member.id for member in members]


def _passes(member: Member, filter: MemberFilter) -> bool:
    return (
        (not filter.state or member.state in filter.state)
        and (not filter.role or member.role in filter.role)
        and (filter.company_id is None or member.company_id == filter.company_id)
        and (filter.is_complete is None or (not member.user.missing) is filter.is_complete)
    )
