"""The chain of a journal (tamper evidence): each entry carries a digest of what it says and of the entry before it.

    hash_n = SHA-256("entry/1\\0" ‖ hash_{n-1} ‖ canonical(head))
    hash_0 = SHA-256("cabinet-journal/1\\0" ‖ cabinet id)

The head has ids and digests only; what people wrote is the body, so that erasing a body one day keeps the chain whole.
Ids are the public ones, moments UTC with microseconds: the same digests on every database (EG86).

A chain finds what was edited, deleted, swapped or forked within it. A journal cut off at its end, or written anew to
its end, is found by what was kept elsewhere; the end that the cabinet's own row knows is compared here.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from models.ids import encode
from models.journal import Entry


class Fault(StrEnum):
    """What is wrong at the first bad place."""

    BODY_EDITED = "BODY_EDITED"
    HEAD_EDITED = "HEAD_EDITED"
    MISSING = "MISSING"
    FORKED = "FORKED"


@dataclass(frozen=True, kw_only=True)
class Break:
    """The first bad place of a journal."""

    seq: int
    fault: Fault


def seal(entry: Entry, *, after: str | None) -> None:
    """Give a new entry its digests; `after` is the hash of the entry before it, None for the first one."""
    entry.body_sha256 = body_digest(entry)
    entry.hash = following(after or beginning(entry.cabinet_id), entry)


def beginning(cabinet_id: int) -> str:
    """The hash before the first entry."""
    return hashlib.sha256(b"cabinet-journal/1\0" + encode("Cabinet", cabinet_id).encode()).hexdigest()


def following(previous: str, entry: Entry) -> str:
    """The hash of an entry that stands after `previous`."""
    return hashlib.sha256(b"entry/1\0" + bytes.fromhex(previous) + canonical(_head(entry))).hexdigest()


def body_digest(entry: Entry) -> str:
    """The digest of what an entry says."""
    return hashlib.sha256(canonical(_body(entry))).hexdigest()


def canonical(value: object) -> bytes:
    """JSON with sorted keys and no blanks, UTF-8, NFC. Raises TypeError for floats and all that JSON does not have."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _plain(value: object) -> object:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, Mapping):
        return {unicodedata.normalize("NFC", key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    raise TypeError(f"a journal has no {type(value).__name__}")


def _head(entry: Entry) -> dict[str, object]:
    return {
        "seq": entry.seq,
        "kind": entry.kind,
        "at": _moment(entry.at),
        "actor_id": _id("User", entry.actor_user_id) or _id("ApiToken", entry.actor_token_id),
        "body_sha256": entry.body_sha256,
    }


def _body(entry: Entry) -> dict[str, object]:
    return {
        "key": entry.key,
        "channel": entry.channel.value,
        "actor_token_id": _id("ApiToken", entry.actor_token_id),
        "basis": {"text": entry.basis_text, "ticket": entry.basis_ticket},
        "document_id": _id("Document", entry.document_id),
        "member_id": _id("Member", entry.member_id),
        "signature_id": _id("Signature", entry.signature_id),
        "facts": entry.facts,
    }


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _id(kind: str, row_id: int | None) -> str | None:
    return None if row_id is None else encode(kind, row_id)


class Walk:
    """Follows a cabinet's entries in their order, one after the other."""

    def __init__(self, cabinet_id: int) -> None:
        self.seq = 0
        self.hash = beginning(cabinet_id)

    def step(self, entry: Entry) -> Break | None:
        """Go to the next entry; what is wrong with it, if anything."""
        fault = self._fault(entry)
        if fault is not None:
            return Break(seq=min(entry.seq, self.seq + 1), fault=fault)
        self.seq, self.hash = entry.seq, entry.hash
        return None

    def _fault(self, entry: Entry) -> Fault | None:
        if entry.seq != self.seq + 1:
            return Fault.MISSING if entry.seq > self.seq else Fault.FORKED
        if body_digest(entry) != entry.body_sha256:
            return Fault.BODY_EDITED
        return None if following(self.hash, entry) == entry.hash else Fault.HEAD_EDITED

    def end(self, *, last_seq: int, last_hash: str | None) -> Break | None:
        """Compare with the end that the cabinet knows."""
        if last_seq != self.seq:
            return Break(seq=min(last_seq, self.seq) + 1, fault=Fault.MISSING if last_seq > self.seq else Fault.FORKED)
        is_same = self.hash == last_hash or (self.seq == 0 and last_hash is None)
        return None if is_same else Break(seq=self.seq, fault=Fault.HEAD_EDITED)
