"""`viewer.documents` as a list: filters, orders and keyset pages as folders have them, and nobody else's business."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from clients import Refused
from household import SUPPLIER, Household
from own_archives import GOMEL, delivered, held, page
from town import PDF
from wishes import ARCHIVE, REJECT, VIEW

pytestmark = pytest.mark.anyio

OTHER = {"name": "УП «Минск-Кран»", "taxId": "190000088"}
IDS = """query($id: ID!) { document(id: $id) { counterparty { id } } }"""
OF_ANOTHER = """query($id: ID!) { node(id: $id) { ... on User { id documents { totalCount } } } }"""
ME = "{ viewer { id members { id } } }"


async def settled(house: Household) -> dict[str, str]:
    """Five documents of Урбанович for an organisation with no cabinet, an hour between each."""
    found = {}
    wishes: dict[str, dict[str, Any]] = {
        "act": {},
        "contract": {"kind": "CONTRACT", "title": "Договор поставки", "number": "15-К"},
        "letter": {"kind": "LETTER", "requiredSides": []},
        "other": {"sender": {"organization": OTHER, "personName": "Азарова Вера"}},
        "rejected": {"signBefore": (house.clock.now() + timedelta(days=9)).isoformat()},
    }
    for name, said in wishes.items():
        found[name] = await delivered(house, name, "urbanovich", to=GOMEL, **said)
        house.clock.move(timedelta(hours=1))
    await house.act("urbanovich", REJECT, documentId=found["rejected"], reason="нет")
    await house.sign("urbanovich", found["act"], PDF + b"act")
    await house.act("urbanovich", VIEW, documentId=found["contract"])
    await house.act("urbanovich", ARCHIVE, documentId=found["letter"], archived=True)
    return found


async def test_every_filter_of_folders_narrows_it(house: Household) -> None:
    """C20, EC54: direction, status, kind, words, counterparty, time, seen, people; the total is of the list."""
    began = house.clock.now()
    found = await settled(house)
    counterparty = (await house.ask("urbanovich", IDS, id=found["other"]))["document"]["counterparty"]["id"]
    everything = ["rejected", "other", "letter", "contract", "act"]
    colleague = house.members["kolesnik"]
    for asked, names in (
        ({}, everything),
        ({"direction": "INCOMING"}, everything),
        ({"direction": "OUTGOING"}, []),
        ({"status": ["SIGNED", "REJECTED"]}, ["rejected", "act"]),
        ({"status": ["DRAFT"]}, []),
        ({"kind": ["CONTRACT", "LETTER"]}, ["letter", "contract"]),
        ({"search": "15-к догов"}, ["contract"]),
        ({"counterpartyId": counterparty}, ["other"]),
        ({"viewerHasSeen": True}, ["contract"]),
        ({"viewerHasSeen": False, "kind": ["CONTRACT"]}, []),
        ({"signedByOther": True}, []),
        ({"signedByOther": False}, everything),
        ({"onlyMine": True}, everything),
        ({"onlyMine": True, "memberAs": ["SENDER"]}, []),
        ({"onlyMine": True, "memberAs": ["SIGNATORY"]}, ["act"]),
        ({"memberSearch": "urbanovich"}, everything),
        ({"memberSearch": "Колесник"}, []),
        ({"memberIds": [colleague]}, []),
        ({"memberIds": [house.members["urbanovich"]]}, []),
        ({"created": {"from": (began + timedelta(hours=4)).isoformat()}}, ["rejected"]),
        ({"created": {"to": (began + timedelta(hours=1)).isoformat()}}, ["act"]),
    ):
        assert await held(house, "urbanovich", **asked) == [found[name] for name in names], asked


@pytest.mark.parametrize(
    ("field", "names"),
    [
        ("CREATED_AT", ["act", "contract", "letter", "other", "rejected"]),
        ("TITLE", ["act", "letter", "other", "rejected", "contract"]),
        ("SENDER", ["other", "act", "contract", "letter", "rejected"]),
        ("SIGNED_AT", ["act", "contract", "letter", "other", "rejected"]),
        ("SIGN_BEFORE", ["rejected", "act", "contract", "letter", "other"]),
        ("RECIPIENT", ["act", "contract", "letter", "other", "rejected"]),
    ],
)
async def test_every_order_and_pages_from_either_end(house: Household, field: str, names: list[str]) -> None:
    """EC51, C20: each order of folders; page by page forwards and backwards, every row once and in order."""
    found = await settled(house)
    order = {"field": field, "direction": "ASC"}
    expected = [found[name] for name in names]
    forwards: list[str] = []
    cursor, goes_on = None, True
    while goes_on:
        rows = await page(house, "urbanovich", n=2, a=cursor, o=order)
        assert (rows["totalCount"], rows["pageInfo"]["hasPreviousPage"]) == (5, cursor is not None)
        forwards += [node["id"] for node in rows["nodes"]]
        cursor, goes_on = rows["pageInfo"]["endCursor"], rows["pageInfo"]["hasNextPage"]
    assert forwards == expected
    backwards: list[str] = []
    cursor, goes_on = None, True
    while goes_on:
        rows = await page(house, "urbanovich", l=2, b=cursor, o=order)
        backwards = [node["id"] for node in rows["nodes"]] + backwards
        cursor, goes_on = rows["pageInfo"]["startCursor"], rows["pageInfo"]["hasPreviousPage"]
    assert backwards == expected


async def test_new_documents_while_paging_neither_shift_nor_repeat(house: Household) -> None:
    """EC51: a cursor goes on where the last row stood, whatever came meanwhile."""
    found = await settled(house)
    first = await page(house, "urbanovich", n=3)
    await delivered(house, "later", "urbanovich", to=GOMEL)
    rest = await page(house, "urbanovich", n=3, a=first["pageInfo"]["endCursor"])
    seen = [node["id"] for node in first["nodes"] + rest["nodes"]]
    assert seen == [found[name] for name in ("rejected", "other", "letter", "contract", "act")]


@pytest.mark.parametrize(
    "asked",
    [{"n": 0}, {"n": 101}, {"l": 0}, {"n": 1, "l": 1}, {"a": "bm8"}, {"b": "bm8"}, {"f": {"memberSearch": "я" * 201}}],
    ids=str,
)
async def test_bad_pages_are_refused(house: Household, asked: dict[str, Any]) -> None:
    """C24: sizes out of range, mixed ends, cursors that are not ours: BAD_USER_INPUT."""
    await delivered(house, "one", "urbanovich", to=GOMEL)
    with pytest.raises(Refused) as failed:
        await page(house, "urbanovich", **asked)
    assert failed.value.codes == ["BAD_USER_INPUT"]


async def test_a_cursor_is_of_its_owner_filter_and_order(house: Household) -> None:
    """C24: another's cursor, or one of another filter or order, is not ours."""
    await settled(house)
    await delivered(house, "hers", "kolesnik", to=GOMEL)
    cursor = (await page(house, "urbanovich", n=1))["pageInfo"]["endCursor"]
    for who, asked in (
        ("kolesnik", {}),
        ("urbanovich", {"f": {"kind": ["ACT"]}}),
        ("urbanovich", {"o": {"field": "TITLE", "direction": "ASC"}}),
    ):
        with pytest.raises(Refused) as failed:
            await page(house, who, a=cursor, **asked)
        assert failed.value.codes == ["BAD_USER_INPUT"]


