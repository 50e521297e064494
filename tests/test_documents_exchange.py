"""Two cabinets exchange documents: one exchange, two views, each with its own journal, letters, folders and archive."""

from __future__ import annotations

from typing import Any

import pytest
from household import NAMES, POLESYE, SUPPLIER, Household, address
from wishes import (
    ARCHIVE,
    REJECT,
    SEND,
    VIEW,
    WITHDRAW,
    Noted,
    codes,
    content_of,
    draft,
    history,
    listed,
    noted,
    sent,
)

pytestmark = pytest.mark.anyio

TITLE = "Договор поставки"
LATE = "stranger@romashka.example"
CARD = """query($id: ID!) { document(id: $id) { id exchangeId direction status archived title awaitedSides
  viewerHasSeen counterparty { name } file { sha256 } cabinet { id }
  sender { organization { name } personName personEmail member { id } }
  recipients { personName member { id } }
  signedByOther { side expected { personName } actual { personName } }
  signatures { side signatory { personName personEmail organization { name } member { id } }
    signatoryPeriod { joinedAt } clientAddress userAgent
    signedByOther { side expected { personName } actual { personName } } }
  firstViewed { by { personName } } rejection { reason by { personName personEmail member { id } } }
  withdrawal { reason by { personName member { id } } } } }"""

WHY = "query($id: ID!) { document(id: $id) { viewerCanSign viewerCannotSignReasons } }"


async def card(house: Household, who: str, document_id: str) -> Any:
    return (await house.ask(who, CARD, id=document_id))["document"]


async def why_not(house: Household, who: str, document_id: str) -> list[str]:
    """What keeps somebody from signing, as the card says it."""
    shown = (await house.ask(who, WHY, id=document_id))["document"]
    assert shown["viewerCanSign"] is (shown["viewerCannotSignReasons"] == [])
    return [str(reason) for reason in shown["viewerCannotSignReasons"]]


async def arrived(house: Household) -> str:
    """The view of «Полесье» of the only document it has received."""
    (found,) = await listed(house, "savitskaya", "INCOMING", of="polesye")
    return found


async def test_a_colleague_signs_for_the_sending_side_and_the_document_leaves(house: Household) -> None:
    """C7, C8, C12, EB46: SENT waits for the own signature; SENDER_DIFFERS warns, the mark says so on both sides."""
    async with noted(house) as came:
        document_id = await sent(house, "kolesnik", to="polesye")
    assert came == Noted(entries=[("romashka", "DOCUMENT_SENT")])
    assert await listed(house, "savitskaya", "ALL", of="polesye") == []
    assert await listed(house, "urbanovich", "AWAITING_US") == [document_id]

    prepared = await house.prepare("urbanovich", document_id)
    assert [warning["code"] for warning in prepared["intent"]["warnings"]] == ["SENDER_DIFFERS"]
    async with noted(house) as came:
        signed = await house.sign("urbanovich", document_id, content_of(TITLE))
    mark = {
        "side": "SENDER",
        "expected": [{"personName": NAMES["kolesnik"]}],
        "actual": {"personName": NAMES["urbanovich"]},
    }
    assert (signed["document"]["status"], signed["document"]["signedByOther"]) == ("AWAITING_SIGNATURE", mark)
    assert came == Noted(
        entries=[("romashka", "DOCUMENT_SIGNED"), ("polesye", "DOCUMENT_RECEIVED")],
        letters=[("document.received", "savitskaya")],
    )

    ours, theirs = (
        await card(house, "urbanovich", document_id),
        await card(house, "savitskaya", await arrived(house)),
    )
    assert ours["id"] != theirs["id"]
    assert [ours[name] for name in ("exchangeId", "status", "title", "file", "awaitedSides")] == [
        theirs[name] for name in ("exchangeId", "status", "title", "file", "awaitedSides")
    ]
    assert (ours["direction"], theirs["direction"]) == ("OUTGOING", "INCOMING")
    assert (ours["counterparty"]["name"], theirs["counterparty"]["name"]) == (POLESYE["name"], "ООО «Ромашка»")
    assert (ours["cabinet"]["id"], theirs["cabinet"]["id"]) == (house.cabinets["romashka"], house.cabinets["polesye"])
    (made,), (seen) = ours["signatures"], theirs["signatures"][0]
    assert made["signedByOther"] == seen["signedByOther"] == mark
    assert made["signatory"]["member"] == {"id": house.members["urbanovich"]}
    assert (made["clientAddress"], made["userAgent"]) == ("192.0.2.7", "household")
    assert seen == {
        **made,
        "signatory": {**made["signatory"], "member": None},
        "signatoryPeriod": None,
        "clientAddress": None,
        "userAgent": None,
    }
    assert (theirs["sender"]["personName"], theirs["sender"]["member"]) == (NAMES["kolesnik"], None)
    assert ours["sender"]["member"] == {"id": house.members["kolesnik"]}


