"""Membership acts: add, block, unblock, remove, change; and the «Users» section."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from models.access import Verb
from models.accounts import INVITATION_LIFE, CodePurpose, Locale, OneTimeCode, User, checked_email
from models.cabinets import Cabinet
from models.documents import Document, DocumentDirection
from models.events import Basis
from models.exchanges import DocumentStatus
from models.journal import Entry
from models.members import Member, MemberPeriod, MemberRole, MemberState, ShareFrom
from models.organizations import Organization
from models.refusals import Reason, Refusal
from resolvers import certificates, folders, people, routing
from resolvers.context import Context, Work
from resolvers.loaders import load
from resolvers.pages import Key, Page, Paging, page, sealed
from resolvers.routing import OrganizationName
from resolvers.texts import Path, clean


@dataclass(frozen=True, kw_only=True)
class NewUser:
    """An account to make."""

    display_name: str
    email: str
    locale: Locale | None = None


@dataclass(frozen=True, kw_only=True)
class Newcomer:
    """Whom to add, and how: an account by its address, or a new one. `path` is where `input` names him."""

    path: Path = ("member",)
    email: str | None = None
    new_user: NewUser | None = None
    company: OrganizationName | None = None
    role: MemberRole = MemberRole.MEMBER
    share_from: ShareFrom = ShareFrom.ALL


@dataclass(frozen=True, kw_only=True)
class Given:
    """Who asked for an act, as a client gives it."""

    text: str
    ticket: str | None = None


def basis_of(work: Work, given: Given | None, cabinet_id: int | None) -> Basis | None:
    """The basis of an act. Raises REQUIRED for an operator without a basis or ticket (A8)."""
    is_operator = work.is_operators(cabinet_id)
    if given is None:
        if is_operator:
            raise Refusal(Reason.REQUIRED, path=("basis",), field="basis")
        return None
    text = clean(given.text, path=("basis", "text"), limit=2000, is_required=True, is_one_line=False)
    ticket = clean(given.ticket, path=("basis", "ticket"), limit=200)
    if is_operator and ticket is None:
        raise Refusal(Reason.REQUIRED, path=("basis", "ticket"), field="ticket")
    return Basis(text=text, ticket=ticket)


async def add(context: Context, *, cabinet_id: int | None, newcomer: Newcomer, given: Given | None) -> Member:
    """Add a colleague: a first membership, a new period of a former one, or a new account that is invited."""
    async with context.work(Verb.ADD_MEMBER) as work:
        cabinet = await work.get(Cabinet, cabinet_id, joinedload(Cabinet.organization), path=("cabinetId",))
        basis = basis_of(work, given, cabinet.id)
        member = await enroll(context, work, cabinet, newcomer)
        await work.record(member.added(basis=basis, invited=newcomer.new_user is not None))
    return member


async def enroll(context: Context, work: Work, cabinet: Cabinet, newcomer: Newcomer) -> Member:
    """Make somebody a member, before his event is recorded."""
    user = await _user(context, work, newcomer)
    _require_another(work, user.id, path=newcomer.path)
    company = cabinet.organization
    if newcomer.company is not None:
        company = await routing.organization(work, newcomer.company, path=("company",))
    former = await _former(work, cabinet, user)
    if former is not None:
        former.rejoin(company=company, role=newcomer.role, share_from=newcomer.share_from, at=work.now)
        return former
    return work.add(
        Member.join(
            cabinet, user=user, company=company, role=newcomer.role, share_from=newcomer.share_from, at=work.now
        )
    )


async def _former(work: Work, cabinet: Cabinet, user: User) -> Member | None:
    known = select(Member).options(*Member.with_people(), selectinload(Member.periods))
    found = await work.all(known.where(Member.cabinet_id == cabinet.id, Member.user_id == user.id).with_for_update())
    return found[0] if found else None


async def _user(context: Context, work: Work, newcomer: Newcomer) -> User:
    if newcomer.new_user is not None:
        return await _new_account(context, work, newcomer.new_user, path=(*newcomer.path, "newUser"))
    user = await routing.account(work, newcomer.email or "")
    if user is None:
        raise Refusal(Reason.NOT_FOUND, path=(*newcomer.path, "email"))
    return user


async def _new_account(context: Context, work: Work, wish: NewUser, *, path: Path) -> User:
    """An account with incomplete registration, and the code of its invitation. ACCOUNT_EXISTS for a known address."""
    email = checked_email(wish.email, path=(*path, "email"))
    name = clean(wish.display_name, path=(*path, "displayName"), limit=200, is_required=True)
    if await routing.account(work, email) is not None:
        raise Refusal(Reason.ACCOUNT_EXISTS, path=(*path, "email"))
    house = context.outside.house
    user = work.add(
        User.new(
            display_name=name,
            email=email,
            locale=wish.locale or Locale(house.locale.upper()),
            time_zone=house.time_zone,
            needs_key=house.registration_needs_key,
            at=work.now,
        )
    )
    await work.flush()
    await routing.claim(work, user)
    work.add(new_code(context, user, purpose=CodePurpose.INVITATION, work=work))
    return user


def new_code(context: Context, user: User, *, purpose: CodePurpose, work: Work) -> OneTimeCode:
    """A one-time code whose text only the server's secret can make again."""
    seed = secrets.token_hex(16)
    text = context.outside.secrets.code(purpose.value, seed)
    return OneTimeCode(
        user_id=user.id,
        purpose=purpose,
        seed=seed,
        code_hash=hashlib.sha256(text.encode()).hexdigest(),
        created_at=work.now,
        expires_at=work.now + INVITATION_LIFE,
    )


