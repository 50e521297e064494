"""The contract's guard: the committed SDL is the built one, and what was released is not broken (H13).

`schema/released/<version>.graphql` is the contract of a release, `<version>.operations.graphql` what its clients ask.
An element may go once the date in its released deprecation («2027-06-01: ask for b») has passed; without one it stays.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from graphql import (
    REMOVE,
    DirectiveNode,
    GraphQLError,
    GraphQLSchema,
    Node,
    StringValueNode,
    Visitor,
    build_ast_schema,
    build_schema,
    parse,
    validate,
    visit,
)
from graphql.utilities import DangerousChangeType, find_breaking_changes, find_dangerous_changes

import schema
from schema.root import sdl

OPERATIONS = ".operations.graphql"
DAY = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
# What a client is to expect at any time is told, but refused is what makes yesterday's request mean something else.
REFUSED = {DangerousChangeType.ARG_DEFAULT_VALUE_CHANGE}


@dataclass(frozen=True)
class Change:
    """One difference; `is_refused` is one that yesterday's client would notice."""

    what: str
    is_refused: bool = True


def committed() -> Path:
    """The SDL file of this version."""
    return Path(schema.__file__).with_name("schema.graphql")


def released(folder: Path | None = None) -> Path | None:
    """The SDL of the newest release; None while nothing was released."""
    home = folder or committed().parent / "released"
    found = [path for path in home.glob("*.graphql") if not path.name.endswith(OPERATIONS)]
    return max(found, key=_version, default=None)


def _version(path: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", path.stem))


def uncommitted(file: Path | None = None) -> list[Change]:
    """Whether the committed SDL is the built one."""
    text = file or committed()
    is_same = text.is_file() and text.read_text(encoding="utf-8") == sdl()
    return [] if is_same else [Change("schema/schema.graphql is not the built contract: run `make sdl`")]


def changes(former: str, present: str, *, today: date) -> list[Change]:
    """What became of a former contract, what is refused first."""
    now = build_schema(present)
    broken = [Change(change.description) for change in find_breaking_changes(_kept(former, today=today), now)]
    dangerous = [Change(c.description, c.type in REFUSED) for c in find_dangerous_changes(build_schema(former), now)]
    return sorted([*broken, *dangerous], key=lambda change: not change.is_refused)


def _kept(former: str, *, today: date) -> GraphQLSchema:
    """The former contract without what it had announced to end by now."""
    return build_ast_schema(visit(parse(former), _Ended(today)), assume_valid=True, assume_valid_sdl=True)


class _Ended(Visitor):
    """Takes out fields, values, arguments and input fields whose deprecation is over."""

    def __init__(self, today: date) -> None:
        super().__init__()
        self._today = today

    def enter(self, node: Node, *_: Any) -> Any:  # Any: a visitor's answer
        """Remove an element that has ended; all others stay."""
        return REMOVE if _is_over(node, self._today) else None


def _is_over(node: Node, today: date) -> bool:
    directives: tuple[DirectiveNode, ...] = getattr(node, "directives", None) or ()
    reasons = [
        argument.value.value
        for directive in directives
        for argument in directive.arguments or ()
        if directive.name.value == "deprecated" and isinstance(argument.value, StringValueNode)
    ]
    days = [day for reason in reasons for day in DAY.findall(reason)]
    return bool(days) and date.fromisoformat(days[0]) <= today


def unanswered(present: str, folder: Path | None = None) -> list[Change]:
    """Which released operations the built contract no longer answers."""
    home, built = folder or committed().parent / "released", build_schema(present)
    files = sorted(home.glob(f"*{OPERATIONS}"), key=_version)
    return [Change(f"{file.name}: {said}") for file in files for said in _errors(built, file)]


def _errors(built: GraphQLSchema, file: Path) -> list[str]:
    try:
        found = validate(built, parse(file.read_text(encoding="utf-8")), max_errors=20)
    except GraphQLError as error:
        found = [error]
    return [" ".join(error.message.split()) for error in found]
