"""What the owner of an archive does: reads, signs, rejects, opens, puts away; he is its only reader (C20, C25)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from household import NAMES, Household, address
from own_archives import GOMEL, card, delivered, held, posted
from town import PDF
from wishes import ARCHIVE, REJECT, VIEW, WITHDRAW, Noted, codes, content_of, noted, sent

from server.keeper import Keeper

pytestmark = pytest.mark.anyio

TITLE = "Договор поставки"


async def exchanged(house: Household, **said: Any) -> tuple[str, str]:
    """A document of Колесник for Савицкая at an organisation with no cabinet: the sender's view and hers."""
    wish: dict[str, Any] = {
        "counterparty": GOMEL,
        "recipientEmails": [address("savitskaya")],
        "requiredSides": ["RECIPIENT"],
        **said,
    }
    document_id = await sent(house, "kolesnik", to=None, **wish)
    return document_id, (await held(house, "savitskaya"))[0]


async def test_the_recipient_signs_with_no_warning_and_no_mark(house: Household) -> None:
    """C20, A22, A24: signed for the organisation it is for; the sender is told, both journals say so; no mark."""
    document_id, there = await exchanged(house)
    before = await card(house, "savitskaya", there)
    assert (before["viewerCanSign"], before["viewerCannotSignReasons"]) == (True, [])
    assert before["signingChoices"] == [{"certificate": {"id": house.certificates["savitskaya"]}, "warnings": []}]
    async with noted(house) as came:
        await house.sign("savitskaya", there, content_of(TITLE))
    assert came == Noted(
        entries=[("romashka", "DOCUMENT_SIGNED"), ("archive", "DOCUMENT_SIGNED")],
        letters=[("document.signed", "kolesnik")],
    )
    hers, ours = await card(house, "savitskaya", there), await card(house, "kolesnik", document_id)
    assert (hers["status"], ours["status"], hers["signedByOther"], ours["signedByOther"]) == (
        "SIGNED",
        "SIGNED",
        None,
        None,
    )
    (signature,) = hers["signatures"]
    assert signature["signatory"] == {
        "personName": NAMES["savitskaya"],
        "organization": {"name": GOMEL["name"]},
        "member": None,
    }
    assert (signature["clientAddress"], signature["signatoryPeriod"]) == ("192.0.2.7", None)
    assert ours["signatures"] == [{**signature, "clientAddress": None}]
    told = [(entry["kind"], entry["seq"], entry["message"]) for entry in hers["activity"]["nodes"]]
    assert [kind for kind, _, _ in told] == ["DOCUMENT_RECEIVED", "DOCUMENT_SIGNED"]
    assert [seq for _, seq, _ in told] == [1, 2]
    assert told[1][2] == f"Документ «{TITLE}» подписан: {NAMES['savitskaya']}."
    assert hers["viewerCannotSignReasons"] == ["ALREADY_SIGNED"]


async def test_one_recipient_signs_and_the_other_sees_it(house: Household) -> None:
    """EB44, C8: one signature suffices; the other's archive says who signed, not whence, and names no actor."""
    first = await delivered(house, "both", "kolesnik", "urbanovich")
    (second,) = await held(house, "urbanovich")
    await house.sign("kolesnik", first, PDF + b"both")
    seen = await card(house, "urbanovich", second)
    assert (seen["status"], seen["viewerCannotSignReasons"]) == ("SIGNED", ["ALREADY_SIGNED"])
    assert [(made["signatory"]["personName"], made["clientAddress"]) for made in seen["signatures"]] == [
        (NAMES["kolesnik"], None)
    ]
    signed = seen["activity"]["nodes"][-1]
    assert (signed["kind"], signed["actor"], signed["channel"]) == ("DOCUMENT_SIGNED", None, "SYSTEM")
    assert signed["message"] == f"Документ «Акт both» подписан: {NAMES['kolesnik']}."
    own = (await card(house, "kolesnik", first))["activity"]["nodes"][-1]
    assert (own["actor"], own["channel"]) == ({"displayName": NAMES["kolesnik"]}, "SELF_SERVICE")


