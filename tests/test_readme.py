"""The README is true: its tour is pasted into a shell beside a demo, its commands are those of Makefile and CI."""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
from pathlib import Path

import pytest
from processes import ROOT, environment, free_port, serving_demo

pytestmark = pytest.mark.anyio
README = (ROOT / "README.md").read_text(encoding="utf-8")
TOUR = re.findall(r"<!-- tour -->\n```sh\n(.*?)```", README, re.DOTALL)


async def test_the_tour_works_line_by_line(tmp_path: Path) -> None:
    """A newcomer pastes the tour, on either database: a document is signed for a colleague; she is blocked (B3)."""
    port = free_port()
    env = environment(tmp_path / "data", SERVER=f"http://127.0.0.1:{port}", PATH=_path_with_cabinet(tmp_path))
    async with serving_demo(env, tmp_path / "data", port=port, log=tmp_path / "demo.log"):
        script = "set -e\n" + "\n".join(TOUR)
        process = await asyncio.create_subprocess_exec(
            "sh", "-c", script, cwd=tmp_path, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        said, complaints = (stream.decode() for stream in await process.communicate())
    assert process.returncode == 0, said + complaints
    assert '"displayName":"Урбанович Анна Александровна"' in said
    assert "WARNINGS_NOT_ACKNOWLEDGED" in said
    assert said.count('"code":"RECIPIENT_DIFFERS"') == 1
    assert '"signedByOther":{"expected":[{"personName":"Колесник Елена Сергеевна"}]' in said
    assert "CAdES Verification successful" in complaints or "Verification successful" in complaints
    assert '"state":"BLOCKED"' in said and '{"document":null,' in said
    assert '"ticket":"HL-10233"' in said


def _path_with_cabinet(folder: Path) -> str:
    """A PATH on which `cabinet` is this checkout's, as `.venv/bin` is in a newcomer's."""
    home = folder / "bin"
    home.mkdir()
    (home / "cabinet").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m server "$@"\n')
    (home / "cabinet").chmod(0o755)
    return f"{home}:/usr/local/bin:/usr/bin:/bin"


def test_its_commands_are_those_of_makefile_and_ci() -> None:
    """Every `make …` that the README names is a target with a help text; CI runs `make check` and `make test`."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):.*?## ", makefile, re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)", README))
    assert {"run", "test", "check", "help", "image"} <= named
    assert named - {"run", "test"} <= targets | {"help"}
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "for step in check test" in ci and 'make "$step"' in ci


def test_openssl_and_curl_are_what_it_needs() -> None:
    """The tour needs a shell, curl and openssl, nothing else of ours but `cabinet token create`."""
    assert shutil.which("curl") and shutil.which("openssl")
    used = set(re.findall(r"^\s*(?:[A-Z]+=\$\()?(\w+) ", "\n".join(TOUR), re.MULTILINE))
    assert {"jq", "python", "python3", "node"}.isdisjoint(used)
