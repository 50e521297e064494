"""The machine refuses: no room, too many open files, a read-only folder. Each is told, and the service goes on."""

from __future__ import annotations

import os
import resource
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from clients import Refused
from databases import database_url
from household import Household
from processes import cabinet
from quick_town import QuickTown, content_of, quick_town
from starlette.requests import Request
from wishes import ARCHIVE

from resolvers.ports import Unstored
from server.app import Server
from server.blobs import FolderBlobs
from server.settings import read_settings

pytestmark = pytest.mark.anyio

MIB = 1024 * 1024
HEADER = "{ viewer { displayName } }"
CAN_LIMIT = hasattr(resource, "prlimit")


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One loop for all stories of this file."""
    return "asyncio"


@pytest.fixture(scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[QuickTown]:
    """One server for all stories of this file; nobody else has its database open."""
    async with quick_town(tmp_path_factory.mktemp("machine"), is_watched=False) as made:
        yield made


@contextmanager
def limited(town: QuickTown, what: int, most: int) -> Iterator[None]:
    """The server may have no more of something while the block lasts."""
    pid = town.server.process.pid
    _, hard = before = resource.prlimit(pid, what)
    resource.prlimit(pid, what, (most, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, what, before)


def incoming(town: QuickTown) -> list[Path]:
    """What lies there of uploads that did not come to their end."""
    return list((town.data / "files" / "tmp").iterdir())


@pytest.mark.skipif(not CAN_LIMIT, reason="Linux limits another process")
async def test_an_upload_without_room_is_507(town: QuickTown) -> None:
    """C3, I10 (reliability): UNAVAILABLE, nothing left of it; acts that need rows alone go on, then uploads too."""
    content = b"%PDF" + bytes(9 * MIB)
    upload = await town.announce(town.api("exchange"), content)
    document_id = await town.deliver("small", "kolesnik")
    with limited(town, resource.RLIMIT_FSIZE, 8 * MIB):
        answer = await town.put(upload, content)
        assert (answer.status_code, answer.json()["code"]) == (507, "UNAVAILABLE")
        assert incoming(town) == []
        await town.api("kolesnik").act(ARCHIVE, i={"documentId": document_id, "archived": True})
    assert "blob_unstored" in await town.logged("EFBIG")
    assert (await town.put(upload, content)).status_code == 204


@pytest.mark.of_sqlite
@pytest.mark.skipif(not CAN_LIMIT, reason="Linux limits another process")
async def test_a_full_disk_under_the_rows_is_503(town: QuickTown) -> None:
    """C1, I10 (reliability): acts are UNAVAILABLE, readers go on; with room acts go on too, and all is sound."""
    document_id = await town.deliver("rows", "kolesnik")
    refused = 0
    with limited(town, resource.RLIMIT_FSIZE, max(MIB, (town.data / "cabinet.db-wal").stat().st_size)):
        for number in range(200):
            try:
                wish = {"documentId": document_id, "archived": number % 2 == 0}
                await town.api("kolesnik").act(ARCHIVE, i=wish)
            except Refused as refusal:
                assert refusal.codes == ["UNAVAILABLE"]
                refused += 1
                if refused == 3:
                    break
        assert (await town.api("kolesnik").ask(HEADER))["viewer"]["displayName"]
    assert refused == 3
    assert "SQLITE_" in await town.logged("database_refused")
    await town.deliver("afterwards", "kolesnik")
    assert (await cabinet("check", env=town.env)).startswith("sound: ")


@pytest.mark.of_sqlite
@pytest.mark.skipif(not CAN_LIMIT, reason="Linux limits another process")
async def test_too_many_open_files_are_503(town: QuickTown) -> None:
    """I10 (reliability): an upload is UNAVAILABLE, readiness red; with room for one more it all goes on."""
    content = content_of("open")
    upload = await town.announce(town.api("exchange"), content)
    link = await town.link("kolesnik", await town.deliver("downloaded", "kolesnik"))
    taken = {int(name) for name in os.listdir(f"/proc/{town.server.process.pid}/fd")}
    with limited(town, resource.RLIMIT_NOFILE, min(set(range(len(taken) + 1)) - taken)):
        put, got, ready = await town.put(upload, content), await town.http.get(link), await town.http.get(READY)
        assert [answer.status_code for answer in (put, got, ready)] == [503, 503, 503]
        assert put.json()["code"] == got.json()["code"] == "UNAVAILABLE"
        assert ready.json() == {"ready": False, "failing": ["database"], "damagedFiles": 0}
    assert "blob_unstored" in await town.logged("EMFILE")
    assert (await town.put(upload, content)).status_code == 204
    assert (await town.http.get(link)).content == content_of("downloaded")
    assert (await town.http.get(READY)).json() == {"ready": True, "failing": [], "damagedFiles": 0}


READY = "/health/ready"


async def test_a_damaged_file_is_counted_and_the_service_stays_ready(town: QuickTown) -> None:
    """C3 (reliability): readiness tells of it; whoever asks for other files is served."""
    document_id = await town.deliver("damaged", "kolesnik")
    content = content_of("damaged")
    (path,) = [each for each in (town.data / "files").glob("??/*") if each.read_bytes() == content]
    path.write_bytes(content[:-1] + b"!")
    assert (await town.http.get(await town.link("kolesnik", document_id))).status_code == 500
    answer = await town.http.get(READY)
    assert (answer.status_code, answer.json()["damagedFiles"]) == (200, 1)
    path.write_bytes(content)


async def test_a_disk_with_little_room_is_not_ready(house: Household, tmp_path: Path) -> None:
    """C3 (reliability): below CABINET_MIN_FREE_MB readiness is 503 and says why."""
    data = tmp_path / "data"
    said = {"data_dir": data, "database_url": database_url(data)}
    for least, status, failing in ((0, 200, b"[]"), (10**9, 503, b'["disk"]')):
        server = Server(read_settings(**said, min_free_mb=least), house.world)
        answer = await server.ready(Request({"type": "http"}))
        assert (answer.status_code, failing in answer.body) == (status, True)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder that nobody may write to, nor this process: root, who may everything, is nobody meanwhile."""
    paths = [folder, *folder.rglob("*")]
    for path in paths:
        path.chmod(0o555)
    if os.geteuid() == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(os.getuid())
        for path in paths:
            path.chmod(0o755)


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A folder that any user of the machine can come to, as pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="cabinet-read-only-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


async def test_a_read_only_folder_takes_no_file_and_gives_those_it_has(reachable: Path) -> None:
    """I10 (reliability): Unstored, not a missing file; reading goes on, and so does writing once it is mended."""
    blobs = FolderBlobs(reachable)
    address = await blobs.keep(b"kept")
    with read_only(reachable):
        with pytest.raises(Unstored) as refused:
            await blobs.keep(b"more")
        assert await blobs.read(address) == b"kept"
    assert refused.value.is_full is False
    assert await blobs.read(await blobs.keep(b"more")) == b"more"
