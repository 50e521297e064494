"""Joining: what the archive holds for the member's company comes along with all that it is, nothing else (A2, C4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from clients import Refused
from household import NAMES, POLESYE, Household, address
from own_archives import GOMEL, card, delivered, held, joins
from town import BASIS, CREATE, PDF, SIGN
from wishes import ADD_MEMBER, BLOCK_MEMBER, REJECT, REMOVE_MEMBER, VIEW, codes, history, listed, noted, sent

pytestmark = pytest.mark.anyio

ROMASHKA_ID = {"taxId": "190000001"}
JOURNAL = "query($c: ID!) { cabinet(id: $c) { activity(first: 100) { totalCount nodes { kind document { id } } } } }"
PERIODS = "query($id: ID!) { node(id: $id) { ... on Member { periods { shareFrom endedAt } } } }"
PAGED = """query($id: ID!, $a: String) { document(id: $id) { activity(first: 1, after: $a) {
  nodes { id kind } pageInfo { endCursor } } } }"""
AN_ENTRY = "query($id: ID!) { node(id: $id) { ... on ActivityEntry { kind } } }"


async def three(house: Household) -> list[str]:
    """Three documents for Колесник at Полесье, newest first."""
    found: list[str] = []
    for number in range(3):
        found.insert(0, await delivered(house, f"t-{number}", "kolesnik"))
        house.clock.move(timedelta(hours=1))
    return found


async def test_earlier_documents_are_shared_on_joining(house: Household) -> None:
    """A2, C4: deliver 3 documents to A, then add A and B: B sees 3, the archive is empty; no mail of them, no push."""
    found = await three(house)
    async with noted(house) as came:
        await joins(house, "kolesnik")
        await joins(house, "chaika")
    assert came.entries == [("polesye", "MEMBER_ADDED")] * 2
    assert {letter for letter, _ in came.letters} == {"member.added", "you.added"}
    assert await held(house, "kolesnik") == []
    for who in ("chaika", "savitskaya", "kolesnik"):
        assert await listed(house, who, "INCOMING", of="polesye") == found
        assert await listed(house, who, "AWAITING_US", of="polesye") == found
    assert await listed(house, "chaika", "ALL", of="polesye", memberSearch="колесник") == found
    assert await listed(house, "urbanovich", "ALL") == []
    journal = await house.ask("chaika", JOURNAL, c=house.cabinets["polesye"])
    assert not any(entry["document"] for entry in journal["cabinet"]["activity"]["nodes"])


async def test_from_the_join_date_nothing_is_shared(house: Household) -> None:
    """A2, C4: with JOIN_DATE none comes; A still has them in `viewer.documents`; what comes later is the cabinet's."""
    found = await three(house)
    member_id = await joins(house, "kolesnik", shareFrom="JOIN_DATE")
    await joins(house, "chaika")
    assert (
        await listed(house, "chaika", "ALL", of="polesye") == await listed(house, "kolesnik", "ALL", of="polesye") == []
    )
    assert await held(house, "kolesnik") == found
    assert await card(house, "chaika", found[0]) is None
    later = await delivered(house, "later", "kolesnik")
    assert await listed(house, "chaika", "ALL", of="polesye") == [later]
    assert (await house.ask("savitskaya", PERIODS, id=member_id))["node"]["periods"] == [
        {"shareFrom": "JOIN_DATE", "endedAt": None}
    ]


async def test_nothing_of_a_document_changes_when_it_moves(house: Household) -> None:
    """H2, C4, C20: id, dates, people, signature, history: as they were, but for whom it belongs to now."""
    document_id = await delivered(house, "h2", "kolesnik")
    await house.act("kolesnik", VIEW, documentId=document_id)
    await house.sign("kolesnik", document_id, PDF + b"h2")
    house.clock.move(timedelta(days=1))
    before = await card(house, "kolesnik", document_id)
    member_id = await joins(house, "kolesnik")
    after = await card(house, "kolesnik", document_id)
    her = {"id": member_id}
    (recipient,), (signature,) = before["recipients"], before["signatures"]
    signatory = {**signature["signatory"], "member": her}
    first_viewed = {**before["firstViewed"], "by": {**before["firstViewed"]["by"], "member": her}}
    entries = [
        {**entry, "signatory": entry["signatory"] and {**entry["signatory"], "member": her}}
        for entry in before["activity"]["nodes"]
    ]
    assert [entry["kind"] for entry in entries] == ["DOCUMENT_RECEIVED", "DOCUMENT_VIEWED", "DOCUMENT_SIGNED"]
    assert after == {
        **before,
        "cabinet": {"id": house.cabinets["polesye"]},
        "recipients": [{**recipient, "member": her}],
        "signatures": [{**signature, "signatory": signatory}],
        "firstViewed": first_viewed,
        "activity": {"totalCount": 3, "nodes": entries},
    }
    colleague = await card(house, "savitskaya", document_id)
    assert colleague == {**after, "viewerHasSeen": False}
    assert await listed(house, "savitskaya", "SIGNED", of="polesye", memberSearch="колесник", memberAs=["SIGNATORY"])


