"""People and organisations of documents, as they were: who sent, who was meant, who acted in another's place."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.fields import asks, at_most
from schema.kinds import DocumentSide
from schema.organizations import Organization

if TYPE_CHECKING:
    from resolvers.context import Context
    from resolvers.parties import OtherSignatory, PartyView
    from schema.members import Member


@strawberry.type(description="An organisation, and the person where known, as they were at the time.")
class DocumentParty:
    """Read from `resolvers.parties.PartyView`."""

    organization: Organization = strawberry.field(description="The organisation.")
    member: Annotated[Member, strawberry.lazy("schema.members")] | None = strawberry.field(
        description="Set when the person is or was a member of this cabinet; follow it for today's name, state and "
        "company."
    )
    person_name: str | None = strawberry.field(
        description="Name at the time, kept for ever; `null` when no person is named."
    )
    person_email: str | None = strawberry.field(description="E-mail at the time.")


@strawberry.type(description="Who did something to a document, when and why.")
class DocumentAct:
    """Read from `resolvers.parties.ActView`."""

    by: DocumentParty = strawberry.field(description="Who.")
    at: datetime = strawberry.field(description="When.")
    reason: str | None = strawberry.field(description="Why, in his words.")


def _expected(_: Context, mark: OtherSignatory, *, first: int) -> list[PartyView]:
    return mark.expected[:first]


@strawberry.type(
    description="Somebody signed in another's place: the document says whom it was meant for, this says who acted. "
    "Survives any later blocking, removal or renaming."
)
class SignedByOther:
    """The mark; read from `resolvers.parties.OtherSignatory`."""

    side: DocumentSide = strawberry.field(
        description="Which of the cabinet's parts differs: RECIPIENT for what it received, SENDER for what it sent."
    )
    expected: list[DocumentParty] = asks(
        _expected, "For whom the signature was expected: the recipients, or the sender.", first=at_most(20, usual=2)
    )
    actual: DocumentParty = strawberry.field(description="Who signed, or is about to.")
