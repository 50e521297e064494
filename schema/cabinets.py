"""Cabinets: the page everybody starts from. The acts are in `cabinet_acts.py`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from models import cabinets as rows
from resolvers import cabinets, colleagues, folders, journal, tokens
from resolvers.context import Context
from schema.fields import Argument, a_search, asks, at_most, batched, told
from schema.folders import Folder
from schema.journal import ActivityEntryConnection, ActivityFilter, activity_filter
from schema.kinds import FolderKind
from schema.members import Member, MemberConnection, MemberFilter, MemberOrder, member_filter, member_order
from schema.nodes import Node, id_of, is_named, node_id, shows
from schema.organizations import Organization
from schema.pages import (
    BOTH_WAYS,
    CURSOR,
    EDGES,
    FORWARD,
    NODE,
    NODES,
    PAGE_INFO,
    TOTAL,
    PageInfo,
    edges,
    page_info,
    paged,
    total,
)
from schema.prices import COUNT
from schema.tokens import ApiToken
from schema.users import User


@strawberry.type(
    description="The shared document cabinet of one organisation. All counters, folders and the journal are its own."
)
@shows(rows.Cabinet)
class Cabinet(Node):
    """A cabinet."""

    id: strawberry.ID = node_id("Cabinet")
    organization: Organization = strawberry.field(description="Shown in the page header next to the user's name.")
    created_at: datetime = strawberry.field(description="When it was opened.")
    viewer_member: Member | None = batched(
        cabinets.own_members, "The caller's own membership; `null` for operators and API tokens."
    )
    viewer_can_manage: bool = batched(
        cabinets.can_manage, "Whether the caller may add, block, unblock, remove and change members.", 1
    )
    personal_manager: User | None = batched(
        cabinets.personal_managers,
        "Whom to ask for changes besides the hotline; `null` when nobody is assigned.",
    )
    self_service: bool = strawberry.field(
        description="Whether admins may change members by themselves; if not, only operators do."
    )
    folder: Folder | None = asks(
        folders.folder,
        "One folder; `null` for an operator who is no member.",
        kind=Argument(type=FolderKind, description="Which one."),
    )
    folders: list[Folder] = asks(
        folders.folders,
        "All folders with their counters, in menu order; empty for an operator who is no member.",
        first=at_most(20, usual=10),
    )
    members: MemberConnection = asks(
        colleagues.of_cabinet,
        "The «Users» section: everyone who is or was a member, blocked and removed ones flagged.",
        gather=paged,
        **BOTH_WAYS,
        filter=Argument(
            type=MemberFilter | None,
            description="Which members; all when absent.",
            default=strawberry.UNSET,
            read=member_filter,
        ),
        order_by=Argument(
            type=MemberOrder | None,
            description="By name when absent.",
            default=strawberry.UNSET,
            read=member_order,
        ),
    )
    counterparties: list[Organization] = asks(
        cabinets.counterparties,
        "Organisations the cabinet has exchanged documents with, by name: for the filter's drop-down.",
        first=at_most(20, usual=10),
        search=a_search("Part of the name."),
    )
    activity: ActivityEntryConnection = asks(
        journal.of_cabinet,
        "The activity journal, newest first. Operators who are no members see only entries about members and settings.",
        gather=paged,
        **BOTH_WAYS,
        filter=Argument(
            type=ActivityFilter | None,
            description="Which entries; all when absent.",
            default=strawberry.UNSET,
            read=activity_filter,
        ),
    )
    event_cursor: str = asks(
        journal.newest,
        "Position of the newest event when this answer was made. Read it with the page, then subscribe `after` it: "
        "nothing is missed in between.",
        1,
    )
    api_tokens: list[ApiToken] | None = batched(
        tokens.of_cabinets, "Tokens of programs; `null` unless the caller is an admin.", first=at_most(50)
    )


@strawberry.type(description="One Cabinet of a page.")
class CabinetEdge:
    """A row with its cursor."""

    cursor: str = strawberry.field(description=CURSOR)
    node: Cabinet = strawberry.field(description=NODE)


@strawberry.type(description="A page of cabinets.")
class CabinetConnection:
    """Read from a page."""

    edges: list[CabinetEdge] = told(edges, EDGES)
    nodes: list[Cabinet] = told(lambda page: page.rows, NODES)
    page_info: PageInfo = told(page_info, PAGE_INFO)
    total_count: int = asks(total, TOTAL, COUNT)


async def _cabinet(context: Context, *, id: str | None = None) -> rows.Cabinet | None:
    """The one named, else the caller's only one."""
    return await cabinets.cabinet(context, cabinet_id=id_of("Cabinet")(id), is_named=is_named(id))


@strawberry.type
class CabinetQuery:
    """Root fields about cabinets."""

    cabinet: Cabinet | None = asks(
        _cabinet,
        "One cabinet; `null` when it does not exist or the caller may not see it (also after being blocked).",
        id=Argument(
            type=strawberry.ID | None,
            description="May be left out by a caller with exactly one cabinet; one with several gets BAD_USER_INPUT.",
            default=strawberry.UNSET,
        ),
    )
    cabinets: CabinetConnection = asks(
        cabinets.listed,
        "Cabinets the caller is an active member of (a token: its own); for operators those they look after. By name.",
        gather=paged,
        **FORWARD,
        search=a_search("Part of the organisation's name or the whole of its tax number."),
    )


TYPES: list[Any] = [Cabinet]
