"""Trying passwords: failed logins are counted before anything is hashed, by account and by client address."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from household import SCHEMA, Household, address
from sqlalchemy import select
from town import PASSWORD
from wishes import SET_PASSWORD

from models.attempts import Tally
from resolvers.context import Client, Context
from resolvers.rights import Principal

pytestmark = pytest.mark.anyio

LOG_IN = "mutation($i: SessionCreateInput!) { sessionCreate(input: $i) { viewer { id } userErrors { code path } } }"
WRONG = "not his password"
OTHER, LATER = "INVALID_CREDENTIALS", "TOO_MANY_ATTEMPTS"


async def registered(house: Household, who: str) -> None:
    """Somebody has followed his invitation and has a password."""
    await house.act(None, SET_PASSWORD, token=await house.invitation(who), newPassword=PASSWORD)


async def try_in(house: Household, email: str, password: str = WRONG, *, at: str = "192.0.2.7") -> str | None:
    """What a login is refused with; None when it is not."""
    context = Context(house.world, Principal(), Client(address=at))
    said = {"i": {"email": email, "password": password}}
    result = await SCHEMA.execute(LOG_IN, variable_values=said, context_value=context)
    assert result.errors is None and result.data is not None, result.errors
    errors: list[dict[str, Any]] = result.data["sessionCreate"]["userErrors"]
    assert [error["path"] for error in errors] in ([], [None])
    return errors[0]["code"] if errors else None


def allow(house: Household, **limits: int) -> None:
    """The owner's settings are others."""
    world = house.world
    house.world = replace(world, house=replace(world.house, limits=replace(world.house.limits, **limits)))


async def tallies(house: Household) -> list[Tally]:
    """All there are."""
    async with house.system.reading() as reading:
        return await reading.all(select(Tally).order_by(Tally.id))


@pytest.mark.parametrize("email", [address("chaika"), "nobody@romashka.example", "kein @ddress"])
async def test_the_eleventh_try_is_too_many(house: Household, email: str) -> None:
    """EH96: known and unknown alike; the right password does not help, from no address; a minute and a half does."""
    await registered(house, "chaika")
    for number in range(10):
        assert await try_in(house, email, at=f"192.0.2.{number}") == OTHER
    async with house.nothing_happens():
        assert await try_in(house, email.upper(), at="198.51.100.1") == LATER
        assert await try_in(house, email, PASSWORD) == LATER
    house.clock.move(timedelta(seconds=90))
    assert await try_in(house, email, PASSWORD) == (None if email == address("chaika") else OTHER)


async def test_nobody_is_locked_out_for_ever(house: Household) -> None:
    """EH96: what is refused does not count: after a quarter of an hour of trying all ten tries are back."""
    for _ in range(30):
        await try_in(house, address("chaika"))
    house.clock.move(timedelta(minutes=15))
    assert [await try_in(house, address("chaika")) for _ in range(11)] == [OTHER] * 10 + [LATER]


async def test_who_knows_the_password_has_not_tried(house: Household) -> None:
    """EH96: failed logins are counted, others are not."""
    await registered(house, "chaika")
    assert [await try_in(house, address("chaika"), PASSWORD) for _ in range(12)] == [None] * 12
    assert [await try_in(house, address("chaika")) for _ in range(11)] == [OTHER] * 10 + [LATER]


async def test_tries_at_once_are_counted_before_they_are_hashed(house: Household) -> None:
    """A5 of reliability: of thirty at once, ten are looked at."""
    found = await asyncio.gather(*(try_in(house, address("chaika")) for _ in range(30)))
    assert Counter(found) == {OTHER: 10, LATER: 20}


async def test_an_address_may_fail_a_hundred_times(house: Household) -> None:
    """EH96: with whatever accounts; another one's client is not kept from it."""
    allow(house, max_failed_logins_address=4)
    found = [await try_in(house, f"{number}@romashka.example") for number in range(5)]
    assert found == [OTHER] * 4 + [LATER]
    assert await try_in(house, "5@romashka.example", at="192.0.2.8") == OTHER


@pytest.mark.parametrize(
    ("other", "found"),
    [("2001:db8:0:1:ffff::9", LATER), ("2001:db8:0:2::1", OTHER), ("::ffff:192.0.2.7", OTHER), ("unix", OTHER)],
)
async def test_of_ipv6_the_house_counts(house: Household, other: str, found: str) -> None:
    """EH96: a /64 belongs to one house; its neighbour's is another one."""
    allow(house, max_failed_logins_address=1)
    assert await try_in(house, "1@romashka.example", at="2001:db8:0:1::1") == OTHER
    assert await try_in(house, "2@romashka.example", at=other) == found


async def test_tallies_are_digests_and_do_not_heap_up(house: Household) -> None:
    """EH96: nobody reads there who was tried; what is forgotten is taken away by the next try."""
    for number in range(4):
        await try_in(house, f"{number}@romashka.example")
    assert len(await tallies(house)) == 5
    assert {len(tally.subject) for tally in await tallies(house)} == {64}
    assert not [tally for tally in await tallies(house) if "romashka" in tally.subject]
    house.clock.move(timedelta(hours=1))
    await try_in(house, "late@romashka.example")
    assert len(await tallies(house)) == 2