async def test_without_a_key_he_learns_why(house: Household) -> None:
    """A6, C2: reads and is mailed, cannot sign: NO_SIGNING_KEY; he may reject."""
    document_id = await delivered(house, "keyless", "chaika")
    seen = await card(house, "chaika", document_id)
    assert (seen["viewerCanSign"], seen["viewerCannotSignReasons"]) == (False, ["NO_SIGNING_KEY"])
    async with noted(house) as came:
        await house.act("chaika", REJECT, documentId=document_id, reason="не та сумма")
    assert came == Noted(entries=[("archive", "DOCUMENT_REJECTED")])
    seen = await card(house, "chaika", document_id)
    assert (seen["status"], seen["rejection"]["reason"]) == ("REJECTED", "не та сумма")
    assert seen["rejection"]["by"] == {"personName": NAMES["chaika"], "member": None}
    async with house.nothing_happens():
        await house.act("chaika", REJECT, documentId=document_id, reason="ещё раз")
        assert await codes(house, "chaika", WITHDRAW, documentId=document_id) == ["DOCUMENT_NOT_OPEN"]


async def test_rejecting_tells_the_sender_why(house: Household) -> None:
    """D3, C20: the sending member gets the letter, both journals the reason; REQUIRED without one changes nothing."""
    document_id, there = await exchanged(house)
    async with house.nothing_happens():
        assert await codes(house, "savitskaya", REJECT, documentId=there, reason=" ") == ["REQUIRED"]
    async with noted(house) as came:
        await house.act("savitskaya", REJECT, documentId=there, reason="дубль")
    assert came == Noted(
        entries=[("romashka", "DOCUMENT_REJECTED"), ("archive", "DOCUMENT_REJECTED")],
        letters=[("document.rejected", "kolesnik")],
    )
    ours = await card(house, "kolesnik", document_id)
    assert (ours["status"], ours["rejection"]["reason"]) == ("REJECTED", "дубль")


async def test_the_sender_takes_it_back(house: Household) -> None:
    """D3, ED: WITHDRAWN on both sides; the owner alone is written to, of his account and of no cabinet."""
    document_id, there = await exchanged(house)
    async with noted(house) as came:
        await house.act("chaika", WITHDRAW, documentId=document_id)
    assert came == Noted(
        entries=[("romashka", "DOCUMENT_WITHDRAWN"), ("archive", "DOCUMENT_WITHDRAWN")],
        letters=[("you.withdrawn", "savitskaya")],
    )
    seen = await card(house, "savitskaya", there)
    assert (seen["status"], seen["viewerCannotSignReasons"]) == ("WITHDRAWN", ["WITHDRAWN"])


async def test_the_keeper_writes_expired(house: Household) -> None:
    """D3, EC55: its time passes: EXPIRED for both, the sender is told, nobody can sign."""
    before = (house.clock.now() + timedelta(minutes=10)).isoformat()
    _, there = await exchanged(house, signBefore=before)
    house.clock.move(timedelta(minutes=10))
    async with noted(house) as came:
        assert await Keeper(house.world).pass_once() == 1
    assert came == Noted(
        entries=[("romashka", "DOCUMENT_EXPIRED"), ("archive", "DOCUMENT_EXPIRED")],
        letters=[("document.expired", "kolesnik")],
    )
    assert (await card(house, "savitskaya", there))["status"] == "EXPIRED"


async def test_opening_and_putting_away_are_noted(house: Household) -> None:
    """C18, EC56: the first opening is in the archive's journal and seen by its owner alone; archived is his flag."""
    document_id, there = await exchanged(house)
    async with noted(house) as came:
        await house.act("savitskaya", VIEW, documentId=there)
        await house.act("savitskaya", VIEW, documentId=there)
        await house.act("savitskaya", ARCHIVE, documentId=there, archived=True)
    assert came == Noted(entries=[("archive", "DOCUMENT_VIEWED"), ("archive", "DOCUMENT_ARCHIVED")])
    hers, ours = await card(house, "savitskaya", there), await card(house, "kolesnik", document_id)
    assert (hers["viewerHasSeen"], hers["archived"], ours["archived"]) == (True, True, False)
    assert hers["firstViewed"]["by"] == {"personName": NAMES["savitskaya"], "member": None}
    assert ours["firstViewed"] is None
    assert await held(house, "savitskaya") == [there]


async def test_a_letter_to_him_alone_is_of_no_cabinet(house: Household, tmp_path: Path) -> None:
    """ED, C20: it names document and sender and his account, no shared cabinet; as does that of its withdrawal."""
    document_id, _ = await exchanged(house)
    await house.act("kolesnik", WITHDRAW, documentId=document_id, reason="дубль")
    texts = await posted(house, tmp_path, address("savitskaya"))
    came, back = texts[-2:]
    assert f"В ваш аккаунт поступил документ «{TITLE}»." in came
    assert f"Документ «{TITLE}», поступивший в ваш аккаунт, отозван отправителем." in back
    assert not any("абинет" in text.partition("--")[0] for text in (came, back))
