"""One sentence for each journal entry (audit-log record), chosen by its kind and facts alone."""

from collections.abc import Mapping

from words.catalogue import say, say_many
from words.reasons import reason_message

Facts = Mapping[str, str | list[str] | None]

# What is said of these is a change made by somebody in charge, so that the sentence ends with his name.
ORDERED = frozenset(
    {
        "CABINET_CREATED",
        "CABINET_UPDATED",
        "OPERATOR_ASSIGNED",
        "OPERATOR_UNASSIGNED",
        "MEMBER_ADDED",
        "MEMBER_BLOCKED",
        "MEMBER_UNBLOCKED",
        "MEMBER_REMOVED",
        "MEMBER_UPDATED",
        "TOKEN_CREATED",
        "TOKEN_REVOKED",
    }
)


def entry_message(kind: str, locale: str, facts: Facts) -> str:
    """The entry in words; `kind` is an ActivityKind, `facts` the entry's own. Raises KeyError for an unknown kind."""
    sentence = say(f"entry.{kind}{_variant(kind, facts)}", locale, **_wording(kind, locale, facts))
    return " ".join([sentence, *_additions(kind, locale, facts)])


def document_name(locale: str, facts: Facts) -> str:
    """Title and number, the number only where the title does not have it: «Договор поставки № 15»."""
    title, number = str(facts["title"]), facts.get("number")
    if not number or str(number) in title:
        return title
    return say("document.numbered", locale, title=title, number=number)


def party_name(organization: str | list[str] | None, people: str | list[str] | None) -> str:
    """An organisation and its people, «ООО «Ромашка» (Иванов И. И.)»; the people alone where there is none."""
    named = ", ".join(people) if isinstance(people, list) else people
    if not organization or organization == named:
        return named or ""
    return f"{organization} ({named})" if named else str(organization)


def _variant(kind: str, facts: Facts) -> str:
    match kind:
        case "DOCUMENT_SIGNED":
            return (".them" if facts.get("by") == "THEM" else "") + (".for_other" if facts.get("signed_for") else "")
        case "DOCUMENT_REJECTED" | "DOCUMENT_WITHDRAWN":
            return ".them" if facts.get("by") == "THEM" else ""
        case "DOCUMENT_ARCHIVED":
            return ".restored" if facts.get("archived") == "false" else ""
        case "MEMBER_ADDED":
            return ".invited" if facts.get("invited") == "true" else ""
        case "USER_UPDATED":
            return ".renamed" if facts.get("former") not in (None, facts.get("member")) else ""
        case "CABINET_UPDATED":
            return {"true": ".self_service_on", "false": ".self_service_off"}.get(str(facts.get("self_service")), "")
    return ""


def _wording(kind: str, locale: str, facts: Facts) -> dict[str, object]:
    """The facts as the sentences use them: what is made of several, and what must be said in words."""
    said: dict[str, object] = {"actor": say("actor.system", locale)}
    said |= {name: fact for name, fact in facts.items() if fact is not None}
    if "title" in facts:
        said["document"] = document_name(locale, facts)
    if kind == "DOCUMENT_RECEIVED":
        said["sender"] = party_name(facts.get("counterparty"), facts.get("sender"))
    if kind == "DOCUMENT_SENT":
        said["recipients"] = party_name(facts.get("counterparty"), facts.get("recipients"))
    if "role" in facts:
        said["role"] = say(f"role.{facts['role']}", locale)
    return said


def _additions(kind: str, locale: str, facts: Facts) -> list[str]:
    return [*_because(kind, locale, facts), *_missed(locale, facts), *_by(kind, locale, facts)]


def _because(kind: str, locale: str, facts: Facts) -> list[str]:
    reason = facts.get("reason")
    if not isinstance(reason, str):
        return []
    if kind == "SIGNING_REFUSED":
        return [reason_message(reason, locale)]
    return [say("entry.because", locale, reason=reason.rstrip(". "))]


def _missed(locale: str, facts: Facts) -> list[str]:
    missed = int(str(facts.get("missed") or 0))
    return [say_many("missed", locale, missed)] if missed else []


def _by(kind: str, locale: str, facts: Facts) -> list[str]:
    return [say("entry.by", locale, actor=facts["actor"])] if kind in ORDERED and facts.get("actor") else []
