"""The main act through the front door: a colleague signs for an absent colleague, and everybody knows.

One story over real HTTP, a real WebSocket, real SMTP and a started server process, told in the order of its chapters.
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from clients import Api, Socket, b64, subscribed
from processes import cabinet
from town import (
    BASIS,
    CHAIKA,
    GRINKEVICH,
    KOLESNIK,
    NAMES,
    PDF,
    PREPARE,
    ROMASHKA,
    SHCHERBO,
    SIGN,
    URBANOVICH,
    Town,
    open_town,
)

from server.demo import pen

pytestmark = pytest.mark.anyio

ROW = """
fragment Row on Document {
  id title number kind status statusText createdAt viewerHasSeen
  counterparty { name }
  recipients { personName personEmail }
  signedByOther { side expected { personName } actual { personName } }
}"""
FOLDER = (
    """query($f: DocumentFilter) { cabinet { folder(kind: INCOMING) {
  documentCount(filter: $f) unseenCount(filter: $f)
  documents(filter: $f) { totalCount nodes { ...Row } } } } }"""
    + ROW
)
CARD = (
    """query($id: ID!) { document(id: $id) { ...Row
  exchangeId awaitedSides requiredSides
  sender { organization { name } personName }
  recipients { member { id state user { displayName } } }
  signatures { side signedAt acknowledgedWarnings clientAddress
    signatory { personName personEmail member { id state } }
    signatoryPeriod { joinedAt }
    certificate { subjectName serialNumber }
    signedByOther { actual { personName } } downloadUrl }
  file { name sizeBytes sha256 downloadUrl }
  viewerCanSign viewerCannotSignReasons
  activity(first: 20) { nodes { seq kind message actor { displayName } signatory { personName } } } } }"""
    + ROW
)
WINDOW = """query($id: ID!) { document(id: $id) { viewerCanSign viewerCannotSignReasons
  signingChoices { certificate { id info { subjectName } }
    warnings { code message signedByOther { expected { personName } actual { personName } } } } } }"""
NEW_DOCUMENTS = """subscription($c: ID!) { documentAdded(cabinetId: $c) { __typename cursor
  ... on DocumentAddedEvent { document { id title recipients { personName } } }
  ... on AccessRevokedEvent { reason } } }"""
EVERYTHING = """subscription($c: ID!) { cabinetEvents(cabinetId: $c) { __typename cursor entry { kind message }
  ... on DocumentUpdatedEvent { document { id status signedByOther { actual { personName } } } }
  ... on AccessRevokedEvent { reason } } }"""
WHOLE_VIEW = (
    """query($id: ID!) { cabinet {
  folders { kind documentCount unseenCount }
  folder(kind: ALL) { documents { totalCount nodes { ...Row sender { personName member { id } } } } }
  }
  document(id: $id) { ...Row recipients { member { id } }
    signatures { side signatory { personName member { id } } } } }"""
    + ROW
)
JOURNAL = """query($c: ID) { cabinet(id: $c) { activity(first: 3) { nodes { kind message channel basis { text ticket }
  actor { displayName } } } members { nodes { state stateEntry { message basis { text ticket }
  actor { displayName } } user { displayName } } } } }"""


async def test_a_colleague_signs_for_an_absent_colleague_and_everybody_knows(tmp_path: Path) -> None:
    """A1–A3, A15–A26, A29–A32, B1: the whole act, chapter by chapter."""
    async with open_town(tmp_path) as town, AsyncExitStack() as stack:
        await people_move_in(town)
        sockets = [
            await stack.enter_async_context(
                subscribed(town.server.ws, str(town.api(email).token), NEW_DOCUMENTS, c=town.cabinet_id)
            )
            for email in (KOLESNIK, URBANOVICH)
        ]
        document_id = await the_exchange_delivers(town)
        await everybody_is_told_once(town, sockets, document_id)
        await she_finds_it_by_colleague(town, document_id)
        certificate_id = await the_window_warns(town, document_id)
        dashboard = await stack.enter_async_context(
            subscribed(town.server.ws, str(town.api(SHCHERBO).token), EVERYTHING, c=town.cabinet_id)
        )
        await she_signs_with_openssl(town, document_id, certificate_id, tmp_path)
        await everybody_sees_who_signed(town, dashboard, document_id)
        await the_operator_blocks_her(town, sockets[0], document_id)


async def people_move_in(town: Town) -> None:
    """Колесник with a key, Урбанович with another, Чайка without one, Гринкевич, who is blocked at once."""
    for email in (KOLESNIK, URBANOVICH, CHAIKA, GRINKEVICH):
        await town.add(email)
    await town.give_key(KOLESNIK)
    await town.give_key(URBANOVICH)
    await town.block(GRINKEVICH)
    letters = await town.letters(5)
    assert Counter(who for who, _ in letters) == Counter([GRINKEVICH, KOLESNIK, URBANOVICH, CHAIKA, SHCHERBO])


async def the_exchange_delivers(town: Town) -> str:
    """1. Upload, PUT, receive; a second delivery with the same `externalId` changes nothing (EC57)."""
    token = await cabinet("token", "create", "--exchange", "Обмен", env=town.env)
    exchange = Api(town.http, token)
    upload_id = await town.upload(exchange, PDF)
    first = await town.deliver(exchange, external_id="x-1", recipients=[KOLESNIK], uploadId=upload_id)
    assert first["status"] == "AWAITING_SIGNATURE"
    again = await town.deliver(exchange, external_id="x-1", recipients=[KOLESNIK], uploadId=upload_id)
    assert again["id"] == first["id"]
    return str(first["id"])


async def everybody_is_told_once(town: Town, sockets: list[Socket], document_id: str) -> None:
    """2. One letter to each active member, none to the blocked one; one event on each open socket (A20, B1)."""
    letters = await town.letters(4)
    assert sorted(who for who, _ in letters) == sorted([KOLESNIK, URBANOVICH, CHAIKA, SHCHERBO])
    for socket in sockets:
        event = await socket.next()
        assert event["__typename"] == "DocumentAddedEvent"
        assert event["document"]["id"] == document_id
        assert event["document"]["recipients"] == [{"personName": NAMES[KOLESNIK]}]


async def she_finds_it_by_colleague(town: Town, document_id: str) -> None:
    """3. By name with initials, in Latin, by e-mail; «only mine» hides it; counters agree with lists (A16–A19)."""
    urbanovich = town.api(URBANOVICH)
    for text in ("Колесник Е.С.", "kolesnik", KOLESNIK):
        folder = (await urbanovich.ask(FOLDER, f={"memberSearch": text}))["cabinet"]["folder"]
        assert [row["id"] for row in folder["documents"]["nodes"]] == [document_id], text
        assert folder["documentCount"] == folder["documents"]["totalCount"] == folder["unseenCount"] == 1
    mine = (await urbanovich.ask(FOLDER, f={"onlyMine": True}))["cabinet"]["folder"]
    assert (mine["documents"]["nodes"], mine["documentCount"], mine["unseenCount"]) == ([], 0, 0)
    his = (await town.api(KOLESNIK).ask(FOLDER, f={"onlyMine": True}))["cabinet"]["folder"]
    assert [row["id"] for row in his["documents"]["nodes"]] == [document_id]


async def the_window_warns(town: Town, document_id: str) -> str:
    """4. Recipient and signatory differ, said before signing; the recipient himself is not warned (A23)."""
    window = (await town.api(URBANOVICH).ask(WINDOW, id=document_id))["document"]
    (choice,) = window["signingChoices"]
    (warning,) = choice["warnings"]
    assert warning["code"] == "RECIPIENT_DIFFERS"
    assert warning["signedByOther"] == {
        "expected": [{"personName": NAMES[KOLESNIK]}],
        "actual": {"personName": NAMES[URBANOVICH]},
    }
    assert NAMES[KOLESNIK] in warning["message"] and NAMES[URBANOVICH] in warning["message"]
    own = (await town.api(KOLESNIK).ask(WINDOW, id=document_id))["document"]
    assert [choice["warnings"] for choice in own["signingChoices"]] == [[]]
    keyless = (await town.api(CHAIKA).ask(WINDOW, id=document_id))["document"]
    assert keyless == {"viewerCanSign": False, "viewerCannotSignReasons": ["NO_SIGNING_KEY"], "signingChoices": []}
    return str(choice["certificate"]["id"])


async def she_signs_with_openssl(town: Town, document_id: str, certificate_id: str, folder: Path) -> None:
    """5. She signs outside of the server; without the acknowledged warning it is refused with the warnings."""
    urbanovich = town.api(URBANOVICH)
    prepared = await urbanovich.act(PREPARE, i={"documentId": document_id, "certificateId": certificate_id})
    intent = prepared["intent"]
    assert [warning["code"] for warning in intent["warnings"]] == ["RECIPIENT_DIFFERS"]
    cms = b64(sign_with_openssl(town, URBANOVICH, PDF, folder))
    unread = await urbanovich.try_to(SIGN, i={"intentId": intent["id"], "signature": cms})
    (error,) = unread["userErrors"]
    assert error["code"] == "WARNINGS_NOT_ACKNOWLEDGED"
    assert [warning["code"] for warning in error["warnings"]] == ["RECIPIENT_DIFFERS"]
    forged = b64(sign_with_openssl(town, URBANOVICH, PDF + b"other", folder))
    wrong = await urbanovich.try_to(
        SIGN, i={"intentId": intent["id"], "signature": forged, "acknowledgedWarnings": ["RECIPIENT_DIFFERS"]}
    )
    assert [e["code"] for e in wrong["userErrors"]] == ["SIGNATURE_DIGEST_MISMATCH"]
    read = {"intentId": intent["id"], "signature": cms, "acknowledgedWarnings": ["RECIPIENT_DIFFERS"]}
    signed = await urbanovich.act(SIGN, i=read)
    assert signed["document"]["status"] == "SIGNED"
    again = await urbanovich.act(SIGN, i=read)
    assert again["signature"]["id"] == signed["signature"]["id"]


def sign_with_openssl(town: Town, email: str, content: bytes, folder: Path) -> bytes:
    """What the README tells a person to run."""
    keys = town.authority.credentials(email)
    (folder / "act.pdf").write_bytes(content)
    command = "openssl cms -sign -binary -cades -md sha256 -nosmimecap -in act.pdf -outform DER -out act.p7s"
    subprocess.run(
        [*command.split(), "-signer", keys.certificate, "-inkey", keys.key, "-certfile", keys.chain],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return (folder / "act.p7s").read_bytes()


async def everybody_sees_who_signed(town: Town, dashboard: Socket, document_id: str) -> None:
    """6. Card, list, details and journal: recipient, signatory and the mark; she is refused by name (A22–A26)."""
    mark = {
        "side": "RECIPIENT",
        "expected": [{"personName": NAMES[KOLESNIK]}],
        "actual": {"personName": NAMES[URBANOVICH]},
    }
    for email in (KOLESNIK, URBANOVICH, CHAIKA, SHCHERBO):
        card = (await town.api(email).ask(CARD, id=document_id))["document"]
        assert card["signedByOther"] == mark
        assert [r["personName"] for r in card["recipients"]] == [NAMES[KOLESNIK]]
        assert card["recipients"][0]["member"]["id"] == town.member_ids[KOLESNIK]
        (signature,) = card["signatures"]
        assert signature["signatory"]["member"] == {"id": town.member_ids[URBANOVICH], "state": "ACTIVE"}
        assert signature["acknowledgedWarnings"] == ["RECIPIENT_DIFFERS"]
        assert card["awaitedSides"] == []
    kinds = [entry["kind"] for entry in card["activity"]["nodes"]]
    assert kinds == ["DOCUMENT_RECEIVED", "DOCUMENT_SIGNED"]
    told = card["activity"]["nodes"][1]
    assert NAMES[KOLESNIK] in told["message"] and NAMES[URBANOVICH] in told["message"]
    folder = (await town.api(CHAIKA).ask(FOLDER, f={"signedByOther": True}))["cabinet"]["folder"]
    assert [row["signedByOther"] for row in folder["documents"]["nodes"]] == [mark]
    event = await dashboard.next()
    assert (event["__typename"], event["entry"]["kind"]) == ("DocumentUpdatedEvent", "DOCUMENT_SIGNED")
    assert event["document"]["signedByOther"] == {"actual": {"personName": NAMES[URBANOVICH]}}
    await she_is_refused_by_name(town, document_id, signature["signedAt"])


async def she_is_refused_by_name(town: Town, document_id: str, signed_at: str) -> None:
    """Колесник's own signing of it names who was faster, and when (EB29)."""
    kolesnik = town.api(KOLESNIK)
    own = (await kolesnik.ask("{ viewer { certificates { id } } }"))["viewer"]["certificates"][0]["id"]
    refused = await kolesnik.try_to(PREPARE, i={"documentId": document_id, "certificateId": own})
    (error,) = refused["userErrors"]
    assert error["code"] == "ALREADY_SIGNED"
    assert NAMES[URBANOVICH] in error["message"]
    assert error["signature"] == {"signedAt": signed_at, "signatory": {"personName": NAMES[URBANOVICH]}}


