"""The operator's desk: `--as EMAIL --basis TEXT --ticket ID`, and how cabinets and members are named there.

An act is performed with the operator's own rights, and refused as the mutation refuses it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from server.commands.errors import Failure

if TYPE_CHECKING:
    from models.cabinets import Cabinet
    from models.members import Member
    from resolvers.context import Context
    from resolvers.members import Given, Newcomer

F = TypeVar("F", bound=Callable[..., Any])

OPERATOR = click.option("--as", "operator", metavar="EMAIL", required=True, help="The operator who acts.")
BASIS = click.option("--basis", metavar="TEXT", required=True, help="Who asked for it, and how; members read it.")
TICKET = click.option("--ticket", metavar="ID", required=True, help="Id of the request; members read it.")
CABINET = click.option("--cabinet", metavar="CABINET", help="Where, by id or tax number, if MEMBER is an address.")


def at_the_desk(command: F) -> F:
    """What every act of an operator says."""
    return OPERATOR(BASIS(TICKET(command)))


def given(basis: str, ticket: str) -> Given:
    """On whose word, as resolvers take it."""
    from resolvers.members import Given

    return Given(text=basis, ticket=ticket)


async def found_cabinet(context: Context, named: str) -> Cabinet:
    """The cabinet of an id or tax number, as the caller sees it; `Failure` where he sees none."""
    from resolvers import directory
    from schema.nodes import id_of

    row_id = id_of("Cabinet")(named)
    wanted = {"cabinet_id": row_id} if row_id is not None else {"tax_id": named.strip()}
    found = await directory.cabinet(context, **wanted)
    if found is None:
        raise Failure(f"no cabinet {named} that you may see; `cabinet cabinet list` shows them")
    return found


async def found_member(context: Context, named: str, *, cabinet: str | None) -> Member:
    """The member of an id or address; `Failure` where the caller sees none, or several and no cabinet is named."""
    from resolvers import directory
    from schema.nodes import id_of

    row_id = id_of("Member")(named)
    wanted = {"member_id": row_id} if row_id is not None else {"email": named}
    where = (await found_cabinet(context, cabinet)).id if cabinet is not None else None
    found = await directory.members(context, cabinet_id=where, **wanted)
    if not found:
        raise Failure(f"no member {named} that you may see; `cabinet member list CABINET` shows them")
    if len(found) > 1:
        raise Failure(f"{named} is a member of {len(found)} cabinets; say which with --cabinet")
    return found[0]


def newcomer(email: str, name: str | None, *, locale: str | None = None, **how: Any) -> Newcomer:
    """Whom to add: the account of an address, or with a name a new one. `how` are the other facts of a `Newcomer`."""
    from models.accounts import Locale
    from resolvers.members import Newcomer, NewUser

    if name is None:
        return Newcomer(email=email, **how)
    speaks = Locale(locale.upper()) if locale else None
    return Newcomer(new_user=NewUser(display_name=name, email=email, locale=speaks), **how)
