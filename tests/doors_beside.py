"""The doors beside queries and mutations: links, streams, logins, tokens and what is under way when she is blocked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx
from clients import Api, Refused
from doors import HER, NUMBERS, SHUT, Door, draft, received, standing, token, told, upload
from quick_town import QuickTown
from refused import asking
from slow_reader import SlowReader
from stream_clients import ADDED, EVENTS, TRANSPORTS, Stream
from town import PDF

LARGE = 16 * 1024 * 1024
DEAD = "404 NOT_FOUND"
STREAMS = {"documentAdded": ADDED, "cabinetEvents": EVENTS}
MINE = "{ viewer { members { cabinet { id } } } }"
READ = "query($id: ID!) { document(id: $id) { title } }"


def answered(answer: httpx.Response) -> str:
    """Status, and the code of a refusal."""
    return "done" if answer.is_success else f"{answer.status_code} {answer.json()['code']}"


# Links.


async def file_link(town: QuickTown) -> str:
    """A link to a document's file."""
    return str((await standing(town))["file"]["downloadUrl"])


async def signature_link(town: QuickTown) -> str:
    """A link to a detached signature."""
    return str((await standing(town))["signatures"][0]["downloadUrl"])


async def get(town: QuickTown, link: str) -> str:
    """The whole of it."""
    return answered(await town.http.get(link))


async def get_part(town: QuickTown, link: str) -> str:
    """A range of it, as a broken download goes on."""
    return answered(await town.http.get(link, headers={"range": "bytes=5-"}))


async def head(town: QuickTown, link: str) -> str:
    """Whether it is there; there is no body to say why not."""
    return str((await town.http.head(link)).status_code)


async def put(town: QuickTown, announced: Any) -> str:
    """The bytes of an announced upload."""
    return answered(await town.put(announced, announced["content"]))


async def stored_upload(town: QuickTown) -> Any:
    """An upload whose bytes are there, not yet used."""
    announced = await upload(town)
    assert (await town.put(announced, announced["content"])).status_code == 204
    return announced


async def use(town: QuickTown, announced: Any) -> str:
    """Put it into a draft begun before."""
    query = "mutation($i: DraftSaveInput!) { draftSave(input: $i) { userErrors { code path } } }"
    payload = await town.api(HER).try_to(
        query, i={"draft": {"draftId": announced["draft"]}, "uploadId": announced["id"]}
    )
    return ", ".join(f"{error['code']} at {'.'.join(error['path'])}" for error in payload["userErrors"]) or "done"


async def upload_and_draft(town: QuickTown) -> Any:
    """An upload and a draft that it is for."""
    return {**await stored_upload(town), "draft": await draft(town)}


# Under way.


async def slow_download(town: QuickTown) -> SlowReader:
    """A large file of which a little has come."""
    content = PDF + str(next(NUMBERS)).encode() + bytes(LARGE)
    document_id = await town.deliver(f"large-{next(NUMBERS)}", HER, content=content)
    reader = SlowReader(town.server.port, await town.link(HER, document_id))
    assert (await reader.read(4096)).startswith(b"HTTP/1.1 200")
    return reader


async def rest_of(_town: QuickTown, reader: SlowReader) -> str:
    """What comes later than the server looks again."""
    await asyncio.sleep(1.1)
    return "done" if await reader.rest() > LARGE * 3 // 4 else "cut"


@dataclass
class SlowUpload:
    """A PUT whose second half is held back."""

    answer: asyncio.Task[httpx.Response]
    goes_on: asyncio.Event


