"""A hand in the database, past all that the product promises: constraints and triggers are away while it writes."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import postgres
from shell import Shell


def edit(shell: Shell, *statements: str) -> None:
    """Do what no act does to the data of a shell."""
    url = shell.env["CABINET_DATABASE_URL"]
    if url.startswith("postgresql"):
        postgres.run(url.replace("+asyncpg", ""), "SET session_replication_role = replica", *statements)
        return
    with closing(sqlite3.connect(url.partition("///")[2])) as database, database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for statement in (*(f"DROP TRIGGER {name}" for (name,) in names), *statements):
            database.execute(statement)


def without_constraints(shell: Shell, table: str) -> None:
    """Let a table take two rows where there may be one."""
    if shell.env["CABINET_DATABASE_URL"].startswith("postgresql"):
        edit(shell, f"ALTER TABLE {table} RENAME TO was_{table}", f"CREATE TABLE {table} AS TABLE was_{table}")
        return
    edit(shell, f"ALTER TABLE {table} RENAME TO was_{table}", f"CREATE TABLE {table} AS SELECT * FROM was_{table}")  # noqa: S608  # a name of ours
