"""Three identities, never blurred: addressee, account and certificate subject (H3); and who may sign what waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from clients import b64
from household import NAMES, Household, address
from town import BASIS, CHALLENGE, PDF, PREPARE, REGISTER, SIGN
from wishes import (
    REMOVE_MEMBER,
    UNBLOCK_MEMBER,
    content_of,
    listed,
    noted,
    sent,
)

from server.demo import pen
from server.demo.authority import Credentials

pytestmark = pytest.mark.anyio

TITLE = "Договор поставки"
MOROZ = "Мороз Пётр Ильич"
SEEN = """query($id: ID!) { document(id: $id) { status
  recipients { personName member { id state } organization { name } }
  signedByOther { side expected { personName } actual { personName } }
  signatures { acknowledgedWarnings signatory { personName } certificate { subjectName }
    signedByOther { expected { personName } actual { personName } } }
  activity(first: 50) { nodes { kind message signatory { personName } } } } }"""
WINDOW = """query($id: ID!) { document(id: $id) { viewerCanSign viewerCannotSignReasons
  signingChoices { certificate { id } warnings { code } } } }"""


@dataclass
class Pen:
    """A certificate somebody signs with: his own, or one that names another person."""

    certificate_id: str
    keys: Credentials
    names: str


async def own_pen(house: Household) -> Pen:
    """Урбанович's own certificate."""
    keys = house.authority.credentials(address("urbanovich"))
    return Pen(house.certificates["urbanovich"], keys, NAMES["urbanovich"])


async def borrowed_pen(house: Household) -> Pen:
    """A certificate that names Мороз, registered by Урбанович, who has the token at hand."""
    keys = house.authority.issue(MOROZ, email="moroz@grodno.example", organization=None, unp=None, at=house.clock.now())
    asked = await house.act("urbanovich", CHALLENGE, certificate=b64(keys.der))
    proof = b64(pen.prove(asked["challenge"].encode(), keys.private_key))
    made = await house.act("urbanovich", REGISTER, challenge=asked["challenge"], proof=proof)
    return Pen(made["certificate"]["id"], keys, MOROZ)


async def signed_with(house: Household, chosen: Pen, document_id: str, content: bytes) -> list[str]:
    """Урбанович reads the warnings and signs; the warnings' codes."""
    wish = {"documentId": document_id, "certificateId": chosen.certificate_id}
    intent = (await house.act("urbanovich", PREPARE, **wish))["intent"]
    warnings = [warning["code"] for warning in intent["warnings"]]
    cms = pen.sign(content, key=chosen.keys.private_key, certificate=chosen.keys.x509, claimed_at=house.clock.now())
    signature = {"intentId": intent["id"], "signature": b64(cms)}
    if warnings:
        async with house.nothing_happens():
            unread = await house.try_to("urbanovich", SIGN, **signature, acknowledgedWarnings=warnings[1:])
        assert [error["code"] for error in unread["userErrors"]] == ["WARNINGS_NOT_ACKNOWLEDGED"]
    await house.act("urbanovich", SIGN, **signature, acknowledgedWarnings=warnings)
    return warnings


