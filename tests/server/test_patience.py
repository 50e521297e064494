"""Work that was begun is finished, and a cancellation is not forgotten over it."""

import asyncio

import pytest

from server.patience import to_the_end

pytestmark = pytest.mark.anyio


async def test_a_result_or_an_error_is_passed_on() -> None:
    async def fails() -> None:
        raise KeyError

    assert await to_the_end(asyncio.sleep(0, "done")) == "done"
    with pytest.raises(KeyError):
        await to_the_end(fails())


@pytest.mark.parametrize("times", [1, 2])
async def test_a_cancelled_caller_waits_for_the_end(times: int) -> None:
    done: list[str] = []

    async def work() -> None:
        await asyncio.sleep(0.05)
        done.append("done")

    caller = asyncio.create_task(to_the_end(work()))
    for _ in range(times):
        await asyncio.sleep(0.01)
        caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert done == ["done"]
