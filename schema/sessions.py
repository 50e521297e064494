"""Logins: beginning and ending them, and setting a password by the code of a letter."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from models import accounts as rows
from resolvers import sessions
from resolvers.context import Context
from schema.fields import acts, batched
from schema.nodes import Node, encode, id_of, is_named, node_id, shows
from schema.prices import LOGIN
from schema.refusals import UserError, told_errors

if TYPE_CHECKING:
    from schema.users import User


@strawberry.type(description="One login of a user.")
@shows(rows.Session)
class Session(Node):
    """A login."""

    id: strawberry.ID = node_id("Session", "Opaque identifier, for `sessionDelete`.")
    created_at: datetime = strawberry.field(description="When the user logged in.")
    last_used_at: datetime = strawberry.field(description="Last request, within five minutes.")
    expires_at: datetime = strawberry.field(description="When it ends by itself.")
    client_address: str | None = strawberry.field(description="IP address at login.")
    user_agent: str | None = strawberry.field(description="Browser or program at login.")
    is_current: bool = batched(sessions.current, "Whether this very request used it.", 1)


@strawberry.input(description="Credentials.")
class SessionCreateInput:
    """What to log in with."""

    email: str = strawberry.field(description="Letter case does not matter.")
    password: str = strawberry.field(description="As typed.")


@strawberry.type(description="Result of logging in.")
class SessionCreatePayload:
    """A new login."""

    viewer: Annotated[User, strawberry.lazy("schema.users")] | None = strawberry.field(
        description="Who logged in.", default=None
    )
    access_token: str | None = strawberry.field(
        description="For `Authorization: Bearer …`; browsers rely on the cookie instead.", default=None
    )
    session: Session | None = strawberry.field(description="The new session.", default=None)
    user_errors: list[UserError] = told_errors()


@strawberry.input(description="Which session to end.")
class SessionDeleteInput:
    """Which login."""

    session_id: strawberry.ID | None = strawberry.field(
        description="One of `viewer.sessions`; the current one when absent.", default=strawberry.UNSET
    )


@strawberry.type(description="Result of ending a session.")
class SessionDeletePayload:
    """A login that ended."""

    deleted_session_id: strawberry.ID | None = strawberry.field(description="The session that ended.", default=None)
    user_errors: list[UserError] = told_errors()


@strawberry.input(description="Token and new password.")
class PasswordResetInput:
    """What a letter allows."""

    token: str = strawberry.field(description="From the letter's link.")
    new_password: str = strawberry.field(description="10 to 128 characters.")


@strawberry.type(description="Result of setting a password.")
class PasswordResetPayload:
    """Whose password."""

    viewer: Annotated[User, strawberry.lazy("schema.users")] | None = strawberry.field(
        description="Whose password it was; log in next.", default=None
    )
    user_errors: list[UserError] = told_errors()


async def _create(context: Context, input: SessionCreateInput) -> dict[str, object]:
    made = await sessions.log_in(context, email=input.email, password=input.password)
    return {"viewer": made.user, "access_token": made.token, "session": made.session}


async def _delete(context: Context, input: SessionDeleteInput) -> dict[str, object]:
    ended = await sessions.log_out(context, session_id=_named(input.session_id))
    return {"deleted_session_id": encode("Session", ended)}


def _named(text: strawberry.ID | None) -> int | None:
    """The row id; 0, which no row has, for what is no id: it must not end the current session instead."""
    return (id_of("Session")(text) or 0) if is_named(text) else None


async def _reset(context: Context, input: PasswordResetInput) -> dict[str, object]:
    return {"viewer": await sessions.set_password(context, code=input.token, password=input.new_password)}


@strawberry.type
class SessionMutation:
    """Acts on logins."""

    session_create: SessionCreatePayload | None = acts(
        SessionCreatePayload,
        _create,
        SessionCreateInput,
        does="Log in by e-mail and password. Sets the session cookie; API clients use the bearer token. "
        "Needs no login.",
        input="Credentials.",
        weight=LOGIN,
    )
    session_delete: SessionDeletePayload | None = acts(
        SessionDeletePayload,
        _delete,
        SessionDeleteInput,
        does="Log out here, or end another session of one's own; its open subscriptions end. For any user.",
        input="Which session.",
    )
    password_reset: PasswordResetPayload | None = acts(
        PasswordResetPayload,
        _reset,
        PasswordResetInput,
        does="Set a password with the token of that letter or of an invitation, which also confirms the e-mail. "
        "Ends all sessions. Needs no login.",
        input="Token and new password.",
    )


TYPES: list[Any] = [Session]
