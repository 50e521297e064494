"""`cabinet member` and `cabinet cabinet`: the acts of the mutations, as an operator, on somebody's word."""

from __future__ import annotations

import pytest
from household import NAMES, Household, address
from shell import BASIS, Shell
from town import PASSWORD
from wishes import SET_PASSWORD

ROMASHKA = "190000001"
POLESYE = "190000002"
KNOWN = "There is an account with this e-mail address: add it by its address."
CHAIKA = address("chaika")


def people(shell: Shell, cabinet: str = ROMASHKA) -> dict[str, tuple[str, str]]:
    """Role and state of everybody, by address."""
    found = shell("member", "list", cabinet, "--json").json["members"]
    return {each["user"]["email"]: (each["role"], each["state"]) for each in found}


def test_a_cabinet_is_opened(shell: Shell) -> None:
    """A8: whoever is named is its first administrator, with a new account; the journal says on whose word."""
    made = shell.at_desk(
        *("cabinet", "create", "new@novoe.example", "--name", "Новик Ирина Павловна"),
        *("--organization", "ЧУП «Новое»", "--tax-id", "190000055", "--json"),
    ).json["cabinet"]
    assert made["organization"] | {"id": ""} == {"id": "", "name": "ЧУП «Новое»", "taxId": "190000055"}
    assert people(shell, "190000055") == {"new@novoe.example": ("ADMIN", "ACTIVE")}
    entries = shell.entries(made["id"])
    assert [each["kind"] for each in entries] == ["MEMBER_ADDED", "CABINET_CREATED"]
    assert {(each["channel"], each["basis"]["ticket"]) for each in entries} == {("HOTLINE", "HL-7")}


def test_a_second_cabinet_of_an_organisation_is_refused(shell: Shell) -> None:
    """As `cabinetCreate` refuses it, and nothing is made."""
    line = shell.refused_at_desk("cabinet", "create", CHAIKA, "--organization", "Ромашка", "--tax-id", ROMASHKA)
    assert line == "cabinet: CABINET_EXISTS at organization: This organisation has a cabinet already."
    assert len(shell("cabinet", "list", "--json").json["cabinets"]) == 2


def test_a_member_with_an_account_is_added(shell: Shell) -> None:
    """A8: by address, whatever its case, into the cabinet of a tax number; he keeps his account."""
    made = shell.at_desk("member", "add", ROMASHKA, address("savitskaya").upper(), "--role", "admin", "--json").json
    assert (made["member"]["user"]["displayName"], made["member"]["role"]) == (NAMES["savitskaya"], "ADMIN")
    shown = shell("user", "show", address("savitskaya"), "--json").json
    assert [each["organization"]["taxId"] for each in shown["memberships"]] == [POLESYE, ROMASHKA]


def test_a_new_member_is_invited(shell: Shell) -> None:
    """A8: with --name an account is made, of another company and with letters in another language."""
    made = shell.at_desk(
        *("member", "add", ROMASHKA, "buh@firma.example", "--name", "Бухгалтер Мария", "--locale", "be"),
        *("--company", "ООО «Учёт»", "--company-tax-id", "190000099", "--share-from", "join-date", "--json"),
    ).json["member"]
    assert (made["company"]["name"], made["state"]) == ("ООО «Учёт»", "ACTIVE")
    person = shell("user", "show", made["user"]["id"], "--json").json["user"]
    assert (person["locale"], person["registrationMissing"]) == ("BE", ["EMAIL", "PASSWORD"])


