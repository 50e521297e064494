"""One account in two cabinets: everything is scoped to a cabinet, and losing one spares the other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from clients import Refused
from household import Household, address, household
from town import BASIS, PREPARE
from wishes import (
    ADD_MEMBER,
    BLOCK_MEMBER,
    HEADER,
    REMOVE_MEMBER,
    UNBLOCK_MEMBER,
    Noted,
    codes,
    content_of,
    history,
    listed,
    noted,
    sent,
)

pytestmark = pytest.mark.anyio

SHE = "savitskaya"
TITLE = "Договор поставки"
PART = """folder(kind: ALL) { documentCount documents(first: 50, filter: {memberSearch: $s}) { totalCount nodes {
    id exchangeId direction sender { member { id } } recipients { member { id } } viewerCanSign
    signedByOther { side } activity(first: 9) { nodes { id kind actor { displayName } } } } } }
  members(first: 50) { nodes { id user { displayName email } } } activity(first: 50) { nodes { id seq kind } }"""
ONE = f"query($c: ID!, $s: String) {{ one: cabinet(id: $c) {{ {PART} }} }}"
BOTH = f"query($c: ID!, $d: ID!, $s: String) {{ one: cabinet(id: $c) {{ {PART} }} two: cabinet(id: $d) {{ {PART} }} }}"
CARD = "query($id: ID!) { document(id: $id) { id exchangeId viewerCanSign } node(id: $id) { id } }"
MEMBERSHIPS = "query($id: ID!) { node(id: $id) { ... on Member { user { members { id } } } } }"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Household]:
    """Савицкая, who runs «Полесье», is a member of «Ромашка» too; `members` has her place there."""
    async with household(tmp_path) as home:
        wish = {"cabinetId": home.cabinets["romashka"], "member": {"email": address(SHE)}, "basis": BASIS}
        home.members[SHE] = (await home.act("hotline", ADD_MEMBER, **wish))["member"]["id"]
        yield home


async def exchanged(house: Household) -> tuple[str, str]:
    """A document that Колесник sends to Савицкая of «Полесье»: its two views."""
    wish: dict[str, Any] = {"requiredSides": ["RECIPIENT"], "recipientEmails": [address(SHE)]}
    ours = await sent(house, "kolesnik", to="polesye", **wish)
    (theirs,) = await listed(house, SHE, "INCOMING", of="polesye")
    return ours, theirs


async def test_with_two_cabinets_one_must_be_named(house: Household) -> None:
    """A10, C10: the header names both; without an id the question is BAD_USER_INPUT."""
    memberships = (await house.ask(SHE, HEADER))["viewer"]["members"]
    assert [(m["organization"]["name"], m["role"]) for m in memberships] == [
        ("ООО «Ромашка»", "MEMBER"),
        ("ЗАО «Полесье-Трейд»", "ADMIN"),
    ]
    assert [m["cabinet"]["id"] for m in memberships] == [house.cabinets[name] for name in ("romashka", "polesye")]
    cabinets = await house.ask(SHE, "{ cabinets { nodes { id } } }")
    assert [row["id"] for row in cabinets["cabinets"]["nodes"]] == [house.cabinets[n] for n in ("polesye", "romashka")]
    with pytest.raises(Refused) as refused:
        await house.ask(SHE, "{ cabinet { id } }")
    assert refused.value.codes == ["BAD_USER_INPUT"]


async def test_of_one_exchange_she_has_two_documents(house: Household) -> None:
    """EA18, C12: each in its own list, with its own people and journal; one letter for the cabinet it came into."""
    async with noted(house) as came:
        ours, theirs = await exchanged(house)
    assert came == Noted(
        entries=[("romashka", "DOCUMENT_SENT"), ("polesye", "DOCUMENT_RECEIVED")], letters=[("document.received", SHE)]
    )
    both = [(await house.ask(SHE, CARD, id=document_id))["document"] for document_id in (ours, theirs)]
    assert both[0]["id"] != both[1]["id"] and both[0]["exchangeId"] == both[1]["exchangeId"]
    assert [card["viewerCanSign"] for card in both] == [False, True]
    assert await listed(house, SHE, "ALL") == [ours]
    assert await listed(house, SHE, "ALL", of="polesye") == [theirs]
    assert await listed(house, SHE, "ALL", onlyMine=True) == []
    assert await listed(house, SHE, "ALL", of="polesye", onlyMine=True) == [theirs]
    assert await listed(house, SHE, "ALL", of="polesye", memberSearch="Колесник") == []
    assert await listed(house, SHE, "ALL", memberSearch="Колесник") == [ours]
    assert await listed(house, SHE, "ALL", of="polesye", memberIds=[house.members[SHE]]) == []
    assert await history(house, SHE, ours) == ["DOCUMENT_SENT"]
    assert await history(house, SHE, theirs) == ["DOCUMENT_RECEIVED"]


@pytest.mark.parametrize("search", [None, "Савицкая", "Колесник"])
async def test_asked_together_the_cabinets_answer_as_asked_apart(house: Household, search: str | None) -> None:
    """EA18: nothing leaks from one to the other through what an operation has loaded."""
    ours, theirs = await exchanged(house)
    await house.sign(SHE, theirs, content_of(TITLE))
    apart = [await house.ask(SHE, ONE, c=house.cabinets[name], s=search) for name in ("romashka", "polesye")]
    both = {"c": house.cabinets["romashka"], "d": house.cabinets["polesye"]}
    assert await house.ask(SHE, BOTH, **both, s=search) == {"one": apart[0]["one"], "two": apart[1]["one"]}
    assert len(apart[0]["one"]["members"]["nodes"]) == 6 and len(apart[1]["one"]["members"]["nodes"]) == 1
    found = [[row["id"] for row in answer["one"]["folder"]["documents"]["nodes"]] for answer in apart]
    assert found == {None: [[ours], [theirs]], "Савицкая": [[], [theirs]], "Колесник": [[ours], []]}[search]


@pytest.mark.parametrize("act", [BLOCK_MEMBER, REMOVE_MEMBER], ids=["blocked", "removed"])
async def test_who_lost_one_cabinet_keeps_the_other(house: Household, act: str) -> None:
    """EA17, EA19, C10, A9: authority is that of the document's cabinet; the lost one is named, and closed."""
    ours, theirs = await exchanged(house)
    received = await house.receive("ea17", SHE)
    await house.act("hotline", act, memberId=house.members[SHE], basis=BASIS)
    memberships = (await house.ask(SHE, HEADER))["viewer"]["members"]
    assert [(m["organization"]["name"], m["state"], m["cabinet"]) for m in memberships] == [
        ("ООО «Ромашка»", "BLOCKED" if act is BLOCK_MEMBER else "REMOVED", None),
        ("ЗАО «Полесье-Трейд»", "ACTIVE", {"id": house.cabinets["polesye"]}),
    ]
    assert (await house.ask(SHE, "{ cabinet { id } }"))["cabinet"] == {"id": house.cabinets["polesye"]}
    for hidden in (ours, received):
        assert await house.ask(SHE, CARD, id=hidden) == {"document": None, "node": None}
        wish = {"documentId": hidden, "certificateId": house.certificates[SHE]}
        assert await codes(house, SHE, PREPARE, **wish) == ["NOT_FOUND"]
    assert await house.ask(SHE, ONE, c=house.cabinets["romashka"]) == {"one": None}
    async with noted(house) as came:
        done = await house.sign(SHE, theirs, content_of(TITLE))
    assert (done["document"]["status"], done["document"]["signedByOther"]) == ("SIGNED", None)
    assert came.letters == [("document.signed", "kolesnik")]
    seen = await house.ask("chaika", ONE, c=house.cabinets["romashka"], s="Савицкая")
    (row,) = seen["one"]["folder"]["documents"]["nodes"]
    assert (row["id"], row["recipients"]) == (received, [{"member": {"id": house.members[SHE]}}])


