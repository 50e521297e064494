"""Columns and triggers as revisions write them. Frozen with the revisions that use them: add to it, change nothing."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic import op


def key() -> sa.Column[int]:
    """The row's own number."""
    return sa.Column("id", sa.Integer(), primary_key=True)


def ref(name: str, table: str, *, nullable: bool = False, unique: bool = False, index: bool = False) -> sa.Column[int]:
    """Another row's number."""
    other = sa.ForeignKey(f"{table}.id")
    return sa.Column(name, sa.Integer(), other, nullable=nullable, unique=unique, index=index)


def text(
    name: str, length: int | None, *, nullable: bool = False, unique: bool = False, index: bool = False
) -> sa.Column[str]:
    """A text of at most `length` characters, or of any; compared by its bytes whatever the database's locale."""
    kind = sa.Text() if length is None else sa.String(length)
    by_bytes = sa.Text(collation="C") if length is None else sa.String(length, collation="C")
    return sa.Column(name, kind.with_variant(by_bytes, "postgresql"), nullable=nullable, unique=unique, index=index)


def word(name: str, *, nullable: bool = False) -> sa.Column[str]:
    """A value of an enumeration, by name: a new value needs no migration."""
    return text(name, 32, nullable=nullable)


def number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    """A whole number."""
    return sa.Column(name, sa.Integer(), nullable=nullable)


def flag(name: str) -> sa.Column[bool]:
    """Yes or no."""
    return sa.Column(name, sa.Boolean(), nullable=False)


def moment(name: str, *, nullable: bool = False, index: bool = False) -> sa.Column[datetime]:
    """A moment in UTC."""
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, index=index)


def content(name: str) -> sa.Column[bytes]:
    """Bytes."""
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def facts(name: str) -> sa.Column[object]:
    """A small JSON object."""
    return sa.Column(name, sa.JSON(), nullable=False)


def freeze(table: str) -> None:
    """Refuse UPDATE and DELETE, whoever asks (A22). A batch migration that copies the table calls this again."""
    if op.get_context().dialect.name == "sqlite":
        _freeze_on_sqlite(table)
    else:
        _freeze_on_postgresql(table)


def _freeze_on_sqlite(table: str) -> None:
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER tr_{table}_no_{act.lower()} BEFORE {act} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} are never changed'); END"
        )


def _freeze_on_postgresql(table: str) -> None:
    op.execute(
        f"CREATE OR REPLACE FUNCTION refuse_change_of_{table}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} are never changed' "
        "USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    op.execute(
        f"CREATE OR REPLACE TRIGGER tr_{table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_{table}()"
    )


def thaw(table: str) -> None:
    """Let a migration add to frozen rows what was not there; `freeze` again in the same revision."""
    if op.get_context().dialect.name == "sqlite":
        for act in ("update", "delete"):
            op.execute(f"DROP TRIGGER tr_{table}_no_{act}")
    else:
        op.execute(f"DROP TRIGGER tr_{table}_no_change ON {table}")
        op.execute(f"DROP FUNCTION refuse_change_of_{table}()")
