"""Somebody is called otherwise: what is told, what keeps the name of its time, and who is found by it."""

from __future__ import annotations

from typing import Any

import pytest
from household import NAMES, SCHEMA, Household, address
from town import BASIS
from wishes import ADD_MEMBER, BLOCK_MEMBER, REMOVE_MEMBER, Noted, listed, noted

from schema.nodes import encode

pytestmark = pytest.mark.anyio

CHANGE = """mutation($i: ViewerUpdateInput!) { viewerUpdate(input: $i) {
  viewer { id displayName email locale timeZone } userErrors { code path message } } }"""
MARRIED = "Ковалёва Елена Сергеевна"
CARD = """query($id: ID!) { document(id: $id) {
  recipients { personName member { id user { displayName } } }
  signatures { signatory { personName member { user { displayName } } } }
  activity(first: 50) { nodes { kind message } } } }"""
FOUND = """query($c: ID!, $s: String!) { cabinet(id: $c) {
  members(filter: {search: $s}) { nodes { id } }
  folder(kind: ALL) { documents(filter: {memberSearch: $s}) { nodes { id } } } } }"""
BY_NAME = "query($c: ID!) { cabinet(id: $c) { members(first: 50) { nodes { user { displayName } } } } }"
NEWEST = """query($c: ID!) { cabinet(id: $c) { eventCursor activity(first: 1) { nodes {
  kind message channel basis { text } actor { displayName } member { id } } } } }"""
STREAM = """subscription($c: ID, $a: String) { cabinetEvents(cabinetId: $c, after: $a) { __typename entry { kind }
  ... on MemberChangedEvent { member { id user { displayName } } } } }"""


async def found(house: Household, search: str, *, of: str = "romashka", who: str = "urbanovich") -> tuple[Any, Any]:
    """Members of the «Users» section, and documents, that the same text finds."""
    seen = (await house.ask(who, FOUND, c=house.cabinets[of], s=search))["cabinet"]
    return [m["id"] for m in seen["members"]["nodes"]], [d["id"] for d in seen["folder"]["documents"]["nodes"]]


async def test_a_new_name_is_told_in_every_cabinet_of_the_person(house: Household) -> None:
    """EA24: one entry each, no letter; who blocked her is told too, who removed her is not."""
    await house.act(
        "savitskaya", ADD_MEMBER, cabinetId=house.cabinets["polesye"], member={"email": address("kolesnik")}
    )
    async with noted(house) as came:
        changed = await house.act("kolesnik", CHANGE, displayName="  Ковалёва  Елена Сергеевна ".replace("  Е", " Е"))
    assert changed["viewer"] == {
        "id": encode("User", house.users["kolesnik"]),
        "displayName": MARRIED,
        "email": address("kolesnik"),
        "locale": "RU",
        "timeZone": "Europe/Minsk",
    }
    assert came == Noted(entries=[("romashka", "USER_UPDATED"), ("polesye", "USER_UPDATED")])
    seen = (await house.ask("urbanovich", NEWEST, c=house.cabinets["romashka"]))["cabinet"]
    assert seen["activity"]["nodes"] == [
        {
            "kind": "USER_UPDATED",
            "message": "Изменено имя пользователя: Ковалёва Елена Сергеевна (ранее: Колесник Елена Сергеевна).",
            "channel": "SELF_SERVICE",
            "basis": None,
            "actor": {"displayName": MARRIED},
            "member": {"id": house.members["kolesnik"]},
        }
    ]
    async with house.nothing_happens():
        await house.act("kolesnik", CHANGE, displayName=MARRIED)
    await house.act("hotline", BLOCK_MEMBER, memberId=house.members["kolesnik"], basis=BASIS)
    async with noted(house) as blocked:
        await house.act("kolesnik", CHANGE, displayName=NAMES["kolesnik"])
    assert sorted(blocked.entries) == [("polesye", "USER_UPDATED"), ("romashka", "USER_UPDATED")]
    await house.act("hotline", REMOVE_MEMBER, memberId=house.members["kolesnik"], basis=BASIS)
    async with noted(house) as removed:
        await house.act("kolesnik", CHANGE, displayName=MARRIED)
    assert removed.entries == [("polesye", "USER_UPDATED")]


async def test_a_new_name_is_pushed(house: Household) -> None:
    """EA24: colleagues who look on redraw the member."""
    cursor = (await house.ask("urbanovich", NEWEST, c=house.cabinets["romashka"]))["cabinet"]["eventCursor"]
    await house.act("kolesnik", CHANGE, displayName=MARRIED)
    said = {"c": house.cabinets["romashka"], "a": cursor}
    stream: Any = await SCHEMA.subscribe(STREAM, said, context_value=house.context("urbanovich"))
    event = await anext(stream)
    await stream.aclose()
    assert (event.errors, event.data["cabinetEvents"]) == (
        None,
        {
            "__typename": "MemberChangedEvent",
            "entry": {"kind": "USER_UPDATED"},
            "member": {"id": house.members["kolesnik"], "user": {"displayName": MARRIED}},
        },
    )


