"""Who becomes a member, and how: by an account's address or as a new account; coming back; who may add whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from household import NAMES, Household, address
from town import BASIS
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
    noted,
)

pytestmark = pytest.mark.anyio

HOLDING = {"name": "ИП Аутсорсинг", "taxId": "190000099"}
NAME = "Прохожий Иван Иванович"
USERS = """query($f: MemberFilter) { cabinet { members(first: 50, filter: $f) { totalCount nodes {
  company { id name } state user { email registration { state } } hasSigningKey } } } }"""


def newcomer(email: str, name: str = NAME) -> dict[str, Any]:
    return {"newUser": {"displayName": name, "email": email}}


async def wish(house: Household, who: str, member: dict[str, Any], **said: Any) -> Any:
    return await house.try_to(
        who, ADD_MEMBER, cabinetId=house.cabinets["romashka"], member=member, **{"basis": BASIS, **said}
    )


async def test_an_account_with_a_key_is_added_by_its_address(house: Household) -> None:
    """A5, A29, EA12: letter case does not matter; ACTIVE with its key at once, one letter to him, one to each other."""
    async with noted(house) as came:
        payload = await wish(house, "hotline", {"email": "  SAVITSKAYA@Polesye.EXAMPLE "})
    member, now = payload["member"], "2026-11-24T09:00:00Z"
    assert payload["userErrors"] == []
    assert member == {
        "id": member["id"],
        "state": "ACTIVE",
        "role": "MEMBER",
        "joinedAt": now,
        "firstJoinedAt": now,
        "blockedAt": None,
        "removedAt": None,
        "hasSigningKey": True,
        "company": {"name": "ООО «Ромашка»"},
        "periods": [{"joinedAt": now, "endedAt": None, "shareFrom": "ALL"}],
        "user": {
            "id": member["user"]["id"],
            "displayName": NAMES["savitskaya"],
            "email": address("savitskaya"),
            "registration": {"state": "INCOMPLETE", "missing": ["EMAIL", "PASSWORD"]},
        },
        "invitation": member["invitation"],
        "stateEntry": {
            "kind": "MEMBER_ADDED",
            "channel": "HOTLINE",
            "basis": BASIS,
            "actor": {"displayName": NAMES["hotline"]},
        },
    }
    others = ["chaika", "kolesnik", "shcherbo", "urbanovich"]
    assert came == Noted(
        entries=[("romashka", "MEMBER_ADDED")],
        letters=[*(("member.added", who) for who in others), ("you.added", "savitskaya")],
    )


async def test_somebody_without_an_account_is_invited_and_completes_it(house: Household) -> None:
    """A7, C23, A14: account and membership at once; the invitation is his letter; each step shortens `missing`."""
    async with noted(house) as came:
        await house.add("stranger", company=HOLDING)
    assert came.readers("you.invited") == ["stranger"]
    assert came.readers("member.added") == ["chaika", "kolesnik", "shcherbo", "urbanovich"]
    assert len(came.letters) == 5
    before = (await house.ask("chaika", A_MEMBER, id=house.members["stranger"]))["node"]
    assert before["user"]["registration"] == {"state": "INCOMPLETE", "missing": ["EMAIL", "PASSWORD"]}
    assert before["hasSigningKey"] is False
    assert before["invitation"] == {"sentAt": "2026-11-24T09:00:00Z", "expiresAt": "2026-12-01T09:00:00Z"}
    code = await house.invitation("stranger")
    async with noted(house) as completed:
        done = await house.act(None, SET_PASSWORD, token=code, newPassword="верный конь 22")
    assert done["viewer"]["registration"] == {"state": "COMPLETE", "missing": []}
    assert completed == Noted(entries=[("romashka", "REGISTRATION_COMPLETED")])
    after = (await house.ask("chaika", A_MEMBER, id=house.members["stranger"]))["node"]
    assert (after["user"]["registration"]["state"], after["invitation"]) == ("COMPLETE", None)
    complete = await house.ask("chaika", USERS, f={"registration": "COMPLETE"})
    assert [m["user"]["email"] for m in complete["cabinet"]["members"]["nodes"]] == [address("stranger")]


async def test_the_header_names_the_organisation_only_after_joining(house: Household) -> None:
    """A10: before joining the name only; afterwards the organisations of all cabinets, which then want an id."""
    await house.add("stranger", to="polesye")
    house.members["stranger"] = (await wish(house, "hotline", {"email": address("stranger")}))["member"]["id"]
    header = (await house.ask("stranger", HEADER))["viewer"]
    assert header["displayName"] == NAME
    assert [m["organization"]["name"] for m in header["members"]] == ["ООО «Ромашка»", "ЗАО «Полесье-Трейд»"]
    assert [m["cabinet"] for m in header["members"]] == [{"id": house.cabinets[c]} for c in ("romashka", "polesye")]
    operator = (await house.ask("hotline", HEADER))["viewer"]
    assert operator == {"displayName": NAMES["hotline"], "members": []}


async def test_users_section_shows_companies_and_filters_them(house: Household) -> None:
    """A11, A12, A14, EA27: every member reads it, two companies in one cabinet, each filterable; blocked ones too."""
    await house.add("stranger", company=HOLDING)
    nodes = (await house.ask("chaika", USERS))["cabinet"]["members"]["nodes"]
    assert [(m["user"]["email"].partition("@")[0], m["company"]["name"], m["state"]) for m in nodes] == [
        ("grinkevich", "ООО «Ромашка»", "BLOCKED"),
        ("kolesnik", "ООО «Ромашка»", "ACTIVE"),
        ("stranger", "ИП Аутсорсинг", "ACTIVE"),
        ("urbanovich", "ООО «Ромашка»", "ACTIVE"),
        ("chaika", "ООО «Ромашка»", "ACTIVE"),
        ("shcherbo", "ООО «Ромашка»", "ACTIVE"),
    ]
    company = next(m["company"]["id"] for m in nodes if m["company"]["name"] == HOLDING["name"])
    found = {
        "company": await house.ask("chaika", USERS, f={"companyId": company}),
        "keys": await house.ask("chaika", USERS, f={"hasSigningKey": True}),
        "blocked": await house.ask("chaika", USERS, f={"state": ["BLOCKED"]}),
        "both": await house.ask("chaika", USERS, f={"state": ["BLOCKED"], "hasSigningKey": True}),
    }
    people = {
        name: [m["user"]["email"].partition("@")[0] for m in answer["cabinet"]["members"]["nodes"]]
        for name, answer in found.items()
    }
    assert people == {
        "company": ["stranger"],
        "keys": ["kolesnik", "urbanovich", "shcherbo"],
        "blocked": ["grinkevich"],
        "both": [],
    }
    assert {name: answer["cabinet"]["members"]["totalCount"] for name, answer in found.items()} == {
        name: len(who) for name, who in people.items()
    }


async def test_who_left_comes_back_as_the_same_member(house: Household) -> None:
    """A13, EA9, C3: `joinedAt` is new, `firstJoinedAt` old, two periods; the mails are those of joining."""
    await house.act("hotline", REMOVE_MEMBER, memberId=house.members["kolesnik"], basis=BASIS)
    house.clock.move(timedelta(days=2))
    async with noted(house) as came:
        payload = await wish(
            house, "hotline", {"email": address("kolesnik")}, role="ADMIN", company=HOLDING, shareFrom="JOIN_DATE"
        )
    member, left, back = payload["member"], "2026-11-24T09:00:00Z", "2026-11-26T09:00:00Z"
    assert member["id"] == house.members["kolesnik"]
    assert (member["state"], member["role"], member["company"]) == ("ACTIVE", "ADMIN", {"name": HOLDING["name"]})
    assert (member["joinedAt"], member["firstJoinedAt"], member["removedAt"]) == (back, left, None)
    assert member["periods"] == [
        {"joinedAt": back, "endedAt": None, "shareFrom": "JOIN_DATE"},
        {"joinedAt": left, "endedAt": left, "shareFrom": "ALL"},
    ]
    assert came.entries == [("romashka", "MEMBER_ADDED")]
    assert came.readers("you.added") == ["kolesnik"]
    assert came.readers("member.added") == ["chaika", "shcherbo", "urbanovich"]


@pytest.mark.parametrize(
    ("member", "code", "path"),
    [
        pytest.param({"email": address("urbanovich")}, "ALREADY_A_MEMBER", None, id="active (EA11)"),
        pytest.param({"email": "Grinkevich@Romashka.example"}, "MEMBER_IS_BLOCKED", None, id="blocked (EA10)"),
        pytest.param({"email": "nobody@romashka.example"}, "NOT_FOUND", ["member", "email"], id="unknown (EA13)"),
        pytest.param(
            {"email": "kole.snik+docs@romashka.example"}, "NOT_FOUND", ["member", "email"], id="dots, +tags (EA12)"
        ),
        pytest.param(
            newcomer("SAVITSKAYA@polesye.example"),
            "ACCOUNT_EXISTS",
            ["member", "newUser", "email"],
            id="known address (EA13)",
        ),
        pytest.param(newcomer("колесник"), "INVALID", ["member", "newUser", "email"], id="no address"),
        pytest.param(
            newcomer("new@romashka.example", "  "), "REQUIRED", ["member", "newUser", "displayName"], id="no name"
        ),
    ],
)
async def test_adding_is_refused_with_what_is_there(
    house: Household, member: dict[str, Any], code: str, path: list[str] | None
) -> None:
    """EA10–EA13: no silent unblocking, merging or second membership; nothing happens."""
    async with house.nothing_happens():
        payload = await wish(house, "hotline", member)
    (error,) = payload["userErrors"]
    assert (payload["member"], error["code"], error["path"]) == (None, code, path)
    if path is None:
        who = member["email"].partition("@")[0].lower()
        assert error["member"]["id"] == house.members[who]


@pytest.mark.parametrize("given", [{"email": "a@b.example", **newcomer("c@d.example")}, {}])
async def test_exactly_one_way_to_name_somebody(house: Household, given: dict[str, Any]) -> None:
    """A5, A7: by address or as a new account, exactly one of the two."""
    async with house.nothing_happens():
        with pytest.raises(AssertionError) as refused:
            await wish(house, "hotline", given)
    assert getattr(refused.value, "codes", None) == ["BAD_USER_INPUT"]


async def test_an_account_in_another_spelling_is_the_same(house: Household) -> None:
    """EA12: case and NFC do not matter, dots and +tags do: they are accounts of their own."""
    decomposed = "ivan@кооперативы-й.example".replace("й", "и\u0306")
    first = await wish(house, "hotline", newcomer("ivan@КООПЕРАТИВЫ-Й.example"))
    assert first["userErrors"] == []
    async with house.nothing_happens():
        again = await wish(house, "hotline", newcomer(decomposed))
    assert [error["code"] for error in again["userErrors"]] == ["ACCOUNT_EXISTS"]
    tagged = await wish(house, "hotline", newcomer("ivan+1@кооперативы-й.example"))
    assert tagged["userErrors"] == []


ACTS: dict[str, tuple[str, Callable[[Household], dict[str, Any]]]] = {
    "add": (ADD_MEMBER, lambda house: {"cabinetId": house.cabinets["romashka"], "member": newcomer("n@n.example")}),
    "block": (BLOCK_MEMBER, lambda house: {"memberId": house.members["chaika"]}),
    "unblock": (UNBLOCK_MEMBER, lambda house: {"memberId": house.members["grinkevich"]}),
    "remove": (REMOVE_MEMBER, lambda house: {"memberId": house.members["chaika"]}),
    "update": (UPDATE_MEMBER, lambda house: {"memberId": house.members["chaika"], "role": "ADMIN"}),
}


@pytest.mark.parametrize("act", ACTS)
async def test_only_those_in_charge_change_members(house: Household, act: str) -> None:
    """A4, A8, A27, C11: a member FORBIDDEN, an outsider and a blocked one NOT_FOUND, nobody UNAUTHENTICATED."""
    mutation, said = ACTS[act]
    async with house.nothing_happens():
        found = {who: await codes(house, who, mutation, **said(house)) for who in ("kolesnik", "savitskaya")}
        found["grinkevich"] = await codes(house, "grinkevich", mutation, **said(house))
        found["exchange"] = await codes(house, "exchange", mutation, **said(house))
        with pytest.raises(AssertionError) as nobody:
            await codes(house, None, mutation, **said(house))
    own = "FORBIDDEN" if act == "unblock" else "NOT_FOUND"  # his own membership is all that he sees of the cabinet
    assert found == {
        "kolesnik": ["FORBIDDEN"],
        "savitskaya": ["NOT_FOUND"],
        "grinkevich": [own],
        "exchange": ["NOT_FOUND"],
    }
    assert getattr(nobody.value, "codes", None) == ["UNAUTHENTICATED"]
    assert await codes(house, "shcherbo", mutation, **said(house)) == []