async def test_it_is_null_for_anyone_but_the_user(house: Household) -> None:
    """C20: a colleague and an operator get null, he himself his list; who never had an archive an empty one."""
    await delivered(house, "mine", "urbanovich", to=GOMEL, sender={"organization": SUPPLIER})
    me = (await house.ask("urbanovich", ME))["viewer"]["id"]
    for who in ("kolesnik", "shcherbo", "hotline"):
        assert (await house.ask(who, OF_ANOTHER, id=me))["node"] in (None, {"id": me, "documents": None}), who
    assert (await house.ask("kolesnik", OF_ANOTHER, id=me))["node"] == {"id": me, "documents": None}
    assert (await house.ask("urbanovich", OF_ANOTHER, id=me))["node"] == {"id": me, "documents": {"totalCount": 1}}
    assert await held(house, "chaika") == []


async def test_pages_cost_a_constant_number_of_statements(house: Household) -> None:
    """B2: one document or many, with people, signatures and marks: the same statements."""
    from own_archives import OWN

    query = OWN.replace("nodes { id }", "nodes { id recipients { personName } signedByOther { side } viewerCanSign }")
    await delivered(house, "n-0", "urbanovich", to=GOMEL)
    one = await house.statements(query)
    for number in range(1, 9):
        await delivered(house, f"n-{number}", "urbanovich", to=GOMEL)
    assert await house.statements(query) == one
