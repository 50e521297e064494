"""A postman in a process of its own that dies, without a word, at one of the moments where it waits or goes on."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Generator
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from fakes import MovedClock

from mailers import Stationery
from server.mail import SmtpServer, SmtpTransport
from server.outside import outside
from server.pace import Pace
from server.postman import Postman
from server.settings import read_settings

KILLED = 9
# A clean process that has imported everything and is copied for each postman: none begins by importing.
PROCESSES = get_context("forkserver")
PROCESSES.set_forkserver_preload(["server.outside", "server.postman", "aiosqlite", "asyncpg", "pytest"])


class Doomed(Coroutine[Any, Any, Any]):
    """A coroutine whose every step counts: one when it goes on, one when it waits. At the last step the process dies.

    So an await is survived neither while what it waits for is under way, nor when that is done and not yet known.
    """

    def __init__(self, inner: Coroutine[Any, Any, Any], dies: Death):
        self._inner = inner
        self._dies = dies

    def send(self, value: Any) -> Any:
        """Go on to the next await."""
        self._dies.step()
        waits_for = self._inner.send(value)
        self._dies.step()
        return waits_for

    def throw(self, *raised: Any) -> Any:
        """Go on with an exception."""
        return self._inner.throw(*raised)

    def close(self) -> None:
        """End."""
        self._inner.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._inner.__await__()


class Death:
    """At the `last` step."""

    def __init__(self, last: int):
        self._steps = count(1)
        self._last = last

    def step(self) -> None:
        """Die if it is time: no `finally` runs, nothing is flushed, sockets are left to the kernel."""
        if next(self._steps) == self._last:
            os._exit(KILLED)

    def hangs_over(self, loop: asyncio.AbstractEventLoop) -> None:
        """Every task that begins from now on is doomed, those within libraries too."""
        loop.set_task_factory(lambda loop, inner, **named: asyncio.Task(Doomed(inner, self), loop=loop, **named))


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a postman works."""

    data: Path
    database_url: str
    port: int
    at: datetime
    stationery: Stationery


async def postman_dies(place: Place, *, step: int) -> bool:
    """Let a postman make one pass that ends at this step; False when the pass was over before."""
    process = PROCESSES.Process(target=_work, args=(place, step))
    process.start()
    await asyncio.to_thread(process.join)
    assert process.exitcode in (0, KILLED), process.exitcode
    return process.exitcode == KILLED


def _work(place: Place, step: int) -> None:
    asyncio.run(_pass_once(place, step))


async def _pass_once(place: Place, step: int) -> None:
    settings = read_settings(data_dir=place.data, database_url=place.database_url)
    async with outside(settings, clock=MovedClock(place.at)) as world:
        transport = SmtpTransport(SmtpServer(host="127.0.0.1", port=place.port), timeout_seconds=5)
        Death(step).hangs_over(asyncio.get_running_loop())
        # One letter a pass: every await of its sending is met, none twice.
        postman = Postman(world, transport, place.stationery, pace=Pace(per_minute=1))
        await asyncio.ensure_future(postman.pass_once())
        os._exit(0)