async def test_both_sides_sign_and_each_keeps_its_own_journal(house: Household) -> None:
    """D3, C8, C12: the second signature closes it; the sender alone is written to; views and archive stay apart."""
    document_id = await sent(house, "kolesnik", to="polesye", recipientEmails=[address("savitskaya")])
    await house.sign("kolesnik", document_id, content_of(TITLE))
    there = await arrived(house)
    await house.act("savitskaya", VIEW, documentId=there)
    async with noted(house) as came:
        done = await house.sign("savitskaya", there, content_of(TITLE))
    assert (done["document"]["status"], done["document"]["signedByOther"]) == ("SIGNED", None)
    assert came == Noted(
        entries=[("romashka", "DOCUMENT_SIGNED"), ("polesye", "DOCUMENT_SIGNED")],
        letters=[("document.signed", "kolesnik")],
    )
    assert await history(house, "chaika", document_id) == ["DOCUMENT_SENT", "DOCUMENT_SIGNED", "DOCUMENT_SIGNED"]
    assert await history(house, "savitskaya", there) == ["DOCUMENT_RECEIVED", "DOCUMENT_VIEWED", "DOCUMENT_SIGNED"]
    ours, theirs = await card(house, "chaika", document_id), await card(house, "savitskaya", there)
    assert (ours["firstViewed"], theirs["firstViewed"]) == (None, {"by": {"personName": NAMES["savitskaya"]}})
    assert (ours["viewerHasSeen"], theirs["viewerHasSeen"]) == (False, True)
    assert (await card(house, "kolesnik", document_id))["viewerHasSeen"] is True

    async with noted(house) as came:
        await house.act("chaika", ARCHIVE, documentId=document_id, archived=True)
    assert came == Noted(entries=[("romashka", "DOCUMENT_ARCHIVED")])
    assert (await card(house, "savitskaya", there))["archived"] is False
    assert await listed(house, "kolesnik", "ARCHIVE") == await listed(house, "kolesnik", "ALL") == [document_id]
    assert await listed(house, "kolesnik", "SIGNED") == await listed(house, "kolesnik", "OUTGOING") == []
    assert await listed(house, "savitskaya", "SIGNED", of="polesye") == [there]
    async with house.nothing_happens():
        await house.act("chaika", ARCHIVE, documentId=document_id, archived=True)
    await house.act("kolesnik", ARCHIVE, documentId=document_id, archived=False)
    assert await listed(house, "kolesnik", "SIGNED") == [document_id]