@pytest.mark.parametrize("is_internal", [False, True], ids=["incoming", "internal"])
@pytest.mark.parametrize("is_own", [True, False], ids=["own certificate", "borrowed certificate"])
@pytest.mark.parametrize("addressee", ["urbanovich", "kolesnik"])
async def test_addressee_account_and_certificate_are_three_facts(
    house: Household, addressee: str, is_own: bool, is_internal: bool
) -> None:
    """H3, A3, A22–A24, C8, EB38, EB39: warnings, mark, journal, the other side's view, in all combinations."""
    author, of = ("chaika", "romashka") if is_internal else ("savitskaya", "polesye")
    wish: dict[str, Any] = {"requiredSides": ["RECIPIENT"], "recipientEmails": [address(addressee)]}
    theirs = await sent(house, author, of=of, to="romashka", **wish)
    (document_id,) = await listed(house, "urbanovich", "AWAITING_US")
    chosen = await (own_pen if is_own else borrowed_pen)(house)

    warnings = await signed_with(house, chosen, document_id, content_of(TITLE))

    is_other = addressee != "urbanovich"
    expected = ["RECIPIENT_DIFFERS"] * is_other + ["CERTIFICATE_OWNER_DIFFERS"] * (not is_own)
    assert warnings == expected
    people = {"expected": [{"personName": NAMES[addressee]}], "actual": {"personName": NAMES["urbanovich"]}}
    mark = people if is_other else None
    told = sorted(expected) if is_internal else []  # what was clicked away never leaves the cabinet
    for who, seen_as, acknowledged in (("chaika", document_id, sorted(expected)), (author, theirs, told)):
        seen = (await house.ask(who, SEEN, id=seen_as))["document"]
        assert seen["status"] == "SIGNED"
        assert [party["personName"] for party in seen["recipients"]] == [NAMES[addressee]]
        assert seen["signatures"] == [
            {
                "acknowledgedWarnings": acknowledged,
                "signatory": {"personName": NAMES["urbanovich"]},
                "certificate": {"subjectName": chosen.names},
                "signedByOther": mark,
            }
        ]
        entry = seen["activity"]["nodes"][-1]
        assert (entry["kind"], entry["signatory"]) == ("DOCUMENT_SIGNED", {"personName": NAMES["urbanovich"]})
        assert {NAMES[addressee], NAMES["urbanovich"]} == {name for name in NAMES.values() if name in entry["message"]}
    ours = (await house.ask("kolesnik", SEEN, id=document_id))["document"]
    assert ours["signedByOther"] == (mark and {"side": "RECIPIENT", **mark})
    assert await listed(house, "chaika", "ALL", signedByOther=True) == [document_id] * is_other


@pytest.mark.parametrize("who", ["kolesnik", "urbanovich", "shcherbo"])
async def test_every_member_with_a_key_may_sign_what_waits(house: Household, who: str) -> None:
    """A3, A21, A23, C1: whoever signs, the document stays addressed to its recipient; all others are warned before."""
    document_id = await house.receive("a21", "kolesnik")
    window = (await house.ask(who, WINDOW, id=document_id))["document"]
    warnings = [] if who == "kolesnik" else [{"code": "RECIPIENT_DIFFERS"}]
    assert window == {
        "viewerCanSign": True,
        "viewerCannotSignReasons": [],
        "signingChoices": [{"certificate": {"id": house.certificates[who]}, "warnings": warnings}],
    }
    assert (await house.sign(who, document_id, PDF + b"a21"))["document"]["status"] == "SIGNED"
    seen = (await house.ask("chaika", SEEN, id=document_id))["document"]
    assert seen["recipients"][0]["member"] == {"id": house.members["kolesnik"], "state": "ACTIVE"}
    assert seen["signatures"][0]["signatory"] == {"personName": NAMES[who]}


async def test_a_member_without_a_key_sees_why_not(house: Household) -> None:
    """A6, C2, EB40, C22: no FORBIDDEN but a reason, before any other argument; the letter still comes to him."""
    async with noted(house) as came:
        document_id = await house.receive("a6", "kolesnik")
    assert came.readers("document.received") == ["chaika", "kolesnik", "shcherbo", "urbanovich"]
    window = (await house.ask("chaika", WINDOW, id=document_id))["document"]
    assert window == {"viewerCanSign": False, "viewerCannotSignReasons": ["NO_SIGNING_KEY"], "signingChoices": []}
    for certificate in (house.certificates["kolesnik"], "nonsense"):
        async with house.nothing_happens():
            payload = await house.try_to("chaika", PREPARE, documentId=document_id, certificateId=certificate)
        assert [error["code"] for error in payload["userErrors"]] == ["CANNOT_SIGN"]
    async with house.nothing_happens():
        foreign = {"documentId": document_id, "certificateId": house.certificates["kolesnik"]}
        payload = await house.try_to("urbanovich", PREPARE, **foreign)
    assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [("NOT_FOUND", ["certificateId"])]