async def slow_upload(town: QuickTown) -> SlowUpload:
    """An upload of which the server has half."""
    announced, begun, goes_on = await upload(town, 300_000), asyncio.Event(), asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        content = announced["content"]
        yield content[: len(content) // 2]
        begun.set()
        await goes_on.wait()
        yield content[len(content) // 2 :]

    headers = {header["name"]: header["value"] for header in announced["headers"]}
    answer = asyncio.create_task(town.http.put(announced["url"], content=body(), headers=headers))
    await begun.wait()
    return SlowUpload(answer, goes_on)


async def finish(_town: QuickTown, half: SlowUpload) -> str:
    """The other half."""
    half.goes_on.set()
    return answered(await half.answer)


# Streams.


@dataclass
class Opened:
    """A stream that has begun, and what keeps it open."""

    stream: Stream
    stack: AsyncExitStack

    async def next(self) -> str:
        """What comes next, and that it is the end if it says so."""
        event = await self.stream.next()
        if event["__typename"] != "AccessRevokedEvent":
            return str(event["__typename"])
        await self.stream.end()
        return f"{event['__typename']} {event['reason']}"


Carrier = Callable[..., AbstractAsyncContextManager[Stream]]


def stream_doors(field: str, carrier: Carrier) -> list[Door]:
    """A stream that is open when she is blocked, and one that she opens then, with what she missed before it."""

    async def cursor(town: QuickTown) -> str:
        return await town.cursor()

    async def opened(town: QuickTown, after: str) -> Opened:
        stack = AsyncExitStack()
        made = carrier(town.api(HER), STREAMS[field], c=town.romashka, a=after)
        return Opened(await stack.enter_async_context(made), stack)

    async def begun(town: QuickTown) -> Opened:
        after = await cursor(town)
        await received(town)
        stream = await opened(town, after)
        assert await stream.next() == "DocumentAddedEvent"
        return stream

    async def go_on(town: QuickTown, stream: Opened) -> str:
        await received(town, "chaika")
        async with stream.stack:
            return await stream.next()

    async def open_now(town: QuickTown, after: str) -> str:
        await received(town, "chaika")
        return await go_on(town, await opened(town, after))

    name, shut = f"Subscription.{field}", "AccessRevokedEvent {state}"
    return [
        Door(f"{name}, open, {carrier.__name__}", begun, go_on, opened="DocumentAddedEvent", shut=shut),
        Door(f"{name}, begun later, {carrier.__name__}", cursor, open_now, opened="DocumentAddedEvent", shut=shut),
    ]


# Logins and tokens.


async def other_login(town: QuickTown) -> tuple[Api, str]:
    """One more session of hers, and a document."""
    return await town.begin(HER), (await standing(town))["id"]


async def read_by(_town: QuickTown, hand: tuple[Api, str]) -> str:
    """The document, by that session or token."""
    api, document_id = hand
    try:
        return "shown" if (await api.ask(READ, id=document_id))["document"] else SHUT
    except Refused as refused:
        return " ".join(map(str, refused.codes))


async def log_in_and_look(town: QuickTown, _hand: Any) -> str:
    """Which cabinets a login begun just now leads to."""
    viewer = (await (await town.begin(HER)).ask(MINE))["viewer"]
    return "shown" if any(member["cabinet"] for member in viewer["members"]) else SHUT


async def her_token(town: QuickTown) -> tuple[Api, str]:
    """A program's token that she answers for, and a document."""
    _, secret = await token(town)
    return Api(town.http, secret), (await standing(town))["id"]


async def look(town: QuickTown, _hand: Any) -> str:
    """Her header: which of her memberships still name a cabinet."""
    viewer = (await town.api(HER).ask(MINE))["viewer"]
    return "shown" if any(member["cabinet"] for member in viewer["members"]) else SHUT


async def list_cabinets(town: QuickTown, _hand: Any) -> str:
    """The cabinets she may choose from."""
    return await told(town, "{ cabinets { nodes { id } } }")


async def rejected(town: QuickTown) -> dict[str, Any]:
    """What she said when she rejected a document, under a key for its repetition."""
    wish = {"documentId": await received(town), "reason": "Не наш", "idempotencyKey": f"key-{next(NUMBERS)}"}
    await town.api(HER).act(asking("documentReject"), i=wish)
    return wish


async def repeat(town: QuickTown, wish: dict[str, Any]) -> str:
    """The same again, as after a lost answer."""
    errors = (await town.api(HER).try_to(asking("documentReject"), i=wish))["userErrors"]
    return ", ".join(f"{error['code']} at {'.'.join(error['path'])}" for error in errors) or "done"


RETRY = Door("a retry with an old key", rejected, repeat, shut="NOT_FOUND at documentId")

BESIDE = [
    Door("GET /files/{token}: a document", file_link, get, shut=DEAD),
    Door("GET /files/{token}: a signature", signature_link, get, shut=DEAD),
    Door("GET /files/{token}: a range", file_link, get_part, shut=DEAD),
    Door("HEAD /files/{token}", file_link, head, opened="200", shut="404"),
    Door("GET /files/{token}: under way", slow_download, rest_of, shut="cut"),
    Door("PUT /uploads/{token}", upload, put, shut=DEAD),
    Door("PUT /uploads/{token}: under way", slow_upload, finish, shut=DEAD),
    Door("an upload for a draft of hers", upload_and_draft, use, shut="NOT_FOUND at draft.draftId"),
    *(door for field in STREAMS for carrier in TRANSPORTS for door in stream_doors(field, carrier)),
    Door("a login of before", other_login, read_by, opened="shown"),
    Door("a login begun while blocked", other_login, log_in_and_look, opened="shown"),
    Door("a token she answers for", her_token, read_by, opened="shown", shut="UNAUTHENTICATED"),
    Door("Query.viewer", other_login, look, opened="shown"),
    Door("Query.cabinets", other_login, list_cabinets, opened="shown"),
]
