"""The operations that run at once: their limits, the turns of those who wait, and that nobody starves."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from resolvers.measures import Overloaded, RateLimited
from server.places import Places
from server.settings import read_settings

pytestmark = pytest.mark.anyio


class Crowd:
    """Operations that run until they are let go; `begun` says in which order they got their places."""

    def __init__(self, **shares: int):
        self.places = Places(read_settings(**shares))
        self.begun: list[str] = []
        self.tasks: list[asyncio.Task[None]] = []
        self._ends: dict[str, list[asyncio.Event]] = {}

    async def come(self, *whose: str) -> None:
        """One operation of each, in this order; afterwards each runs, waits or is refused."""
        for each in whose:
            self.tasks.append(asyncio.create_task(self._run(each)))
        await settled()

    async def _run(self, whose: str) -> None:
        async with self.places.place(whose):
            self.begun.append(whose)
            end = asyncio.Event()
            self._ends.setdefault(whose, []).append(end)
            await end.wait()

    async def end(self, whose: str) -> None:
        """One of somebody's operations is over."""
        self._ends[whose].pop(0).set()
        await settled()

    async def refusals(self) -> list[type[BaseException]]:
        """What those met that are over."""
        return [type(error) for task in self.tasks if task.done() and (error := task.exception())]

    async def go(self) -> None:
        """All go, whatever they were at."""
        for task in self.tasks:
            task.cancel()
        for task in self.tasks:
            with suppress(asyncio.CancelledError, RateLimited, Overloaded):
                await task
        assert (self.places.running, self.places.waiting) == ({}, {})


async def settled() -> None:
    """Until everybody has had his say."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_so_many_run_at_once() -> None:
    """R.A1: MAX_OPERATIONS run, one more waits and runs when one is over."""
    crowd = Crowd(max_operations=2)
    await crowd.come("a", "b", "c")
    assert (crowd.begun, crowd.places.waiting) == (["a", "b"], {"c": 1})
    await crowd.end("a")
    assert (crowd.begun, crowd.places.waiting) == (["a", "b", "c"], {})
    await crowd.go()


async def test_so_many_run_of_one_account() -> None:
    """R.A1: MAX_OPERATIONS_PER_ACCOUNT run, one more waits though there is room; another account's runs at once."""
    crowd = Crowd(max_operations_per_account=2)
    await crowd.come("a", "a", "a", "b")
    assert (crowd.begun, crowd.places.waiting) == (["a", "a", "b"], {"a": 1})
    await crowd.end("b")
    assert crowd.places.waiting == {"a": 1}
    await crowd.end("a")
    assert crowd.begun == ["a", "a", "b", "a"]
    await crowd.go()


async def test_so_many_wait_of_one_account() -> None:
    """R.A1: MAX_WAITING_PER_ACCOUNT wait, one more is refused; those who wait stay."""
    crowd = Crowd(max_operations=1, max_waiting_per_account=2)
    await crowd.come("a", "a", "a", "a")
    assert await crowd.refusals() == [RateLimited]
    assert crowd.places.waiting == {"a": 2}
    await crowd.go()


async def test_so_many_wait_at_all() -> None:
    """R.A1: MAX_WAITING wait, one more of whoever has as many is refused as OVERLOADED."""
    crowd = Crowd(max_operations=1, max_waiting=2)
    await crowd.come("a", "b", "c", "d")
    assert await crowd.refusals() == [Overloaded]
    assert crowd.places.waiting == {"b": 1, "c": 1}
    await crowd.go()


async def test_a_full_room_makes_room_for_who_has_fewer_there() -> None:
    """R.A1: those who fill the waiting room lose their last, not the honest one his first."""
    crowd = Crowd(max_operations=1, max_waiting=4)
    await crowd.come("a", "a", "a", "b", "b", "honest")
    assert await crowd.refusals() == [Overloaded]
    assert sorted(crowd.places.waiting.values()) == [1, 1, 2] and crowd.places.waiting["honest"] == 1
    await crowd.go()


async def test_turns_go_round() -> None:
    """R.A1: round-robin by account: behind a flood of one, each of the others waits for one of his."""
    crowd = Crowd(max_operations=1)
    await crowd.come("a", "a", "a", "a", "b", "c", "b")
    for whose in ("a", "a", "b", "c", "a", "b"):
        await crowd.end(whose)
    assert crowd.begun == ["a", "a", "b", "c", "a", "b", "a"]
    await crowd.go()


async def test_one_who_floods_keeps_nobody_waiting() -> None:
    """R.A1: with the default limits, one account's thousand operations leave an honest one's to begin at once."""
    crowd = Crowd()
    await crowd.come(*["flood"] * 1000, "honest")
    assert crowd.begun == ["flood"] * 20 + ["honest"]
    assert (len(await crowd.refusals()), crowd.places.waiting) == (880, {"flood": 100})
    await crowd.go()


async def test_whoever_goes_leaves_no_place_taken() -> None:
    """R.A1: somebody cancelled while he waits, or in the moment when he is called, holds nothing."""
    crowd = Crowd(max_operations=1)
    await crowd.come("a", "b", "c")
    crowd.tasks[1].cancel()
    await settled()
    assert crowd.places.waiting == {"c": 1}
    crowd.tasks[0].cancel()
    await asyncio.sleep(0)  # its place was just given to the third one, which has not run yet
    crowd.tasks[2].cancel()
    await crowd.go()
