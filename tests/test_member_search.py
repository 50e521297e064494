"""Find Колесник however she is typed: EF76 through the front door, in folders and in the «Users» section (H10)."""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from clients import Refused
from household import SUPPLIER, Household, household
from town import BASIS, CREATE
from wishes import ADD_MEMBER, BLOCK_MEMBER, REMOVE_MEMBER, listed

from schema.nodes import decode

pytestmark = pytest.mark.anyio

PEOPLE = {
    "kolesnik": ("Колесник Елена Сергеевна", "E.Kolesnik@romashka.example"),
    "urbanovich": ("Урбанович Анна Александровна", "urbanovich_a@romashka.example"),
    "shcherbo": ("Щербо Юлия Игоревна", "j.s@romashka.example"),
    "dubrova": ("Ёлкина-Дуброва Мария Петровна", "md@romashka.example"),
    "lukyanau": ("Лук’янаў Ўладзімір Сяргеевіч", "lv@romashka.example"),
    "grinkevich": ("Гринкевич Сергей Николаевич", "sn@partner.example"),
    "chaika": ("Чайка Дмитрий Олегович", "do@romashka.example"),
    "ivanov1": ("Иванов Иван Иванович", "ivanov1@romashka.example"),
    "ivanov2": ("Иванов Иван Иванович", "ivanov2@romashka.example"),
}
EVERYBODY = sorted(PEOPLE)
CASES: dict[int, dict[str, list[str]]] = {
    1: {"Колесник": ["kolesnik"], "КОЛЕСНИК елена": ["kolesnik"]},
    2: {"Елена Сергеевна Колесник": ["kolesnik"], "Сергеевна Колесник": ["kolesnik"]},
    3: {"Сергеевна": ["kolesnik"], "Иванович": ["ivanov1", "ivanov2"]},
    4: {"колес еле": ["kolesnik"]},
    5: {"лесник": []},
    6: {"Е.С.Колесник": ["kolesnik"], "Колесник Е. С.": ["kolesnik"]},
    7: {"Колесник ЕС": ["kolesnik"], "колесник е": ["kolesnik"]},
    8: {"И.С.Колесник": []},
    9: {"Е.С.": ["kolesnik"]},
    10: {"Колесник Урбанович": []},
    11: {"елкина": ["dubrova"], "ЁЛКИНА": ["dubrova"]},
    12: {name: ["dubrova"] for name in ("Дуброва", "Дуброва-Елкина", "Ёлкина Дуброва")},
    13: {name: ["lukyanau"] for name in ("Лук'янаў", "лукянау", "Лукьянаў")},
    14: {"Сяргеевич": ["lukyanau"], "Уладзимир": ["lukyanau"]},
    15: {"Владимир": ["lukyanau"]},
    16: {"Алена Колеснік": ["kolesnik"]},
    17: {"E.S. Kolesnik": ["kolesnik"], "kolesnik elena": ["kolesnik"]},
    18: {"shcherbo": ["shcherbo"], "Scherbo": ["shcherbo"]},
    19: {name: ["shcherbo"] for name in ("Yuliya", "Iuliia", "Julija")},
    20: {"Hrynkevich": ["grinkevich"], "Grinkevich": ["grinkevich"]},
    21: {"Kalesnik": []},
    22: {"rjktcybr": ["kolesnik"], "Eh,fyjdbx": ["urbanovich"]},
    23: {"okflpbvbh": ["lukyanau"]},
    24: {"лщдуытшл": ["kolesnik"]},
    25: {"К\N{LATIN SMALL LETTER O}лe\N{LATIN SMALL LETTER C}ник": ["kolesnik"]},
    26: {unicodedata.normalize("NFD", "Чайка"): ["chaika"], "Чайка\N{NO-BREAK SPACE}Дмитрий  Олегович": ["chaika"]},
    27: {"Чаика": []},
    28: {
        "E.KOLESNIK@Romashka.example": ["kolesnik"],
        "e.kol": ["kolesnik"],
        "@romashka": [person for person in EVERYBODY if person != "grinkevich"],
        "romashka": [],
    },
    29: {"Иванов Иван Иванович": ["ivanov1", "ivanov2"], "Иванов ivanov2": ["ivanov2"]},
    30: {"%": [], "К%к": [], "...": [], "urbanovichXa": [], "urbanovich_a": ["urbanovich"]},
    31: {"": EVERYBODY, " \t\N{NO-BREAK SPACE} ": EVERYBODY},
}
USERS = """query($c: ID!, $f: MemberFilter) { cabinet(id: $c) { members(first: 50, filter: $f) { totalCount nodes {
  user { email } } } } }"""


