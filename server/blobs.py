"""Files by content in a folder: `aa/<sha256>`, written aside, flushed, renamed; rows come after (reliability.md C3)."""

from __future__ import annotations

import errno
import fcntl
import os
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from hashlib import file_digest, sha256
from io import BufferedReader
from pathlib import Path
from secrets import token_hex
from typing import TypeVar

import structlog
from anyio import CapacityLimiter, to_thread

from resolvers.ports import BlobLost, Unavailable, Unstored, WrongBytes

log = structlog.get_logger()

CHUNK = 64 * 1024
HEAD = 16
THREADS = 4
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_ADDRESS = re.compile("[0-9a-f]{64}")
T = TypeVar("T")


class FolderBlobs:
    """Blobs below one folder, on one file system."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._incoming = folder / "tmp"
        self._threads = CapacityLimiter(THREADS)
        self.damaged: set[str] = set()

    async def put(self, chunks: AsyncIterator[bytes], *, sha256: str, size: int) -> bytes:
        """Store bytes that must have this digest and size; returns the first 16. Raises `WrongBytes`."""
        target = self._file(sha256)
        incoming = await self._write(_Incoming, self._incoming)
        try:
            async for chunk in chunks:
                await self._write(incoming.write, chunk)
                if incoming.size > size:
                    raise WrongBytes(f"more than the {size} bytes announced")
            incoming.require(sha256=sha256, size=size)
            await self._write(incoming.publish, target)
        finally:
            incoming.discard()
        self.damaged.discard(sha256)
        return incoming.head

    async def keep(self, content: bytes) -> str:
        """Store bytes of our own; returns their SHA-256, lower-case hex."""
        address = sha256(content).hexdigest()
        await self._write(self._keep, content, self._file(address))
        self.damaged.discard(address)
        return address

    def _keep(self, content: bytes, target: Path) -> None:
        incoming = _Incoming(self._incoming)
        try:
            incoming.write(content)
            incoming.publish(target)
        finally:
            incoming.discard()

    async def read(self, sha256: str) -> bytes:
        """All of it. Raises `BlobLost` when it is absent or its bytes changed."""
        return await self._run(self._read, sha256)

    def _read(self, address: str) -> bytes:
        with self._open(address) as file:
            content = file.read()
        if sha256(content).hexdigest() != address:
            raise self._lost(address)
        return content

    async def size(self, sha256: str) -> int:
        """How many bytes. Raises `BlobLost` when it is absent."""
        return await self._run(self._size, sha256)

    def _size(self, address: str) -> int:
        with self._open(address) as file:
            return os.fstat(file.fileno()).st_size

    async def examine(self, sha256: str) -> int:
        """Its size, after reading all of it. Raises `BlobLost`; not logged, since whoever examines tells it."""
        return await self._run(self._examine, sha256)

    def _examine(self, address: str) -> int:
        try:
            with self._file(address).open("rb") as file:
                is_whole = file_digest(file, "sha256").hexdigest() == address
                size = file.tell()
        except FileNotFoundError:
            is_whole = False
        if not is_whole:
            raise BlobLost(address)
        return size

    async def stream(self, sha256: str, *, start: int = 0, stop: int | None = None) -> AsyncGenerator[bytes, None]:
        """Bytes from `start` to before `stop`. The last chunk of a whole file comes only when its digest is right."""
        outgoing = await self._run(lambda: _Outgoing(self._open(sha256), sha256, start=start, stop=stop))
        try:
            while chunk := await self._run(outgoing.next):
                yield chunk
        except BlobLost:
            raise self._lost(sha256) from None
        finally:
            outgoing.close()

    def digester(self, sha256: str) -> Callable[[str], bytes]:
        """Digests of these bytes by `hashlib` name; blocking. It raises `BlobLost` rather than digest other bytes."""
        return partial(self._digest, sha256)

    def _digest(self, address: str, name: str) -> bytes:
        if name == "sha256":
            return bytes.fromhex(address)
        with self._open(address) as file:
            if file_digest(file, "sha256").hexdigest() != address:
                raise self._lost(address)
            file.seek(0)
            return file_digest(file, name).digest()

    def _file(self, address: str) -> Path:
        if not _ADDRESS.fullmatch(address):
            raise ValueError("an address is 64 hexadecimal digits")
        return self._folder / address[:2] / address

    def _open(self, address: str) -> BufferedReader:
        try:
            return self._file(address).open("rb")
        except FileNotFoundError:
            raise self._lost(address) from None
        except OSError as error:
            log.error("blob_unreadable", sha256=address, error=errno.errorcode.get(error.errno or 0))
            raise Unavailable from error

    def _lost(self, address: str) -> BlobLost:
        self.damaged.add(address)
        log.error("blob_lost", sha256=address)
        return BlobLost(address)

    async def aged(self, *, before: datetime) -> AsyncGenerator[list[str], None]:
        """Files that were last stored before a moment, folder by folder."""
        for number in range(256):
            yield await self._run(self._aged, self._folder / f"{number:02x}", before.timestamp())

    def _aged(self, folder: Path, before: float) -> list[str]:
        return [path.name for path in _files(folder) if _ADDRESS.fullmatch(path.name) and _is_older(path, before)]

    async def drop(self, addresses: Sequence[str], *, before: datetime) -> int:
        """Remove those that were not stored again since; how many."""
        return sum([await self._run(self._drop, self._file(each), before.timestamp()) for each in addresses])

    async def drop_incoming(self, *, before: datetime) -> int:
        """Remove what was on its way in before a moment and never came; how many."""
        return await self._run(lambda: sum(self._drop(path, before.timestamp()) for path in _files(self._incoming)))

    def _drop(self, path: Path, before: float) -> bool:
        """Alone with it: whoever stores these bytes at this moment makes the file young, or another one after it."""
        with _held(self._incoming, fcntl.LOCK_EX):
            if not _is_older(path, before):
                return False
            path.unlink()
        return True

    async def _write(self, blocking: Callable[..., T], *args: object) -> T:
        try:
            return await self._run(blocking, *args)
        except OSError as error:
            log.error("blob_unstored", error=errno.errorcode.get(error.errno or 0))
            raise Unstored(is_full=error.errno in FULL) from error

    async def _run(self, blocking: Callable[..., T], *args: object) -> T:
        return await to_thread.run_sync(blocking, *args, limiter=self._threads)


class _Incoming:
    """A file being written; hashed on the way."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        self._path = folder / token_hex(16)
        fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
        self._file = os.fdopen(fd, "wb", buffering=0)
        self._digest = sha256()
        self.size = 0
        self.head = b""

    def write(self, chunk: bytes) -> None:
        rest = memoryview(chunk)
        while rest:
            rest = rest[self._file.write(rest) :]
        self._digest.update(chunk)
        self.size += len(chunk)
        self.head += chunk[: HEAD - len(self.head)]

    def require(self, *, sha256: str, size: int) -> None:
        if self.size != size:
            raise WrongBytes(f"{self.size} bytes instead of {size}")
        if self._digest.hexdigest() != sha256:
            raise WrongBytes("another SHA-256 than announced")

    def publish(self, target: Path) -> None:
        """Put it in place. The same bytes may lie there already: the new file is younger, so no sweep takes it."""
        os.fsync(self._file.fileno())
        if not target.parent.exists():
            target.parent.mkdir(mode=0o750, exist_ok=True)
            flush(target.parent.parent)
        with _held(self._path.parent, fcntl.LOCK_SH):
            self._path.replace(target)
        flush(target.parent)

    def discard(self) -> None:
        """Close, and remove what was not published."""
        self._file.close()
        self._path.unlink(missing_ok=True)


