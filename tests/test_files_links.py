"""What a link may hide or revive: a file read without its first byte, a lost file, an upload of before a blocking."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from household import SCHEMA, Household, address
from starlette.applications import Starlette
from starlette.routing import Route
from town import BASIS, PDF, UPLOAD
from wishes import UNBLOCK_MEMBER, Noted, noted

from resolvers import owner, tokens
from resolvers.context import Client, Context
from resolvers.rights import Principal
from server.blobs import FolderBlobs
from server.files import Files

pytestmark = pytest.mark.anyio

LINK = "query($id: ID!) { document(id: $id) { file { downloadUrl } signatures { downloadUrl } } }"
DOWNLOADED = Noted(entries=[("romashka", "DOCUMENT_DOWNLOADED")])


class WatchedBlobs(FolderBlobs):
    """A folder of blobs that knows how many of its streams are open."""

    open_streams = 0

    async def stream(self, sha256: str, *, start: int = 0, stop: int | None = None) -> Any:
        """As it is, and counted."""
        self.open_streams += 1
        try:
            async for chunk in super().stream(sha256, start=start, stop=stop):
                yield chunk
        finally:
            self.open_streams -= 1


@asynccontextmanager
async def files(house: Household) -> AsyncIterator[httpx.AsyncClient]:
    """The two routes of files in this process."""
    served = Files(house.world)
    routes = [
        Route("/files/{token}", served.get, methods=["GET", "HEAD"]),
        Route("/uploads/{token}", served.put, methods=["PUT"]),
    ]
    transport = httpx.ASGITransport(Starlette(routes=routes))
    async with httpx.AsyncClient(transport=transport, base_url=house.world.house.public_url) as client:
        yield client


async def logged_in(house: Household, who: str) -> Context:
    """A context with a session of somebody's: links hang on it."""
    token = await owner.session_of(house.system, email=address(who))
    return Context(house.world, Principal(token_hash=tokens.hash_of(token)), Client())


async def link(house: Household, who: str, document_id: str) -> str:
    """A download link, made now."""
    result = await SCHEMA.execute(LINK, variable_values={"id": document_id}, context_value=await logged_in(house, who))
    assert result.errors is None and result.data is not None
    return str(result.data["document"]["file"]["downloadUrl"])


@pytest.mark.parametrize("asked", ["bytes=1-", "bytes=10-19", "bytes=-7"])
async def test_no_part_is_taken_in_silence(house: Household, asked: str) -> None:
    """A26: whoever leaves out the first byte is noted like everybody; further parts of it are the same download."""
    document_id = await house.receive("part", "kolesnik")
    url = await link(house, "chaika", document_id)
    async with files(house) as client:
        async with noted(house) as came:
            first = await client.get(url, headers={"range": asked})
        assert (first.status_code, came) == (206, DOWNLOADED)
        async with house.nothing_happens():
            await client.get(url, headers={"range": "bytes=3-5"})


async def test_a_day_later_a_part_is_another_download(house: Household) -> None:
    """A26: what was noted long ago covers nothing; nor does what somebody else took."""
    document_id = await house.receive("later", "kolesnik")
    async with files(house) as client:
        await client.get(await link(house, "kolesnik", document_id))
        async with noted(house) as by_other:
            await client.get(await link(house, "chaika", document_id), headers={"range": "bytes=1-"})
        house.clock.move(timedelta(days=1))
        async with noted(house) as next_day:
            await client.get(await link(house, "chaika", document_id), headers={"range": "bytes=1-"})
    assert (by_other, next_day) == (DOWNLOADED, DOWNLOADED)


async def test_a_lost_file_is_no_download(house: Household, tmp_path: Path) -> None:
    """C3: 500 before anything is sent or noted."""
    document_id = await house.receive("lost", "kolesnik")
    lost = hashlib.sha256(PDF + b"lost").hexdigest()
    url = await link(house, "chaika", document_id)
    (tmp_path / "data" / "files" / lost[:2] / lost).unlink()
    async with files(house) as client, house.nothing_happens():
        answer = await client.get(url)
    assert answer.status_code == 500


async def test_a_signature_is_found_for_the_cabinet_that_the_link_names(house: Household) -> None:
    """A22: whole, with its length; it is not noted as a download of the document."""
    document_id = await house.receive("signed", "kolesnik")
    await house.sign("urbanovich", document_id, PDF + b"signed")
    context = await logged_in(house, "chaika")
    seen = await SCHEMA.execute(LINK, variable_values={"id": document_id}, context_value=context)
    assert seen.data is not None
    async with files(house) as client, house.nothing_happens():
        answer = await client.get(seen.data["document"]["signatures"][0]["downloadUrl"])
    assert (answer.status_code, answer.headers["content-length"]) == (200, str(len(answer.content)))


async def test_no_stream_is_left_open(house: Household, tmp_path: Path) -> None:
    """A reader who goes away leaves no open file behind."""
    blobs = WatchedBlobs(tmp_path / "data" / "files")
    house.world = replace(house.world, blobs=blobs)
    content = PDF + bytes(1024 * 1024)
    upload_id = await house.upload("exchange", content)
    document_id = await house.receive("open", "kolesnik", uploadId=upload_id)
    url = await link(house, "chaika", document_id)
    app = Starlette(routes=[Route("/files/{token}", Files(house.world).get)])
    scope = {"type": "http", "method": "GET", "path": httpx.URL(url).path, "query_string": b"", "headers": []}

    async def receive() -> Any:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            raise OSError("the client is gone")

    with pytest.raises(Exception):  # noqa: B017  # how the server is told so is Starlette's affair
        await app({**scope, "asgi": {"spec_version": "2.4"}}, receive, send)
    assert blobs.open_streams == 0


async def test_an_upload_link_of_before_a_blocking_stays_dead(house: Household) -> None:
    """A30: like a download link; unblocked, one announces anew."""
    content = PDF + b"dead"
    context = await logged_in(house, "chaika")
    url = await announced(house, context, content)
    await house.block("chaika")
    await house.act("hotline", UNBLOCK_MEMBER, memberId=house.members["chaika"], basis=BASIS)
    async with files(house) as client:
        async with house.nothing_happens():
            answer = await client.put(url, content=content)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
        again = await announced(house, await logged_in(house, "chaika"), content)
        assert (await client.put(again, content=content)).status_code == 204


async def announced(house: Household, context: Context, content: bytes) -> str:
    """Where somebody is to put a file."""
    file = {
        "cabinetId": house.cabinets["romashka"],
        "fileName": "Акт.pdf",
        "contentType": "application/pdf",
        "sizeBytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    result = await SCHEMA.execute(UPLOAD, variable_values={"i": file}, context_value=context)
    assert result.data is not None
    return str(result.data["documentUploadCreate"]["upload"]["url"])
