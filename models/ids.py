"""Public ids: base64url of `Member:17`, without padding. What is not canonical is no id of ours.

Here below the contract, since journal digests name rows as the contract does: the same on every database.
"""

from __future__ import annotations

import base64
import binascii
import re

CANONICAL = re.compile(r"([A-Z][A-Za-z]{1,30}):([1-9][0-9]{0,17})")


def encode(kind: str, row_id: int) -> str:
    """The public id of a row."""
    return base64.urlsafe_b64encode(f"{kind}:{row_id}".encode()).rstrip(b"=").decode()


def decode(text: str) -> tuple[str, int] | None:
    """Kind and row id; None for any text that `encode` would not have made."""
    try:
        plain = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    match = CANONICAL.fullmatch(plain)
    if match is None or encode(match[1], int(match[2])) != text:
        return None
    return match[1], int(match[2])
