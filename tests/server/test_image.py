"""The image without an engine: the steps of `Dockerfile` replayed in a folder, then the result is started and asked.

What the Dockerfile says is done, with `/src`, `/opt` and `/data` moved under one temporary folder. Only an engine can
show the base image, the user 10001 and a root file system that refuses writes (here we look whether a file was added).
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

import httpx
import pytest

CHECKOUT = Path(__file__).parents[2]
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
STARTS_WITHIN = 60.0


@dataclass(frozen=True)
class Image:
    """What the Dockerfile leaves behind, under `root` instead of `/`."""

    root: Path
    env: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)

    def command(self, *arguments: str) -> list[str]:
        """The entry point with these arguments, found as the image's own PATH finds it."""
        name, *rest = json.loads(self.words["ENTRYPOINT"])
        found = shutil.which(name, path=self.env["PATH"])
        assert found is not None, f"{name} is not on the image's PATH"
        return [found, *rest, *arguments]

    def files(self) -> set[Path]:
        """Everything in the part of the image that is read-only in production."""
        return set((self.root / "opt").rglob("*"))


def test_image_runs_read_only_answers_and_ends_at_sigterm(image: Image, tmp_path: Path) -> None:
    """The wheel, installed with hashes into an empty environment, starts in an empty folder, is well, ends if told."""
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir(mode=0o555)
    before = image.files()
    env = image.env | {"CABINET_HOST": "127.0.0.1", "CABINET_PORT": str(free_port())}

    with serving(image, env=env, cwd=nowhere) as process:
        answer = ask(process, f"http://127.0.0.1:{env['CABINET_PORT']}/graphql", "{ server { version } }")
        health = subprocess.run(health_check(image), env=env, cwd=nowhere, timeout=30, check=False)
        process.terminate()
        ended = process.wait(timeout=30)

    assert answer == {"data": {"server": {"version": PROJECT["project"]["version"]}}}
    assert health.returncode == 0
    assert ended == 0
    assert list(nowhere.iterdir()) == []
    assert image.files() == before


def test_health_check_fails_when_nobody_serves(image: Image, tmp_path: Path) -> None:
    """An engine restarts what is not healthy, so a server that is gone must not look well."""
    env = image.env | {"CABINET_HOST": "127.0.0.1", "CABINET_PORT": str(free_port())}
    health = subprocess.run(health_check(image), env=env, cwd=tmp_path, timeout=30, check=False, capture_output=True)
    assert health.returncode != 0


def test_wheel_ships_every_file_of_our_packages(image: Image) -> None:
    """Templates, catalogues, migrations, the SDL and the static page lie in the wheel, and nothing else does."""
    packages = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    source = image.root / "src"
    files = (file for name in packages for file in (source / name).rglob("*") if file.is_file())
    ours = {file.relative_to(source).as_posix() for file in files}
    (wheel,) = (source / "dist").glob("*.whl")
    shipped = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert shipped == ours


def test_image_is_not_root_and_listens_inside_its_container(image: Image) -> None:
    """The words an engine acts upon; the other tests replace the address by the loopback."""
    said = {word: image.words[word] for word in ("USER", "WORKDIR", "VOLUME", "EXPOSE", "STOPSIGNAL", "CMD")}
    assert said == {
        "USER": "10001",
        "WORKDIR": f"{image.root}/data",
        "VOLUME": f"{image.root}/data",
        "EXPOSE": "8000",
        "STOPSIGNAL": "SIGTERM",
        "CMD": '["serve"]',
    }
    assert image.env["CABINET_HOST"] == "0.0.0.0"  # noqa: S104 - inside a container the outside decides what is published


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """The Dockerfile, replayed once for all tests here."""
    image = Image(tmp_path_factory.mktemp("image"), env=outer_environment())
    for word, rest in instructions((CHECKOUT / "Dockerfile").read_text(), root=image.root):
        replay(image, word, rest)
    return image


def outer_environment() -> dict[str, str]:
    """Ours without what would let the checkout shine through; pip's own settings stay, they name the registry."""
    hidden = ("PYTHON", "CABINET_", "VIRTUAL_ENV", "COV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    return kept | {"PATH": f"{Path(sys.executable).parent}:{kept['PATH']}"}


def instructions(dockerfile: str, *, root: Path) -> Iterator[tuple[str, str]]:
    """(word, rest) of each instruction, with the image's folders moved under `root`."""
    lines = "\n".join(line for line in dockerfile.splitlines() if not line.startswith("#"))
    moved = re.sub(r"(?<![\w.])/(?=(src|opt|data)\b)", f"{root}/", lines.replace("\\\n", " "))
    for line in filter(None, moved.splitlines()):
        word, rest = line.split(maxsplit=1)
        yield word, rest


def replay(image: Image, word: str, rest: str) -> None:
    """Do one instruction. `image.words` keeps the last of each kind, which is what an engine obeys."""
    image.words[word] = rest
    if word in ("ARG", "ENV"):
        image.env.update(settings(rest, image.env))
    elif word == "RUN":
        subprocess.run(["sh", "-ec", rest], cwd=image.words["WORKDIR"], env=image.env, check=True, timeout=600)
    elif word == "COPY" and not rest.startswith("--from="):
        copy_context(Path(image.words["WORKDIR"]))


def settings(rest: str, env: dict[str, str]) -> dict[str, str]:
    """`A=1 PATH=/x:$PATH` as a mapping."""
    pairs = (pair.partition("=") for pair in shlex.split(rest))
    return {name: Template(value).safe_substitute(env) for name, _, value in pairs}


def copy_context(target: Path) -> None:
    """What `.dockerignore` lets through: the names after an exclamation mark."""
    for line in (CHECKOUT / ".dockerignore").read_text().splitlines():
        if line.startswith("!"):
            copy(CHECKOUT / line[1:], target / line[1:])


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def health_check(image: Image) -> list[str]:
    """The command of HEALTHCHECK, whose exit code the engine reads."""
    name, *arguments = json.loads(image.words["HEALTHCHECK"].split("CMD", 1)[1])
    assert [name] == json.loads(image.words["ENTRYPOINT"])
    return image.command(*arguments)


@contextmanager
def serving(image: Image, *, env: dict[str, str], cwd: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The image's process; it never outlives its test."""
    process = subprocess.Popen(image.command(*json.loads(image.words["CMD"])), env=env, cwd=cwd)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def ask(process: subprocess.Popen[bytes], url: str, query: str) -> object:
    """The answer to a query, asked again until somebody listens."""
    patience = time.monotonic() + STARTS_WITHIN
    while True:
        try:
            return httpx.post(url, json={"query": query}, trust_env=False).json()
        except httpx.TransportError:
            assert process.poll() is None, f"the server ended with {process.returncode} instead of serving"
            assert time.monotonic() < patience, f"nobody listens after {STARTS_WITHIN} s"
            time.sleep(0.1)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
