"""Two acts on one document at the same moment: exactly one order, one winner, and the loser learns who it was."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from household import NAMES, Household
from refused import asking, contents, nothing_changes
from town import BASIS, PDF, SIGN
from wishes import BLOCK_MEMBER, REJECT, UNBLOCK_MEMBER, noted

pytestmark = pytest.mark.anyio

FILE = PDF + b"1"
SIGNED = """query($id: ID!) { document(id: $id) { status rejection { reason by { personName } }
  signatures { id signatory { personName } signatoryPeriod { joinedAt endedAt } } } }"""


async def ready(house: Household, who: str, document_id: str) -> dict[str, Any]:
    """The input of somebody's `documentSign`, with every warning read."""
    intent = (await house.prepare(who, document_id))["intent"]
    read = [warning["code"] for warning in intent["warnings"]]
    return {"intentId": intent["id"], "signature": house.signature(who, FILE), "acknowledgedWarnings": read}


async def rows(house: Household, table: str) -> int:
    """How many rows a table has."""
    return len((await contents(house))[table])


@pytest.mark.parametrize("order", [("urbanovich", "kolesnik"), ("kolesnik", "urbanovich")])
async def test_two_members_sign_at_once(house: Household, order: tuple[str, str]) -> None:
    """EB29: one SIGNED, the other ALREADY_SIGNED with signatory and time; one signature row, one entry."""
    document_id = await house.receive("1", "kolesnik")
    wishes = {who: await ready(house, who, document_id) for who in order}

    async with noted(house) as came:
        answers = await asyncio.gather(*(house.try_to(who, asking("documentSign"), **wishes[who]) for who in order))

    (winner,) = [who for who, answer in zip(order, answers, strict=True) if not answer["userErrors"]]
    (error,) = [answer["userErrors"][0] for answer in answers if answer["userErrors"]]
    assert error["code"] == "ALREADY_SIGNED"
    assert error["message"] == f"Документ уже подписан: {NAMES[winner]}, 24.11.2026 12:00."
    assert error["signature"]["signatory"] == {"personName": NAMES[winner]}
    assert error["signature"]["signedAt"] == "2026-11-24T09:00:00Z"
    assert await rows(house, "signatures") == 1
    assert came.entries == [("romashka", "DOCUMENT_SIGNED")]
    seen = [(await house.ask(who, SIGNED, id=document_id))["document"]["signatures"] for who in order]
    assert seen[0] == seen[1] and seen[0][0]["signatory"] == {"personName": NAMES[winner]}


async def test_the_same_signature_twice_at_once_is_one(house: Household) -> None:
    """EB30: a double click hands the same signature in twice at the same moment: both get the same Signature."""
    document_id = await house.receive("1", "kolesnik")
    wish = await ready(house, "urbanovich", document_id)

    async with noted(house) as came:
        answers = await asyncio.gather(*(house.act("urbanovich", SIGN, **wish) for _ in range(4)))

    assert len({answer["signature"]["id"] for answer in answers}) == 1
    assert await rows(house, "signatures") == 1
    assert came.entries == [("romashka", "DOCUMENT_SIGNED")]


@pytest.mark.parametrize("is_signature_first", [True, False])
async def test_of_rejecting_and_signing_the_first_wins(house: Household, is_signature_first: bool) -> None:
    """EB32: reject and sign race: one of the two holds, the other is DOCUMENT_NOT_OPEN or ALREADY_SIGNED."""
    document_id = await house.receive("1", "kolesnik")
    wish = await ready(house, "urbanovich", document_id)
    sign = house.try_to("urbanovich", asking("documentSign"), **wish)
    reject = house.try_to("chaika", asking("documentReject"), documentId=document_id, reason="не та сумма")

    pair = (sign, reject) if is_signature_first else (reject, sign)
    answers = await asyncio.gather(*pair)

    signed, rejected = answers if is_signature_first else reversed(answers)
    document = (await house.ask("urbanovich", SIGNED, id=document_id))["document"]
    assert bool(signed["userErrors"]) is not bool(rejected["userErrors"])
    (error,) = signed["userErrors"] or rejected["userErrors"]
    assert error["code"] == "DOCUMENT_NOT_OPEN"
    is_signed = not signed["userErrors"]
    assert error["document"] == {"id": document_id, "status": "SIGNED" if is_signed else "REJECTED"}
    assert (document["status"], len(document["signatures"])) == (("SIGNED", 1) if is_signed else ("REJECTED", 0))
    assert (document["rejection"] is None) is is_signed


