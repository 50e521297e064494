"""What a signature hangs on while it is being made: the certificate in use, the bytes, the window, the intent."""

from __future__ import annotations

import pytest
from household import Household, address
from refused import contents
from town import BASIS, PDF, SIGN
from wishes import ARCHIVE, BLOCK_MEMBER, DELETE, REMOVE_MEMBER, SAVE, SEND, content_of, draft, noted

pytestmark = pytest.mark.anyio

REMOVE = """mutation($i: CertificateRemoveInput!) {
  certificateRemove(input: $i) { deletedCertificateId userErrors { code } } }"""
WINDOW_AND_JOURNAL = """query($id: ID!) { document(id: $id) { viewerCanSign
  signingChoices { warnings { code } } activity { nodes { document { viewerCanSign viewerCannotSignReasons } } } } }"""
OUTSIDE = """mutation($i: DocumentReceiveInput!) { documentReceive(input: $i) { userErrors { code } document { status
  firstViewed { at } recipients { member { id } }
  signatures { clientAddress userAgent signatoryPeriod { joinedAt } signatory { personName } } } } }"""
VIEW = "mutation($i: DocumentMarkViewedInput!) { documentMarkViewed(input: $i) { userErrors { code } } }"

RENAME = "mutation($i: ViewerUpdateInput!) { viewerUpdate(input: $i) { userErrors { code } } }"


async def test_a_certificate_taken_out_of_use_signs_no_more(house: Household) -> None:
    """EH91: prepared with a key that is lost and removed meanwhile, the intent is worth nothing."""
    document_id = await house.receive("1", "urbanovich")
    intent = (await house.prepare("urbanovich", document_id))["intent"]
    await house.act("urbanovich", REMOVE, certificateId=house.certificates["urbanovich"])
    async with house.nothing_happens():
        refused = await house.try_to(
            "urbanovich", SIGN, intentId=intent["id"], signature=house.signature("urbanovich", PDF + b"1")
        )
    assert [error["code"] for error in refused["userErrors"]] == ["INTENT_EXPIRED"]


async def test_nothing_that_is_done_later_changes_a_signature(house: Household) -> None:
    """A22: no act touches it, in code, before the database would refuse: not the draft's end, nor the signatory's."""
    sides = ["SENDER"]
    signed, deleted = [
        await draft(house, "kolesnik", to="polesye", title=title, requiredSides=sides)
        for title in ("Договор", "Черновик")
    ]
    for document_id, title in ((signed, "Договор"), (deleted, "Черновик")):
        await house.sign("kolesnik", document_id, content_of(title))
    made = (await contents(house))["signatures"]
    again = (await house.prepare("kolesnik", signed))["userErrors"]
    assert [error["code"] for error in again] == ["ALREADY_SIGNED"]
    await house.act("kolesnik", SEND, draftId=signed)
    await house.act("kolesnik", DELETE, draftId=deleted)
    await house.act("urbanovich", ARCHIVE, documentId=signed, archived=True)
    await house.act("kolesnik", RENAME, displayName="Новая Елена Сергеевна", email="new@romashka.example")
    await house.act("kolesnik", REMOVE, certificateId=house.certificates["kolesnik"])
    await house.act("hotline", BLOCK_MEMBER, memberId=house.members["kolesnik"], basis=BASIS)
    await house.act("hotline", REMOVE_MEMBER, memberId=house.members["kolesnik"], basis=BASIS)
    assert (await contents(house))["signatures"] == made and len(made) == 2


async def test_one_signature_signs_one_document_even_where_the_bytes_are_the_same(house: Household) -> None:
    """EB30: the same file delivered twice is two documents; each wants a signature of its own."""
    first, second = [
        await house.receive(name, "urbanovich", uploadId=await house.upload("exchange", PDF)) for name in ("a", "b")
    ]
    cms = house.signature("urbanovich", PDF)
    intents = [(await house.prepare("urbanovich", document_id))["intent"]["id"] for document_id in (first, second)]
    await house.act("urbanovich", SIGN, intentId=intents[0], signature=cms)
    async with house.nothing_happens():
        again = await house.try_to("urbanovich", SIGN, intentId=intents[1], signature=cms)
    assert [(error["code"], error["path"]) for error in again["userErrors"]] == [("INVALID", ["signature"])]
    anew = await house.act("urbanovich", SIGN, intentId=intents[1], signature=house.signature("urbanovich", PDF))
    assert anew["document"]["status"] == "SIGNED"


async def test_the_window_warns_whatever_else_is_asked_with_it(house: Household) -> None:
    """A23: the warning stands although the same operation asks for the journal and its documents."""
    document_id = await house.receive("1", "kolesnik")
    for _ in range(3):
        shown = (await house.ask("urbanovich", WINDOW_AND_JOURNAL, id=document_id))["document"]
        assert shown["signingChoices"] == [{"warnings": [{"code": "RECIPIENT_DIFFERS"}]}]
        assert shown["activity"]["nodes"] == [{"document": {"viewerCanSign": True, "viewerCannotSignReasons": []}}]


async def test_the_exchange_sees_no_inside_of_what_it_delivered(house: Household) -> None:
    """C8: a second delivery answers with the document, not with its readers' address, views, membership."""
    upload_id = await house.upload("exchange", PDF)
    document_id = await house.receive("1", "kolesnik", uploadId=upload_id)
    await house.act("urbanovich", VIEW, documentId=document_id)
    await house.sign("urbanovich", document_id, PDF)
    delivered = {
        "organization": {"taxId": "190000001"},
        "uploadId": upload_id,
        "kind": "ACT",
        "title": "Акт 1",
        "sender": {"organization": {"taxId": "190000077", "name": "ОАО «Гродно-Опт»"}},
        "recipientEmails": [address("kolesnik")],
        "externalId": "1",
    }
    shown = (await house.act("exchange", OUTSIDE, **delivered))["document"]
    assert shown == {
        "status": "SIGNED",
        "firstViewed": None,
        "recipients": [{"member": None}],
        "signatures": [
            {
                "clientAddress": None,
                "userAgent": None,
                "signatoryPeriod": None,
                "signatory": {"personName": "Урбанович Анна Александровна"},
            }
        ],
    }


async def test_within_a_cabinet_the_sender_is_told_too(house: Household) -> None:
    """D3: of an internal document its sender gets the letter of the signature, and nobody else does."""
    upload_id = await house.upload("urbanovich", PDF, cabinetId=house.cabinets["romashka"])
    wish = {
        "draft": {"cabinetId": house.cabinets["romashka"]},
        "uploadId": upload_id,
        "counterparty": {"taxId": "190000001"},
        "recipientEmails": [address("kolesnik")],
        "requiredSides": ["RECIPIENT"],
    }
    draft = (await house.act("urbanovich", SAVE, **wish))["document"]["id"]
    await house.act("urbanovich", SEND, draftId=draft)
    async with noted(house) as came:
        await house.sign("kolesnik", draft, PDF)
    assert came.letters == [("document.signed", "urbanovich")]
