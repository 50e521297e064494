"""Our own sources as trees: what the tests of the house's laws look at.

A place is written `resolvers.documents:receive`, `models.exchanges:Exchange.move`, or `server.app:` for a module's top.
Migrations are history and stand outside of the laws.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
ROOMS = ("schema", "resolvers", "models", "mailers", "signing", "words", "server")
Def = ast.FunctionDef | ast.AsyncFunctionDef
Matches = Callable[[ast.AST], bool]


@dataclass(frozen=True)
class Module:
    """One file of ours."""

    name: str
    path: Path
    text: str
    tree: ast.Module


@cache
def modules(*rooms: str) -> tuple[Module, ...]:
    """Every module of these rooms; of all rooms when none is named."""
    files = [path for room in rooms or ROOMS for path in sorted((CHECKOUT / room).rglob("*.py"))]
    return tuple(_read(path) for path in files if "migrations" not in path.parts)


def _read(path: Path) -> Module:
    text = path.read_text(encoding="utf-8")
    name = ".".join(path.relative_to(CHECKOUT).with_suffix("").parts).removesuffix(".__init__")
    return Module(name, path, text, ast.parse(text, filename=str(path)))


@cache
def nodes(module: Module) -> tuple[tuple[str, ast.AST], ...]:
    """Every node of a module with its place."""
    return tuple(_within(module.tree, f"{module.name}:"))


def _within(node: ast.AST, place: str) -> list[tuple[str, ast.AST]]:
    found: list[tuple[str, ast.AST]] = []
    waiting = [(place, node)]
    while waiting:
        here, parent = waiting.pop()
        for child in ast.iter_child_nodes(parent):
            name = child.name if isinstance(child, Def | ast.ClassDef) else ""
            inner = f"{here}{'' if here.endswith(':') else '.'}{name}" if name else here
            found.append((inner, child))
            waiting.append((inner, child))
    return found


def places(matches: Matches, *rooms: str) -> Counter[str]:
    """Where something stands, and how often; in all rooms when none is named."""
    return Counter(place for module in modules(*rooms) for place, node in nodes(module) if matches(node))


@cache
def functions(*rooms: str) -> dict[str, Def]:
    """Every function and method by its place."""
    return {place: node for module in modules(*rooms) for place, node in nodes(module) if isinstance(node, Def)}


def is_call(*names: str) -> Matches:
    """Whether a node calls something of that name: `work` matches `context.work(…)` and `work(…)`."""
    return lambda node: isinstance(node, ast.Call) and called(node) in names


def called(call: ast.Call) -> str:
    """The last name of what is called."""
    return last_name(call.func)


def last_name(node: ast.AST) -> str:
    """`c` of `a.b.c` and of `c`; empty for anything else."""
    return getattr(node, "attr", "") or getattr(node, "id", "")


def names_in(node: ast.AST) -> set[str]:
    """What an expression refers to, dotted: `documents.reject`, `both_sides`. Annotations are left out."""
    found, waiting = set[str](), [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, ast.Name):
            found.add(each.id)
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name):
            found.add(f"{each.value.id}.{each.attr}")
        waiting += _spoken(each)
    return found


def _spoken(node: ast.AST) -> list[ast.AST]:
    """The parts of a node that run."""
    typed = {id(part) for part in (getattr(node, "annotation", None), getattr(node, "returns", None)) if part}
    return [child for child in ast.iter_child_nodes(node) if id(child) not in typed]


@cache
def references() -> dict[str, frozenset[str]]:
    """What each function and constant at the top of a module refers to, by place: the graph of who calls whom."""
    defined = {f"{module.name}:{name}" for module in modules() for name in _definitions(module)}
    return {
        f"{module.name}:{name}": frozenset(places_of(module, node)) & defined
        for module in modules()
        for name, node in _definitions(module).items()
    }


def _definitions(module: Module) -> dict[str, ast.AST]:
    found: dict[str, ast.AST] = {node.name: node for node in module.tree.body if isinstance(node, Def)}
    for node in module.tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {last_name(target): node.value for target in targets}
    return found


def places_of(module: Module, node: ast.AST) -> Iterator[str]:
    """The places that an expression of a module may mean, by the module's own names and its imports."""
    known = _imports(module)
    for name in names_in(node):
        head, _, rest = name.partition(".")
        target = known.get(head, f"{module.name}.{head}")
        home, _, last = (f"{target}.{rest}" if rest else target).rpartition(".")
        yield f"{home}:{last}"


@cache
def _imports(module: Module) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom):
            found |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return found


def reached(*starts: str) -> frozenset[str]:
    """These places and all that they lead to."""
    graph, seen, waiting = references(), set[str](), list(starts)
    while waiting:
        place = waiting.pop()
        if place not in seen:
            seen.add(place)
            waiting += graph.get(place, ())
    return frozenset(seen)
