"""Work that was begun is finished, and a cancellation is not forgotten over it."""

import asyncio
from pathlib import Path

import pytest

from server.keeper import Keeper
from server.outside import outside
from server.patience import to_the_end
from server.settings import read_settings

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


class _Misled(Keeper):
    """A pass that makes a failure of its own out of being cancelled, as a driver may."""

    async def pass_once(self) -> int:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError as cancelled:
            raise OSError from cancelled
        return 0


async def test_a_worker_ends_even_if_its_cancellation_was_taken_for_a_failure(tmp_path: Path) -> None:
    """SIGTERM ends the server, whatever the database's driver makes of it."""
    async with outside(read_settings(data_dir=tmp_path)) as world:
        worker = asyncio.create_task(_Misled(world).run())
        await asyncio.sleep(0.01)
        worker.cancel()
        async with asyncio.timeout(5):
            with pytest.raises(asyncio.CancelledError):
                await worker