async def test_its_history_goes_on_in_the_cabinet(house: Household) -> None:
    """C20, A24: first the archive's entries, then the cabinet's, over pages too; a colleague signs, with the mark."""
    document_id = await delivered(house, "seam", "chaika")
    await house.act("chaika", VIEW, documentId=document_id)
    await joins(house, "chaika")
    async with noted(house) as came:
        await house.sign("savitskaya", document_id, PDF + b"seam")
    assert came.entries == [("polesye", "DOCUMENT_SIGNED")]
    kinds = ["DOCUMENT_RECEIVED", "DOCUMENT_VIEWED", "DOCUMENT_SIGNED"]
    assert await history(house, "chaika", document_id) == await history(house, "savitskaya", document_id) == kinds
    cursor, seen = None, []
    for _ in kinds:
        rows = (await house.ask("savitskaya", PAGED, id=document_id, a=cursor))["document"]["activity"]
        (entry,), cursor = rows["nodes"], rows["pageInfo"]["endCursor"]
        again = await house.ask("savitskaya", AN_ENTRY, id=entry["id"])
        assert again["node"] == {"kind": entry["kind"]}
        seen.append(entry["kind"])
    assert seen == kinds
    shown = await card(house, "chaika", document_id)
    assert shown["signedByOther"] == {"side": "RECIPIENT"}
    assert await listed(house, "chaika", "SIGNED", of="polesye", signedByOther=True) == [document_id]


async def test_a_page_of_a_history_does_not_go_on_after_the_move(house: Household) -> None:
    """C20, C24: a cursor is sealed with its cabinet; from there it would skip what the archive wrote."""
    document_id = await delivered(house, "moved", "chaika")
    await house.act("chaika", VIEW, documentId=document_id)
    rows = (await house.ask("chaika", PAGED, id=document_id))["document"]["activity"]
    await joins(house, "chaika")
    with pytest.raises(Refused) as refused:
        await house.ask("chaika", PAGED, id=document_id, a=rows["pageInfo"]["endCursor"])
    assert refused.value.codes == ["BAD_USER_INPUT"]


async def test_only_what_is_for_the_members_company_comes(house: Household) -> None:
    """C4, A12: of three companies' documents those of the member's company, which may differ from the cabinet's."""
    for_polesye = await delivered(house, "c-1", "kolesnik")
    for_gomel = await delivered(house, "c-2", "kolesnik", to=GOMEL)
    other = await delivered(house, "c-3", "kolesnik", to={"name": "УП «Третье»", "taxId": "190000055"})
    await joins(house, "kolesnik", company={"taxId": GOMEL["taxId"]})
    assert await listed(house, "savitskaya", "ALL", of="polesye") == [for_gomel]
    assert await held(house, "kolesnik") == [other, for_polesye]
    shown = await card(house, "savitskaya", for_gomel)
    assert [party["organization"]["name"] for party in shown["recipients"]] == [GOMEL["name"]]
    signed = await house.sign("savitskaya", for_gomel, PDF + b"c-2")
    assert signed["document"]["status"] == "SIGNED"
    (made,) = (await card(house, "savitskaya", for_gomel))["signatures"]
    assert made["signatory"]["organization"] == {"name": GOMEL["name"]}
    later = await delivered(house, "c-4", "kolesnik", to=GOMEL)
    assert await held(house, "kolesnik") == [later, other, for_polesye]


async def test_what_came_between_two_memberships(house: Household) -> None:
    """C4, EA9: JOIN_DATE keeps them private; removed and added again with ALL they come along, in a new period."""
    private = await delivered(house, "b-1", "chaika")
    member_id = await joins(house, "chaika", shareFrom="JOIN_DATE")
    await house.act("savitskaya", REMOVE_MEMBER, memberId=member_id)
    former = await delivered(house, "b-2", "chaika")
    assert await held(house, "chaika") == [private]  # who was a member has his mail in the cabinet (C20)
    assert await listed(house, "savitskaya", "ALL", of="polesye") == [former]
    assert await joins(house, "chaika") == member_id
    assert await held(house, "chaika") == []
    assert await listed(house, "chaika", "ALL", of="polesye") == [former, private]
    assert (await house.ask("chaika", PERIODS, id=member_id))["node"]["periods"][0]["shareFrom"] == "ALL"


