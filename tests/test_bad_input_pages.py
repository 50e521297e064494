"""A page is counted from one end: what mixes both is refused, never half heard."""

from __future__ import annotations

from typing import Any

import pytest
from clients import Refused
from household import Household

pytestmark = pytest.mark.anyio

PAGE = """query($c: ID!, $first: Int, $after: String, $last: Int, $before: String) { cabinet(id: $c) {
  activity(first: $first, after: $after, last: $last, before: $before) {
    nodes { seq } pageInfo { startCursor endCursor } } } }"""
MIXED = [("first", "before"), ("last", "after"), ("after", "before"), ("first", "last")]


async def page(house: Household, **ends: Any) -> Any:
    """A page of the journal."""
    return (await house.ask("shcherbo", PAGE, c=house.cabinets["romashka"], **ends))["cabinet"]["activity"]


@pytest.mark.parametrize(("one", "other"), MIXED)
async def test_a_page_has_one_end(house: Household, one: str, other: str) -> None:
    """EC51: BAD_USER_INPUT for `first` with `before`, `last` with `after`, and two cursors or sizes."""
    info = (await page(house, first=2))["pageInfo"]
    said = {"first": 2, "last": 2, "after": info["startCursor"], "before": info["endCursor"]}
    with pytest.raises(Refused) as refused:
        await page(house, **{one: said[one], other: said[other]})
    assert refused.value.codes == ["BAD_USER_INPUT"]


async def test_each_end_by_itself_goes(house: Household) -> None:
    """A size without a cursor, a cursor without a size."""
    newest = await page(house, first=2)
    info = newest["pageInfo"]
    assert (await page(house, before=info["endCursor"]))["nodes"] == newest["nodes"][:1]
    assert (await page(house, after=info["startCursor"]))["nodes"][0] == newest["nodes"][1]
    assert (await page(house, last=1))["nodes"][0]["seq"] == 1
