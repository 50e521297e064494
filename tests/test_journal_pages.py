"""The journal: numbered without a gap whatever happens at once, filtered as asked, told to those concerned."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

import pytest
from household import NAMES, Household, address
from sqlalchemy import select
from town import BASIS, PDF, SIGN
from wishes import (
    ADD_MEMBER,
    ARCHIVE,
    BLOCK_MEMBER,
    REJECT,
    UNBLOCK_MEMBER,
    UPDATE_MEMBER,
    VIEW,
    Noted,
    codes,
    content_of,
    listed,
    noted,
    sent,
)

from models.cabinets import Cabinet
from models.journal import Entry
from schema.nodes import encode

pytestmark = pytest.mark.anyio

TITLE = "Договор поставки"
ACTIVITY = """query($f: ActivityFilter, $c: ID) { cabinet(id: $c) { activity(first: 100, filter: $f) {
  totalCount nodes { id seq kind occurredAt channel message actor { id displayName } document { id } member { id }
  sender { personName } recipients { personName member { id } } signatory { personName member { id } } } } } }"""


async def entries(house: Household, who: str, *, of: str | None = None, **filter: Any) -> Any:
    """The journal as somebody reads it, newest first; its total is that of the filter."""
    cabinet = house.cabinets[of] if of else None
    found = (await house.ask(who, ACTIVITY, c=cabinet, f=filter))["cabinet"]["activity"]
    assert found["totalCount"] == len(found["nodes"])
    return found["nodes"]


async def numbers(house: Household) -> dict[int, list[int]]:
    """The numbers of every cabinet's entries in the order of writing; its counter says how many there are."""
    async with house.system.reading() as reading:
        rows = await reading.rows(select(Entry.cabinet_id, Entry.seq).order_by(Entry.id))
        counters = await reading.rows(select(Cabinet.id, Cabinet.last_seq))
    found = {cabinet_id: [seq for owner, seq in rows if owner == cabinet_id] for cabinet_id, _ in counters}
    assert {cabinet_id: len(seqs) for cabinet_id, seqs in found.items()} == {row[0]: row[1] for row in counters}
    return found


async def test_acts_at_once_are_numbered_without_a_gap(house: Household) -> None:
    """EG82: receiving, viewing, changing members and refusals, all at once, in two cabinets that sign to each other."""
    out = await sent(house, "kolesnik", to="polesye", requiredSides=["RECIPIENT"])
    await sent(house, "savitskaya", of="polesye", to="romashka", requiredSides=["RECIPIENT"])
    (there,) = await listed(house, "savitskaya", "INCOMING", of="polesye")
    (here,) = await listed(house, "kolesnik", "INCOMING")
    before = await numbers(house)
    uploads = [await house.upload("exchange", PDF + bytes([number])) for number in range(4)]
    acts: list[Awaitable[Any]] = [
        house.receive(f"g-{number}", "kolesnik", uploadId=upload) for number, upload in enumerate(uploads)
    ]
    acts += [house.act(who, VIEW, documentId=here) for who in ("kolesnik", "urbanovich", "chaika")]
    acts += [house.sign("savitskaya", there, content_of(TITLE)), house.sign("urbanovich", here, content_of(TITLE))]
    acts += [codes(house, "urbanovich", BLOCK_MEMBER, memberId=house.members["kolesnik"]) for _ in range(3)]
    acts += [house.act("shcherbo", UPDATE_MEMBER, memberId=house.members["chaika"], role="ADMIN")]
    acts += [house.act("hotline", UNBLOCK_MEMBER, memberId=house.members["grinkevich"], basis=BASIS) for _ in range(3)]
    acts += [house.act("shcherbo", ARCHIVE, documentId=out, archived=True)]
    async with noted(house) as came:
        await asyncio.gather(*acts)
    after = await numbers(house)
    for cabinet_id, seqs in after.items():
        assert seqs == list(range(1, len(seqs) + 1)), cabinet_id
        assert len(seqs) > len(before[cabinet_id])
    ours = sorted(kind for cabinet, kind in came.entries if cabinet == "romashka")
    assert ours == sorted(
        ["DOCUMENT_RECEIVED"] * 4
        + ["DOCUMENT_VIEWED", "DOCUMENT_SIGNED", "DOCUMENT_SIGNED", "MEMBER_UPDATED", "MEMBER_UNBLOCKED"]
        + ["DOCUMENT_ARCHIVED"]
    )
    assert sorted(kind for cabinet, kind in came.entries if cabinet == "polesye") == ["DOCUMENT_SIGNED"] * 2


