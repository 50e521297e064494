"""Membership acts: add, block, unblock, remove, change. The «Users» section is read by `resolvers.colleagues`."""

from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload, selectinload

from models.access import Verb
from models.accounts import CodePurpose, Locale, User, checked_email
from models.cabinets import Cabinet
from models.documents import Document, DocumentDirection
from models.events import Basis
from models.exchanges import DocumentStatus
from models.members import Member, MemberRole, MemberState, ShareFrom
from models.refusals import Reason, Refusal
from resolvers import archives, routing, tokens
from resolvers.codes import new_code
from resolvers.context import Context, Work
from resolvers.locks import locked
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
        cabinet = await work.get(
            Cabinet, cabinet_id, joinedload(Cabinet.organization), path=("cabinetId",), shared=True
        )
        basis = basis_of(work, given, cabinet.id)
        member = await enroll(context, work, cabinet, newcomer)
        await work.record(member.added(basis=basis, invited=newcomer.new_user is not None))
    return member


async def enroll(context: Context, work: Work, cabinet: Cabinet, newcomer: Newcomer) -> Member:
    """Make somebody a member, and his cabinet's what his archive holds for it; before his event is recorded."""
    user = await _user(context, work, newcomer)
    require_another(work, user.id, path=newcomer.path)
    company = cabinet.organization
    if newcomer.company is not None:
        company = await routing.organization(work, newcomer.company, path=("company",))
    member = await _former(work, cabinet, user)
    if member is not None:
        member.rejoin(company=company, role=newcomer.role, share_from=newcomer.share_from, at=work.now)
    else:
        member = work.add(
            Member.join(
                cabinet, user=user, company=company, role=newcomer.role, share_from=newcomer.share_from, at=work.now
            )
        )
    if newcomer.share_from is ShareFrom.ALL:
        await archives.share(work, member)
    return member


async def _former(work: Work, cabinet: Cabinet, user: User) -> Member | None:
    known = select(Member).options(*Member.with_people(), selectinload(Member.periods))
    own = known.where(Member.cabinet_id == cabinet.id, Member.user_id == user.id)
    found = await work.all(locked(own, of=Member))
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


def require_another(work: Work, user_id: int | None, *, path: Path) -> None:
    """An operator does nothing about himself, wherever: a second one must (EA22, H9)."""
    if work.actor.operator is not None and work.actor.user_id == user_id:
        raise Refusal(Reason.SECOND_OPERATOR_NEEDED, path=path)


@dataclass(frozen=True, kw_only=True)
class _Judged:
    """A member to act on, on whose word, whether for the service, and the cabinet's administrators."""

    member: Member
    basis: Basis | None
    by_operator: bool
    admins: list[Member]


async def _judged(work: Work, member_id: int | None, given: Given | None) -> _Judged:
    """The member, locked after the administrators of his cabinet, and the caller's rights as they are by then."""
    cabinets = await work.all(select(Member.cabinet_id).where(Member.id == (member_id or 0)))
    admins = [await _admins(work, cabinet_id) for cabinet_id in cabinets]
    await work.renew()
    loaded = (*Member.with_people(), selectinload(Member.periods))
    member = await work.get(Member, member_id, *loaded, path=("memberId",))
    basis = basis_of(work, given, member.cabinet_id)
    require_another(work, member.user_id, path=("memberId",))
    by_operator = work.is_operators(member.cabinet_id)
    return _Judged(member=member, basis=basis, by_operator=by_operator, admins=admins[0])


async def block(context: Context, *, member_id: int | None, given: Given | None) -> Member:
    """Stop a member from seeing and signing, at once and everywhere."""
    async with context.work(Verb.BLOCK_MEMBER) as work:
        about = await _judged(work, member_id, given)
        event = about.member.block(at=work.now, basis=about.basis, admins=about.admins, by_operator=about.by_operator)
        await work.record(event, *await tokens.ended_with(work, about.member, basis=about.basis))
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
        event = about.member.remove(at=work.now, basis=about.basis, admins=about.admins, by_operator=about.by_operator)
        await work.record(event, *await tokens.ended_with(work, about.member, basis=about.basis))
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
            admins=about.admins,
            by_operator=about.by_operator,
        )
        await work.record(event, *await tokens.ended_with(work, about.member, basis=about.basis))
    return about.member


async def _admins(work: Work, cabinet_id: int) -> list[Member]:
    """The administrators, locked by ascending id: two who block each other at once leave one (EA6)."""
    admins = select(Member).where(Member.cabinet_id == cabinet_id, Member.role == MemberRole.ADMIN)
    # As `_judged` loads them: one of these rows may be the very member, read anew.
    loaded = admins.options(*Member.with_people(), selectinload(Member.periods))
    active = loaded.where(Member.state == MemberState.ACTIVE).order_by(Member.id)
    return await work.all(locked(active, of=Member))
