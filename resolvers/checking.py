"""The invariant checker: what must hold of all rows and files, whatever happened to the process or the machine.

It reads alone, page by page, each page in a snapshot of its own: beside a running server nothing waits for it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Enum, String, inspect, literal, select, type_coerce

from models import tables
from models.access import Verb, require
from models.base import Base
from models.documents import Document
from models.exchanges import Exchange
from models.journal import Entry
from models.owed import EVENTS
from models.signatures import Signature
from models.soundness import Exchanged, Fault, Signed, View
from resolvers import blobs
from resolvers.blobs import Named
from resolvers.checking_journals import journals
from resolvers.context import Context
from resolvers.ports import BlobLost
from resolvers.reading import AnySelect

AT_ONCE = 1000


@dataclass(kw_only=True)
class Checked:
    """What was found, and how much was looked at."""

    faults: list[Fault] = field(default_factory=list)
    journals: int = 0
    entries: int = 0
    exchanges: int = 0
    files: int = 0


async def check(context: Context) -> Checked:
    """Look at everything. For the server's owner."""
    async with context.reading() as reading:
        require(reading.actor, Verb.OWN_SERVER)
    checked = Checked()
    checked.faults += [fault async for fault in _states(context)]
    async for entries, found in journals(context):
        checked.journals += 1
        checked.entries += entries
        checked.faults += found
    async for exchange in _exchanges(context):
        checked.exchanges += 1
        checked.faults += exchange.faults()
    checked.faults += [fault async for fault in _homeless(context)]
    await files(context, checked)
    return checked


async def _states(context: Context) -> AsyncIterator[Fault]:
    """Words of columns that have a list of them, and kinds of entries, which nobody knows."""
    for table, column, known in _worded():
        async for fault in _unknown(context, table, column, known):
            yield fault


def _worded() -> Iterator[tuple[type[Base], Any, list[str]]]:
    yield Entry, inspect(Entry).columns.kind, list(EVENTS)
    for table in tables.marked(Base):
        for column in inspect(table).columns:
            if isinstance(column.type, Enum):
                yield table, column, list(column.type.enums)


async def _unknown(context: Context, table: type[Base], column: Any, known: list[str]) -> AsyncIterator[Fault]:
    """Any: a column of any table."""
    columns = inspect(table).columns
    said: Any = type_coerce(column, String)
    wrong = select(columns.id, columns.get("cabinet_id", literal(None)), said).where(said.not_in(known))
    for row_id, cabinet_id, word in await _asked(context, wrong.order_by(columns.id)):
        row = f"{column.table.name}:{row_id}"
        yield Fault(check="state", cabinet_id=cabinet_id, row=row, said=f"{column.name} is {word}, which is none")


async def _exchanges(context: Context) -> AsyncIterator[Exchanged]:
    after = 0
    status: Any = type_coerce(Exchange.status, String)
    wanted = select(Exchange.id, status, Exchange.required_sides, Exchange.signed_sides, Exchange.sha256)
    page = wanted.order_by(Exchange.id).limit(AT_ONCE)
    while True:
        async with context.reading() as reading:
            rows = await reading.rows(page.where(Exchange.id > after))
            found = {r[0]: Exchanged(id=r[0], status=r[1], required=r[2], signed=r[3], sha256=r[4]) for r in rows}
            for exchange_id, view in _views(await reading.rows(_of_views(list(found)))):
                found[exchange_id].views.append(view)
            for exchange_id, signature in _signed(await reading.rows(_of_signatures(list(found)))):
                found[exchange_id].signatures.append(signature)
        for exchange in found.values():
            yield exchange
        if not rows:
            return
        after = rows[-1][0]


def _of_views(exchange_ids: list[int]) -> AnySelect:
    status: Any = type_coerce(Document.status, String)
    views = select(Document.exchange_id, Document.id, Document.cabinet_id, status, Document.deleted_at.is_not(None))
    return views.where(Document.exchange_id.in_(exchange_ids)).order_by(Document.id)


def _views(rows: Any) -> Iterator[tuple[int, View]]:
    for exchange_id, row_id, cabinet_id, status, is_deleted in rows:
        yield exchange_id, View(id=row_id, cabinet_id=cabinet_id, status=status, is_deleted=bool(is_deleted))


def _of_signatures(exchange_ids: list[int]) -> AnySelect:
    side: Any = type_coerce(Signature.side, String)
    signed = select(Signature.exchange_id, Signature.id, Signature.cabinet_id, side, Signature.signed_sha256)
    return signed.where(Signature.exchange_id.in_(exchange_ids)).order_by(Signature.id)


def _signed(rows: Any) -> Iterator[tuple[int, Signed]]:
    for exchange_id, row_id, cabinet_id, side, digest in rows:
        yield exchange_id, Signed(id=row_id, cabinet_id=cabinet_id, side=side, sha256=digest)


async def _homeless(context: Context) -> AsyncIterator[Fault]:
    """Documents and signatures of no exchange: only a hand in the database makes one."""
    for table in (Document, Signature):
        lone = select(table.id, table.cabinet_id, table.exchange_id)
        lone = lone.outerjoin(Exchange, Exchange.id == table.exchange_id).where(Exchange.id.is_(None))
        for row_id, cabinet_id, exchange_id in await _asked(context, lone.order_by(table.id)):
            row, said = f"{table.__tablename__}:{row_id}", f"exchanges:{exchange_id} is not there"
            yield Fault(check="document", cabinet_id=cabinet_id, row=row, said=said)


async def _asked(context: Context, statement: AnySelect) -> Any:
    async with context.reading() as reading:
        return await reading.rows(statement)


async def files(context: Context, checked: Checked) -> None:
    """Read every file that a row names, all of it."""
    sizes: dict[str, int | None] = {}
    async for page in blobs.named(context):
        for each in page:
            if each.sha256 not in sizes:
                sizes[each.sha256] = await _size(context, each.sha256)
            checked.faults += _file(each, sizes[each.sha256])
    checked.files = len(sizes)


async def _size(context: Context, address: str) -> int | None:
    """Of a whole file, all of it read; None for one that is absent or damaged."""
    try:
        return await context.outside.blobs.examine(address)
    except BlobLost:
        return None


def _file(each: Named, size: int | None) -> Iterator[Fault]:
    if size is None:
        said = f"file {each.sha256} is absent or damaged"
    elif each.size not in (None, size):
        said = f"file {each.sha256} has {size} bytes instead of {each.size}"
    else:
        return
    yield Fault(check="file", cabinet_id=each.cabinet_id, row=each.row, said=said)
