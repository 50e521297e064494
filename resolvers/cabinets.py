"""Cabinets: opening one, finding one's own, and what its page shows."""

from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from models.access import Verb, manages
from models.accounts import OperatorKind, User
from models.cabinets import Cabinet
from models.documents import Document
from models.members import Member
from models.names import fold
from models.organizations import Organization
from models.refusals import Reason, Refusal
from resolvers import routing
from resolvers.context import Context
from resolvers.members import Given, Newcomer, basis_of, enroll, require_another
from resolvers.pages import Key, Page, Paging, page
from resolvers.routing import OrganizationName
from resolvers.texts import clean, searched

FOR_PAGE = joinedload(Cabinet.organization)
WITH_MANAGER = (FOR_PAGE, joinedload(Cabinet.personal_manager))


async def create(context: Context, *, organization: OrganizationName, first_admin: Newcomer, given: Given) -> Cabinet:
    """Open a cabinet for an organisation; its first administrator is written to like anybody added (C23)."""
    async with context.work(Verb.CREATE_CABINET) as work:
        work.authorize()
        basis = basis_of(work, given, None)
        owner = await routing.organization(work, organization, path=("organization",))
        if await routing.cabinet_of(work, owner) is not None:
            raise Refusal(Reason.CABINET_EXISTS, path=("organization",))
        name = clean(organization.name, path=("organization", "name"), limit=200)
        if name is not None:
            owner.rename(name)
        cabinet = work.add(Cabinet.open(organization=owner, at=work.now))
        if work.actor.operator is OperatorKind.PERSONAL_MANAGER:
            cabinet.personal_manager_id = work.actor.user_id
        await work.flush()
        member = await enroll(context, work, cabinet, first_admin)
        added = member.added(basis=basis, invited=first_admin.new_user is not None)
        await work.record(cabinet.opened(basis=basis), added)
    return cabinet


async def update(
    context: Context, *, cabinet_id: int | None, self_service: bool | None, given: Given | None
) -> Cabinet:
    """Change settings, as an administrator or for the service."""
    async with context.work(Verb.UPDATE_CABINET) as work:
        cabinet = await work.get(Cabinet, cabinet_id, FOR_PAGE, path=("cabinetId",))
        basis, by_operator = basis_of(work, given, cabinet.id), work.is_operators(cabinet.id)
        if self_service and not cabinet.self_service and not by_operator:
            # He would give himself, as administrator, what only an operator gives.
            require_another(work, work.actor.user_id, path=("selfService",))
        await work.record(cabinet.update(self_service=self_service, basis=basis, by_operator=by_operator))
    return cabinet


async def assign(context: Context, *, cabinet_id: int | None, email: str, given: Given) -> Cabinet:
    """Give a cabinet a personal manager, in place of any other."""
    async with context.work(Verb.ASSIGN_OPERATOR) as work:
        manager = await routing.held_account(work, email)  # before the cabinet, whose row is the counter
        cabinet = await work.get(Cabinet, cabinet_id, *WITH_MANAGER, path=("cabinetId",))
        basis = basis_of(work, given, cabinet.id)
        if manager is None:
            raise Refusal(Reason.NOT_FOUND, path=("email",))
        require_another(work, manager.id, path=("email",))
        await work.record(cabinet.assign(manager, basis=basis))
    return cabinet


async def unassign(context: Context, *, cabinet_id: int | None, given: Given) -> Cabinet:
    """Leave a cabinet without a personal manager: from now on it does not exist for him."""
    async with context.work(Verb.UNASSIGN_OPERATOR) as work:
        cabinet = await work.get(Cabinet, cabinet_id, *WITH_MANAGER, path=("cabinetId",))
        await work.record(cabinet.unassign(basis=basis_of(work, given, cabinet.id)))
    return cabinet


async def cabinet(context: Context, *, cabinet_id: int | None, is_named: bool) -> Cabinet | None:
    """A cabinet that the caller may see; without an id his only one. Raises BAD_USER_INPUT when he has several."""
    async with context.reading() as reading:
        if is_named:
            return await reading.first(select(Cabinet).options(FOR_PAGE).where(Cabinet.id == cabinet_id))
        own = reading.actor.meant_by_default
        if len(own) > 1:
            raise Refusal(Reason.BAD_USER_INPUT, path=("id",))
        return await reading.first(select(Cabinet).options(FOR_PAGE).where(Cabinet.id.in_(own)))


async def listed(context: Context, *, paging: Paging, search: str | None) -> Page[Cabinet]:
    """Cabinets the caller is an active member of or looks after, by name."""
    order = [Key(Cabinet.sort_key), Key(Cabinet.id)]  # type: ignore[arg-type]
    async with context.reading() as reading:
        scope = ("cabinets", search, reading.actor.user_id, reading.actor.token_id)
    return await page(context, of_organizations(search).options(FOR_PAGE), order=order, paging=paging, scope=scope)


def of_organizations(search: str | None) -> Select[Cabinet]:
    """Cabinets with their organisations joined; those whose name has `search` in it, or whose tax number it is."""
    everywhere = select(Cabinet).join(Organization, Organization.id == Cabinet.organization_id)
    text = searched(search)
    if not text:
        return everywhere
    named = Organization.name_folded.contains(fold(text), autoescape=True)
    return everywhere.where(named | (Organization.tax_id == text))


async def by_ids(context: Context, ids: Sequence[int | None]) -> list[Cabinet | None]:
    """Cabinets that the caller may see, in the order asked."""
    async with context.reading() as reading:
        return await reading.by_ids(Cabinet, ids, FOR_PAGE)


async def own_members(context: Context, cabinets: Sequence[Cabinet]) -> list[Member | None]:
    """The caller's own active membership in each cabinet; None for operators and tokens."""
    async with context.reading() as reading:
        own = Member.user_id == (reading.actor.user_id or 0)
        statement = select(Member).options(*Member.with_people()).where(own)
        found = {member.cabinet_id: member for member in await reading.all(statement) if member.is_active}
    return [found.get(cabinet.id) for cabinet in cabinets]


async def can_manage(context: Context, cabinets: Sequence[Cabinet]) -> list[bool]:
    """Whether the caller may change each cabinet's members."""
    async with context.reading() as reading:
        return [manages(reading.actor, cabinet.id) for cabinet in cabinets]


async def personal_managers(context: Context, cabinets: Sequence[Cabinet]) -> list[User | None]:
    """Whom to ask for changes besides the hotline."""
    async with context.reading() as reading:
        wanted = {cabinet.personal_manager_id for cabinet in cabinets if cabinet.personal_manager_id}
        found = {user.id: user for user in await reading.all(select(User).where(User.id.in_(wanted)))}
    return [found.get(cabinet.personal_manager_id or 0) for cabinet in cabinets]


async def counterparties(context: Context, cabinet: Cabinet, *, first: int, search: str | None) -> list[Organization]:
    """Organisations the cabinet has exchanged documents with, by name."""
    exchanged = select(Document.counterparty_id).where(Document.cabinet_id == cabinet.id)
    statement = select(Organization).where(Organization.id.in_(exchanged))
    if text := searched(search):
        statement = statement.where(Organization.name_folded.contains(fold(text), autoescape=True))
    async with context.reading() as reading:
        return await reading.all(statement.order_by(Organization.name_folded, Organization.id).limit(first))
