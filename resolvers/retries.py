"""Running an act again when the database asks for it: nothing of the first run is left (reliability.md C4)."""

import asyncio
from collections.abc import Awaitable, Callable
from random import uniform
from typing import TypeVar

from resolvers.context import Context
from resolvers.ports import Unavailable

T = TypeVar("T")
RUNS = 4
SHORTEST_REST, LONGEST_REST = 0.02, 0.2


async def persistently(context: Context, act: Callable[[], Awaitable[T]]) -> T:
    """What the act returns. At most three times more it is run whole, reading anew, after a rest that chance decides.

    Raises `Unavailable` when the last run fails so too. An act whose commit may have gone through raises
    `OutcomeUnknown`, which is not passing: it is not run again.
    """
    for run in range(1, RUNS + 1):
        try:
            return await act()
        except Exception as error:
            if not context.outside.database.is_passing(error):
                raise
            if run == RUNS:
                raise Unavailable from error
        await context.forget()
        await asyncio.sleep(uniform(SHORTEST_REST, LONGEST_REST))  # noqa: S311  # chance, no secret
    raise AssertionError("the last run returns or raises")
