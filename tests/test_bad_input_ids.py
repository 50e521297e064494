"""Ids across cabinets, broken ones and those of nothing: as if they did not exist (EE74, C16)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from household import ROMASHKA, SCHEMA, SUPPLIER, Household
from ids import KINDS, IdArgument, id_arguments
from refused import asking, nothing_changes, refusal
from town import PDF

from resolvers import sessions
from schema.nodes import decode, encode

pytestmark = pytest.mark.anyio

BROKEN = (
    "",
    " ",
    "не id",
    "Member:1",
    "TWVtYmVyOjE=",
    "TWVtYmVyOjAx",
    "TWVtYmVyOi0x",
    "\x00",
    "A" * 2000,
    "bWVtYmVyOjE",
)
DRAFT = (
    """mutation($i: DraftSaveInput!) { draftSave(input: $i) { document { id } userErrors { code message path } } }"""
)
ADMINISTRATORS = {"romashka": "shcherbo", "polesye": "savitskaya"}
ID_ARGUMENTS = id_arguments()


@dataclass
class Belongings:
    """What somebody has, one object of each kind, by its public id."""

    by_kind: dict[str, str]


async def belongings(house: Household, who: str, *, of: str, counterparty: dict[str, str]) -> Belongings:
    """A draft that its author could sign, the intent to do so, an upload that is unused, a login and the rest."""
    cabinet = house.cabinets[of]
    upload = await house.upload(who, PDF + who.encode(), cabinetId=cabinet)
    wish = {"draft": {"cabinetId": cabinet}, "uploadId": upload, "counterparty": counterparty}
    draft = (await house.act(who, DRAFT, **wish))["document"]["id"]
    login = await sessions.begin(house.context(None), user_id=house.users[who])
    return Belongings(
        {
            "ApiToken": await house.give_token(f"{who}'s", "READ", by=ADMINISTRATORS[of], cabinetId=cabinet),
            "Cabinet": cabinet,
            "Certificate": house.certificates[who],
            "Document": draft,
            "DocumentUpload": await house.upload(who, PDF + b"unused", cabinetId=cabinet),
            "Member": house.members[who],
            "Session": encode("Session", login.session.id),
            "SigningIntent": (await house.prepare(who, draft))["intent"]["id"],
        }
    )


async def test_an_id_argument_answers_alike_for_what_is_broken_foreign_of_another_type_or_not_there(
    house: Household, argument: IdArgument
) -> None:
    """EE74, C16: NOT_FOUND at the argument, byte for byte the same, whatever the reason; nothing changes."""
    own = (await belongings(house, "shcherbo", of="romashka", counterparty=SUPPLIER)).by_kind
    foreign = (await belongings(house, "savitskaya", of="polesye", counterparty=SUPPLIER)).by_kind
    colleague = (await belongings(house, "urbanovich", of="romashka", counterparty=SUPPLIER)).by_kind
    private = {"Certificate", "DocumentUpload", "Session", "SigningIntent"}
    values = [*BROKEN, encode(argument.kind, 999_999), foreign[argument.kind], *of_other_types(own, argument.kind)]
    values += [colleague[argument.kind]] if argument.kind in private else []
    who = "exchange" if argument.mutation == "documentReceive" else "shcherbo"

    async with nothing_changes(house):
        answers = {value: await answer(house, who, argument, value, own) for value in values}

    error = {"__typename": "InputError", "code": "NOT_FOUND", "message": "Не найдено.", "path": list(argument.path)}
    expected = json.dumps({argument.mutation: {"userErrors": [error]}}, ensure_ascii=False)
    assert {value: text for value, text in answers.items() if text != expected} == {}
    await refusal(house, who, argument.mutation, **written(argument, foreign[argument.kind], own))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every argument that the contract has by now."""
    if "argument" in metafunc.fixturenames:
        metafunc.parametrize("argument", ID_ARGUMENTS, ids=str)


def of_other_types(own: dict[str, str], kind: str) -> list[str]:
    """Ids that are good, but of other kinds: another object's, and the number of one's own under another name."""
    other = next(name for name in own if name != kind)
    number = (decode(own[kind]) or ("", 0))[1]
    return [own[other], encode("User", number), encode("Organization", 1)]