class _Outgoing:
    """A file being read, one chunk behind, so that damage is found before the last chunk is out of hand."""

    def __init__(self, file: BufferedReader, address: str, *, start: int, stop: int | None) -> None:
        size = os.fstat(file.fileno()).st_size
        self._file = file
        self._address = address
        self._digest = sha256()
        self._is_whole = start == 0 and (stop is None or stop >= size)
        self._left = max((size if stop is None or self._is_whole else stop) - start, 0)
        file.seek(start)
        self._ahead = self._fetch()

    def next(self) -> bytes:
        """The next chunk, b"" after the last. BlobLost instead of the last one when bytes are wrong or missing."""
        chunk, self._ahead = self._ahead, self._fetch()
        is_wrong = self._is_whole and self._digest.hexdigest() != self._address
        if not self._ahead and (is_wrong or self._left):
            raise BlobLost(self._address)
        return chunk

    def _fetch(self) -> bytes:
        chunk = self._file.read(min(CHUNK, self._left))
        self._left -= len(chunk)
        self._digest.update(chunk)
        return chunk

    def close(self) -> None:
        self._file.close()


def flush(folder: Path) -> None:
    """Names last only once their folder is flushed."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


@contextmanager
def _held(folder: Path, how: int) -> Iterator[None]:
    """The folder's lock, between processes too; the kernel lets go of it when a process dies."""
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, how)
        yield
    finally:
        os.close(fd)


def _files(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _is_older(path: Path, before: float) -> bool:
    try:
        return path.stat().st_mtime < before
    except FileNotFoundError:
        return False
