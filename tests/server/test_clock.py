"""The clock and its fake."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from contracts import keeps_time
from fakes import MovedClock

from resolvers.ports import Clock
from server.clock import SystemClock


@pytest.mark.parametrize("clock", [SystemClock(), MovedClock()], ids=["system", "moved"])
def test_a_clock_keeps_time(clock: Clock) -> None:
    keeps_time(clock)


def test_the_fake_moves_only_when_told() -> None:
    clock = MovedClock(datetime(2026, 11, 24, 12, 0, tzinfo=timezone(timedelta(hours=3))))
    before = clock.now()
    clock.move(timedelta(minutes=15))
    assert (before, clock.now()) == (
        datetime(2026, 11, 24, 9, 0, tzinfo=UTC),
        datetime(2026, 11, 24, 9, 15, tzinfo=UTC),
    )