SENDER = "query($id: ID!) { document(id: $id) { sender { personName member { id } } } }"
STREET = {"name": "ЧУП «Улица»", "taxId": "190000033"}


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One loop for the whole file: nobody changes anything here, so its street is built once."""
    return "asyncio"


@dataclass
class Street:
    """A cabinet of the people of EF, each of whom has received a document."""

    home: Household
    documents: dict[str, str]

    async def people(self, text: str) -> list[str]:
        """Who is found in the «Users» section; its total agrees."""
        members = (await self.home.ask("chaika", USERS, c=self.home.cabinets["street"], f={"search": text}))["cabinet"]
        found = members["members"]["nodes"]
        assert members["members"]["totalCount"] == len(found)
        by_email = {email: person for person, (_, email) in PEOPLE.items()}
        return sorted(by_email[member["user"]["email"]] for member in found)

    async def owners(self, text: str) -> list[str]:
        """Whose documents are found in «Входящие»; its counters agree."""
        found = await listed(self.home, "chaika", "INCOMING", of="street", memberSearch=text)
        by_id = {document_id: person for person, document_id in self.documents.items()}
        return sorted(by_id[document_id] for document_id in found)


@pytest.fixture(scope="module")
async def street(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Street]:
    """Гринкевич is blocked, the first Иванов has left; Колесник's document comes from a namesake of Урбанович's."""
    async with household(tmp_path_factory.mktemp("street")) as home:
        yield await _built(home)


async def _built(home: Household) -> Street:
    first, *others = PEOPLE
    opened = {"organization": STREET, "firstAdmin": _newcomer(first), "basis": BASIS}
    home.cabinets["street"] = (await home.act("hotline", CREATE, **opened))["cabinet"]["id"]
    for person in others:
        wish = {"cabinetId": home.cabinets["street"], "member": _newcomer(person), "basis": BASIS}
        member = (await home.act("hotline", ADD_MEMBER, **wish))["member"]
        home.members[person], home.users[person] = member["id"], (decode(member["user"]["id"]) or ("", 0))[1]
    to: dict[str, dict[str, Any]] = {
        person: {"organization": STREET, "recipientEmails": [email]} for person, (_, email) in PEOPLE.items()
    }
    to["kolesnik"]["sender"] = {"organization": SUPPLIER, "personName": PEOPLE["urbanovich"][0]}
    documents = {person: await home.receive(f"for {person}", **said) for person, said in to.items()}
    await home.act("hotline", BLOCK_MEMBER, memberId=home.members["grinkevich"], basis=BASIS)
    await home.act("hotline", REMOVE_MEMBER, memberId=home.members["ivanov1"], basis=BASIS)
    return Street(home, documents)


def _newcomer(person: str) -> dict[str, Any]:
    name, email = PEOPLE[person]
    return {"newUser": {"displayName": name, "email": email}}


@pytest.mark.parametrize(
    ("text", "found"),
    [pytest.param(text, who, id=f"EF76.{row} {text}") for row, cases in CASES.items() for text, who in cases.items()],
)
async def test_whoever_is_meant_is_found_with_his_documents(street: Street, text: str, found: list[str]) -> None:
    """EF76.1–31, EF80, A18, A19, H10: folder search and «Users» section find the same people, former ones too."""
    assert await street.people(text) == found
    assert await street.owners(text) == found


async def test_people_of_other_cabinets_are_not_searched(street: Street) -> None:
    """EF78: a counterparty's person of that name is not found, although his document is here."""
    sender = await street.home.ask("chaika", SENDER, id=street.documents["kolesnik"])
    assert sender["document"]["sender"] == {"personName": PEOPLE["urbanovich"][0], "member": None}
    assert await street.owners("Урбанович") == await street.people("Урбанович") == ["urbanovich"]


async def test_a_search_has_an_end(street: Street) -> None:
    """EF76.31: 200 characters are read, 201 are BAD_USER_INPUT in both places."""
    assert await street.people("я" * 200) == await street.owners("я" * 200) == []
    for find in (street.people, street.owners):
        with pytest.raises(Refused) as refused:
            await find("я" * 201)
        assert refused.value.codes == ["BAD_USER_INPUT"]


async def test_somebody_else_s_documents_are_none_of_mine(street: Street) -> None:
    """EC53: «only mine» with a search for somebody else is empty, for oneself it is one's own."""
    mine = {"memberSearch": "Колесник", "onlyMine": True}
    assert await listed(street.home, "chaika", "INCOMING", of="street", **mine) == []
    own = await listed(street.home, "chaika", "INCOMING", of="street", memberSearch="Чайка", onlyMine=True)
    assert own == [street.documents["chaika"]]
