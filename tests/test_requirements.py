"""Every requirement of the first stage is named by a test: by its row in the docstring of a test function."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__)
EDGES = {"EA": (1, 25), "EB": (29, 50), "EC": (51, 59), "ED": (60, 67), "EE": (68, 75), "EF": (76, 80), "EH": (87, 96)}
LATER = {"EA5", "EB48", "EH93", "EH94", "EH95"}
"""Rows between these that belong to later stages."""
ROWS = [
    *(f"A{number}" for number in range(1, 34)),
    *(f"B{number}" for number in range(1, 8)),
    *(f"C{number}" for number in range(1, 26)),
    *(f"{group}{number}" for group, (first, last) in EDGES.items() for number in range(first, last + 1)),
    *(f"EF76.{number}" for number in range(1, 32)),
    *(f"H{number}" for number in (1, 2, 3, 4, 9, 10, 13)),
    "EA27",
    "EG82",
]
SPAN = re.compile(r"\b(EF76\.|[A-H]{1,2})(\d+)–(?:EF76\.|[A-H]{1,2})?(\d+)")


@cache
def named() -> str:
    """What all tests say of themselves, spans like A1–A4 written out; this file does not count."""
    said = []
    for path in HERE.parent.rglob("test_*.py"):
        if path != HERE:
            nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            tests = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
            said += [ast.get_docstring(test) or "" for test in tests if test.name.startswith("test_")]
    text = " ".join(said)
    return text + " ".join(f" {m[1]}{n}" for m in SPAN.finditer(text) for n in range(int(m[2]), int(m[3]) + 1))


@pytest.mark.parametrize("row", [row for row in ROWS if row not in LATER])
def test_every_row_of_the_first_stage_has_its_test(row: str) -> None:
    """The row stands in the docstring of a test that fails when the behaviour is broken."""
    assert re.search(rf"(?<![\w.]){re.escape(row)}(?!\w|\.\d)", named()), f"no test names {row}"