async def test_the_journal_tells_who_did_what_for_whom(house: Household) -> None:
    """A25, A26, A22: newest first; of a signature sender, recipients and signatory; a document has its own part."""
    document_id = await house.receive("a26", "kolesnik")
    await house.act("chaika", VIEW, documentId=document_id)
    await house.sign("urbanovich", document_id, PDF + b"a26")
    signed, viewed, received = (await entries(house, "shcherbo"))[:3]
    assert [signed["kind"], viewed["kind"], received["kind"]] == [
        "DOCUMENT_SIGNED",
        "DOCUMENT_VIEWED",
        "DOCUMENT_RECEIVED",
    ]
    assert [signed["seq"], viewed["seq"]] == [received["seq"] + 2, received["seq"] + 1]
    assert [signed["channel"], viewed["channel"], received["channel"]] == ["SELF_SERVICE", "SELF_SERVICE", "API"]
    assert [signed["actor"]["displayName"], received["actor"]["displayName"]] == [NAMES["urbanovich"], "Обмен"]
    assert signed["signatory"] == {
        "personName": NAMES["urbanovich"],
        "member": {"id": house.members["urbanovich"]},
    }
    for entry in (signed, viewed, received):
        assert entry["document"] == {"id": document_id}
        assert entry["sender"] == {"personName": "Мороз Пётр Ильич"}
        assert entry["recipients"] == [{"personName": NAMES["kolesnik"], "member": {"id": house.members["kolesnik"]}}]
    about = await entries(house, "shcherbo", documentId=document_id)
    assert about == [signed, viewed, received]


async def test_the_counterparty_s_acts_name_nobody_of_his(house: Household) -> None:
    """C8: what the other side did is told without its people, its door and its basis; views are not told at all."""
    document_id = await sent(house, "kolesnik", to="polesye", requiredSides=["RECIPIENT"])
    (there,) = await listed(house, "savitskaya", "INCOMING", of="polesye")
    await house.act("savitskaya", VIEW, documentId=there)
    await house.act("savitskaya", REJECT, documentId=there, reason="не та сумма")
    ours = await entries(house, "chaika", documentId=document_id)
    theirs = await entries(house, "savitskaya", documentId=there)
    assert [entry["kind"] for entry in ours] == ["DOCUMENT_REJECTED", "DOCUMENT_SENT"]
    assert [entry["kind"] for entry in theirs] == ["DOCUMENT_REJECTED", "DOCUMENT_VIEWED", "DOCUMENT_RECEIVED"]
    assert (ours[0]["actor"], ours[0]["channel"]) == (None, "SYSTEM")
    assert (theirs[0]["actor"]["displayName"], theirs[0]["channel"]) == (NAMES["savitskaya"], "SELF_SERVICE")
    assert "не та сумма" in ours[0]["message"]
    assert (theirs[2]["actor"], theirs[2]["channel"]) == (None, "SYSTEM")


FILTERS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "kinds": (
        {"kind": ["MEMBER_BLOCKED", "MEMBER_UNBLOCKED"]},
        ["MEMBER_BLOCKED", "MEMBER_UNBLOCKED", "MEMBER_BLOCKED"],
    ),
    "of a member": ({"memberIds": ["grinkevich"]}, ["MEMBER_UNBLOCKED", "MEMBER_BLOCKED", "MEMBER_ADDED"]),
    "of two": ({"memberIds": ["grinkevich", "chaika"], "kind": ["MEMBER_ADDED"]}, ["MEMBER_ADDED", "MEMBER_ADDED"]),
    "by somebody": ({"actorIds": ["shcherbo"]}, ["MEMBER_BLOCKED", "CERTIFICATE_REGISTERED"]),
    "since": ({"occurred": {"from": "2026-11-24T09:30:00Z"}}, ["MEMBER_BLOCKED", "MEMBER_UNBLOCKED"]),
    "a moment": (
        {"occurred": {"from": "2026-11-24T12:30:00+03:00", "to": "2026-11-24T10:00:00Z"}},
        ["MEMBER_UNBLOCKED"],
    ),
    "both": ({"actorIds": ["shcherbo"], "memberIds": ["grinkevich"]}, []),
    "ids of nothing": ({"actorIds": ["nonsense"]}, []),
    "a member of nowhere": ({"memberIds": ["nonsense"]}, []),
    "a document of nowhere": ({"documentId": "nonsense"}, []),
}


