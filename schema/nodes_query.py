"""`node` and `nodes`: any object by its id, of whatever kind."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import strawberry

from models.refusals import Reason, Refusal
from resolvers import cabinets, certificates, documents, journal, people, sessions, signatures, uploads
from resolvers.context import Context
from resolvers.loaders import load
from schema.fields import Argument, asks
from schema.nodes import Node, decode

Find = Callable[[Context, int], Awaitable[object]]


def _together(batch: Callable[..., Awaitable[Any]]) -> Find:
    return lambda context, row_id: load(context, batch, row_id)


# An API token is read by itself once tokens can be listed (issue 4).
FINDS: dict[str, Find] = {
    "Document": _together(documents.by_ids),
    "Member": _together(people.members_by_id),
    "Cabinet": _together(cabinets.by_ids),
    "ActivityEntry": _together(journal.by_ids),
    "User": people.known_user,
    "Organization": people.known_organization,
    "Signature": lambda context, row_id: signatures.signature(context, signature_id=row_id),
    "Certificate": lambda context, row_id: certificates.own(context, certificate_id=row_id),
    "Session": lambda context, row_id: sessions.own(context, session_id=row_id),
    "SigningIntent": lambda context, row_id: signatures.intent(context, intent_id=row_id),
    "DocumentUpload": lambda context, row_id: uploads.upload(context, upload_id=row_id),
}


async def _node(context: Context, *, id: str) -> object:
    found = decode(id)
    find = FINDS.get(found[0]) if found else None
    return await find(context, found[1]) if find and found else None


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