def written(argument: IdArgument, value: str, own: dict[str, str]) -> dict[str, Any]:
    """The input with this one id in question and everything else in order."""
    given: dict[str, object] = {}
    if argument.mutation == "documentReceive":
        given = {"organization": ROMASHKA, "sender": {"organization": SUPPLIER}}
    if str(argument) == "draftSave.uploadId":
        given = {"draft": {"draftId": own["Document"]}}
    return argument.input(value, good=own, given=given)


async def answer(house: Household, who: str, argument: IdArgument, value: str, own: dict[str, str]) -> str:
    """`data`, as bytes would be compared."""
    data = await house.ask(who, asking(argument.mutation), i=written(argument, value, own))
    return json.dumps(data, ensure_ascii=False)


async def test_every_kind_of_id_argument_is_tried(house: Household) -> None:
    """The walk finds what the contract has: 22 places by now, each of a kind that is known."""
    assert {argument.kind for argument in ID_ARGUMENTS} == set(KINDS.values())
    assert len(ID_ARGUMENTS) >= 22
    assert len(set(map(str, ID_ARGUMENTS))) == len(ID_ARGUMENTS)


@pytest.mark.parametrize("session_id", BROKEN)
async def test_a_broken_id_does_not_end_the_current_login(house: Household, session_id: str) -> None:
    """EE74: an id that names nothing is not the same as none: only without one the current session ends."""
    here = house.context(None)
    login = await sessions.begin(here, user_id=house.users["shcherbo"])

    async with nothing_changes(house):
        result = await SCHEMA.execute(
            asking("sessionDelete"), variable_values={"i": {"sessionId": session_id}}, context_value=here
        )

    assert result.data is not None
    assert [error["code"] for error in result.data["sessionDelete"]["userErrors"]] == ["NOT_FOUND"]
    assert login.session.ended_at is None


ASKED = {
    "node": "query($id: ID!) { node(id: $id) { __typename id } }",
    "nodes": "query($id: ID!) { nodes(ids: [$id]) { __typename id } }",
    "document": "query($id: ID!) { document(id: $id) { id title } }",
    "cabinet": "query($id: ID!) { cabinet(id: $id) { id organization { name } } }",
}


@pytest.mark.parametrize("field", ASKED)
async def test_a_query_tells_a_foreign_object_from_nothing_by_nothing(house: Household, field: str) -> None:
    """EE74, A1: what is foreign, broken or of another type is `null`, like what never was."""
    foreign = (await belongings(house, "savitskaya", of="polesye", counterparty=SUPPLIER)).by_kind
    values = [*BROKEN, *(encode(kind, 999_999) for kind in foreign), *foreign.values()]

    answers = {json.dumps(await house.ask("shcherbo", ASKED[field], id=value)) for value in values}

    assert answers == {json.dumps({field: [None] if field == "nodes" else None})}


FILTERED = """query($c: ID!, $member: ID!, $document: ID!) { cabinet(id: $c) {
  members(filter: {companyId: $member}) { totalCount }
  activity(filter: {memberIds: [$member]}) { totalCount }
  entries: activity(filter: {documentId: $document}) { totalCount }
  folder(kind: ALL) { documentCount(filter: {memberIds: [$member]})
    documents(filter: {counterpartyId: $member}) { totalCount } } } }"""


async def test_a_filter_by_a_foreign_member_counts_nothing(house: Household) -> None:
    """EE74: a foreign member's id as a filter finds what an id of nothing finds: counters tell nothing either."""
    await house.receive("1", "kolesnik")
    own, foreign = house.cabinets["romashka"], house.members["savitskaya"]
    theirs = (await belongings(house, "savitskaya", of="polesye", counterparty=SUPPLIER)).by_kind["Document"]
    pairs = [(foreign, theirs), *((value, value) for value in (encode("Member", 999_999), "не id", own))]

    answers = [await house.ask("shcherbo", FILTERED, c=own, member=m, document=d) for m, d in pairs]

    none = {"totalCount": 0}
    nothing = {"members": none, "activity": none, "entries": none, "folder": {"documentCount": 0, "documents": none}}
    assert answers == [{"cabinet": nothing}] * len(pairs)
