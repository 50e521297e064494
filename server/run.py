"""Running uvicorn on loopback or wherever the settings say, with the limits that it does not have by itself."""

from __future__ import annotations

import signal
import socket
import sys
from contextlib import suppress

import click
import uvicorn

from server.app import application
from server.locks import Taken
from server.settings import Settings


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then end with 0. One line and exit 1 when the address is taken."""
    config = uvicorn.Config(
        application(settings),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        lifespan="on",
        server_header=False,
        ws="websockets-sansio",
        ws_max_size=65536,
        ws_max_queue=16,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        ws_per_message_deflate=False,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=8,
        proxy_headers=False,
    )
    _require_free(settings)
    server = uvicorn.Server(config)
    # uvicorn raises the signal anew when it is done: ours says that ending so is going well.
    signal.signal(signal.SIGTERM, lambda _number, _frame: None)
    try:
        with suppress(KeyboardInterrupt):
            server.run()
    except Taken as error:
        click.echo(f"cabinet: {error}", err=True)
        sys.exit(1)
    sys.exit(0 if server.started else 1)


def _require_free(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            where = f"{settings.host}:{settings.port}"
            click.echo(f"cabinet: cannot listen on {where} ({error.strerror}); choose another --port", err=True)
            sys.exit(1)
