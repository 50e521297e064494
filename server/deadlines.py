"""Time limits of one connection: what is not done in time ends it, without a farewell that nobody would read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

STEP = 64 * 1024
"""What a client must take of an answer within the time for sending."""


class Deadline:
    """One timer, armed and disarmed as often as one likes."""

    def __init__(self, loop: asyncio.AbstractEventLoop, action: Callable[[], object]):
        self._loop = loop
        self._action = action
        self._timer: asyncio.TimerHandle | None = None

    def arm(self, seconds: float) -> None:
        """Act after so many seconds from now."""
        self.disarm()
        self._timer = self._loop.call_later(seconds, self._action)

    def disarm(self) -> None:
        """Do not act."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class Sending:
    """Whether the peer takes what is sent. A stalled reader is cut; a slow one may go on.

    Writing counts as paused while a single byte waits: with the usual 64 KiB of room a closed connection whose peer
    reads nothing would wait for ever for its last bytes to leave.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, transport: asyncio.Transport, *, seconds: float):
        transport.set_write_buffer_limits(high=0)
        self._transport = transport
        self._seconds = seconds
        self._left = 0
        self._deadline = Deadline(loop, self._judge)

    def pause(self) -> None:
        """The peer does not take it."""
        self._left = self._transport.get_write_buffer_size()
        self._deadline.arm(self._seconds)

    def resume(self) -> None:
        """The peer has taken all."""
        self._deadline.disarm()

    def _judge(self) -> None:
        if self._transport.get_write_buffer_size() > self._left - STEP:
            self._transport.abort()
        else:
            self.pause()