async def test_the_first_administrator_shares_likewise(house: Household) -> None:
    """C4, C20: opening a cabinet moves what its first administrator holds for its organisation."""
    mine = await delivered(house, "first", "chaika", to=GOMEL)
    other = await delivered(house, "second", "chaika")
    first = {"email": address("chaika")}
    made = await house.act("hotline", CREATE, organization=GOMEL, firstAdmin=first, basis=BASIS)
    house.cabinets["gomel"] = made["cabinet"]["id"]
    assert await listed(house, "chaika", "INCOMING", of="gomel") == [mine]
    assert await held(house, "chaika") == [other]


async def test_two_recipients_who_join_have_one_document(house: Household) -> None:
    """EB44, C4: the cabinet lists it once, under the id of who came first; what the second did and saw is its own."""
    first = await delivered(house, "pair", "kolesnik", "chaika")
    (second,) = await held(house, "chaika")
    await house.act("chaika", VIEW, documentId=second)
    await house.act("chaika", REJECT, documentId=second, reason="нет")
    await joins(house, "kolesnik")
    assert await listed(house, "savitskaya", "ALL", of="polesye") == [first]
    assert await held(house, "chaika") == [second]
    member_id = await joins(house, "chaika")
    assert await held(house, "chaika") == []
    assert await card(house, "chaika", second) is None
    assert await listed(house, "chaika", "REJECTED", of="polesye") == [first]
    shown = await card(house, "chaika", first)
    assert shown["viewerHasSeen"] is True
    assert shown["rejection"]["by"] == {"personName": NAMES["chaika"], "member": {"id": member_id}}
    assert shown["firstViewed"]["by"] == {"personName": NAMES["chaika"], "member": {"id": member_id}}


async def test_what_the_cabinet_itself_sent_stays_with_its_recipient(house: Household) -> None:
    """C4, C12: a member's company may be the other side of his cabinet's documents: those stay his to sign."""
    document_id = await sent(
        house, "kolesnik", to="polesye", recipientEmails=[address("second")], requiredSides=["RECIPIENT"]
    )
    (there,) = await held(house, "second")
    await joins(house, "second", to="romashka", by="shcherbo", company={"taxId": POLESYE["taxId"]})
    assert await held(house, "second") == [there]
    assert await listed(house, "kolesnik", "ALL") == [document_id]
    await house.act("second", REJECT, documentId=there, reason="нет")
    assert (await card(house, "kolesnik", document_id))["status"] == "REJECTED"


async def test_an_intent_of_the_archive_is_dead_when_the_document_has_moved(house: Household) -> None:
    """EA19, C4: what was prepared before joining is prepared anew in the cabinet; what was signed is still found."""
    document_id, done = await delivered(house, "i-1", "kolesnik"), await delivered(house, "i-2", "kolesnik")
    prepared = (await house.prepare("kolesnik", document_id))["intent"]["id"]
    used = (await house.prepare("kolesnik", done))["intent"]["id"]
    cms = house.signature("kolesnik", PDF + b"i-2")
    await house.act("kolesnik", SIGN, intentId=used, signature=cms, acknowledgedWarnings=[])
    await joins(house, "kolesnik")
    wish = {"intentId": prepared, "signature": house.signature("kolesnik", PDF + b"i-1"), "acknowledgedWarnings": []}
    async with house.nothing_happens():
        assert await codes(house, "kolesnik", SIGN, **wish) == ["INTENT_EXPIRED"]
        again = await house.act("kolesnik", SIGN, intentId=used, signature=cms, acknowledgedWarnings=[])
    assert again["document"]["id"] == done
    signed = await house.sign("kolesnik", document_id, PDF + b"i-1")
    assert signed["document"]["status"] == "SIGNED"


async def test_refused_joining_moves_nothing(house: Household) -> None:
    """C15, EA10, EA11: ALREADY_A_MEMBER, MEMBER_IS_BLOCKED, FORBIDDEN: the archive and all rows stay as they were."""
    member_id = await joins(house, "chaika", shareFrom="JOIN_DATE")
    await house.act("savitskaya", REMOVE_MEMBER, memberId=member_id)
    await joins(house, "chaika", shareFrom="JOIN_DATE")
    found = await three(house)
    wish: dict[str, Any] = {"cabinetId": house.cabinets["polesye"], "member": {"email": address("chaika")}}
    async with house.nothing_happens():
        assert await codes(house, "savitskaya", ADD_MEMBER, **wish) == ["ALREADY_A_MEMBER"]
        wish["member"] = {"email": address("kolesnik")}
        assert await codes(house, "chaika", ADD_MEMBER, **wish) == ["FORBIDDEN"]
        assert await codes(house, "kolesnik", ADD_MEMBER, **wish) == ["NOT_FOUND"]
    await house.act("savitskaya", BLOCK_MEMBER, memberId=member_id)
    async with house.nothing_happens():
        wish["member"] = {"email": address("chaika")}
        assert await codes(house, "savitskaya", ADD_MEMBER, **wish) == ["MEMBER_IS_BLOCKED"]
    assert await held(house, "kolesnik") == found