async def test_a_recipient_who_was_blocked_meanwhile_signs_for_himself(house: Household) -> None:
    """EB41, C5: blocked and unblocked in between, and no mark; a signature prepared before is void."""
    document_id = await house.receive("eb41", "kolesnik")
    before = (await house.prepare("kolesnik", document_id))["intent"]
    await house.block("kolesnik")
    await house.act("hotline", UNBLOCK_MEMBER, memberId=house.members["kolesnik"], basis=BASIS)
    signature = house.signature("kolesnik", PDF + b"eb41")
    async with house.nothing_happens():
        void = await house.try_to("kolesnik", SIGN, intentId=before["id"], signature=signature)
    assert [error["code"] for error in void["userErrors"]] == ["INTENT_EXPIRED"]
    done = await house.sign("kolesnik", document_id, PDF + b"eb41")
    assert (done["document"]["status"], done["document"]["signedByOther"]) == ("SIGNED", None)


async def test_a_colleague_signs_for_who_has_left(house: Household) -> None:
    """EB42, C3: the mark names the former member, who is still the recipient."""
    document_id = await house.receive("eb42", "kolesnik")
    await house.act("hotline", REMOVE_MEMBER, memberId=house.members["kolesnik"], basis=BASIS)
    done = await house.sign("urbanovich", document_id, PDF + b"eb42")
    assert done["document"]["signedByOther"]["expected"] == [{"personName": NAMES["kolesnik"]}]
    seen = (await house.ask("chaika", SEEN, id=document_id))["document"]
    assert seen["recipients"] == [
        {
            "personName": NAMES["kolesnik"],
            "member": {"id": house.members["kolesnik"], "state": "REMOVED"},
            "organization": {"name": "ООО «Ромашка»"},
        }
    ]


async def test_addressed_to_the_organisation_nobody_signs_for_another(house: Household) -> None:
    """EB43: one recipient without a person; no warning, no mark; everybody is written to."""
    async with noted(house) as came:
        document_id = await house.receive("eb43")
    assert came.readers("document.received") == ["chaika", "kolesnik", "shcherbo", "urbanovich"]
    window = (await house.ask("urbanovich", WINDOW, id=document_id))["document"]
    assert [choice["warnings"] for choice in window["signingChoices"]] == [[]]
    done = await house.sign("urbanovich", document_id, PDF + b"eb43")
    assert done["document"]["signedByOther"] is None
    seen = (await house.ask("chaika", SEEN, id=document_id))["document"]
    assert seen["recipients"] == [{"personName": None, "member": None, "organization": {"name": "ООО «Ромашка»"}}]
    assert await listed(house, "urbanovich", "INCOMING", onlyMine=True) == []


@pytest.mark.parametrize("who", ["kolesnik", "urbanovich", "shcherbo"])
async def test_of_two_recipients_one_signature_suffices(house: Household, who: str) -> None:
    """EB44: one letter each; a mark only when the signatory is none of them."""
    async with noted(house) as came:
        document_id = await house.receive("eb44", "kolesnik", "urbanovich")
    assert came.readers("document.received") == ["chaika", "kolesnik", "shcherbo", "urbanovich"]
    done = await house.sign(who, document_id, PDF + b"eb44")
    both = [{"personName": NAMES["kolesnik"]}, {"personName": NAMES["urbanovich"]}]
    mark = {"side": "RECIPIENT", "expected": both, "actual": {"personName": NAMES["shcherbo"]}}
    assert done["document"]["signedByOther"] == (mark if who == "shcherbo" else None)
    assert done["document"]["status"] == "SIGNED"
    for person in ("kolesnik", "urbanovich"):
        assert await listed(house, "chaika", "INCOMING", memberIds=[house.members[person]]) == [document_id]
    signed = await listed(house, "chaika", "INCOMING", memberIds=[house.members[who]], memberAs=["SIGNATORY"])
    assert signed == [document_id]
