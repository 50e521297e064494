"""The hotline is a first-class citizen: basis, channel and ticket of every act stand where members read them (H9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from graphql import get_named_type
from household import NAMES, ROMASHKA, SCHEMA, Household, address
from town import BASIS, CREATE, PDF
from wishes import (
    ADD_MEMBER,
    ARCHIVE,
    ASSIGN,
    BLOCK_MEMBER,
    DELETE,
    REJECT,
    REMOVE_MEMBER,
    SEND,
    UNASSIGN,
    UNBLOCK_MEMBER,
    UPDATE_CABINET,
    UPDATE_MEMBER,
    VIEW,
    WITHDRAW,
    Noted,
    codes,
    draft,
    noted,
)

from models.accounts import OperatorKind
from resolvers import owner

pytestmark = pytest.mark.anyio

Said = Callable[[Household], dict[str, Any]]
LIPSKI = "lipski@podpis.example"
ACTS: dict[str, tuple[str, Said, str]] = {
    "create": (
        CREATE,
        lambda house: {
            "organization": {"name": "ЧУП «Новое»", "taxId": "190000055"},
            "firstAdmin": {"newUser": {"displayName": NAMES["stranger"], "email": address("stranger")}},
        },
        "CABINET_CREATED",
    ),
    "add": (
        ADD_MEMBER,
        lambda house: {"cabinetId": house.cabinets["romashka"], "member": {"email": address("savitskaya")}},
        "MEMBER_ADDED",
    ),
    "block": (BLOCK_MEMBER, lambda house: {"memberId": house.members["chaika"]}, "MEMBER_BLOCKED"),
    "unblock": (UNBLOCK_MEMBER, lambda house: {"memberId": house.members["grinkevich"]}, "MEMBER_UNBLOCKED"),
    "remove": (REMOVE_MEMBER, lambda house: {"memberId": house.members["chaika"]}, "MEMBER_REMOVED"),
    "update": (UPDATE_MEMBER, lambda house: {"memberId": house.members["chaika"], "role": "ADMIN"}, "MEMBER_UPDATED"),
    "settings": (
        UPDATE_CABINET,
        lambda house: {"cabinetId": house.cabinets["romashka"], "selfService": False},
        "CABINET_UPDATED",
    ),
    "assign": (
        ASSIGN,
        lambda house: {"cabinetId": house.cabinets["romashka"], "email": LIPSKI},
        "OPERATOR_ASSIGNED",
    ),
    "unassign": (UNASSIGN, lambda house: {"cabinetId": house.cabinets["romashka"]}, "OPERATOR_UNASSIGNED"),
}
DEMANDED = {"create", "assign", "unassign"}
"""Acts of operators alone: the contract itself demands their basis."""
CHANGES = {name: act for name, act in ACTS.items() if name != "create"}
BASES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["basis"]),
    ({"basis": {"text": "звонок"}}, ["basis", "ticket"]),
    ({"basis": {"text": "звонок", "ticket": "  "}}, ["basis", "ticket"]),
    ({"basis": {"text": " ", "ticket": "HL-1"}}, ["basis", "text"]),
]
NEWEST = """{ cabinet { activity(first: 1) { nodes { kind channel basis { text ticket } actor { displayName }
  member { user { email } } message } } } }"""
PEEK = """query($c: ID!, $d: ID!) {
  document(id: $d) { id } node(id: $d) { id }
  cabinet(id: $c) { viewerMember { id } viewerCanManage folders { kind } folder(kind: ALL) { kind }
    counterparties { name } members { totalCount } activity(first: 100) { totalCount nodes { kind document { id } } } }
  cabinets { nodes { id } } }"""


def test_every_act_that_takes_a_basis_has_its_row() -> None:
    """H9: a mutation with a basis that is not asked about here is red."""
    root = SCHEMA._schema.mutation_type
    assert root is not None
    asking = {name for name, field in root.fields.items() if "basis" in get_named_type(field.args["input"].type).fields}
    assert {name for name in asking if any(f" {name}(" in mutation for mutation, _, _ in ACTS.values())} == asking
    assert len(asking) == len(ACTS)


@pytest.mark.parametrize("act", CHANGES)
async def test_members_read_who_asked_and_who_did_it(house: Household, act: str) -> None:
    """A8, A28, H9: an operator's act shows operator, channel, basis and ticket to every member."""
    mutation, said, kind = CHANGES[act]
    await manager(house)
    if act == "unassign":
        await house.act("hotline", ASSIGN, **ACTS["assign"][1](house), basis=BASIS)
    await house.act("hotline", mutation, **said(house), basis=BASIS)
    reader = "kolesnik"
    (entry,) = (await house.ask(reader, NEWEST))["cabinet"]["activity"]["nodes"]
    assert (entry["kind"], entry["channel"], entry["basis"]) == (kind, "HOTLINE", BASIS)
    assert entry["actor"] == {"displayName": NAMES["hotline"]}
    assert NAMES["hotline"] in entry["message"]


