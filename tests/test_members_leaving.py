"""Blocking, unblocking, removing: who is told, what stays, and that the last administrator stays."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from household import NAMES, POLESYE, Household, address
from sqlalchemy import select
from town import BASIS, PASSWORD, PDF
from wishes import (
    A_MEMBER,
    ADD_MEMBER,
    BLOCK_MEMBER,
    HEADER,
    REMOVE_MEMBER,
    SET_PASSWORD,
    UNBLOCK_MEMBER,
    UPDATE_MEMBER,
    Noted,
    codes,
    listed,
    noted,
    sent,
)

from models.accounts import Session, User
from schema.nodes import encode

pytestmark = pytest.mark.anyio

OTHERS = ["chaika", "shcherbo", "urbanovich"]
LOG_IN = """mutation($i: SessionCreateInput!) {
  sessionCreate(input: $i) { accessToken userErrors { code } } }"""
RENAME = """mutation($i: ViewerUpdateInput!) {
  viewerUpdate(input: $i) { viewer { displayName } userErrors { code path } } }"""
COLLEAGUE_SEES = """query($ids: [ID!]!) {
  cabinet {
    folders { kind documentCount unseenCount }
    folder(kind: ALL) {
      documents(first: 20, filter: {memberSearch: "Колесник"}) { totalCount edges { cursor node { ...D } } } } }
  nodes(ids: $ids) { ... on Document { ...D } } }
