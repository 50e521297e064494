"""Operators and their own membership: a second one is always needed, and the journal shows which door it was."""

from __future__ import annotations

import pytest
from household import Household, address
from town import ADD, BASIS
from wishes import BLOCK_MEMBER, UNBLOCK_MEMBER, UPDATE_MEMBER

from resolvers import journal
from resolvers.journal import Revoked, Wanted

pytestmark = pytest.mark.anyio

ENTRY = """query($c: ID!) { cabinet(id: $c) { activity(first: 1) { nodes { kind channel basis { ticket } } } } }"""
NO_BASIS = [("REQUIRED", ["basis"])]


async def as_member(house: Household, role: str) -> str:
    """The second operator makes the first one a member; his public member id."""
    wish = {"cabinetId": house.cabinets["romashka"], "member": {"email": address("hotline")}, "role": role}
    return str((await house.act("second", ADD, **wish, basis=BASIS))["member"]["id"])


async def test_an_operator_changes_nothing_about_himself(house: Household) -> None:
    """EA22, H9: neither unblocking himself, nor making himself an administrator; another one can."""
    own = await as_member(house, "MEMBER")
    async with house.nothing_happens():
        promoted = await house.try_to("hotline", UPDATE_MEMBER, memberId=own, role="ADMIN", basis=BASIS)
    await house.act("second", BLOCK_MEMBER, memberId=own, basis=BASIS)
    async with house.nothing_happens():
        unblocked = await house.try_to("hotline", UNBLOCK_MEMBER, memberId=own, basis=BASIS)
    for refused in (promoted, unblocked):
        assert [error["code"] for error in refused["userErrors"]] == ["SECOND_OPERATOR_NEEDED"]
    await house.act("second", UNBLOCK_MEMBER, memberId=own, basis=BASIS)


async def test_an_operator_who_is_a_plain_member_acts_for_the_service(house: Household) -> None:
    """A8, H9: without basis he is refused, with it the journal says HOTLINE."""
    await as_member(house, "MEMBER")
    async with house.nothing_happens():
        refused = await house.try_to("hotline", BLOCK_MEMBER, memberId=house.members["chaika"])
    assert [(error["code"], error["path"]) for error in refused["userErrors"]] == NO_BASIS
    await house.act("hotline", BLOCK_MEMBER, memberId=house.members["chaika"], basis=BASIS)
    entry = (await house.ask("second", ENTRY, c=house.cabinets["romashka"]))["cabinet"]["activity"]["nodes"][0]
    assert entry == {"kind": "MEMBER_BLOCKED", "channel": "HOTLINE", "basis": {"ticket": BASIS["ticket"]}}


async def test_an_operator_who_is_an_administrator_may_act_as_one(house: Household) -> None:
    """C11: where administrators change members by themselves, he needs no basis, and it is SELF_SERVICE."""
    await as_member(house, "ADMIN")
    await house.act("hotline", BLOCK_MEMBER, memberId=house.members["chaika"])
    entry = (await house.ask("second", ENTRY, c=house.cabinets["romashka"]))["cabinet"]["activity"]["nodes"][0]
    assert entry == {"kind": "MEMBER_BLOCKED", "channel": "SELF_SERVICE", "basis": None}


async def test_a_blocked_member_who_names_no_cabinet_gets_the_one_event(house: Household) -> None:
    """EA1: subscribing gives him AccessRevokedEvent and nothing else, with his only cabinet left out too."""
    context = house.context("grinkevich")
    events = [
        event async for event in journal.follow(context, cabinet_id=None, is_named=False, wanted=Wanted(), after=None)
    ]
    assert [(type(event), getattr(event, "reason", None)) for event in events] == [(Revoked, "BLOCKED")]
