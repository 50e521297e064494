"""Signatures that are not taken: each with its own code and sentence, and a world that did not change (issue 3)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clients import b64
from household import NAMES, Household, address
from refused import Told, nothing_changes, refusal
from town import PDF, SIGN
from wishes import ARCHIVE, REJECT, SAVE, SEND, VIEW, WITHDRAW, content_of, draft, sent

from server.demo import pen
from server.demo.authority import Authority, Credentials

pytestmark = pytest.mark.anyio

FILE = PDF + b"1"
READ = ["RECIPIENT_DIFFERS"]


@pytest.fixture
async def intent_id(house: Household) -> str:
    """A document for Колесник, which Урбанович is about to sign: FILE is what it holds."""
    document_id = await house.receive("1", "kolesnik")
    return str((await house.prepare("urbanovich", document_id))["intent"]["id"])


def signed_by(
    house: Household, keys: Credentials, content: bytes = FILE, *, with_key_of: Credentials | None = None
) -> bytes:
    """A CMS that names the certificate of `keys`, made with another key where one is given."""
    pair = with_key_of or keys
    return pen.sign(content, key=pair.private_key, certificate=keys.x509, claimed_at=house.clock.now())


async def forged(house: Household, how: str, folder: Path) -> bytes:
    """A signature that is wrong in the way named."""
    own, other = house.authority.credentials(address("urbanovich")), house.authority.credentials(address("kolesnik"))
    good = signed_by(house, own)
    if how == "foreign authority":
        stranger = Authority.found(folder / "stranger", at=house.clock.now())
        keys = stranger.issue(
            NAMES["urbanovich"], email="u@romashka.example", organization=None, unp=None, at=house.clock.now()
        )
        return signed_by(house, keys)
    return {
        "empty": b"",
        "no DER": "подпись".encode(),
        "PEM": b"-----BEGIN CMS-----\nMIIB\n-----END CMS-----\n",
        "cut": good[:-7],
        "with a tail": good + b"\x00",
        "too large": good + b"\x00" * 300_000,
        "indefinite length": b"\x30\x80" + good[4:] + b"\x00\x00",
        "a certificate": own.der,
        "other content": signed_by(house, own, b"%PDF-1.4 another file"),
        "other key": signed_by(house, own, with_key_of=other),
        "foreign certificate": signed_by(house, other),
    }[how]


FORGED = {
    "empty": ("SIGNATURE_MALFORMED", "Это не подпись CMS в кодировке DER."),
    "no DER": ("SIGNATURE_MALFORMED", "Это не подпись CMS в кодировке DER."),
    "PEM": ("SIGNATURE_MALFORMED", "Это не подпись CMS в кодировке DER."),
    "cut": ("SIGNATURE_MALFORMED", "Это не подпись CMS в кодировке DER."),
    "with a tail": ("SIGNATURE_MALFORMED", "Это не подпись CMS в кодировке DER."),
    "too large": ("SIGNATURE_MALFORMED", "Файл подписи слишком большой."),
    "indefinite length": ("SIGNATURE_MALFORMED", "Это не подпись CMS в кодировке DER."),
    "a certificate": ("SIGNATURE_MALFORMED", "Это не подпись CMS в кодировке DER."),
    "other content": ("SIGNATURE_DIGEST_MISMATCH", "Подпись сделана для другого файла."),
    "other key": ("SIGNATURE_INVALID", "Подпись неверна: она не соответствует сертификату."),
    "foreign certificate": (
        "CERTIFICATE_MISMATCH",
        "Подпись сделана другим сертификатом: подпишите тем, который выбран.",
    ),
    "foreign authority": (
        "CERTIFICATE_MISMATCH",
        "Подпись сделана другим сертификатом: подпишите тем, который выбран.",
    ),
}


@pytest.mark.parametrize("how", FORGED)
async def test_a_wrong_signature_is_refused_in_words(
    house: Household, intent_id: str, how: str, tmp_path: Path
) -> None:
    """Issue 3, bad input: broken DER, wrong digest, other content, a foreign certificate: refused; nothing changes."""
    signature = b64(await forged(house, how, tmp_path))

    told = await refusal(
        house, "urbanovich", "documentSign", intentId=intent_id, signature=signature, acknowledgedWarnings=READ
    )

    code, sentence = FORGED[how]
    assert (told.code, told.path, told.ru) == (code, ["signature"], sentence)


async def test_after_a_wrong_signature_the_right_one_is_taken(house: Household, intent_id: str) -> None:
    """Issue 3: a refusal changes nothing, so the intent is as good as before."""
    wrong = b64(await forged(house, "other content", Path()))
    await refusal(house, "urbanovich", "documentSign", intentId=intent_id, signature=wrong, acknowledgedWarnings=READ)

    signed = await house.act(
        "urbanovich",
        SIGN,
        intentId=intent_id,
        signature=house.signature("urbanovich", FILE),
        acknowledgedWarnings=READ,
    )

    assert signed["document"]["status"] == "SIGNED"


async def test_unread_warnings_come_back(house: Household, intent_id: str) -> None:
    """A23: without the acknowledged warning the signature is refused with it, and both people are named."""
    told = await refusal(
        house, "urbanovich", "documentSign", intentId=intent_id, signature=house.signature("urbanovich", FILE)
    )

    assert told.place == ("WARNINGS_NOT_ACKNOWLEDGED", ["acknowledgedWarnings"])
    assert [warning["code"] for warning in told.error["warnings"]] == READ
    assert NAMES["kolesnik"] in told.ru and NAMES["urbanovich"] in told.ru


async def test_an_intent_that_is_too_old_is_refused(house: Household, intent_id: str) -> None:
    """EB35: after 15 minutes a signature is INTENT_EXPIRED, at 15 minutes sharp too."""
    signature = house.signature("urbanovich", FILE)
    house.clock.move(timedelta(minutes=15))

    told = await refusal(
        house, "urbanovich", "documentSign", intentId=intent_id, signature=signature, acknowledgedWarnings=READ
    )

    assert told.place == ("INTENT_EXPIRED", ["intentId"])


async def test_an_intent_takes_one_signature(house: Household, intent_id: str) -> None:
    """EB30, EB35: the same signature again gives the same Signature, even later; another one is INTENT_USED."""
    first, second = house.signature("urbanovich", FILE), house.signature("urbanovich", FILE)
    wish = {"intentId": intent_id, "acknowledgedWarnings": READ}
    taken = await house.act("urbanovich", SIGN, **wish, signature=first)
    assert first != second

    told = await refusal(house, "urbanovich", "documentSign", **wish, signature=second)
    house.clock.move(timedelta(hours=2))
    async with nothing_changes(house):
        again = await house.act("urbanovich", SIGN, **wish, signature=first)

    assert told.code == "INTENT_USED"
    assert again == taken


@pytest.mark.parametrize("who", ["kolesnik", "chaika", "savitskaya", "hotline"])
async def test_an_intent_is_its_makers_alone(house: Household, intent_id: str, who: str) -> None:
    """EB35: an intent of another member or of another cabinet's member is NOT_FOUND."""
    told = await refusal(house, who, "documentSign", intentId=intent_id, signature=house.signature("urbanovich", FILE))

    assert told.place == ("NOT_FOUND", ["intentId"])


