"""Small honest stand-ins for ports; `contracts.py` holds them to the promises of the real ones."""

from datetime import UTC, datetime, timedelta


class MovedClock:
    """A clock that stands until it is moved."""

    def __init__(self, at: datetime = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)) -> None:
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        """Aware, UTC."""
        return self._at

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        self._at += by

    def set(self, at: datetime) -> None:
        """Make it another moment."""
        self._at = at.astimezone(UTC)