def _require_another(work: Work, user_id: int, *, path: Path) -> None:
    """An operator does nothing about himself, wherever: a second one must (EA22, H9)."""
    if work.actor.operator is not None and work.actor.user_id == user_id:
        raise Refusal(Reason.SECOND_OPERATOR_NEEDED, path=path)


@dataclass(frozen=True, kw_only=True)
class _Judged:
    """A member to act on, on whose word, and whether for the service."""

    member: Member
    basis: Basis | None
    by_operator: bool


async def _judged(work: Work, member_id: int | None, given: Given | None) -> _Judged:
    loaded = (*Member.with_people(), selectinload(Member.periods))
    member = await work.get(Member, member_id, *loaded, path=("memberId",))
    basis = basis_of(work, given, member.cabinet_id)
    _require_another(work, member.user_id, path=("memberId",))
    return _Judged(member=member, basis=basis, by_operator=work.is_operators(member.cabinet_id))


async def block(context: Context, *, member_id: int | None, given: Given | None) -> Member:
    """Stop a member from seeing and signing, at once and everywhere."""
    async with context.work(Verb.BLOCK_MEMBER) as work:
        about = await _judged(work, member_id, given)
        admins = await _admins(work, about.member.cabinet_id)
        await work.record(
            about.member.block(at=work.now, basis=about.basis, admins=admins, by_operator=about.by_operator)
        )
    return about.member


async def unblock(context: Context, *, member_id: int | None, given: Given | None) -> Member:
    """Undo blocking; the letter to the member says how many documents came meanwhile."""
    async with context.work(Verb.UNBLOCK_MEMBER) as work:
        about = await _judged(work, member_id, given)
        missed = (await work.across(_received_since(about.member)))[0]
        await work.record(about.member.unblock(at=work.now, basis=about.basis, missed=missed))
    return about.member


def _received_since(member: Member) -> Select[int]:
    """How many documents came to the cabinet since the member's state began."""
    received = Document.direction.in_([DocumentDirection.INCOMING, DocumentDirection.INTERNAL])
    here = select(func.count()).select_from(Document).where(Document.cabinet_id == member.cabinet_id)
    return here.where(Document.created_at >= member.state_at, received, Document.status != DocumentStatus.DRAFT)


async def remove(context: Context, *, member_id: int | None, given: Given | None) -> Member:
    """End a membership; documents stay."""
    async with context.work(Verb.REMOVE_MEMBER) as work:
        about = await _judged(work, member_id, given)
        admins = await _admins(work, about.member.cabinet_id)
        await work.record(
            about.member.remove(at=work.now, basis=about.basis, admins=admins, by_operator=about.by_operator)
        )
    return about.member


async def change(
    context: Context,
    *,
    member_id: int | None,
    role: MemberRole | None,
    company: OrganizationName | None,
    given: Given | None,
) -> Member:
    """Change role or company."""
    async with context.work(Verb.UPDATE_MEMBER) as work:
        about = await _judged(work, member_id, given)
        event = about.member.change(
            role=role,
            company=await routing.organization(work, company, path=("company",)) if company else None,
            basis=about.basis,
            admins=await _admins(work, about.member.cabinet_id),
            by_operator=about.by_operator,
        )
        await work.record(event)
    return about.member


async def _admins(work: Work, cabinet_id: int) -> list[Member]:
    """The administrators, locked: two who block each other at once leave one (EA6)."""
    admins = select(Member).where(Member.cabinet_id == cabinet_id, Member.role == MemberRole.ADMIN)
    # As `_judged` loads them: one of these rows may be the very member, read anew.
    loaded = admins.options(*Member.with_people(), selectinload(Member.periods))
    return await work.all(
        loaded.where(Member.state == MemberState.ACTIVE).order_by(Member.id).with_for_update(of=Member)
    )


async def by_ids(context: Context, ids: Sequence[int | None]) -> list[Member | None]:
    """Members that the caller may see, in the order asked."""
    wanted = select(Member).options(*Member.with_people()).where(Member.id.in_({i for i in ids if i}))
    async with context.reading() as reading:
        found = {member.id: member for member in await reading.all(wanted)}
    return [found.get(i or 0) for i in ids]


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
