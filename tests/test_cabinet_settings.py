"""Settings of a cabinet and its personal manager: who changes them, what the journal says, and when it bites."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

import pytest
from household import NAMES, Household, address
from refused import nothing_changes, refusal
from town import ADD, BASIS, CREATE
from wishes import (
    ASSIGN,
    BLOCK_MEMBER,
    UNASSIGN,
    UPDATE_CABINET,
    Noted,
    codes,
    noted,
)

from models.accounts import OperatorKind
from resolvers import journal, owner
from resolvers.journal import Happened, Wanted
from schema.nodes import decode

pytestmark = pytest.mark.anyio

NEWEST = """query($c: ID!) { cabinet(id: $c) { activity(first: 1) { nodes { kind message channel basis { text ticket }
  actor { displayName } member { id } document { id } } } } }"""
SETTINGS = """query($c: ID!) { cabinet(id: $c) { selfService viewerCanManage personalManager { displayName } } }"""
LIPSKI, ORLOVA = "lipski@podpis.example", "orlova@podpis.example"
PHONES = {LIPSKI: "+375 17 200 00 00", ORLOVA: None}


async def managers(house: Household) -> None:
    """Two personal managers, made by the server's owner."""
    for email, name in ((LIPSKI, "Липский Олег"), (ORLOVA, "Орлова Инна")):
        made = await owner.make_operator(
            house.system, email=email, display_name=name, kind=OperatorKind.PERSONAL_MANAGER, phone=PHONES[email]
        )
        house.users[email.partition("@")[0]] = made.user.id


async def newest(house: Household, who: str = "kolesnik") -> dict[str, Any]:
    """The newest entry of «Ромашка», as somebody reads it."""
    seen = await house.ask(who, NEWEST, c=house.cabinets["romashka"])
    return dict(seen["cabinet"]["activity"]["nodes"][0])


async def test_an_administrator_switches_self_service_off_and_only_an_operator_on(house: Household) -> None:
    """C11: off by its own ADMIN, who then manages nobody; on again by an operator alone, with basis and ticket."""
    cabinet = house.cabinets["romashka"]
    async with noted(house) as came:
        off = await house.act("shcherbo", UPDATE_CABINET, cabinetId=cabinet, selfService=False)
    assert (off["cabinet"]["selfService"], off["cabinet"]["viewerCanManage"]) == (False, False)
    assert came == Noted(entries=[("romashka", "CABINET_UPDATED")], letters=[])
    said = await newest(house)
    assert (said["kind"], said["channel"], said["basis"]) == ("CABINET_UPDATED", "SELF_SERVICE", None)
    assert said["message"] == f"Состав участников изменяет только оператор сервиса. Исполнитель: {NAMES['shcherbo']}."

    assert (await refusal(house, "shcherbo", "memberBlock", memberId=house.members["chaika"])).code == "FORBIDDEN"
    again = await refusal(house, "shcherbo", "cabinetUpdate", cabinetId=cabinet, selfService=True)
    assert again.place == ("FORBIDDEN", ["selfService"])

    on = await house.act("hotline", UPDATE_CABINET, cabinetId=cabinet, selfService=True, basis=BASIS)
    assert on["cabinet"]["selfService"] is True
    said = await newest(house)
    assert (said["channel"], said["basis"], said["actor"]) == ("HOTLINE", BASIS, {"displayName": NAMES["hotline"]})
    assert said["message"].startswith("Администраторам организации разрешено изменять состав участников.")
    await house.act("shcherbo", BLOCK_MEMBER, memberId=house.members["chaika"])


@pytest.mark.parametrize("wish", [{"selfService": True}, {"selfService": None}, {}], ids=["so already", "null", "none"])
async def test_settings_that_are_so_already_are_no_change(house: Household, wish: dict[str, Any]) -> None:
    """C15: unchanged is success without entry, letter or event, for an administrator and for an operator."""
    cabinet = house.cabinets["romashka"]
    async with nothing_changes(house):
        await house.act("shcherbo", UPDATE_CABINET, cabinetId=cabinet, **wish)
        await house.act("hotline", UPDATE_CABINET, cabinetId=cabinet, **wish, basis=BASIS)