def test_a_member_is_blocked_unblocked_changed_and_removed(shell: Shell) -> None:
    """A8: named by address or by id; each act is an entry with basis and ticket, an act done twice is none."""
    blocked = shell.at_desk("member", "block", CHAIKA, "--json").json["member"]
    assert blocked["state"] == "BLOCKED"
    shell.at_desk("member", "block", blocked["id"])
    shell.at_desk("member", "unblock", blocked["id"])
    shell.at_desk("member", "update", CHAIKA, "--role", "admin")
    assert people(shell)[CHAIKA] == ("ADMIN", "ACTIVE")
    shell.at_desk("member", "remove", CHAIKA, "--cabinet", ROMASHKA)
    assert people(shell)[CHAIKA] == ("ADMIN", "REMOVED")
    entries = shell.entries()[:4]
    kinds = [each["kind"] for each in entries]
    assert kinds == ["MEMBER_REMOVED", "MEMBER_UPDATED", "MEMBER_UNBLOCKED", "MEMBER_BLOCKED"]
    assert [each["basis"] for each in entries] == [{"text": "Звонок директора", "ticket": "HL-7"}] * 4


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ("member", "add", ROMASHKA, address("hotline")),
            "SECOND_OPERATOR_NEEDED at member: Operators change nothing about themselves: another operator must do it.",
        ),
        (
            ("member", "add", ROMASHKA, CHAIKA),
            f"ALREADY_A_MEMBER: Already a member of the cabinet: {NAMES['chaika']}.",
        ),
        (("member", "add", ROMASHKA, "nobody@x.example"), "NOT_FOUND at member.email: Not found."),
        (
            ("member", "add", ROMASHKA, CHAIKA, "--name", "Другой Человек"),
            f"ACCOUNT_EXISTS at member.newUser.email: {KNOWN}",
        ),
        (
            ("member", "add", ROMASHKA, "no address", "--name", "Имя"),
            "INVALID at member.newUser.email: The value of the field “email” is not acceptable.",
        ),
        (
            ("member", "block", "nobody@x.example"),
            "no member nobody@x.example that you may see; `cabinet member list CABINET` shows them",
        ),
        (
            ("member", "block", "TWVtYmVyOjk5OQ"),
            "no member TWVtYmVyOjk5OQ that you may see; `cabinet member list CABINET` shows them",
        ),
        (
            ("member", "add", "190999999", CHAIKA),
            "no cabinet 190999999 that you may see; `cabinet cabinet list` shows them",
        ),
    ],
)
def test_a_refused_act_is_one_line_and_nothing_happens(shell: Shell, words: tuple[str, ...], line: str) -> None:
    """EA22 and the others: refused like the mutation, exit 1, and the journal has nothing new."""
    before = shell.entries()
    assert shell.refused_at_desk(*words) == f"cabinet: {line}"
    assert shell.entries() == before


def test_an_operator_does_nothing_about_himself(shell: Shell) -> None:
    """EA22: whatever the act, also where another operator has added him; the second one may."""
    shell.at_desk("member", "add", ROMASHKA, address("hotline"), by="second")
    for act in ("block", "unblock", "remove"):
        line = shell.refused_at_desk("member", act, address("hotline"))
        assert line.startswith("cabinet: SECOND_OPERATOR_NEEDED at memberId: "), act
    assert shell.at_desk("member", "block", address("hotline"), by="second").code == 0


def test_only_operators_act(shell: Shell) -> None:
    """A28: an administrator is no operator; his name does not open the hotline's tool."""
    line = shell.refused_at_desk("member", "block", CHAIKA, by="shcherbo")
    assert line == f"cabinet: {address('shcherbo')} is no operator here; `cabinet operator list` shows who is"
    assert people(shell)[CHAIKA] == ("MEMBER", "ACTIVE")


def test_a_personal_manager_acts_where_he_is_assigned(shell: Shell) -> None:
    """A8: elsewhere there is no cabinet for him."""
    shell("operator", "create", "manager@x.example", "--name", "Менеджер", "--kind", "personal-manager")
    words = ("member", "block", CHAIKA, "--as", "manager@x.example", *BASIS)
    line = f"cabinet: no member {CHAIKA} that you may see; `cabinet member list CABINET` shows them"
    assert shell.refused(*words) == line
    opened = ("cabinet", "create", CHAIKA, "--organization", "ЧУП «Новое»", "--tax-id", "190000055")
    shell(*opened, "--as", "manager@x.example", *BASIS)
    assert [each["channel"] for each in shell.entries("190000055")] == ["PERSONAL_MANAGER"] * 2


def test_who_is_in_two_cabinets_is_named_with_one(shell: Shell) -> None:
    """An address alone must not choose the wrong cabinet."""
    shell.at_desk("member", "add", POLESYE, CHAIKA)
    line = shell.refused_at_desk("member", "block", CHAIKA)
    assert line == f"cabinet: {CHAIKA} is a member of 2 cabinets; say which with --cabinet"
    shell.at_desk("member", "block", CHAIKA, "--cabinet", POLESYE)
    assert (people(shell)[CHAIKA][1], people(shell, POLESYE)[CHAIKA][1]) == ("ACTIVE", "BLOCKED")


