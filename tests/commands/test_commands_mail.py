"""`cabinet mail`: how letters look and stand."""

from __future__ import annotations

from pathlib import Path

import pytest
from shell import Shell

from mailers import LETTERS


@pytest.mark.parametrize("locale", ["ru", "be", "en"])
@pytest.mark.parametrize("letter", sorted(LETTERS))
def test_every_letter_can_be_looked_at(bare: Shell, letter: str, locale: str) -> None:
    """In every language, as text and as HTML, without data or a server."""
    found = bare("mail", "preview", letter, "--locale", locale, "--json").json
    assert (found["letter"], found["locale"]) == (letter, locale)
    assert found["subject"] and found["text"] and f'lang="{locale}"' in found["html"]
    assert not bare.data.exists()


def test_a_letter_is_shown_to_people(bare: Shell) -> None:
    """Subject and text, or the HTML; the language is the server's where none is named."""
    lines = bare("mail", "preview", "member.blocked", CABINET_LOCALE="en").lines
    assert lines[0].startswith("Subject: ") and lines[1] == ""
    assert bare("mail", "preview", "member.blocked", "--html").printed.lstrip().startswith("<!")


def test_letters_are_listed(bare: Shell) -> None:
    """Their names; an unknown one is refused."""
    assert bare("mail", "preview").lines == sorted(LETTERS)
    line = "cabinet: no letter nosuch; `cabinet mail preview` lists them"
    assert bare.refused("mail", "preview", "nosuch") == line


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ((), "name a letter's NUMBER or --failed; see `cabinet mail retry --help`"),
        (("1", "--failed"), "name a letter's NUMBER or --failed; see `cabinet mail retry --help`"),
        (
            ("0",),
            "Invalid value for '[NUMBER]': 0 is not in the range 1<=x<=2147483647; see `cabinet mail retry --help`",
        ),
    ],
)
def test_a_retry_names_its_letter(shell: Shell, words: tuple[str, ...], line: str) -> None:
    """One, or all that failed."""
    assert shell.refused("mail", "retry", *words, code=2) == f"cabinet: {line}"


def test_letters_are_seen_as_they_stand(shell: Shell) -> None:
    """ED64: owed ones with their reader and age; what did not fail is not sent again."""
    owed = shell("mail", "list", "--state", "owed", "--limit", "3", "--json").json
    assert (len(owed["letters"]), owed["hasMore"]) == (3, True)
    names = {"number", "letter", "state", "recipient", "email", "organization", "owedAt", "attempts", "nextAt"}
    assert set(owed["letters"][0]) == {*names, "lastError"}
    assert shell("mail", "list", "--state", "owed", "--limit", "1").lines[0].endswith("  not postponed  -")
    assert shell("mail", "list").lines == ["no letter"]
    assert shell("mail", "retry", "--failed", "--json").json == {"retried": 0}
    assert shell.refused("mail", "retry", "999999") == "cabinet: NOT_FOUND at letter: Not found."


def test_a_trial_letter_leaves_and_says_what_it_met(bare: Shell, tmp_path: Path) -> None:
    """Into a folder without data or a server; a mail server that is away, or no address, is one line."""
    said = bare("mail", "test", "a@b.example", "--locale", "en", CABINET_MAIL_URL=f"file:{tmp_path}/letters")
    assert said.lines == ["handed over for a@b.example"]
    (letter,) = (tmp_path / "letters").glob("*.eml")
    assert b"To: a@b.example" in letter.read_bytes() or b"a@b.example" in letter.read_bytes()
    line = bare.refused("mail", "test", "a@b.example", CABINET_MAIL_URL="smtp://127.0.0.1:9")
    assert line.startswith("cabinet: DOWN: ") and line.endswith("; `cabinet doctor` looks at the mail server")
    assert bare.refused("mail", "test", "колесник").startswith("cabinet: INVALID at to: ")
    assert not bare.data.exists()
