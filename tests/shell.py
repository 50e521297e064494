"""A shell in this process: `cabinet` commands on a data folder, with their exit code and what they printed."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import structlog
from click.testing import CliRunner
from databases import database_url
from fakes import MovedClock
from household import Household, address, household, reopened
from quick_town import STARTED

from server.cli import main

T = TypeVar("T")
BASIS = ("--basis", "Звонок директора", "--ticket", "HL-7")


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    code: int
    printed: str
    complaints: list[str]

    @property
    def json(self) -> Any:
        """The one document on standard output."""
        return json.loads(self.printed)

    @property
    def lines(self) -> list[str]:
        """Of standard output."""
        return self.printed.splitlines()


@dataclass
class Shell:
    """Commands on one data folder; nothing of the machine's own settings."""

    data: Path
    env: dict[str, str] = field(default_factory=dict)

    def __call__(self, *words: str, code: int = 0, **env: str) -> Said:
        """Run a command that must end with this exit code."""
        foreign = {name: None for name in os.environ if name.startswith("CABINET_")}
        said = {"CABINET_DATA_DIR": str(self.data), **self.env, **env}
        try:
            done = CliRunner().invoke(main, list(words), prog_name="cabinet", env={**foreign, **said})
        finally:
            structlog.reset_defaults()
        logged = [line for line in done.stderr.splitlines() if not line.startswith("{")]
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == code, (words, done.exit_code, done.output)
        return Said(done.exit_code, done.stdout, logged)

    def refused(self, *words: str, code: int = 1, **env: str) -> str:
        """The one line of a command that must be refused, having printed nothing."""
        said = self(*words, code=code, **env)
        assert said.printed == ""
        (line,) = said.complaints
        return line

    def at_desk(self, *words: str, by: str = "hotline", code: int = 0) -> Said:
        """An act of an operator, on somebody's word."""
        return self(*words, "--as", address(by), *BASIS, code=code)

    def refused_at_desk(self, *words: str, by: str = "hotline") -> str:
        """The one line of an operator's act that must be refused."""
        return self.refused(*words, "--as", address(by), *BASIS)

    def entries(self, cabinet: str = "190000001") -> list[Any]:
        """The journal, newest first."""
        return list(self("journal", "list", cabinet, "--json").json["entries"])

    def house(self, story: Callable[[Household], Awaitable[T]]) -> T:
        """What clients of a server on the same data do, between two commands."""

        async def tell() -> T:
            async with reopened(self.data, MovedClock(datetime.now(UTC))) as home:
                return await story(home)

        return asyncio.run(tell())


def settled(folder: Path) -> Shell:
    """A shell on the household's data: two cabinets and their people; nobody has them open."""

    async def make() -> None:
        async with household(folder, at=STARTED):
            pass

    asyncio.run(make())
    return Shell(folder / "data", {"CABINET_DATABASE_URL": database_url(folder / "data")})
