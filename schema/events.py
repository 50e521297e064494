"""Live streams: what happens in a cabinet, one event per journal entry."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry.types import Info

from models.members import Member as MemberRow
from resolvers import cabinets, journal, people
from resolvers.context import Context
from resolvers.journal import Happened, Resync, Revoked, Wanted
from schema.documents import Document
from schema.fields import asks
from schema.folders import DocumentFilter, document_filter
from schema.journal import ActivityEntry
from schema.kinds import AccessRevokedReason, CabinetEventType
from schema.lists import require_short
from schema.nodes import id_of, is_named

if TYPE_CHECKING:
    from models.cabinets import Cabinet as CabinetRow
    from schema.cabinets import Cabinet
    from schema.members import Member

WHEN, JOURNAL, USABLE = "When it happened.", "What the journal says.", "Usable as `after`."


@strawberry.interface(description="One event of a cabinet's stream. Each journal entry makes exactly one.")
class CabinetEvent:
    """An event."""

    cursor: str = strawberry.field(description="Opaque, ordered within a cabinet; usable as `after`.")
    occurred_at: datetime = strawberry.field(description=WHEN)
    entry: ActivityEntry | None = strawberry.field(
        description="What the journal says; `null` for resync and revocation, which are no part of it."
    )


@strawberry.type(description="A document came or was sent.")
class DocumentAddedEvent(CabinetEvent):
    """A new document."""

    cursor: str = strawberry.field(description=USABLE)
    occurred_at: datetime = strawberry.field(description="When it came or was sent.")
    entry: ActivityEntry | None = strawberry.field(description=JOURNAL)
    document: Document = strawberry.field(description="The document as it is now.")


@strawberry.type(
    description="Something happened to a document: signed, rejected, withdrawn, opened, archived …; `entry.kind` says "
    "what."
)
class DocumentUpdatedEvent(CabinetEvent):
    """A document changed."""

    cursor: str = strawberry.field(description=USABLE)
    occurred_at: datetime = strawberry.field(description=WHEN)
    entry: ActivityEntry | None = strawberry.field(description=JOURNAL)
    document: Document = strawberry.field(description="The document as it is now.")


async def _member(context: Context, event: Any) -> MemberRow | None:
    return (await people.members_by_id(context, [event.entry.member_id]))[0]


@strawberry.type(description="A member was added, blocked, unblocked, removed or changed; `entry.kind` says what.")
class MemberChangedEvent(CabinetEvent):
    """A member changed."""

    cursor: str = strawberry.field(description=USABLE)
    occurred_at: datetime = strawberry.field(description=WHEN)
    entry: ActivityEntry | None = strawberry.field(description=JOURNAL)
    member: Annotated[Member, strawberry.lazy("schema.members")] = asks(_member, "The member as he is now.")


async def _cabinet(context: Context, event: Any) -> CabinetRow | None:
    return (await cabinets.by_ids(context, [event.entry.cabinet_id]))[0]


@strawberry.type(description="Settings, tokens, exports or the like changed; `entry.kind` says what.")
class CabinetChangedEvent(CabinetEvent):
    """The cabinet changed."""

    cursor: str = strawberry.field(description=USABLE)
    occurred_at: datetime = strawberry.field(description=WHEN)
    entry: ActivityEntry | None = strawberry.field(description=JOURNAL)
    cabinet: Annotated[Cabinet, strawberry.lazy("schema.cabinets")] = asks(_cabinet, "The cabinet as it is now.")


@strawberry.type(
    description="The stream has a gap: `after` is too old or unknown, or the client reads too slowly. Refetch by a "
    "query; the stream itself goes on from here."
)
class ResyncRequiredEvent(CabinetEvent):
    """A gap."""

    cursor: str = strawberry.field(description="Usable as `after` once refetched.")
    occurred_at: datetime = strawberry.field(description="When the gap was noticed.")
    entry: ActivityEntry | None = strawberry.field(description="Always `null`.")


@strawberry.type(description="The last event of a stream: the caller may not read on. Do not reconnect by yourself.")
class AccessRevokedEvent(CabinetEvent):
    """The end."""

    cursor: str = strawberry.field(description="That of the last event delivered.")
    occurred_at: datetime = strawberry.field(description="When access ended.")
    entry: ActivityEntry | None = strawberry.field(description="Always `null`.")
    reason: AccessRevokedReason = strawberry.field(description="Why.")


def _shown(event: Happened | Resync | Revoked) -> CabinetEvent:
    """An event of the feed as the contract's type; its rows are read by fields, like everywhere."""
    common: dict[str, Any] = {"cursor": event.cursor, "occurred_at": event.occurred_at, "entry": event.entry}
    if isinstance(event, Revoked):
        return AccessRevokedEvent(**common, reason=AccessRevokedReason(event.reason))
    if isinstance(event, Resync):
        return ResyncRequiredEvent(**common)
    document: Any = event.document
    match journal.type_of(event.entry):
        case "DOCUMENT_ADDED":
            return DocumentAddedEvent(**common, document=document)
        case "DOCUMENT_UPDATED":
            return DocumentUpdatedEvent(**common, document=document)
        case "MEMBER_CHANGED":
            return MemberChangedEvent(**common)
    return CabinetChangedEvent(**common)