fragment D on Document { id title status statusText createdAt updatedAt
  sender { personName personEmail member { id user { id displayName } } }
  recipients { personName personEmail organization { name } member { id user { id displayName } } }
  signatures { id signedAt signatory { personName member { id } } signatoryPeriod { joinedAt } downloadUrl }
  signedByOther { expected { personName } actual { personName } }
  firstViewed { at by { personName member { id } } } viewerCanSign viewerCannotSignReasons
  activity(first: 20) { nodes { id kind message actor { id displayName } } } }"""


@pytest.mark.parametrize(
    ("act", "state", "letter"),
    [(BLOCK_MEMBER, "BLOCKED", "blocked"), (REMOVE_MEMBER, "REMOVED", "removed")],
    ids=["block", "remove"],
)
async def test_who_leaves_is_told_and_so_is_everybody_else(house: Household, act: str, state: str, letter: str) -> None:
    """A32, C3, EA7, C15: N+1 letters of two templates, none to those blocked before; again is silently fine."""
    house.clock.move(timedelta(minutes=5))
    async with noted(house) as came:
        payload = await house.act("hotline", act, memberId=house.members["kolesnik"], basis=BASIS)
    member = payload["member"]
    times = {"blockedAt": None, "removedAt": None, f"{letter}At": "2026-11-24T09:05:00Z"}
    assert {name: member[name] for name in ("state", "blockedAt", "removedAt")} == {"state": state, **times}
    assert member["stateEntry"]["kind"] == f"MEMBER_{state}"
    assert came == Noted(
        entries=[("romashka", f"MEMBER_{state}")],
        letters=[*((f"member.{letter}", who) for who in OTHERS), (f"you.{letter}", "kolesnik")],
    )
    house.clock.move(timedelta(minutes=5))
    async with house.nothing_happens():
        again = await house.act("hotline", act, memberId=house.members["kolesnik"], basis=BASIS)
    assert again["member"] == member
    assert (await house.ask("kolesnik", HEADER))["viewer"]["members"] == [
        {"state": state, "role": "MEMBER", "organization": {"name": "ООО «Ромашка»"}, "cabinet": None}
    ]
    assert await house.ask("kolesnik", "{ cabinet { id } cabinets { totalCount } }") == {
        "cabinet": None,
        "cabinets": {"totalCount": 0},
    }


async def test_unblocking_goes_on_where_it_stopped(house: Household) -> None:
    """C5, EA16, C23: same `joinedAt`, missed documents visible; one letter to him and one to each other, no flood."""
    await house.block("kolesnik")
    house.clock.move(timedelta(days=1))
    async with noted(house) as meanwhile:
        missed = [await house.receive(f"u-{number}", "kolesnik") for number in range(3)]
    assert meanwhile.readers("document.received") == sorted(OTHERS * 3)
    async with noted(house) as came:
        payload = await house.act("hotline", UNBLOCK_MEMBER, memberId=house.members["kolesnik"], basis=BASIS)
    member = payload["member"]
    assert (member["state"], member["joinedAt"], member["blockedAt"]) == ("ACTIVE", "2026-11-24T09:00:00Z", None)
    assert len(member["periods"]) == 1
    assert came == Noted(
        entries=[("romashka", "MEMBER_UNBLOCKED")],
        letters=[*(("member.unblocked", who) for who in OTHERS), ("you.unblocked", "kolesnik")],
    )
    assert await listed(house, "kolesnik", "INCOMING") == missed[::-1]
    message = await house.ask("chaika", "{ cabinet { activity(first: 1) { nodes { message } } } }")
    assert "3 документа" in message["cabinet"]["activity"]["nodes"][0]["message"]
    async with house.nothing_happens():
        await house.act("hotline", UNBLOCK_MEMBER, memberId=house.members["kolesnik"], basis=BASIS)


@pytest.mark.parametrize("act", [BLOCK_MEMBER, UNBLOCK_MEMBER], ids=["block", "unblock"])
async def test_who_left_is_neither_blocked_nor_unblocked(house: Household, act: str) -> None:
    """C3, C16: MEMBER_IS_REMOVED with the member; adding is the way back."""
    await house.act("hotline", REMOVE_MEMBER, memberId=house.members["kolesnik"], basis=BASIS)
    async with house.nothing_happens():
        payload = await house.try_to("hotline", act, memberId=house.members["kolesnik"], basis=BASIS)
    (error,) = payload["userErrors"]
    assert (error["code"], error["member"]) == (
        "MEMBER_IS_REMOVED",
        {"id": house.members["kolesnik"], "state": "REMOVED"},
    )


async def test_an_account_is_untouched_by_what_becomes_of_its_membership(house: Household) -> None:
    """A9, EA14, EA15: password, sessions and logins stay as they are; one completes the registration while blocked."""
    await house.block("kolesnik")
    done = await house.act(None, SET_PASSWORD, token=await house.invitation("kolesnik"), newPassword=PASSWORD)
    assert done["viewer"]["registration"] == {"state": "COMPLETE", "missing": []}
    logged_in = await house.act(None, LOG_IN, email=address("kolesnik"), password=PASSWORD)
    house.bearers["an old session"] = logged_in["accessToken"]
    before = await account(house, "kolesnik")
    member = {"memberId": house.members["kolesnik"]}
    target = {"cabinetId": house.cabinets["romashka"], "member": {"email": address("kolesnik")}}
    acts: list[tuple[str, dict[str, Any]]] = [
        (UNBLOCK_MEMBER, member),
        (REMOVE_MEMBER, member),
        (ADD_MEMBER, target),
        (BLOCK_MEMBER, member),
    ]
    for act, said in acts:
        await house.act("hotline", act, **said, basis=BASIS)
        assert await account(house, "kolesnik") == before
        seen = await house.ask("an old session", "{ viewer { email } }")
        assert seen == {"viewer": {"email": address("kolesnik")}}
    await house.act(None, LOG_IN, email=address("kolesnik"), password=PASSWORD)
    assert await house.ask("an old session", "{ cabinet { id } }") == {"cabinet": None}


async def account(house: Household, who: str) -> tuple[str | None, list[tuple[str, object]]]:
    async with house.system.reading() as reading:
        user = await reading.first(select(User).where(User.id == house.users[who]))
        sessions = await reading.all(select(Session).where(Session.user_id == house.users[who]).order_by(Session.id))
    assert user is not None
    return user.password_hash, [(session.token_hash, session.ended_at) for session in sessions]


@pytest.mark.parametrize(
    ("act", "said"),
    [(BLOCK_MEMBER, {}), (REMOVE_MEMBER, {}), (UPDATE_MEMBER, {"role": "MEMBER"})],
    ids=["block", "remove", "demote"],
)
async def test_the_last_administrator_stays(house: Household, act: str, said: dict[str, Any]) -> None:
    """EA6: himself LAST_ADMIN; with a second one he may go; an operator may take the last one."""
    last = {"memberId": house.members["shcherbo"], **said}
    async with house.nothing_happens():
        assert await codes(house, "shcherbo", act, **last) == ["LAST_ADMIN"]
    async with noted(house) as came:
        await house.act("shcherbo", UPDATE_MEMBER, memberId=house.members["chaika"], role="ADMIN")
    assert came == Noted(entries=[("romashka", "MEMBER_UPDATED")])
    assert await codes(house, "shcherbo", act, **last) == []
    own = {"memberId": house.members["chaika"], **said}
    assert await codes(house, "chaika", act, **own) == ["LAST_ADMIN"]
    assert await codes(house, "hotline", act, **own, basis=BASIS) == []


async def test_two_administrators_who_block_each_other_at_once_leave_one(house: Household) -> None:
    """EA6: exactly one is blocked; the other's act meets FORBIDDEN, LAST_ADMIN or a cabinet that is no more his."""
    await house.act("shcherbo", UPDATE_MEMBER, memberId=house.members["chaika"], role="ADMIN")
    async with noted(house) as came:
        found = await asyncio.gather(
            codes(house, "shcherbo", BLOCK_MEMBER, memberId=house.members["chaika"]),
            codes(house, "chaika", BLOCK_MEMBER, memberId=house.members["shcherbo"]),
        )
    assert sorted(map(len, found)) == [0, 1]
    assert came.entries == [("romashka", "MEMBER_BLOCKED")]
    admins = await house.ask("urbanovich", "{ cabinet { members(filter: {role: [ADMIN]}) { nodes { state } } } }")
    assert sorted(m["state"] for m in admins["cabinet"]["members"]["nodes"]) == ["ACTIVE", "BLOCKED"]


