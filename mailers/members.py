"""Letters about members, in pairs: `member.…` to the others of the cabinet, `you.…` to the person (A29, A32, C5).

Each says who asked for it, under which ticket, and who did it.
"""

from mailers.letters import EntryLike, Facts, Person, letter
from mailers.samples import member_sample
from words import moment, say, say_many

BASIS = ("basis", "ticket", "actor", "at")
OTHERS = ("member", "company", *BASIS)
YOURS = ("organization", *BASIS)


@letter("member.added", sample=member_sample(), table=OTHERS)
def added(entry: EntryLike, person: Person) -> Facts:
    """To each other active member."""
    return _change(entry, person)


@letter("you.added", sample=member_sample(), table=YOURS)
def you_added(entry: EntryLike, person: Person) -> Facts:
    """To the person who had an account."""
    return _change(entry, person)


@letter("you.invited", sample=member_sample(invited="true"), table=YOURS, link="password")
def you_invited(entry: EntryLike, person: Person) -> Facts:
    """To the person whose account was made by this (C23): his code sets the first password."""
    return _change(entry, person)


@letter("member.blocked", sample=member_sample(), table=OTHERS)
def blocked(entry: EntryLike, person: Person) -> Facts:
    """To each other active member."""
    return _change(entry, person)


@letter("you.blocked", sample=member_sample(), table=YOURS)
def you_blocked(entry: EntryLike, person: Person) -> Facts:
    """To the person, and the last one he gets (ED62)."""
    return _change(entry, person)


@letter("member.unblocked", sample=member_sample(missed="3"), table=OTHERS)
def unblocked(entry: EntryLike, person: Person) -> Facts:
    """To each other active member."""
    return _change(entry, person)


@letter("you.unblocked", sample=member_sample(missed="3"), table=YOURS)
def you_unblocked(entry: EntryLike, person: Person) -> Facts:
    """To the person, with one summary of what came meanwhile (C5)."""
    missed = int(str(entry.facts.get("missed") or 0))
    return _change(entry, person) | {"missed": say_many("missed", person.locale, missed) if missed else None}


@letter("member.removed", sample=member_sample(), table=OTHERS)
def removed(entry: EntryLike, person: Person) -> Facts:
    """To each other active member."""
    return _change(entry, person)


@letter("you.removed", sample=member_sample(), table=YOURS)
def you_removed(entry: EntryLike, person: Person) -> Facts:
    """To the person, and the last one he gets (ED62)."""
    return _change(entry, person)


def _change(entry: EntryLike, person: Person) -> dict[str, object]:
    facts = entry.facts
    return {
        "organization": facts["organization"],
        "member": facts["member"],
        "company": facts["company"],
        "basis": entry.basis_text,
        "ticket": entry.basis_ticket,
        "actor": _doer(entry, person),
        "at": moment(entry.at, person.locale, person.time_zone),
    }


def _doer(entry: EntryLike, person: Person) -> str:
    channel, actor = say(f"channel.{entry.channel}", person.locale), entry.facts.get("actor")
    return f"{actor} ({channel})" if actor else channel
