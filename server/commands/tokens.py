"""Bearer tokens: sessions for trying things out, the exchange's own; those of cabinets are listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from server.commands import faces
from server.commands.errors import Failure
from server.commands.line import as_json, columns, tell
from server.commands.people import found_user
from server.commands.world import as_owner, looking

if TYPE_CHECKING:
    from models.accounts import Session
    from models.tokens import ApiToken
    from resolvers.context import Context


@click.group()
def token() -> None:
    """Bearer tokens."""


@token.command("create")
@click.argument("email", required=False)
@click.option("--exchange", metavar="NAME", help="A token of the exchange, which delivers documents to every cabinet.")
@as_json
def token_create(email: str | None, exchange: str | None) -> None:
    """Print a token, once: a session of the person with this EMAIL, or one of the exchange."""
    from resolvers import owner

    if (email is None) == (exchange is None):
        raise click.UsageError("name a person's EMAIL or --exchange NAME", click.get_current_context())
    named = exchange or ""

    async def act(context: Context) -> str:
        if email is None:
            return await owner.exchange_token(context, name=named)
        return await owner.session_of(context, email=(await found_user(context, email)).email)

    made = as_owner(act)
    tell({"token": made}, made)


@token.command("list")
@click.argument("email", required=False)
@as_json
def token_list(email: str | None) -> None:
    """List API tokens, the exchange's too; with a person's EMAIL his logins. Never their text."""
    if email is None:
        _list_tokens()
    else:
        _list_sessions(email)


def _list_tokens() -> None:
    from resolvers import directory

    found = looking(directory.api_tokens)
    rows = [_token_row(each) for each in found]
    tell({"apiTokens": [faces.api_token(each) for each in found]}, columns(rows, nothing="no token"))


def _token_row(each: ApiToken) -> tuple[object, ...]:
    whose = faces.public("Cabinet", each.cabinet_id) if each.cabinet_id else "exchange"
    answers = each.responsible.user.email if each.responsible else None
    scopes = ",".join(each.scopes)
    return faces.public("ApiToken", each.id), whose, each.display_name, scopes, answers, each.last_used_at


def _list_sessions(email: str) -> None:
    from resolvers import directory

    async def look(context: Context) -> list[Session]:
        return await directory.sessions(context, await found_user(context, email))

    found = looking(look)
    rows = [(faces.public("Session", s.id), s.created_at, s.last_used_at, s.user_agent) for s in found]
    tell({"sessions": [faces.session(each) for each in found]}, columns(rows, nothing="no login"))


@token.command("revoke")
@click.argument("token")
@as_json
def token_revoke(token: str) -> None:
    """End a TOKEN by its id: somebody's login, or a token of the exchange. Its streams and links end with it."""
    from resolvers import owner
    from schema.nodes import decode

    kind, row_id = decode(token) or ("", 0)
    acts = {"Session": owner.end_session, "ApiToken": owner.revoke_exchange_token}
    if kind not in acts:
        raise Failure(f"no token {token}; `cabinet token list [EMAIL]` shows their ids")

    async def act(context: Context) -> None:
        if kind == "ApiToken":
            await _leave_to_administrators(context, token, row_id)
        await acts[kind](context, row_id)

    as_owner(act)
    tell({"revokedId": token}, f"ended {token}")


async def _leave_to_administrators(context: Context, token: str, row_id: int) -> None:
    """Refuse a cabinet's token: `apiTokenRevoke` is its administrators' act, which no operator may do (H9)."""
    from resolvers import directory

    found = await directory.api_token(context, token_id=row_id)
    if found is not None and found.cabinet_id is not None and found.responsible is not None:
        whose, answers = faces.public("Cabinet", found.cabinet_id), faces.public("Member", found.responsible.id)
        raise Failure(
            f"{token} is of cabinet {whose}: only its administrators end it, by apiTokenRevoke; "
            f"`cabinet member block {answers}` stops who answers for it, and the token with him"
        )
