"""Acts at the same moment on the same rows: one order for all, as if one had come after the other; nobody is INTERNAL.

On SQLite writers queue; on PostgreSQL they hold rows in the one order of `resolvers/locks.py`, and nothing of what is
tried here makes two wait for each other: no act is run a second time for that.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from household import POLESYE, SUPPLIER, Household, address
from sqlalchemy import select
from town import ADD, BASIS, BLOCK, CREATE, RECEIVE, SIGN
from watched import watch
from wishes import (
    ARCHIVE,
    BLOCK_MEMBER,
    REMOVE_MEMBER,
    UPDATE_MEMBER,
    VIEW,
    WITHDRAW,
    codes,
    content_of,
    listed,
    noted,
    sent,
)

from models.cabinets import Cabinet
from models.journal import Entry

pytestmark = pytest.mark.anyio


async def at_once(*acts: Any) -> list[Any]:
    """All answers, in order."""
    return list(await asyncio.gather(*acts))


async def numbers_are_whole(house: Household) -> None:
    """EF82: in each cabinet 1 … n without a gap, and n is what the cabinet counts."""
    async with house.system.reading() as reading:
        counted = await reading.rows(select(Cabinet.id, Cabinet.last_seq))
        numbered = await reading.rows(select(Entry.cabinet_id, Entry.seq).order_by(Entry.cabinet_id, Entry.seq))
    for cabinet_id, last in counted:
        assert [seq for of, seq in numbered if of == cabinet_id] == list(range(1, last + 1))


async def test_two_cabinets_sign_towards_each_other(house: Household) -> None:
    """EF82, C8: each signature delivers into the other's journal; both numbers are taken in one order, none waits."""
    going = [await sent(house, "kolesnik", to="polesye", title=f"В {number}") for number in range(3)]
    coming = [await sent(house, "savitskaya", to="romashka", of="polesye", title=f"Из {number}") for number in range(3)]
    database = watch(house)
    async with noted(house) as came:
        answers = await at_once(
            *(house.sign("kolesnik", each, content_of(f"В {number}")) for number, each in enumerate(going)),
            *(house.sign("savitskaya", each, content_of(f"Из {number}")) for number, each in enumerate(coming)),
        )
    assert [answer["document"]["status"] for answer in answers] == ["AWAITING_SIGNATURE"] * 6
    pairs = [("polesye", "DOCUMENT_RECEIVED"), ("polesye", "DOCUMENT_SIGNED")]
    assert sorted(came.entries) == sorted((pairs + [("romashka", kind) for _, kind in pairs]) * 3)
    assert database.passing == []
    await numbers_are_whole(house)


async def test_both_sides_act_on_one_exchange(house: Household) -> None:
    """C9, EB32: signing here and withdrawing there, beside opening and archiving: one of the two holds, none waits."""
    document_id = await sent(house, "kolesnik", to="polesye", requiredSides=["RECIPIENT"])
    (there,) = await listed(house, "savitskaya", "INCOMING", of="polesye")
    intent = (await house.prepare("savitskaya", there))["intent"]
    signature = house.signature("savitskaya", content_of("Договор поставки"))
    read = [warning["code"] for warning in intent["warnings"]]
    database = watch(house)
    signed, withdrawn, archived, _ = await at_once(
        house.try_to("savitskaya", SIGN, intentId=intent["id"], signature=signature, acknowledgedWarnings=read),
        house.try_to("kolesnik", WITHDRAW, documentId=document_id, reason="ошибка"),
        house.act("kolesnik", ARCHIVE, documentId=document_id, archived=True),
        house.act("savitskaya", VIEW, documentId=there),
    )
    refused = [error["code"] for answer in (signed, withdrawn) for error in answer["userErrors"]]
    assert refused == ["DOCUMENT_NOT_OPEN"]
    assert archived["document"]["archived"] is True
    assert database.passing == []
    await numbers_are_whole(house)


