"""The laws of imports: a test for each contract of `pyproject.toml`, and one for what they cannot say."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from importlinter import api
from importlinter.application import use_cases

CHECKOUT = Path(__file__).parents[1]
PYPROJECT = str(CHECKOUT / "pyproject.toml")
LAWS: dict[str, str] = {law["id"]: law["name"] for law in api.read_configuration(PYPROJECT)["contracts_options"]}


@pytest.mark.parametrize("law", LAWS)
def test_imports_keep_the_law(law: str) -> None:
    """One contract is kept; when broken, the captured output shows each chain of imports that breaks it."""
    kept = use_cases.lint_imports(PYPROJECT, limit_to_contracts=(law,), cache_dir=None, no_logo=True)
    assert kept, LAWS[law]


@pytest.mark.parametrize("room", ["models", "mailers", "signing", "words"])
def test_no_session_of_the_loop_in(room: str) -> None:
    """Models and mailers reach no session: import-linter sees `sqlalchemy` only as one whole."""
    files = (CHECKOUT / room).rglob("*.py")
    found = {(file.name, name) for file in files for name in imported(file) if is_asynchronous(name)}
    assert found == set()


def is_asynchronous(name: str) -> bool:
    return f"{name}.".startswith("sqlalchemy.ext.asyncio.")


def imported(file: Path) -> set[str]:
    """Full names of what a file imports: `from a.b import c` is `a.b.c`."""
    nodes = list(ast.walk(ast.parse(file.read_text())))
    whole = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    parts = {
        f"{node.module}.{alias.name}" for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    return whole | parts
