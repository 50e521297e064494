"""People's names as people type them (EF of the requirements): folding, the key of sorting, the search.

Pure, and done here on purpose: SQLite's `lower` and `LIKE` are ASCII-only, PostgreSQL's depend on the database's
locale, and stripping accents turns й into и. Rows keep folded columns; members (few) are matched in Python.

How a text is read: split at blanks, every part must fit the same person, by e-mail or by name. By **name**: the pieces
of a part, split at dots and hyphens, begin *different* words; each piece is tried as it stands, with look-alike letters
put right, as the same given name in the other language and, where typed in Latin letters, by its sound.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol, TypeVar

from models.given_names import same_name
from models.layouts import other_layouts
from models.transliteration import look_alikes_put_right, sound, sounds_typed

SEARCH_LIMIT = 200
"""Characters of a search; a longer one is BAD_USER_INPUT."""

KEY_LIMIT = 600
"""Characters of a sort key: the first three hundred letters decide, ids the rest."""

_APOSTROPHES = "'’‘ʼ`´′ʹ‛＇ʽˈ"
_FOLDS = str.maketrans({"ё": "е", "і": "и", "ў": "у"} | dict.fromkeys(_APOSTROPHES + "ьъ", ""))
_INNER_BORDER = re.compile(r"[.\-‐‑‒–—]+")
_NO_LETTERS = re.compile(r"[\W_]+")
_SHORTEST_IN_EMAIL = 3

# Blank, digits, both Cyrillic alphabets as one, Latin. Written as two hexadecimal digits a letter, because on these
# every collation agrees, and no database's own opinion matters.
_ORDER = " 0123456789абвгґдежзийклмнопрстуўфхцчшщъыьэюяabcdefghijklmnopqrstuvwxyz"
_PLACE = {letter: f"{place:02x}" for place, letter in enumerate(_ORDER, start=1)}
_END = "00"
_SAME_PLACE = {"ё": "е", "і": "и"}


class Person(Protocol):
    """Who can be found."""

    @property
    def display_name(self) -> str: ...

    @property
    def email(self) -> str: ...


P = TypeVar("P", bound=Person)


def fold(text: str) -> str:
    """The form in which spellings of a name are equal: NFC, no case, ё = е, і = и, ў = у, no apostrophes, ь and ъ."""
    return unicodedata.normalize("NFC", _lowered(text).translate(_FOLDS))


def sort_key(name: str) -> str:
    """A key to be stored; its plain order is that of a Russian and Belarusian telephone book, whatever the collation.

    ё stands with е and і with и (of equal names the one with е, и first), й after и, ў after у, Latin after Cyrillic.
    Case, apostrophes and accents do not count; hyphens, quotation marks and other signs are blanks; "Иванов Я." comes
    before "Ивановский". ASCII, at most KEY_LIMIT characters.
    """
    counted = "".join(sign for sign in _lowered(name) if sign not in _APOSTROPHES and not unicodedata.combining(sign))
    text = _NO_LETTERS.sub(" ", counted).strip()
    places = "".join(map(_place, text))
    marks = "".join("1" if letter in _SAME_PLACE else "0" for letter in text).rstrip("0")
    return (places + (_END + marks if marks else ""))[:KEY_LIMIT]


@dataclass(frozen=True)
class SearchText:
    """What somebody typed to find people by name or e-mail."""

    text: str

    @classmethod
    def parse(cls, text: str) -> SearchText:
        """Raises ValueError for more than SEARCH_LIMIT characters."""
        if len(text) > SEARCH_LIMIT:
            raise ValueError(f"a search has at most {SEARCH_LIMIT} characters, this one has {len(text)}")
        return cls(text)

    @property
    def is_empty(self) -> bool:
        """Nothing but blanks: no condition at all. `...` is not empty; it looks for nothing, and finds nobody."""
        return not self.text.strip()

    @cached_property
    def parts(self) -> tuple[_Part, ...]:
        """What must fit, all of it; without any part there is nothing to look for."""
        parts = (_Part(word, tuple(map(_Piece, _split(fold(word))))) for word in _lowered(self.text).split())
        return tuple(part for part in parts if part.pieces)


def nothing_former(_person: object) -> Iterable[str]:
    """Nobody was ever called otherwise."""
    return ()


def find(search: SearchText, people: Sequence[P], *, former: Callable[[P], Iterable[str]] = nothing_former) -> list[P]:
    """Those whom the text means, in the order given; everybody for an empty text.

    `former` tells a person's earlier names and e-mails (EF79). Other layouts are read only when nobody is found.
    """
    if search.is_empty:
        return list(people)
    known = [(person, _known_as(person.display_name, person.email, *former(person))) for person in people]
    return _meant([search], known) or _meant([SearchText(text) for text in other_layouts(search.text)], known)


def _meant(readings: Sequence[SearchText], known: Iterable[tuple[P, _Known]]) -> list[P]:
    parts = [reading.parts for reading in readings if reading.parts]
    return [person for person, names in known if any(names.fit(together) for together in parts)]


@dataclass(frozen=True)
class _Word:
    """A word of somebody's name."""

    folded: str
    sound: str


