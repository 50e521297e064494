"""Members: the hotline's tool. Each act is that of the mutation, as the operator named, on somebody's word."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import click

from server.commands import desk, faces
from server.commands.line import as_json, columns, tell
from server.commands.people import registration
from server.commands.world import as_operator, looking

if TYPE_CHECKING:
    from models.members import Member
    from resolvers.context import Context
    from resolvers.members import Given
    from resolvers.routing import OrganizationName

MemberAct = Callable[..., Awaitable["Member"]]
ROLE = click.Choice(["member", "admin"])
COMPANY = click.option("--company", metavar="NAME", help="Name of the company the member works for, if it is new here.")
COMPANY_TAX_ID = click.option("--company-tax-id", metavar="ID", help="Its tax number.")


@click.group()
def member() -> None:
    """Members of cabinets."""


@member.command("add")
@click.argument("cabinet")
@click.argument("email")
@click.option("--name", help="Full name, if EMAIL has no account yet; it is made and invited.")
@click.option("--locale", type=click.Choice(["ru", "be", "en"]), help="Language of letters to a new account.")
@click.option("--role", type=ROLE, default="member", show_default=True, help="What the member may do.")
@COMPANY
@COMPANY_TAX_ID
@click.option(
    "--share-from",
    type=click.Choice(["all", "join-date"]),
    default="all",
    show_default=True,
    help="Which earlier documents come along.",
)
@desk.at_the_desk
@as_json
def member_add(
    cabinet: str,
    email: str,
    name: str | None,
    locale: str | None,
    role: str,
    company: str | None,
    company_tax_id: str | None,
    share_from: str,
    operator: str,
    basis: str,
    ticket: str,
) -> None:
    """Add EMAIL to a CABINET, named by id or tax number: an account, or with --name a new one."""
    from models.members import MemberRole, ShareFrom
    from resolvers import members

    wish = desk.newcomer(
        email,
        name,
        locale=locale,
        company=_company(company, company_tax_id),
        role=MemberRole(role.upper()),
        share_from=ShareFrom(share_from.upper().replace("-", "_")),
    )
    word = desk.given(basis, ticket)

    async def act(context: Context) -> Member:
        where = await desk.found_cabinet(context, cabinet)
        made = await members.add(context, cabinet_id=where.id, newcomer=wish, given=word)
        return await desk.found_member(context, faces.public("Member", made.id), cabinet=None)

    _tell(as_operator(operator, act))


def _company(name: str | None, tax_id: str | None) -> OrganizationName | None:
    from resolvers.routing import OrganizationName

    return OrganizationName(tax_id=tax_id, name=name) if name or tax_id else None


@member.command("block")
@click.argument("member")
@desk.CABINET
@desk.at_the_desk
@as_json
def member_block(member: str, cabinet: str | None, operator: str, basis: str, ticket: str) -> None:
    """Stop a MEMBER, named by id or address, from seeing and signing, at once and everywhere."""
    from resolvers import members

    _act(members.block, member, cabinet, operator, desk.given(basis, ticket))


@member.command("unblock")
@click.argument("member")
@desk.CABINET
@desk.at_the_desk
@as_json
def member_unblock(member: str, cabinet: str | None, operator: str, basis: str, ticket: str) -> None:
    """Let a blocked MEMBER in again."""
    from resolvers import members

    _act(members.unblock, member, cabinet, operator, desk.given(basis, ticket))


@member.command("remove")
@click.argument("member")
@desk.CABINET
@desk.at_the_desk
@as_json
def member_remove(member: str, cabinet: str | None, operator: str, basis: str, ticket: str) -> None:
    """End a MEMBER's membership; documents and signatures stay."""
    from resolvers import members

    _act(members.remove, member, cabinet, operator, desk.given(basis, ticket))


@member.command("update")
@click.argument("member")
@desk.CABINET
@click.option("--role", type=ROLE, help="New role.")
@COMPANY
@COMPANY_TAX_ID
@desk.at_the_desk
@as_json
def member_update(
    member: str,
    cabinet: str | None,
    role: str | None,
    company: str | None,
    company_tax_id: str | None,
    operator: str,
    basis: str,
    ticket: str,
) -> None:
    """Change a MEMBER's role or company."""
    from models.members import MemberRole
    from resolvers import members

    if not (role or company or company_tax_id):
        raise click.UsageError("name --role, --company or --company-tax-id", click.get_current_context())
    chosen, works_for = MemberRole(role.upper()) if role else None, _company(company, company_tax_id)

    async def change(context: Context, *, member_id: int | None, given: Given | None) -> Member:
        return await members.change(context, member_id=member_id, role=chosen, company=works_for, given=given)

    _act(change, member, cabinet, operator, desk.given(basis, ticket))


def _act(act: MemberAct, member: str, cabinet: str | None, operator: str, word: Given) -> None:
    async def perform(context: Context) -> Member:
        named = await desk.found_member(context, member, cabinet=cabinet)
        return await act(context, member_id=named.id, given=word)

    _tell(as_operator(operator, perform))


@member.command("invite")
@click.argument("member")
@desk.CABINET
@desk.OPERATOR
@as_json
def member_invite(member: str, cabinet: str | None, operator: str) -> None:
    """Send a MEMBER who has not finished registering the invitation again; the older link ends."""
    from resolvers import invitations

    async def perform(context: Context) -> Member:
        named = await desk.found_member(context, member, cabinet=cabinet)
        return await invitations.send_again(context, member_id=named.id)

    _tell(as_operator(operator, perform))


@member.command("list")
@click.argument("cabinet")
@click.option("--state", type=click.Choice(["active", "blocked", "removed"]), help="Only these.")
@as_json
def member_list(cabinet: str, state: str | None) -> None:
    """List everybody who is or was a member of a CABINET, by name, and who has not finished registering."""
    from resolvers import directory

    async def look(context: Context) -> list[Member]:
        where = await desk.found_cabinet(context, cabinet)
        return await directory.members(context, cabinet_id=where.id)

    found = [each for each in looking(look) if state is None or each.state.value.lower() == state]
    tell({"members": [faces.member(each) for each in found]}, columns([_row(e) for e in found], nothing="nobody"))


def _tell(changed: Member) -> None:
    tell({"member": faces.member(changed)}, columns([_row(changed)], nothing=""))


def _row(each: Member) -> tuple[object, ...]:
    person, company = each.user, each.company.name
    return (
        faces.public("Member", each.id),
        person.email,
        person.display_name,
        company,
        each.role.value,
        each.state.value,
        registration(person),
    )