async def test_a_cabinet_without_anybody_goes_on(house: Household) -> None:
    """EA23, ED62: what comes is stored and written to nobody; who comes back sees it, and got the two letters only."""
    own = (await house.ask("savitskaya", "{ viewer { members { id } } }"))["viewer"]["members"][0]["id"]
    async with noted(house) as came:
        await house.act("hotline", BLOCK_MEMBER, memberId=own, basis=BASIS)
        there = await house.receive("ea23", organization=POLESYE, recipientEmails=[address("savitskaya")])
        await house.act("hotline", UNBLOCK_MEMBER, memberId=own, basis=BASIS)
    assert came.entries == [("polesye", kind) for kind in ("MEMBER_BLOCKED", "DOCUMENT_RECEIVED", "MEMBER_UNBLOCKED")]
    assert came.letters == [("you.blocked", "savitskaya"), ("you.unblocked", "savitskaya")]
    assert await listed(house, "savitskaya", "INCOMING", of="polesye") == [there]


async def test_the_leaver_leaves_everything_as_it_was(house: Household) -> None:
    """H2, A31, EC52: block, removal and return of a recipient change no byte of what a colleague is answered."""
    documents = [await house.receive(f"l-{number}", "kolesnik") for number in range(3)]
    documents += [await sent(house, "kolesnik", to="polesye", requiredSides=["RECIPIENT"])]
    await house.sign("kolesnik", documents[0], PDF + b"l-0")
    await house.sign("urbanovich", documents[1], PDF + b"l-1")
    before = await answers(house, documents)
    assert before.count(house.members["kolesnik"]) >= len(documents)
    target = {"cabinetId": house.cabinets["romashka"], "member": {"email": address("kolesnik")}}
    for act, said in (
        (BLOCK_MEMBER, {"memberId": house.members["kolesnik"]}),
        (REMOVE_MEMBER, {"memberId": house.members["kolesnik"]}),
        (ADD_MEMBER, target),
        (REMOVE_MEMBER, {"memberId": house.members["kolesnik"]}),
    ):
        await house.act("hotline", act, **said, basis=BASIS)
        assert await answers(house, documents) == before
    seen = await house.ask("urbanovich", A_MEMBER, id=house.members["kolesnik"])
    assert (seen["node"]["state"], len(seen["node"]["periods"])) == ("REMOVED", 2)
    received: dict[str, Any] = {"memberIds": [house.members["kolesnik"]], "memberAs": ["RECIPIENT"]}
    assert await listed(house, "urbanovich", "INCOMING", **received) == documents[2::-1]


async def test_the_leaver_renamed_is_named_as_at_the_time(house: Household) -> None:
    """H2, EA24: the name of the time stays in sentences, cards and signatures; an account has the present one."""
    documents = [await house.receive(f"n-{number}", "kolesnik") for number in range(2)]
    documents += [await sent(house, "kolesnik", to="polesye", requiredSides=["RECIPIENT"])]
    await house.sign("kolesnik", documents[0], PDF + b"n-0")
    await house.sign("urbanovich", documents[1], PDF + b"n-1")
    before = await answers(house, documents)
    her = {"memberId": house.members["kolesnik"], "basis": BASIS}
    back = {"cabinetId": house.cabinets["romashka"], "member": {"email": address("kolesnik")}, "basis": BASIS}
    for name, act, said in (
        ("Берёзко Елена Сергеевна", BLOCK_MEMBER, her),
        ("Дубко Елена Сергеевна", REMOVE_MEMBER, her),
        ("Соснова Елена Сергеевна", ADD_MEMBER, back),
    ):
        await house.act("hotline", act, **said)
        await house.act("kolesnik", RENAME, displayName=name)
        told = await answers(house, documents)
        assert json.loads(told) == with_present_name(json.loads(before), encode("User", house.users["kolesnik"]), name)
        # In the folder and by its id: as whose each is, then as who sent one and signed one.
        assert told.count(name) == 2 * (len(documents) + 2)
        assert told.count(NAMES["kolesnik"]) == before.count(NAMES["kolesnik"]) - told.count(name)


def with_present_name(answer: Any, user_id: str, name: str) -> Any:
    """The answer as it was, but that this account is called otherwise wherever it stands itself."""
    if isinstance(answer, list):
        return [with_present_name(part, user_id, name) for part in answer]
    if not isinstance(answer, dict):
        return answer
    made = {key: with_present_name(value, user_id, name) for key, value in answer.items()}
    return made | ({"displayName": name} if answer.get("id") == user_id else {})


async def answers(house: Household, documents: list[str]) -> str:
    """Everything Урбанович is told of these documents, as bytes would be compared; links sign a time, which stands."""
    return json.dumps(await house.ask("urbanovich", COLLEAGUE_SEES, ids=documents), ensure_ascii=False, sort_keys=True)
