"""The guards below ASGI, each by itself: a server in this loop with an application of a few lines."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hostile import HEAD, frame, raw, raw_socket
from processes import free_port
from starlette.types import Receive, Scope, Send

from server.bells import MemoryBell
from server.guard import GuardedConfig, GuardedHttp
from server.guarded_socket import GuardedSocket
from server.listening import Listening
from server.settings import read_settings

pytestmark = pytest.mark.anyio

BODY = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n" + b"x" * 300_000
MUCH = "x" * (16 << 20)


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
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body"})


@asynccontextmanager
async def serving(*, ping: float = 20, **bounds: Any) -> AsyncIterator[int]:
    """The port of a server with these bounds."""
    port = free_port()
    config = GuardedConfig(
        slow,
        bounds=read_settings(**bounds),
        port=port,
        http=GuardedHttp,
        ws=GuardedSocket,
        lifespan="off",
        log_config=None,
        ws_ping_interval=ping,
        ws_ping_timeout=ping,
        timeout_graceful_shutdown=1,
    )
    server = Listening(config, MemoryBell())
    running = asyncio.create_task(server._serve())
    for _ in range(1000):
        if server.started:
            break
        await asyncio.sleep(0.01)
    try:
        yield port
    finally:
        server.should_exit = server.force_exit = True
        await running


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


async def test_a_second_signal_waits_for_nobody() -> None:
    """R.E: asked once the server waits for what runs; asked again, by whatever signal, it does not."""
    server = Listening(GuardedConfig(slow, bounds=read_settings()), MemoryBell())
    server.handle_exit(signal.SIGTERM, None)
    assert (server.should_exit, server.force_exit) == (True, False)
    server.handle_exit(signal.SIGTERM, None)
    assert (server.should_exit, server.force_exit) == (True, True)
