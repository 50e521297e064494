"""Drafts, and what a member may do to a document: colleagues see a draft, only its author touches it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from household import NAMES, Household
from wishes import (
    ARCHIVE,
    DELETE,
    SAVE,
    SEND,
    VIEW,
    Noted,
    codes,
    content_of,
    draft,
    listed,
    noted,
    sent,
)

from server.keeper import Keeper

pytestmark = pytest.mark.anyio

TITLE = "Договор поставки"
SHOWN = """query($id: ID!) { document(id: $id) { title number kind status direction requiredSides signBefore
  counterparty { name } file { name sizeBytes } sender { personName } recipients { personName personEmail }
  firstViewed { at by { personName member { id } } } viewerHasSeen activity(first: 9) { totalCount } } }"""


async def shown(house: Household, who: str, document_id: str) -> Any:
    return (await house.ask(who, SHOWN, id=document_id))["document"]


async def test_a_draft_is_written_little_by_little_and_tells_nobody(house: Household) -> None:
    """C14, D3: what is not said stays, null empties; no entry, letter or place outside of DRAFTS."""
    async with noted(house) as came:
        draft_id = await draft(house, "kolesnik", to="polesye", number="15-К", signBefore="2026-12-01T12:00:00+03:00")
        first = await shown(house, "chaika", draft_id)
        changed = {"title": "Договор аренды", "number": None, "requiredSides": ["RECIPIENT"], "kind": "LETTER"}
        await house.act("kolesnik", SAVE, draft={"draftId": draft_id}, **changed)
    assert came == Noted()
    assert first == {
        "title": TITLE,
        "number": "15-К",
        "kind": "CONTRACT",
        "status": "DRAFT",
        "direction": "OUTGOING",
        "requiredSides": ["SENDER", "RECIPIENT"],
        "signBefore": "2026-12-01T09:00:00Z",
        "counterparty": {"name": "ЗАО «Полесье-Трейд»"},
        "file": {"name": "Акт 15.pdf", "sizeBytes": len(content_of(TITLE))},
        "sender": {"personName": NAMES["kolesnik"]},
        "recipients": [{"personName": None, "personEmail": None}],
        "firstViewed": None,
        "viewerHasSeen": False,
        "activity": {"totalCount": 0},
    }
    assert await shown(house, "chaika", draft_id) == {**first, **changed}
    for kind in ("ALL", "OUTGOING", "AWAITING_US", "ARCHIVE", "INTERNAL"):
        assert await listed(house, "chaika", kind) == [], kind
    assert await listed(house, "chaika", "DRAFTS") == [draft_id]
    assert await listed(house, "savitskaya", "DRAFTS", of="polesye") == []


ACTS: list[tuple[str, dict[str, Any]]] = [(SAVE, {"title": "Другой"}), (SEND, {}), (DELETE, {})]


@pytest.mark.parametrize(("act", "said"), ACTS, ids=["save", "send", "delete"])
async def test_a_colleagues_draft_is_only_looked_at(house: Household, act: str, said: dict[str, Any]) -> None:
    """C14, EC59: FORBIDDEN for a colleague, even an administrator; NOT_FOUND for the counterparty."""
    draft_id = await draft(house, "kolesnik", to="polesye")
    named: dict[str, Any] = {"draft": {"draftId": draft_id}} if act is SAVE else {"draftId": draft_id}
    async with house.nothing_happens():
        for who, code in (("chaika", "FORBIDDEN"), ("shcherbo", "FORBIDDEN"), ("savitskaya", "NOT_FOUND")):
            assert await codes(house, who, act, **named, **said) == [code], who
        assert await codes(house, "kolesnik", ARCHIVE, documentId=draft_id, archived=True) == ["DOCUMENT_NOT_OPEN"]
    assert (await shown(house, "chaika", draft_id))["title"] == TITLE


async def test_a_signed_draft_is_sent_as_it_was_signed(house: Household) -> None:
    """C14: changing it is refused, and sending delivers it at once, nobody being missing on our side."""
    draft_id = await draft(house, "kolesnik", to="polesye")
    done = await house.sign("kolesnik", draft_id, content_of(TITLE))
    assert done["document"]["status"] == "DRAFT"
    async with house.nothing_happens():
        assert await codes(house, "kolesnik", SAVE, draft={"draftId": draft_id}, title="Другой") == [
            "DOCUMENT_NOT_OPEN"
        ]
    async with noted(house) as came:
        await house.act("kolesnik", SEND, draftId=draft_id)
    assert came.entries == [("romashka", "DOCUMENT_SENT"), ("polesye", "DOCUMENT_RECEIVED")]
    assert (await shown(house, "kolesnik", draft_id))["status"] == "AWAITING_SIGNATURE"


async def test_a_draft_can_be_deleted_and_nothing_else_can(house: Household) -> None:
    """C13: the author's draft is found no more; sent and received documents stay, whoever asks."""
    received = await house.receive("c13", "kolesnik")
    draft_id = await draft(house, "kolesnik", to="polesye")
    gone = await house.act("kolesnik", DELETE, draftId=draft_id)
    assert gone["deletedDraftId"] == draft_id
    assert await shown(house, "kolesnik", draft_id) is None
    sent_id = await sent(house, "kolesnik", to="polesye")
    async with house.nothing_happens():
        assert await codes(house, "kolesnik", DELETE, draftId=draft_id) == ["NOT_FOUND"]
        assert await codes(house, "kolesnik", DELETE, draftId=sent_id) == ["DOCUMENT_NOT_OPEN"]
        assert await codes(house, "kolesnik", SEND, draftId=sent_id) == ["DOCUMENT_NOT_OPEN"]
        assert await codes(house, "kolesnik", DELETE, draftId=received) == ["FORBIDDEN"]
    assert await listed(house, "chaika", "ALL") == [sent_id, received]


