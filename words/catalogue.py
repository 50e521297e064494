"""The catalogues: one text per key and language, looked up by the standard library's gettext.

A key is its own msgid (`folder.ALL`), so a text is found by grepping the key. A text is a pattern whose `{names}`
are facts.
"""

import gettext
from functools import cache
from pathlib import Path
from string import Formatter

LOCALES = ("ru", "be", "en")
DEFAULT_LOCALE = "ru"
FOLDER = Path(__file__).parent / "locale"
DOMAIN = "cabinet"


def say(key: str, locale: str, **facts: object) -> str:
    """The text of `key` in `locale` (ru, be, en; anything else is ru), its `{names}` filled from `facts`.

    A list is joined with ", ". A text that needs a fact which is not given is said by its shorter form `<key>.bare`.
    Raises KeyError for a key that no catalogue has, or when there is no shorter form.
    """
    text = _text(key, locale)
    if needs(text) - facts.keys():
        text = _text(f"{key}.bare", locale)
    return _filled(text, facts)


def say_many(key: str, locale: str, count: int, **facts: object) -> str:
    """As `say`, in the plural form that `count` asks for; `{count}` is a fact too."""
    text = _catalogue(locale).ngettext(key, key, count)
    if text == key:
        raise KeyError(key)
    return _filled(text, {**facts, "count": count})


def language(locale: str) -> str:
    """The catalogue that speaks for `locale`: itself, or Russian."""
    return locale if locale in LOCALES else DEFAULT_LOCALE


def knows(key: str, locale: str) -> bool:
    """Whether `say` has a text for `key`."""
    return _catalogue(locale).gettext(key) != key


def needs(text: str) -> frozenset[str]:
    """The names of the facts that a text speaks of."""
    return frozenset(name for _, name in _parts(text) if name)


def _text(key: str, locale: str) -> str:
    text = _catalogue(locale).gettext(key)
    if text == key:
        raise KeyError(key)
    return text


def _catalogue(locale: str) -> gettext.NullTranslations:
    return _read(language(locale))


@cache
def _read(locale: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, FOLDER, [locale])


@cache
def _parts(text: str) -> tuple[tuple[str, str | None], ...]:
    return tuple((literal, name) for literal, name, _, _ in Formatter().parse(text))


def _filled(text: str, facts: dict[str, object]) -> str:
    """The pattern with its facts; «Колесник Е. С.» at the end of a sentence brings the full stop with it."""
    said = ""
    for literal, name in _parts(text):
        said += literal.removeprefix(".") if said.endswith(".") else literal
        said += _spoken(facts[name]) if name else ""
    return said


def _spoken(fact: object) -> str:
    return ", ".join(map(str, fact)) if isinstance(fact, list | tuple) else str(fact)
