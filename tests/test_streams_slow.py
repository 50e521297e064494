"""A subscriber that reads slowly, or comes back late: nothing is kept for it but its place in the journal (EE68)."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest
from household import SCHEMA, Household, counted

pytestmark = pytest.mark.anyio

LIVE = """subscription($c: ID!, $a: String) { cabinetEvents(cabinetId: $c, after: $a) {
  __typename cursor entry { seq kind } ... on DocumentAddedEvent { document { title } } } }"""
CURSOR = "query($c: ID!) { cabinet(id: $c) { eventCursor } }"
FEW = 5


@pytest.fixture
def few(house: Household) -> Household:
    """A house where a stream may fall five events behind."""
    limits = replace(house.world.house.limits, max_events_behind=FEW)
    house.world = replace(house.world, house=replace(house.world.house, limits=limits))
    return house


async def cursor(house: Household) -> str:
    """Position of the newest event."""
    return str((await house.ask("urbanovich", CURSOR, c=house.cabinets["romashka"]))["cabinet"]["eventCursor"])


async def live(house: Household, after: str | None) -> AsyncGenerator[dict[str, Any], None]:
    """The events of «Ромашка», one by one as they are asked for."""
    variables = {"c": house.cabinets["romashka"], "a": after}
    results = await SCHEMA.stream(LIVE, variables, context_value=house.context("urbanovich"))
    async with aclosing(results):
        async for result in results:
            assert result.errors is None
            yield dict(result.data["cabinetEvents"])


async def test_a_slow_subscriber_costs_a_cursor(few: Household) -> None:
    """Who does not read makes the server fetch nothing; five behind he gets all, in order (EE68)."""
    async with aclosing(live(few, await cursor(few))) as stream:
        await few.receive("first", "kolesnik")
        assert (await anext(stream))["document"]["title"] == "Акт first"
        for number in range(FEW):
            await few.receive(f"missed-{number}", "kolesnik")
        came = [await anext(stream) for _ in range(FEW)]
    assert [event["document"]["title"] for event in came] == [f"Акт missed-{number}" for number in range(FEW)]


async def test_nothing_is_fetched_for_whoever_does_not_read(few: Household) -> None:
    """The journal is the buffer: until the next event is asked for, no statement is made for the stream (EE68)."""
    async with aclosing(live(few, await cursor(few))) as stream:
        await few.receive("first", "kolesnik")
        await anext(stream)
        with counted() as alone:
            await few.receive("alone", "kolesnik")
        await stream.aclose()
        with counted() as without:
            await few.receive("without", "kolesnik")
    assert len(alone) == len(without)


async def test_too_far_behind_is_told_and_the_stream_goes_on(few: Household) -> None:
    """Six behind comes one `ResyncRequiredEvent` with the head's cursor, then what is new (EE68)."""
    async with aclosing(live(few, await cursor(few))) as stream:
        await few.receive("first", "kolesnik")
        await anext(stream)
        for number in range(FEW + 1):
            await few.receive(f"missed-{number}", "kolesnik")
        gap = await anext(stream)
        assert (gap["__typename"], gap["entry"]) == ("ResyncRequiredEvent", None)
        await few.receive("after", "kolesnik")
        assert (await anext(stream))["document"]["title"] == "Акт after"
    async with aclosing(live(few, gap["cursor"])) as resumed:
        assert (await anext(resumed))["document"]["title"] == "Акт after"


@pytest.mark.parametrize(("missed", "kinds"), [(FEW, ["DocumentAddedEvent"] * FEW), (FEW + 1, ["ResyncRequiredEvent"])])
async def test_who_comes_back_late_gets_all_or_is_told(few: Household, missed: int, kinds: list[str]) -> None:
    """A cursor five events old is resumed without a gap, one six events old is too old (EE69)."""
    after = await cursor(few)
    for number in range(missed):
        await few.receive(f"missed-{number}", "kolesnik")
    async with aclosing(live(few, after)) as stream:
        assert [(await anext(stream))["__typename"] for _ in kinds] == kinds
        await few.receive("new", "kolesnik")
        assert (await anext(stream))["document"]["title"] == "Акт new"