async def _stream(
    context: Context, *, cabinet_id: strawberry.ID | None, wanted: Wanted, after: str | None
) -> AsyncGenerator[CabinetEvent, None]:
    followed = journal.follow(
        context,
        cabinet_id=id_of("Cabinet")(cabinet_id),
        is_named=is_named(cabinet_id),
        wanted=wanted,
        after=after if isinstance(after, str) else None,
    )
    # A stream that is left must let go of its ear at once, not when the garbage collector comes.
    async with aclosing(followed) as events:
        async for event in events:
            await context.forget()
            yield _shown(event)


CabinetId = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="May be left out by a caller with exactly one cabinet."),
]
Filter = Annotated[DocumentFilter | None, strawberry.argument(description="Only these documents.")]
Types = Annotated[list[CabinetEventType] | None, strawberry.argument(description="Only these types; all when absent.")]
After = Annotated[
    str | None,
    strawberry.argument(
        description="`cursor` of the last event seen, or `Cabinet.eventCursor`: what was missed comes first. Without "
        "it, only what is new."
    ),
]


async def _document_added(
    info: Info[Context, None],
    cabinet_id: CabinetId = strawberry.UNSET,
    filter: Filter = strawberry.UNSET,
    after: After = strawberry.UNSET,
) -> AsyncGenerator[CabinetEvent, None]:
    require_short(info.context, filter, path=("filter",))
    wanted = Wanted(is_additions_only=True, filter=document_filter(filter))
    async with aclosing(_stream(info.context, cabinet_id=cabinet_id, wanted=wanted, after=after)) as events:
        async for event in events:
            yield event


async def _cabinet_events(
    info: Info[Context, None],
    cabinet_id: CabinetId = strawberry.UNSET,
    types: Types = strawberry.UNSET,
    after: After = strawberry.UNSET,
) -> AsyncGenerator[CabinetEvent, None]:
    require_short(info.context, types, path=("types",))
    wanted = Wanted(types=tuple(kind.value for kind in types or ()))
    async with aclosing(_stream(info.context, cabinet_id=cabinet_id, wanted=wanted, after=after)) as events:
        async for event in events:
            yield event


@strawberry.type
class EventSubscription:
    """Live streams of a cabinet."""

    document_added = strawberry.subscription(
        resolver=_document_added,
        description="New documents of a cabinet, sent or received: the commonest stream. Yields `DocumentAddedEvent`; "
        "besides it only\n`ResyncRequiredEvent` and `AccessRevokedEvent` can come, as in `cabinetEvents`, so that one "
        "handler serves both.",
    )
    cabinet_events = strawberry.subscription(
        resolver=_cabinet_events,
        description="Everything that happens in a cabinet, one event per journal entry, in its order.",
    )


TYPES: list[Any] = [
    DocumentAddedEvent,
    DocumentUpdatedEvent,
    MemberChangedEvent,
    CabinetChangedEvent,
    ResyncRequiredEvent,
    AccessRevokedEvent,
]