@pytest.mark.parametrize("act", ["block", "unblock", "remove", "update"])
@pytest.mark.parametrize("missing", ["--as", "--basis", "--ticket"])
def test_no_act_without_basis_and_ticket(shell: Shell, act: str, missing: str) -> None:
    """H9: each must be said; one line of usage, exit 2, nothing happens."""
    said = {"--as": address("hotline"), "--basis": "Звонок", "--ticket": "HL-1"}
    words = [part for name, value in said.items() if name != missing for part in (name, value)]
    line = shell.refused("member", act, address("grinkevich"), *words, code=2)
    assert line == f"cabinet: Missing option '{missing}'; see `cabinet member {act} --help`"


@pytest.mark.parametrize(("basis", "ticket", "path"), [(" ", "HL-1", "basis.text"), ("Звонок", " ", "basis.ticket")])
def test_an_empty_basis_is_none(shell: Shell, basis: str, ticket: str, path: str) -> None:
    """H9: blanks are refused by the act itself."""
    words = ("member", "block", CHAIKA, "--as", address("hotline"), "--basis", basis, "--ticket", ticket)
    assert shell.refused(*words).startswith(f"cabinet: REQUIRED at {path}: ")
    assert people(shell)[CHAIKA] == ("MEMBER", "ACTIVE")


def test_a_change_says_what(shell: Shell) -> None:
    """An update of nothing is a mistake."""
    line = shell.refused("member", "update", CHAIKA, "--as", address("hotline"), *BASIS, code=2)
    assert line == "cabinet: name --role, --company or --company-tax-id; see `cabinet member update --help`"


def test_members_are_listed_for_people(shell: Shell) -> None:
    """By name in columns; a state chooses."""
    assert shell("member", "list", ROMASHKA, "--state", "blocked").lines == [
        f"{shell('member', 'list', ROMASHKA, '--state', 'blocked', '--json').json['members'][0]['id']}"
        f"  {address('grinkevich')}  {NAMES['grinkevich']}  ООО «Ромашка»  MEMBER  BLOCKED  waits for email,password"
    ]
    listed = shell("member", "list", ROMASHKA).lines
    assert [line.split()[2] for line in listed] == ["Гринкевич", "Колесник", "Урбанович", "Чайка", "Щербо"]


def test_a_member_that_has_not_finished_registering_is_seen(shell: Shell) -> None:
    """EA14: the hotline sees in the list who still has to follow his invitation, and who is done."""

    async def register(house: Household) -> None:
        await house.act(None, SET_PASSWORD, token=await house.invitation("chaika"), newPassword=PASSWORD)

    shell.house(register)
    found = {
        each["user"]["email"]: each["user"] for each in shell("member", "list", ROMASHKA, "--json").json["members"]
    }
    assert found[CHAIKA]["registrationMissing"] == []
    assert found[address("grinkevich")]["registrationMissing"] == ["EMAIL", "PASSWORD"]
    lines = shell("member", "list", ROMASHKA, "--state", "active").lines
    assert [line.endswith("  complete") for line in lines if CHAIKA in line] == [True]


def test_a_cabinet_is_shown(shell: Shell) -> None:
    """By tax number and by id, with how many members it has in each state."""
    shown = shell("cabinet", "show", ROMASHKA, "--json").json["cabinet"]
    assert shown["members"] == {"ACTIVE": 4, "BLOCKED": 1, "REMOVED": 0}
    assert shell("cabinet", "show", shown["id"], "--json").json["cabinet"] == shown
    line = shell("cabinet", "show", ROMASHKA).lines[0]
    assert line.startswith(f"{shown['id']}  {ROMASHKA}  ООО «Ромашка»  4 active  1 blocked  0 removed")


def test_cabinets_are_found_by_name_and_number(shell: Shell) -> None:
    """A part of the name, letter case aside; more than asked for is said."""
    found = shell("cabinet", "list", "--search", "полесье", "--json").json
    assert [each["organization"]["taxId"] for each in found["cabinets"]] == [POLESYE]
    assert shell("cabinet", "list", "--search", ROMASHKA).lines[0].split()[1] == ROMASHKA
    assert shell("cabinet", "list", "--search", "ничего").lines == ["no cabinet"]
    assert shell("cabinet", "list", "--limit", "1", "--json").json["hasMore"] is True
