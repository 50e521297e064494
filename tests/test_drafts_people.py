"""The people and the order of a draft: changed as often as one likes, kept where nothing was said of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from clients import Refused
from household import NAMES, SUPPLIER, Household, address
from town import PDF, RECEIVE
from wishes import SAVE, SEND, codes, draft, listed, noted

pytestmark = pytest.mark.anyio

SEEN = """query($id: ID!) { document(id: $id) { requiredSides awaitedSides
  recipients { personName personEmail member { id } } signedByOther { expected { personName } } } }"""
WINDOW = "query($id: ID!) { document(id: $id) { signingChoices { warnings { code } } } }"
LATE = "Stranger@Romashka.example"


async def seen(house: Household, who: str, document_id: str) -> Any:
    return (await house.ask(who, SEEN, id=document_id))["document"]


async def people(house: Household, who: str, document_id: str) -> list[str | None]:
    return [party["personEmail"] for party in (await seen(house, who, document_id))["recipients"]]


async def test_the_people_of_a_draft_are_changed_again_and_again(house: Household) -> None:
    """C14, B5: people, other people, nobody, people; each save leaves those named last, once."""
    draft_id = await draft(house, "kolesnik", to="romashka")
    for wish in (["urbanovich", "chaika"], ["chaika"], [], ["shcherbo", "urbanovich"]):
        emails = [address(person) for person in wish]
        await house.act("kolesnik", SAVE, draft={"draftId": draft_id}, recipientEmails=emails)
        assert await people(house, "kolesnik", draft_id) == [*emails, *([] if emails else [None])]
    assert (await house.census())["parties"] == 3


async def test_one_account_is_addressed_once(house: Household) -> None:
    """EA12: two spellings of an address are one recipient; a draft says what was typed, and names nobody.

    Names come with sending: a draft that told them would tell anybody who has an account here (reliability.md B).
    """
    emails = ["URBANOVICH@romashka.example", LATE, address("stranger"), address("urbanovich")]
    draft_id = await draft(house, "kolesnik", to="romashka", recipientEmails=emails)
    assert await people(house, "kolesnik", draft_id) == ["URBANOVICH@romashka.example", LATE]
    assert await names(house, draft_id) == [None, None]
    await house.act("kolesnik", SEND, draftId=draft_id)
    assert await people(house, "kolesnik", draft_id) == [address("urbanovich"), LATE]
    assert await names(house, draft_id) == [NAMES["urbanovich"], None]


async def names(house: Household, document_id: str) -> list[str | None]:
    return [party["personName"] for party in (await seen(house, "kolesnik", document_id))["recipients"]]


async def test_naming_the_same_organisation_again_keeps_its_people(house: Household) -> None:
    """C14: what is left out stays: people go only with the organisation they belong to."""
    emails = [address("savitskaya")]
    draft_id = await draft(house, "kolesnik", to="polesye", recipientEmails=emails)
    same, other = {"taxId": "190000002"}, {"taxId": "190000077", "name": "ОАО «Гродно-Опт»"}
    await house.act("kolesnik", SAVE, draft={"draftId": draft_id}, counterparty=same, title="Другой")
    assert await people(house, "kolesnik", draft_id) == emails
    await house.act("kolesnik", SAVE, draft={"draftId": draft_id}, counterparty=other)
    assert await people(house, "kolesnik", draft_id) == [None]


@pytest.mark.parametrize("sides", [["SENDER", "RECIPIENT"], ["RECIPIENT", "SENDER"], ["RECIPIENT", "SENDER", "SENDER"]])
async def test_the_order_of_required_sides_decides_nothing(house: Household, sides: list[str]) -> None:
    """D3, EC54: the sender signs first, each side once, in whatever order they are named."""
    document_id = await draft(house, "kolesnik", to="polesye", requiredSides=sides)
    await house.act("kolesnik", SEND, draftId=document_id)
    asked = await seen(house, "kolesnik", document_id)
    assert (asked["requiredSides"], asked["awaitedSides"]) == (["SENDER", "RECIPIENT"], ["SENDER", "RECIPIENT"])
    assert await listed(house, "kolesnik", "AWAITING_US") == [document_id]
    assert await listed(house, "kolesnik", "AWAITING_COUNTERPARTY") == []


async def test_a_recipient_is_found_although_his_account_came_later(house: Household) -> None:
    """A23, A24, EC53: addressed by an e-mail that had no account yet: list, warning and mark work once it has."""
    document_id = await house.receive("a24", recipientEmails=[LATE])
    await house.add("stranger")
    assert await listed(house, "stranger", "INCOMING", onlyMine=True) == [document_id]
    assert await listed(house, "kolesnik", "INCOMING", memberIds=[house.members["stranger"]]) == [document_id]
    found = (await seen(house, "kolesnik", document_id))["recipients"]
    assert found == [{"personName": None, "personEmail": LATE, "member": {"id": house.members["stranger"]}}]
    window = (await house.ask("kolesnik", WINDOW, id=document_id))["document"]["signingChoices"]
    assert {warning["code"] for choice in window for warning in choice["warnings"]} == {"RECIPIENT_DIFFERS"}
    await house.sign("kolesnik", document_id, PDF + b"a24")
    assert (await seen(house, "kolesnik", document_id))["signedByOther"] == {"expected": [{"personName": None}]}
    assert await listed(house, "kolesnik", "ALL", signedByOther=True) == [document_id]


async def test_a_sender_outside_is_nobody_here_although_he_gets_an_account(house: Household) -> None:
    """C12: what the exchange says of its sender is no account's: only those addressed are linked."""
    sender = {"organization": SUPPLIER, "personEmail": address("stranger")}
    document_id = await house.receive("c12", sender=sender)
    await house.add("stranger")
    assert await listed(house, "stranger", "ALL", onlyMine=True, memberAs=["SENDER", "RECIPIENT"]) == []
    assert await listed(house, "stranger", "ALL") == [document_id]


