"""Passwords as argon2id (19 MiB, t=2, p=1), two at a time: forty at once would take 1 GiB (reliability.md A5)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from secrets import token_hex
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from models.refusals import Reason, Refusal

THREADS = 2
WAITING = 50
T = TypeVar("T")


class Argon2Passwords:
    """`ports.Passwords`. Beyond 50 waiting it raises TOO_MANY_ATTEMPTS."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._threads = CapacityLimiter(THREADS)
        self._inside = 0
        self._nobody = self._hasher.hash(token_hex(16))

    async def hash(self, password: str) -> str:
        """For storing; the salt is inside."""
        return await self._run(self._hasher.hash, _normal(password))

    async def verify(self, password: str, *, against: str | None) -> bool:
        """Whether it fits; takes as long when there is nothing to compare with."""
        fits = await self._run(self._fits, against or self._nobody, _normal(password))
        return fits and against is not None

    def _fits(self, stored: str, password: bytes) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, dear: Callable[..., T], *args: str | bytes) -> T:
        if self._inside >= THREADS + WAITING:
            raise Refusal(Reason.TOO_MANY_ATTEMPTS)
        self._inside += 1
        try:
            return await to_thread.run_sync(dear, *args, limiter=self._threads)
        finally:
            self._inside -= 1


def _normal(password: str) -> bytes:
    """As it is hashed: two spellings of a letter are one. A lone surrogate fits nothing, for no password has one."""
    return unicodedata.normalize("NFC", password).encode(errors="surrogatepass")
