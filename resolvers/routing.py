"""Whom a document is for: organisations by tax number, people by address, and the cabinet it goes into (C20)."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from models.accounts import User, checked_email, email_key
from models.cabinets import Cabinet
from models.exchanges import DocumentSide, Party
from models.members import Member
from models.organizations import Organization
from models.refusals import Reason, Refusal
from resolvers.context import Work
from resolvers.locks import held, locked
from resolvers.texts import Path, clean


@dataclass(frozen=True, kw_only=True)
class OrganizationName:
    """An organisation as a client names it: by tax number, with a name in case it is new here."""

    tax_id: str | None = None
    name: str | None = None


async def organization(work: Work, named: OrganizationName, *, path: Path) -> Organization:
    """The organisation of that tax number, or a new one of that name. Raises REQUIRED when neither is given."""
    tax_id = clean(named.tax_id, path=(*path, "taxId"), limit=50)
    if tax_id is not None:
        known = await work.across(select(Organization).where(Organization.tax_id == tax_id))
        if known:
            return known[0]
    name = clean(named.name, path=(*path, "name"), limit=200, is_required=True)
    created = work.add(Organization.called(name, tax_id=tax_id))
    await work.flush()
    return created


async def cabinet_of(work: Work, organization: Organization) -> Cabinet | None:
    """The organisation's cabinet on this server."""
    statement = select(Cabinet).options(joinedload(Cabinet.organization))
    found = await work.across(statement.where(Cabinet.organization_id == organization.id))
    return found[0] if found else None


async def account(work: Work, email: str) -> User | None:
    """The account of an address; letter case does not matter (EA12)."""
    key = email_key(email)
    return (await _accounts(work, [key])).get(key)


async def held_account(work: Work, email: str) -> User | None:
    """The same, held: what an act judges of it is so until the act ends."""
    found = await work.across(held(select(User).where(User.email_key == email_key(email))))
    return found[0] if found else None


async def _accounts(work: Work, keys: Sequence[str]) -> dict[str, User]:
    found = await work.across(select(User).where(User.email_key.in_(keys)))
    return {user.email_key: user for user in found}


async def claim(work: Work, user: User) -> None:
    """Give somebody whose account has just been made the documents that were addressed to him before."""
    waiting = select(Party).where(Party.email_key == user.email_key, Party.user_id.is_(None))
    for party in await work.all(waiting.where(Party.side == DocumentSide.RECIPIENT)):
        party.claim(user)


def addressed(emails: Sequence[str], *, organization: Organization, path: Path) -> list[Party]:
    """The people addressed, as written; the organisation as a whole when none is named."""
    if not emails:
        return [Party(side=DocumentSide.RECIPIENT, organization=organization)]
    addresses: dict[str, str] = {}
    for address in (checked_email(email, path=path) for email in emails):
        addresses.setdefault(email_key(address), address)
    return [
        Party(side=DocumentSide.RECIPIENT, organization=organization, person_email=address)
        for address in addresses.values()
    ]


async def name(work: Work, parties: Sequence[Party]) -> None:
    """Find the accounts of the people addressed, with their names of this moment.

    Only when a document is sent or delivered: a draft that told names would tell who has an account here.
    """
    waiting = {email_key(party.person_email): party for party in parties if party.person_email and not party.user_id}
    for key, user in (await _accounts(work, list(waiting))).items():
        waiting[key].claim(user)
        waiting[key].person_name, waiting[key].person_email = user.display_name, user.email


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Where a document goes: the organisation's cabinet, or these accounts' own archives, in the order named."""

    cabinet: Cabinet | None = None
    users: tuple[User, ...] = ()


async def destination(work: Work, organization: Organization, parties: Sequence[Party], *, path: Path) -> Destination:
    """The organisation's cabinet where a recipient is or was a member or nobody named has an account; else accounts.

    Raises NOT_FOUND where there is neither (C20). The accounts are locked: nobody joins while it is decided.
    """
    cabinet = await cabinet_of(work, organization)
    users = await lock_accounts(work, [party.user_id for party in parties if party.user_id])
    if cabinet is not None and (not users or await _is_known(work, cabinet, users)):
        return Destination(cabinet=cabinet)
    if not users:
        raise Refusal(Reason.NOT_FOUND, path=path)
    return Destination(users=users)


async def lock_accounts(work: Work, user_ids: Sequence[int]) -> tuple[User, ...]:
    """Accounts in the order named, locked: whoever joins and whoever sends to them take turns."""
    named = select(User).where(User.id.in_(user_ids)).order_by(User.id)
    found = {user.id: user for user in await work.across(locked(named))}
    return tuple(found[user_id] for user_id in dict.fromkeys(user_ids))


async def _is_known(work: Work, cabinet: Cabinet, users: Sequence[User]) -> bool:
    """Whether one of them is or was a member there."""
    known = select(Member.id).where(Member.cabinet_id == cabinet.id, Member.user_id.in_([user.id for user in users]))
    return bool(await work.across(known))
