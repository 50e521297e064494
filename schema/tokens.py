"""API tokens: a program's access to a cabinet, as the journal and its administrators see it; making and ending it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from models import tokens as rows
from models.members import Member as MemberRow
from resolvers import people, tokens
from resolvers.context import Context
from schema.fields import acts, batched, told
from schema.kinds import ApiTokenScope
from schema.nodes import id_of, node_id, shows
from schema.refusals import UserError, told_errors
from schema.users import Actor

if TYPE_CHECKING:
    from schema.members import Member


async def _responsible(context: Context, found: Sequence[rows.ApiToken]) -> list[MemberRow | None]:
    return await people.members_by_id(context, [token.responsible_id for token in found])


@strawberry.type(
    description="A program's access to one cabinet; the exchange's own delivers to every one. It does what its scopes "
    "allow and dies with the membership or admin role of the person responsible. Tokens never sign."
)
@shows(rows.ApiToken)
class ApiToken(Actor):
    """A program's access."""

    id: strawberry.ID = node_id("ApiToken")
    display_name: str = strawberry.field(description="Name given by its maker, e.g. `1C`.")
    scopes: list[ApiTokenScope] = told(
        lambda token: [ApiTokenScope(scope) for scope in token.scopes], "What it may do."
    )
    responsible: Annotated[Member, strawberry.lazy("schema.members")] | None = batched(
        _responsible,
        "The admin who answers for it; `null` only for the exchange's own token, made by the server's owner.",
    )
    created_at: datetime = strawberry.field(description="When it was made.")
    last_used_at: datetime | None = strawberry.field(
        description="Last request, within five minutes; `null` when never used."
    )
    expires_at: datetime | None = strawberry.field(description="When it ends by itself; `null` for never.")
    revoked_at: datetime | None = strawberry.field(description="When it was revoked; `null` while it works.")


@strawberry.input(description="A token to make.")
class ApiTokenCreateInput:
    """Name, scopes, end."""

    cabinet_id: strawberry.ID = strawberry.field(description="For which cabinet.")
    display_name: str = strawberry.field(description="Shown in the journal, e.g. `1C`.")
    scopes: list[ApiTokenScope] = strawberry.field(description="What it may do; RECEIVE is not for admins to give.")
    expires_at: datetime | None = strawberry.field(
        description="When it shall end; never when absent.", default=strawberry.UNSET
    )


@strawberry.type(description="Result of making a token.")
class ApiTokenCreatePayload:
    """A token."""

    api_token: ApiToken | None = strawberry.field(description="The token's record.", default=None)
    bearer_token: str | None = strawberry.field(
        description="The token itself, for `Authorization: Bearer …`. Shown only this once.", default=None
    )
    user_errors: list[UserError] = told_errors()


@strawberry.input(description="Which token.")
class ApiTokenRevokeInput:
    """A token."""

    api_token_id: strawberry.ID = strawberry.field(description="One of `cabinet.apiTokens`.")


@strawberry.type(description="Result of revoking a token.")
class ApiTokenRevokePayload:
    """A token."""

    api_token: ApiToken | None = strawberry.field(description="The token's record.", default=None)
    user_errors: list[UserError] = told_errors()


async def _create(context: Context, input: ApiTokenCreateInput) -> dict[str, object]:
    made = await tokens.create(
        context,
        cabinet_id=id_of("Cabinet")(input.cabinet_id),
        display_name=input.display_name,
        scopes=input.scopes,
        expires_at=input.expires_at or None,
    )
    return {"api_token": made.row, "bearer_token": made.token}


async def _revoke(context: Context, input: ApiTokenRevokeInput) -> dict[str, object]:
    return {"api_token": await tokens.revoke(context, token_id=id_of("ApiToken")(input.api_token_id))}


@strawberry.type
class TokenMutation:
    """Acts on tokens."""

    api_token_create: ApiTokenCreatePayload | None = acts(
        ApiTokenCreatePayload,
        _create,
        ApiTokenCreateInput,
        does="Make a token for a program. For admins.",
        input="Name, scopes, end.",
    )
    api_token_revoke: ApiTokenRevokePayload | None = acts(
        ApiTokenRevokePayload,
        _revoke,
        ApiTokenRevokeInput,
        does="End a token; its open subscriptions end. For admins.",
        input="Which one.",
    )


TYPES: list[Any] = [ApiToken]
