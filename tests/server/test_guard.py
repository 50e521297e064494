"""The guards below ASGI, each by itself: a server in this loop with an application of a few lines."""

from __future__ import annotations

import asyncio
import resource
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from hostile import HEAD, POST, all_cut, frame, raw, raw_socket
from processes import free_port
from starlette.types import Receive, Scope, Send

from server.bells import MemoryBell
from server.guard import GuardedConfig, GuardedHttp
from server.guarded_socket import GuardedSocket
from server.listening import Listening, allow_files
from server.settings import read_settings

pytestmark = pytest.mark.anyio

BODY = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n" + b"x" * 300_000
MUCH = "x" * (16 << 20)


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The loop that serves."""
    return "asyncio", {"use_uvloop": True}


async def slow(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that reads late; on a socket it says more than anybody takes."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept", "subprotocol": "graphql-transport-ws"})
        if scope["path"] == "/graphql":
            await send({"type": "websocket.send", "text": MUCH})
        while (await receive())["type"] != "websocket.disconnect":
            pass
        return
    await asyncio.sleep(0.5)
    while (await receive()).get("more_body"):
        pass
    body = bytes(int(scope["query_string"] or b"0"))
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def listening(*, ping: float = 20, **bounds: Any) -> AsyncIterator[Listening]:
    """A server with these bounds; its port is its configuration's."""
    config = GuardedConfig(
        slow,
        bounds=read_settings(**bounds),
        port=free_port(),
        http=GuardedHttp,
        ws=GuardedSocket,
        lifespan="off",
        log_config=None,
        ws_ping_interval=ping,
        ws_ping_timeout=ping,
        timeout_graceful_shutdown=8,
    )
    server = Listening(config, MemoryBell())
    running = asyncio.create_task(server._serve())
    for _ in range(1000):
        if server.started:
            break
        await asyncio.sleep(0.01)
    try:
        yield server
    finally:
        server.should_exit = server.force_exit = True
        await running


@asynccontextmanager
async def serving(**said: Any) -> AsyncIterator[int]:
    """The port of such a server."""
    async with listening(**said) as server:
        yield server.config.port


async def test_who_waits_for_the_server_is_not_late() -> None:
    """R.A3: while the application does not read, the body's time does not run out."""
    async with serving(body_seconds=0.2) as port, raw(port) as one:
        await one.send(BODY)
        assert await one.status() == 200


async def test_each_mebibyte_has_its_time() -> None:
    """R.A3: a large body on a slow line may take longer than BODY_SECONDS."""
    part = b"x" * (1 << 20)
    async with serving(body_seconds=1.0) as port, raw(port) as one:
        await one.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (4 * len(part)))
        for _ in range(4):
            await asyncio.sleep(0.4)
            await one.send(part)
        assert await one.status() == 200


async def test_a_long_head_is_cut_as_it_comes() -> None:
    """R.A1: long before its time is up."""
    async with serving(header_seconds=60) as port, raw(port) as one:
        await one.send(HEAD, b"x: ", b"x" * (1 << 20))
        await one.answer()


async def test_what_hides_behind_a_body_is_cut() -> None:
    """R.A1: trailers are headers too, and an endless one was read for as long as it came."""
    async with serving(body_seconds=60) as port, raw(port) as one:
        chunked = POST.replace(b"Content-Length: 1000", b"Transfer-Encoding: chunked")
        await one.send(chunked, b"1\r\n{\r\n0\r\nx: ", b"x" * (1 << 20))
        await one.answer()


async def test_chunks_of_one_byte_pass() -> None:
    """R.A1: they are dear, but they are a body."""
    async with serving() as port, raw(port) as one:
        chunked = POST.replace(b"Content-Length: 1000", b"Transfer-Encoding: chunked")
        await one.send(chunked, b"1\r\n{\r\n" * 50_000, b"0\r\n\r\n")
        assert await one.status() == 200


def asking(size: int) -> bytes:
    """A request for so many bytes, after which the server closes."""
    return b"GET /?%d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % size