async def test_an_administrator_blocks_several_at_once(house: Household) -> None:
    """A30, EA6: five acts of one administrator on five members: none waits for another in a circle."""
    people = ["kolesnik", "urbanovich", "chaika"]
    database = watch(house)
    blocking = [house.act("shcherbo", BLOCK_MEMBER, memberId=house.members[who]) for who in people]
    removing = house.act("hotline", REMOVE_MEMBER, memberId=house.members["grinkevich"], basis=BASIS)
    answers = await at_once(*blocking, removing)
    assert [answer["member"]["state"] for answer in answers] == ["BLOCKED"] * 3 + ["REMOVED"]
    assert database.passing == []
    await numbers_are_whole(house)


async def test_two_administrators_block_each_other_in_any_order(house: Household) -> None:
    """EA6: exactly one goes through, and one administrator is left, however often it is tried."""
    await house.act("shcherbo", UPDATE_MEMBER, memberId=house.members["chaika"], role="ADMIN")
    database = watch(house)
    first, second = await at_once(
        house.try_to("shcherbo", BLOCK, memberId=house.members["chaika"]),
        house.try_to("chaika", BLOCK, memberId=house.members["shcherbo"]),
    )
    refused = [error["code"] for answer in (first, second) for error in answer["userErrors"]]
    assert len(refused) == 1 and refused[0] in ("NOT_FOUND", "FORBIDDEN", "LAST_ADMIN")
    assert database.passing == []


async def test_one_external_id_delivered_at_once_is_one_document(house: Household) -> None:
    """EC57: the exchange repeats itself before it was answered: one document, one entry, the same answer."""
    delivery = {
        "organization": {"taxId": "190000001"},
        "kind": "ACT",
        "title": "Акт 1",
        "sender": {"organization": SUPPLIER},
        "recipientEmails": [address("kolesnik")],
        "externalId": "twice",
    }
    uploads = [await house.upload("exchange", b"%PDF-1.4 " + name) for name in (b"a", b"b", b"c")]
    async with noted(house) as came:
        answers = await at_once(*(house.act("exchange", RECEIVE, **delivery, uploadId=each) for each in uploads))
    assert len({answer["document"]["id"] for answer in answers}) == 1
    assert came.entries == [("romashka", "DOCUMENT_RECEIVED")]
    await numbers_are_whole(house)


async def test_one_new_account_wanted_at_once_is_made_once(house: Household) -> None:
    """EA12: two add the same new address: one account, the other learns ACCOUNT_EXISTS, never INTERNAL."""
    newcomer = {"newUser": {"displayName": "Новая Нина Ивановна", "email": "nina@romashka.example"}}
    there = {"cabinetId": house.cabinets["polesye"], "member": newcomer, "basis": BASIS}
    here = {"cabinetId": house.cabinets["romashka"], "member": newcomer, "basis": BASIS}
    answers = await at_once(house.try_to("hotline", ADD, **here), house.try_to("hotline", ADD, **there))
    refused = [error for answer in answers for error in answer["userErrors"]]
    assert [(error["code"], error["path"]) for error in refused] == [("ACCOUNT_EXISTS", ["member", "newUser", "email"])]
    assert (await house.census())["users"] == len(house.users) + 1


async def test_one_person_added_at_once_is_one_member(house: Household) -> None:
    """EA12: the loser of two administrators' race learns that he is a member already."""
    newcomer = {"cabinetId": house.cabinets["romashka"], "member": {"email": address("savitskaya")}, "basis": BASIS}
    async with noted(house) as came:
        answers = await at_once(*(house.try_to("hotline", ADD, **newcomer) for _ in range(3)))
    refused = [error["code"] for answer in answers for error in answer["userErrors"]]
    assert refused == ["ALREADY_A_MEMBER"] * 2
    assert came.entries == [("romashka", "MEMBER_ADDED")]


async def test_one_cabinet_opened_at_once_is_opened_once(house: Household) -> None:
    """C23: two operators open a cabinet of the same organisation: CABINET_EXISTS for one of them."""
    wish = {"organization": SUPPLIER, "firstAdmin": {"email": address("savitskaya")}, "basis": BASIS}
    answers = await at_once(*(house.try_to(who, CREATE, **wish) for who in ("hotline", "second")))
    refused = [error["code"] for answer in answers for error in answer["userErrors"]]
    assert refused == ["CABINET_EXISTS"]
    assert await codes(house, "hotline", CREATE, **{**wish, "organization": POLESYE}) == ["CABINET_EXISTS"]
