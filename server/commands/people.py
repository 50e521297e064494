"""Accounts and operators: what the server's owner does about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from server.commands import faces
from server.commands.errors import Failure
from server.commands.line import as_json, columns, tell
from server.commands.world import as_owner, looking, settings_of

if TYPE_CHECKING:
    from models.accounts import Session, User
    from models.members import Member
    from models.organizations import Organization
    from resolvers.context import Context
    from resolvers.owner import Invited

LIMIT = click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="At most so many.")
SEARCH = click.option("--search", help="Part of the name or address.")
KIND = click.Choice(["hotline", "personal-manager"])
KEEPS = "the account keeps its password"


@click.group()
def user() -> None:
    """Accounts of people."""


@user.command("add")
@click.argument("email")
@click.option("--name", required=True, help="The person's full name.")
@click.option("--locale", type=click.Choice(["ru", "be", "en"]), help="Language of letters, instead of CABINET_LOCALE.")
@as_json
def user_add(email: str, name: str, locale: str | None) -> None:
    """Make an account; prints the code for its first password, good for 7 days. No letter is sent."""
    from resolvers import owner

    made = as_owner(lambda context: owner.make_account(context, email=email, display_name=name, locale=locale))
    tell({"user": faces.user(made.user), "code": made.code}, made.code or "")


@user.command("list")
@SEARCH
@LIMIT
@as_json
def user_list(search: str | None, limit: int) -> None:
    """List accounts by name."""
    _list(search, limit, is_operator=False)


@user.command("show")
@click.argument("email")
@as_json
def user_show(email: str) -> None:
    """Show an account by its EMAIL or id, with memberships and logins."""
    from resolvers import directory

    async def look(context: Context) -> tuple[User, list[tuple[Member, Organization]], list[Session]]:
        person = await found_user(context, email)
        return person, await directory.memberships(context, person), await directory.sessions(context, person)

    person, memberships, sessions = looking(look)
    face = faces.user(person)
    document = {
        "user": face,
        "memberships": [{**faces.member(m), "organization": faces.organization(o)} for m, o in memberships],
        "sessions": [faces.session(each) for each in sessions],
    }
    tell(document, [*_facts(face), *_memberships(memberships), f"logins  {len(sessions)}"])


def _facts(face: faces.Face) -> list[str]:
    return columns([(name, ", ".join(v) if isinstance(v, list) else v) for name, v in face.items()], nothing="")


def _memberships(found: list[tuple[Member, Organization]]) -> list[str]:
    rows = [
        (faces.public("Member", member.id), organization.name, member.role.value, member.state.value)
        for member, organization in found
    ]
    return columns(rows, nothing="a member of no cabinet")


@user.command("reset-password")
@click.argument("email")
@as_json
def user_reset_password(email: str) -> None:
    """Print a code to set a new password with; earlier ones end, the old password works until it is used."""
    from resolvers import owner

    async def act(context: Context) -> Invited:
        return await owner.reset_password(context, user_id=(await found_user(context, email)).id)

    made = as_owner(act)
    tell({"user": faces.user(made.user), "code": made.code}, made.code or "")


@click.group()
def operator() -> None:
    """People of the hotline and personal managers."""


@operator.command("create")
@click.argument("email")
@click.option("--name", required=True, help="Name of a new account.")
@click.option("--kind", type=KIND, default="hotline", show_default=True, help="Of all cabinets, or of those assigned.")
@click.option("--phone", help="Telephone to show to members.")
@as_json
def operator_create(email: str, name: str, kind: str, phone: str | None) -> None:
    """Make somebody an operator; prints a code for `passwordReset`, good for 7 days, while there is no password."""
    from models.accounts import OperatorKind
    from resolvers import owner
    from server import migrate

    settings, chosen = settings_of(), OperatorKind(kind.upper().replace("-", "_"))
    migrate.upgrade(settings)
    made = as_owner(
        lambda context: owner.make_operator(context, email=email, display_name=name, kind=chosen, phone=phone),
        settings=settings,
    )
    tell({"user": faces.user(made.user), "code": made.code}, made.code or KEEPS)


@operator.command("list")
@SEARCH
@LIMIT
@as_json
def operator_list(search: str | None, limit: int) -> None:
    """List operators by name."""
    _list(search, limit, is_operator=True)


def _list(search: str | None, limit: int, *, is_operator: bool) -> None:
    from resolvers import directory

    found = looking(lambda context: directory.users(context, search=search, is_operator=is_operator, limit=limit + 1))
    shown = found[:limit]
    document = {"users": [faces.user(each) for each in shown], "hasMore": len(found) > limit}
    more = ["… and more: say --search or a larger --limit"] if len(found) > limit else []
    tell(document, [*columns([_row(each) for each in shown], nothing="nobody"), *more])


def _row(person: User) -> tuple[object, ...]:
    kind = (person.operator_kind or "").lower().replace("_", "-")
    return faces.public("User", person.id), person.email, person.display_name, kind, registration(person)


def registration(person: User) -> str:
    """Whether somebody has done all that belongs to a registration, or what is missing."""
    missing = ",".join(step.value.lower() for step in person.missing)
    return f"waits for {missing}" if missing else "complete"


async def found_user(context: Context, named: str) -> User:
    """The account of an address or id; `Failure` where there is none."""
    from resolvers import directory
    from schema.nodes import id_of

    row_id = id_of("User")(named)
    given = {"user_id": row_id} if row_id is not None else {"email": named}
    found = await directory.user(context, **given)
    if found is None:
        raise Failure(f"no account {named}; `cabinet user list` shows them")
    return found