async def test_the_one_who_was_slower_learns_by_whom_and_when(house: Household, intent_id: str) -> None:
    """EB29, A3: after Урбанович has signed, Колесник's own signature is ALREADY_SIGNED by name and time."""
    document_id = await document_of(house, intent_id)
    own = await house.prepare("kolesnik", document_id)
    wish = {"intentId": intent_id, "signature": house.signature("urbanovich", FILE), "acknowledgedWarnings": READ}
    taken = await house.act("urbanovich", SIGN, **wish)

    late = {"intentId": own["intent"]["id"], "signature": house.signature("kolesnik", FILE)}
    told = await refusal(house, "kolesnik", "documentSign", **late)
    prepared = await refusal(
        house, "kolesnik", "signaturePrepare", documentId=document_id, certificateId=house.certificates["kolesnik"]
    )

    first = {"id": taken["signature"]["id"], "signedAt": "2026-11-24T09:00:00Z"}
    first["signatory"] = {"personName": NAMES["urbanovich"]}
    for error in (told, prepared):
        assert (error.code, error.error["signature"]) == ("ALREADY_SIGNED", first)
        assert error.error["document"] == {"id": document_id, "status": "SIGNED"}
        assert error.ru == f"Документ уже подписан: {NAMES['urbanovich']}, 24.11.2026 12:00."


async def document_of(house: Household, intent_id: str) -> str:
    """The document that an intent is about."""
    asked = "query($id: ID!) { node(id: $id) { ... on SigningIntent { document { id } } } }"
    return str((await house.ask("urbanovich", asked, id=intent_id))["node"]["document"]["id"])


async def test_a_rejected_document_is_not_signed_any_more(house: Household, intent_id: str) -> None:
    """EB31: after a rejection a signature is DOCUMENT_NOT_OPEN with the document; the rejection stays."""
    document_id = await document_of(house, intent_id)
    await house.act("kolesnik", REJECT, documentId=document_id, reason="не та сумма")

    told = await signing(house, intent_id)

    assert (told.code, told.error["document"]) == ("DOCUMENT_NOT_OPEN", {"id": document_id, "status": "REJECTED"})
    assert told.ru == "Состояние документа не допускает этого действия: «Отклонён нами»."


