"""Raw clients that keep to no rules: half requests, slow bytes, no reading, no farewell. Each tells when it was cut."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HEAD = b"GET / HTTP/1.1\r\nHost: cabinet.example\r\n"
POST = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
UPGRADE = (
    b"GET /graphql HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
)
ELSEWHERE = "127.0.0.66"


@dataclass
class Raw:
    """A connection of bare bytes."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, *parts: bytes) -> None:
        """Send, or fail silently: the server may have had enough."""
        with suppress(ConnectionError):
            self.writer.write(b"".join(parts))
            await self.writer.drain()

    async def drip(self, data: bytes, *, each: float = 0.25) -> None:
        """One byte after another until it is cut."""
        for byte in data:
            if self.reader.at_eof() or self.writer.is_closing():
                return
            await self.send(bytes([byte]))
            await asyncio.sleep(each)

    async def answer(self) -> bytes:
        """All that comes until the server hangs up."""
        came = b""
        with suppress(ConnectionError):
            async with asyncio.timeout(30):
                while piece := await self.reader.read(1 << 16):
                    came += piece
        return came

    async def closing_code(self) -> int:
        """The code with which the server closes next, whatever comes before."""
        came = b""
        async with asyncio.timeout(20):
            while not (found := re.search(rb"\x88[\x02-\x7d](..)", came, re.DOTALL)):
                piece = await self.reader.read(1 << 16)
                assert piece, came[-200:]
                came += piece
        return int.from_bytes(found[1], "big")

    async def status(self) -> int:
        """The status of the one answer, whose connection stays open."""
        async with asyncio.timeout(10):
            return int((await self.reader.readuntil(b"\r\n\r\n")).split(b" ", 2)[1])

    async def say(self, message: Any) -> None:
        """A text message of a client, masked with zeros."""
        await self.send(frame(1, json.dumps(message).encode()))

    async def is_open(self) -> bool:
        """Whether the server still holds it."""
        try:
            async with asyncio.timeout(0.2):
                return await self.reader.read(1) != b""
        except TimeoutError:
            return True
        except ConnectionError:
            return False


def frame(opcode: int, payload: bytes, *, is_last: bool = True) -> bytes:
    """A frame of RFC 6455, as a client sends it."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    return bytes([0x80 * is_last | opcode]) + length + bytes(4) + payload


@asynccontextmanager
async def raw(port: int, *, host: str = ELSEWHERE, room: int | None = None) -> AsyncIterator[Raw]:
    """A connection from another address of this machine; `room` makes its receive buffer small."""
    own = socket.socket()
    if room is not None:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    own.bind((host, 0))
    own.setblocking(False)
    await asyncio.get_running_loop().sock_connect(own, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=own)
    try:
        yield Raw(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@asynccontextmanager
async def raw_socket(
    port: int, *, is_let_in: bool = True, path: bytes = b"/graphql", **said: Any
) -> AsyncIterator[Raw]:
    """A WebSocket of bare frames."""
    async with raw(port, **said) as one:
        await one.send(UPGRADE.replace(b"/graphql", path, 1))
        assert await one.status() == 101
        if is_let_in:
            await one.say({"type": "connection_init"})
            async with asyncio.timeout(10):
                await one.reader.readuntil(b'"connection_ack"}')
        yield one


def held(port: int) -> int:
    """How many connections from ELSEWHERE the server holds, as the kernel counts."""
    peer = "".join(f"{int(part):02X}" for part in reversed(ELSEWHERE.split(".")))
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[2].startswith(peer) and row[9] != "0" for row in rows)


async def all_cut(port: int, *, seconds: float) -> None:
    """Until the server holds none of them."""
    for _ in range(int(seconds * 10)):
        if held(port) == 0:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{held(port)} connections are open")


def report(line: str) -> None:
    """A figure for whoever runs the tests with `-s`."""
    sys.stdout.write(f"\n{line}\n")
