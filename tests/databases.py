"""The kind of database that this test run is on: `--database=sqlite` or `--database=postgresql`. Tests do not ask.

On SQLite a data folder holds its database. On PostgreSQL each data folder has one of the same name on the server: made
when its address is first asked for, copied with the folder, dropped with the server, or at the end on a foreign one.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from postgres import run

LOCALES = {
    "C": "LOCALE 'C'",
    "C.UTF-8": "LOCALE 'C.UTF-8'",
    "ru": "LOCALE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'ru'",
}


class OnSqlite:
    """One file in each data folder."""

    def url(self, data: Path) -> str:
        """The setting for this data folder."""
        return f"sqlite+aiosqlite:///{data}/cabinet.db"

    def copy(self, template: Path, data: Path) -> None:
        """A data folder like another one that nobody uses now."""
        shutil.copytree(template, data)

    def close(self) -> None:
        """Nothing: the folders are pytest's."""


class OnPostgres:
    """One database on a server for each data folder; `locale` is the way of the whole database to compare texts."""

    def __init__(self, server: str, *, locale: str = "C") -> None:
        self._server = server
        self._made: set[str] = set()
        self._origin = f"TEMPLATE template0 ENCODING 'UTF8' {LOCALES[locale]}"

    def url(self, data: Path) -> str:
        """The setting for this data folder; its database is made where there is none."""
        name = _name(data)
        if name not in self._made:
            self._make(name, self._origin)
        return f"{self._server.rpartition('/')[0]}/{name}".replace("postgresql://", "postgresql+asyncpg://")

    def copy(self, template: Path, data: Path) -> None:
        """A data folder like another one that nobody uses now."""
        shutil.copytree(template, data)
        self._make(_name(data), f"TEMPLATE {_name(template)} STRATEGY file_copy")

    def _make(self, name: str, how: str) -> None:
        run(self._server, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name} {how}")
        self._made.add(name)

    def close(self) -> None:
        """Leave nothing on the server."""
        run(self._server, "SELECT 1", *(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)" for name in self._made))


def _name(data: Path) -> str:
    return f"cabinet_{hashlib.sha256(str(data.absolute()).encode()).hexdigest()[:16]}"


DATABASES: OnSqlite | OnPostgres = OnSqlite()


def choose(chosen: OnSqlite | OnPostgres) -> None:
    """For the whole test run, before its first test."""
    global DATABASES
    DATABASES = chosen


def database_url(data: Path) -> str:
    """CABINET_DATABASE_URL for a data folder."""
    return DATABASES.url(data)


def copy(template: Path, data: Path) -> None:
    """A data folder with its database, like another one that nobody uses now."""
    DATABASES.copy(template, data)
