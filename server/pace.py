"""How fast letters may leave: at most so many a minute by one process, and at most so many to one person."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from models.mailboxes import MINUTE


@dataclass
class Pace:
    """Counts what left this process in the last minute. `to_one` is counted with the mailbox, for all processes."""

    per_minute: int = 600
    to_one: int = 60
    _left: deque[datetime] = field(default_factory=deque)

    def room(self, *, at: datetime) -> int:
        """How many letters may still leave."""
        while self._left and at - self._left[0] >= MINUTE:
            self._left.popleft()
        return self.per_minute - len(self._left)

    def note(self, *, at: datetime) -> None:
        """A letter was handed over, whatever became of it."""
        self._left.append(at)

    def free_at(self, *, at: datetime) -> datetime:
        """When the next letter may leave: now, or a minute after the oldest of those that were too many."""
        return at if self.room(at=at) > 0 else self._left[0] + MINUTE
