"""API tokens: what the journal shows of a program that acted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from models import tokens as rows
from models.members import Member as MemberRow
from resolvers import people
from resolvers.context import Context
from schema.fields import batched, told
from schema.kinds import ApiTokenScope
from schema.nodes import node_id, shows
from schema.users import Actor

if TYPE_CHECKING:
    from schema.members import Member


async def _responsible(context: Context, tokens: Sequence[rows.ApiToken]) -> list[MemberRow | None]:
    return await people.members_by_id(context, [token.responsible_id for token in tokens])


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


TYPES: list[Any] = [ApiToken]
