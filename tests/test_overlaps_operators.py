"""An act for a cabinet overlaps with the taking away of what allows it, a right that stands in the cabinet's row.

And of what it judges: whether an account is a personal manager's.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from household import Household, address
from test_invitations import AGAIN
from test_operator_channel import manager
from test_overlaps import strangers
from town import BASIS
from wishes import ADD_MEMBER, ASSIGN, BLOCK_MEMBER, UNASSIGN, UPDATE_CABINET, Noted, codes, noted

from models.accounts import OperatorKind
from resolvers import owner
from schema.nodes import decode

pytestmark = pytest.mark.anyio
MADE_HOTLINE = "UPDATE users SET operator_kind = 'HOTLINE' WHERE id = $1"
"""What `made_hotline` comes to, in a transaction that a test ends."""


def number_of(public_id: str) -> int:
    """A row's id."""
    found = decode(public_id)
    assert found is not None
    return found[1]


async def looked_after(house: Household) -> dict[str, Any]:
    """«Ромашка» with a personal manager, Липский; the input that takes him away."""
    house.users["lipski"] = await manager(house)
    await house.act("hotline", ASSIGN, **assignment(house))
    return {"cabinetId": house.cabinets["romashka"], "basis": BASIS}


@pytest.mark.parametrize("act", ["add", "block", "invite"])
async def test_a_manager_who_was_taken_away_finishes_nothing(house: Household, tmp_path: Path, act: str) -> None:
    """EA21: he had begun, and waited for a row while the cabinet was taken from him: NOT_FOUND, nothing is done."""
    await house.add("stranger")
    here = await looked_after(house)
    mutation, said, held = {
        "add": (ADD_MEMBER, {**here, "member": {"email": address("savitskaya")}}, ("users", house.users["savitskaya"])),
        "block": (
            BLOCK_MEMBER,
            {"memberId": house.members["chaika"], "basis": BASIS},
            ("members", number_of(house.members["chaika"])),
        ),
        "invite": (AGAIN, {"memberId": house.members["stranger"]}, ("users", house.users["stranger"])),
    }[act]
    async with strangers(tmp_path) as (stranger,), noted(house) as came:
        await stranger.hold(*held, how="FOR UPDATE")
        acting = asyncio.ensure_future(house.try_to("lipski", mutation, **said))
        await stranger.until_waiting(1)
        await house.act("hotline", UNASSIGN, **here)
        await stranger.let_go()
        refused = await acting
    assert [(error["code"], error["path"]) for error in refused["userErrors"]] == [("NOT_FOUND", [next(iter(said))])]
    assert came == Noted(entries=[("romashka", "OPERATOR_UNASSIGNED")])


async def test_a_manager_s_act_that_has_its_number_comes_first(house: Household, tmp_path: Path) -> None:
    """EA21: what was told before the cabinet was taken from him holds, and stands before it in the journal."""
    here = await looked_after(house)
    async with strangers(tmp_path) as (stranger,), noted(house) as came:
        await stranger.hold("users", house.users["lipski"], how="FOR UPDATE")  # an entry names its author
        acting = asyncio.ensure_future(house.act("lipski", BLOCK_MEMBER, memberId=house.members["chaika"], basis=BASIS))
        await stranger.until_waiting(1)
        taking = asyncio.ensure_future(house.act("hotline", UNASSIGN, **here))
        await stranger.until_waiting(2, or_ended=taking)
        await stranger.let_go()
        await asyncio.gather(acting, taking)
    assert came.entries == [("romashka", "MEMBER_BLOCKED"), ("romashka", "OPERATOR_UNASSIGNED")]


@pytest.mark.parametrize("who", ["shcherbo", "1C"])
async def test_self_service_that_was_switched_off_adds_nobody(house: Household, tmp_path: Path, who: str) -> None:
    """C11: an administrator, or her token, had begun and waited for a row meanwhile: FORBIDDEN, nothing is done."""
    await house.give_token("1C", "MEMBERS")
    here = {"cabinetId": house.cabinets["romashka"]}
    async with strangers(tmp_path) as (stranger,), noted(house) as came:
        await stranger.hold("users", house.users["savitskaya"])
        adding = asyncio.ensure_future(house.try_to(who, ADD_MEMBER, **here, member={"email": address("savitskaya")}))
        await stranger.until_waiting(1)
        await house.act("hotline", UPDATE_CABINET, **here, selfService=False, basis=BASIS)
        await stranger.let_go()
        refused = await adding
    assert [error["code"] for error in refused["userErrors"]] == ["FORBIDDEN"]
    assert came.entries == [("romashka", "CABINET_UPDATED")]


async def test_who_is_being_made_something_else_is_assigned_no_more(house: Household, tmp_path: Path) -> None:
    """EA21: the change was begun and is not yet committed: INVALID, and the cabinet has no manager who is none."""
    house.users["lipski"] = await manager(house)
    async with strangers(tmp_path) as (stranger,), noted(house) as came:
        await stranger.hold("users", house.users["lipski"])
        await stranger.connection.execute(MADE_HOTLINE, house.users["lipski"])
        assigning = asyncio.ensure_future(codes(house, "hotline", ASSIGN, **assignment(house)))
        await stranger.until_waiting(1, or_ended=assigning)
        await stranger.connection.execute("COMMIT")
        assert await assigning == ["INVALID"]
    assert came == Noted()


async def test_who_is_being_assigned_is_a_manager_until_he_is(house: Household, tmp_path: Path) -> None:
    """EA21: he was judged to be one, and becomes nothing else before his cabinet is his."""
    house.users["lipski"] = await manager(house)
    async with strangers(tmp_path) as (stranger,):
        await stranger.hold("users", house.users["hotline"], how="FOR UPDATE")  # an entry names its author
        assigning = asyncio.ensure_future(codes(house, "hotline", ASSIGN, **assignment(house)))
        await stranger.until_waiting(1)
        changing = asyncio.ensure_future(made_hotline(house))
        await stranger.until_waiting(2, or_ended=changing)
        assert not changing.done()
        await stranger.let_go()
        assert (await asyncio.gather(assigning, changing))[0] == []


def assignment(house: Household) -> dict[str, Any]:
    """Липский becomes the manager of «Ромашка»."""
    return {"cabinetId": house.cabinets["romashka"], "basis": BASIS, "email": "lipski@podpis.example"}


async def made_hotline(house: Household) -> None:
    """The server's owner makes Липский somebody of the hotline."""
    kind = OperatorKind.HOTLINE
    await owner.make_operator(
        house.system, email="lipski@podpis.example", display_name="Липский Олег", kind=kind, phone=None
    )
