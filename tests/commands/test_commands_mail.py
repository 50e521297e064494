"""`cabinet mail`: how letters look and stand."""

from __future__ import annotations

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
