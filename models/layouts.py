"""A text typed with the wrong keyboard layout: the same keys, read in the other one (EF76.22-24)."""

from __future__ import annotations

import unicodedata

# Key by key, from ` to /, without and with Shift.
_LATIN = "`qwertyuiop[]asdfghjkl;'zxcvbnm,./" + '~QWERTYUIOP{}ASDFGHJKL:"ZXCVBNM<>?'
_RUSSIAN = "ёйцукенгшщзхъфывапролджэячсмитьбю." + "ЁЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮ,"
_BELARUSIAN = "ёйцукенгшўзх'фывапролджэячсмітьбю." + "ЁЙЦУКЕНГШЎЗХ'ФЫВАПРОЛДЖЭЯЧСМІТЬБЮ,"

_TO_RUSSIAN = str.maketrans(_LATIN, _RUSSIAN)
_TO_BELARUSIAN = str.maketrans(_LATIN, _BELARUSIAN)
# Back from both at once: a letter of one is never another letter's key in the other. Signs stay as typed, except the
# quotation mark, which lies where a Latin layout has the at sign.
_CYRILLIC_KEYS = dict(zip(_BELARUSIAN + _RUSSIAN, _LATIN + _LATIN, strict=True))
_TO_LATIN = str.maketrans({key: meant for key, meant in _CYRILLIC_KEYS.items() if key.isalpha()} | {'"': "@"})


def other_layouts(text: str) -> list[str]:
    """The text as each other layout would have written it: none without a letter, only readings that differ from it."""
    keys = unicodedata.normalize("NFC", text)
    if not any(map(str.isalpha, keys)):
        return []
    readings = (keys.translate(table) for table in (_TO_RUSSIAN, _TO_BELARUSIAN, _TO_LATIN))
    return [reading for reading in dict.fromkeys(readings) if reading != keys]