@dataclass(frozen=True)
class _Piece:
    """What begins one word of a name, in each way it may be read."""

    folded: str

    def begins(self, word: _Word) -> bool:
        return word.folded.startswith(self._spellings) or word.sound.startswith(self._sounds)

    @cached_property
    def _spellings(self) -> tuple[str, ...]:
        meant = look_alikes_put_right(self.folded)
        return (self.folded, meant, *same_name(meant))

    @cached_property
    def _sounds(self) -> tuple[str, ...]:
        sounds = sounds_typed(self.folded)
        return (*sounds, *(other for heard in sounds for other in same_name(heard)))

    @cached_property
    def initials(self) -> tuple[_Piece, ...]:
        """Its letters apart: people type ЕС as well as Е.С."""
        return tuple(map(_Piece, self.folded)) if 2 <= len(self.folded) <= 3 and self.folded.isalpha() else ()


@dataclass(frozen=True)
class _Part:
    """What stands between two blanks: lower case for e-mails, folded pieces for names."""

    typed: str
    pieces: tuple[_Piece, ...]

    def fits_email(self, email: str) -> bool:
        """Whole or part of it; the domain only together with its @, or everybody would be found by it."""
        if not self.typed.isascii() or not any(map(str.isalnum, self.typed)):
            return False
        if "@" in self.typed:
            return self.typed in email
        return len(self.typed) >= _SHORTEST_IN_EMAIL and self.typed in email.partition("@")[0]

    def fits_name(self, words: Sequence[_Word]) -> bool:
        """Every piece begins a word of its own."""
        if len(self.pieces) > len(words):
            return False
        pieces = [piece for written in self.pieces for piece in _apart(written, words)]
        return _each_has_its_own(
            [[place for place, word in enumerate(words) if piece.begins(word)] for piece in pieces]
        )


@dataclass(frozen=True)
class _Known:
    """Everything by which one person can be found."""

    words: tuple[_Word, ...]
    emails: tuple[str, ...]

    def fit(self, parts: Iterable[_Part]) -> bool:
        return all(part.fits_name(self.words) or any(map(part.fits_email, self.emails)) for part in parts)


# The members of many cabinets: their names are folded once, not for every search.
@lru_cache(maxsize=8192)
def _known_as(*names: str) -> _Known:
    written = [_lowered(name) for name in names]
    folded = (word for name in written if "@" not in name for word in _split(fold(name)))
    return _Known(tuple(_Word(word, sound(word)) for word in folded), tuple(name for name in written if "@" in name))


def _apart(piece: _Piece, words: Iterable[_Word]) -> tuple[_Piece, ...]:
    """The piece, or its initials where it begins no word."""
    return (piece,) if any(map(piece.begins, words)) else piece.initials or (piece,)


def _each_has_its_own(choices: Sequence[Sequence[int]]) -> bool:
    """Whether every piece gets a word that no other piece has (Kuhn's matching: augmenting paths)."""
    owner: dict[int, int] = {}

    def settle(piece: int, tried: set[int]) -> bool:
        for word in choices[piece]:
            if word not in tried:
                tried.add(word)
                if word not in owner or settle(owner[word], tried):
                    owner[word] = piece
                    return True
        return False

    return all(settle(piece, set()) for piece in range(len(choices)))


def _lowered(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _split(folded: str) -> list[str]:
    """Words of a name: blanks, dots and hyphens lie between them."""
    return _INNER_BORDER.sub(" ", folded).split()


def _place(letter: str) -> str:
    """Where a letter stands: é at e, the letters of other alphabets behind all of ours."""
    plain = unicodedata.normalize("NFD", letter)[0]
    return _PLACE.get(letter) or _PLACE.get(_SAME_PLACE.get(plain, plain)) or f"ff{ord(letter):06x}"
