"""Who may be connected: places in all and of an address, and who goes when there is no room."""

from __future__ import annotations

import asyncio

import pytest

from server.crowd import MOMENT, Crowd
from server.settings import read_settings

pytestmark = pytest.mark.anyio

HERE, THERE = "192.0.2.1", "192.0.2.2"


class Place(asyncio.Transport):
    """A connection that knows whether it was cut."""

    was_cut = False

    def abort(self) -> None:
        """Note it."""
        self.was_cut = True


def crowd(**bounds: int) -> Crowd:
    """With these bounds."""
    return Crowd(read_settings(**bounds))


def finished(crowd: Crowd, *addresses: str) -> list[Place]:
    """Connections from there, each with its complete request."""
    places = unfinished(crowd, *addresses)
    for place in places:
        crowd.finish(place)
    return places


def unfinished(crowd: Crowd, *addresses: str) -> list[Place]:
    """Connections from there without one."""
    places = [Place() for _ in addresses]
    assert [crowd.admit(place, address=address) for place, address in zip(places, addresses, strict=True)] == [
        True for _ in places
    ]
    return places


async def test_an_address_has_its_places() -> None:
    """R.A1: as many as the limit, one more is refused; another address has its own, and a place given back is free."""
    few = crowd(max_connections_per_address=3)
    first, *_ = finished(few, HERE, HERE, HERE)
    assert not few.admit(Place(), address=HERE)
    finished(few, THERE)
    few.leave(first)
    finished(few, HERE)
    assert len(few) == 4


async def test_the_process_has_its_places() -> None:
    """R.A1: the same for all addresses together."""
    few = crowd(max_connections=2)
    first, second = finished(few, HERE, THERE)
    assert not few.admit(Place(), address="192.0.2.3")
    few.leave(first)
    few.leave(first)
    finished(few, "192.0.2.3")
    assert not second.was_cut and len(few) == 2


@pytest.mark.parametrize("bounds", [{"max_connections": 3}, {"max_connections_per_address": 3}])
async def test_the_oldest_without_a_request_makes_room(bounds: dict[str, int]) -> None:
    """R.A1: it goes before somebody new is refused."""
    few = crowd(**bounds)
    served, oldest, younger = finished(few, HERE)[0], *unfinished(few, HERE, HERE)
    assert few.admit(Place(), address=HERE)
    assert [place.was_cut for place in (served, oldest, younger)] == [False, True, False]


async def test_of_an_address_few_are_without_a_request() -> None:
    """R.A1: one more, and the oldest of them goes; whoever has sent his request stays, and so do other addresses."""
    few = crowd(max_unfinished_per_address=2)
    served, others = finished(few, HERE)[0], unfinished(few, THERE)
    waiting = unfinished(few, HERE, HERE)
    await asyncio.sleep(2 * MOMENT)
    assert [place.was_cut for place in waiting] == [False, False]
    waiting += unfinished(few, HERE)
    await asyncio.sleep(2 * MOMENT)
    assert [place.was_cut for place in waiting] == [True, False, False]
    assert not served.was_cut and not others[0].was_cut


async def test_the_next_request_is_awaited_too() -> None:
    """R.A1: a connection that was served once does not count for ever as one with a request."""
    few = crowd(max_unfinished_per_address=1)
    first, second = finished(few, HERE, HERE)
    few.begin(first)
    few.begin(second)
    await asyncio.sleep(2 * MOMENT)
    assert (first.was_cut, second.was_cut) == (True, False)


async def test_a_burst_is_no_attack() -> None:
    """Connections of one instant whose requests are there a moment later all stay."""
    few = crowd(max_unfinished_per_address=1)
    burst = unfinished(few, *[HERE] * 20)
    await asyncio.sleep(MOMENT / 10)
    for place in burst:
        few.finish(place)
    await asyncio.sleep(2 * MOMENT)
    assert not any(place.was_cut for place in burst)


async def test_addresses_of_one_house_are_one() -> None:
    """R.A1: of IPv6 the /64 counts."""
    few = crowd(max_connections_per_address=1)
    finished(few, "2001:db8::1")
    assert not few.admit(Place(), address="2001:db8::2")
    assert few.admit(Place(), address="2001:db8:0:1::1")
