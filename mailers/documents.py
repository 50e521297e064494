"""Letters about documents: one to all when it comes, one to its sender when it is decided."""

from mailers.letters import EntryLike, Facts, Person, letter
from mailers.samples import KOLESNIK, URBANOVICH, document_sample
from words import document_name, moment, party_name

NAMED = ("document", "sender", "recipients", "at")
SENT = ("document", "counterparty")
SIGNED = document_sample(
    signatory=URBANOVICH, certificate=URBANOVICH, signed_for=[KOLESNIK], side="RECIPIENT", by="THEM"
)
REJECTED = document_sample(person=KOLESNIK, reason="Сумма не совпадает с актом", by="THEM")
WITHDRAWN = document_sample(person="Гринкевич Сергей Николаевич", reason="Отправлен по ошибке", by="THEM")


@letter("document.received", sample=document_sample(), table=NAMED, link="document")
def received(entry: EntryLike, person: Person) -> Facts:
    """To every active member of the cabinet it came to (A20)."""
    return _document(entry, person)


@letter("you.received", sample=document_sample(), table=NAMED, link="document", is_of_cabinet=False)
def received_alone(entry: EntryLike, person: Person) -> Facts:
    """To the one recipient, whose organisation has no cabinet yet (C20)."""
    return _document(entry, person)


@letter(
    "document.signed",
    sample=SIGNED,
    table=(*SENT, "signatory", "signed_for", "certificate", "at"),
    link="document",
)
def signed(entry: EntryLike, person: Person) -> Facts:
    """To the member who sent it (C19)."""
    facts = entry.facts
    return _document(entry, person) | {
        "signatory": facts["signatory"],
        "signed_for": facts.get("signed_for"),
        "certificate": facts.get("certificate"),
    }


@letter(
    "document.rejected",
    sample=REJECTED,
    table=(*SENT, "person", "reason", "at"),
    link="document",
)
def rejected(entry: EntryLike, person: Person) -> Facts:
    """To the member who sent it (C19)."""
    return _document(entry, person) | _decision(entry)


@letter("document.expired", sample=document_sample(), table=(*SENT, "recipients"), link="document")
def expired(entry: EntryLike, person: Person) -> Facts:
    """To the member who sent it (C19)."""
    return _document(entry, person)


@letter("document.withdrawn", sample=WITHDRAWN, table=(*NAMED[:3], "person", "reason", "at"), link="document")
def withdrawn(entry: EntryLike, person: Person) -> Facts:
    """To every active member of the cabinet it was sent to."""
    return _document(entry, person) | _decision(entry)


@letter(
    "you.withdrawn",
    sample=WITHDRAWN,
    table=(*NAMED[:3], "person", "reason", "at"),
    link="document",
    is_of_cabinet=False,
)
def withdrawn_alone(entry: EntryLike, person: Person) -> Facts:
    """To the one recipient, whose organisation has no cabinet yet (C20)."""
    return _document(entry, person) | _decision(entry)


def _document(entry: EntryLike, person: Person) -> dict[str, object]:
    facts = entry.facts
    return {
        "organization": facts["organization"],
        "document": document_name(person.locale, facts),
        "counterparty": facts.get("counterparty"),
        "sender": party_name(facts.get("counterparty"), facts.get("sender")),
        "sender_short": facts.get("counterparty") or facts.get("sender"),
        "recipients": facts["recipients"],
        "is_to_organization": facts["recipients"] == [facts["organization"]],
        "at": moment(entry.at, person.locale, person.time_zone),
    }


def _decision(entry: EntryLike) -> dict[str, object]:
    return {"person": entry.facts["person"], "reason": entry.facts.get("reason")}
