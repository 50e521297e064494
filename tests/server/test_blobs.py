"""Files by content: in only with the announced bytes, out only undamaged (reliability.md C3)."""

import errno
import os
import stat
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256, sha384
from pathlib import Path

import pytest

from resolvers.ports import BlobLost, Unavailable, Unstored, WrongBytes
from server import blobs as module
from server.blobs import CHUNK, FolderBlobs

pytestmark = pytest.mark.anyio

PAPER = b"%PDF-1.7 " + bytes(range(256)) * 700
ADDRESS = sha256(PAPER).hexdigest()


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    return FolderBlobs(tmp_path)


def file_of(folder: Path, address: str = ADDRESS) -> Path:
    return folder / address[:2] / address


def left(folder: Path) -> list[Path]:
    """Every file that is there."""
    return [path for path in folder.rglob("*") if path.is_file()]


async def pieces(content: bytes, size: int = 50_000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def broken_off() -> AsyncIterator[bytes]:
    yield PAPER[:1000]
    raise ConnectionError


async def gathered(blobs: FolderBlobs, *, start: int = 0, stop: int | None = None) -> list[bytes]:
    return [chunk async for chunk in blobs.stream(ADDRESS, start=start, stop=stop)]


async def test_what_was_put_is_read(blobs: FolderBlobs, tmp_path: Path) -> None:
    assert await blobs.put(pieces(PAPER), sha256=ADDRESS, size=len(PAPER)) == PAPER[:16]
    assert await blobs.read(ADDRESS) == PAPER
    assert left(tmp_path) == [file_of(tmp_path)]
    assert stat.S_IMODE(file_of(tmp_path).stat().st_mode) & ~0o640 == 0


async def test_the_head_is_put_together_from_small_pieces(blobs: FolderBlobs) -> None:
    small = b"abcdefghijklmnopqrstuvwxyz"
    assert await blobs.put(pieces(small, 5), sha256=sha256(small).hexdigest(), size=26) == small[:16]


async def test_putting_and_keeping_twice_is_the_same(blobs: FolderBlobs, tmp_path: Path) -> None:
    await blobs.put(pieces(PAPER), sha256=ADDRESS, size=len(PAPER))
    os.utime(file_of(tmp_path), (0, 0))
    await blobs.put(pieces(PAPER), sha256=ADDRESS, size=len(PAPER))
    assert await blobs.keep(PAPER) == ADDRESS
    assert left(tmp_path) == [file_of(tmp_path)]
    assert file_of(tmp_path).stat().st_mtime > 0


@pytest.mark.parametrize(
    ("content", "size"),
    [(PAPER[:-1], len(PAPER)), (PAPER + b"!", len(PAPER)), (b"!" + PAPER[1:], len(PAPER)), (b"", 0)],
    ids=["short", "long", "other", "empty"],
)
async def test_other_bytes_than_announced_leave_nothing(
    blobs: FolderBlobs, tmp_path: Path, content: bytes, size: int
) -> None:
    with pytest.raises(WrongBytes):
        await blobs.put(pieces(content), sha256=ADDRESS, size=size)
    assert left(tmp_path) == []


async def test_an_upload_without_end_is_cut_off(blobs: FolderBlobs, tmp_path: Path) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1000
            yield bytes(1000)

    with pytest.raises(WrongBytes):
        await blobs.put(endless(), sha256=ADDRESS, size=5000)
    assert taken == 6000
    assert left(tmp_path) == []


async def test_an_upload_that_breaks_off_leaves_nothing(blobs: FolderBlobs, tmp_path: Path) -> None:
    with pytest.raises(ConnectionError):
        await blobs.put(broken_off(), sha256=ADDRESS, size=len(PAPER))
    assert left(tmp_path) == []


@pytest.mark.parametrize("address", ["", "..", "../../etc/passwd", ADDRESS.upper(), f"{ADDRESS}\n"])
async def test_an_address_is_never_a_path(blobs: FolderBlobs, address: str) -> None:
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        await blobs.read(address)


async def test_an_absent_file_is_lost(blobs: FolderBlobs) -> None:
    with pytest.raises(BlobLost):
        await blobs.read(ADDRESS)
    with pytest.raises(BlobLost):
        await gathered(blobs)
    with pytest.raises(BlobLost):
        blobs.digester(ADDRESS)("sha384")


@pytest.mark.parametrize("stop", [None, len(PAPER)])
async def test_a_whole_file_comes_in_chunks(blobs: FolderBlobs, stop: int | None) -> None:
    await blobs.keep(PAPER)
    chunks = await gathered(blobs, stop=stop)
    assert b"".join(chunks) == PAPER
    assert [len(chunk) for chunk in chunks] == [CHUNK, CHUNK, len(PAPER) - 2 * CHUNK]


@pytest.mark.parametrize(
    ("start", "stop"), [(0, 1), (5, 5), (1, None), (CHUNK, 2 * CHUNK), (len(PAPER) - 1, len(PAPER)), (17, 150_000)]
)
async def test_a_range_is_those_bytes(blobs: FolderBlobs, start: int, stop: int | None) -> None:
    await blobs.keep(PAPER)
    assert b"".join(await gathered(blobs, start=start, stop=stop)) == PAPER[start:stop]


@pytest.mark.parametrize(
    "damage", [PAPER[:-1] + b"!", PAPER[:-1], PAPER + b"!", b""], ids=["flip", "cut", "more", "gone"]
)
async def test_damage_is_found_before_the_last_chunk(blobs: FolderBlobs, tmp_path: Path, damage: bytes) -> None:
    await blobs.keep(PAPER)
    file_of(tmp_path).write_bytes(damage)
    sent = b""
    with pytest.raises(BlobLost):
        async for chunk in blobs.stream(ADDRESS):
            sent += chunk
    assert len(sent) <= 2 * CHUNK
    with pytest.raises(BlobLost):
        await blobs.read(ADDRESS)


async def test_a_range_beyond_a_cut_is_lost(blobs: FolderBlobs, tmp_path: Path) -> None:
    await blobs.keep(PAPER)
    file_of(tmp_path).write_bytes(PAPER[:-10])
    with pytest.raises(BlobLost):
        await gathered(blobs, start=CHUNK, stop=len(PAPER))


async def test_storing_again_mends_a_damaged_file(blobs: FolderBlobs, tmp_path: Path) -> None:
    await blobs.keep(PAPER)
    file_of(tmp_path).write_bytes(b"damaged")
    await blobs.put(pieces(PAPER), sha256=ADDRESS, size=len(PAPER))
    assert await blobs.read(ADDRESS) == PAPER


async def test_digests_are_of_these_bytes(blobs: FolderBlobs, tmp_path: Path) -> None:
    digest = blobs.digester(ADDRESS)
    assert digest("sha256").hex() == ADDRESS
    await blobs.keep(PAPER)
    assert digest("sha384") == sha384(PAPER).digest()
    file_of(tmp_path).write_bytes(b"damaged")
    with pytest.raises(BlobLost):
        digest("sha384")


async def test_damage_is_remembered_until_the_bytes_are_stored_again(blobs: FolderBlobs, tmp_path: Path) -> None:
    """C3 (reliability): readiness tells how many readers have met; whoever examines tells it himself."""
    await blobs.keep(PAPER)
    assert await blobs.examine(ADDRESS) == len(PAPER)
    file_of(tmp_path).write_bytes(PAPER[:-1] + b"!")
    with pytest.raises(BlobLost):
        await blobs.examine(ADDRESS)
    assert blobs.damaged == set()
    with pytest.raises(BlobLost):
        await gathered(blobs)
    assert blobs.damaged == {ADDRESS}
    await blobs.put(pieces(PAPER), sha256=ADDRESS, size=len(PAPER))
    assert blobs.damaged == set()


LONG_AGO = datetime.now(UTC) - timedelta(hours=25)
YESTERDAY = datetime.now(UTC) - timedelta(hours=24)


def age(path: Path) -> None:
    """Make it a file of yesterday."""
    os.utime(path, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))


