"""Keyset pages: a page goes on after the values of the last row, so that new rows neither shift nor repeat any (EC51).

A cursor is those values, sealed with cabinet, filter and order: an altered or foreign one is BAD_USER_INPUT.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_

from models.base import Moment
from models.refusals import Reason, Refusal
from resolvers.context import Context

T = TypeVar("T")
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(frozen=True, kw_only=True)
class Paging:
    """Which part of a list: `first` after `after`, or `last` before `before`."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None

    @property
    def is_backward(self) -> bool:
        """Whether the page is counted from the end."""
        return self.last is not None or (self.before is not None and self.first is None)

    def size(self, *, largest: int) -> int:
        """How many rows. Raises BAD_USER_INPUT out of range, or when the two ends are mixed."""
        forward, backward = (self.first, self.after), (self.last, self.before)
        if any(end is not None for end in forward) and any(end is not None for end in backward):
            raise Refusal(Reason.BAD_USER_INPUT, path=("last" if self.last is not None else "before",))
        asked = self.last if self.last is not None else self.first
        size = min(25, largest) if asked is None else asked
        if not 1 <= size <= largest:
            raise Refusal(Reason.BAD_USER_INPUT, path=("last" if self.last is not None else "first",))
        return size


@dataclass(frozen=True)
class Key:
    """One column of an order."""

    column: ColumnElement[Any]
    is_descending: bool = False


def nullable(column: ColumnElement[Any], *, is_descending: bool, is_moment: bool = False) -> list[Key]:
    """A column whose missing values come last, whichever way it goes."""
    filler = literal(EPOCH, Moment()) if is_moment else literal("")
    return [Key(case((column.is_(None), 1), else_=0)), Key(func.coalesce(column, filler), is_descending)]


@dataclass(frozen=True, kw_only=True)
class Page(Generic[T]):
    """One page of rows. Cursors and the total are made only when asked for."""

    rows: list[T]
    has_next: bool
    has_previous: bool
    seal: Callable[[Any], str]
    total: Callable[[], Awaitable[int]]
    values: dict[int, tuple[Any, ...]] = field(repr=False)

    def cursor(self, row: T) -> str:
        """The place of a row of this page."""
        return self.seal(self.values[id(row)])


async def page(context: Context, statement: Select[T], *, order: list[Key], paging: Paging, scope: object) -> Page[T]:
    """The rows of `statement` that `paging` asks for. `order` ends in a unique column; `scope` goes into the seal."""
    size = paging.size(largest=context.outside.house.limits.max_page_size)
    name = f"page {scope!r}"
    keys = [Key(key.column, key.is_descending != paging.is_backward) for key in order]
    ordered = statement.add_columns(*(key.column for key in order)).order_by(*(_sorted(key) for key in keys))
    edge = _unsealed(context, name, paging.before if paging.is_backward else paging.after, len(order))
    async with context.reading() as reading:
        found = await reading.rows((ordered.where(_beyond(keys, edge)) if edge else ordered).limit(size + 1))
    rows = list(found[:size])
    if paging.is_backward:
        rows.reverse()

    async def total() -> int:
        async with context.reading() as reading:
            return await reading.count(statement)

    more, came_from = len(found) > size, edge is not None
    return Page(
        rows=[row[0] for row in rows],
        has_next=came_from if paging.is_backward else more,
        has_previous=more if paging.is_backward else came_from,
        seal=lambda values: sealed(context, scope, values),
        total=total,
        values={id(row[0]): tuple(row[1:]) for row in rows},
    )


def sealed(context: Context, scope: object, values: tuple[Any, ...]) -> str:
    """The cursor of a row with these values of the order's columns."""
    return context.outside.secrets.seal(f"page {scope!r}", json.dumps(values, default=_told))


def _sorted(key: Key) -> ColumnElement[Any]:
    return key.column.desc() if key.is_descending else key.column.asc()


def _beyond(keys: list[Key], edge: tuple[Any, ...]) -> ColumnElement[bool]:
    """Rows after the edge: greater in the first key, or equal in it and after in the rest."""
    branches = []
    for index, (key, value) in enumerate(zip(keys, edge, strict=True)):
        equal = [k.column == v for k, v in zip(keys[:index], edge[:index], strict=True)]
        after = key.column < value if key.is_descending else key.column > value
        branches.append(and_(*equal, after))
    return or_(*branches)


def _told(value: object) -> dict[str, str]:
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    raise TypeError(f"no place in a cursor for {value!r}")


def _unsealed(context: Context, name: str, cursor: str | None, count: int) -> tuple[Any, ...] | None:
    if cursor is None:
        return None
    text = context.outside.secrets.unseal(name, cursor)
    if text is None:
        raise Refusal(Reason.BAD_USER_INPUT, path=("cursor",))
    values = json.loads(text)
    if len(values) != count:
        raise Refusal(Reason.BAD_USER_INPUT, path=("cursor",))
    return tuple(datetime.fromisoformat(v["at"]) if isinstance(v, dict) else v for v in values)