async def test_the_last_bytes_of_an_answer_wait_no_longer() -> None:
    """R.A3: an answer that nearly fits into the kernel's buffers, and is not read, holds no connection either."""
    async with serving(send_seconds=1) as port, AsyncExitStack() as stack:
        for size in range(40_000, 400_000, 20_000):
            one = await stack.enter_async_context(raw(port, room=8192))
            one.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a transport of TCP has it
            await one.send(asking(size))
        await all_cut(port, seconds=20)


async def test_a_slow_reader_of_one_large_answer_has_it_all() -> None:
    """R.A3: whoever takes 64 KiB in SEND_SECONDS is slow, not stalled."""
    size = 8 << 20
    async with serving(send_seconds=1) as port, raw(port, room=8192) as one:
        await one.send(asking(size))
        taken = 0
        for _ in range(30):
            taken += len(await one.reader.read(1 << 17))
            await asyncio.sleep(0.1)
        assert taken < size
        assert taken + len(await one.answer()) > size


async def test_a_wrong_request_behind_another_has_no_answer() -> None:
    """A refusal written between a request and its answer would be taken for that answer."""
    async with serving() as port, raw(port) as one:
        await one.send(HEAD, b"\r\n", b"NONSENSE\r\n\r\n")
        assert await one.answer() == b""


async def test_a_wrong_request_is_told() -> None:
    """One that stands alone is 400."""
    async with serving() as port, raw(port) as one:
        await one.send(b"NONSENSE\r\n\r\n")
        assert (await one.answer()).startswith(b"HTTP/1.1 400 ")


async def test_a_socket_gives_its_place_back() -> None:
    """R.A3: after an upgrade the place is the socket's, and free again when that is gone."""
    async with serving(max_connections_per_address=1) as port:
        for _ in range(5):
            async with raw_socket(port, is_let_in=False) as one:
                await one.send(frame(8, b""))
                await one.answer()


async def test_a_socket_has_its_place() -> None:
    """R.A3: a socket counts among the connections of its address."""
    async with serving(max_connections_per_address=1) as port, raw_socket(port, is_let_in=False), raw(port) as more:
        assert not await more.is_open()


async def test_a_peer_that_is_away_is_cut() -> None:
    """R.A3: who answers no ping is gone, whatever still waits to be sent to him."""
    async with serving(ping=0.3, send_seconds=60) as port, raw_socket(port, is_let_in=False, room=8192) as one:
        one.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a transport of TCP has it
        await asyncio.sleep(1.5)
        one.writer.transport.resume_reading()  # type: ignore[attr-defined]  # as above
        assert len(await one.answer()) < len(MUCH)


async def test_sockets_go_one_by_one() -> None:
    """R.E: with 1012, in random order and not in one instant, so that they do not all come back in one."""
    async with listening() as server, AsyncExitStack() as stack:
        sockets = [
            await stack.enter_async_context(raw_socket(server.config.port, path=b"/quiet", is_let_in=False))
            for _ in range(30)
        ]
        went: list[int] = []

        async def follow(number: int) -> None:
            assert await sockets[number].closing_code() == 1012
            went.append(number)

        async with asyncio.TaskGroup() as group:
            for number in range(len(sockets)):
                group.create_task(follow(number))
            server.should_exit = True
            await asyncio.sleep(0.4)
            assert 0 < len(went) < len(sockets)
    assert went != sorted(went)


def test_a_server_may_open_as_many_files_as_it_can() -> None:
    """The soft limit of files is usually half the default of MAX_CONNECTIONS."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 1024), hard))
    try:
        allow_files()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_a_second_signal_waits_for_nobody() -> None:
    """R.E: asked once the server waits for what runs; asked again, by whatever signal, it does not."""
    server = Listening(GuardedConfig(slow, bounds=read_settings()), MemoryBell())
    server.handle_exit(signal.SIGTERM, None)
    assert (server.should_exit, server.force_exit) == (True, False)
    server.handle_exit(signal.SIGTERM, None)
    assert (server.should_exit, server.force_exit) == (True, True)
