"""The service itself: serve, demo, seed, migrate, health, version."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from server.commands.errors import Failure
from server.commands.line import as_json, tell
from server.commands.world import settings_of

HOST = click.option("--host", help="Address to listen on, instead of CABINET_HOST.")
PORT = click.option("--port", type=int, help="Port to listen on, instead of CABINET_PORT.")
FOR_THE_DEMO = "Folder for the demo; a temporary one when absent, on PostgreSQL CABINET_DATA_DIR."
DOCUMENTS = click.option(
    "--documents", type=click.IntRange(24, 2000), default=320, show_default=True, help="How many to make."
)


@click.command()
@HOST
@PORT
@click.option("--no-migrate", is_flag=True, help="Refuse to start where the database is at another revision.")
def serve(host: str | None, port: int | None, no_migrate: bool) -> None:
    """Serve until SIGTERM; migrations run first."""
    from server.run import run

    settings = settings_of(host=host, port=port)
    greeting = f"Shared Cabinet: {settings.public_url}, data in {settings.data_dir}; Ctrl-C stops it"
    run(settings, greeting=greeting, is_migrated=no_migrate)


@click.command()
@HOST
@PORT
@click.option("--data-dir", type=click.Path(path_type=Path), help=FOR_THE_DEMO)
@DOCUMENTS
def demo(host: str | None, port: int | None, data_dir: Path | None, documents: int) -> None:
    """Serve a demo: two organisations, their people, a few hundred signed documents. Keeps its own data."""
    from server.demo.command import run_demo

    with _folder(data_dir) as place:
        run_demo(settings_of(host=host, port=port, data_dir=place), seed_only=False, count=documents)


@click.command()
@click.option("--data-dir", type=click.Path(path_type=Path), help="Folder for the demo, instead of CABINET_DATA_DIR.")
@DOCUMENTS
def seed(data_dir: Path | None, documents: int) -> None:
    """Make the demo's data in an empty folder, or finish them, and stop."""
    from server.demo.command import run_demo

    run_demo(settings_of(data_dir=data_dir), seed_only=True, count=documents)


@contextmanager
def _folder(named: Path | None) -> Iterator[Path]:
    """The folder named, or a temporary one that is thrown away; a server's database stays, and so must its folder."""
    if named is None and (settings := settings_of()).database_path is None:
        named = settings.data_dir
    if named is not None:
        yield named
        return
    with tempfile.TemporaryDirectory(prefix="cabinet-demo-") as temporary:
        yield Path(temporary)


@click.command()
@click.option("--check", is_flag=True, help="Only say whether the database is at the newest revision.")
@as_json
def migrate(check: bool) -> None:
    """Bring the database to the newest revision."""
    from server import migrate as migrations

    settings = settings_of()
    if not check:
        migrations.upgrade(settings)
    is_current = migrations.is_at_head(settings)
    tell(
        {"isCurrent": is_current, "newest": migrations.newest()},
        f"{'' if is_current else 'not '}at the newest revision, {migrations.newest()}",
    )
    if not is_current:
        click.get_current_context().exit(1)


@click.command()
@as_json
def health() -> None:
    """Exit 0 when the server at these settings is ready; for the image's health check."""
    import urllib.error
    import urllib.request

    settings = settings_of()
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104  # compared, not bound
    url = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}/health/ready"
    try:
        urllib.request.urlopen(url, timeout=3).close()  # http and our own address
    except (urllib.error.URLError, OSError) as error:
        said = getattr(error, "reason", None) or error
        raise Failure(f"{url}: {said}; is the server running, and its database up?") from error
    tell({"isReady": True, "url": url}, "ready")


@click.command()
@as_json
def version() -> None:
    """Print this version, and those of what it stands on."""
    import platform
    import sqlite3

    from server.outside import version as installed

    found = {"version": installed(), "python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    tell(found, f"cabinet {found['version']} (Python {found['python']}, SQLite {found['sqlite']})")
