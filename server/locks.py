"""Locks between processes: files under `flock`, which the kernel lets go of when a process dies."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from server.patience import to_the_end


class Taken(Exception):
    """Another process has the lock; the text names it."""


class WriteLock:
    """One writer of all processes. Within a process callers must come one after another."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Wait for it in a thread, since another process may have it."""
        await self._take()
        try:
            yield
        finally:
            fcntl.flock(self._fd, fcntl.LOCK_UN)

    async def _take(self) -> None:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            await self._wait()

    async def _wait(self) -> None:
        try:
            await to_the_end(asyncio.to_thread(fcntl.flock, self._fd, fcntl.LOCK_EX))
        except asyncio.CancelledError:
            # The thread could not be called back. A lock that comes to nobody would stop every other process.
            fcntl.flock(self._fd, fcntl.LOCK_UN)
            raise

    def close(self) -> None:
        """Give the file back."""
        os.close(self._fd)


@contextmanager
def only_server(path: Path) -> Iterator[None]:
    """Be the only server of a data folder. Raises `Taken` with the other's process number."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        _claim(fd, path)
        yield
    finally:
        os.close(fd)


def _claim(fd: int, path: Path) -> None:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = os.read(fd, 20).decode(errors="replace").strip() or "unknown"
        raise Taken(f"Another server (process {pid}) is running on {path.parent}") from None
    os.ftruncate(fd, 0)
    os.write(fd, f"{os.getpid()}\n".encode())