async def test_history_keeps_the_name_of_its_time(house: Household) -> None:
    """EA24, A24: recipient, signatory and journal say what was true then, and link to the member as he is now."""
    content = b"%PDF-1.4 ea24\n%%EOF\n"
    document_id = await house.receive("ea24", "kolesnik", uploadId=await house.upload("exchange", content))
    await house.sign("kolesnik", document_id, content)
    before = await house.ask("urbanovich", CARD, id=document_id)
    await house.act("kolesnik", CHANGE, displayName=MARRIED)
    after = await house.ask("urbanovich", CARD, id=document_id)
    (recipient,) = after["document"]["recipients"]
    assert recipient == {
        "personName": NAMES["kolesnik"],
        "member": {"id": house.members["kolesnik"], "user": {"displayName": MARRIED}},
    }
    (signature,) = after["document"]["signatures"]
    assert signature["signatory"] == {"personName": NAMES["kolesnik"], "member": {"user": {"displayName": MARRIED}}}
    assert after["document"]["activity"] == before["document"]["activity"]


async def test_both_names_find_the_person_and_all_documents(house: Household) -> None:
    """EA24, EF79, EF80: members and documents alike, older and newer ones, by the former name and by the new one."""
    older = await house.receive("older", "kolesnik")
    await house.act("kolesnik", CHANGE, displayName=MARRIED)
    newer, other = await house.receive("newer", "kolesnik"), await house.receive("other", "urbanovich")
    hers = ([house.members["kolesnik"]], [newer, older])
    for typed in ("Колесник", "Ковалева", "колесник елена", "Kolesnik", "rjktcybr", "Колесник Ковалёва"):
        assert await found(house, typed) == hers, typed
    assert await found(house, "Урбанович") == ([house.members["urbanovich"]], [other])
    assert await found(house, "Колесникова") == ([], [])
    await house.act("kolesnik", CHANGE, displayName="Бурак Елена Сергеевна")
    assert [await found(house, name) for name in ("Колесник", "Ковалева", "Бурак")] == [hers] * 3


async def test_a_former_name_is_looked_for_in_the_cabinet_alone(house: Household) -> None:
    """EF78, EF79: where she is no member, neither name finds her."""
    await house.receive("ef78", "kolesnik")
    await house.act("kolesnik", CHANGE, displayName=MARRIED)
    for name in ("Колесник", "Ковалева"):
        assert await found(house, name, of="polesye", who="savitskaya") == ([], [])


async def test_the_list_is_in_the_order_of_the_new_names(house: Household) -> None:
    """EA24: the «Users» section sorts by the name of today."""
    await house.act("chaika", CHANGE, displayName="Абрамович Дмитрий Олегович")
    seen = (await house.ask("kolesnik", BY_NAME, c=house.cabinets["romashka"]))["cabinet"]["members"]["nodes"]
    names = [member["user"]["displayName"].split()[0] for member in seen]
    assert names == ["Абрамович", "Гринкевич", "Колесник", "Урбанович", "Щербо"]


async def test_namesakes_are_told_apart_by_their_address(house: Household) -> None:
    """EA25: both are found, each with his own documents; the card shows whose it is."""
    await house.act("chaika", CHANGE, displayName=NAMES["kolesnik"])
    hers, his = await house.receive("hers", "kolesnik"), await house.receive("his", "chaika")
    members, documents = await found(house, NAMES["kolesnik"])
    assert (sorted(members), documents) == (sorted([house.members["kolesnik"], house.members["chaika"]]), [his, hers])
    assert await found(house, "Колесник chaika@") == ([house.members["chaika"]], [his])
    card = "query($id: ID!) { document(id: $id) { recipients { personName member { user { email } } } } }"
    for document_id, who in ((hers, "kolesnik"), (his, "chaika")):
        (recipient,) = (await house.ask("urbanovich", card, id=document_id))["document"]["recipients"]
        assert recipient == {"personName": NAMES["kolesnik"], "member": {"user": {"email": address(who)}}}
    assert await listed(house, "chaika", "ALL", onlyMine=True) == [his]


async def test_language_and_time_zone_are_one_s_own_affair(house: Household) -> None:
    """EA24, ED67: no entry, no letter; the very answer speaks the new language."""
    async with house.nothing_happens():
        changed = await house.act("chaika", CHANGE, locale="BE", timeZone="Europe/Warsaw")
        refused = await house.try_to("chaika", CHANGE, displayName=" ")
    assert (changed["viewer"]["locale"], changed["viewer"]["timeZone"]) == ("BE", "Europe/Warsaw")
    (error,) = refused["userErrors"]
    assert (error["code"], error["path"]) == ("REQUIRED", ["displayName"])
    assert error["message"] == "Запоўніце поле «displayName»."
    unchanged = await house.act("chaika", CHANGE)
    assert unchanged["viewer"] == changed["viewer"]
