"""Cabinets: opened, changed and given a personal manager by an operator, listed and shown by the server's owner."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import click

from server.commands import desk, faces
from server.commands.line import as_json, columns, tell
from server.commands.people import LIMIT
from server.commands.world import as_operator, looking

if TYPE_CHECKING:
    from models.cabinets import Cabinet
    from models.members import Member
    from resolvers.context import Context
    from resolvers.members import Given

CabinetAct = Callable[..., Awaitable["Cabinet"]]


@click.group()
def cabinet() -> None:
    """Cabinets of organisations."""


@cabinet.command("create")
@click.argument("admin")
@click.option("--organization", metavar="NAME", required=True, help="Name of the organisation.")
@click.option("--tax-id", metavar="ID", required=True, help="Its tax number (УНП).")
@click.option("--name", help="Full name of the first administrator, if ADMIN has no account yet.")
@desk.at_the_desk
@as_json
def cabinet_create(
    admin: str, organization: str, tax_id: str, name: str | None, operator: str, basis: str, ticket: str
) -> None:
    """Open a cabinet whose first administrator is ADMIN, an e-mail address; he gets a letter."""
    from models.members import MemberRole
    from resolvers import cabinets
    from resolvers.routing import OrganizationName

    owner = OrganizationName(tax_id=tax_id, name=organization)
    first = desk.newcomer(admin, name, role=MemberRole.ADMIN, path=("firstAdmin",))
    word = desk.given(basis, ticket)

    async def act(context: Context) -> Cabinet:
        made = await cabinets.create(context, organization=owner, first_admin=first, given=word)
        return await desk.found_cabinet(context, faces.public("Cabinet", made.id))

    made = as_operator(operator, act)
    tell({"cabinet": faces.cabinet(made)}, f"opened {faces.public('Cabinet', made.id)}  {made.organization.name}")


@cabinet.command("update")
@click.argument("cabinet")
@click.option(
    "--self-service/--no-self-service", default=None, help="Whether administrators may change members themselves."
)
@desk.at_the_desk
@as_json
def cabinet_update(cabinet: str, self_service: bool | None, operator: str, basis: str, ticket: str) -> None:
    """Change a CABINET's settings."""
    from resolvers import cabinets

    if self_service is None:
        raise click.UsageError("name --self-service or --no-self-service", click.get_current_context())

    async def change(context: Context, *, cabinet_id: int | None, given: Given) -> Cabinet:
        return await cabinets.update(context, cabinet_id=cabinet_id, self_service=self_service, given=given)

    _act(change, cabinet, operator, desk.given(basis, ticket))


@cabinet.command("assign")
@click.argument("cabinet")
@click.argument("manager")
@desk.at_the_desk
@as_json
def cabinet_assign(cabinet: str, manager: str, operator: str, basis: str, ticket: str) -> None:
    """Make MANAGER, the address of a personal manager, the one of this CABINET, in place of any other."""
    from resolvers import cabinets

    async def assign(context: Context, *, cabinet_id: int | None, given: Given) -> Cabinet:
        return await cabinets.assign(context, cabinet_id=cabinet_id, email=manager, given=given)

    _act(assign, cabinet, operator, desk.given(basis, ticket))


@cabinet.command("unassign")
@click.argument("cabinet")
@desk.at_the_desk
@as_json
def cabinet_unassign(cabinet: str, operator: str, basis: str, ticket: str) -> None:
    """Leave a CABINET without a personal manager: from now on it does not exist for him."""
    from resolvers import cabinets

    _act(cabinets.unassign, cabinet, operator, desk.given(basis, ticket))


def _act(act: CabinetAct, cabinet: str, operator: str, word: Given) -> None:
    async def perform(context: Context) -> Cabinet:
        named = await desk.found_cabinet(context, cabinet)
        await act(context, cabinet_id=named.id, given=word)
        return await desk.found_cabinet(context, faces.public("Cabinet", named.id))

    changed = as_operator(operator, perform)
    tell({"cabinet": faces.cabinet(changed)}, columns([[*_row(changed), *_standing(changed)]], nothing=""))


@cabinet.command("list")
@click.option("--search", help="Part of the organisation's name, or its tax number.")
@LIMIT
@as_json
def cabinet_list(search: str | None, limit: int) -> None:
    """List cabinets by name."""
    from resolvers import directory

    found = looking(lambda context: directory.cabinets(context, search=search, limit=limit + 1))
    shown = found[:limit]
    document = {"cabinets": [faces.cabinet(each) for each in shown], "hasMore": len(found) > limit}
    more = ["… and more: say --search or a larger --limit"] if len(found) > limit else []
    tell(document, [*columns([_row(each) for each in shown], nothing="no cabinet"), *more])


def _row(each: Cabinet) -> tuple[object, ...]:
    return faces.public("Cabinet", each.id), each.organization.tax_id, each.organization.name


def _standing(each: Cabinet) -> tuple[str, str]:
    """Its settings: what an operator may change."""
    manager = each.personal_manager.email if each.personal_manager else "nobody"
    return "self-service" if each.self_service else "no self-service", f"looked after by {manager}"


@cabinet.command("show")
@click.argument("cabinet")
@as_json
def cabinet_show(cabinet: str) -> None:
    """Show a CABINET, by id or tax number, with the number of its members in each state."""
    from resolvers import directory

    async def look(context: Context) -> tuple[Cabinet, list[Member]]:
        found = await desk.found_cabinet(context, cabinet)
        return found, await directory.members(context, cabinet_id=found.id)

    found, people = looking(look)
    states = dict.fromkeys(("ACTIVE", "BLOCKED", "REMOVED"), 0)
    for person in people:
        states[person.state.value] += 1
    face = {**faces.cabinet(found), "members": states, "journalEntries": found.last_seq}
    row = [*_row(found), *(f"{count} {state.lower()}" for state, count in states.items())]
    tell({"cabinet": face}, columns([[*row, f"{found.last_seq} journal entries", *_standing(found)]], nothing=""))
