"""Every argument of type ID that a mutation takes, found by walking the built schema; and inputs to try them with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLID,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
    get_nullable_type,
    is_required_input_field,
)
from household import SCHEMA

KINDS = {
    "apiTokenId": "ApiToken",
    "cabinetId": "Cabinet",
    "certificateId": "Certificate",
    "documentId": "Document",
    "draftId": "Document",
    "intentId": "SigningIntent",
    "memberId": "Member",
    "sessionId": "Session",
    "uploadId": "DocumentUpload",
}
"""What each argument names. A new argument of type ID has to be written down here."""

LEAST: dict[str, object] = {
    "String": "x",
    "Int": 1,
    "Boolean": True,
    "Base64": "AAAA",
    "DateTime": "2026-12-01T00:00:00Z",
}


@dataclass(frozen=True)
class IdArgument:
    """An ID in the input of a mutation, by its path."""

    mutation: str
    path: tuple[str, ...]

    @property
    def kind(self) -> str:
        """The type of the object it names."""
        return KINDS[self.path[-1]]

    def __str__(self) -> str:
        return ".".join((self.mutation, *self.path))

    def input(self, value: str, *, good: Mapping[str, str], given: Mapping[str, object]) -> dict[str, Any]:
        """The least input with `value` in this place, ids of one's own in the others, and what is `given` as it is."""
        return {**_least(_input_type(self.mutation), self.path, value, good), **given}


def id_arguments() -> list[IdArgument]:
    """All of them."""
    root = SCHEMA._schema.mutation_type
    assert root is not None
    return [IdArgument(name, path) for name in root.fields for path in _paths(_input_type(name))]


def _input_type(mutation: str) -> GraphQLInputObjectType:
    root = SCHEMA._schema.mutation_type
    assert root is not None
    found = get_named_type(root.fields[mutation].args["input"].type)
    assert isinstance(found, GraphQLInputObjectType)
    return found


def _paths(kind: GraphQLInputObjectType) -> Iterator[tuple[str, ...]]:
    for name, field in kind.fields.items():
        inner = get_named_type(field.type)
        if inner is GraphQLID:
            yield (name,)
        elif isinstance(inner, GraphQLInputObjectType):
            yield from ((name, *rest) for rest in _paths(inner))


def _least(kind: GraphQLInputObjectType, path: tuple[str, ...], value: str, good: Mapping[str, str]) -> dict[str, Any]:
    wanted = [name for name, field in kind.fields.items() if is_required_input_field(field)]
    if kind.extensions["strawberry-definition"].is_one_of:  # graphql-core 3.2 does not know of them
        wanted = [*path[:1]] or [next(iter(kind.fields))]
    names = dict.fromkeys([*wanted, *path[:1]])
    return {name: value_of(name, kind.fields[name].type, path, value, good) for name in names}


def value_of(name: str, type_: Any, path: tuple[str, ...], value: Any, good: Mapping[str, str]) -> Any:
    """What stands in an argument or input field: `value` at the end of `path`, the least that is required elsewhere."""
    inner, is_here = get_nullable_type(type_), path[:1] == (name,)
    if isinstance(inner, GraphQLList):
        return [value_of(name, inner.of_type, path, value, good)]
    if isinstance(inner, GraphQLNonNull):
        return value_of(name, inner.of_type, path, value, good)
    if isinstance(inner, GraphQLInputObjectType):
        return _least(inner, path[1:] if is_here else (), value, good)
    if inner is GraphQLID:
        return value if is_here else good[KINDS.get(name, name)]
    if path == (name,):
        return value
    return next(iter(inner.values)) if isinstance(inner, GraphQLEnumType) else LEAST[str(inner)]
