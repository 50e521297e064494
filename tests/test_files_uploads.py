"""PUT of an announced file: exactly those bytes, once, by whom they were announced."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from clients import Api
from quick_town import QuickTown, content_of, quick_town
from town import RECEIVE, UPLOAD

pytestmark = pytest.mark.anyio

SAVE = """mutation($i: DraftSaveInput!) {
  draftSave(input: $i) { document { id file { sizeBytes } } userErrors { code } } }"""


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One loop for all stories of this file."""
    return "asyncio"


@pytest.fixture(scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[QuickTown]:
    """One server for all stories of this file."""
    async with quick_town(tmp_path_factory.mktemp("uploads"), CABINET_MAX_UPLOAD_BYTES="2000000") as made:
        yield made


def blob(town: QuickTown, content: bytes) -> Path:
    """Where these bytes lie once they are stored."""
    name = hashlib.sha256(content).hexdigest()
    return town.data / "files" / name[:2] / name


def leftovers(town: QuickTown) -> list[Path]:
    """What uploads left in the folder for unfinished ones."""
    return list((town.data / "files" / "tmp").iterdir())


async def draft(town: QuickTown, api: Api, upload: Any) -> Any:
    """The payload of a draft with this upload."""
    return await api.try_to(SAVE, i={"draft": {"cabinetId": town.romashka}, "uploadId": upload["id"]})


@pytest.mark.parametrize("wrong", ["other bytes", "one more", "one less", "none"])
async def test_other_bytes_than_announced_are_refused(town: QuickTown, wrong: str) -> None:
    """EH92: wrong, too many or too few bytes → UPLOAD_DIGEST_MISMATCH, nothing stored; the right ones come later."""
    urbanovich, content = town.api("urbanovich"), content_of(f"upload {wrong}")
    upload = await town.announce(urbanovich, content, cabinetId=town.romashka)
    other = {"other bytes": content[:-1] + b"!", "one more": content + b"!", "one less": content[:-1], "none": b""}
    async with town.home.nothing_happens():
        refused = await town.put(upload, other[wrong])
    assert (refused.status_code, refused.json()["code"]) == (422, "UPLOAD_DIGEST_MISMATCH")
    assert not blob(town, content).exists()
    assert not blob(town, other[wrong]).exists()
    assert leftovers(town) == []
    unready = await draft(town, urbanovich, upload)
    assert [error["code"] for error in unready["userErrors"]] == ["UPLOAD_INCOMPLETE"]
    assert (await town.put(upload, content)).status_code == 204
    assert blob(town, content).read_bytes() == content
    made = await draft(town, urbanovich, upload)
    assert (made["userErrors"], made["document"]["file"]["sizeBytes"]) == ([], len(content))


async def test_much_more_than_announced_is_not_read_to_its_end(town: QuickTown) -> None:
    """A8: reading stops at the size announced; what came is thrown away."""
    content = content_of("flood")
    upload = await town.announce(town.api("urbanovich"), content, cabinetId=town.romashka)
    refused = await town.put(upload, content + b"x" * 1_500_000)
    assert refused.json()["code"] == "UPLOAD_DIGEST_MISMATCH"
    assert leftovers(town) == []


async def test_the_same_bytes_again_change_nothing(town: QuickTown) -> None:
    """EH92: one file: the PUT repeated after a lost answer succeeds; once the file is used the link is dead."""
    urbanovich, content = town.api("urbanovich"), content_of("twice")
    upload = await town.announce(urbanovich, content, cabinetId=town.romashka)
    assert (await town.put(upload, content)).status_code == 204
    async with town.home.nothing_happens():
        assert (await town.put(upload, content)).status_code == 204
        assert (await town.put(upload, content + b"!")).json()["code"] == "UPLOAD_DIGEST_MISMATCH"
    assert blob(town, content).read_bytes() == content
    assert (await draft(town, urbanovich, upload))["userErrors"] == []
    dead = await town.put(upload, content)
    assert (dead.status_code, dead.json()["code"]) == (404, "NOT_FOUND")


async def test_anothers_upload_is_not_found(town: QuickTown) -> None:
    """EH92: one maker: the id of another's upload is as good as none, in the same cabinet too."""
    content = content_of("own")
    upload = await town.announce(town.api("urbanovich"), content, cabinetId=town.romashka)
    await town.put(upload, content)
    async with town.home.nothing_happens():
        theirs = await draft(town, town.api("kolesnik"), upload)
        received = await town.api("exchange").try_to(
            RECEIVE, i=town.delivery("stolen", "chaika", uploadId=upload["id"])
        )
    assert [error["code"] for error in theirs["userErrors"]] == ["NOT_FOUND"]
    assert [error["code"] for error in received["userErrors"]] == ["NOT_FOUND"]


async def test_a_put_after_the_blocking_is_not_found(town: QuickTown) -> None:
    """EA4, A30: the upload link dies with the membership, even when nothing was put yet; unblocked, it stays dead."""
    kolesnik, content = town.api("kolesnik"), content_of("blocked")
    upload = await town.announce(kolesnik, content, cabinetId=town.romashka)
    await town.block("kolesnik")
    try:
        async with town.home.nothing_happens():
            refused = await town.put(upload, content)
        assert (refused.status_code, refused.json()["code"]) == (404, "NOT_FOUND")
        assert not blob(town, content).exists()
    finally:
        await town.unblock("kolesnik")
    assert (await town.put(upload, content)).status_code == 404
    again = await town.announce(kolesnik, content, cabinetId=town.romashka)
    assert (await town.put(again, content)).status_code == 204


async def test_a_dead_link_has_one_text(town: QuickTown) -> None:
    """C24: a garbled, foreign, too old or ended upload link answers byte for byte alike."""
    content = content_of("dead")
    phone = await town.begin("urbanovich")
    upload = await town.announce(phone, content, cabinetId=town.romashka)
    url, (head, tail) = upload["url"], upload["url"].rsplit("/", 1)
    document_id = await town.deliver("dead-link", "kolesnik")
    download = (await town.link("urbanovich", document_id)).rsplit("/", 1)[1]
    await phone.act("mutation($i: SessionDeleteInput!) { sessionDelete(input: $i) { userErrors { code } } }", i={})
    fresh = (await town.announce(town.api("urbanovich"), content, cabinetId=town.romashka))["url"]
    old = f"{head}/{town.aged('upload', fresh.rsplit('/', 1)[1], minutes=16)}"
    links = [url, old, f"{head}/nonsense", f"{head}/{tail[:-1]}", f"{head}/{download}", f"{head}/%D0%B6"]
    answers = [await town.http.put(link, content=content) for link in links]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


async def test_a_file_must_be_of_a_size_the_server_takes(town: QuickTown) -> None:
    """EC58: nothing, or more than the limit, is refused before a byte comes."""
    shcherbo = town.api("shcherbo")
    file = {"cabinetId": town.romashka, "fileName": "a.pdf", "contentType": "application/pdf", "sha256": "0" * 64}
    codes = {}
    async with town.home.nothing_happens():
        for size in (0, 2_000_001):
            payload = await shcherbo.try_to(UPLOAD, i={**file, "sizeBytes": size})
            codes[size] = [(error["code"], error["path"]) for error in payload["userErrors"]]
    assert codes == {
        0: [("INVALID", ["sizeBytes"])],
        2_000_001: [("FILE_TOO_LARGE", ["sizeBytes"])],
    }