async def the_operator_blocks_her(town: Town, socket: Socket, document_id: str) -> None:
    """7. Blocked means blocked: request, stream, link, prepared signature; her documents stay hers (A30–A32)."""
    kolesnik, urbanovich = town.api(KOLESNIK), town.api(URBANOVICH)
    exchange = Api(town.http, await cabinet("token", "create", "--exchange", "Обмен", env=town.env))
    second = await town.deliver(exchange, external_id="x-2", recipients=[KOLESNIK], title="Договор")
    assert (await socket.next())["document"]["id"] == second["id"]
    await town.letters(4)
    link = (await kolesnik.ask(CARD, id=document_id))["document"]["file"]["downloadUrl"]
    assert (await town.http.get(link)).content == PDF
    prepared = await prepare(town, KOLESNIK, second["id"])
    before = await view_of(urbanovich, document_id)

    blocked = await town.block(KOLESNIK)
    assert blocked["member"]["state"] == "BLOCKED"

    event = await socket.next()
    assert (event["__typename"], event["reason"]) == ("AccessRevokedEvent", "BLOCKED")
    await socket.end()
    assert (await kolesnik.ask(CARD, id=document_id))["document"] is None
    header = await kolesnik.ask("{ viewer { displayName members { state organization { name } cabinet { id } } } }")
    membership = {"state": "BLOCKED", "organization": {"name": ROMASHKA["name"]}, "cabinet": None}
    assert header["viewer"] == {"displayName": NAMES[KOLESNIK], "members": [membership]}
    dead = await town.http.get(link)
    assert (dead.status_code, dead.json()["code"]) == (404, "NOT_FOUND")
    await the_prepared_signature_is_refused(town, prepared)
    letters = await town.letters(4)
    assert sorted(who for who, _ in letters) == sorted([KOLESNIK, URBANOVICH, CHAIKA, SHCHERBO])
    assert await view_of(urbanovich, document_id) == before
    await town.log_in(KOLESNIK)
    await all_know_who_asked(town)


