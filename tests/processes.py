"""A started server process on a free loopback port."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from databases import database_url

ROOT = Path(__file__).parent.parent
# All of a test's people come from one address, and faster than people do.
HURRIED = {
    f"CABINET_{name}": "1000000"
    for name in (
        "REQUESTS_PER_MINUTE",
        "REQUESTS_BURST",
        "REQUESTS_PER_MINUTE_ADDRESS",
        "REQUESTS_BURST_ADDRESS",
        "COST_PER_MINUTE",
    )
}


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(data_dir: Path, **said: str) -> dict[str, str]:
    """The environment of a `cabinet` command on this folder; nothing of the caller's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CABINET_")}
    path = os.pathsep.join(filter(None, [str(ROOT), kept.get("PYTHONPATH")]))
    own = {"CABINET_DATA_DIR": str(data_dir), "CABINET_DATABASE_URL": database_url(data_dir)}
    return {**kept, "PYTHONPATH": path, **own, **HURRIED, **said}


async def cabinet(*words: str, env: dict[str, str]) -> str:
    """Run a `cabinet` command that must go well; what it printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server", *words, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    printed, complaints = await process.communicate()
    assert process.returncode == 0, complaints.decode()
    return printed.decode().strip()


@dataclass
class Running:
    """A server that answers."""

    process: asyncio.subprocess.Process
    port: int

    @property
    def url(self) -> str:
        """Of HTTP."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws(self) -> str:
        """Of the socket."""
        return f"ws://127.0.0.1:{self.port}/graphql"

    async def kill(self) -> None:
        """As the power does."""
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()


@asynccontextmanager
async def serving(env: dict[str, str], *, port: int, log: Path) -> AsyncIterator[Running]:
    """`cabinet serve` while the block lasts; it must end with 0 unless it was killed."""
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "server", "serve", "--port", str(port), env=env, stdout=output, stderr=output
        )
    running = Running(process, port)
    try:
        await _until_ready(running)
        yield running
    finally:
        if process.returncode is None:
            process.terminate()
            async with asyncio.timeout(20):
                assert await process.wait() == 0, "the server did not end with 0"


async def _until_ready(running: Running, *, seconds: float = 90) -> None:
    async with httpx.AsyncClient(base_url=running.url) as http, asyncio.timeout(seconds):
        while True:
            assert running.process.returncode is None, "the server did not start: see its log"
            try:
                if (await http.get("/health/ready")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.05)


@asynccontextmanager
async def serving_demo(env: dict[str, str], folder: Path, *, port: int, log: Path) -> AsyncIterator[Running]:
    """`cabinet demo` on a folder of its own while the block lasts."""
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *(
                sys.executable,
                "-m",
                "server",
                "demo",
                "--data-dir",
                str(folder),
                "--port",
                str(port),
                "--documents",
                "40",
            ),
            env=env,
            stdout=output,
            stderr=output,
        )
    running = Running(process, port)
    try:
        await _until_ready(running, seconds=240)
        yield running
    finally:
        if process.returncode is None:
            process.terminate()
            async with asyncio.timeout(20):
                assert await process.wait() == 0, "the demo did not end with 0"