@pytest.mark.parametrize(
    ("act", "by", "told", "status", "name"),
    [
        (REJECT, "savitskaya", [("document.rejected", "kolesnik")], "REJECTED", "rejection"),
        (WITHDRAW, "chaika", [("document.withdrawn", "savitskaya")], "WITHDRAWN", "withdrawal"),
    ],
    ids=["reject", "withdraw"],
)
async def test_a_document_is_closed_for_both(
    house: Household, act: str, by: str, told: list[tuple[str, str]], status: str, name: str
) -> None:
    """D3, C15, EB31: needs no key, told to the other side; again is silently fine; nobody signs it any more."""
    document_id = await sent(house, "kolesnik", to="polesye", requiredSides=["RECIPIENT"])
    there = await arrived(house)
    its = {"savitskaya": there, "chaika": document_id}
    async with noted(house) as came:
        await house.act(by, act, documentId=its[by], reason="не та сумма")
    kind = f"DOCUMENT_{status}"
    assert came == Noted(entries=[("romashka", kind), ("polesye", kind)], letters=told)
    async with house.nothing_happens():
        again = await house.act(by, act, documentId=its[by], reason="ещё раз")
    assert again["document"]["status"] == status
    for who, seen in (("chaika", document_id), ("savitskaya", there)):
        shown = await card(house, who, seen)
        person = {"personName": NAMES[by], "member": {"id": house.members[by]} if who == by else None}
        assert (shown["status"], shown["awaitedSides"]) == (status, [])
        assert (shown[name]["reason"], shown[name]["by"]) == ("не та сумма", {**shown[name]["by"], **person})
    async with house.nothing_happens():
        refused = await house.prepare("savitskaya", there)
    assert [error["code"] for error in refused["userErrors"]] == ["DOCUMENT_NOT_OPEN"]


@pytest.mark.parametrize(
    ("act", "who", "of"),
    [(REJECT, "chaika", "romashka"), (WITHDRAW, "savitskaya", "polesye")],
    ids=["reject", "withdraw"],
)
async def test_only_the_recipient_rejects_and_only_the_sender_withdraws(
    house: Household, act: str, who: str, of: str
) -> None:
    """D3: the wrong side gets DOCUMENT_NOT_OPEN with the document, a stranger NOT_FOUND; without a reason REQUIRED."""
    document_id = await sent(house, "kolesnik", to="polesye", requiredSides=["RECIPIENT"])
    its = {"romashka": document_id, "polesye": await arrived(house)}
    other = "polesye" if of == "romashka" else "romashka"
    async with house.nothing_happens():
        payload = await house.try_to(who, act, documentId=its[of], reason="так надо")
        assert await codes(house, who, act, documentId=its[other], reason="так надо") == ["NOT_FOUND"]
        assert await codes(house, "savitskaya", REJECT, documentId=its["polesye"], reason="  ") == ["REQUIRED"]
    (error,) = payload["userErrors"]
    assert (error["code"], error["document"]) == ("DOCUMENT_NOT_OPEN", {"id": its[of], "status": "AWAITING_SIGNATURE"})


async def test_withdrawn_before_it_left_nobody_else_ever_knew(house: Household) -> None:
    """D3, EC59: a document that still waits for its sender's signature is taken back without the other side."""
    document_id = await sent(house, "kolesnik", to="polesye")
    async with noted(house) as came:
        await house.act("chaika", WITHDRAW, documentId=document_id)
    assert came == Noted(entries=[("romashka", "DOCUMENT_WITHDRAWN")])
    assert await listed(house, "savitskaya", "ALL", of="polesye") == []
    assert await listed(house, "chaika", "ALL", status=["WITHDRAWN"]) == [document_id]


async def test_a_one_sided_document_waits_for_nobody(house: Household) -> None:
    """EB47, C9: DELIVERED at once, SIGNATURE_NOT_REQUIRED, in no folder of what waits; its readers get a letter."""
    async with noted(house) as came:
        await sent(house, "kolesnik", to="polesye", requiredSides=[])
    assert came == Noted(
        entries=[("romashka", "DOCUMENT_SENT"), ("polesye", "DOCUMENT_RECEIVED")],
        letters=[("document.received", "savitskaya")],
    )
    there = await arrived(house)
    assert (await card(house, "savitskaya", there))["status"] == "DELIVERED"
    for who, of in (("savitskaya", "polesye"), ("kolesnik", "romashka")):
        assert await listed(house, who, "AWAITING_US", of=of) == []
        assert await listed(house, who, "AWAITING_COUNTERPARTY", of=of) == []
    async with house.nothing_happens():
        refused = await house.prepare("savitskaya", there)
    assert [error["code"] for error in refused["userErrors"]] == ["CANNOT_SIGN"]
    assert await why_not(house, "savitskaya", there) == ["SIGNATURE_NOT_REQUIRED"]


