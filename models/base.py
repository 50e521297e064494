"""What every table shares: the declarative base, moments in UTC, short lists of words, and the tenancy mark.

Law: a row for the members of a cabinet alone is marked `Confidential`; `models.access` turns the mark into the
criterion that confines every statement to what the actor may see.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Dialect, Enum, ForeignKey, MetaData, String, TypeDecorator, event
from sqlalchemy import DateTime as SqlDateTime
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


UNWRITABLE = re.compile("[\0\ud800-\udfff]")
"""Signs that JSON can bring and a database does not take: lone surrogates none, NUL not PostgreSQL."""


class Moment(TypeDecorator[datetime]):
    """An aware moment, kept in UTC with microseconds on every engine; a naive one is refused."""

    impl = SqlDateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its offset")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[tuple[str, ...]]):
    """A short ordered set of words in one column, `"SENDER,RECIPIENT"`; a tuple of strings in Python."""

    impl = String(200)
    cache_ok = True

    def process_bind_param(self, value: Iterable[str] | None, dialect: Dialect) -> str | None:
        return None if value is None else ",".join(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:
        return None if value is None else tuple(word for word in value.split(",") if word)


def words_of(kind: type[StrEnum]) -> Enum:
    """A column of an enumeration, kept as its name, so that adding a value needs no migration of a type."""
    return Enum(kind, native_enum=False, length=32, create_constraint=False)


class Base(DeclarativeBase):
    """Base of all tables. Constraints have names, since SQLite's batch migrations need them."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: Moment(), dict[str, Any]: JSON()}


class Confidential:
    """A row for the active members of its cabinet alone; no operator sees it (C17)."""

    id: Mapped[int]
    cabinet_id: Mapped[int] = mapped_column(ForeignKey("cabinets.id"))


class Unchanging:
    """A row that is written once (A22). The database refuses too, by a trigger; here it is our mistake, and said so."""


@event.listens_for(Unchanging, "before_update", propagate=True)
@event.listens_for(Unchanging, "before_delete", propagate=True)
def _refuse(_mapper: object, _connection: object, row: object) -> None:
    raise RuntimeError(f"{type(row).__name__} is never changed")