async def test_rights_of_one_cabinet_are_none_in_the_other(house: Household) -> None:
    """EA18, EA19: an administrator there is a plain member here: FORBIDDEN; colleagues here do not see there."""
    async with house.nothing_happens():
        assert await codes(house, SHE, BLOCK_MEMBER, memberId=house.members["chaika"]) == ["FORBIDDEN"]
        assert await codes(house, SHE, UNBLOCK_MEMBER, memberId=house.members["grinkevich"]) == ["FORBIDDEN"]
    _, theirs = await exchanged(house)
    assert await house.ask("shcherbo", CARD, id=theirs) == {"document": None, "node": None}
    seen = await house.ask("shcherbo", MEMBERSHIPS, id=house.members[SHE])
    assert seen["node"]["user"]["members"] == [{"id": house.members[SHE]}]


async def test_a_document_is_routed_to_the_cabinet_its_recipient_left(house: Household) -> None:
    """C20, A31: «is or was a member»: it is stored, colleagues are written to, he is not and does not see it."""
    await house.act("hotline", REMOVE_MEMBER, memberId=house.members[SHE], basis=BASIS)
    async with noted(house) as came:
        received = await house.receive("c20", SHE)
    assert came.letters == [("document.received", who) for who in ("chaika", "kolesnik", "shcherbo", "urbanovich")]
    assert await listed(house, "chaika", "INCOMING", memberSearch="Савицкая") == [received]
    assert await house.ask(SHE, CARD, id=received) == {"document": None, "node": None}
