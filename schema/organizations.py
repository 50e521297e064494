"""Organisations as clients see and name them."""

from typing import Any

import strawberry

from models import organizations as rows
from resolvers.routing import OrganizationName
from schema.nodes import Node, node_id, shows


@strawberry.type(description="A legal person: the cabinet's own, a counterparty or a member's company.")
@shows(rows.Organization)
class Organization(Node):
    """An organisation."""

    id: strawberry.ID = node_id("Organization")
    name: str = strawberry.field(description="Full name.")
    tax_id: str | None = strawberry.field(description="Payer's number (УНП), INN or the like.")


@strawberry.input(description="An organisation: found by its tax number, made from the name if there is none yet.")
class OrganizationInput:
    """How a client names an organisation."""

    tax_id: str | None = strawberry.field(
        description="Payer's number (УНП), INN or the like.", default=strawberry.UNSET
    )
    name: str | None = strawberry.field(
        description="Needed when the organisation is not known here; ignored when it is.", default=strawberry.UNSET
    )

    def named(self) -> OrganizationName:
        """As resolvers take it."""
        return OrganizationName(tax_id=self.tax_id or None, name=self.name or None)


TYPES: list[Any] = [Organization]
