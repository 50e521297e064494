"""Which letters each entry owed, told anew from the journal alone: the checker compares it with the outbox.

Who was active follows from the entries of joining, blocking, unblocking and removal; of an archive its owner always is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from models.events import Audience, Event, MemberAdded, MemberInvited, Owed
from models.journal import Entry

LETS_IN = {"MEMBER_ADDED", "MEMBER_UNBLOCKED"}
KEEPS_OUT = {"MEMBER_BLOCKED", "MEMBER_REMOVED"}
EVENTS = {event.entry_kind(): event for event in Event.__subclasses__()}
Letters = frozenset[tuple[int, str]]
"""Account and letter of each."""


@dataclass(frozen=True, kw_only=True)
class About:
    """What an entry's document says of letters: the sides that the cabinet is, its sender there, the signatory or
    whoever rejected it, if it was an act of the other side."""

    sides: tuple[str, ...] = ()
    sender_user_id: int | None = None
    doer_user_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Owing:
    """The letters that an entry must have owed, and those that nobody can tell any more."""

    must: Letters
    may: Letters

    def wrong(self, found: Letters) -> str | None:
        """What is wrong with the letters that were found."""
        missing, surplus = sorted(self.must - found), sorted(found - self.must - self.may)
        if not missing and not surplus:
            return None
        return f"letters missing: {_told(missing)}; letters owed to nobody: {_told(surplus)}"


def _told(letters: list[tuple[int, str]]) -> str:
    return ", ".join(f"{letter} to account {user_id}" for user_id, letter in letters) or "none"


class Ledger:
    """Follows a cabinet's entries in their order. `people` are the accounts of its members."""

    def __init__(self, people: Mapping[int, int], *, is_archive: bool) -> None:
        self._people = people
        self._is_archive = is_archive
        self._received: set[int | None] = set()
        self.active = set(people) if is_archive else set()

    def step(self, entry: Entry, about: About) -> Owing:
        """Go to the next entry; what it owed."""
        self._follow(entry)
        must, may = set[tuple[int, str]](), set[tuple[int, str]]()
        for owed in _event(entry).owes:
            if owed.side is None or (owed.side in about.sides and self._tells(entry, about)):
                letter = owed.alone or owed.letter if self._is_archive else owed.letter
                told = may if self._is_untold(owed, entry, about) else must
                told |= {(reader, letter) for reader in self._readers(owed.to, entry, about)}
        return Owing(must=frozenset(must), may=frozenset(may))

    def _follow(self, entry: Entry) -> None:
        if entry.kind == "DOCUMENT_RECEIVED":
            self._received.add(entry.document_id)
        if entry.member_id is not None and entry.kind in LETS_IN:
            self.active.add(entry.member_id)
        if entry.member_id is not None and entry.kind in KEEPS_OUT:
            self.active.discard(entry.member_id)

    def _tells(self, entry: Entry, about: About) -> bool:
        """Whether letters to one side were owed: not of one's own signature, nor of what nobody had received yet."""
        if entry.kind == "DOCUMENT_SIGNED":
            return entry.facts.get("side") == "RECIPIENT"
        is_internal = len(about.sides) > 1
        return entry.kind != "DOCUMENT_WITHDRAWN" or not is_internal or entry.document_id in self._received

    def _is_untold(self, owed: Owed, entry: Entry, about: About) -> bool:
        """A sender who is member on both sides: the entry here does not say whether it was his own act."""
        is_theirs = entry.actor_user_id is None and about.doer_user_id is not None
        return owed.to is Audience.SENDER and is_theirs and about.doer_user_id == about.sender_user_id

    def _readers(self, audience: Audience, entry: Entry, about: About) -> Iterator[int]:
        if audience is Audience.SUBJECT:
            yield self._people.get(entry.member_id or 0, 0)
            return
        for member_id in self.active:
            user_id = self._people.get(member_id, 0)
            if audience is Audience.OTHERS and member_id == entry.member_id:
                continue
            if audience is Audience.SENDER and user_id != _informed(entry, about):
                continue
            yield user_id


def _informed(entry: Entry, about: About) -> int | None:
    """The sender, unless it is his own act."""
    return about.sender_user_id if about.sender_user_id != entry.actor_user_id else None


def _event(entry: Entry) -> type[Event]:
    if entry.kind == MemberAdded.entry_kind():
        return MemberInvited if entry.facts.get("invited") == "true" else MemberAdded
    return EVENTS[entry.kind]
