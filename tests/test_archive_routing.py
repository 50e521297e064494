"""Where a document goes when its recipients have no cabinet: by organisation and people, into their archives (C20)."""

from __future__ import annotations

from typing import Any

import pytest
from household import NAMES, POLESYE, SUPPLIER, Household, address
from own_archives import GOMEL, card, delivered, held, joins
from town import PDF, RECEIVE
from wishes import REMOVE_MEMBER, SAVE, SEND, Noted, codes, content_of, draft, history, listed, noted, sent

pytestmark = pytest.mark.anyio

NOBODY = "nobody@gomel.example"
COUNTERPARTIES = "query($c: ID!) { cabinet(id: $c) { counterparties { name } } }"


async def test_people_with_no_cabinet_there_get_it_into_their_accounts(house: Household) -> None:
    """C20, ED: each named account has it in `viewer.documents`, one mail to him alone; the cabinet knows nothing."""
    async with noted(house) as came:
        document_id = await delivered(house, "own-1", "kolesnik", "chaika")
    assert came == Noted(
        entries=[("archive", "DOCUMENT_RECEIVED")] * 2,
        letters=[("you.received", "chaika"), ("you.received", "kolesnik")],
    )
    assert await held(house, "kolesnik") == [document_id]
    (other,) = await held(house, "chaika")
    assert other != document_id
    hers, his = await card(house, "kolesnik", document_id), await card(house, "chaika", other)
    assert hers["exchangeId"] == his["exchangeId"]
    assert (hers["cabinet"], hers["direction"], hers["status"]) == (None, "INCOMING", "AWAITING_SIGNATURE")
    assert [party["personName"] for party in hers["recipients"]] == [NAMES["kolesnik"], NAMES["chaika"]]
    assert {party["organization"]["name"] for party in hers["recipients"]} == {POLESYE["name"]}
    assert [party["member"] for party in hers["recipients"]] == [None, None]
    assert hers["counterparty"]["name"] == hers["sender"]["organization"]["name"] == SUPPLIER["name"]
    assert [entry["kind"] for entry in hers["activity"]["nodes"]] == ["DOCUMENT_RECEIVED"]
    for who, of in (("savitskaya", "polesye"), ("urbanovich", "romashka"), ("kolesnik", "romashka")):
        assert await listed(house, who, "ALL", of=of) == []


@pytest.mark.parametrize(
    ("people", "emails"),
    [
        (["savitskaya", "kolesnik"], []),
        (["grinkevich"], []),
        (["former"], []),
        ([], []),
        ([], [NOBODY]),
    ],
    ids=["a member among them", "a blocked one", "a former one", "nobody named", "nobody named has an account"],
)
async def test_the_cabinet_gets_it_where_it_may(house: Household, people: list[str], emails: list[str]) -> None:
    """C20: into the cabinet if a recipient is or was a member there, or nobody is named, or nobody with an account."""
    of, to = ("romashka", {"taxId": "190000001"}) if people == ["grinkevich"] else ("polesye", POLESYE)
    if people == ["former"]:
        gone = await joins(house, "chaika")
        await house.act("savitskaya", REMOVE_MEMBER, memberId=gone)
        people = ["chaika"]
    before = await held(house, "kolesnik")
    named = [address(person) for person in people] + emails
    async with noted(house) as came:
        document_id = await house.receive("own-2", organization=to, recipientEmails=named)
    assert came.entries == [(of, "DOCUMENT_RECEIVED")]
    assert {letter for letter, _ in came.letters} == {"document.received"}
    reader = {"romashka": "urbanovich", "polesye": "savitskaya"}[of]
    assert await listed(house, reader, "INCOMING", of=of) == [document_id]
    assert await held(house, "kolesnik") == before == []


@pytest.mark.parametrize(("emails", "to"), [([], GOMEL), ([NOBODY], GOMEL), ([NOBODY], {"name": "ООО «Новое»"})])
async def test_neither_cabinet_nor_account(house: Household, emails: list[str], to: Any) -> None:
    """C20: NOT_FOUND where there is neither, delivered or sent; nothing happens, and the upload stays of use."""
    upload_id = await house.upload("exchange", PDF + b"none")
    wish = {
        "organization": to,
        "kind": "ACT",
        "title": "Акт",
        "uploadId": upload_id,
        "sender": {"organization": SUPPLIER},
        "externalId": "none",
    }
    async with house.nothing_happens():
        refused = await house.try_to("exchange", RECEIVE, **wish, recipientEmails=emails)
    assert [(e["code"], e["path"]) for e in refused["userErrors"]] == [("NOT_FOUND", ["organization"])]
    draft_id = await draft(house, "kolesnik", to=None, counterparty=to, recipientEmails=emails)
    async with house.nothing_happens():
        refused = await house.try_to("kolesnik", SEND, draftId=draft_id)
    assert [(e["code"], e["path"]) for e in refused["userErrors"]] == [("NOT_FOUND", ["counterparty"])]
    await house.act("exchange", RECEIVE, **wish, recipientEmails=[address("kolesnik")])


