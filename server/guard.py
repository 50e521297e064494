"""What uvicorn does not do for a server (reliability.md A3): deadlines and bounds of HTTP connections and of sockets.

ASGI sees a request when its head is complete, so these live below it, in the protocols that uvicorn is given.
"""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from server.bounds import Bounds
from server.crowd import Crowd
from server.deadlines import Deadline, Sending

HEAD_PIECE = 8 * 1024
PIECE = 64 * 1024
MEBIBYTE = 1024 * 1024
OVERHEAD = 8
"""Chunks of a single byte cost six; whatever costs more hides behind a body, in trailers or chunk extensions."""


class GuardedConfig(uvicorn.Config):
    """Uvicorn's, with what the guards need."""

    def __init__(self, app: Any, *, bounds: Bounds, **said: Any):  # Any: uvicorn's own parameters
        super().__init__(app, **said)
        self.bounds = bounds
        self.crowd = Crowd(bounds)


class Stage(Enum):
    """Where a connection is in a request."""

    IDLE = "between requests"
    HEAD = "in a head"
    BODY = "in a body"


class TooManyHeaders(Exception):
    """More headers than a request may have."""


class GuardedHttp(HttpToolsProtocol):
    """An HTTP connection with deadlines, whose head is counted as it arrives."""

    def __init__(
        self,
        config: GuardedConfig,
        server_state: ServerState,
        app_state: dict[str, Any],  # Any: uvicorn's own
        _loop: asyncio.AbstractEventLoop | None = None,
    ):
        super().__init__(config, server_state, app_state, _loop)
        self._bounds, self._crowd = config.bounds, config.crowd
        self._reading = Deadline(self.loop, self._judge)
        self._sending: Sending | None = None
        self._stage = Stage.IDLE
        self._head = self._body = self._wire = 0
        self._is_socket = self._is_too_large = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Let in, or cut."""
        super().connection_made(transport)
        self._sending = Sending(self.loop, transport, seconds=self._bounds.send_seconds)
        if self._crowd.admit(transport, address=self.client[0] if self.client else ""):
            self._begin()
        else:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        self._reading.disarm()
        self.resume_writing()
        self._crowd.leave(self.transport)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read in small pieces, a head no further than it may go."""
        rest = memoryview(data)
        while rest and not self._is_socket and not self.transport.is_closing():
            if self._stage is Stage.IDLE:
                self._begin()
            size = self._room()
            self._take(bytes(rest[:size]))
            rest = rest[size:]

    def _room(self) -> int:
        return min(HEAD_PIECE, self._bounds.max_header_bytes - self._head) if self._stage is Stage.HEAD else PIECE

    def _take(self, piece: bytes) -> None:
        is_body = self._stage is Stage.BODY
        self._head, self._wire = self._head + len(piece), self._wire + len(piece) * is_body
        super().data_received(piece)
        if self._stage is Stage.HEAD and self._head >= self._bounds.max_header_bytes:
            self._is_too_large = True
            self.send_400_response("")
        elif self._stage is Stage.BODY and self._wire > OVERHEAD * self._body + self._bounds.max_header_bytes:
            self.transport.abort()

    def _begin(self) -> None:
        """The next request's head is awaited."""
        self._stage, self._head = Stage.HEAD, 0
        self._reading.arm(self._bounds.header_seconds)
        self._crowd.begin(self.transport)

    def on_message_begin(self) -> None:
        """A request begins, perhaps in one piece with the end of another."""
        if self._stage is Stage.IDLE:
            self._begin()
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """One more header."""
        super().on_header(name, value)
        if len(self.headers) > self._bounds.max_headers:
            self._is_too_large = True
            raise TooManyHeaders

    def on_headers_complete(self) -> None:
        """The head is complete, the body is awaited."""
        self._stage, self._body, self._wire = Stage.BODY, 0, 0
        self._reading.arm(self._bounds.body_seconds)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of it; each mebibyte has its time."""
        before, self._body = self._body, self._body + len(body)
        if self._body // MEBIBYTE > before // MEBIBYTE:
            self._reading.arm(self._bounds.body_seconds)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is here."""
        self._stage = Stage.IDLE
        self._reading.disarm()
        self._crowd.finish(self.transport)
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """The socket's own protocol takes over: nothing more is called here, not even when the connection is lost."""
        self._is_socket = True
        self._reading.disarm()
        self.resume_writing()
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        """Refuse where the client would know what is refused; cut where it would take it for another answer."""
        if not self._is_answerable():
            self.transport.abort()
        elif self._is_too_large:
            self.transport.write(STATUS_LINE[431] + b"content-length: 0\r\nconnection: close\r\n\r\n")
            self.transport.close()
        else:
            super().send_400_response(msg)

    def _is_answerable(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None or self.pipeline:
            return not self.pipeline
        return cycle.response_complete or (self._stage is Stage.BODY and not cycle.response_started)

    def pause_writing(self) -> None:
        """The client does not take what is sent."""
        super().pause_writing()
        if self._sending is not None:
            self._sending.pause()

    def resume_writing(self) -> None:
        """It has taken all."""
        super().resume_writing()
        if self._sending is not None:
            self._sending.resume()

    def _judge(self) -> None:
        """Time is up, unless it is the server that does not read."""
        if self.flow.read_paused:
            self._reading.arm(self._bounds.body_seconds)
        else:
            self.transport.abort()
