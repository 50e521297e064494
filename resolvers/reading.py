"""A snapshot with the caller's rights in it: the way to read. Opened by `Context` alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.base import ExecutableOption

from models.access import confine
from models.actors import Actor
from models.base import Base

T = TypeVar("T")
R = TypeVar("R", bound=Base)
AnySelect = Select[*tuple[Any, ...]]


def key_of(table: type[Base]) -> ColumnElement[int]:
    """Every table of ours has an integer `id`."""
    return table.__table__.c.id


class Reading:
    """A snapshot and the caller's rights in it. Statements run one after another."""

    def __init__(self, session: AsyncSession, actor: Actor):
        self._session = session
        self._one_at_a_time = asyncio.Lock()
        self._has_ended = False
        self.actor = actor

    async def end(self) -> None:
        """Let a statement under way come to its end; none follows it.

        An operation ends at the first failure of a field that must not be null, while its siblings go on asking.
        """
        async with self._one_at_a_time:
            self._has_ended = True

    async def _asked(self, statement: AnySelect) -> Sequence[Row[*tuple[Any, ...]]]:
        async with self._one_at_a_time:
            if self._has_ended:
                raise RuntimeError("the operation that asked this is over")
            return (await self._session.execute(statement)).all()

    async def rows(self, statement: AnySelect) -> Sequence[Row[*tuple[Any, ...]]]:
        """Result rows, confined to what the caller may see."""
        return await self._asked(statement.options(*confine(self.actor)))

    async def all(self, statement: Select[T]) -> list[T]:
        """First column of every row."""
        return [row[0] for row in await self.rows(statement)]

    async def first(self, statement: Select[T]) -> T | None:
        """First column of the first row."""
        found = await self.all(statement.limit(1))
        return found[0] if found else None

    async def by_ids(self, table: type[R], ids: Sequence[int | None], *options: ExecutableOption) -> list[R | None]:
        """Rows that the caller may see, in the order asked; None in place of each absent, invisible or unnamed one."""
        key = key_of(table)
        wanted = select(table, key).options(*options).where(key.in_({i for i in ids if i is not None}))
        by_id: dict[int | None, R] = {row_id: row for row, row_id in await self.rows(wanted)}
        return [by_id.get(row_id) for row_id in ids]

    async def count(self, statement: AnySelect) -> int:
        """How many rows a statement would give."""
        counted = select(func.count()).select_from(statement.order_by(None).subquery())
        return int((await self.rows(counted))[0][0])

    async def rows_across(self, statement: AnySelect) -> Sequence[Row[*tuple[Any, ...]]]:
        """Result rows beyond the caller's cabinets: for what a row that he sees may tell of another cabinet."""
        return await self._asked(statement)
