"""What one socket, one account and one address may have, at the limit and one beyond; then the server's end."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from hostile import HEAD, POST, raw, raw_socket, report
from quick_town import QuickTown, quick_town
from slow_reader import SlowReader
from stream_clients import EVENTS, wired
from town import PDF
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

pytestmark = pytest.mark.anyio

ACCOUNT, ADDRESS, OPERATIONS, BURST, BYTES, SHUTDOWN = 2, 5, 3, 20, 2048, 4
HEADERS, HEADER_BYTES = 20, 4096


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One loop for all stories of this file."""
    return "asyncio"


@pytest.fixture(scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[QuickTown]:
    """One server with small bounds for all stories of this file."""
    bounds: dict[str, Any] = {
        "CABINET_MAX_SOCKETS_PER_ACCOUNT": str(ACCOUNT),
        "CABINET_MAX_SOCKETS_PER_ADDRESS": str(ADDRESS),
        "CABINET_MAX_SUBSCRIPTIONS": str(OPERATIONS),
        "CABINET_MESSAGES_BURST": str(BURST),
        "CABINET_MESSAGES_PER_SECOND": "1",
        "CABINET_MAX_MESSAGE_BYTES": str(BYTES),
        "CABINET_SHUTDOWN_SECONDS": str(SHUTDOWN),
        "CABINET_SEND_SECONDS": "60",
        "CABINET_HEADER_SECONDS": "60",
        "CABINET_BODY_SECONDS": "60",
        "CABINET_MAX_HEADERS": str(HEADERS),
        "CABINET_MAX_HEADER_BYTES": str(HEADER_BYTES),
    }
    async with quick_town(tmp_path_factory.mktemp("bounds"), **bounds) as made:
        yield made


async def code_of(connection: ClientConnection) -> int:
    """The code with which the server closes; what it says before is passed over."""
    with pytest.raises(ConnectionClosed) as closed:
        async with asyncio.timeout(20):
            while True:
                await connection.recv()
    return closed.value.rcvd.code if closed.value.rcvd else 1006


async def test_an_account_has_so_many_sockets(town: QuickTown) -> None:
    """R.A1: one more than MAX_SOCKETS_PER_ACCOUNT is closed with 1013, the others live; one that went makes room."""
    urbanovich, url = town.api("urbanovich"), town.server.ws
    async with wired(urbanovich, url=url) as first, wired(urbanovich, url=url):
        async with connect(url, subprotocols=["graphql-transport-ws"]) as third:  # type: ignore[list-item]  # a NewType
            await third.send(json.dumps({"type": "connection_init", "payload": {"token": urbanovich.token}}))
            assert await code_of(third) == 1013
        async with wired(town.api("kolesnik"), url=url):
            assert (await first.ask("{ viewer { id } }"))["viewer"] is not None
    async with wired(urbanovich, url=url), wired(urbanovich, url=url):
        pass


async def test_an_address_has_so_many_sockets(town: QuickTown) -> None:
    """R.A1: one more than MAX_SOCKETS_PER_ADDRESS is closed with 1013, another address is not."""
    async with AsyncExitStack() as stack:
        for _ in range(ADDRESS):
            await stack.enter_async_context(raw_socket(town.server.port))
        async with raw_socket(town.server.port, is_let_in=False) as more:
            assert await more.closing_code() == 1013
        async with raw_socket(town.server.port, host="127.0.0.67"):
            pass


async def test_a_socket_has_so_many_operations(town: QuickTown) -> None:
    """R.A1: one more than MAX_SUBSCRIPTIONS is an `error` of its id; the others live, and one that ends makes room."""
    async with wired(town.api("urbanovich"), url=town.server.ws) as wire:
        for name in range(OPERATIONS):
            await wire.send(
                id=str(name), type="subscribe", payload={"query": EVENTS, "variables": {"c": town.romashka}}
            )
        refused = await anext((await wire.start("{ viewer { id } }")).answers)
        assert [error["extensions"]["code"] for error in refused["errors"]] == ["RATE_LIMITED"]
        await wire.send(id="0", type="complete")
        assert (await wire.ask("{ viewer { id } }"))["viewer"] is not None


async def test_a_socket_may_say_so_much_at_once(town: QuickTown) -> None:
    """R.A1: MESSAGES_BURST messages are answered, more close the socket with 1008."""
    async with raw_socket(town.server.port) as one:
        for _ in range(BURST - 1):
            await one.say({"type": "ping"})
        async with asyncio.timeout(10):
            for _ in range(BURST - 1):
                await one.reader.readuntil(b'"pong"}')
        for _ in range(BURST):
            await one.say({"type": "ping"})
        assert await one.closing_code() == 1008


@pytest.mark.parametrize(("more", "is_heard"), [(0, True), (1, False)])
async def test_a_message_may_be_so_long(town: QuickTown, more: int, is_heard: bool) -> None:
    """R.A1: MAX_MESSAGE_BYTES pass, a byte more closes with 1009."""
    text = '{"type": "ping", "payload": {"s": ""}}'
    padded = text.replace('""', f'"{"x" * (BYTES - len(text) + more)}"')
    async with connect(town.server.ws, subprotocols=["graphql-transport-ws"]) as connection:  # type: ignore[list-item]  # a NewType
        await connection.send(padded)
        if is_heard:
            assert json.loads(await connection.recv())["type"] == "pong"
        else:
            assert await code_of(connection) == 1009


@pytest.mark.parametrize(("count", "status"), [(HEADERS, 200), (HEADERS + 1, 431)])
async def test_a_request_has_so_many_headers(town: QuickTown, count: int, status: int) -> None:
    """R.A1: MAX_HEADERS are served, one more is 431."""
    async with raw(town.server.port) as one:
        await one.send(HEAD, b"x: 1\r\n" * (count - 1), b"\r\n")
        assert await one.status() == status


@pytest.mark.parametrize(("size", "status"), [(HEADER_BYTES, 200), (HEADER_BYTES + 1, 431)])
async def test_a_head_may_be_so_long(town: QuickTown, size: int, status: int) -> None:
    """R.A1: MAX_HEADER_BYTES are served, a byte more is 431, in one piece or in two, and so is a later request."""
    rest = b"x: " + b"x" * (size - len(HEAD) - 7) + b"\r\n\r\n"
    for parts in ([HEAD + rest], [HEAD, rest]):
        async with raw(town.server.port) as one:
            await one.send(HEAD.replace(b"GET", b"HEAD"), b"\r\n")
            assert await one.status() == 200
            for part in parts:
                await one.send(part)
                await asyncio.sleep(0.05)
            assert await one.status() == status


async def test_sigterm_ends_in_time_whoever_is_there(town: QuickTown) -> None:
    """R.E: half requests, stalled readers and silent sockets do not keep the server; sockets go with 1012."""
    link = await town.link("kolesnik", await town.deliver("large", "kolesnik", content=PDF + bytes(12 << 20)))
    process, port = town.server.process, town.server.port
    async with AsyncExitStack() as stack:
        for start in (b"", HEAD, POST):
            await (await stack.enter_async_context(raw(port))).send(start)
        sockets = [await stack.enter_async_context(raw_socket(port)) for _ in range(ADDRESS)]
        stalled = SlowReader(port, link)
        await asyncio.sleep(0.2)
        began = time.monotonic()
        process.terminate()
        codes = await asyncio.gather(*(one.closing_code() for one in sockets))
        async with asyncio.timeout(SHUTDOWN + 15):
            assert await process.wait() == 0
        took = time.monotonic() - began
        await stalled.rest()
    assert codes == [1012] * ADDRESS
    report(f"SIGTERM: {4 + ADDRESS} connections, ended with 0 after {took:.1f} s of {SHUTDOWN}")
