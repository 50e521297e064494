"""Push over WebSocket, server-sent events and multipart: one feed, three carriers, no gap."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any

import pytest
from quick_town import QuickTown, content_of, quick_town
from stream_clients import ADDED, EVENTS, TRANSPORTS, Failed, Stream, over_socket

pytestmark = pytest.mark.anyio
Carrier = Callable[..., AbstractAsyncContextManager[Stream]]
carriers = pytest.mark.parametrize("carrier", TRANSPORTS)


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One loop for all stories of this file."""
    return "asyncio"


@pytest.fixture(scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[QuickTown]:
    """One server for all stories of this file."""
    async with quick_town(tmp_path_factory.mktemp("streams")) as made:
        yield made


def seqs(events: list[dict[str, Any]]) -> list[int]:
    """Numbers of the entries."""
    return [event["entry"]["seq"] for event in events]


async def test_three_carriers_bring_the_same_events(town: QuickTown) -> None:
    """B1: WebSocket, SSE and multipart give one and the same sequence of events."""
    cursor, urbanovich = await town.cursor(), town.api("urbanovich")
    async with AsyncExitStack() as stack:
        opened = [carrier(urbanovich, EVENTS, c=town.romashka, a=cursor) for carrier in TRANSPORTS]
        streams = [await stack.enter_async_context(stream) for stream in opened]
        document_id = await town.deliver("same", "kolesnik")
        await town.sign("urbanovich", document_id, content_of("same"))
        first, second, third = [await stream.take(2) for stream in streams]
    assert first == second == third
    assert [event["__typename"] for event in first] == ["DocumentAddedEvent", "DocumentUpdatedEvent"]
    assert first[0]["document"] == {"id": document_id, "title": "Акт same"}
    assert first[1]["document"] == {"id": document_id, "status": "SIGNED"}
    assert seqs(first) == [seqs(first)[0], seqs(first)[0] + 1]


@carriers
async def test_page_cursor_and_subscription_leave_no_gap(town: QuickTown, carrier: Carrier) -> None:
    """EE69: what happens between the page with `eventCursor` and the subscription comes first, then what is new."""
    cursor = await town.cursor()
    earlier = [await town.deliver(f"gap-{carrier.__name__}-{number}", "kolesnik") for number in range(3)]
    async with carrier(town.api("urbanovich"), ADDED, c=town.romashka, a=cursor) as stream:
        missed = await stream.take(3)
        later = await town.deliver(f"gap-{carrier.__name__}-new", "kolesnik")
        newest = await stream.next()
    assert [event["document"]["id"] for event in missed] == earlier
    assert newest["document"]["id"] == later
    assert seqs([*missed, newest]) == list(range(seqs(missed)[0], seqs(missed)[0] + 4))


async def test_after_a_cut_the_cursor_brings_exactly_what_was_missed(town: QuickTown) -> None:
    """EE69: reconnecting with the last cursor gives the missed events, each once, in order."""
    chaika, start = town.api("chaika"), await town.cursor()
    first = await town.deliver("cut-1", "chaika")
    async with over_socket(chaika, EVENTS, c=town.romashka, a=start) as stream:
        seen = await stream.next()
    missed = [await town.deliver(f"cut-{number}", "chaika") for number in (2, 3, 4)]
    async with over_socket(chaika, EVENTS, c=town.romashka, a=seen["cursor"]) as stream:
        came = await stream.take(3)
        marker = await town.deliver("cut-5", "chaika")
        assert (await stream.next())["document"]["id"] == marker
    assert seen["document"]["id"] == first
    assert [event["document"]["id"] for event in came] == missed


@carriers
@pytest.mark.parametrize("kind", ["altered", "foreign", "unknown"])
async def test_a_cursor_that_is_not_ours_asks_to_refetch(town: QuickTown, carrier: Carrier, kind: str) -> None:
    """EE69, C24: an altered, foreign or unknown cursor gives ResyncRequiredEvent, and the stream goes on."""
    own = await town.cursor()
    foreign = await town.cursor("savitskaya", cabinet="polesye")
    cursor = {"altered": own[:-1] + ("A" if own[-1] != "A" else "B"), "foreign": foreign, "unknown": "дом"}[kind]
    async with carrier(town.api("urbanovich"), EVENTS, c=town.romashka, a=cursor) as stream:
        resync = await stream.next()
        document_id = await town.deliver(f"resync-{carrier.__name__}-{kind}", "kolesnik")
        event = await stream.next()
    assert (resync["__typename"], resync["entry"]) == ("ResyncRequiredEvent", None)
    assert event["document"]["id"] == document_id
    async with carrier(town.api("urbanovich"), EVENTS, c=town.romashka, a=resync["cursor"]) as stream:
        assert await stream.next() == event


@carriers
async def test_a_foreign_cabinet_is_no_cabinet(town: QuickTown, carrier: Carrier) -> None:
    """EE74: the stream of another's cabinet is refused like that of a cabinet that never was."""
    codes = []
    for cabinet_id in (town.home.cabinets["polesye"], town.home.members["kolesnik"], "нет"):
        async with carrier(town.api("urbanovich"), EVENTS, c=cabinet_id) as stream:
            with pytest.raises(Failed) as refused:
                await stream.next()
            codes.append(refused.value.codes)
            await stream.end()
    assert codes == [["BAD_USER_INPUT"]] * 3
