"""Cabinets: opened by an operator, listed and shown by the server's owner."""

from __future__ import annotations

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
    rows = [*_row(found), *(f"{count} {state.lower()}" for state, count in states.items())]
    tell({"cabinet": face}, columns([[*rows, f"{found.last_seq} journal entries"]], nothing=""))
