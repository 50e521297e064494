"""The journal's chain, told a second time by nothing but the recipe: the product's digests are held against it."""

from __future__ import annotations

import base64
import hashlib
import json
import unicodedata
from collections.abc import Iterator
from datetime import UTC
from typing import Any

from household import Household
from sqlalchemy import select

from models.cabinets import Cabinet
from models.journal import Entry

COLUMNS = tuple(Entry.__table__.columns)


def digests(cabinet_id: int, rows: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """`body_sha256` and `hash` of each entry, from a cabinet's rows alone."""
    previous = hashlib.sha256(b"cabinet-journal/1\x00" + (public("Cabinet", cabinet_id) or "").encode()).digest()
    for row in rows:
        body = {name: row[name] for name in ("key", "facts")} | {"channel": str(row["channel"])}
        body["basis"] = {"text": row["basis_text"], "ticket": row["basis_ticket"]}
        body["actor_token_id"] = public("ApiToken", row["actor_token_id"])
        body |= {f"{n}_id": public(n.title(), row[f"{n}_id"]) for n in ("document", "member", "signature")}
        head = {name: row[name] for name in ("seq", "kind")} | {"body_sha256": sha256(body)}
        head["at"] = row["at"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        head["actor_id"] = public("User", row["actor_user_id"]) or public("ApiToken", row["actor_token_id"])
        previous = hashlib.sha256(b"entry/1\x00" + previous + written(head)).digest()
        yield head["body_sha256"], previous.hex()


def public(kind: str, row_id: int | None) -> str | None:
    """An id as a client knows it."""
    return None if row_id is None else base64.urlsafe_b64encode(f"{kind}:{row_id}".encode()).decode().rstrip("=")


def sha256(value: object) -> str:
    """Of the canonical form."""
    return hashlib.sha256(written(value)).hexdigest()


def written(value: object) -> bytes:
    """Canonical JSON: normalised at the end, which no escape of a text can undo."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return unicodedata.normalize("NFC", text).encode()


async def require_whole(house: Household) -> dict[int, int]:
    """Every cabinet's journal is 1 … n and chained as the recipe says; how many entries each has."""
    async with house.system.reading() as reading:
        ends = await reading.rows(select(Cabinet.id, Cabinet.last_seq, Cabinet.last_hash).order_by(Cabinet.id))
        found = await reading.rows(select(*COLUMNS).order_by(Entry.seq))
    rows = [dict(row._mapping) for row in found]
    for cabinet_id, last_seq, last_hash in ends:
        own = [row for row in rows if row["cabinet_id"] == cabinet_id]
        assert [row["seq"] for row in own] == list(range(1, last_seq + 1))
        assert [(row["body_sha256"], row["hash"]) for row in own] == list(digests(cabinet_id, own))
        assert last_hash == own[-1]["hash"]
    return {cabinet_id: last_seq for cabinet_id, last_seq, _ in ends}
