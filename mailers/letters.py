"""Letters (e-mail templates): the register of their kinds, and what a written one is before it becomes a message."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

Link = Literal["document", "password", "email"]
Facts = Mapping[str, object]


class EntryLike(Protocol):
    """What a letter reads of a journal entry; `models.journal.Entry` is one, so is a sample."""

    @property
    def cabinet_id(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def channel(self) -> str: ...
    @property
    def basis_text(self) -> str | None: ...
    @property
    def basis_ticket(self) -> str | None: ...
    @property
    def document_id(self) -> int | None: ...
    @property
    def facts(self) -> Mapping[str, str | list[str] | None]: ...


@dataclass(frozen=True)
class Person:
    """Whom a letter is for: `locale` ru, be or en, an IANA `time_zone`, and the code that only he may read."""

    name: str
    email: str
    locale: str
    time_zone: str
    code: str | None = None


Words = Callable[[EntryLike, Person], Facts]


@dataclass(frozen=True)
class LetterKind:
    """A registered letter: `words` gives its templates their facts, `table` names those that are listed, in order."""

    name: str
    words: Words
    sample: EntryLike
    table: tuple[str, ...]
    link: Link | None
    is_of_cabinet: bool


@dataclass(frozen=True)
class Letter:
    """One letter to one person. `thread` joins all letters about one document; `document_key` is its public id."""

    kind: str
    to: Person
    facts: Facts
    table: tuple[str, ...]
    link: Link | None
    cabinet_id: int | None
    thread: str | None
    document_key: str | None


LETTERS: dict[str, LetterKind] = {}


def letter(
    name: str,
    *,
    sample: EntryLike,
    table: tuple[str, ...] = (),
    link: Link | None = None,
    is_of_cabinet: bool = True,
) -> Callable[[Words], Words]:
    """Register the decorated function as the letter `name`, whose templates are `templates/<name>.<language>.jinja`."""

    def register(words: Words) -> Words:
        LETTERS[name] = LetterKind(name, words, sample, table, link, is_of_cabinet)
        return words

    return register


def write(kind: str, entry: EntryLike, person: Person, *, document_key: str | None = None) -> Letter:
    """The letter `kind` about `entry` to `person`. Raises KeyError for an unknown kind or a missing fact.

    `document_key` is the document's public id; without it a letter about a document has no link.
    """
    made = LETTERS[kind]
    return Letter(
        kind=kind,
        to=person,
        facts={name: _in_one_line(fact) for name, fact in made.words(entry, person).items()},
        table=made.table,
        link=made.link,
        cabinet_id=entry.cabinet_id if made.is_of_cabinet else None,
        thread=None if entry.document_id is None else f"document.{entry.document_id}",
        document_key=document_key,
    )


def one_line(text: str) -> str:
    """`text` without what could begin a header or a line of its own, or turn the direction of writing."""
    return " ".join("".join(map(_harmless, text)).split())


def _in_one_line(fact: object) -> object:
    if isinstance(fact, str):
        return one_line(fact)
    return [one_line(str(each)) for each in fact] if isinstance(fact, list) else fact


def _harmless(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    return "" if category in ("Cf", "Cs") else character