@pytest.mark.parametrize("name", FILTERS)
async def test_entries_are_filtered_as_asked(house: Household, name: str) -> None:
    """A26, EC54: every condition given must hold; an id of nothing is a condition that nothing meets."""
    house.clock.move(timedelta(minutes=30))
    await house.act("hotline", UNBLOCK_MEMBER, memberId=house.members["grinkevich"], basis=BASIS)
    house.clock.move(timedelta(minutes=30))
    await house.act("shcherbo", BLOCK_MEMBER, memberId=house.members["chaika"])
    filter, kinds = FILTERS[name]
    given = dict(filter)
    if "memberIds" in filter:
        given["memberIds"] = [house.members.get(who, who) for who in filter["memberIds"]]
    if "actorIds" in filter:
        given["actorIds"] = [
            encode("User", house.users[who]) if who in house.users else who for who in filter["actorIds"]
        ]
    assert [entry["kind"] for entry in await entries(house, "urbanovich", **given)] == kinds


async def test_entries_are_read_by_those_concerned_alone(house: Household) -> None:
    """EA18, C17: by its id an entry is there for members, for an operator only when no document is in it."""
    await house.receive("j", "kolesnik")
    received, blocked = (await entries(house, "chaika"))[:2]
    seen = {}
    for who in ("chaika", "hotline", "savitskaya", "grinkevich", None):
        asked = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
        found = (await house.ask(who, asked, ids=[received["id"], blocked["id"]]))["nodes"]
        seen[who] = [node is not None for node in found]
    assert (received["kind"], blocked["kind"]) == ("DOCUMENT_RECEIVED", "MEMBER_BLOCKED")
    assert seen == {
        "chaika": [True, True],
        "hotline": [False, True],
        "savitskaya": [False, False],
        "grinkevich": [False, False],
        None: [False, False],
    }


async def test_a_refused_signature_leaves_its_trace_and_nothing_else(house: Household) -> None:
    """EA2, A26: the journal says who tried; the document waits on; numbers go on without a gap."""
    document_id = await house.receive("ea2", "kolesnik")
    intent = (await house.prepare("kolesnik", document_id))["intent"]
    await house.block("kolesnik")
    signature = house.signature("kolesnik", PDF + b"ea2")
    async with noted(house) as came:
        assert await codes(house, "kolesnik", SIGN, intentId=intent["id"], signature=signature) == ["NOT_FOUND"]
    assert came == Noted(entries=[("romashka", "SIGNING_REFUSED")])
    tried, blocked = (await entries(house, "chaika"))[:2]
    assert (tried["kind"], tried["seq"]) == ("SIGNING_REFUSED", blocked["seq"] + 1)
    assert tried["signatory"]["personName"] == NAMES["kolesnik"]
    assert await listed(house, "chaika", "AWAITING_US") == [document_id]


async def test_the_names_of_the_time_are_kept(house: Household) -> None:
    """A31, A26: who left is still named in what was written of him; coming back adds, and changes nothing."""
    before = await entries(house, "chaika")
    wish = {"cabinetId": house.cabinets["romashka"], "member": {"email": address("savitskaya")}, "basis": BASIS}
    await house.act("hotline", ADD_MEMBER, **wish)
    await house.block("kolesnik")
    after = await entries(house, "chaika")
    assert after[2:] == before
    assert NAMES["kolesnik"] in after[0]["message"] and NAMES["savitskaya"] in after[1]["message"]
