"""The gate: closing waits for those inside, but not for ever."""

import asyncio

import pytest

from server.gate import Gate

pytestmark = pytest.mark.anyio


async def test_nobody_passes_a_closed_gate() -> None:
    gate = Gate()
    passed: list[str] = []

    async def reader() -> None:
        async with gate.passed():
            passed.append("reader")

    async with gate.closed(seconds=1) as is_empty:
        reading = asyncio.create_task(reader())
        await asyncio.sleep(0.01)
        assert (is_empty, passed) == (True, [])
    await reading
    assert passed == ["reader"]


async def test_closing_waits_for_readers_to_leave() -> None:
    gate = Gate()

    async def reader() -> None:
        async with gate.passed():
            await asyncio.sleep(0.02)

    reading = asyncio.create_task(reader())
    await asyncio.sleep(0)
    async with gate.closed(seconds=5) as is_empty:
        assert is_empty
    await reading


async def test_closing_tells_of_a_reader_who_stays() -> None:
    gate = Gate()
    async with gate.passed():
        async with gate.closed(seconds=0.01) as is_empty:
            assert not is_empty
        async with gate.passed():
            pass
