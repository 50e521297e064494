"""An archive is its owner's alone: no door shows it, its cabinet or his place in it to others (C20, C25, EE74)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from household import NAMES, POLESYE, SCHEMA, Household, address
from own_archives import card, delivered, held, joins, posted
from sqlalchemy import select
from town import ADD, BASIS, BLOCK, PDF, RECEIVE, UPLOAD
from wishes import ARCHIVE, BLOCK_MEMBER, REJECT, SAVE, UPDATE_MEMBER, VIEW, WITHDRAW, codes, history, listed

from models.cabinets import Cabinet
from models.journal import Delivery, DeliveryState, Entry
from models.members import Member
from schema.nodes import encode

pytestmark = pytest.mark.anyio

NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
CABINET = "query($c: ID!) { cabinet(id: $c) { id } }"
CABINETS = "query($s: String) { cabinets(search: $s) { totalCount nodes { id } } }"
HEADER = "{ viewer { members { organization { name } } } cabinet { id } }"
FOLLOW = "subscription($c: ID) { cabinetEvents(cabinetId: $c) { __typename cursor } }"
PEOPLE = "query($c: ID!, $s: String) { cabinet(id: $c) { members(filter: {search: $s}) { totalCount } } }"
EVERYBODY_ELSE = ["urbanovich", "shcherbo", "savitskaya", "hotline", "second", "exchange", None]
ENTRIES = "query($id: ID!) { document(id: $id) { activity { nodes { id } } } }"
SIGNATURE = "query($id: ID!) { node(id: $id) { id } }"


async def hidden(house: Household, who: str) -> tuple[str, str]:
    """Ids of somebody's archive and of his place in it, as nobody is ever told them."""
    own = select(Cabinet.id, Member.id).join(Member, Member.cabinet_id == Cabinet.id)
    async with house.world.database.snapshot() as session:
        row = (await session.execute(own.where(Cabinet.owner_id == house.users[who]))).one()
    return encode("Cabinet", row[0]), encode("Member", row[1])


@pytest.mark.parametrize("who", EVERYBODY_ELSE)
async def test_nobody_else_sees_or_touches_its_documents(house: Household, who: str | None) -> None:
    """C17, C20, EE74: colleagues, operators, the exchange, nobody: as an id that never was; nothing happens."""
    document_id = await delivered(house, "mine", "kolesnik")
    await house.act("kolesnik", VIEW, documentId=document_id)
    await house.sign("kolesnik", document_id, PDF + b"mine")
    (entry, *_) = (await house.ask("kolesnik", ENTRIES, id=document_id))["document"]["activity"]["nodes"]
    shown = await card(house, "kolesnik", document_id)
    ids = [document_id, entry["id"], shown["signatures"][0]["id"], *await hidden(house, "kolesnik")]
    assert (await house.ask(who, NODES, ids=ids))["nodes"] == [None] * 5
    assert await card(house, who, document_id) is None
    if who is None:
        return
    async with house.nothing_happens():
        for act, said in ((REJECT, {"reason": "x"}), (WITHDRAW, {}), (VIEW, {}), (ARCHIVE, {"archived": True})):
            assert await codes(house, who, act, documentId=document_id, **said) == ["NOT_FOUND"]


async def test_no_list_search_or_counter_knows_of_it(house: Household) -> None:
    """C20, C25: cabinets, members, header, folders, counterparties, searches are as before the archive was begun."""
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("hotline", CABINETS, {}),
        ("hotline", CABINETS, {"s": "Колесник"}),
        ("kolesnik", CABINETS, {}),
        ("kolesnik", HEADER, {}),
        ("hotline", PEOPLE, {"c": house.cabinets["romashka"], "s": "Колесник"}),
        ("kolesnik", "query($c: ID!) { cabinet(id: $c) { counterparties { id } } }", {"c": house.cabinets["romashka"]}),
    ]
    before = [await house.ask(who, query, **said) for who, query, said in asked]
    document_id = await delivered(house, "mine", "kolesnik")
    await house.act("kolesnik", VIEW, documentId=document_id)
    assert [await house.ask(who, query, **said) for who, query, said in asked] == before
    assert before[0]["cabinets"]["totalCount"] == 2 and before[4]["cabinet"]["members"]["totalCount"] == 1
    for folder in ("ALL", "INCOMING", "AWAITING_US"):
        assert await listed(house, "kolesnik", folder) == await listed(house, "savitskaya", folder, of="polesye") == []


async def test_its_cabinet_and_his_place_are_nothing_to_the_owner_either(house: Household) -> None:
    """C25: listed nowhere, no members to add, no draft, no upload, no stream, no folder: as an id that never was."""
    await delivered(house, "mine", "kolesnik")
    cabinet_id, member_id = await hidden(house, "kolesnik")
    assert (await house.ask("kolesnik", CABINET, c=cabinet_id))["cabinet"] is None
    assert (await house.ask("hotline", CABINET, c=cabinet_id))["cabinet"] is None
    assert (await house.ask("kolesnik", NODES, ids=[cabinet_id, member_id]))["nodes"] == [None, None]
    file = {"fileName": "a.pdf", "contentType": "application/pdf", "sizeBytes": 1, "sha256": "0" * 64}
    async with house.nothing_happens():
        assert await codes(house, "kolesnik", SAVE, draft={"cabinetId": cabinet_id}) == ["NOT_FOUND"]
        assert await codes(house, "kolesnik", UPLOAD, cabinetId=cabinet_id, **file) == ["NOT_FOUND"]
        for who in ("kolesnik", "hotline"):
            wish = {"member": {"email": address("chaika")}, "basis": BASIS}
            assert await codes(house, who, ADD, cabinetId=cabinet_id, **wish) == ["NOT_FOUND"]
            assert await codes(house, who, BLOCK, memberId=member_id, basis=BASIS) == ["NOT_FOUND"]
            assert await codes(house, who, UPDATE_MEMBER, memberId=member_id, role="ADMIN", basis=BASIS) == [
                "NOT_FOUND"
            ]
    events = await SCHEMA.subscribe(FOLLOW, {"c": cabinet_id}, house.context("kolesnik"))
    told = [[(error.extensions or {})["code"] for error in event.errors or []] async for event in events]
    assert told == [["BAD_USER_INPUT"]]


