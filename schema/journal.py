"""The journal's entries: who did what, when, through which door and on whose word."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

import words
from models import journal as rows
from models.accounts import User
from models.documents import Document as DocumentRow
from models.journal import Entry
from models.members import Member as MemberRow
from models.tokens import ApiToken
from resolvers import documents, journal, parties, people
from resolvers.context import Context
from schema.fields import asks, at_most, batched, told, worded
from schema.folders import DateTimeRange, span
from schema.kinds import ActivityKind, Channel
from schema.nodes import Node, decode, ids_of, node_id, row_id, shows
from schema.pages import CURSOR, EDGES, NODE, NODES, PAGE_INFO, TOTAL, PageInfo, edges, page_info, total
from schema.parties import DocumentParty
from schema.prices import COUNT

if TYPE_CHECKING:
    from schema.documents import Document
    from schema.members import Member
    from schema.users import Actor


async def _actors(context: Context, entries: Sequence[Entry]) -> list[User | ApiToken | None]:
    users = await people.users_by_id(context, [entry.actor_user_id for entry in entries])
    tokens = await people.tokens_by_id(context, [entry.actor_token_id for entry in entries])
    return [user or token for user, token in zip(users, tokens, strict=True)]


async def _documents(context: Context, entries: Sequence[Entry]) -> list[DocumentRow | None]:
    return await documents.by_ids(context, [entry.document_id for entry in entries])


async def _members(context: Context, entries: Sequence[Entry]) -> list[MemberRow | None]:
    return await people.members_by_id(context, [entry.member_id for entry in entries])


@strawberry.type(description="On whose word something was done.")
class Basis:
    """Read from the entry."""

    text: str = told(
        lambda entry: entry.basis_text, "Who asked and how, in words, e.g. «звонок директора Н. И. Петровой»."
    )
    ticket: str | None = told(lambda entry: entry.basis_ticket, "Id of the request in the hotline's system.")


@strawberry.type(
    description="One line of the cabinet's journal. Never changed or deleted; never shown to the counterparty."
)
@shows(rows.Entry)
class ActivityEntry(Node):
    """An entry."""

    id: strawberry.ID = node_id("ActivityEntry")
    seq: int = strawberry.field(description="1, 2, 3 … within the cabinet, without gaps.")
    kind: ActivityKind = told(lambda entry: ActivityKind(entry.kind), "What happened.")
    occurred_at: datetime = told(lambda entry: entry.at, "When.")
    actor: Annotated[Actor, strawberry.lazy("schema.users")] | None = batched(
        _actors, "Who did it; `null` for the system itself and for the counterparty."
    )
    channel: Channel = strawberry.field(description="Through which door.")
    basis: Basis | None = told(
        lambda entry: entry if entry.basis_text else None,
        "Who asked for it and under which ticket; given by operators, sometimes by admins.",
    )
    document: Annotated[Document, strawberry.lazy("schema.documents")] | None = batched(
        _documents, "The document concerned."
    )
    member: Annotated[Member, strawberry.lazy("schema.members")] | None = batched(_members, "The member concerned.")
    sender: DocumentParty | None = batched(parties.entry_senders, "Sender of that document.")
    recipients: list[DocumentParty] = batched(
        parties.entry_recipients,
        "Recipients of that document; empty for entries about no document.",
        first=at_most(20, usual=2),
    )
    signatory: DocumentParty | None = batched(
        parties.entry_signatories, "Who signed; for DOCUMENT_SIGNED and SIGNING_REFUSED."
    )
    message: str = worded(
        lambda context, entry: words.entry_message(entry.kind, context.locale.value.lower(), entry.facts),
        "One sentence in the caller's language.",
    )


@strawberry.type(description="One ActivityEntry of a page.")
class ActivityEntryEdge:
    """Read from `schema.pages.Edge`."""

    cursor: str = strawberry.field(description=CURSOR)
    node: ActivityEntry = strawberry.field(description=NODE)


@strawberry.type(description="A page of the journal.")
class ActivityEntryConnection:
    """Read from a `Page`."""

    edges: list[ActivityEntryEdge] = told(edges, EDGES)
    nodes: list[ActivityEntry] = told(lambda page: page.rows, NODES)
    page_info: PageInfo = told(page_info, PAGE_INFO)
    total_count: int = asks(total, TOTAL, COUNT)


@strawberry.input(description="All given conditions must hold; a list means «any of».")
class ActivityFilter:
    """Which entries."""

    kind: list[ActivityKind] | None = strawberry.field(description="Any of these.", default=strawberry.UNSET)
    actor_ids: list[strawberry.ID] | None = strawberry.field(
        description="Done by any of these users or tokens.", default=strawberry.UNSET
    )
    member_ids: list[strawberry.ID] | None = strawberry.field(
        description="About any of these members.", default=strawberry.UNSET
    )
    document_id: strawberry.ID | None = strawberry.field(description="About this document.", default=strawberry.UNSET)
    occurred: DateTimeRange | None = strawberry.field(
        description="By `ActivityEntry.occurredAt`.", default=strawberry.UNSET
    )


def activity_filter(given: ActivityFilter | None) -> journal.ActivityFilter:
    """As resolvers take it. An id of nothing names a user that never was, so that the condition stays one."""
    if not given:
        return journal.ActivityFilter()
    actors = [decode(text) or ("User", 0) for text in given.actor_ids or []]
    return journal.ActivityFilter(
        kind=tuple(kind.value for kind in given.kind or []),
        actor_user_ids=tuple(number if kind == "User" else 0 for kind, number in actors),
        actor_token_ids=tuple(number for kind, number in actors if kind == "ApiToken"),
        member_ids=ids_of("Member", given.member_ids or []),
        document_id=row_id("Document", given.document_id),
        occurred=span(given.occurred),
    )


TYPES: list[Any] = [ActivityEntry]
