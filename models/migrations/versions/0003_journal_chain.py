"""The chain of the journal: digests in every entry, those that are there included, and each journal's end.

Frozen: the recipe stands here as it was when this was released, whatever `models/chain.py` says later.
"""

from __future__ import annotations

import base64
import hashlib
import json
import unicodedata
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from models.migrations.columns import freeze, moment, text, thaw

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

CABINETS = sa.table(
    "cabinets",
    sa.column("id", sa.Integer()),
    sa.column("last_hash", sa.String()),
    sa.column("last_entry_at", sa.DateTime(timezone=True)),
)
ENTRIES = sa.table(
    "entries",
    *(sa.column(name, sa.Integer()) for name in ("id", "cabinet_id", "seq")),
    *(
        sa.column(f"{name}_id", sa.Integer())
        for name in ("actor_user", "actor_token", "document", "member", "signature")
    ),
    *(sa.column(name, sa.String()) for name in ("key", "kind", "channel", "basis_text", "basis_ticket")),
    *(sa.column(name, sa.String()) for name in ("body_sha256", "hash")),
    sa.column("at", sa.DateTime(timezone=True)),
    sa.column("facts", sa.JSON()),
)
WRITE = (
    sa.update(ENTRIES)
    .where(ENTRIES.c.id == sa.bindparam("row"))
    .values(body_sha256=sa.bindparam("body"), hash=sa.bindparam("chained"))
)
AT_ONCE = 500


def upgrade() -> None:
    """Add the columns, chain what is there, refuse changes again."""
    op.add_column("cabinets", text("last_hash", 64, nullable=True))
    op.add_column("cabinets", moment("last_entry_at", nullable=True))
    for name in ("body_sha256", "hash"):
        op.add_column("entries", text(name, 64, nullable=True))
    thaw("entries")
    if not op.get_context().as_sql:
        _chain_all(op.get_bind())
    with op.batch_alter_table("entries") as entries:
        for name in ("body_sha256", "hash"):
            entries.alter_column(name, existing_type=sa.String(64), nullable=False)
    freeze("entries")


def _chain_all(connection: sa.Connection) -> None:
    for cabinet_id in connection.scalars(sa.select(CABINETS.c.id).order_by(CABINETS.c.id)).all():
        _chain(connection, cabinet_id)


def _chain(connection: sa.Connection, cabinet_id: int) -> None:
    """One cabinet's entries, some hundred at a time."""
    seq, previous, at = 0, hashlib.sha256(b"cabinet-journal/1\0" + _id("Cabinet", cabinet_id).encode()).digest(), None
    own = sa.select(ENTRIES).where(ENTRIES.c.cabinet_id == cabinet_id).order_by(ENTRIES.c.seq).limit(AT_ONCE)
    while rows := connection.execute(own.where(ENTRIES.c.seq > seq)).all():
        made = []
        for row in rows:
            body = hashlib.sha256(_canonical(_body(row))).hexdigest()
            previous = hashlib.sha256(b"entry/1\0" + previous + _canonical(_head(row, body))).digest()
            made.append({"row": row.id, "body": body, "chained": previous.hex()})
        connection.execute(WRITE, made)
        seq, at = rows[-1].seq, rows[-1].at
    if at is not None:
        end = {"last_hash": previous.hex(), "last_entry_at": at}
        connection.execute(sa.update(CABINETS).where(CABINETS.c.id == cabinet_id).values(end))


def _head(row: Any, body: str) -> dict[str, object]:  # Any: a row of ENTRIES
    actor = ("User", row.actor_user_id) if row.actor_user_id is not None else ("ApiToken", row.actor_token_id)
    return {
        "seq": row.seq,
        "kind": row.kind,
        "at": _moment(row.at),
        "actor_id": _id(*actor),
        "body_sha256": body,
    }


def _body(row: Any) -> dict[str, object]:  # Any: a row of ENTRIES
    return {
        "key": row.key,
        "channel": row.channel,
        "actor_token_id": _id("ApiToken", row.actor_token_id),
        "basis": {"text": row.basis_text, "ticket": row.basis_ticket},
        "document_id": _id("Document", row.document_id),
        "member_id": _id("Member", row.member_id),
        "signature_id": _id("Signature", row.signature_id),
        "facts": row.facts,
    }


def _id(kind: str, row_id: int | None) -> Any:  # Any: None where there is no row
    if row_id is None:
        return None
    return base64.urlsafe_b64encode(f"{kind}:{row_id}".encode()).rstrip(b"=").decode()


def _moment(at: datetime) -> str:
    utc = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _canonical(value: object) -> bytes:
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _plain(value: object) -> object:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {unicodedata.normalize("NFC", key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
