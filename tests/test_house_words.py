"""The laws of the house, 3: events have decided their letters; what a person may be told has its words everywhere."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from enum import Enum
from fnmatch import fnmatch

import pytest
from sources import modules

import words
from mailers import LETTERS
from models import events, refusals
from models.events import Event
from models.exchanges import DocumentStatus
from models.journal import Channel
from models.members import MemberRole
from models.obstacles import CannotSignReason
from models.refusals import Reason
from models.signatures import SigningWarningCode
from resolvers.folders import FolderKind
from schema.codes import ErrorCode
from schema.kinds import ActivityKind

EVENTS = Event.__subclasses__()
SHARED_KINDS = {"member.added": {"MemberAdded", "MemberInvited"}}  # told apart by their letters alone (C23)
# Letters that no event owes; `resolvers.codes` does, for a code.
UNOWED = {
    "password.reset": "asked for without a login",
    "email.confirm": "goes to an address, not to a member",
    "email.changing": "goes to an address, not to a member",
    "email.taken": "nobody in a cabinet is concerned",
    "mail.trial": "beside the outbox, by server.trial",
}
# Of the contract, and not built yet (issue 4).
LATER_KINDS: set[str] = set()
LATER_REASONS: set[str] = set()
FROM_VERDICTS = ("SIGNATURE_*", "CERTIFICATE_*", "ALGORITHM_NOT_ALLOWED")  # named by `signing`, made by their value
KEYS = [
    *(f"reason.{code.name}" for code in ErrorCode),
    *(f"status.{status.value}.{side}" for status in DocumentStatus for side in ("us", "them")),
    *(f"folder.{folder.value}" for folder in FolderKind),
    *(f"warning.{warning.value}" for warning in SigningWarningCode),
    *(f"cannot.{reason.value}" for reason in CannotSignReason),
    *(f"role.{role.value}" for role in MemberRole),
    *(f"channel.{channel.value}" for channel in Channel),
    *(f"entry.{kind.name}" for kind in ActivityKind),
]


@pytest.mark.parametrize("locale", words.LOCALES)
def test_everything_has_words(locale: str) -> None:
    """Every reason, status, folder, warning, obstacle, role, channel and journal entry is said in each language."""
    assert [key for key in KEYS if not words.knows(key, locale)] == []


def test_every_reason_is_of_the_contract() -> None:
    """A refusal's reason is an `ErrorCode` by its name: a client never meets a code that the schema does not list."""
    assert {reason.name for reason in Reason} <= {code.name for code in ErrorCode}
    assert [reason for reason in Reason if reason.name != reason.value] == []


def test_every_reason_is_drawn_in_the_tree() -> None:
    """The docstring of models/refusals.py says of each reason who meets it and what to do."""
    drawn = re.findall(r"[A-Z][A-Z_]+\*?", inspect.getdoc(refusals) or "")
    assert [reason.name for reason in Reason if not any(fnmatch(reason.name, name) for name in drawn)] == []


def test_every_reason_is_raised() -> None:
    """A reason that nobody raises is a promise that nobody keeps."""
    raised = used(Reason)
    missing = {name for name in Reason.__members__ if name not in raised}
    assert {name for name in missing if not any(fnmatch(name, made) for made in FROM_VERDICTS)} == LATER_REASONS


def used(kind: type[Enum]) -> set[str]:
    """Members that models, resolvers, schema or server name."""
    pattern = re.compile(rf"\b{kind.__name__}\.([A-Z_]+)\b")
    found = [module for module in modules("models", "resolvers", "schema", "server") if module.name != kind.__module__]
    return {name for module in found for name in pattern.findall(module.text)}


def letters_of(event: type[Event]) -> list[str]:
    """The letters that an event owes, to whoever is alone in his archive too."""
    return [name for owed in event.owes for name in (owed.letter, owed.alone) if name]


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_is_an_entry_with_letters(event: type[Event]) -> None:
    """An event's entry is of a kind that the contract lists, and each letter that it owes is registered."""
    assert event.__module__ == events.__name__
    assert event.entry_kind() in ActivityKind.__members__
    assert [name for name in letters_of(event) if name not in LETTERS] == []


def test_kinds_are_shared_only_where_meant() -> None:
    """`kind` is a literal of one event; two share one only where the journal shall not tell them apart."""
    shared = {kind for kind, count in Counter(event.kind for event in EVENTS).items() if count > 1}
    assert {kind: {event.__name__ for event in EVENTS if event.kind == kind} for kind in shared} == SHARED_KINDS


def test_every_event_happens() -> None:
    """Some rule makes each event."""
    texts = [module.text for module in modules("models", "resolvers") if module.name != events.__name__]
    made = {event.__name__ for event in EVENTS if any(is_made(event.__name__, text) for text in texts)}
    assert {event.__name__ for event in EVENTS} - made == set()


def is_made(name: str, text: str) -> bool:
    """Named anywhere below the imports."""
    return re.search(rf"(= |return |else )(\w+ if \w+ else )?{name}\b", text) is not None


def test_every_kind_of_entry_is_written() -> None:
    """Every `ActivityKind` has the event that writes it."""
    assert set(ActivityKind.__members__) - {event.entry_kind() for event in EVENTS} == LATER_KINDS


def test_every_letter_is_owed() -> None:
    """No letter lies in a drawer: an event owes it, or it waits here with its reason."""
    owed = {name for event in EVENTS for name in letters_of(event)}
    assert set(LETTERS) - owed == set(UNOWED)
