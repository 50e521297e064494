"""Members: who belongs to a cabinet, seen through its journal. The acts are in `member_acts.py`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from models import members as rows
from models.cabinets import Cabinet as CabinetRow
from models.members import MemberState as State
from resolvers import cabinets, certificates, colleagues, people
from resolvers.context import Context
from schema.fields import asks, at_most, batched, told
from schema.kinds import (
    EmailState,
    MemberOrderField,
    MemberRole,
    MemberState,
    OrderDirection,
    RegistrationState,
    ShareFrom,
)
from schema.nodes import Node, node_id, row_id, shows
from schema.organizations import Organization
from schema.pages import CURSOR, EDGES, NODE, NODES, PAGE_INFO, TOTAL, PageInfo, edges, page_info, total
from schema.prices import COUNT, SEARCH, weighs
from schema.users import User

if TYPE_CHECKING:
    from schema.cabinets import Cabinet
    from schema.journal import ActivityEntry


@strawberry.type(description="A stretch of membership, from joining to removal. Blocking does not end it.")
class MemberPeriod:
    """A period."""

    joined_at: datetime = strawberry.field(description="First moment.")
    ended_at: datetime | None = strawberry.field(description="Last moment; `null` while it lasts.")
    share_from: ShareFrom = strawberry.field(description="Which of the account's earlier documents came along.")


@strawberry.type(description="The letter that asks somebody to finish the registration.")
class Invitation:
    """Read from the row of its one-time code."""

    sent_at: datetime = told(lambda code: code.created_at, "When it was last sent.")
    expires_at: datetime = strawberry.field(description="When its link stops working; then `memberInvitationResend`.")


async def _cabinets(context: Context, members: Sequence[rows.Member]) -> list[CabinetRow | None]:
    return await cabinets.by_ids(context, [member.cabinet_id for member in members])


@strawberry.type(
    description="One person's place in one cabinet. Never deleted: removal is a state, so documents keep their people."
)
@shows(rows.Member)
class Member(Node):
    """A member."""

    id: strawberry.ID = node_id("Member")
    cabinet: Annotated[Cabinet, strawberry.lazy("schema.cabinets")] | None = batched(
        _cabinets, "`null` when the caller may not see the cabinet, e.g. his own membership after being blocked."
    )
    organization: Organization = batched(
        people.organizations_of, "The cabinet's organisation; readable even where `cabinet` is not."
    )
    user: User = strawberry.field(description="The person.")
    company: Organization = strawberry.field(
        description="The company the member works for; may differ from the cabinet's organisation."
    )
    role: MemberRole = strawberry.field(description="What the member may do besides reading and signing.")
    state: MemberState = strawberry.field(description="Whether the member has access.")
    state_entry: Annotated[ActivityEntry, strawberry.lazy("schema.journal")] | None = batched(
        colleagues.state_entries,
        "The journal entry of the act that led to `state`: who, when, through which channel, on what basis.",
    )
    joined_at: datetime = strawberry.field(description="Start of the present or last period.")
    first_joined_at: datetime = strawberry.field(
        description="Start of the first period, where the member was removed and added again."
    )
    periods: list[MemberPeriod] = batched(
        colleagues.periods, "Every period of membership, latest first.", first=at_most(10, usual=2)
    )
    blocked_at: datetime | None = told(
        lambda member: member.state_at if member.state is State.BLOCKED else None, "Set while the state is BLOCKED."
    )
    removed_at: datetime | None = told(
        lambda member: member.state_at if member.state is State.REMOVED else None, "Set while the state is REMOVED."
    )
    has_signing_key: bool = batched(certificates.have_keys, "Has a registered certificate that is valid now.", 1)
    invitation: Invitation | None = batched(
        colleagues.invitations,
        "The letter that invites to finish the registration; `null` when there is nothing to finish.",
    )
    email_state: EmailState = told(lambda member: member.user.email_state, "Whether letters reach the member.")


@strawberry.type(description="One Member of a page.")
class MemberEdge:
    """A row with its cursor."""

    cursor: str = strawberry.field(description=CURSOR)
    node: Member = strawberry.field(description=NODE)


@strawberry.type(description="A page of members.")
class MemberConnection:
    """Read from a page."""

    edges: list[MemberEdge] = told(edges, EDGES)
    nodes: list[Member] = told(lambda page: page.rows, NODES)
    page_info: PageInfo = told(page_info, PAGE_INFO)
    total_count: int = asks(total, TOTAL, COUNT)


@strawberry.input(
    description="All given conditions must hold; a list means «any of», an empty list or text means no condition."
)
class MemberFilter:
    """Which members."""

    search: str | None = strawberry.field(
        description="As `DocumentFilter.memberSearch`.", default=strawberry.UNSET, directives=weighs(SEARCH)
    )
    state: list[MemberState] | None = strawberry.field(description="Any of these.", default=strawberry.UNSET)
    role: list[MemberRole] | None = strawberry.field(description="Any of these.", default=strawberry.UNSET)
    registration: RegistrationState | None = strawberry.field(
        description="Whether the account is set up.", default=strawberry.UNSET
    )
    has_signing_key: bool | None = strawberry.field(
        description="Whether the member has a usable key.", default=strawberry.UNSET
    )
    company_id: strawberry.ID | None = strawberry.field(
        description="Members of this company.", default=strawberry.UNSET
    )


@strawberry.input(description="How to sort members.")
class MemberOrder:
    """One key and its way."""

    field: MemberOrderField = strawberry.field(description="By what.")
    direction: OrderDirection = strawberry.field(description="Which way.")


def member_filter(given: MemberFilter | None) -> colleagues.MemberFilter:
    """As resolvers take it; what is no id of a company is a company that never was."""
    if not given:
        return colleagues.EVERYBODY
    return colleagues.MemberFilter(
        search=given.search or None,
        state=tuple(given.state or ()),
        role=tuple(given.role or ()),
        is_complete=(given.registration is RegistrationState.COMPLETE) if given.registration else None,
        has_signing_key=None if given.has_signing_key is strawberry.UNSET else given.has_signing_key,
        company_id=row_id("Organization", given.company_id),
    )


def member_order(given: MemberOrder | None) -> colleagues.MemberOrder:
    """As resolvers take it; by name when absent."""
    if not given:
        return colleagues.BY_NAME
    return colleagues.MemberOrder(field=given.field.value, is_descending=given.direction is OrderDirection.DESC)


TYPES: list[Any] = [Member]