async def test_only_what_is_old_is_dropped(blobs: FolderBlobs, tmp_path: Path) -> None:
    """C3 (reliability): a file that is stored again between looking and dropping is young, and stays."""
    other = await blobs.keep(b"other")
    await blobs.keep(PAPER)
    broken, going_on = tmp_path / "tmp" / "broken", tmp_path / "tmp" / "going-on"
    for path in (broken, going_on):
        path.write_bytes(b"half")
    for path in (file_of(tmp_path), file_of(tmp_path, other), broken):
        age(path)
    found = [address async for page in blobs.aged(before=YESTERDAY) for address in page]
    assert sorted(found) == sorted([ADDRESS, other])
    await blobs.keep(PAPER)
    assert await blobs.drop(found, before=YESTERDAY) == 1
    assert await blobs.drop_incoming(before=YESTERDAY) == 1
    assert sorted(left(tmp_path)) == sorted([file_of(tmp_path), going_on])


class Refusing:
    """A disk that refuses the second write, as one that has just become full."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.asked = 0

    def write(self) -> None:
        """In place of `_Incoming.write`."""
        self.asked += 1
        if self.asked == 2:
            raise OSError(self.number, os.strerror(self.number))


@pytest.mark.parametrize(
    ("number", "is_full"),
    [(errno.ENOSPC, True), (errno.EDQUOT, True), (errno.EROFS, False), (errno.EMFILE, False)],
    ids=["full", "quota", "read-only", "too many open"],
)
async def test_a_disk_that_refuses_leaves_nothing(
    blobs: FolderBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, is_full: bool
) -> None:
    """C3, I10 (reliability): the temporary file goes, the error says whether room lacks, the next file is stored."""
    refusing = Refusing(number)
    with monkeypatch.context() as patched:
        patched.setattr(module._Incoming, "write", lambda *_: refusing.write())
        with pytest.raises(Unstored) as refused:
            await blobs.put(pieces(PAPER), sha256=ADDRESS, size=len(PAPER))
    assert refused.value.is_full is is_full
    assert left(tmp_path) == []
    await blobs.put(pieces(PAPER), sha256=ADDRESS, size=len(PAPER))
    assert await blobs.read(ADDRESS) == PAPER


async def test_a_file_that_cannot_be_opened_is_not_lost(blobs: FolderBlobs, tmp_path: Path) -> None:
    """I10 (reliability): what is in the way may go; no alarm for bytes that may be whole."""
    file_of(tmp_path).parent.mkdir()
    file_of(tmp_path).symlink_to(file_of(tmp_path))
    with pytest.raises(Unavailable):
        await blobs.read(ADDRESS)
    assert blobs.damaged == set()
