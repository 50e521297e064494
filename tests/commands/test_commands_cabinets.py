"""`cabinet cabinet update|assign|unassign`, `member invite`, tokens of cabinets: as the mutations do it."""

from __future__ import annotations

from typing import Any

import pytest
from household import NAMES, Household, address
from shell import BASIS, Shell
from wishes import REVOKE_TOKEN, SET_PASSWORD, codes

ROMASHKA, POLESYE = "190000001", "190000002"
CHAIKA = address("chaika")
MANAGER = "manager@x.example"
FORBIDDEN = "cabinet: FORBIDDEN: You may not do this."
SAID = {"text": "Звонок директора", "ticket": "HL-7"}
PASSWORD = "Ключ от шкафа 7"


def shown(shell: Shell, cabinet: str = ROMASHKA) -> tuple[bool, str | None]:
    """Whether it is self-served, and who looks after it."""
    found = shell("cabinet", "show", cabinet, "--json").json["cabinet"]
    return found["selfService"], (found["personalManager"] or {"email": None})["email"]


def manager(shell: Shell, email: str = MANAGER, name: str = "Менеджер") -> None:
    """Somebody who looks after cabinets."""
    shell("operator", "create", email, "--name", name, "--kind", "personal-manager")


def test_self_service_is_switched(shell: Shell) -> None:
    """C11: off and on again, each an entry with basis and ticket; what is so already is none."""
    off = shell.at_desk("cabinet", "update", ROMASHKA, "--no-self-service", "--json").json["cabinet"]
    assert (off["selfService"], shown(shell)) == (False, (False, None))
    shell.at_desk("cabinet", "update", off["id"], "--no-self-service")
    on = shell.at_desk("cabinet", "update", off["id"], "--self-service")
    assert on.lines == [f"{off['id']}  {ROMASHKA}  ООО «Ромашка»  self-service  looked after by nobody"]
    entries = [(each["kind"], each["channel"], each["basis"]) for each in shell.entries()[:3]]
    assert entries[:2] == [("CABINET_UPDATED", "HOTLINE", SAID)] * 2
    assert entries[2][0] == "MEMBER_BLOCKED"
    line = shell.refused("cabinet", "update", ROMASHKA, "--as", address("hotline"), *BASIS, code=2)
    assert line == "cabinet: name --self-service or --no-self-service; see `cabinet cabinet update --help`"


def test_a_personal_manager_comes_and_goes(shell: Shell) -> None:
    """EA21, A8: assigned he acts there and nowhere else; in place of another; unassigned he sees none."""
    manager(shell)
    manager(shell, "next@x.example", "Сменщик")
    block = ("member", "block", CHAIKA, "--as", MANAGER, *BASIS)
    none = f"cabinet: no member {CHAIKA} that you may see; `cabinet member list CABINET` shows them"
    assert shell.refused(*block) == none
    made = shell.at_desk("cabinet", "assign", ROMASHKA, MANAGER.upper(), "--json").json["cabinet"]
    assert made["personalManager"] | {"id": ""} == {"id": "", "displayName": "Менеджер", "email": MANAGER}
    shell(*block)
    assert shown(shell, POLESYE) == (True, None)
    shell.at_desk("cabinet", "assign", ROMASHKA, "next@x.example")
    assert shown(shell) == (True, "next@x.example")
    assert shell.refused("member", "unblock", *block[2:]) == none
    shell.at_desk("cabinet", "unassign", ROMASHKA)
    shell.at_desk("cabinet", "unassign", ROMASHKA)
    assert shown(shell) == (True, None)
    entries = [(each["kind"], each["channel"], each["basis"]) for each in shell.entries()[:4]]
    assert entries == [
        ("OPERATOR_UNASSIGNED", "HOTLINE", SAID),
        ("OPERATOR_ASSIGNED", "HOTLINE", SAID),
        ("MEMBER_BLOCKED", "PERSONAL_MANAGER", SAID),
        ("OPERATOR_ASSIGNED", "HOTLINE", SAID),
    ]


@pytest.mark.parametrize(
    ("words", "by", "line"),
    [
        (("assign", ROMASHKA, CHAIKA), "hotline", "cabinet: INVALID at email: The value of the field “email” is not"),
        (("assign", ROMASHKA, "nobody@x.example"), "hotline", "cabinet: NOT_FOUND at email: Not found."),
        (("assign", "190999999", MANAGER), "hotline", "cabinet: no cabinet 190999999 that you may see; "),
        (("assign", ROMASHKA, MANAGER), "manager", "cabinet: FORBIDDEN: "),
        (("unassign", ROMASHKA), "manager", "cabinet: FORBIDDEN: "),
        (("unassign", POLESYE), "manager", f"cabinet: no cabinet {POLESYE} that you may see; "),
        (("update", POLESYE, "--no-self-service"), "manager", f"cabinet: no cabinet {POLESYE} that you may see; "),
        (("update", ROMASHKA, "--no-self-service"), "shcherbo", f"cabinet: {address('shcherbo')} is no operator here"),
    ],
)
def test_a_refused_act_on_a_cabinet_changes_nothing(shell: Shell, words: tuple[str, ...], by: str, line: str) -> None:
    """A8, A28: refused like the mutation, in one line; the journals and the cabinets are as they were."""
    manager(shell)
    shell.at_desk("cabinet", "assign", ROMASHKA, MANAGER)
    before = [*shell.entries(), *shell.entries(POLESYE), shown(shell), shown(shell, POLESYE)]
    who = MANAGER if by == "manager" else address(by)
    assert shell.refused("cabinet", *words, "--as", who, *BASIS).startswith(line)
    assert [*shell.entries(), *shell.entries(POLESYE), shown(shell), shown(shell, POLESYE)] == before