async def test_who_has_an_archive_and_one_cabinet_names_none(house: Household) -> None:
    """A10, C10, C25: the archive is no second cabinet: `cabinet` without an id is the only one there is."""
    await delivered(house, "mine", "kolesnik")
    assert (await house.ask("kolesnik", "{ cabinet { id } }"))["cabinet"] == {"id": house.cabinets["romashka"]}
    await delivered(house, "his", "second")
    assert (await house.ask("second", "{ cabinet { id } viewer { members { id } } }")) == {
        "cabinet": None,
        "viewer": {"members": []},
    }


async def test_blocked_where_he_joined_he_loses_what_he_brought(house: Household) -> None:
    """A30, C4: document, history and entries of the archive are gone with his membership, and kept for others."""
    document_id = await delivered(house, "brought", "chaika")
    private = await delivered(house, "kept", "chaika", to={"name": "УП «Третье»", "taxId": "190000055"})
    entries = (await house.ask("chaika", ENTRIES, id=document_id))["document"]["activity"]["nodes"]
    member_id = await joins(house, "chaika")
    assert len((await house.ask("chaika", ENTRIES, id=document_id))["document"]["activity"]["nodes"]) == 1
    await house.act("savitskaya", BLOCK_MEMBER, memberId=member_id)
    assert await card(house, "chaika", document_id) is None
    assert (await house.ask("chaika", NODES, ids=[document_id, entries[0]["id"]]))["nodes"] == [None, None]
    assert await held(house, "chaika") == [private]
    assert await history(house, "savitskaya", document_id) == ["DOCUMENT_RECEIVED"]
    assert (await card(house, "savitskaya", document_id))["recipients"][0]["personName"] == NAMES["chaika"]


@pytest.mark.parametrize(("is_blocked", "state"), [(False, DeliveryState.SENT), (True, DeliveryState.DROPPED)])
async def test_a_letter_is_judged_where_the_document_is_now(
    house: Household, tmp_path: Path, is_blocked: bool, state: DeliveryState
) -> None:
    """EA61, C20: moved while its letter waited: the member still gets it, the blocked one not; there is no second."""
    await delivered(house, "queued", "chaika")
    member_id = await joins(house, "chaika")
    if is_blocked:
        await house.act("savitskaya", BLOCK_MEMBER, memberId=member_id)
    await posted(house, tmp_path, address("chaika"))
    about = select(Delivery.letter, Delivery.state).where(Delivery.letter.in_(["you.received", "document.received"]))
    async with house.system.reading() as reading:
        assert await reading.rows(about) == [("you.received", state)]


async def test_the_archives_journal_is_one_of_its_own(house: Household) -> None:
    """EG82, C25: 1, 2, 3 … without gaps in each archive and cabinet, whatever moved between them."""
    for number in range(2):
        document_id = await delivered(house, f"j-{number}", "kolesnik", "chaika")
        await house.act("kolesnik", VIEW, documentId=document_id)
    await joins(house, "kolesnik")
    await house.sign("savitskaya", document_id, PDF + b"j-1")
    numbers = select(Entry.cabinet_id, Entry.seq).order_by(Entry.cabinet_id, Entry.seq)
    async with house.world.database.snapshot() as session:
        rows = (await session.execute(numbers)).all()
        ends = {row.id: row.last_seq for row in (await session.execute(select(Cabinet))).scalars()}
    found: dict[int, list[int]] = {cabinet_id: [] for cabinet_id in ends}
    for cabinet_id, seq in rows:
        found[cabinet_id].append(seq)
    assert found == {cabinet_id: list(range(1, last + 1)) for cabinet_id, last in ends.items()}
    assert len(found) == 4


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ("", "INVALID"),
        ("  ", "INVALID"),
        ("no-address", "INVALID"),
        ("a@", "INVALID"),
        ("я" * 300 + "@x.by", "TOO_LONG"),
    ],
)
async def test_bad_addresses_are_refused_where_they_stand(house: Household, bad: str, code: str) -> None:
    """C16: an address that is none: a typed error at `recipientEmails`; nothing happens."""
    wish = {
        "organization": POLESYE,
        "kind": "ACT",
        "title": "Акт",
        "uploadId": await house.upload("exchange", PDF + b"bad"),
        "sender": {"organization": POLESYE},
        "recipientEmails": [address("kolesnik"), bad],
        "externalId": "bad",
    }
    async with house.nothing_happens():
        refused = await house.try_to("exchange", RECEIVE, **wish)
    assert [(error["code"], error["path"]) for error in refused["userErrors"]] == [(code, ["recipientEmails"])]
