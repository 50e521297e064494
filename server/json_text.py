"""JSON within its bounds (reliability.md A1), measured before it is decoded."""

from __future__ import annotations

import re
from json import JSONDecodeError

import orjson

TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
"""A text of JSON. Its end may be missing, so that no other search begins inside of it."""
NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
AS_SQUARE = bytes.maketrans(b"{}", b"[]")


def decoded(data: str | bytes, *, depth: int, digits: int) -> object:
    """JSON by orjson, strictly UTF-8 without lone surrogates. JSONDecodeError for all else, and out of bounds."""
    try:
        text = data if isinstance(data, bytes) else data.encode()
    except UnicodeEncodeError as error:
        raise JSONDecodeError("not UTF-8", "", 0) from error
    bare = TEXT.sub(b"", text)
    if re.search(rb"[0-9.eE+-]{%d}" % (digits + 1), bare):
        raise JSONDecodeError(f"a number has at most {digits} characters", "", 0)
    if not _is_shallow(bare, depth=depth):
        raise JSONDecodeError(f"nested more than {depth} deep, or not closed", "", 0)
    return orjson.loads(text)


def _is_shallow(bare: bytes, *, depth: int) -> bool:
    """Whether taking away the innermost brackets, as often as they may be nested, leaves none."""
    brackets = bare.translate(AS_SQUARE, NO_BRACKETS)
    for _ in range(depth if brackets.count(b"[") * 2 == len(brackets) else 0):
        brackets = brackets.replace(b"[]", b"")
    return not brackets
