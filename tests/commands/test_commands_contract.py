"""`cabinet schema`: yesterday's client works tomorrow (H13)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from shell import Shell

from schema.root import sdl
from server.contract import Change, changes, released, unanswered, uncommitted

TODAY = date(2026, 11, 24)
FORMER = """
type Query { name: String  old: Int @deprecated(reason: "2026-06-01: ask for name")
  kept: Int @deprecated(reason: "ask for name") coming: Int @deprecated(reason: "2027-06-01: ask for name")
  list(first: Int = 10, kind: Kind): [String!] }
enum Kind { A B  C @deprecated(reason: "2026-11-24: say A") }
input Wish { name: String! }
type Mutation { do(input: Wish!): Boolean }
"""


def became(old: str, new: str) -> list[tuple[str, bool]]:
    """What became of the former contract with one text in place of another, refused ones first."""
    assert old in FORMER
    return [(change.what, change.is_refused) for change in changes(FORMER, FORMER.replace(old, new), today=TODAY)]


def test_the_same_contract_breaks_nothing() -> None:
    """H13."""
    assert changes(FORMER, FORMER, today=TODAY) == []
    assert changes(sdl(), sdl(), today=TODAY) == []


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("name: String  ", "", "Field Query.name was removed."),
        ("name: String  ", "name: Int ", "Field Query.name changed type from String to Int."),
        ("A B  C", "A C", "Enum value Kind.B was removed."),
        ("kind: Kind)", "kind: Kind!)", "Argument Query.list(kind:) has changed type from Kind to Kind!."),
        ("kind: Kind)", "kind: Kind, of: ID!)", "A required argument Query.list(of:) was added."),
        ("input Wish { name", "input Wish { to: ID! name", "A required field Wish.to was added."),
        ("first: Int = 10, ", "", "Argument Query.list(first:) was removed."),
        ("first: Int = 10", "first: Int = 20", "Query.list(first:) has changed defaultValue from 10 to 20."),
        ("[String!]", "[String]", "Field Query.list changed type from [String!] to [String]."),
        ('kept: Int @deprecated(reason: "ask for name")', "", "Field Query.kept was removed."),
        ('coming: Int @deprecated(reason: "2027-06-01: ask for name")', "", "Field Query.coming was removed."),
    ],
)
def test_a_breaking_change_is_refused(old: str, new: str, what: str) -> None:
    """H13: what is removed, narrowed or newly required; a default that changes; a deprecation that is not over."""
    assert became(old, new) == [(what, True)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('old: Int @deprecated(reason: "2026-06-01: ask for name")', ""),
        (' C @deprecated(reason: "2026-11-24: say A")', ""),
        ("name: String  ", "name: String more: Int "),
    ],
)
def test_what_was_announced_may_end(old: str, new: str) -> None:
    """H13: on the day that its released deprecation names, and additions at any time."""
    assert became(old, new) == []


@pytest.mark.parametrize(("old", "new"), [("A B  C", "A B D  C"), ("kind: Kind)", "kind: Kind, of: ID)")])
def test_what_a_client_is_to_expect_is_noted(old: str, new: str) -> None:
    """H13: a new enum value or optional argument is told, and refused is nothing."""
    assert [is_refused for _, is_refused in became(old, new)] == [False]


def test_released_operations_are_still_answered(tmp_path: Path) -> None:
    """H13: those of every release; which file and why is said."""
    (tmp_path / "0.1.operations.graphql").write_text("query A { name } query B($w: Wish!) { do: name }")
    (tmp_path / "0.2.operations.graphql").write_text("query C { gone }")
    (tmp_path / "0.3.operations.graphql").write_text("query {")
    found = [change.what for change in unanswered(FORMER, tmp_path)]
    assert found == [
        "0.1.operations.graphql: Variable '$w' is never used in operation 'B'.",
        "0.2.operations.graphql: Cannot query field 'gone' on type 'Query'.",
        "0.3.operations.graphql: Syntax Error: Expected Name, found <EOF>.",
    ]


def test_the_newest_release_counts(tmp_path: Path) -> None:
    """By version, not by spelling; operations are no contract."""
    assert released(tmp_path) is None
    for name in ("0.9.graphql", "0.10.graphql", "0.11.operations.graphql", "README.md"):
        (tmp_path / name).write_text("")
    assert released(tmp_path) == tmp_path / "0.10.graphql"


def test_an_uncommitted_contract_is_refused(tmp_path: Path) -> None:
    """The file that the server serves is the built one."""
    wrong = [Change("schema/schema.graphql is not the built contract: run `make sdl`")]
    assert uncommitted(tmp_path / "absent.graphql") == wrong
    (tmp_path / "schema.graphql").write_text(sdl() + "\n")
    assert uncommitted(tmp_path / "schema.graphql") == wrong
    (tmp_path / "schema.graphql").write_text(sdl())
    assert uncommitted(tmp_path / "schema.graphql") == []


def test_the_command_compares_with_a_file(bare: Shell, tmp_path: Path) -> None:
    """H13: exit 1 with each change; without --against the last release counts, or it says that there is none."""
    former = tmp_path / "former.graphql"
    former.write_text(sdl().replace("type Query {", "type Query {\n  gone: Int\n", 1))
    said = bare("schema", "check", "--against", str(former), code=1)
    assert said.lines == ["refused: Field Query.gone was removed.", f"compared with {former}"]
    assert bare("schema", "check", "--against", str(former), "--json", code=1).json == {
        "isGood": False,
        "against": str(former),
        "changes": [{"description": "Field Query.gone was removed.", "isRefused": True}],
    }
    against = released()
    last = f"compared with {against}" if against else "nothing was released yet: there is nothing to compare with"
    assert bare("schema", "check").lines[-1] == last
    assert not bare.data.exists()


def test_a_file_that_is_no_contract_is_said_to_be_none(bare: Shell, tmp_path: Path) -> None:
    """One line, absent or broken."""
    absent = tmp_path / "absent.graphql"
    assert bare.refused("schema", "check", "--against", str(absent)) == f"cabinet: {absent}: No such file or directory"
    absent.write_text("type {")
    assert bare.refused("schema", "check", "--against", str(absent)).startswith(f"cabinet: {absent} is no SDL: ")


def test_the_contract_is_printed(bare: Shell) -> None:
    """To the byte."""
    assert bare("schema", "print").printed == sdl()
