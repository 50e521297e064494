"""Uvicorn's server, and its end: streams, then sockets one by one, then requests; a second signal ends at once."""

from __future__ import annotations

import asyncio
import random
import resource
import socket
from types import FrameType

import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from resolvers.ports import Bell

UNSENT_BYTES = 128 * 1024
"""What the kernel takes for one connection before it can be sent. Without a limit that is up to 4 MiB each, and a slow
reader seems to stand still until a third of them has left."""
FAREWELLS_SECONDS = 3.0
FAREWELL_SECONDS = 0.03
"""A hundred sockets and more come back over three seconds instead of all in one instant."""


class Listening(uvicorn.Server):
    """Uvicorn, which ends what is open in order, all of it within one limit."""

    def __init__(self, config: uvicorn.Config, bell: Bell):
        super().__init__(config)
        self._bell = bell

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen. What connects here inherits the option."""
        await super().startup(sockets)
        for listener in [found for server in self.servers for found in server.sockets]:
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then the sockets, then the other connections."""
        self._bell.close()
        for server in self.servers:
            server.close()
        began = asyncio.get_running_loop().time()
        await self._say_goodbye()
        spent = asyncio.get_running_loop().time() - began
        self.config.timeout_graceful_shutdown = max(1, round((self.config.timeout_graceful_shutdown or 0) - spent))
        await super().shutdown(sockets)

    async def _say_goodbye(self) -> None:
        """Close the sockets with 1012 in random order."""
        open_ones = [one for one in self.server_state.connections if isinstance(one, WebSocketsSansIOProtocol)]
        random.shuffle(open_ones)
        for one in open_ones:
            if self.force_exit:
                break
            one.shutdown()
            await asyncio.sleep(min(FAREWELL_SECONDS, FAREWELLS_SECONDS / len(open_ones)))

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Ask to end; asked a second time, by whatever signal, do not wait for anybody."""
        self.force_exit = self.should_exit
        super().handle_exit(sig, frame)


def allow_files() -> None:
    """Take as many open files as this process may have: connections need them, and the usual 1,024 are too few."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
