"""Deleting a draft hides it for ever: from everybody and everywhere, whatever was done with it before (C13, C14)."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from household import Household
from town import PREPARE, SIGN
from wishes import DELETE, SAVE, SEND, VIEW, Noted, codes, content_of, draft, listed, noted

pytestmark = pytest.mark.anyio

TITLE = "Договор поставки"
NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
JOURNAL = """{ cabinet { activity(first: 1) { nodes { kind message document { id }
  sender { personName } recipients { personName } signatory { personName } } } } }"""
SIGNATURES = "query($id: ID!) { document(id: $id) { signatures { id } } }"


async def is_gone(house: Household, *ids: str) -> None:
    """Nobody finds it by any door, nor can do anything with it."""
    for who in ("kolesnik", "chaika", "shcherbo"):
        assert (await house.ask(who, NODES, ids=list(ids)))["nodes"] == [None] * len(ids), who
        for folder in ("ALL", "DRAFTS", "OUTGOING"):
            assert await listed(house, who, folder) == [], (who, folder)
    wishes: list[tuple[str, dict[str, Any]]] = [
        (SAVE, {"draft": {"draftId": ids[0]}}),
        (SEND, {"draftId": ids[0]}),
        (DELETE, {"draftId": ids[0]}),
        (VIEW, {"documentId": ids[0]}),
    ]
    async with house.nothing_happens():
        for mutation, input in wishes:
            assert await codes(house, "kolesnik", mutation, **input) == ["NOT_FOUND"], mutation
        prepared = await house.prepare("kolesnik", ids[0])
    assert [error["code"] for error in prepared["userErrors"]] == ["NOT_FOUND"]


async def test_a_draft_that_was_seen_and_prepared_is_deleted(house: Household) -> None:
    """C14: a colleague has opened it, the author has prepared to sign: both are void, no row is torn out."""
    draft_id = await draft(house, "kolesnik", to="polesye")
    await house.act("chaika", VIEW, documentId=draft_id)
    prepared = await house.act("kolesnik", PREPARE, documentId=draft_id, certificateId=house.certificates["kolesnik"])
    intent_id = prepared["intent"]["id"]
    before = await house.census()
    async with noted(house) as came:
        gone = await house.act("kolesnik", DELETE, draftId=draft_id)
    assert (gone["deletedDraftId"], came) == (draft_id, Noted())
    assert await house.census() == before
    await is_gone(house, draft_id, intent_id)
    signature = house.signature("kolesnik", content_of(TITLE))
    async with house.nothing_happens():
        late = await codes(house, "kolesnik", SIGN, intentId=intent_id, signature=signature, acknowledgedWarnings=[])
    assert late == ["NOT_FOUND"]


async def test_a_signed_draft_is_deleted_and_its_signature_stays_in_the_journal(house: Household) -> None:
    """C14: it can only be sent or deleted; what was journaled is never unsaid, the document is named but not shown."""
    draft_id = await draft(house, "kolesnik", to="polesye")
    await house.sign("kolesnik", draft_id, content_of(TITLE))
    (signature,) = (await house.ask("kolesnik", SIGNATURES, id=draft_id))["document"]["signatures"]
    before = await house.census()
    await house.act("kolesnik", DELETE, draftId=draft_id)
    assert await house.census() - before == Counter()
    await is_gone(house, draft_id, signature["id"])
    (entry,) = (await house.ask("chaika", JOURNAL))["cabinet"]["activity"]["nodes"]
    assert (entry["kind"], entry["document"], TITLE in entry["message"]) == ("DOCUMENT_SIGNED", None, True)


async def test_a_deleted_drafts_id_is_never_given_again(house: Household) -> None:
    """B4: ids are unique for ever; the next draft is another one."""
    first = await draft(house, "kolesnik", to=None)
    await house.act("kolesnik", DELETE, draftId=first)
    second = await draft(house, "kolesnik", to=None)
    assert second != first
    assert await listed(house, "kolesnik", "DRAFTS") == [second]
