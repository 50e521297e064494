"""Connections (Relay's cursor specification, plus `nodes` and `totalCount`) over the resolvers' keyset pages."""

from dataclasses import dataclass
from typing import Any

import strawberry

from resolvers.context import Context
from resolvers.pages import Page, Paging
from schema.fields import Argument
from schema.nodes import shows

CURSOR = "For `after` and `before`."
NODE = "The object itself."
EDGES = "The page with cursors; most clients want `nodes`."
NODES = "The page."
PAGE_INFO = "Where the page lies."
TOTAL = "All that match, not only this page. Counted only when asked for."
MAX = "Page size, 1 to `server.limits.maxPageSize`; 25"


@strawberry.type(description="Where a page lies.")
class PageInfo:
    """Relay's page information."""

    has_next_page: bool = strawberry.field(description="More after it.")
    has_previous_page: bool = strawberry.field(description="More before it.")
    start_cursor: str | None = strawberry.field(description="For `before`.")
    end_cursor: str | None = strawberry.field(description="For `after`.")


@dataclass(frozen=True, eq=False)
class Edge:
    """One row of a page with its cursor, made only when asked for."""

    page: Page[Any]
    node: Any

    @property
    def cursor(self) -> str:
        """For `after` and `before`."""
        return self.page.cursor(self.node)


def edges(page: Page[Any]) -> list[Edge]:
    """The page with cursors."""
    return [Edge(page, row) for row in page.rows]


def page_info(page: Page[Any]) -> PageInfo:
    """Where the page lies."""
    return PageInfo(
        has_next_page=page.has_next,
        has_previous_page=page.has_previous,
        start_cursor=page.cursor(page.rows[0]) if page.rows else None,
        end_cursor=page.cursor(page.rows[-1]) if page.rows else None,
    )


async def total(context: Context, page: Page[Any]) -> int:
    """How many rows match, over all pages."""
    return await page.total()


def paged(**given: Any) -> dict[str, Any]:
    """Gather `first`, `after`, `last`, `before` into a `Paging`; the rest stays."""
    ends = {name: given.pop(name) for name in ("first", "after", "last", "before") if name in given}
    return {**given, "paging": Paging(**ends)}


FORWARD = {
    "first": Argument(type=int | None, description=f"{MAX} by default.", default=strawberry.UNSET),
    "after": Argument(type=str | None, description="What follows this cursor.", default=strawberry.UNSET),
}
BOTH_WAYS = {
    "first": Argument(
        type=int | None, description=f"{MAX} when neither `first` nor `last` is given.", default=strawberry.UNSET
    ),
    "after": FORWARD["after"],
    "last": Argument(type=int | None, description="As `first`, counted from the end.", default=strawberry.UNSET),
    "before": Argument(type=str | None, description="What precedes this cursor.", default=strawberry.UNSET),
}

__all__ = ["BOTH_WAYS", "FORWARD", "Edge", "Page", "PageInfo", "edges", "page_info", "paged", "shows"]