async def test_only_who_says_so_has_opened_a_document(house: Household) -> None:
    """C18: reading fields marks nothing; the first `documentMarkViewed` is journaled, every member sees for himself."""
    document_id = await house.receive("c18", "kolesnik")
    async with house.nothing_happens():
        assert (await shown(house, "kolesnik", document_id))["viewerHasSeen"] is False
    house.clock.move(timedelta(minutes=1))
    async with noted(house) as came:
        await house.act("chaika", VIEW, documentId=document_id)
    assert came == Noted(entries=[("romashka", "DOCUMENT_VIEWED")])
    async with noted(house) as came:
        await house.act("kolesnik", VIEW, documentId=document_id)
    assert came == Noted()
    async with house.nothing_happens():
        await house.act("chaika", VIEW, documentId=document_id)
    first = {
        "at": "2026-11-24T09:01:00Z",
        "by": {"personName": NAMES["chaika"], "member": {"id": house.members["chaika"]}},
    }
    for who, has_seen in (("chaika", True), ("kolesnik", True), ("urbanovich", False)):
        seen = await shown(house, who, document_id)
        assert (seen["firstViewed"], seen["viewerHasSeen"]) == (first, has_seen)
        assert await listed(house, who, "INCOMING", viewerHasSeen=False) == ([] if has_seen else [document_id])


async def test_a_deadline_that_passes_closes_the_document(house: Household) -> None:
    """D3, EB31, EC55: after `signBefore` a signature is refused at once; the keeper writes EXPIRED."""
    said: dict[str, Any] = {"requiredSides": ["RECIPIENT"], "signBefore": "2026-11-24T10:00:00Z"}
    document_id = await sent(house, "kolesnik", to="polesye", **said)
    (there,) = await listed(house, "savitskaya", "INCOMING", of="polesye")
    house.clock.move(timedelta(hours=1))
    async with house.nothing_happens():
        late = await house.prepare("savitskaya", there)
    assert [error["code"] for error in late["userErrors"]] == ["DOCUMENT_NOT_OPEN"]
    async with noted(house) as came:
        assert await Keeper(house.world).pass_once() == 1
    assert came == Noted(
        entries=[("romashka", "DOCUMENT_EXPIRED"), ("polesye", "DOCUMENT_EXPIRED")],
        letters=[("document.expired", "kolesnik")],
    )
    async with house.nothing_happens():
        assert await Keeper(house.world).pass_once() == 0
    assert await listed(house, "kolesnik", "ALL", status=["EXPIRED"]) == [document_id]
    assert await listed(house, "savitskaya", "ALL", of="polesye", status=["EXPIRED"]) == [there]
    assert await listed(house, "savitskaya", "AWAITING_US", of="polesye") == []
