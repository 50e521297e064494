"""A raw HTTP client that takes what it likes when it likes."""

from __future__ import annotations

import asyncio
import socket
from urllib.parse import urlsplit


class SlowReader:
    """A GET whose answer waits in the server's hand."""

    def __init__(self, port: int, link: str, *, host: str = "127.0.0.1") -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        self._socket.settimeout(10)
        self._socket.bind((host, 0))
        self._socket.connect(("127.0.0.1", port))
        self._socket.sendall(f"GET {urlsplit(link).path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())

    async def read(self, count: int) -> bytes:
        """Up to so many bytes."""
        return await asyncio.to_thread(self._socket.recv, count)

    async def rest(self) -> int:
        """How many bytes come until the server closes."""
        return await asyncio.to_thread(self._rest)

    def _rest(self) -> int:
        total = 0
        with self._socket:
            while True:
                try:
                    chunk = self._socket.recv(1 << 20)
                except ConnectionResetError:
                    return total
                if not chunk:
                    return total
                total += len(chunk)
