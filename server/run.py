"""Running the server on loopback or wherever the settings say: uvicorn in our loop, inside the open world."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click
import structlog
import uvloop
from asyncpg.exceptions import PostgresError
from sqlalchemy.exc import DatabaseError

from resolvers.ports import Unavailable
from server import migrate
from server.app import Server
from server.demo import plate
from server.guard import GuardedConfig, GuardedHttp
from server.guarded_socket import GuardedSocket
from server.listening import Listening, allow_files
from server.locks import Taken
from server.outside import outside
from server.postgres import remedy
from server.secrets import ShortSecret
from server.settings import Settings
from signing.policy import Policy, PolicyError

log = structlog.get_logger()


class Unstartable(Exception):
    """Why the server cannot start; one line."""


def run(settings: Settings, *, greeting: str | None = None, is_demo: bool = False, is_migrated: bool = False) -> None:
    """Serve until SIGTERM or SIGINT, then end with 0. One line and exit 1 when the start cannot be.

    `is_migrated`: somebody else brings the database to its revision; another one is refused.
    """
    allow_files()
    # uvicorn raises the signal anew when it is done: ours says that ending so is going well.
    signal.signal(signal.SIGTERM, lambda _number, _frame: None)
    try:
        _require_startable(settings, is_demo=is_demo)
        _bring_to_head(settings, is_demo=is_demo, is_migrated=is_migrated)
        with suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            sys.exit(0 if runner.run(_serve(settings, greeting)) else 1)
    except Unavailable as error:
        click.echo(f"cabinet: the data cannot be used: {error.__cause__}", err=True)
        sys.exit(1)
    except (Taken, PolicyError, ShortSecret, Unstartable, migrate.WrongEncoding, OSError) as error:
        click.echo(f"cabinet: {error}", err=True)
        sys.exit(1)


async def _serve(settings: Settings, greeting: str | None) -> bool:
    """Whether it came to serving."""
    async with outside(settings, is_server=True) as world:
        _require_trust(settings, await world.verifier.policy())
        server = Server(settings, world)
        async with server.at_work():
            if greeting is not None:
                click.echo(greeting)
            listening = Listening(_config(settings, server), world.bell)
            await listening.serve()
            return listening.started


def _config(settings: Settings, server: Server) -> GuardedConfig:
    """Uvicorn with the limits of reliability.md A3: those that it has itself, and the guards."""
    return GuardedConfig(
        server.application(),
        bounds=settings,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        http=GuardedHttp,
        ws=GuardedSocket,
        ws_max_size=settings.max_message_bytes,
        ws_max_queue=16,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        ws_per_message_deflate=False,
        timeout_keep_alive=settings.keepalive_seconds,
        timeout_graceful_shutdown=settings.shutdown_seconds,
        proxy_headers=False,
    )


def _require_startable(settings: Settings, *, is_demo: bool) -> None:
    if not is_demo and (settings.data_dir / "demo" / "demo.json").exists():
        raise Unstartable(f"{settings.data_dir} is the demo's: its passwords are public. Name another CABINET_DATA_DIR")
    require_free(settings)


def _bring_to_head(settings: Settings, *, is_demo: bool, is_migrated: bool) -> None:
    with usable(settings):
        if not is_demo and plate.is_there(settings):
            where = settings.database_shown
            raise Unstartable(f"{where} is a demo's: its passwords are public. Name another CABINET_DATABASE_URL")
        if is_migrated and not migrate.is_at_head(settings):
            raise Unstartable("the database is not at this version's revision; run `cabinet migrate`")
        migrate.upgrade(settings)


@contextmanager
def usable(settings: Settings) -> Iterator[None]:
    """Raise Unstartable where the database cannot be used, with what the owner can do about it."""
    try:
        yield
    except (sqlite3.DatabaseError, DatabaseError) as error:
        cause = error.orig if isinstance(error, DatabaseError) else error
        place = settings.database_path or settings.database_shown
        said = f"{place} is no database of ours: {cause}"
        raise Unstartable("; ".join(filter(None, [said, remedy(error)]))) from error
    except (PostgresError, OSError) as error:
        if settings.database_path is not None:
            raise
        said = f"CABINET_DATABASE_URL: {settings.database_shown} cannot be used: {error}"
        raise Unstartable("; ".join(filter(None, [said, remedy(error)]))) from error


def _require_trust(settings: Settings, policy: Policy) -> None:
    """A folder of trust anchors that was named must hold one; the default one may be empty, and that is said."""
    if policy.anchors:
        return
    if "trust_anchors" in settings.model_fields_set:
        raise Unstartable(f"CABINET_TRUST_ANCHORS: no certificate in {settings.trust_anchors}")
    log.warning("no_trust_anchors", folder=str(settings.trust_anchors), result="nobody can register a key")


def require_free(settings: Settings) -> None:
    """Raise Unstartable for an address that cannot be had; uvicorn would say it among others."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            is_in_use = error.errno == errno.EADDRINUSE
            advice = f"; choose another --port, or CABINET_PORT={settings.port + 1}" if is_in_use else ""
            where = f"{settings.host}:{settings.port}"
            raise Unstartable(f"cannot listen on {where} ({error.strerror}){advice}") from error