async def test_a_change_of_settings_is_pushed(house: Household) -> None:
    """B1: each entry makes one event; that of settings, managers and tokens is a `CabinetChangedEvent`."""
    await managers(house)
    cabinet = house.cabinets["romashka"]
    (_, number) = decode(cabinet) or ("", 0)
    cursor = (await house.ask("kolesnik", "{ cabinet { eventCursor } }"))["cabinet"]["eventCursor"]
    await house.act("shcherbo", UPDATE_CABINET, cabinetId=cabinet, selfService=False)
    await house.act("hotline", ASSIGN, cabinetId=cabinet, email=LIPSKI, basis=BASIS)
    await house.act("hotline", UNASSIGN, cabinetId=cabinet, basis=BASIS)
    await house.give_token("1C", "READ")
    pushed: list[tuple[str, str]] = []
    wanted = Wanted(types=("CABINET_CHANGED",))
    reader = house.context("kolesnik")
    stream = journal.follow(reader, cabinet_id=number, is_named=True, wanted=wanted, after=cursor)
    async with aclosing(stream) as events:
        while len(pushed) < 4:
            event = await anext(events)
            assert isinstance(event, Happened)
            pushed.append((event.entry.kind, journal.type_of(event.entry)))
    kinds = ["CABINET_UPDATED", "OPERATOR_ASSIGNED", "OPERATOR_UNASSIGNED", "TOKEN_CREATED"]
    assert pushed == [(kind, "CABINET_CHANGED") for kind in kinds]


async def test_the_hotline_assigns_a_personal_manager_whom_members_see(house: Household) -> None:
    """A28: the cabinet names its `personalManager`; channel, basis and ticket stand in the journal; in place of any."""
    await managers(house)
    cabinet = house.cabinets["romashka"]
    async with noted(house) as came:
        assigned = await house.act("hotline", ASSIGN, cabinetId=cabinet, email="LIPSKI@podpis.example", basis=BASIS)
    manager = {"displayName": "Липский Олег", "email": LIPSKI}
    operator = {"kind": "PERSONAL_MANAGER", "phone": "+375 17 200 00 00"}
    assert assigned["cabinet"]["personalManager"] == {**manager, "operator": operator}
    assert came == Noted(entries=[("romashka", "OPERATOR_ASSIGNED")], letters=[])
    assert (await house.ask("kolesnik", SETTINGS, c=cabinet))["cabinet"]["personalManager"] == {
        "displayName": "Липский Олег"
    }
    said = await newest(house)
    assert (said["channel"], said["basis"]) == ("HOTLINE", BASIS)
    assert said["message"] == f"Назначен персональный менеджер: Липский Олег. Исполнитель: {NAMES['hotline']}."

    await house.act("hotline", ASSIGN, cabinetId=cabinet, email=ORLOVA, basis=BASIS)
    assert (await newest(house))["message"].startswith(
        "Назначен персональный менеджер: Орлова Инна (вместо: Липский Олег)."
    )
    assert await codes(house, "lipski", UPDATE_CABINET, cabinetId=cabinet, selfService=False, basis=BASIS) == [
        "NOT_FOUND"
    ]


async def test_assigning_bites_at_once_and_so_does_its_end(house: Household) -> None:
    """EA21, A8: before and after his assignment the cabinet does not exist for a manager; meanwhile he changes it."""
    await managers(house)
    cabinet, block = house.cabinets["romashka"], {"memberId": house.members["chaika"], "basis": BASIS}
    seen = "query($c: ID!, $m: ID!) { cabinet(id: $c) { id } node(id: $m) { id } cabinets { totalCount } }"
    asked = {"c": cabinet, "m": house.members["chaika"]}
    nothing = {"cabinet": None, "node": None, "cabinets": {"totalCount": 0}}

    assert await house.ask("lipski", seen, **asked) == nothing
    await house.act("hotline", ASSIGN, cabinetId=cabinet, email=LIPSKI, basis=BASIS)
    assert (await house.ask("lipski", seen, **asked)) == {
        "cabinet": {"id": cabinet},
        "node": {"id": house.members["chaika"]},
        "cabinets": {"totalCount": 1},
    }
    async with noted(house) as came:
        await house.act("lipski", BLOCK_MEMBER, **block)
    assert came.entries == [("romashka", "MEMBER_BLOCKED")]
    assert (await newest(house))["channel"] == "PERSONAL_MANAGER"
    assert await codes(house, "lipski", ASSIGN, cabinetId=cabinet, email=ORLOVA, basis=BASIS) == ["FORBIDDEN"]
    assert await codes(house, "lipski", UNASSIGN, cabinetId=cabinet, basis=BASIS) == ["FORBIDDEN"]

    await house.act("hotline", UNASSIGN, cabinetId=cabinet, basis=BASIS)
    assert (await newest(house))["message"].startswith("Отменено назначение персонального менеджера: Липский Олег.")
    assert await house.ask("lipski", seen, **asked) == nothing
    async with house.nothing_happens():
        assert await codes(house, "lipski", BLOCK_MEMBER, **block) == ["NOT_FOUND"]