async def test_a_document_is_not_sent_with_a_deadline_that_has_passed(house: Household) -> None:
    """C22, EC55: a draft's deadline passes before it is sent: INVALID at `signBefore`, nobody is mailed."""
    in_an_hour = (house.clock.now() + timedelta(hours=1)).isoformat()
    draft_id = await draft(house, "kolesnik", to="polesye", requiredSides=["RECIPIENT"], signBefore=in_an_hour)
    house.clock.move(timedelta(hours=1))
    async with house.nothing_happens():
        refused = await house.try_to("kolesnik", SEND, draftId=draft_id)
        assert [(e["code"], e["path"]) for e in refused["userErrors"]] == [("INVALID", ["signBefore"])]
    await house.act("kolesnik", SAVE, draft={"draftId": draft_id}, signBefore=None)
    await house.act("kolesnik", SEND, draftId=draft_id)


async def test_a_document_is_not_received_with_a_deadline_that_has_passed(house: Household) -> None:
    """C22, EC57: INVALID at `signBefore`; but a second delivery of an old document gives the old one."""
    upload_id = await house.upload("exchange", PDF + b"late")
    in_an_hour = (house.clock.now() + timedelta(hours=1)).isoformat()
    delivered = {
        "organization": {"taxId": "190000001"},
        "kind": "ACT",
        "title": "Акт",
        "sender": {"organization": SUPPLIER},
        "recipientEmails": [address("kolesnik")],
        "externalId": "late",
        "uploadId": upload_id,
    }
    now = house.clock.now().isoformat()
    async with house.nothing_happens():
        refused = await house.try_to("exchange", RECEIVE, **delivered, signBefore=now)
    assert [(e["code"], e["path"]) for e in refused["userErrors"]] == [("INVALID", ["signBefore"])]
    first = await house.act("exchange", RECEIVE, **delivered, signBefore=in_an_hour)
    house.clock.move(timedelta(hours=2))
    async with noted(house) as came:
        again = await house.act("exchange", RECEIVE, **delivered, signBefore=in_an_hour)
    assert (again["document"]["id"], came.entries) == (first["document"]["id"], [])


async def test_a_list_that_is_too_long_is_refused_where_it_stands(house: Household) -> None:
    """C16: a limit is an error, never a silent cut: lists in inputs and in filters have at most 100 items."""
    draft_id = await draft(house, "kolesnik", to="romashka")
    emails = [f"p{number}@romashka.example" for number in range(101)]
    ids = [house.members["kolesnik"]] * 101
    async with house.nothing_happens():
        refused = await house.try_to("kolesnik", SAVE, draft={"draftId": draft_id}, recipientEmails=emails)
        assert [(e["code"], e["path"]) for e in refused["userErrors"]] == [("TOO_LONG", ["recipientEmails"])]
        assert await codes(house, "kolesnik", SAVE, draft={"draftId": draft_id}, requiredSides=["SENDER"] * 101) == [
            "TOO_LONG"
        ]
    await house.act("kolesnik", SAVE, draft={"draftId": draft_id}, recipientEmails=emails[:100])
    for kind, filter, query in (
        ("DocumentFilter", {"memberIds": ids}, "folder(kind: ALL) { documentCount(filter: $f) }"),
        ("ActivityFilter", {"actorIds": ids}, "activity(filter: $f) { totalCount }"),
    ):
        with pytest.raises(Refused) as failed:
            await house.ask("kolesnik", f"query($f: {kind}) {{ cabinet {{ {query} }} }}", f=filter)
        assert failed.value.codes == ["BAD_USER_INPUT"], kind
