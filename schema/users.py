"""Accounts, and whoever else acts; `viewer` is the calling account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from models import accounts as rows
from resolvers import archives, certificates, people, sessions
from resolvers.context import Context
from schema.fields import asks, at_most, batched, told
from schema.folders import document_list
from schema.kinds import Locale, OperatorKind, RegistrationState, RegistrationStep
from schema.nodes import Node, node_id, shows
from schema.pages import paged

if TYPE_CHECKING:
    from schema.certificates import Certificate
    from schema.documents import DocumentConnection
    from schema.members import Member
    from schema.sessions import Session


@strawberry.interface(description="Somebody or something that acts: a user or an API token.")
class Actor(Node):
    """Who did something."""

    id: strawberry.ID = strawberry.field(description="Opaque identifier.")
    display_name: str = strawberry.field(description="Name to show.")


def _state(user: rows.User) -> RegistrationState:
    return RegistrationState.INCOMPLETE if user.missing else RegistrationState.COMPLETE


@strawberry.type(description="How far an account is set up.")
class Registration:
    """Read from the account's row."""

    state: RegistrationState = told(_state, "COMPLETE when `missing` is empty.")
    missing: list[RegistrationStep] = strawberry.field(description="What the person still has to do.")


@strawberry.type(
    description="Somebody of the service who changes cabinets at an organisation's request. "
    "Operators see members and settings, never documents."
)
class Operator:
    """Read from the account's row."""

    kind: OperatorKind = told(
        lambda user: user.operator_kind, "HOTLINE: every cabinet. PERSONAL_MANAGER: the cabinets assigned to him."
    )
    phone: str | None = told(lambda user: user.operator_phone, "Telephone to show to members.")


async def _locales(context: Context, users: Sequence[rows.User]) -> list[Locale | None]:
    return [user.locale if user else None for user in await people.own(context, users)]


async def _time_zones(context: Context, users: Sequence[rows.User]) -> list[str | None]:
    return [user.time_zone if user else None for user in await people.own(context, users)]


@strawberry.type(
    description="A person's account. Joining, leaving or being blocked in a cabinet changes nothing of it."
)
@shows(rows.User)
class User(Actor):
    """A person's account."""

    id: strawberry.ID = node_id("User")
    display_name: str = strawberry.field(
        description="Ф.И.О. as the person writes it now; documents and journal keep the name of their time."
    )
    email: str | None = batched(
        people.emails,
        "`null` unless the two share a cabinet or one looks after the other's as an operator.",
        1,
    )
    registration: Registration = told(lambda user: user, "How far the account is set up.")
    operator: Operator | None = told(
        lambda user: user if user.operator_kind else None, "Set for people of the hotline and personal managers."
    )
    members: list[Annotated[Member, strawberry.lazy("schema.members")]] = batched(
        people.memberships,
        "Memberships visible to the caller; the viewer sees all of his own, blocked ones included: "
        "offer those of state ACTIVE as cabinets.",
        first=at_most(50),
    )
    documents: Annotated[DocumentConnection, strawberry.lazy("schema.documents")] | None = asks(
        archives.documents,
        "Documents the account received while it belonged to no shared cabinet of the organisation they are for. On "
        "joining, those for the\nmember's company move into the cabinet (`ShareFrom`). `null` for anyone but the user.",
        gather=paged,
        **document_list("Which documents; all when absent."),
    )
    locale: Locale | None = batched(_locales, "Language of e-mails and messages; `null` for anyone but the user.", 1)
    time_zone: str | None = batched(_time_zones, "IANA name, e.g. `Europe/Minsk`; `null` for anyone but the user.", 1)
    certificates: list[Annotated[Certificate, strawberry.lazy("schema.certificates")]] | None = batched(
        certificates.of_viewer,
        "The user's signing certificates, usable ones first; `null` for anyone but the user.",
        first=at_most(20, usual=3),
    )
    sessions: list[Annotated[Session, strawberry.lazy("schema.sessions")]] | None = batched(
        sessions.of_viewer,
        "Where the user is logged in, latest use first; `null` for anyone but the user.",
        first=at_most(20, usual=3),
    )


@strawberry.type
class UserQuery:
    """Root fields about the caller."""

    viewer: User | None = asks(sessions.viewer, "The calling user; `null` without a login and for an API token.")


TYPES: list[Any] = [User]