async def test_assigning_again_or_withdrawing_nobody_is_no_change(house: Household) -> None:
    """C15: success without entry."""
    await managers(house)
    cabinet = house.cabinets["romashka"]
    async with nothing_changes(house):
        await house.act("hotline", UNASSIGN, cabinetId=cabinet, basis=BASIS)
    await house.act("hotline", ASSIGN, cabinetId=cabinet, email=LIPSKI, basis=BASIS)
    async with nothing_changes(house):
        await house.act("second", ASSIGN, cabinetId=cabinet, email=LIPSKI, basis=BASIS)


async def test_an_operator_gives_himself_nothing_as_administrator(house: Household) -> None:
    """EA22, C11, H9: where he is an administrator, self-service is switched on by another operator."""
    cabinet = house.cabinets["romashka"]
    himself = {"cabinetId": cabinet, "member": {"email": address("hotline")}, "role": "ADMIN"}
    await house.act("second", ADD, **himself, basis=BASIS)
    await house.act("second", UPDATE_CABINET, cabinetId=cabinet, selfService=False, basis=BASIS)
    told = await refusal(house, "hotline", "cabinetUpdate", cabinetId=cabinet, selfService=True, basis=BASIS)
    assert told.place == ("SECOND_OPERATOR_NEEDED", ["selfService"])
    await house.act("second", UPDATE_CABINET, cabinetId=cabinet, selfService=True, basis=BASIS)


async def test_the_operator_who_opens_a_cabinet_knows_the_organisations_name(house: Household) -> None:
    """A8: a draft may have named it first, by whoever typed it; the name that `cabinetCreate` gives wins."""
    typed = {"taxId": "190000055", "name": "что-то новое"}
    save = "mutation($i: DraftSaveInput!) { draftSave(input: $i) { document { id } userErrors { code } } }"
    begun = await house.act(
        "kolesnik", save, draft={"cabinetId": house.cabinets["romashka"]}, title="Письмо", counterparty=typed
    )
    admin = {"newUser": {"displayName": NAMES["stranger"], "email": address("stranger")}}
    known = {"taxId": "190000055", "name": "ЧУП «Новое»"}
    await house.act("hotline", CREATE, organization=known, firstAdmin=admin, basis=BASIS)
    seen = await house.ask(
        "kolesnik", "query($d: ID!) { document(id: $d) { counterparty { name } } }", d=begun["document"]["id"]
    )
    assert seen["document"]["counterparty"] == {"name": "ЧУП «Новое»"}
    found = await house.ask("hotline", '{ cabinets(search: "новое") { nodes { organization { name } } } }')
    assert [cabinet["organization"]["name"] for cabinet in found["cabinets"]["nodes"]] == ["ЧУП «Новое»"]