@pytest.mark.parametrize(("given", "path"), BASES, ids=["none", "no ticket", "blank ticket", "blank text"])
@pytest.mark.parametrize("act", ACTS)
async def test_no_operator_acts_without_basis_and_ticket(
    house: Household, act: str, given: dict[str, Any], path: list[str]
) -> None:
    """A8, H9: REQUIRED at the very field that lacks; nothing happens."""
    mutation, said, _ = ACTS[act]
    if act in DEMANDED and not given:
        given, path = {"basis": {"text": ""}}, ["basis", "text"]
    await manager(house)
    async with house.nothing_happens():
        payload = await house.try_to("hotline", mutation, **said(house), **given)
    assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [("REQUIRED", path)]


async def test_an_administrator_needs_no_ticket(house: Household) -> None:
    """C11: where `selfService` is on its own ADMIN acts, with a basis or without; the channel says SELF_SERVICE."""
    await house.act("shcherbo", BLOCK_MEMBER, memberId=house.members["chaika"])
    (entry,) = (await house.ask("kolesnik", NEWEST))["cabinet"]["activity"]["nodes"]
    assert (entry["channel"], entry["basis"]) == ("SELF_SERVICE", None)
    assert entry["actor"] == {"displayName": NAMES["shcherbo"]}
    spoken = {"text": "заявление"}
    await house.act("shcherbo", UNBLOCK_MEMBER, memberId=house.members["chaika"], basis=spoken)
    (entry,) = (await house.ask("kolesnik", NEWEST))["cabinet"]["activity"]["nodes"]
    assert (entry["channel"], entry["basis"]) == ("SELF_SERVICE", {"text": "заявление", "ticket": None})


async def test_an_operator_cannot_add_himself_but_another_one_can(house: Household) -> None:
    """EA22, H9: SECOND_OPERATOR_NEEDED; the journal shows who added whom."""
    himself = {"cabinetId": house.cabinets["romashka"], "member": {"email": address("hotline")}, "basis": BASIS}
    async with house.nothing_happens():
        assert await codes(house, "hotline", ADD_MEMBER, **himself) == ["SECOND_OPERATOR_NEEDED"]
    await house.act("second", ADD_MEMBER, **himself)
    (entry,) = (await house.ask("kolesnik", NEWEST))["cabinet"]["activity"]["nodes"]
    assert entry["actor"] == {"displayName": NAMES["second"]}
    assert entry["member"] == {"user": {"email": address("hotline")}}
    header = await house.ask(
        "hotline", "query($c: ID!) { cabinet(id: $c) { folders { kind } } }", c=himself["cabinetId"]
    )
    assert len(header["cabinet"]["folders"]) == 10


async def test_operators_see_no_documents(house: Household) -> None:
    """C17: members, settings and the entries about them; a document of theirs does not exist for him."""
    received = await house.receive("c17", "kolesnik")
    await house.sign("urbanovich", received, PDF + b"c17")
    seen = await house.ask("hotline", PEEK, c=house.cabinets["romashka"], d=received)
    assert (seen["document"], seen["node"]) == (None, None)
    cabinet = seen["cabinet"]
    assert (cabinet["viewerMember"], cabinet["viewerCanManage"]) == (None, True)
    assert (cabinet["folders"], cabinet["folder"], cabinet["counterparties"]) == ([], None, [])
    assert cabinet["members"] == {"totalCount": 5}
    entries = cabinet["activity"]["nodes"]
    assert cabinet["activity"]["totalCount"] == len(entries)
    assert {entry["kind"] for entry in entries} == {
        "CABINET_CREATED",
        "MEMBER_ADDED",
        "MEMBER_BLOCKED",
        "CERTIFICATE_REGISTERED",
    }
    assert {cabinet["id"] for cabinet in seen["cabinets"]["nodes"]} == set(house.cabinets.values())


@pytest.mark.parametrize("act", [ARCHIVE, VIEW, REJECT, WITHDRAW, SEND, DELETE], ids=lambda text: text[12:30])
async def test_operators_do_nothing_to_documents(house: Household, act: str) -> None:
    """C17: NOT_FOUND, as for an id that never was."""
    received = await house.receive("c17", "kolesnik")
    draft_id = await draft(house, "kolesnik", to="polesye")
    said: dict[str, Any] = {"draftId": draft_id} if act in (SEND, DELETE) else {"documentId": received}
    said |= {"archived": True} if act is ARCHIVE else {"reason": "нет"} if act in (REJECT, WITHDRAW) else {}
    async with house.nothing_happens():
        assert await codes(house, "hotline", act, **said) == ["NOT_FOUND"]