def test_an_invitation_is_sent_again(shell: Shell) -> None:
    """EH89: one more letter and no entry; who is blocked is refused."""
    newcomer = ("member", "add", ROMASHKA, "new@romashka.example", "--name", "Новик Ирина", "--json")
    made = shell.at_desk(*newcomer).json["member"]
    before = shell.entries()
    invite = ("member", "invite", "new@romashka.example", "--as", address("hotline"))
    assert shell(*invite, "--json").json["member"]["id"] == made["id"]
    owed = shell("mail", "list", "--state", "owed", "--json").json["letters"]
    assert [each["email"] for each in owed if each["letter"] == "you.invited"].count("new@romashka.example") == 2
    assert shell.entries() == before
    shell.at_desk("member", "block", made["id"])
    assert shell.refused(*invite).startswith("cabinet: MEMBER_IS_BLOCKED: ")


def test_who_is_registered_is_not_invited(shell: Shell) -> None:
    """EH89: refused as the mutation refuses it."""
    code = shell("user", "reset-password", CHAIKA).printed.strip()

    async def register(house: Household) -> Any:
        return await house.act(None, SET_PASSWORD, token=code, newPassword=PASSWORD)

    assert shell.house(register)["viewer"]["registration"] == {"state": "COMPLETE", "missing": []}
    line = shell.refused("member", "invite", CHAIKA, "--as", address("hotline"))
    assert line == f"cabinet: INVALID at memberId: The registration is complete already: {NAMES['chaika']}."


def test_a_cabinets_token_is_listed_and_ended_by_its_administrators(shell: Shell) -> None:
    """EH87: no operator ends it; the owner reads who may and whom to block; a revoked one is not listed."""

    async def make(house: Household) -> str:
        return await house.give_token("Учёт", "READ", "DOCUMENTS")

    async def revoke(house: Household) -> Any:
        return await house.act("shcherbo", REVOKE_TOKEN, apiTokenId=token_id)

    async def forbidden(house: Household) -> list[str]:
        return await codes(house, "hotline", REVOKE_TOKEN, apiTokenId=token_id)

    token_id = shell.house(make)
    cabinet = shell("cabinet", "show", ROMASHKA, "--json").json["cabinet"]["id"]
    _, found = shell("token", "list", "--json").json["apiTokens"]
    answers = found["responsible"]
    assert (found["id"], found["cabinetId"], found["scopes"]) == (token_id, cabinet, ["READ", "DOCUMENTS"])
    assert answers["user"]["email"] == address("shcherbo")
    row = f"{token_id}  {cabinet}  Учёт  READ,DOCUMENTS  {address('shcherbo')}  -"
    assert " ".join(shell("token", "list").lines[1].split()) == " ".join(row.split())
    before = shell.entries()
    assert shell.refused("token", "revoke", token_id) == (
        f"cabinet: {token_id} is of cabinet {cabinet}: only its administrators end it, by apiTokenRevoke; "
        f"`cabinet member block {answers['id']}` stops who answers for it, and the token with him"
    )
    assert shell.house(forbidden) == ["FORBIDDEN"]
    assert (shell.entries(), shell("token", "list", "--json").json["apiTokens"][1:]) == (before, [found])
    shell.house(revoke)
    assert [each["cabinetId"] for each in shell("token", "list", "--json").json["apiTokens"]] == [None]


def test_a_code_of_the_shell_sets_the_password(shell: Shell) -> None:
    """`user reset-password`: the newest code alone opens, once; the old password stands until then."""
    logins = """mutation($i: SessionCreateInput!) {
      sessionCreate(input: $i) { viewer { email } userErrors { code } } }"""

    async def sets(house: Household, code: str, password: str) -> list[str]:
        return await codes(house, None, SET_PASSWORD, token=code, newPassword=password)

    async def logs_in(house: Household, password: str) -> list[str]:
        return await codes(house, None, logins, email=CHAIKA, password=password)

    first = shell("user", "reset-password", CHAIKA).printed.strip()
    assert shell.house(lambda house: sets(house, first, PASSWORD)) == []
    old, newest = (shell("user", "reset-password", CHAIKA, "--json").json["code"] for _ in range(2))
    owed = shell("mail", "list", "--state", "owed", "--json").json["letters"]
    assert "password.reset" not in {each["letter"] for each in owed}
    assert shell.house(lambda house: sets(house, old, "Другой пароль 8")) == ["TOKEN_EXPIRED"]
    assert shell.house(lambda house: logs_in(house, PASSWORD)) == []
    assert shell.house(lambda house: sets(house, newest, "Другой пароль 8")) == []
    assert shell.house(lambda house: sets(house, newest, "Третий пароль 9")) == ["TOKEN_EXPIRED"]
    assert shell.house(lambda house: logs_in(house, PASSWORD)) == ["INVALID_CREDENTIALS"]
    assert shell.house(lambda house: logs_in(house, "Другой пароль 8")) == []