async def prepare(town: Town, email: str, document_id: str) -> tuple[str, bytes]:
    """An intent, and the bytes it is about."""
    api = town.api(email)
    own = (await api.ask("{ viewer { certificates { id } } }"))["viewer"]["certificates"][0]["id"]
    payload = await api.act(PREPARE, i={"documentId": document_id, "certificateId": own})
    url = (await api.ask(CARD, id=document_id))["document"]["file"]["downloadUrl"]
    return payload["intent"]["id"], (await town.http.get(url)).content


async def view_of(api: Api, document_id: str) -> str:
    """Folders, lists, counters and the card, as bytes would be compared."""
    return json.dumps(await api.ask(WHOLE_VIEW, id=document_id), ensure_ascii=False, sort_keys=True)


async def the_prepared_signature_is_refused(town: Town, prepared: tuple[str, bytes]) -> None:
    """EA2: what she prepared before is worth nothing; the journal says that it was tried."""
    intent_id, content = prepared
    keys = town.authority.credentials(KOLESNIK)
    cms = pen.sign(content, key=keys.private_key, certificate=keys.x509, claimed_at=datetime.now(UTC))
    refused = await town.api(KOLESNIK).try_to(SIGN, i={"intentId": intent_id, "signature": b64(cms)})
    assert [error["code"] for error in refused["userErrors"]] == ["NOT_FOUND"]


async def all_know_who_asked(town: Town) -> None:
    """Journal and members' list say who asked and who did it (A8, A28, H9)."""
    cabinet_view: Any = (await town.api(CHAIKA).ask(JOURNAL, c=None))["cabinet"]
    refused, blocked = cabinet_view["activity"]["nodes"][:2]
    assert (refused["kind"], blocked["kind"]) == ("SIGNING_REFUSED", "MEMBER_BLOCKED")
    assert blocked["basis"] == BASIS and blocked["channel"] == "HOTLINE"
    assert blocked["actor"] == {"displayName": "Оператор горячей линии"}
    entry = next(
        m["stateEntry"] for m in cabinet_view["members"]["nodes"] if m["user"]["displayName"] == NAMES[KOLESNIK]
    )
    assert entry["basis"] == BASIS and NAMES[KOLESNIK] in entry["message"]