async def test_a_personal_manager_looks_after_his_cabinets_only(house: Household) -> None:
    """A8, A28, EA21: his own cabinet names him; elsewhere NOT_FOUND, in lists, acts and ids alike."""
    house.users["lipski"] = await manager(house)
    opened = await house.act("lipski", CREATE, **ACTS["create"][1](house), basis=BASIS)
    house.cabinets["novoe"] = opened["cabinet"]["id"]
    seen = await house.ask("lipski", "{ cabinets { nodes { id personalManager { displayName operator { phone } } } } }")
    named = {"displayName": "Липский Олег", "operator": {"phone": "+375 17 200 00 00"}}
    assert seen["cabinets"]["nodes"] == [{"id": opened["cabinet"]["id"], "personalManager": named}]
    for mutation, said, _ in CHANGES.values():
        async with house.nothing_happens():
            assert await codes(house, "lipski", mutation, **said(house), basis=BASIS) == ["NOT_FOUND"]
    elsewhere = "query($c: ID!, $m: ID!) { cabinet(id: $c) { id } node(id: $m) { id } }"
    found = await house.ask("lipski", elsewhere, c=house.cabinets["romashka"], m=house.members["chaika"])
    assert found == {"cabinet": None, "node": None}
    async with noted(house) as came:
        added = {"cabinetId": house.cabinets["novoe"], "member": {"email": address("savitskaya")}}
        payload = await house.act("lipski", ADD_MEMBER, **added, basis=BASIS)
    assert payload["member"]["stateEntry"]["channel"] == "PERSONAL_MANAGER"
    assert came == Noted(
        entries=[("novoe", "MEMBER_ADDED")], letters=[("member.added", "stranger"), ("you.added", "savitskaya")]
    )


async def manager(house: Household) -> int:
    """A personal manager, made by the server's owner; his row's id."""
    made = await owner.make_operator(
        house.system,
        email=LIPSKI,
        display_name="Липский Олег",
        kind=OperatorKind.PERSONAL_MANAGER,
        phone="+375 17 200 00 00",
    )
    return made.user.id


@pytest.mark.parametrize(
    ("admin", "code", "path"),
    [
        ({"email": "nobody@romashka.example"}, "NOT_FOUND", ["email"]),
        ({"newUser": {"displayName": "Кто", "email": address("chaika")}}, "ACCOUNT_EXISTS", ["newUser", "email"]),
        ({"newUser": {"displayName": " ", "email": "n@n.example"}}, "REQUIRED", ["newUser", "displayName"]),
        ({"email": address("hotline")}, "SECOND_OPERATOR_NEEDED", []),
    ],
)
async def test_a_first_administrator_is_refused_like_any_member(
    house: Household, admin: dict[str, Any], code: str, path: list[str]
) -> None:
    """EA13, EA22, C16: the path leads into `firstAdmin`; no cabinet is left behind."""
    opening = {"organization": {"name": "Новое", "taxId": "1"}, "firstAdmin": admin, "basis": BASIS}
    async with house.nothing_happens():
        payload = await house.try_to("hotline", CREATE, **opening)
    assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [(code, ["firstAdmin", *path])]


async def test_a_second_cabinet_of_an_organisation_is_refused(house: Household) -> None:
    """A8, B4: CABINET_EXISTS by tax number; a member FORBIDDEN; nothing happens."""
    again = {"organization": ROMASHKA, "firstAdmin": {"email": address("savitskaya")}, "basis": BASIS}
    async with house.nothing_happens():
        assert await codes(house, "hotline", CREATE, **again) == ["CABINET_EXISTS"]
        assert await codes(house, "shcherbo", CREATE, **again) == ["FORBIDDEN"]


async def test_a_personal_manager_opens_a_cabinet_as_one(house: Household) -> None:
    """H9, A8: what he does in opening it stands under his own channel, though it is his only from then on."""
    manager_id = await manager(house)
    house.users["lipski"] = manager_id
    opening = {"organization": {"name": "Новое", "taxId": "1"}, "firstAdmin": {"email": address("chaika")}}
    made = await house.act("lipski", CREATE, **opening, basis=BASIS)
    seen = "query($c: ID) { cabinet(id: $c) { activity { nodes { kind channel } } } }"
    entries = (await house.ask("lipski", seen, c=made["cabinet"]["id"]))["cabinet"]["activity"]["nodes"]
    assert [(each["kind"], each["channel"]) for each in entries] == [
        ("MEMBER_ADDED", "PERSONAL_MANAGER"),
        ("CABINET_CREATED", "PERSONAL_MANAGER"),
    ]