async def test_a_document_whose_time_is_over_is_not_signed(house: Household) -> None:
    """EB31, D3: after `signBefore` a signature is refused at once, before the keeper has written EXPIRED."""
    document_id = await house.receive("1", "kolesnik", signBefore="2026-11-24T09:10:00Z")
    intent_id = (await house.prepare("urbanovich", document_id))["intent"]["id"]
    house.clock.move(timedelta(minutes=10))

    told = await signing(house, intent_id)

    assert told.code == "DOCUMENT_NOT_OPEN"
    assert told.error["document"]["id"] == document_id


async def signing(house: Household, intent_id: str, content: bytes = FILE) -> Told:
    """Урбанович hands in a good signature, and is refused."""
    signature = house.signature("urbanovich", content)
    return await refusal(
        house, "urbanovich", "documentSign", intentId=intent_id, signature=signature, acknowledgedWarnings=READ
    )


async def test_a_document_withdrawn_while_the_window_is_open_is_not_signed(house: Household) -> None:
    """EB33, EB31: taken back by its sender between choice and signature: refused, and the journal has told it."""
    content = content_of("Договор")
    theirs = await sent(house, "savitskaya", of="polesye", to="romashka", title="Договор", requiredSides=["RECIPIENT"])
    received = await newest(house, "urbanovich")
    intent_id = (await house.prepare("urbanovich", received))["intent"]["id"]
    await house.act("savitskaya", WITHDRAW, documentId=theirs, reason="ошиблись адресом")

    told = await signing(house, intent_id, content)

    assert (told.code, told.error["document"]) == ("DOCUMENT_NOT_OPEN", {"id": received, "status": "WITHDRAWN"})
    assert told.ru == "Состояние документа не допускает этого действия: «Отозван отправителем»."
    journal = await house.ask("urbanovich", "{ cabinet { activity(first: 1) { nodes { kind } } } }")
    assert journal["cabinet"]["activity"]["nodes"] == [{"kind": "DOCUMENT_WITHDRAWN"}]


async def test_a_file_that_changed_after_the_choice_is_not_signed(house: Household) -> None:
    """EB34: the draft's file was replaced between prepare and submit: DOCUMENT_CHANGED, whatever was signed."""
    draft_id = await draft(house, "urbanovich", to="polesye")
    intent_id = (await house.prepare("urbanovich", draft_id))["intent"]["id"]
    other = await house.upload("urbanovich", PDF + b"2", cabinetId=house.cabinets["romashka"])
    await house.act("urbanovich", SAVE, draft={"draftId": draft_id}, uploadId=other)

    told = await signing(house, intent_id, content_of("Договор поставки"))

    assert told.place == ("DOCUMENT_CHANGED", ["intentId"])
    assert told.error["document"] == {"id": draft_id, "status": "DRAFT"}


CHANGES: list[dict[str, Any]] = [
    {"title": "Договор аренды"},
    {"number": "7"},
    {"kind": "ACT"},
    {"requiredSides": ["SENDER"]},
    {"signBefore": "2026-12-01T09:00:00Z"},
    {"recipientEmails": [address("savitskaya")]},
]


@pytest.mark.parametrize("change", [*CHANGES, {}], ids=lambda change: "".join(change) or "sent")
async def test_a_document_that_is_another_than_was_shown_is_not_signed(
    house: Household, change: dict[str, Any]
) -> None:
    """EB34: any word of a draft changed, or it was sent, between prepare and submit: DOCUMENT_CHANGED."""
    draft_id = await draft(house, "urbanovich", to="polesye")
    intent_id = (await house.prepare("urbanovich", draft_id))["intent"]["id"]
    if change:
        await house.act("urbanovich", SAVE, draft={"draftId": draft_id}, **change)
    else:
        await house.act("urbanovich", SEND, draftId=draft_id)

    told = await signing(house, intent_id, content_of("Договор поставки"))

    status = "DRAFT" if change else "SENT"
    assert told.place == ("DOCUMENT_CHANGED", ["intentId"])
    assert told.error["document"] == {"id": draft_id, "status": status}


async def test_what_changes_nothing_of_the_document_voids_no_signature(house: Household) -> None:
    """EB34: opened and put away by a colleague between prepare and submit: it is signed as it was shown."""
    document_id = await house.receive("1", "kolesnik")
    intent = (await house.prepare("urbanovich", document_id))["intent"]
    await house.act("chaika", VIEW, documentId=document_id)
    await house.act("chaika", ARCHIVE, documentId=document_id, archived=True)
    read = [warning["code"] for warning in intent["warnings"]]
    cms = house.signature("urbanovich", PDF + b"1")
    signed = await house.act("urbanovich", SIGN, intentId=intent["id"], signature=cms, acknowledgedWarnings=read)
    assert signed["document"]["status"] == "SIGNED"


async def newest(house: Household, who: str) -> str:
    """The newest document that came."""
    asked = "{ cabinet { folder(kind: INCOMING) { documents(first: 1) { nodes { id } } } } }"
    return str((await house.ask(who, asked))["cabinet"]["folder"]["documents"]["nodes"][0]["id"])
