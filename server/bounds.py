"""The bounds of connections and sockets (reliability.md A1), a part of the settings."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class Bounds(BaseSettings):
    """What one connection, one address and one account may have of a process."""

    max_connections: int = Field(2000, ge=1, description="Most connections to one process, sockets counted")
    max_connections_per_address: int = Field(500, ge=1, description="Most connections from one address (IPv6: /64)")
    max_unfinished_per_address: int = Field(
        100, ge=1, description="Of these, most without a complete request; the oldest is cut"
    )
    max_header_bytes: int = Field(32_768, ge=1024, description="Longest head of a request, in bytes")
    max_headers: int = Field(100, ge=10, description="Most headers of a request")
    header_seconds: float = Field(10.0, gt=0, description="Time for the head of a request, from the connection on")
    body_seconds: float = Field(30.0, gt=0, description="Time for each mebibyte of a request's body")
    keepalive_seconds: int = Field(5, ge=1, description="How long a connection may wait for its next request")
    send_seconds: float = Field(10.0, gt=0, description="Time for a client to take 64 KiB of what is sent to it")
    shutdown_seconds: int = Field(8, ge=1, description="Time for what runs to end, once the server is told to stop")
    max_sockets: int = Field(1000, ge=1, description="Most WebSockets to one process")
    max_sockets_per_address: int = Field(500, ge=1, description="Most WebSockets from one address (IPv6: /64)")
    max_sockets_per_account: int = Field(20, ge=1, description="Most WebSockets of one account, or of one API token")
    init_seconds: float = Field(3.0, gt=0, description="Time from a WebSocket's opening to its connection_init")
    max_subscriptions: int = Field(50, ge=1, description="Most operations at once on one WebSocket")
    max_message_bytes: int = Field(65_536, ge=1024, description="Longest message on a WebSocket, in bytes")
    messages_per_second: float = Field(
        50.0, gt=0, description="Frames a second that a WebSocket may bring in the long run"
    )
    messages_burst: int = Field(200, ge=1, description="Frames that a WebSocket may bring at once")
