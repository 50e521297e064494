"""What must be finished once it was begun: a caller who is cancelled meanwhile goes on being cancelled afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

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
