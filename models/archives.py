"""How a document leaves an account's own archive for the shared cabinet that its owner joined (C4, C20).

The row of the document goes, with its id, dates and acts; entries of the journal never change, so that those of the
archive stay there, and `Move` says of which archive `Document.activity` reads too.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.documents import Document, Seen
from models.exchanges import ActKind, DocumentSide


class Move(Base):
    """A document has left an archive for a shared cabinet."""

    __tablename__ = "moves"

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), unique=True)
    archive_id: Mapped[int] = mapped_column(ForeignKey("cabinets.id"))
    at: Mapped[datetime]


def share(document: Document, *, seen: Sequence[Seen], cabinet_id: int, at: datetime) -> Move | None:
    """Bring a document into a shared cabinet: neither mailed nor pushed, and nothing of it changes.

    Where the cabinet has received the same document for a colleague, that one is the cabinet's, and this one ends in
    it. Where the cabinet is its sender, it stays: it is for the other side. Needs the acts of its exchange and the
    views that are not deleted; `seen` is that its owner has opened it.
    """
    there = next((view for view in document.exchange.documents if view.cabinet_id == cabinet_id), None)
    if there is None:
        return _move(document, cabinet_id=cabinet_id, at=at)
    if DocumentSide.RECIPIENT in there.our_sides:
        _end_in(there, document, seen=seen, at=at)
    return None


def _move(document: Document, *, cabinet_id: int, at: datetime) -> Move:
    archive_id = document.cabinet_id
    _take_acts(document, cabinet_id=cabinet_id)
    document.cabinet_id = cabinet_id
    return Move(document_id=document.id, archive_id=archive_id, at=at)


def _end_in(there: Document, document: Document, *, seen: Sequence[Seen], at: datetime) -> None:
    """Listed once (EB44): what was done and seen is of the one that stays."""
    for view in seen:
        view.document_id = there.id
    _take_acts(document, cabinet_id=there.cabinet_id)
    document.deleted_at = at


def _take_acts(document: Document, *, cabinet_id: int) -> None:
    """Acts done in the archive are the cabinet's now; the first view stays that of whoever came first."""
    acts = document.exchange.acts
    has_view = any(act.kind is ActKind.FIRST_VIEW and act.cabinet_id == cabinet_id for act in acts)
    for act in acts:
        if act.cabinet_id == document.cabinet_id and not (act.kind is ActKind.FIRST_VIEW and has_view):
            act.cabinet_id = cabinet_id
