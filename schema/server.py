"""Facts about the server."""

from typing import Any

import strawberry

from resolvers.context import Context
from resolvers.ports import House
from schema.fields import asks, told
from schema.kinds import Locale, LoginMethod


@strawberry.type(description="Limits of one request. Going over one is an error, never a silent cut.")
class ServerLimits:
    """Read from the house's limits."""

    max_page_size: int = strawberry.field(description="Largest `first` or `last`.")
    max_query_cost: int = told(
        lambda limits: limits.max_cost,
        "Largest cost of an operation: an object costs 1, a page its size times the cost of one row.",
    )
    max_query_depth: int = told(lambda limits: limits.max_depth, "Deepest nesting of fields.")
    max_upload_bytes: int = strawberry.field(description="Largest file, in bytes.")


@strawberry.type(description="Facts a client may show or branch on.")
class ServerInfo:
    """Read from the house."""

    version: str = strawberry.field(description="Version of the server, e.g. `1.4.0`.")
    limits: ServerLimits = strawberry.field(description="Limits in force, so that clients need not guess.")
    login_methods: list[LoginMethod] = told(lambda house: list(LoginMethod), "Ways to log in.")
    locales: list[Locale] = told(lambda house: list(Locale), "Languages that e-mails and `message` texts come in.")
    hotline: str | None = strawberry.field(description="Telephone of the hotline, for the page's footer.")


def _house(context: Context) -> House:
    return context.outside.house


@strawberry.type
class ServerQuery:
    """Root fields about the server."""

    server: ServerInfo = asks(_house, "Facts about this server. Needs no login.")


TYPES: list[Any] = []
