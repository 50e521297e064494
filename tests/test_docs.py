"""What the documents say is there is there, and what is there is in the documents."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from sources import CHECKOUT, ROOMS, called, last_name, modules, nodes

from server.cli import main
from server.settings import Settings, variable

DOCS = sorted((CHECKOUT / "docs").rglob("*.md"))
OPERATIONS = (CHECKOUT / "docs" / "operations.md").read_text(encoding="utf-8")
FEATURE = (CHECKOUT / "docs" / "adding-a-feature.md").read_text(encoding="utf-8")
DECISIONS = sorted((CHECKOUT / "docs" / "decisions").glob("*.md"))
PLACES = (*ROOMS, "tests", "docs", "requirements")
# Defaults that depend on others are said in words.
IN_WORDS = {"database_url", "public_url", "trust_anchors", "secret_key"}
WITHOUT_EFFECT: dict[str, str] = {}
WITHOUT_JSON = {
    "cabinet serve": "serves",
    "cabinet demo": "serves",
    "cabinet seed": "says what people need to know",
    "cabinet schema print": "prints the contract's own text",
}
LEVELS = ("debug", "info", "warning", "error", "exception", "critical")


def rows(text: str) -> dict[str, list[str]]:
    """Lines of tables by the names in their first cell, several where it has several."""
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in text.splitlines() if line.startswith("| `")]
    return {name: [cell.strip() for cell in row] for row in cells for name in re.findall(r"`([^`]+)`", row[0])}


def commands(group: click.Command, path: str = "cabinet") -> Iterator[tuple[str, click.Command]]:
    """Every command that does something."""
    if not isinstance(group, click.Group):
        yield path, group
        return
    for name, command in group.commands.items():
        yield from commands(command, f"{path} {name}")


def shown(default: object) -> str:
    """A default as the table writes it."""
    value = getattr(default, "get_secret_value", lambda: default)()
    if value is None or value == ():
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def test_every_setting_is_described() -> None:
    """docs/operations.md has a row for each setting, and none for what is no setting."""
    described = {name for name in rows(OPERATIONS) if name.startswith("CABINET_")}
    assert described == {variable(field) for field in Settings.model_fields}


@pytest.mark.parametrize("field", sorted(set(Settings.model_fields) - IN_WORDS))
def test_defaults_are_the_documented_ones(field: str) -> None:
    """The second cell is the default in force where nothing is set."""
    assert rows(OPERATIONS)[variable(field)][1] == shown(Settings.model_fields[field].default)


def test_every_setting_has_an_effect() -> None:
    """A setting that nothing reads is a promise that nothing keeps."""
    read = {node.attr for module in modules("server") for _, node in nodes(module) if isinstance(node, ast.Attribute)}
    unread = {field for field in Settings.model_fields if field not in read}
    assert unread == set(WITHOUT_EFFECT)


@pytest.mark.parametrize(("path", "command"), list(commands(main)))
def test_every_command_has_help_and_json(path: str, command: click.Command) -> None:
    """Each says in a sentence what it does, describes its options, and speaks to programs, but for named ones."""
    assert command.help and command.help.endswith(".")
    assert [option.name for option in command.params if isinstance(option, click.Option) and not option.help] == []
    has_json = any(parameter.name == "json" for parameter in command.params)
    assert has_json is (path not in WITHOUT_JSON)
    (row,) = [cells for name, cells in rows(OPERATIONS).items() if f"{name} ".startswith(f"{path} ")]
    assert bool(row[2]) is has_json, "the table says which names its document has"


@pytest.mark.parametrize(("path", "command"), list(commands(main)))
def test_every_command_is_described(path: str, command: click.Command) -> None:
    """docs/operations.md has a row for each command, with each of its options and arguments."""
    row = next((name for name in rows(OPERATIONS) if f"{name} ".startswith(f"{path} ")), "")
    assert row, path
    options = [parameter for parameter in command.params if is_option(parameter) and parameter.name != "json"]
    wanted = [name for parameter in options for name in parameter.opts]
    assert [name for name in wanted if name not in row] == []
    assert [p.name for p in command.params if not is_option(p) and (p.name or "").upper() not in row] == []


def is_option(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Option)


def test_no_command_is_invented() -> None:
    """Nor does it describe a command that is none."""
    described = {name for name in rows(OPERATIONS) if name.startswith("cabinet ")}
    known = [path for path, _ in commands(main)]
    assert [row for row in described if not any(f"{row} ".startswith(f"{path} ") for path in known)] == []
    assert len(described) == len(known)


def test_every_log_event_is_described() -> None:
    """docs/operations.md says of each event in our log what to do about it, and its level."""
    found = dict(logged())
    described = {name: row[1] for name, row in rows(OPERATIONS).items() if row[1:2] and row[1] in LEVELS}
    assert described == found


def logged() -> Iterator[tuple[str, str]]:
    """Each event of structlog's that we write, with its level."""
    written = [node for module in modules("server", "schema", "resolvers") for _, node in nodes(module)]
    calls = [node for node in written if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    for call in calls:
        if called(call) in LEVELS and last_name(getattr(call.func, "value", call)) == "log":
            yield str(ast.literal_eval(call.args[0])), called(call)


def test_every_route_is_described() -> None:
    """docs/operations.md names each route of the server."""
    routes = {
        ast.literal_eval(node.args[0])
        for module in modules("server")
        for _, node in nodes(module)
        if isinstance(node, ast.Call) and called(node) in ("Route", "WebSocketRoute")
    }
    assert {name for name in rows(OPERATIONS) if name.startswith("/")} == routes


@pytest.mark.parametrize("document", DOCS, ids=lambda path: path.name)
def test_files_that_are_named_exist(document: Path) -> None:
    """A path in backticks that begins in one of our folders is there."""
    named = re.findall(r"`([a-z_]+/[\w./-]*|[A-Z]+\.md)`", document.read_text(encoding="utf-8"))
    ours = [path for path in named if path.split("/")[0] in PLACES or path.endswith(".md")]
    assert [path for path in ours if not (CHECKOUT / path).exists()] == []


@pytest.mark.parametrize("document", DOCS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    """A relative link leads to a file."""
    targets = re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8"))
    assert [target for target in targets if not (document.parent / target).exists()] == []


@pytest.mark.parametrize("step", re.findall(r"^- (`[\w./-]+/[\w./-]+`:.*(?:\n  .*)*)", FEATURE, re.MULTILINE))
def test_the_example_is_real(step: str) -> None:
    """docs/adding-a-feature.md: what a step names in backticks stands in the file that it names."""
    path, *names = re.findall(r"`([^`]+)`", step)
    text = (CHECKOUT / path).read_text(encoding="utf-8")
    assert [name for name in names if name not in text and not name.startswith(("python ", "cabinet "))] == []


def test_the_example_has_its_steps() -> None:
    """The pattern above finds every step."""
    assert len(re.findall(r"^- `[\w./-]+/[\w./-]+`:", FEATURE, re.MULTILINE)) == 17


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.stem)
def test_decisions_have_one_form(decision: Path) -> None:
    """A decision is numbered, fits on a page and says its context, what was decided and what follows."""
    text = decision.read_text(encoding="utf-8")
    assert re.match(rf"# {int(decision.name[:4])}\. \w", text)
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]
    assert text.count("\n") <= 60


def test_decisions_are_numbered_without_gaps() -> None:
    """0001, 0002, 0003 …"""
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))
