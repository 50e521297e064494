"""What is written once: the mapper refuses what the triggers would refuse."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from models.base import Unchanging
from models.journal import Entry
from models.signatures import Signature


class Ground(DeclarativeBase):
    """Tables of this file alone."""


class Pebble(Unchanging, Ground):
    """A row like them, with fewer columns."""

    __tablename__ = "pebbles"

    id: Mapped[int] = mapped_column(primary_key=True)
    weight: Mapped[int]


def test_signatures_and_entries_are_written_once() -> None:
    """A22, A25: both are of this kind."""
    assert issubclass(Signature, Unchanging)
    assert issubclass(Entry, Unchanging)


@pytest.mark.parametrize("way", ["change", "delete"])
def test_a_row_written_once_cannot_be_changed(way: str) -> None:
    """A22: an act that would change or delete it fails before the database is asked."""
    engine = create_engine("sqlite://")
    Ground.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Pebble(weight=3))
        session.commit()
        pebble = session.get_one(Pebble, 1)
        if way == "change":
            pebble.weight = 4
        else:
            session.delete(pebble)
        with pytest.raises(RuntimeError, match="Pebble is never changed"):
            session.flush()