async def test_the_same_external_id_again_is_the_first_document(house: Household) -> None:
    """EC57: delivered twice, before and after it moved into a cabinet: one document, one mail each, nothing new."""
    first = await delivered(house, "twice", "kolesnik", "chaika")
    again = {
        "organization": POLESYE,
        "kind": "ACT",
        "title": "Другой",
        "uploadId": "x",
        "sender": {"organization": SUPPLIER},
        "externalId": "twice",
    }
    async with house.nothing_happens():
        assert (await house.act("exchange", RECEIVE, **again))["document"]["id"] == first
    await joins(house, "kolesnik")
    async with house.nothing_happens():
        assert (await house.act("exchange", RECEIVE, **again))["document"]["id"] == first


async def test_a_document_is_sent_to_an_account_outside(house: Household) -> None:
    """C12, C20: the sender sees it as usual, folders, recipients, counterparty; she has her own view of it."""
    async with noted(house) as came:
        document_id = await sent(
            house,
            "kolesnik",
            to=None,
            counterparty=GOMEL,
            recipientEmails=[address("savitskaya")],
            requiredSides=["RECIPIENT"],
        )
    assert came == Noted(
        entries=[("romashka", "DOCUMENT_SENT"), ("archive", "DOCUMENT_RECEIVED")],
        letters=[("you.received", "savitskaya")],
    )
    assert await listed(house, "urbanovich", "AWAITING_COUNTERPARTY") == [document_id]
    (there,) = await held(house, "savitskaya")
    ours, hers = await card(house, "kolesnik", document_id), await card(house, "savitskaya", there)
    assert (ours["direction"], hers["direction"]) == ("OUTGOING", "INCOMING")
    assert (ours["exchangeId"], ours["status"]) == (hers["exchangeId"], hers["status"])
    assert (ours["counterparty"]["name"], hers["counterparty"]["name"]) == (GOMEL["name"], "ООО «Ромашка»")
    assert [party["personName"] for party in ours["recipients"]] == [NAMES["savitskaya"]]
    found = await house.ask("chaika", COUNTERPARTIES, c=house.cabinets["romashka"])
    assert found["cabinet"]["counterparties"] == [{"name": GOMEL["name"]}]
    assert await listed(house, "savitskaya", "ALL", of="polesye") == []


async def test_nothing_is_there_before_the_sender_has_signed(house: Household) -> None:
    """D3, C20: SENT waits for the sender's signature; where it goes is decided when it leaves."""
    wish: dict[str, Any] = {"to": "polesye", "recipientEmails": [address("chaika")]}
    first, second = await sent(house, "kolesnik", **wish), await sent(house, "kolesnik", **wish, title="Второй")
    assert await held(house, "chaika") == []
    await house.sign("kolesnik", first, content_of("Договор поставки"))
    assert len(await held(house, "chaika")) == 1
    await joins(house, "chaika")
    assert await held(house, "chaika") == []
    async with noted(house) as came:
        await house.sign("kolesnik", second, content_of("Второй"))
    assert came.entries == [("romashka", "DOCUMENT_SIGNED"), ("polesye", "DOCUMENT_RECEIVED")]
    assert len(await listed(house, "savitskaya", "AWAITING_US", of="polesye")) == 2


async def test_ones_own_organisation_for_somebody_outside_is_outgoing(house: Household) -> None:
    """C20: who has no place in the cabinet is outside, though named for its organisation; beside a colleague not."""
    document_id = await sent(house, "kolesnik", to="romashka", recipientEmails=[address("savitskaya")])
    await house.sign("kolesnik", document_id, content_of("Договор поставки"))
    assert await listed(house, "kolesnik", "OUTGOING") == [document_id]
    (there,) = await held(house, "savitskaya")
    assert await history(house, "savitskaya", there) == ["DOCUMENT_RECEIVED"]
    await joins(house, "savitskaya", to="romashka", by="shcherbo")
    assert await held(house, "savitskaya") == [there]  # the cabinet is its sender
    assert await listed(house, "kolesnik", "ALL") == [document_id]
    inside = await draft(house, "kolesnik", to="romashka", recipientEmails=[address("savitskaya")])
    emails = [address("savitskaya"), address("chaika")]
    await house.act("kolesnik", SAVE, draft={"draftId": inside}, recipientEmails=emails)
    await house.act("kolesnik", SEND, draftId=inside)
    assert await listed(house, "kolesnik", "INTERNAL") == [inside]


@pytest.mark.parametrize("who", ["kolesnik", "hotline"])
async def test_only_the_exchange_delivers(house: Household, who: str) -> None:
    """C16: FORBIDDEN without the exchange's token; nothing happens, for an account outside too."""
    wish = {
        "organization": GOMEL,
        "kind": "ACT",
        "title": "Акт",
        "uploadId": "x",
        "sender": {"organization": SUPPLIER},
        "recipientEmails": [address("kolesnik")],
        "externalId": "x",
    }
    async with house.nothing_happens():
        assert await codes(house, who, RECEIVE, **wish) == ["FORBIDDEN"]
