"""`node` and `nodes`: any object by its id, of whatever kind."""

from __future__ import annotations

import asyncio

import strawberry

from models.refusals import Reason, Refusal
from resolvers import cabinets, certificates, documents, intents, journal, people, sessions, signatures, tokens, uploads
from resolvers.context import Context
from resolvers.loaders import Batch, load
from schema.fields import Argument, asks
from schema.nodes import Node, decode

# What is asked for at once is found by one call a kind.
FINDS: dict[str, Batch] = {
    "Document": documents.by_ids,
    "Member": people.members_by_id,
    "Cabinet": cabinets.by_ids,
    "ActivityEntry": journal.by_ids,
    "User": people.known_users,
    "Organization": people.known_organizations,
    "Signature": signatures.by_ids,
    "Certificate": certificates.own,
    "Session": sessions.own,
    "ApiToken": tokens.known,
    "SigningIntent": intents.by_ids,
    "DocumentUpload": uploads.own,
}


async def _node(context: Context, *, id: str) -> object:
    found = decode(id)
    find = FINDS.get(found[0]) if found else None
    return await load(context, find, found[1]) if find and found else None


async def _nodes(context: Context, *, ids: list[str]) -> list[object]:
    if len(ids) > context.outside.house.limits.max_page_size:
        raise Refusal(Reason.BAD_USER_INPUT, path=("ids",))
    return list(await asyncio.gather(*(_node(context, id=text) for text in ids)))


@strawberry.type
class NodeQuery:
    """Root fields for any object."""

    node: Node | None = asks(
        _node,
        "Any object by its id; `null` when it does not exist or is not visible to the caller.",
        id=Argument(type=strawberry.ID, description="Id of the object."),
    )
    nodes: list[Node | None] = asks(
        _nodes,
        "Several objects, in the order asked; `null` in place of each one not found or not visible.",
        ids=Argument(type=list[strawberry.ID], description="At most `server.limits.maxPageSize` ids."),
    )
