"""What every adapter of a port keeps, the real one and the fake alike."""

from datetime import UTC

from resolvers.ports import Clock


def keeps_time(clock: Clock) -> None:
    """Moments are aware, in UTC, and do not run backwards by themselves."""
    first, second = clock.now(), clock.now()
    assert first.tzinfo is UTC
    assert first <= second
