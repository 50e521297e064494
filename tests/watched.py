"""A household's database, watched: what it asked to be run again. The acts and their rows are the real ones."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace

from household import Household
from sqlalchemy.ext.asyncio import AsyncSession

from resolvers.ports import Database


@dataclass
class Watched:
    """The database behind it, and the errors for which an act was run again."""

    real: Database
    passing: list[BaseException] = field(default_factory=list)
    failing: list[BaseException] = field(default_factory=list)
    failing_in_commit: list[BaseException] = field(default_factory=list)

    def snapshot(self) -> AbstractAsyncContextManager[AsyncSession]:
        """As it is."""
        return self.real.snapshot()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """As it is, but for the errors that a test puts in its way: before the commit, or instead of its answer."""
        async with self.real.transaction() as session:
            yield session
            if self.failing:
                raise self.failing.pop()
        if self.failing_in_commit:
            raise self.failing_in_commit.pop()

    def is_passing(self, error: BaseException) -> bool:
        """As it says, written down."""
        is_passing = self.real.is_passing(error)
        if is_passing:
            self.passing.append(error)
        return is_passing


def watch(house: Household) -> Watched:
    """From here on."""
    watched = Watched(house.world.database)
    house.world = replace(house.world, database=watched)
    return watched