async def test_a_signed_document_cannot_be_rejected_nor_a_rejected_one_signed(house: Household) -> None:
    """EB32, EB31: one after the other it is the same as at once."""
    signed, rejected = await house.receive("1", "kolesnik"), await house.receive("2", "kolesnik")
    late = await ready(house, "urbanovich", rejected)
    await house.sign("urbanovich", signed, FILE)
    await house.act("chaika", REJECT, documentId=rejected, reason="не та сумма")

    async with nothing_changes(house):
        answers = [
            await house.try_to("chaika", asking("documentReject"), documentId=signed, reason="не та сумма"),
            await house.try_to("urbanovich", asking("documentSign"), **late),
        ]

    codes = [(answer["userErrors"][0]["code"], answer["userErrors"][0]["document"]["status"]) for answer in answers]
    assert codes == [("DOCUMENT_NOT_OPEN", "SIGNED"), ("DOCUMENT_NOT_OPEN", "REJECTED")]


async def test_a_member_blocked_between_choice_and_signature_is_refused(house: Household) -> None:
    """EA2: refused as NOT_FOUND, nothing stored, SIGNING_REFUSED in the journal, and the intent is burnt."""
    document_id = await house.receive("1", "kolesnik")
    wish = await ready(house, "urbanovich", document_id)
    await house.act("hotline", BLOCK_MEMBER, memberId=house.members["urbanovich"], basis=BASIS)

    before = await contents(house)
    async with noted(house) as came:
        answer = await house.try_to("urbanovich", asking("documentSign"), **wish)
    after = await contents(house)

    error = {"__typename": "InputError", "code": "NOT_FOUND", "message": "Не найдено.", "path": ["intentId"]}
    assert answer["userErrors"] == [error]
    assert (came.entries, came.letters) == ([("romashka", "SIGNING_REFUSED")], [])
    assert {name for name, rows in after.items() if rows != before[name]} == {"entries", "cabinets", "intents"}
    async with nothing_changes(house):
        again = await house.try_to("urbanovich", asking("documentSign"), **wish)
    assert [e["code"] for e in again["userErrors"]] == ["NOT_FOUND"]
    await house.act("hotline", UNBLOCK_MEMBER, memberId=house.members["urbanovich"], basis=BASIS)
    async with nothing_changes(house):
        burnt = await house.try_to("urbanovich", asking("documentSign"), **wish)
    assert [e["code"] for e in burnt["userErrors"]] == ["INTENT_EXPIRED"]


@pytest.mark.parametrize("is_signature_first", [True, False])
async def test_block_and_sign_at_once_have_exactly_one_order(house: Household, is_signature_first: bool) -> None:
    """EA3: the signature stands, made by a membership that was valid then; or it is refused, and nothing is stored."""
    document_id = await house.receive("1", "kolesnik")
    wish = await ready(house, "urbanovich", document_id)
    sign = house.try_to("urbanovich", asking("documentSign"), **wish)
    block = house.act("hotline", BLOCK_MEMBER, memberId=house.members["urbanovich"], basis=BASIS)

    async with noted(house) as came:
        answers = await asyncio.gather(*((sign, block) if is_signature_first else (block, sign)))

    signed = answers[0] if is_signature_first else answers[1]
    document = (await house.ask("kolesnik", SIGNED, id=document_id))["document"]
    kinds = [kind for _, kind in came.entries]
    if signed["userErrors"]:
        assert [error["code"] for error in signed["userErrors"]] == ["NOT_FOUND"]
        assert (document["status"], document["signatures"]) == ("AWAITING_SIGNATURE", [])
        assert "DOCUMENT_SIGNED" not in kinds and "MEMBER_BLOCKED" in kinds
    else:
        (signature,) = document["signatures"]
        assert (document["status"], signature["signatory"]) == ("SIGNED", {"personName": NAMES["urbanovich"]})
        assert signature["signatoryPeriod"]["joinedAt"] == "2026-11-24T09:00:00Z"
        assert kinds == ["DOCUMENT_SIGNED", "MEMBER_BLOCKED"]
