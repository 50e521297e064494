"""Running uvicorn on loopback or wherever the settings say, with the limits that it does not have by itself."""

from __future__ import annotations

import signal
import socket
import sys
from contextlib import suppress

import click
import structlog
import uvicorn

from server.app import application
from server.clock import SystemClock
from server.locks import Taken, only_server
from server.outside import policy_folder
from server.settings import Settings
from signing.policy import PolicyError

log = structlog.get_logger()


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
    _require_startable(settings)
    server = uvicorn.Server(config)
    # uvicorn raises the signal anew when it is done: ours says that ending so is going well.
    signal.signal(signal.SIGTERM, lambda _number, _frame: None)
    with suppress(KeyboardInterrupt):
        server.run()
    sys.exit(0 if server.started else 1)


def _require_startable(settings: Settings) -> None:
    """What would make the start fail, said in one line: uvicorn would log a traceback."""
    try:
        settings.data_dir.mkdir(mode=0o750, parents=True, exist_ok=True)
        with only_server(settings.data_dir / "server.lock"):
            policy = policy_folder(settings).policy(at=SystemClock().now())
    except (Taken, PolicyError, OSError) as error:
        click.echo(f"cabinet: {error}", err=True)
        sys.exit(1)
    if not policy.anchors and "trust_anchors" in settings.model_fields_set:
        click.echo(
            f"cabinet: CABINET_TRUST_ANCHORS names {settings.trust_anchors}, which holds no certificate", err=True
        )
        sys.exit(1)
    if not policy.anchors:
        log.warning("no_trust_anchors", folder=str(settings.trust_anchors), result="nobody can register a key")


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
