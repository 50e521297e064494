"""A bell wakes whoever listens, and never loses a ring that came after arming."""

import asyncio
from time import monotonic

import pytest

from server.bells import MemoryBell

pytestmark = pytest.mark.anyio
LONG = 30.0


async def test_a_ring_between_arming_and_waiting_is_not_lost() -> None:
    bell = MemoryBell()
    async with bell.armed(1) as ear:
        bell.ring([1])
        await asyncio.wait_for(ear.wait(seconds=LONG), timeout=1)


async def test_a_ring_while_its_listener_is_busy_ends_the_next_wait() -> None:
    bell = MemoryBell()
    async with bell.armed(1) as ear:
        bell.ring([1])
        await ear.wait(seconds=LONG)
        bell.ring([1])
        await asyncio.wait_for(ear.wait(seconds=LONG), timeout=1)


async def test_a_ring_wakes_every_listener_of_its_cabinets_and_no_other() -> None:
    bell = MemoryBell()
    async with bell.armed(1) as first, bell.armed(1) as second, bell.armed(2) as other:
        bell.ring([1])
        await asyncio.wait_for(asyncio.gather(first.wait(seconds=LONG), second.wait(seconds=LONG)), timeout=1)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(other.wait(seconds=LONG), timeout=0.02)


async def test_a_wait_ends_by_itself() -> None:
    started = monotonic()
    async with MemoryBell().armed(1) as ear:
        await ear.wait(seconds=0.02)
    assert monotonic() - started >= 0.02


async def test_nobody_is_remembered_who_left() -> None:
    bell = MemoryBell()
    async with bell.armed(1), bell.armed(1):
        pass
    bell.ring([1, 2])
    assert bell._ears == {}
