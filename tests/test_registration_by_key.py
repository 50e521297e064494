"""A registration whose last step is a key, and how often the trusted authorities are asked for."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest
from household import NAMES, SCHEMA, Household, address
from refused import refusal
from test_tokens_streams import cursor
from town import ADD, BASIS, PASSWORD
from wishes import BLOCK_MEMBER, SET_PASSWORD, Noted, noted

from resolvers.ports import Verifier

pytestmark = pytest.mark.anyio

KEYS = """query($c: ID!) { cabinet(id: $c) { members(first: 50) { nodes { id hasSigningKey } } } }"""

COMPLETED = """subscription($c: ID!, $a: String) { cabinetEvents(cabinetId: $c, after: $a) { entry { kind }
  ... on MemberChangedEvent { member { id user { registration { state missing } } } } } }"""


class CountedVerifier:
    """A verifier that knows how often its policy was asked for."""

    def __init__(self, real: Verifier) -> None:
        self._real = real
        self.policies = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    async def policy(self) -> Any:
        """As it is, and counted."""
        self.policies += 1
        return await self._real.policy()


async def newcomer(house: Household) -> None:
    """Somebody joins a house where a registration needs a key, and sets his password."""
    world = house.world
    house.world = replace(world, house=replace(world.house, registration_needs_key=True))
    await house.add("stranger")
    await house.act(None, SET_PASSWORD, token=await house.invitation("stranger"), newPassword=PASSWORD)


async def test_a_key_may_be_the_last_step_of_a_registration(house: Household) -> None:
    """A7: the journal tells that it is complete, once."""
    await newcomer(house)
    async with noted(house) as came:
        await house.give_key("stranger")
    assert came.entries == [("romashka", "CERTIFICATE_REGISTERED"), ("romashka", "REGISTRATION_COMPLETED")]
    async with noted(house) as second:
        await house.give_key("stranger")
    assert second == Noted(), "the same certificate again changes nothing"


async def test_the_last_step_is_pushed(house: Household) -> None:
    """A7: whoever has the «Users» section open sees the registration complete, woken by the bell alone."""
    await newcomer(house)
    variables = {"c": house.cabinets["romashka"], "a": await cursor(house)}
    house.world = replace(house.world, house=replace(house.world.house, pulse_seconds=3600))
    stream: Any = await SCHEMA.subscribe(COMPLETED, variables, house.context("chaika"))
    async with aclosing(stream) as events, asyncio.timeout(60):
        coming = asyncio.ensure_future(anext(events))
        await house.give_key("stranger")
        came = [(await coming).data["cabinetEvents"]]
        while came[-1]["entry"]["kind"] != "REGISTRATION_COMPLETED":
            came.append((await anext(events)).data["cabinetEvents"])
    assert [event["entry"]["kind"] for event in came] == ["CERTIFICATE_REGISTERED", "REGISTRATION_COMPLETED"]
    done = {"state": "COMPLETE", "missing": []}
    assert came[-1]["member"] == {"id": house.members["stranger"], "user": {"registration": done}}


async def test_a_blocked_member_s_cabinet_is_told_too(house: Household) -> None:
    """A9: his registration goes on elsewhere; whoever may unblock him sees that it is complete."""
    await newcomer(house)
    await house.act("savitskaya", ADD, cabinetId=house.cabinets["polesye"], member={"email": address("stranger")})
    await house.act("hotline", BLOCK_MEMBER, memberId=house.members["stranger"], basis=BASIS)
    async with noted(house) as came:
        await house.give_key("stranger")
    assert sorted(came.entries) == [
        (cabinet, kind)
        for cabinet in ("polesye", "romashka")
        for kind in ("CERTIFICATE_REGISTERED", "REGISTRATION_COMPLETED")
    ]


async def test_who_lacks_only_a_key_is_not_invited(house: Household) -> None:
    """EH89, A7: an invitation sets a password, and he has one: he is told what is left; no letter."""
    await newcomer(house)
    told = await refusal(house, "hotline", "memberInvitationResend", memberId=house.members["stranger"])
    assert told.place == ("INVALID", ["memberId"])
    assert told.ru == (
        f"Пароль уже задан: {NAMES['stranger']}. "
        "Чтобы завершить регистрацию, осталось войти и зарегистрировать ключ ЭЦП."
    )
    await house.give_key("stranger")
    told = await refusal(house, "hotline", "memberInvitationResend", memberId=house.members["stranger"])
    assert (told.place, told.ru) == (("INVALID", ["memberId"]), f"Регистрация уже завершена: {NAMES['stranger']}.")


async def test_the_policy_is_asked_for_once_a_level(house: Household) -> None:
    """EC55: however many certificates there are; a folder of lists is looked through for each asking."""
    verifier = CountedVerifier(house.world.verifier)
    house.world = replace(house.world, verifier=verifier)
    seen = await house.ask("urbanovich", KEYS, c=house.cabinets["romashka"])
    with_keys = [member for member in seen["cabinet"]["members"]["nodes"] if member["hasSigningKey"]]
    assert (len(with_keys), verifier.policies) == (3, 1)
