"""Every place of the contract where a client names something: an id, a cursor, words to look for. Found by walking it.

An operation is made for each: the way there from the root, with the least that is required, and a selection of what the
answer's type shows. A field or argument added tomorrow is walked tomorrow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLID,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    OperationType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)
from household import SCHEMA
from ids import KINDS, value_of

CONTRACT = SCHEMA._schema
KIND_OF = {
    **KINDS,
    "actorIds": "User",
    "memberIds": "Member",
    "companyId": "Organization",
    "counterpartyId": "Organization",
}
"""What an id names, by the argument's or the input field's name; `id` and `ids` follow their field."""
CURSORS = {"after", "before"}
SEARCHES = {"search", "memberSearch"}
ROOTS = ("query", "mutation", "subscription")


@dataclass(frozen=True)
class Spot:
    """A place in an argument of a field, with the fields that lead there from a root."""

    root: str
    chain: tuple[str, ...]
    argument: str
    inner: tuple[str, ...] = ()
    is_id: bool = True

    def __str__(self) -> str:
        return ".".join((*self.chain, self.argument, *self.inner))

    @property
    def name(self) -> str:
        """Of the place itself."""
        return (self.argument, *self.inner)[-1]

    @property
    def kind(self) -> str | None:
        """The type of the objects it names; None for those that name any."""
        if self.name in ("id", "ids"):
            return {"document": "Document", "cabinet": "Cabinet"}.get(self.chain[-1])
        return KIND_OF[self.name]


@dataclass
class Operation:
    """A text with its variables."""

    text: str
    variables: dict[str, Any] = field(default_factory=dict)


def all_spots() -> list[Spot]:
    """Every place, by the shortest way to it."""
    found: list[Spot] = []
    for root in ROOTS:
        start = CONTRACT.get_root_type(OperationType(root))
        assert start is not None
        for chain, on in _ways(start, goes_deep=root == "query"):
            for name, made in on.fields.items():
                found += _of_field(root, (*chain, name), made)
    return found


def _ways(start: GraphQLObjectType, *, goes_deep: bool) -> Iterator[tuple[tuple[str, ...], GraphQLObjectType]]:
    """Each object type that can be reached, with the shortest chain of fields to it."""
    known = {start.name}
    waiting: list[tuple[tuple[str, ...], GraphQLObjectType]] = [((), start)]
    while waiting:
        chain, on = waiting.pop(0)
        yield chain, on
        for name, made in on.fields.items() if goes_deep else ():
            inner = get_named_type(made.type)
            if isinstance(inner, GraphQLObjectType) and inner.name not in known:
                known.add(inner.name)
                waiting.append(((*chain, name), inner))


def _of_field(root: str, chain: tuple[str, ...], made: GraphQLField) -> Iterator[Spot]:
    for name, argument in made.args.items():
        inner = get_named_type(argument.type)
        if isinstance(inner, GraphQLInputObjectType):
            for path, leaf in _leaves(inner):
                if leaf is GraphQLID or path[-1] in CURSORS | SEARCHES:
                    yield Spot(root, chain, name, path, leaf is GraphQLID)
        elif inner is GraphQLID or name in CURSORS | SEARCHES:
            yield Spot(root, chain, name, (), inner is GraphQLID)


def _leaves(kind: GraphQLInputObjectType) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, made in kind.fields.items():
        inner = get_named_type(made.type)
        if isinstance(inner, GraphQLInputObjectType):
            yield from (((name, *rest), leaf) for rest, leaf in _leaves(inner))
        else:
            yield (name,), inner


def operation(
    spot: Spot,
    value: Any,
    *,
    good: Mapping[str, str],
    given: Mapping[str, Any] | None = None,
    also: Mapping[str, Any] | None = None,
    depth: int = 1,
) -> Operation:
    """The operation with `value` in this place, ids of one's own (`good`) where others are required.

    `given` goes into the input as it is, `also` are further arguments of the last field.
    """
    made = Operation("")
    declared: list[str] = []
    on: Any = CONTRACT.get_root_type(OperationType(spot.root))
    body, last = [], len(spot.chain) - 1
    for step, name in enumerate(spot.chain):
        at = on.fields[name]
        written = []
        for argument, asked in at.args.items():
            is_here = step == last and argument == spot.argument
            more = also or {} if step == last and not is_here else {}
            if not (is_here or argument in more or argument == "id" or is_required_argument(asked)):
                continue
            variable = f"{argument}{step}"
            declared.append(f"${variable}: {asked.type}")
            written.append(f"{argument}: ${variable}")
            path = (argument, *spot.inner) if is_here else ()
            made.variables[variable] = value_of(argument, asked.type, path, value, {**good, **_by_field(name, good)})
            made.variables[variable] = more.get(argument, made.variables[variable])
            if is_here and given:
                made.variables[variable] = {**made.variables[variable], **given}
        body.append(f"{name}({', '.join(written)})" if written else name)
        on = get_named_type(at.type)
    head = f"{spot.root}({', '.join(declared)})" if declared else spot.root
    made.text = f"{head} {{ {' { '.join(body)} {selection(on.name, depth)} {'} ' * len(body)}"
    return made


def _by_field(name: str, good: Mapping[str, str]) -> dict[str, str]:
    """What `id` names in a field that leads further."""
    return {"id": good["Cabinet" if name == "cabinet" else "Document"]}


@cache
def selection(kind: str, depth: int = 2, alias: str = "") -> str:
    """Everything that a type shows without being asked for more, so deep; empty for what has no fields.

    Fields of an interface's types go under names of their own: some are of different types.
    """
    on = CONTRACT.type_map[kind]
    if isinstance(on, GraphQLInterfaceType):
        types = CONTRACT.get_possible_types(on)
        shown = [f"... on {each.name} {selection(each.name, depth, f'{each.name}_')}" for each in types]
        return f"{{ __typename {' '.join(shown)} }}"
    if not isinstance(on, GraphQLObjectType):
        return ""
    fields = {name: made for name, made in on.fields.items() if _is_shown(made, depth)}
    parts = (f"{alias and f'{alias}{name}: '}{name} {_inner(made, depth)}" for name, made in fields.items())
    return f"{{ __typename {' '.join(parts)} }}"


def _is_shown(made: GraphQLField, depth: int) -> bool:
    if any(is_required_argument(argument) for argument in made.args.values()):
        return False
    return depth > 0 or is_leaf_type(get_named_type(made.type))


def _inner(made: GraphQLField, depth: int) -> str:
    return selection(get_named_type(made.type).name, depth - 1)


def views(*, good: Mapping[str, str]) -> Iterator[tuple[str, Operation]]:
    """Every type that a query leads to, shown from there, with what it counts; by its way."""
    start = CONTRACT.get_root_type(OperationType.QUERY)
    assert start is not None
    for chain, _ in _ways(start, goes_deep=True):
        if chain:
            yield ".".join(chain), operation(Spot("query", chain, ""), None, good=good, depth=2)
