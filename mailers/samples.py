"""Samples: an entry for each letter, for previews and tests. Nobody in them exists; addresses are reserved."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from mailers.letters import Person

ROMASHKA = "ООО «Ромашка»"
KOLESNIK = "Колесник Елена Сергеевна"
NEW_ADDRESS = "anna.urbanovich@romashka.example"
URBANOVICH = "Урбанович Анна Александровна"


@dataclass(frozen=True)
class Sample:
    """An entry that never was; only its facts differ from letter to letter."""

    facts: Mapping[str, str | list[str] | None]
    document_id: int | None = None
    basis_text: str | None = None
    basis_ticket: str | None = None
    channel: str = "SELF_SERVICE"
    cabinet_id: int = 7
    at: datetime = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def document_sample(**more: str | list[str] | None) -> Sample:
    """An entry about a contract that another organisation sent to Колесник."""
    return Sample(
        facts={
            "organization": ROMASHKA,
            "title": "Договор поставки",
            "number": "15",
            "counterparty": "ОАО «Партнёр»",
            "sender": "Гринкевич Сергей Николаевич",
            "recipients": [KOLESNIK],
            **more,
        },
        document_id=15,
        channel="API",
    )


def member_sample(**more: str | list[str] | None) -> Sample:
    """An entry about Колесник, made by an operator of the hotline who was asked for it."""
    return Sample(
        facts={
            "organization": ROMASHKA,
            "actor": "Смирнова Ольга Петровна",
            "member": KOLESNIK,
            "company": ROMASHKA,
            **more,
        },
        basis_text="Заявление директора Иванова И. И.",
        basis_ticket="HL-2041",
        channel="HOTLINE",
    )


def account_sample(**facts: str | list[str] | None) -> Sample:
    """An entry of an account's own journal."""
    return Sample(facts=facts)


def sample_person(locale: str) -> Person:
    """A reader for previews; her code opens nothing."""
    return Person(URBANOVICH, "a.urbanovich@romashka.example", locale, "Europe/Minsk", code="SAMPLE-7K2M-94QD")