BAD: list[tuple[str, str, dict[str, Any], tuple[str, list[str] | None]]] = [
    ("hotline", "cabinetUpdate", {"selfService": False}, ("REQUIRED", ["basis"])),
    ("hotline", "cabinetUpdate", {"selfService": False, "basis": {"text": "да"}}, ("REQUIRED", ["basis", "ticket"])),
    ("hotline", "cabinetUpdate", {"basis": {"text": "да"}}, ("REQUIRED", ["basis", "ticket"])),
    ("shcherbo", "cabinetUpdate", {"basis": {"text": " "}, "selfService": False}, ("REQUIRED", ["basis", "text"])),
    ("shcherbo", "cabinetUpdate", {"basis": {"text": "x" * 2001}}, ("TOO_LONG", ["basis", "text"])),
    ("shcherbo", "cabinetUpdate", {"cabinetId": "не id", "selfService": False}, ("NOT_FOUND", ["cabinetId"])),
    ("savitskaya", "cabinetUpdate", {"selfService": False}, ("NOT_FOUND", ["cabinetId"])),
    ("grinkevich", "cabinetUpdate", {"selfService": False}, ("NOT_FOUND", ["cabinetId"])),
    ("chaika", "cabinetUpdate", {"selfService": False}, ("FORBIDDEN", None)),
    ("chaika", "cabinetUpdate", {"selfService": True, "basis": {"text": ""}}, ("FORBIDDEN", None)),
    ("lipski", "cabinetUpdate", {"selfService": False, "basis": BASIS}, ("NOT_FOUND", ["cabinetId"])),
    ("hotline", "operatorAssign", {"email": LIPSKI, "basis": {"text": "да"}}, ("REQUIRED", ["basis", "ticket"])),
    ("hotline", "operatorAssign", {"email": "", "basis": {"text": "", "ticket": "1"}}, ("REQUIRED", ["basis", "text"])),
    ("hotline", "operatorAssign", {"email": "nobody@podpis.example", "basis": BASIS}, ("NOT_FOUND", ["email"])),
    ("hotline", "operatorAssign", {"email": "", "basis": BASIS}, ("NOT_FOUND", ["email"])),
    ("hotline", "operatorAssign", {"email": "\ud800@\x00", "basis": BASIS}, ("NOT_FOUND", ["email"])),
    ("hotline", "operatorAssign", {"email": "a" * 5000, "basis": BASIS}, ("NOT_FOUND", ["email"])),
    ("hotline", "operatorAssign", {"email": address("kolesnik"), "basis": BASIS}, ("INVALID", ["email"])),
    ("hotline", "operatorAssign", {"email": address("second"), "basis": BASIS}, ("INVALID", ["email"])),
    ("hotline", "operatorAssign", {"email": address("hotline"), "basis": BASIS}, ("SECOND_OPERATOR_NEEDED", ["email"])),
    ("hotline", "operatorAssign", {"cabinetId": "x", "email": LIPSKI, "basis": BASIS}, ("NOT_FOUND", ["cabinetId"])),
    ("lipski", "operatorAssign", {"email": LIPSKI, "basis": BASIS}, ("NOT_FOUND", ["cabinetId"])),
    ("shcherbo", "operatorAssign", {"email": LIPSKI, "basis": BASIS}, ("FORBIDDEN", None)),
    ("chaika", "operatorAssign", {"email": "nobody", "basis": {"text": ""}}, ("FORBIDDEN", None)),
    ("savitskaya", "operatorAssign", {"email": LIPSKI, "basis": BASIS}, ("NOT_FOUND", ["cabinetId"])),
    ("hotline", "operatorUnassign", {"basis": {"text": "да", "ticket": " "}}, ("REQUIRED", ["basis", "ticket"])),
    ("hotline", "operatorUnassign", {"cabinetId": "", "basis": BASIS}, ("NOT_FOUND", ["cabinetId"])),
    ("shcherbo", "operatorUnassign", {"basis": BASIS}, ("FORBIDDEN", None)),
    ("lipski", "operatorUnassign", {"basis": BASIS}, ("NOT_FOUND", ["cabinetId"])),
    ("grinkevich", "operatorUnassign", {"basis": BASIS}, ("NOT_FOUND", ["cabinetId"])),
]


async def test_what_is_refused_and_why(house: Household) -> None:
    """C16, C22, A8: code and path of every bad input, in Russian, Belarusian and English; nothing changes."""
    await managers(house)
    found = []
    for who, mutation, said, _ in BAD:
        told = await refusal(house, who, mutation, **{"cabinetId": house.cabinets["romashka"], **said})
        found.append((who, mutation, said, told.place))
    assert found == BAD
