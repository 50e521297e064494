"""Which stored files rows name: the checker looks for them, a backup takes them, the keeper sweeps the others."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, null, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from models.access import Verb, require
from models.documents import Document
from models.exchanges import Exchange
from models.signatures import Signature
from models.uploads import USE_WITHIN, Upload
from resolvers.context import Context

AT_ONCE = 1000
KEPT_FOR = timedelta(days=1)
EVIDENCE: tuple[InstrumentedAttribute[str], ...] = (
    Signature.cms_sha256,
    Signature.chain_sha256,
    Signature.revocation_sha256,
    Signature.report_sha256,
)
Names = Select[int, int | None, str | None, int | None]


@dataclass(frozen=True, kw_only=True)
class Named:
    """A file that a row names; `size` is None where the row does not say it."""

    row: str
    cabinet_id: int | None
    sha256: str
    size: int | None


async def named(context: Context) -> AsyncIterator[list[Named]]:
    """Every file that must be there, a thousand rows at a time. For the server's owner."""
    for table, key, names in _names(context.outside.clock.now() - USE_WITHIN):
        after = 0
        while rows := await _page(context, names.where(key > after).order_by(key)):
            after = rows[-1][0]
            yield [Named(row=f"{table}:{i}", cabinet_id=place, sha256=sha, size=size) for i, place, sha, size in rows]


async def _page(context: Context, names: Select[*tuple[Any, ...]]) -> Sequence[Any]:  # Any: the four of `Names`
    async with context.reading() as reading:
        require(reading.actor, Verb.OWN_SERVER)
        return await reading.rows(names.limit(AT_ONCE))


def _names(usable_since: datetime) -> list[tuple[str, ColumnElement[int], Names]]:
    home = select(func.min(Document.cabinet_id)).where(Document.exchange_id == Exchange.id).scalar_subquery()
    exchanges: Any = select(Exchange.id, home, Exchange.sha256, Exchange.size_bytes).where(Exchange.sha256.is_not(None))
    uploads: Any = select(Upload.id, Upload.cabinet_id, Upload.sha256, Upload.size_bytes).where(_holds(usable_since))
    evidence: list[Any] = [select(Signature.id, Signature.cabinet_id, each, null()) for each in EVIDENCE]
    return [
        ("exchanges", Exchange.id.expression, exchanges),
        ("uploads", Upload.id.expression, uploads),
        *(("signatures", Signature.id.expression, each) for each in evidence),
    ]


def _holds(usable_since: datetime) -> ColumnElement[bool]:
    """An upload's bytes are kept when a document had them, and while one still may."""
    is_kept = or_(Upload.used_at.is_not(None), Upload.created_at > usable_since)
    return Upload.stored_at.is_not(None) & is_kept


async def unnamed(context: Context, addresses: Sequence[str]) -> list[str]:
    """Those of these files that no row names, nor did within a day: a backup taken then may still be copying."""
    held: set[str | None] = set()
    async with context.reading() as reading:
        require(reading.actor, Verb.OWN_SERVER)
        usable_since = context.outside.clock.now() - USE_WITHIN - KEPT_FOR
        held |= set(await reading.all(select(Exchange.sha256).where(Exchange.sha256.in_(addresses))))
        held |= set(await reading.all(select(Upload.sha256).where(Upload.sha256.in_(addresses), _holds(usable_since))))
        for each in EVIDENCE:
            held |= set(await reading.all(select(each).where(each.in_(addresses))))
    return [address for address in addresses if address not in held]


async def sweep(context: Context) -> int:
    """Remove files that are a day old and that no row names: what a crash left, uploads that nobody used; how many."""
    blobs, before = context.outside.blobs, context.outside.clock.now() - KEPT_FOR
    swept = await blobs.drop_incoming(before=before)
    async for found in blobs.aged(before=before):
        for start in range(0, len(found), AT_ONCE):
            swept += await blobs.drop(await unnamed(context, found[start : start + AT_ONCE]), before=before)
    return swept
