"""`Node`, and ids as arguments; how an id is made and read stands in `models/ids.py`."""

from collections.abc import Callable
from typing import Any, TypeVar

import strawberry

from models.ids import decode as decode  # where everybody finds them
from models.ids import encode as encode

T = TypeVar("T")
NEVER_WAS = -1
"""The id of no row: what a filter by a broken id finds is nothing."""


@strawberry.interface(description="An object with a globally unique, opaque, stable identifier.")
class Node:
    """What has an id."""

    id: strawberry.ID = strawberry.field(description="Opaque: do not take it apart.")


def id_of(kind: str) -> Callable[[str | None], int | None]:
    """A reader of ids of one kind: the row id, None for anything else (which is NOT_FOUND wherever it is used)."""

    def read(text: str | None) -> int | None:
        found = decode(text) if isinstance(text, str) else None
        return found[1] if found is not None and found[0] == kind else None

    return read


def is_named(text: str | None) -> bool:
    """Whether an id was given at all: an empty one names nothing, which is not the same as being left out."""
    return isinstance(text, str)


def ids_of(kind: str, texts: list[strawberry.ID]) -> tuple[int, ...]:
    """Row ids of one kind; what is no such id stands for a row that never was."""
    read = id_of(kind)
    return tuple(read(text) or NEVER_WAS for text in texts)


def row_id(kind: str, given: strawberry.ID | None) -> int | None:
    """The row that a condition names: None for no condition, a row that never was for an id of nothing."""
    return (id_of(kind)(given) or NEVER_WAS) if given else None


def node_id(kind: str, description: str = "Opaque identifier.") -> Any:
    """The `id` field of a type whose rows have an integer `id`."""

    def resolve(root: strawberry.Parent[Any]) -> strawberry.ID:
        return strawberry.ID(encode(kind, root.id))

    return strawberry.field(resolver=resolve, description=description)


def shows(*rows: type) -> Callable[[type[T]], type[T]]:
    """Mark a type as the face of these row classes, so that resolvers return rows as they are."""

    def mark(cls: type[T]) -> type[T]:
        def is_type_of(this: type, value: object, _info: object) -> bool:
            return isinstance(value, (this, *rows))

        cls.is_type_of = classmethod(is_type_of)  # type: ignore[attr-defined]  # Strawberry looks it up by name
        return cls

    return mark
