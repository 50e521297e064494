"""Cyrillic names in Latin letters: both sides are brought to one *sound*, so that every usual spelling finds the name.

Works on folded text (`models.names.fold`): lower case, ё = е, і = и, ў = у, without apostrophes, ь and ъ.
"""

from __future__ import annotations

import re

_TO_LATIN = str.maketrans(
    dict(zip("абвгґдезийклмнопрстуфыэ", "abvggdezijklmnoprstufye", strict=True))
    | {"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "yu", "я": "ya"}
)

# Longest first. What stands for itself is listed too, so that nobody takes it apart: the c of ch, the h of sh.
_SPELLINGS = {
    "shch": "shch", "sch": "shch", "sh": "sh", "ch": "ch", "zh": "zh", "kh": "g", "h": "g",
    "y": "i", "j": "i", "c": "ts", "w": "v", "x": "ks", "č": "ch", "š": "sh", "ž": "zh", "ŭ": "u",
}  # fmt: skip
_SPELLING = re.compile("|".join(_SPELLINGS))
_SOFT_E = re.compile("[yj][eo]")

# Both are drawn alike in upper or lower case, so somebody typed one for the other.
_LOOK_ALIKES = str.maketrans("abcehikmoptxyë", "авсеникмортхуе")
_CYRILLIC = re.compile("[а-яґ]")
_LATIN = re.compile("[a-zčšžŭ]")


def sound(folded: str) -> str:
    """The Latin skeleton: я = ya, ia, ja; щ = shch, sch; и, й, ы = i, y, j; г, х = g, h, kh; ия = ia."""
    spelt = _SPELLING.sub(lambda found: _SPELLINGS[found[0]], folded.translate(_TO_LATIN))
    return re.sub("i+", "i", spelt)


def sounds_typed(folded: str) -> tuple[str, ...]:
    """What a word typed in Latin letters may sound like: as spelt, and with е for ye, je, yo, jo (Yelena, Pyotr)."""
    return (sound(folded), sound(_SOFT_E.sub("e", folded))) if _LATIN.search(folded) else ()


def look_alikes_put_right(folded: str) -> str:
    """A Cyrillic word with Latin letters in it, as it was meant; any other word as it stands."""
    return folded.translate(_LOOK_ALIKES) if _CYRILLIC.search(folded) else folded
