"""A WebSocket whose peer must read, answer and keep measure (reliability.md A3)."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame

from server.deadlines import Sending
from server.guard import GuardedConfig

CLOSE_SECONDS = 5
PIECE = 8 * 1024


class Measure:
    """A bucket that fills steadily and is emptied by what comes."""

    def __init__(self, *, per_second: float, burst: int):
        self._per_second, self._burst = per_second, burst
        self._left, self._at = float(burst), 0.0

    def take(self, count: int, *, at: float) -> bool:
        """Whether so many are within measure, at this moment of the loop."""
        self._left = min(self._burst, self._left + (at - self._at) * self._per_second) - count
        self._at = at
        return self._left >= 0


class GuardedSocket(WebSocketsSansIOProtocol):
    """The connection below a socket."""

    def __init__(
        self,
        config: GuardedConfig,
        server_state: ServerState,
        app_state: dict[str, Any],  # Any: uvicorn's own
        _loop: asyncio.AbstractEventLoop | None = None,
    ):
        super().__init__(config, server_state, app_state, _loop)
        self._bounds, self._crowd = config.bounds, config.crowd
        self._measure = Measure(per_second=self._bounds.messages_per_second, burst=self._bounds.messages_burst)
        self.close_timeout = CLOSE_SECONDS

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take over from HTTP, whose place in the crowd the transport keeps."""
        super().connection_made(transport)
        self._sending = Sending(self.loop, self.transport, seconds=self._bounds.send_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        self._sending.resume()
        self._crowd.leave(self.transport)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read in small pieces: a flood of small frames is noticed before it is parsed."""
        for start in range(0, len(data), PIECE):
            if not self.transport.is_closing():
                super().data_received(data[start : start + PIECE])

    def handle_events(self) -> None:
        """Do what came, if it was not too much: frames of every kind count, for empty ones pile up too."""
        if not self.conn.events:
            return
        frames = sum(isinstance(event, Frame) for event in self.conn.events)
        if self._measure.take(frames, at=self.loop.time()):
            super().handle_events()
        elif self.handshake_complete and not self.close_sent:
            self._close(1008, "Too many messages")
        else:
            self.transport.abort()

    def _close(self, code: int, reason: str) -> None:
        """Say why, then hear nothing more; who does not hang up is hung up on."""
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.fail(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.close)

    def pause_writing(self) -> None:
        """The peer does not take what is sent."""
        super().pause_writing()
        self._sending.pause()

    def resume_writing(self) -> None:
        """It has taken all."""
        super().resume_writing()
        self._sending.resume()

    def keepalive_timeout(self) -> None:
        """The peer is away: nobody would read a farewell."""
        super().keepalive_timeout()
        self.transport.abort()

    def shutdown(self) -> None:
        """The server goes; a socket that is closing already or stalled is not waited for."""
        if not self.transport.is_closing():
            super().shutdown()
        if not self.writable.is_set():
            self.transport.abort()
