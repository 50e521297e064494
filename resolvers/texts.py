"""Texts from clients, made safe before a rule sees them: NFC, no control characters or lone surrogates, a length."""

import unicodedata
from enum import Enum
from typing import Final, Literal, overload

from models.base import UNWRITABLE
from models.names import SEARCH_LIMIT
from models.refusals import Reason, Refusal


class Unsaid(Enum):
    """Marks an argument that was not given, where `None` means something of its own."""

    UNSAID = "unsaid"


UNSAID: Final = Unsaid.UNSAID
Path = tuple[str, ...]


# Marks that turn the direction of what follows: in a title they make one text look like another.
TURNS = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
LINES = frozenset("\n\t")


@overload
def clean(text: str | None, *, path: Path, limit: int, is_required: Literal[True], is_one_line: bool = True) -> str: ...
@overload
def clean(
    text: str | None, *, path: Path, limit: int, is_required: bool = False, is_one_line: bool = True
) -> str | None: ...
def clean(
    text: str | None, *, path: Path, limit: int, is_required: bool = False, is_one_line: bool = True
) -> str | None:
    """The text without outer blanks, None when nothing is left. Raises REQUIRED, INVALID or TOO_LONG at `path`.

    One line takes neither line breaks nor marks of direction: it becomes a subject, a header, a row of a list.
    """
    tidy = unicodedata.normalize("NFC", text or "").strip()
    if is_required and not tidy:
        raise Refusal(Reason.REQUIRED, path=path, field=path[-1])
    if any(_is_refused(character, is_one_line=is_one_line) for character in tidy):
        raise Refusal(Reason.INVALID, path=path, field=path[-1])
    if len(tidy) > limit:
        raise Refusal(Reason.TOO_LONG, path=path, field=path[-1], limit=limit)
    return tidy or None


def _is_refused(character: str, *, is_one_line: bool) -> bool:
    if character in TURNS:
        return is_one_line
    is_control = unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
    return is_control and (is_one_line or character not in LINES)


def is_text(text: str) -> bool:
    """Whether it can be written down."""
    return UNWRITABLE.search(text) is None


def searched(text: str | None) -> str | None:
    """What somebody looks for; None for nothing but blanks. BAD_USER_INPUT for what is no text and for length."""
    if text is not None and (len(text) > SEARCH_LIMIT or not is_text(text)):
        raise Refusal(Reason.BAD_USER_INPUT, path=("search",))
    return (text or "").strip() or None