async def test_within_one_cabinet_it_is_listed_once(house: Household) -> None:
    """EB45, C9: INTERNAL, one view, one letter to each member; the sender does not countersign his own."""
    async with noted(house) as came:
        document_id = await sent(
            house, "kolesnik", to="romashka", requiredSides=["RECIPIENT"], recipientEmails=[address("chaika")]
        )
    assert came.entries == [("romashka", "DOCUMENT_SENT"), ("romashka", "DOCUMENT_RECEIVED")]
    everybody = ["chaika", "kolesnik", "shcherbo", "urbanovich"]
    assert came.letters == [("document.received", who) for who in everybody]
    for kind in ("ALL", "INTERNAL", "AWAITING_US"):
        assert await listed(house, "urbanovich", kind) == [document_id], kind
    for kind in ("INCOMING", "OUTGOING", "AWAITING_COUNTERPARTY"):
        assert await listed(house, "urbanovich", kind) == [], kind
    async with house.nothing_happens():
        refused = await house.prepare("kolesnik", document_id)
    assert [error["code"] for error in refused["userErrors"]] == ["CANNOT_SIGN"]
    assert await why_not(house, "kolesnik", document_id) == ["OWN_DOCUMENT"]
    done = await house.sign("urbanovich", document_id, content_of(TITLE))
    assert done["document"]["signedByOther"] == {
        "side": "RECIPIENT",
        "expected": [{"personName": NAMES["chaika"]}],
        "actual": {"personName": NAMES["urbanovich"]},
    }


@pytest.mark.parametrize(
    ("said", "code", "path"),
    [
        ({"to": None}, "REQUIRED", ["counterparty"]),
        ({"to": "polesye", "uploadId": None}, "REQUIRED", ["uploadId"]),
        ({"to": None, "counterparty": SUPPLIER}, "NOT_FOUND", ["counterparty"]),
        ({"to": None, "counterparty": SUPPLIER, "recipientEmails": [LATE]}, "NOT_FOUND", ["counterparty"]),
    ],
    ids=["no counterparty", "no file", "no cabinet there", "nor an account"],
)
async def test_a_draft_is_sent_when_it_is_whole(
    house: Household, said: dict[str, Any], code: str, path: list[str]
) -> None:
    """D3, C20: file, counterparty and title there, and somewhere to go; otherwise nothing happens."""
    draft_id = await draft(house, "kolesnik", **said)
    async with house.nothing_happens():
        payload = await house.try_to("kolesnik", SEND, draftId=draft_id)
    assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [(code, path)]
    assert await listed(house, "kolesnik", "DRAFTS") == [draft_id]


async def test_delivered_twice_it_came_once(house: Household) -> None:
    """EC57, A20, C24: the same `externalId` gives the first document, whatever else is said; one letter each."""
    upload_id = await house.upload("exchange")
    async with noted(house) as came:
        first = await house.receive("ec57", "kolesnik", uploadId=upload_id)
    assert came == Noted(
        entries=[("romashka", "DOCUMENT_RECEIVED")],
        letters=[("document.received", who) for who in ("chaika", "kolesnik", "shcherbo", "urbanovich")],
    )
    async with house.nothing_happens():
        assert await house.receive("ec57", "urbanovich", uploadId=upload_id, title="Другой") == first
    assert (await card(house, "chaika", first))["title"] == "Акт ec57"
