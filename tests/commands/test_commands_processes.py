"""Commands as processes of their own: beside a running server, interrupted, killed, into a closed pipe."""

from __future__ import annotations

import asyncio
import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from clients import Refused
from household import address
from processes import ROOT, cabinet, environment
from quick_town import quick_town
from shell import BASIS, Shell

ME = "{ viewer { displayName } cabinet { id } }"
DESK = ("--as", address("hotline"), *BASIS)
HEAVY = ("sqlalchemy", "strawberry", "graphql", "pydantic", "emails", "alembic", "uvicorn", "cryptography")


def started(shell: Shell, *words: str, **env: str) -> subprocess.Popen[str]:
    """A command that runs by itself."""
    return subprocess.Popen(
        [sys.executable, "-m", "server", *words],
        env=environment(shell.data, **{"CABINET_DATABASE_URL": "", **shell.env, **env}),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A test run that a shell put into the background hears no Ctrl-C; the command must.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, list[str]]:
    """Its exit code and complaints."""
    _, complaints = process.communicate(timeout=60)
    return process.returncode, complaints.splitlines()


@pytest.mark.anyio
async def test_a_command_works_beside_a_running_server(tmp_path: Path) -> None:
    """A30: who is blocked from the shell is stopped by the server at once, and the letters leave by its postman."""
    async with quick_town(tmp_path) as town:
        chaika, before = town.api("chaika"), len(list((tmp_path / "letters").glob("*.eml")))
        assert (await chaika.ask(ME))["cabinet"]["id"] == town.romashka
        said = await cabinet("member", "block", address("chaika"), *DESK, env=town.env)
        assert "BLOCKED" in said.split()
        assert (await chaika.ask(ME))["cabinet"] is None
        await town.logged('"event": "letter.settled"', seconds=60)
        assert len(list((tmp_path / "letters").glob("*.eml"))) > before
        with pytest.raises(AssertionError, match=r"Another server \(process \d+\) is running on"):
            await cabinet("serve", "--port", "0", env=town.env)
        with pytest.raises(AssertionError, match=r"cannot listen on 127.0.0.1:\d+ \(Address already in use\); choose"):
            await cabinet("serve", env=town.env)
        assert await cabinet("health", env=town.env) == "ready"


@pytest.mark.anyio
async def test_a_login_ended_from_the_shell_is_over(tmp_path: Path) -> None:
    """The server refuses the next request of a session that the owner ended."""
    async with quick_town(tmp_path, is_watched=False) as town:
        shell = Shell(town.data, {"CABINET_DATABASE_URL": town.env["CABINET_DATABASE_URL"]})
        (login,) = [
            each
            for each in (await asyncio.to_thread(shell, "token", "list", address("kolesnik"), "--json")).json[
                "sessions"
            ]
            if each["userAgent"] == "household"
        ]
        await cabinet("token", "revoke", login["id"], env=town.env)
        with pytest.raises(Refused, match="UNAUTHENTICATED"):
            await town.api("kolesnik").ask(ME)


def test_a_closed_pipe_is_no_traceback(shell: Shell) -> None:
    """`cabinet member list … | head -0`: the reader may go."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "server", "member", "list", "190000001"],
        env=environment(shell.data, **shell.env),
        cwd=ROOT,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


def test_ctrl_c_is_one_line(bare: Shell) -> None:
    """130, as a shell expects, while waiting for a server that does not answer."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        process = started(bare, "health", CABINET_PORT=str(silent.getsockname()[1]))
        held, _ = silent.accept()
        with held:
            process.send_signal(signal.SIGINT)
            code, complaints = ended(process)
    assert (code, [line for line in complaints if line]) == (130, ["cabinet: stopped"])


def test_a_command_killed_in_the_queue_leaves_nothing(bare: Shell) -> None:
    """It waits for its turn to write; killed there, it has done nothing and stands in nobody's way."""
    bare("operator", "create", address("hotline"), "--name", "Оператор")
    make = ("user", "add", "new@x.example", "--name", "Новик Ирина")
    with (bare.data / "write.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        process = started(bare, *make)
        while not re.search(rf"-> FLOCK .* {process.pid} ", Path("/proc/locks").read_text()):
            assert process.poll() is None
        process.kill()
        assert ended(process)[0] == -signal.SIGKILL
    assert bare("user", "list", "--search", "new@x.example").lines == ["nobody"]
    assert bare(*make).code == 0


def test_help_is_quick() -> None:
    """`cabinet --help` imports nothing heavy: each command does so itself."""
    asked = f"import sys, server.cli; print(sorted({{*{HEAVY!r}}} & {{*sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_seed_makes_a_demo_and_stops(bare: Shell) -> None:
    """The demo's data, without serving; a second time they are there already; foreign data are refused."""
    process = started(bare, "seed", "--documents", "24")
    out, complaints = process.communicate(timeout=300)
    assert process.returncode == 0, complaints
    assert "Making a demo of 24 documents" in out
    listed = bare("cabinet", "list", "--json").json["cabinets"]
    assert len(listed) == 2
    again = started(bare, "seed", "--documents", "24")
    assert "Making a demo" not in again.communicate(timeout=60)[0]
    assert again.returncode == 0
    (bare.data / "demo" / "demo.json").unlink()
    code, lines = ended(started(bare, "seed"))
    assert code == 1 and lines[-1].endswith("is not the demo's; name another folder with --data-dir")


def test_health_says_what_is_missing(bare: Shell) -> None:
    """Nobody listens: one line with the remedy, exit 1."""
    line = bare.refused("health", CABINET_PORT="9")
    said = "[Errno 111] Connection refused; is the server running, and its database up?"
    assert line == f"cabinet: http://127.0.0.1:9/health/ready: {said}"


def test_version_is_told(bare: Shell) -> None:
    """In a line and as a document; without settings or data."""
    found = bare("version", "--json").json
    assert set(found) == {"version", "python", "sqlite"}
    assert bare("version").lines == [f"cabinet {found['version']} (Python {found['python']}, SQLite {found['sqlite']})"]
    assert bare("--version").lines == [f"cabinet, version {found['version']}"]


def test_migrating_is_said(bare: Shell) -> None:
    """First it is not there; then it is, and nothing is left to do."""
    assert bare("migrate", "--check", code=1).lines[0].startswith("not at the newest revision, ")
    made = bare("migrate", "--json").json
    assert made["isCurrent"] is True
    assert bare("migrate", "--check").lines == [f"at the newest revision, {made['newest']}"]
