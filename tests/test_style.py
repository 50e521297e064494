"""A ratchet on how the code reads, in figures; tighten a figure when the code has become better, never the other way.

Functions are counted without their docstrings. The demo plays a play: it is counted like all else.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from functools import cache
from pathlib import Path
from statistics import median

from sources import CHECKOUT, Def, Module, functions, modules

BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.Match)
ESCAPE = re.compile(r"#\s*(type:\s*ignore|noqa|pragma)")
REASON = re.compile(r"#\s*(type:\s*ignore|noqa|pragma)[^#]*(#| - )\s*\w")
GRAB_BAG = re.compile(r"_?(utils?|helpers?|common|misc|managers?|handlers?|tools|mixins?|base_\w+)$")
MOCK = re.compile(r"\b([Mm]ock|MagicMock|AsyncMock|mocker|patch|monkeypatch)\b")

LONG_FUNCTIONS: dict[str, str] = {}
LONG_FILES = {
    "models.access": "the table of roles and the criteria of tenancy: lists, in which next to nothing branches",
    "schema.kinds": "enumerations of the contract: nothing branches in them",
    "models.documents": "the rules of a document's life side by side, each a few lines",
    "resolvers.context": "reading and work are one idea: the only ways to the database",
}
DEEP: dict[str, str] = {}
UNDOCUMENTED = {
    "words.compile:main": "its module says what it does",
}
# Figures of today. The aim of style.md is in brackets.
MOST_ANY = 8.5  # per 1,000 lines (2): Strawberry's fields are declared by annotation, their makers return Any
MOST_ESCAPES = 1.1  # per 1,000 lines (2)
MOST_ESCAPES_WITHOUT_REASON = 9  # (0): mend in schema/refusals, resolvers/cabinets, folders, journal, members
MOST_MOCKS = 0.07  # words a test (0.05): monkeypatch for time zones, the terminal and the environment
LEAST_TESTS, MOST_TESTS = 0.58, 1.7  # lines of tests per line of code (1.0–1.7)


@cache
def lengths() -> dict[str, int]:
    """Lines of each function, its docstring left out."""
    return {place: _length(function) for place, function in functions().items()}


def _length(function: Def) -> int:
    doc = ast.get_docstring(function, clean=False)
    return (function.end_lineno or 0) - function.lineno + 1 - (doc.count("\n") + 1 if doc else 0)


def depth(node: ast.AST) -> int:
    """How deep blocks stand in blocks; `elif` goes no deeper, a function within begins anew."""
    inner = [child for child in ast.iter_child_nodes(node) if not isinstance(child, Def | ast.ClassDef | ast.Lambda)]
    return max((depth(child) + (isinstance(child, BLOCKS) and not is_elif(node, child)) for child in inner), default=0)


def is_elif(parent: ast.AST, child: ast.AST) -> bool:
    return isinstance(child, ast.If) and getattr(parent, "orelse", None) == [child]


def lines(module: Module) -> int:
    return module.text.count("\n")


def per_thousand(count: int) -> float:
    return 1000 * count / sum(map(lines, modules()))


@cache
def comments() -> list[str]:
    """Every comment, with its module."""
    found = []
    for module in modules():
        tokens = tokenize.generate_tokens(io.StringIO(module.text).readline)
        found += [f"{module.name}: {token.string}" for token in tokens if token.type == tokenize.COMMENT]
    return found


def test_functions_are_short() -> None:
    """Half of all functions have at most 6 lines, nine of ten at most 18."""
    ordered = sorted(lengths().values())
    assert median(ordered) <= 6
    assert ordered[len(ordered) * 9 // 10] <= 18


def test_long_functions_have_a_reason() -> None:
    """No function has more than 40 lines, but for a named reason."""
    long = {place: length for place, length in lengths().items() if length > 40}
    assert set(long) <= set(LONG_FUNCTIONS), long


def test_long_files_have_a_reason() -> None:
    """A file has at most 300 lines; 400, with a reason."""
    long = {module.name: lines(module) for module in modules() if lines(module) > 300}
    assert set(long) <= set(LONG_FILES), long
    assert max(long.values(), default=0) <= 400


def test_tests_are_short_too() -> None:
    """No file of tests has more than 400 lines: a story that long is two."""
    assert {path.name: count for path, count in files_of_tests().items() if count > 400} == {}


def test_blocks_are_not_deep() -> None:
    """Blocks stand at most three deep."""
    deep = {place: depth(function) for place, function in functions().items() if depth(function) > 3}
    assert set(deep) <= set(DEEP), deep


def test_types_are_said() -> None:
    """`Any` says nothing; what escapes the checkers says why."""
    anys = sum("Any" in (getattr(n, "id", 0), getattr(n, "attr", 0)) for m in modules() for n in ast.walk(m.tree))
    escapes = [comment for comment in comments() if ESCAPE.search(comment)]
    assert per_thousand(anys) <= MOST_ANY
    assert per_thousand(len(escapes)) <= MOST_ESCAPES
    silent = [comment for comment in escapes if not REASON.search(comment)]
    assert len(silent) <= MOST_ESCAPES_WITHOUT_REASON, silent


def test_no_module_is_a_grab_bag() -> None:
    """Homeless code is named after what it knows."""
    names = [part for module in modules() for part in module.name.split(".")]
    assert [name for name in [*names, *(path.stem for path in files_of_tests())] if GRAB_BAG.match(name)] == []


def test_modules_say_what_they_are() -> None:
    """Every module, public function and public class says in its docstring what it is."""
    assert [module.name for module in modules() if ast.get_docstring(module.tree) is None] == []
    assert {place for place, node in public().items() if ast.get_docstring(node) is None} == set(UNDOCUMENTED)


def public() -> dict[str, Def | ast.ClassDef]:
    """What a module offers by its place; of overloads only what they overload."""
    found = [(module.name, node) for module in modules() for node in module.tree.body]
    return {
        f"{home}:{node.name}": node
        for home, node in found
        if isinstance(node, Def | ast.ClassDef) and not node.name.startswith("_")
    }


def test_settled_exceptions_leave_the_lists() -> None:
    """An exception that nothing needs any more is struck out."""
    long = {place for place, length in lengths().items() if length > 40}
    long_files = {module.name for module in modules() if lines(module) > 300}
    deep = {place for place, function in functions().items() if depth(function) > 3}
    assert (set(LONG_FUNCTIONS) - long, set(LONG_FILES) - long_files, set(DEEP) - deep) == (set(), set(), set())


def test_tests_keep_up_with_the_code() -> None:
    """Not much less test than code, nor much more."""
    ratio = sum(files_of_tests().values()) / sum(map(lines, modules()))
    assert LEAST_TESTS <= ratio <= MOST_TESTS


def test_fakes_are_preferred_to_mocks() -> None:
    """Ports are replaced by small honest fakes; patching is rare."""
    texts = [path.read_text(encoding="utf-8") for path in files_of_tests() if path != Path(__file__)]
    stories = sum(len(re.findall(r"^ *(?:async )?def test_", text, re.MULTILINE)) for text in texts)
    assert sum(len(MOCK.findall(text)) for text in texts) / stories <= MOST_MOCKS


def files_of_tests() -> dict[Path, int]:
    """Lines of each file below tests/."""
    return {path: path.read_text(encoding="utf-8").count("\n") for path in (CHECKOUT / "tests").rglob("*.py")}
