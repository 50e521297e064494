"""The benchmarks run: what `make bench` measures is checked here for being measured at all, never for its speed."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.blocking import measure, table

pytestmark = pytest.mark.anyio


async def test_every_stream_of_every_transport_is_closed_by_the_blocking(tmp_path: Path) -> None:
    """H1, A30: three streams over each of three transports end with the act, and stand in the table."""
    measured = await measure(tmp_path, streams=3, rounds=1)
    assert [(each.transport, len(each.closed)) for each in measured] == [
        ("WebSocket", 3),
        ("SSE", 3),
        ("multipart", 3),
    ]
    assert all(each.quantile(0.5) <= each.quantile(0.99) <= each.quantile(1) for each in measured)
    assert [line.split()[0] for line in table(measured).splitlines()] == [
        "transport",
        "WebSocket",
        "SSE",
        "multipart",
    ]
