"""What must be finished once it was begun, and what is waited for so long and no longer.

A caller who is cancelled meanwhile goes on being cancelled afterwards.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from resolvers.ports import Unavailable

T = TypeVar("T")


def require_uncancelled() -> None:
    """Raise a cancellation that something below took for a failure of its own: a worker asks before it goes on."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def to_the_end(work: Coroutine[Any, Any, T]) -> T:  # Any: what a coroutine yields is the loop's affair
    """Its result; a cancellation, and even a second one, is raised when the work is over."""
    task = asyncio.ensure_future(work)
    interruption: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as cancelled:
            interruption = cancelled
    if interruption is not None:
        task.exception()  # looked at, so that nobody reports it as forgotten
        raise interruption
    return task.result()


@asynccontextmanager
async def seated(seats: asyncio.Semaphore, *, seconds: float) -> AsyncIterator[None]:
    """Have one of the seats while the block lasts. Raises Unavailable when none is free in time.

    A pool must not do the waiting: until Python 3.12 a cancelled wait could lose the connection that it had just got.
    """
    try:
        async with asyncio.timeout(seconds):
            await seats.acquire()
    except TimeoutError as error:
        raise Unavailable from error
    try:
        yield
    finally:
        seats.release()
