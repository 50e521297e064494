"""GET of a signed link: whole, in part, noted once, dead when rights end; changed bytes are never served as whole."""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote, unquote

import httpx
import pytest
from quick_town import DOCUMENT, QuickTown, content_of, quick_town
from slow_reader import SlowReader
from town import PDF

pytestmark = pytest.mark.anyio

ACTIVITY = "query($id: ID!) { document(id: $id) { activity(first: 50) { nodes { kind actor { displayName } } } } }"
NAME = "Акт № 15 «к договору»; копия.pdf"
LARGE = 16 * 1024 * 1024


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One loop for all stories of this file."""
    return "asyncio"


@pytest.fixture(scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[QuickTown]:
    """One server for all stories of this file."""
    async with quick_town(tmp_path_factory.mktemp("downloads")) as made:
        yield made


async def downloads(town: QuickTown, document_id: str) -> int:
    """How often the journal says that the document was downloaded."""
    seen = await town.api("shcherbo").ask(ACTIVITY, id=document_id)
    kinds = [entry["kind"] for entry in seen["document"]["activity"]["nodes"]]
    return kinds.count("DOCUMENT_DOWNLOADED")


async def test_a_file_comes_as_an_attachment_that_no_browser_runs(town: QuickTown) -> None:
    """EC58, A8: the bytes, a Cyrillic name by RFC 5987, nosniff, a sandbox, and no cache."""
    content = content_of("attachment")
    document_id = await town.deliver("attachment", "kolesnik", fileName=NAME)
    answer = await town.http.get(await town.link("kolesnik", document_id))
    headers = answer.headers
    assert (answer.status_code, answer.content) == (200, content)
    assert headers["content-disposition"] == f"attachment; filename*=UTF-8''{quote(NAME, safe='')}"
    assert headers["content-type"] == "application/pdf"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert headers["cache-control"] == "private, no-store"
    assert headers["content-length"] == str(len(content))


async def test_html_that_calls_itself_a_pdf_is_no_active_content(town: QuickTown) -> None:
    """EC58: the type is told by the first bytes, never by who announced it; a name goes no way out of the folder."""
    content = b"<html><script>alert(1)</script></html>"
    document_id = await town.deliver("html", "kolesnik", content=content, fileName="../../\u202egpj.exe")
    answer = await town.http.get(await town.link("kolesnik", document_id))
    assert answer.headers["content-type"] == "application/octet-stream"
    name = unquote(answer.headers["content-disposition"].removeprefix("attachment; filename*=UTF-8''"))
    assert not set("/\\\u202e") & set(name)


PARTS = [
    ("bytes=0-9", 206, slice(0, 10)),
    ("bytes=10-19", 206, slice(10, 20)),
    ("bytes=20-", 206, slice(20, None)),
    ("bytes=-7", 206, slice(-7, None)),
    ("bytes=5-999999", 206, slice(5, None)),
    ("bytes=-999999", 200, slice(None)),
    ("bytes=0-", 200, slice(None)),
    ("items=0-9", 200, slice(None)),
    ("bytes=9-0,abc", 200, slice(None)),
]


@pytest.mark.parametrize(("asked", "status", "part"), PARTS, ids=[part[0] for part in PARTS])
async def test_a_range_gives_those_bytes(town: QuickTown, asked: str, status: int, part: slice) -> None:
    """A8: first bytes, a middle, a suffix; what is no single range gives the whole."""
    content = content_of("ranges")
    link = await town.link("kolesnik", await town.deliver("ranges", "kolesnik"))
    answer = await town.http.get(link, headers={"range": asked})
    assert (answer.status_code, answer.content) == (status, content[part])
    start = (part.start or 0) % len(content)
    shown = f"bytes {start}-{start + len(answer.content) - 1}/{len(content)}" if status == 206 else None
    assert answer.headers.get("content-range") == shown


async def test_a_range_outside_is_416(town: QuickTown) -> None:
    """A8: bytes that are not there; nothing is noted as downloaded."""
    document_id = await town.deliver("outside", "kolesnik")
    size = len(content_of("outside"))
    link = await town.link("kolesnik", document_id)
    async with town.home.nothing_happens():
        for asked in (f"bytes={size}-", "bytes=-0", "bytes=9-3"):
            answer = await town.http.get(link, headers={"range": asked})
            assert (answer.status_code, answer.content) == (416, b""), asked
            assert answer.headers["content-range"] == f"bytes */{size}"


async def test_a_download_is_noted_once(town: QuickTown) -> None:
    """A26: the journal says who downloaded; HEAD and later parts of the same download say nothing."""
    document_id = await town.deliver("noted", "kolesnik")
    link = await town.link("chaika", document_id)
    head = await town.http.head(link)
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(content_of("noted"))))
    assert head.content == b""
    assert await downloads(town, document_id) == 0
    first = await town.http.get(link, headers={"range": "bytes=0-19"})
    rest = await town.http.get(link, headers={"range": "bytes=20-"})
    assert first.content + rest.content == content_of("noted")
    assert await downloads(town, document_id) == 1
    entries = (await town.api("shcherbo").ask(ACTIVITY, id=document_id))["document"]["activity"]["nodes"]
    assert entries[-1] == {"kind": "DOCUMENT_DOWNLOADED", "actor": {"displayName": "Чайка Дмитрий Олегович"}}


async def test_a_signature_is_what_was_signed_and_openssl_agrees(town: QuickTown, tmp_path: Path) -> None:
    """A22, EB49: the detached signature comes byte for byte as it was made, and verifies without this server."""
    content, document_id = content_of("signed"), await town.deliver("signed", "kolesnik")
    await town.sign("urbanovich", document_id, content)
    (signature,) = (await town.api("chaika").ask(DOCUMENT, id=document_id))["document"]["signatures"]
    answer = await town.http.get(signature["downloadUrl"])
    assert answer.headers["content-type"] == "application/pkcs7-signature"
    assert hashlib.sha256(answer.content).hexdigest() in {path.name for path in (town.data / "files").glob("??/*")}
    (tmp_path / "act.pdf").write_bytes(content)
    (tmp_path / "act.p7s").write_bytes(answer.content)
    assert verified(town, tmp_path) == 0
    (tmp_path / "act.pdf").write_bytes(content + b"!")
    assert verified(town, tmp_path) != 0


def verified(town: QuickTown, folder: Path) -> int:
    """What openssl says of the file and the signature in a folder; 0 for a good one."""
    root = town.data / "authority" / "root.pem"
    command = f"openssl cms -verify -binary -inform DER -in act.p7s -content act.pdf -CAfile {root} -purpose any"
    done = subprocess.run([*command.split(), "-out", "checked.pdf"], cwd=folder, capture_output=True, check=False)
    return done.returncode


async def test_a_dead_link_has_one_text(town: QuickTown) -> None:
    """C24: garbled, too old, of an ended login, of a blocked member, of an upload: 404, byte for byte alike."""
    document_id = await town.deliver("dead", "kolesnik")
    phone = await town.begin("urbanovich")
    ended = (await phone.ask(DOCUMENT, id=document_id))["document"]["file"]["downloadUrl"]
    own = await town.link("chaika", document_id)
    upload = (await town.announce(town.api("chaika"), b"x", cabinetId=town.romashka))["url"].rsplit("/", 1)[1]
    head, tail = own.rsplit("/", 1)
    old = f"{head}/{town.aged('download', tail, minutes=11)}"
    await phone.act("mutation($i: SessionDeleteInput!) { sessionDelete(input: $i) { userErrors { code } } }", i={})
    await town.block("chaika")
    try:
        dead = [own, ended, old, f"{head}/nonsense", f"{head}/{tail[:-1]}", f"{head}/{tail[1:]}", f"{head}/{upload}"]
        async with town.home.nothing_happens():
            answers = [await town.http.get(link) for link in dead]
    finally:
        await town.unblock("chaika")
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert (await town.http.get(own)).status_code == 404, "a link of before the blocking stays dead"
    assert (await town.http.get(await town.link("chaika", document_id))).status_code == 200


@pytest.mark.parametrize("is_blocked", [True, False], ids=["blocked", "still a member"])
async def test_a_download_under_way_is_cut_when_the_member_is_blocked(town: QuickTown, is_blocked: bool) -> None:
    """EA4, A30: what is still in the server's hand is not given to who was blocked; others get it all."""
    content = PDF + bytes(LARGE)
    document_id = await town.deliver(f"large {is_blocked}", "kolesnik", content=content)
    reader = SlowReader(town.server.port, await town.link("kolesnik", document_id))
    start = await reader.read(4096)
    assert start.startswith(b"HTTP/1.1 200")
    if is_blocked:
        await town.block("kolesnik")
    await asyncio.sleep(1.1)
    total = len(start) + await reader.rest()
    if is_blocked:
        await town.unblock("kolesnik")
        assert total < LARGE * 3 // 4
    else:
        assert total > len(content)


@pytest.mark.parametrize("size", [100, 300_000], ids=["one chunk", "several"])
async def test_changed_bytes_are_never_served_as_whole(town: QuickTown, size: int) -> None:
    """C3: a byte flipped on the disk breaks the answer, and the log names the file."""
    content = PDF + size.to_bytes(4) * (size // 4)
    document_id = await town.deliver(f"flipped {size}", "kolesnik", content=content)
    address = hashlib.sha256(content).hexdigest()
    path = town.data / "files" / address[:2] / address
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    link = await town.link("kolesnik", document_id)
    assert await whole(town, link) is None
    assert "blob_lost" in await town.logged(address)
    path.unlink()
    assert await whole(town, link) is None


async def whole(town: QuickTown, link: str) -> bytes | None:
    """The body of an answer that claims to be whole; None when it broke off or said that it failed."""
    try:
        answer = await town.http.get(link)
    except httpx.RemoteProtocolError:
        return None
    return answer.content if answer.status_code != 500 else None
