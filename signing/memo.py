"""A bounded memory of answers that are dear to reach again."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class Memo(Generic[Answer]):
    """Keeps the last `limit` answers by key; forgets the oldest. Threads may share it."""

    def __init__(self, limit: int = 256) -> None:
        self._limit = limit
        self._answers: dict[Hashable, Answer] = {}
        self._lock = Lock()

    def remember(self, key: Hashable, find: Callable[[], Answer]) -> Answer:
        """The answer kept under `key`, else `find()`; what `find` raises is not kept."""
        with self._lock:
            if key in self._answers:
                return self._answers[key]
        answer = find()
        with self._lock:
            self._answers[key] = answer
            while len(self._answers) > self._limit:
                del self._answers[next(iter(self._answers))]
        return answer
