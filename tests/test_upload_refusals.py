"""Files that are not taken, and names that are made safe (EC58, EH92)."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from household import ROMASHKA, SUPPLIER, Household
from refused import contents, nothing_changes, refusal
from town import PDF, RECEIVE, UPLOAD
from wishes import SAVE, draft

from models.refusals import Reason, Refusal

pytestmark = pytest.mark.anyio

LARGEST = 52_428_800
FILE_NAME = "query($id: ID!) { document(id: $id) { title file { name contentType sizeBytes sha256 } } }"


def announced(house: Household, **said: Any) -> dict[str, Any]:
    """What a member says about a file of his cabinet before he puts it."""
    sha256 = hashlib.sha256(PDF).hexdigest()
    file = {"fileName": "Акт.pdf", "contentType": "application/pdf", "sizeBytes": len(PDF), "sha256": sha256}
    return {"cabinetId": house.cabinets["romashka"], **file, **said}


WRONG: dict[str, tuple[dict[str, Any], tuple[str, list[str]]]] = {
    "0 bytes": ({"sizeBytes": 0}, ("INVALID", ["sizeBytes"])),
    "fewer than none": ({"sizeBytes": -1}, ("INVALID", ["sizeBytes"])),
    "too large": ({"sizeBytes": LARGEST + 1}, ("FILE_TOO_LARGE", ["sizeBytes"])),
    "no digest": ({"sha256": ""}, ("INVALID", ["sha256"])),
    "capital digest": ({"sha256": "A" * 64}, ("INVALID", ["sha256"])),
    "short digest": ({"sha256": "a" * 63}, ("INVALID", ["sha256"])),
    "digest with a line end": ({"sha256": "a" * 64 + "\n"}, ("INVALID", ["sha256"])),
    "no type": ({"contentType": ""}, ("INVALID", ["contentType"])),
    "header in the type": ({"contentType": "text/html\r\nX: y"}, ("INVALID", ["contentType"])),
    "no name": ({"fileName": " "}, ("REQUIRED", ["fileName"])),
    "endless name": ({"fileName": "я" * 1001}, ("TOO_LONG", ["fileName"])),
    "name with a line end": ({"fileName": "a\u0000b.pdf"}, ("INVALID", ["fileName"])),
}


@pytest.mark.parametrize("what", WRONG)
async def test_a_wrong_file_is_refused_before_its_bytes_come(house: Household, what: str) -> None:
    """EC58: 0 bytes, too large, no digest, no type, no name: refused at the argument; no row is made."""
    said, place = WRONG[what]

    told = await refusal(house, "urbanovich", "documentUploadCreate", **announced(house, **said))

    assert told.place == place


async def test_the_largest_file_allowed_may_be_announced(house: Household) -> None:
    """EC58: the limit itself is allowed, and the sentence of a refusal names it."""
    taken = await house.act("urbanovich", UPLOAD, **announced(house, sizeBytes=LARGEST))
    told = await refusal(house, "urbanovich", "documentUploadCreate", **announced(house, sizeBytes=LARGEST + 1))

    assert taken["upload"]["url"].startswith("http://cabinet.example/uploads/")
    assert str(LARGEST) in told.ru


NAMES = {
    "../../etc/passwd": "passwd",
    "..\\..\\boot.ini": "boot.ini",
    "C:\\Акты\\Акт 15.pdf": "Акт 15.pdf",
    "/var/Акт.pdf": "Акт.pdf",
    "Акт\u202efdp.exe": "Актfdp.exe",
    "\u2066Акт\u2069\u200b.pdf": "Акт.pdf",
    "a<b>:c|d?.pdf": "a_b__c_d_.pdf",
    "CON.pdf": "_CON.pdf",
    "...": "document",
    "/": "document",
    "Й".encode().decode() + "\u0438\u0306.pdf": "Йй.pdf",
}


@pytest.mark.parametrize("name", NAMES)
async def test_a_name_is_made_safe(house: Household, name: str) -> None:
    """EC58: path parts, right-to-left and invisible marks, device names: the file keeps what is left, by its digest."""
    upload_id = await house.upload("urbanovich", name=name, cabinetId=house.cabinets["romashka"])
    draft_id = await draft(house, "urbanovich", to=None, uploadId=upload_id)

    file = (await house.ask("urbanovich", FILE_NAME, id=draft_id))["document"]["file"]

    digest = hashlib.sha256(PDF).hexdigest()
    assert (file["name"], file["sizeBytes"], file["sha256"]) == (NAMES[name], len(PDF), digest)


async def test_a_long_name_keeps_its_extension(house: Household) -> None:
    """EC58: at most 255 bytes of UTF-8, cut between letters."""
    upload_id = await house.upload("urbanovich", name="я" * 900 + ".pdf", cabinetId=house.cabinets["romashka"])
    draft_id = await draft(house, "urbanovich", to=None, uploadId=upload_id)

    file = (await house.ask("urbanovich", FILE_NAME, id=draft_id))["document"]["file"]

    assert file["name"] == "я" * 125 + ".pdf"


@pytest.mark.parametrize(
    "content", [b"", PDF + b"!", PDF[:-1], bytes(len(PDF))], ids=["none", "more", "fewer", "other"]
)
async def test_other_bytes_than_announced_are_not_stored(house: Household, content: bytes) -> None:
    """EH92: UPLOAD_DIGEST_MISMATCH; the upload stays without bytes, the right ones come in later."""
    upload_id = str((await house.act("urbanovich", UPLOAD, **announced(house)))["upload"]["id"])

    async with nothing_changes(house):
        with pytest.raises(Refusal) as refused:
            await house.store("urbanovich", upload_id, content)
    empty = await refusal(
        house, "urbanovich", "draftSave", draft={"cabinetId": house.cabinets["romashka"]}, uploadId=upload_id
    )

    assert refused.value.reason is Reason.UPLOAD_DIGEST_MISMATCH
    assert empty.place == ("UPLOAD_INCOMPLETE", ["uploadId"])
    await house.store("urbanovich", upload_id, PDF)
    await draft(house, "urbanovich", to=None, uploadId=upload_id)


@pytest.mark.parametrize("who", ["kolesnik", "savitskaya", "hotline", "exchange"])
async def test_an_upload_is_its_makers_alone(house: Household, who: str) -> None:
    """EH92: nobody else puts its bytes or uses it: NOT_FOUND, for a colleague too; it cannot be read either."""
    upload_id = str((await house.act("urbanovich", UPLOAD, **announced(house)))["upload"]["id"])

    async with nothing_changes(house):
        with pytest.raises(Refusal) as refused:
            await house.store(who, upload_id, PDF)
        seen = await house.ask(who, "query($id: ID!) { node(id: $id) { id } }", id=upload_id)

    assert refused.value.reason is Reason.NOT_FOUND
    assert seen == {"node": None}


async def test_one_file_serves_one_document(house: Household) -> None:
    """EH92: a used upload makes no second draft and no second delivery; late bytes are refused."""
    upload_id = await house.upload("urbanovich", cabinetId=house.cabinets["romashka"])
    await draft(house, "urbanovich", to=None, uploadId=upload_id)
    own = {"draft": {"cabinetId": house.cabinets["romashka"]}, "uploadId": upload_id}
    delivered = await house.upload("exchange")
    await house.receive("1", "kolesnik", uploadId=delivered)

    again = await refusal(house, "urbanovich", "draftSave", **own)
    twice = await refusal(house, "exchange", "documentReceive", **delivery(uploadId=delivered))

    assert again.place == twice.place == ("INVALID", ["uploadId"])


def delivery(**said: Any) -> dict[str, Any]:
    """A delivery of the exchange to nobody in particular."""
    names = {"organization": ROMASHKA, "kind": "ACT", "title": "Акт", "externalId": "2"}
    return {**names, "sender": {"organization": SUPPLIER}, **said}


WRONG_DELIVERY: dict[str, tuple[dict[str, Any], tuple[str, list[str]]]] = {
    "no title": ({"title": " "}, ("REQUIRED", ["title"])),
    "long title": ({"title": "я" * 501}, ("TOO_LONG", ["title"])),
    "line end in the id": ({"externalId": "\u0000"}, ("INVALID", ["externalId"])),
    "no id": ({"externalId": ""}, ("REQUIRED", ["externalId"])),
    "nobody's cabinet": ({"organization": SUPPLIER}, ("NOT_FOUND", ["organization"])),
    "no address": ({"recipientEmails": ["не адрес"]}, ("INVALID", ["recipientEmails"])),
    "the sender's signature": ({"requiredSides": ["SENDER", "RECIPIENT"]}, ("INVALID", ["requiredSides"])),
}


@pytest.mark.parametrize("what", WRONG_DELIVERY)
async def test_a_wrong_delivery_leaves_nothing(house: Household, what: str) -> None:
    """Issue 3: refused at the argument, in the language of the request; no organisation is made, no file is used."""
    said, place = WRONG_DELIVERY[what]
    upload_id = await house.upload("exchange")

    told = await refusal(house, "exchange", "documentReceive", **delivery(uploadId=upload_id, **said))

    assert told.place == place
    await house.act("exchange", RECEIVE, **delivery(uploadId=upload_id))


async def test_an_upload_that_waited_too_long_is_dead(house: Household) -> None:
    """EH92: bytes within 15 minutes, use within 24 hours."""
    late = str((await house.act("urbanovich", UPLOAD, **announced(house)))["upload"]["id"])
    stored = await house.upload("urbanovich", cabinetId=house.cabinets["romashka"])

    house.clock.move(timedelta(minutes=15))
    with pytest.raises(Refusal) as refused:
        await house.store("urbanovich", late, PDF)
    house.clock.move(timedelta(hours=24))
    told = await refusal(
        house, "urbanovich", "draftSave", draft={"cabinetId": house.cabinets["romashka"]}, uploadId=stored
    )

    assert refused.value.reason is Reason.NOT_FOUND
    assert told.place == ("INVALID", ["uploadId"])


async def test_a_draft_that_cannot_take_a_file_is_not_begun(house: Household) -> None:
    """EH92: a refused file leaves no half of a draft behind."""
    before = await contents(house)
    answer = await house.try_to(
        "urbanovich", SAVE, draft={"cabinetId": house.cabinets["romashka"]}, uploadId="x", title="Договор"
    )

    assert [error["code"] for error in answer["userErrors"]] == ["NOT_FOUND"]
    assert await contents(house) == before
