"""`cabinet user`, `operator` and `token`: what the server's owner does and sees."""

from __future__ import annotations

from household import NAMES, address
from shell import Shell

from resolvers import tokens

CHAIKA = address("chaika")


def test_an_account_is_made_once(shell: Shell) -> None:
    """A code for its first password is printed; the address is then known."""
    made = shell("user", "add", "New@x.example", "--name", " Новик  Ирина ", "--locale", "en", "--json").json
    assert tokens.hash_of(made["code"]) is not None
    person = made["user"]
    assert (person["email"], person["locale"], person["timeZone"]) == ("New@x.example", "EN", "Europe/Minsk")
    assert person["registrationMissing"] == ["EMAIL", "PASSWORD"]
    line = shell.refused("user", "add", "new@x.example", "--name", "Другой")
    assert line.startswith("cabinet: ACCOUNT_EXISTS at email: ")
    assert shell.refused("user", "add", "новик@x.example", "--name", "Н").startswith("cabinet: INVALID at email: ")
    assert shell.refused("user", "add", "n@x.example", "--name", " ").startswith("cabinet: REQUIRED at displayName: ")
    assert len(shell("user", "list", "--search", "x.example", "--json").json["users"]) == 1


def test_accounts_are_found(shell: Shell) -> None:
    """By a part of name or address, in the order of names."""
    assert [line.split()[1] for line in shell("user", "list", "--search", "ЧАЙКА").lines] == [CHAIKA]
    found = shell("user", "list", "--search", "polesye", "--json").json
    assert [each["email"] for each in found["users"]] == [address("savitskaya")]
    assert shell("user", "list", "--search", "ничего").lines == ["nobody"]
    few = shell("user", "list", "--limit", "2")
    assert [line.split()[2] for line in few.lines[:2]] == ["Второй", "Гринкевич"]
    assert few.lines[2:] == ["… and more: say --search or a larger --limit"]


def test_an_account_is_shown(shell: Shell) -> None:
    """By address in any case, or by id: its memberships and logins, never a secret."""
    shell("token", "create", CHAIKA)
    shown = shell("user", "show", CHAIKA.upper(), "--json").json
    assert shell("user", "show", shown["user"]["id"], "--json").json == shown
    assert [(each["role"], each["state"]) for each in shown["memberships"]] == [("MEMBER", "ACTIVE")]
    assert [each["userAgent"] for each in shown["sessions"]] == ["cabinet"]
    assert {"passwordHash", "tokenHash"}.isdisjoint({*shown["user"], *shown["sessions"][0]})
    assert "logins  1" in shell("user", "show", CHAIKA).lines
    line = "cabinet: no account nobody@x.example; `cabinet user list` shows them"
    assert shell.refused("user", "show", "nobody@x.example") == line


def test_a_password_is_reset_by_a_code(shell: Shell) -> None:
    """A new code each time; nothing changes until it is used."""
    codes = {shell("user", "reset-password", CHAIKA).printed.strip() for _ in range(2)}
    assert len(codes) == 2
    assert all(tokens.hash_of(code) for code in codes)
    line = "cabinet: no account nobody@x.example; `cabinet user list` shows them"
    assert shell.refused("user", "reset-password", "nobody@x.example") == line


def test_the_first_operator_begins_everything(bare: Shell) -> None:
    """An empty folder is made and migrated; a second time the kind changes."""
    made = bare("operator", "create", "op@x.example", "--name", "Оператор", "--phone", "+375 17", "--json").json
    assert (made["user"]["operatorKind"], made["user"]["operatorPhone"]) == ("HOTLINE", "+375 17")
    assert tokens.hash_of(made["code"]) is not None
    bare("operator", "create", "op@x.example", "--name", "Оператор", "--kind", "personal-manager")
    found = bare("operator", "list", "--json").json
    assert [(each["email"], each["operatorKind"]) for each in found["users"]] == [("op@x.example", "PERSONAL_MANAGER")]


def test_operators_are_listed(shell: Shell) -> None:
    """Nobody else is."""
    emails = [each["email"] for each in shell("operator", "list", "--json").json["users"]]
    assert emails == [address("second"), address("hotline")]


def test_tokens_are_made_listed_and_ended(shell: Shell) -> None:
    """The exchange's and a person's; their text is printed once and never again."""
    text = shell("token", "create", "--exchange", "Второй обмен", "--json").json["token"]
    listed = shell("token", "list", "--json")
    assert text not in listed.printed
    assert [each["displayName"] for each in listed.json["apiTokens"]] == ["Обмен", "Второй обмен"]
    token_id = listed.json["apiTokens"][1]["id"]
    assert shell("token", "revoke", token_id).lines == [f"ended {token_id}"]
    assert [each["displayName"] for each in shell("token", "list", "--json").json["apiTokens"]] == ["Обмен"]


def test_a_login_is_made_listed_and_ended(shell: Shell) -> None:
    """A session for trying things out ends by its id; ended twice is ended."""
    text = shell("token", "create", CHAIKA).printed.strip()
    assert tokens.hash_of(text) is not None
    (login,) = shell("token", "list", CHAIKA, "--json").json["sessions"]
    assert shell("token", "revoke", login["id"], "--json").json == {"revokedId": login["id"]}
    shell("token", "revoke", login["id"])
    assert shell("token", "list", CHAIKA, "--json").json == {"sessions": []}
    assert shell("token", "list", CHAIKA).lines == ["no login"]


def test_what_is_no_token_is_not_ended(shell: Shell) -> None:
    """An id of another kind, or of nothing."""
    member = shell("member", "list", "190000001", "--json").json["members"][0]["id"]
    line = f"cabinet: no token {member}; `cabinet token list [EMAIL]` shows their ids"
    assert shell.refused("token", "revoke", member) == line
    assert shell.refused("token", "revoke", "QXBpVG9rZW46OTk5") == "cabinet: NOT_FOUND at id: Not found."


def test_a_token_is_of_somebody(shell: Shell) -> None:
    """A person or the exchange; both or none is a mistake."""
    for words in ((), (CHAIKA, "--exchange", "Обмен")):
        line = shell.refused("token", "create", *words, code=2)
        assert line == "cabinet: name a person's EMAIL or --exchange NAME; see `cabinet token create --help`"
    assert shell.refused("token", "create", "--exchange", " ").startswith("cabinet: REQUIRED at name: ")


def test_names_are_those_of_the_household(shell: Shell) -> None:
    """The journal is read in the language asked for, newest first."""
    russian = shell("journal", "list", "190000001", "--limit", "1")
    assert NAMES["grinkevich"] in russian.lines[0] and "HOTLINE" in russian.lines[0]
    english = shell("journal", "list", "190000001", "--limit", "1", "--locale", "en", "--json").json
    assert english["hasMore"] is True
    assert english["entries"][0]["message"].startswith("Member blocked: ")
    assert set(english["entries"][0]) == {"id", "seq", "kind", "occurredAt", "channel", "message", "basis"}
