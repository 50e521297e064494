"""Pages of documents, members and entries: keyset cursors go on where the last row stood, whatever came meanwhile."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from clients import Refused
from household import SUPPLIER, Household, address
from town import PDF
from wishes import sent

pytestmark = pytest.mark.anyio

PAGE = """query($c: ID!, $k: FolderKind!, $n: Int, $a: String, $l: Int, $b: String, $f: DocumentFilter,
    $o: DocumentOrder) {
  cabinet(id: $c) { list: folder(kind: $k) { rows: documents(
      first: $n, after: $a, last: $l, before: $b, filter: $f, orderBy: $o) {
    totalCount edges { cursor node { id } } nodes { id }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } } }"""
MEMBERS = """query($c: ID!, $n: Int, $a: String, $l: Int, $b: String, $f: MemberFilter, $o: MemberOrder) {
  cabinet(id: $c) { rows: members(first: $n, after: $a, last: $l, before: $b, filter: $f, orderBy: $o) {
    totalCount edges { cursor node { id } } nodes { id }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"""
ENTRIES = """query($c: ID!, $n: Int, $a: String, $l: Int, $b: String, $f: ActivityFilter) {
  cabinet(id: $c) { rows: activity(first: $n, after: $a, last: $l, before: $b, filter: $f) {
    totalCount edges { cursor node { id } } nodes { id }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"""
ADD = """mutation($i: MemberAddInput!) { memberAdd(input: $i) {
  memberEdge { cursor node { id } } userErrors { code } } }"""
LISTS: list[tuple[str, dict[str, Any]]] = [(PAGE, {"k": "INCOMING"}), (MEMBERS, {}), (ENTRIES, {})]
NAMES_OF_LISTS = ["documents", "members", "entries"]


async def page(house: Household, query: str, **asked: Any) -> Any:
    """A page as Урбанович sees it; edges, nodes and the ends of `pageInfo` tell the same."""
    found = (await house.ask("urbanovich", query, **{"c": house.cabinets["romashka"], **asked}))["cabinet"]
    rows = found["list"]["rows"] if "list" in found else found["rows"]
    assert [edge["node"] for edge in rows["edges"]] == rows["nodes"]
    ends = [edge["cursor"] for edge in rows["edges"]]
    info = rows["pageInfo"]
    assert (info["startCursor"], info["endCursor"]) == ((ends[0], ends[-1]) if ends else (None, None))
    return rows


def ids(rows: Any) -> list[str]:
    return [node["id"] for node in rows["nodes"]]


async def settled(house: Household) -> None:
    """Seven documents, of which three pairs have the same time."""
    for number in range(7):
        house.clock.move(timedelta(minutes=number % 2))
        await house.receive(f"p-{number}", "kolesnik")


@pytest.mark.parametrize(("query", "said"), LISTS, ids=NAMES_OF_LISTS)
async def test_pages_make_the_list_from_either_end(house: Household, query: str, said: dict[str, Any]) -> None:
    """EC51: forwards and backwards, page by page, every row once and in order; the total is of the whole list."""
    await settled(house)
    whole = await page(house, query, **said, n=100)
    assert whole["totalCount"] == len(ids(whole)) > 4
    assert (whole["pageInfo"]["hasNextPage"], whole["pageInfo"]["hasPreviousPage"]) == (False, False)
    forwards: list[str] = []
    cursor, goes_on = None, True
    while goes_on:
        rows = await page(house, query, **said, n=2, a=cursor)
        assert rows["totalCount"] == whole["totalCount"]
        assert rows["pageInfo"]["hasPreviousPage"] is (cursor is not None)
        forwards += ids(rows)
        cursor, goes_on = rows["pageInfo"]["endCursor"], rows["pageInfo"]["hasNextPage"]
    assert forwards == ids(whole)
    backwards: list[str] = []
    cursor, goes_on = None, True
    while goes_on:
        rows = await page(house, query, **said, l=2, b=cursor)
        assert rows["pageInfo"]["hasNextPage"] is (cursor is not None)
        backwards = ids(rows) + backwards
        cursor, goes_on = rows["pageInfo"]["startCursor"], rows["pageInfo"]["hasPreviousPage"]
    assert backwards == ids(whole)


async def test_what_comes_while_paging_neither_shifts_nor_repeats(house: Household) -> None:
    """EC51: new documents stand before the first page; the next one goes on after the last row seen."""
    await settled(house)
    before = ids(await page(house, PAGE, k="INCOMING", n=100))
    first = await page(house, PAGE, k="INCOMING", n=3)
    new = [await house.receive(f"new-{number}", "kolesnik") for number in range(4)]
    second = await page(house, PAGE, k="INCOMING", n=100, a=first["pageInfo"]["endCursor"])
    assert ids(first) + ids(second) == before
    back = await page(house, PAGE, k="INCOMING", l=100, b=first["pageInfo"]["startCursor"])
    assert ids(back) == new[::-1]


ORDERS: dict[str, tuple[list[str], list[str]]] = {  # what has a value, what has none
    "CREATED_AT": (["Жук", "Ёлка", "Ель"], []),
    "TITLE": (["Ёлка", "Ель", "Жук"], []),
    "SENDER": (["Жук", "Ель", "Ёлка"], []),
    "RECIPIENT": (["Ель", "Жук", "Ёлка"], []),
    "SIGNED_AT": (["Ель", "Жук"], ["Ёлка"]),
    "SIGN_BEFORE": (["Ёлка", "Жук"], ["Ель"]),
}
PIECES = [
    ("Жук", "Арт", "urbanovich", "2026-11-27T00:00:00Z"),
    ("Ёлка", "Яр", "chaika", "2026-11-26T00:00:00Z"),
    ("Ель", "Мы", "kolesnik", None),
]


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("field", ORDERS)
async def test_documents_are_sorted_as_asked(house: Household, field: str, direction: str) -> None:
    """A16: by people too, ё beside е; what lacks a value comes last whichever way; pages agree with the whole."""
    made = {}
    for title, sender, person, deadline in PIECES:
        house.clock.move(timedelta(minutes=1))
        party = {"organization": SUPPLIER, "personName": sender}
        made[title] = await house.receive(title, person, title=title, sender=party, signBefore=deadline)
    for title in ("Ель", "Жук"):
        house.clock.move(timedelta(minutes=1))
        await house.sign("urbanovich", made[title], PDF + title.encode())
    there, lacking = ORDERS[field]
    step = 1 if direction == "ASC" else -1
    expected = [made[title] for title in [*there[::step], *lacking[::step]]]
    how = {"field": field, "direction": direction}
    assert ids(await page(house, PAGE, k="ALL", o=how)) == expected
    first = await page(house, PAGE, k="ALL", o=how, n=2)
    rest = await page(house, PAGE, k="ALL", o=how, n=2, a=first["pageInfo"]["endCursor"])
    assert ids(first) + ids(rest) == expected


@pytest.mark.parametrize(("query", "said"), LISTS, ids=NAMES_OF_LISTS)
@pytest.mark.parametrize(
    "asked",
    [
        {"n": 0},
        {"n": -1},
        {"n": 101},
        {"l": 0},
        {"l": 101},
        {"n": 2, "l": 2},
        {"a": "nonsense"},
        {"a": ""},
        {"b": "nonsense", "l": 1},
        {"a": "Ж"},
    ],
    ids=str,
)
async def test_a_page_that_cannot_be_is_refused(
    house: Household, query: str, said: dict[str, Any], asked: dict[str, Any]
) -> None:
    """C24: sizes out of range, both ends at once, and cursors that are none of ours are BAD_USER_INPUT."""
    with pytest.raises(Refused) as refused:
        await page(house, query, **said, **asked)
    assert refused.value.codes == ["BAD_USER_INPUT"]


async def test_a_cursor_belongs_to_its_list(house: Household) -> None:
    """C24: of another folder, filter, order, cabinet, list or with a sign changed it is BAD_USER_INPUT."""
    await settled(house)
    await sent(house, "savitskaya", of="polesye", to="romashka", requiredSides=[])
    cursor = (await page(house, PAGE, k="INCOMING", n=1))["pageInfo"]["endCursor"]
    member = (await page(house, MEMBERS, n=1))["pageInfo"]["endCursor"]
    entry = (await page(house, ENTRIES, n=1))["pageInfo"]["endCursor"]
    altered = cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB")
    wrong: list[tuple[str, dict[str, Any]]] = [
        (PAGE, {"k": "ALL", "a": cursor}),
        (PAGE, {"k": "INCOMING", "a": cursor, "f": {"onlyMine": True}}),
        (PAGE, {"k": "INCOMING", "a": cursor, "o": {"field": "CREATED_AT", "direction": "ASC"}}),
        (PAGE, {"k": "INCOMING", "a": altered}),
        (PAGE, {"k": "INCOMING", "a": cursor + "="}),
        (PAGE, {"k": "INCOMING", "a": member}),
        (MEMBERS, {"a": entry}),
        (MEMBERS, {"a": member, "f": {"role": ["ADMIN"]}}),
        (ENTRIES, {"a": entry, "f": {"kind": ["MEMBER_ADDED"]}}),
    ]
    for query, asked in wrong:
        with pytest.raises(Refused) as refused:
            await page(house, query, **asked)
        assert refused.value.codes == ["BAD_USER_INPUT"], asked
    assert len(ids(await page(house, PAGE, k="INCOMING", a=cursor))) == 7
    elsewhere = {"k": "INCOMING", "a": cursor, "c": house.cabinets["polesye"]}
    with pytest.raises(Refused) as refused:
        await house.ask("savitskaya", PAGE, **elsewhere)
    assert refused.value.codes == ["BAD_USER_INPUT"]


async def test_a_new_row_s_edge_goes_into_the_list_it_is_shown_in(house: Household) -> None:
    """The cursor that `memberAdd` gives is the one that the list by name has at that row."""
    wish = {"cabinetId": house.cabinets["romashka"], "member": {"email": address("savitskaya")}}
    added = await house.act("shcherbo", ADD, **wish)
    rows = await page(house, MEMBERS, n=100)
    assert added["memberEdge"] in rows["edges"]
