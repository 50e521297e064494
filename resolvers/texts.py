"""Texts from clients, made safe before a rule sees them: NFC, no control characters or lone surrogates, a length."""

import unicodedata
from enum import Enum
from typing import Final, Literal, overload

from models.names import SEARCH_LIMIT
from models.refusals import Reason, Refusal


class Unsaid(Enum):
    """Marks an argument that was not given, where `None` means something of its own."""

    UNSAID = "unsaid"


UNSAID: Final = Unsaid.UNSAID
Path = tuple[str, ...]


@overload
def clean(text: str | None, *, path: Path, limit: int, is_required: Literal[True]) -> str: ...
@overload
def clean(text: str | None, *, path: Path, limit: int, is_required: bool = False) -> str | None: ...
def clean(text: str | None, *, path: Path, limit: int, is_required: bool = False) -> str | None:
    """The text without outer blanks, None when nothing is left. Raises REQUIRED, INVALID or TOO_LONG at `path`."""
    tidy = unicodedata.normalize("NFC", text or "").strip()
    if is_required and not tidy:
        raise Refusal(Reason.REQUIRED, path=path, field=path[-1])
    if any(unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\t" for c in tidy):
        raise Refusal(Reason.INVALID, path=path, field=path[-1])
    if len(tidy) > limit:
        raise Refusal(Reason.TOO_LONG, path=path, field=path[-1], limit=limit)
    return tidy or None


def is_text(text: str) -> bool:
    """Whether it can be written down: JSON can bring lone surrogates, which no encoding has."""
    return not any(unicodedata.category(c) == "Cs" for c in text)


def searched(text: str | None) -> str | None:
    """What somebody looks for; None for nothing but blanks. BAD_USER_INPUT for lone surrogates and for length."""
    if text is not None and (len(text) > SEARCH_LIMIT or not is_text(text)):
        raise Refusal(Reason.BAD_USER_INPUT, path=("search",))
    return (text or "").strip() or None
