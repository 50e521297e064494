"""What a field costs, said in the contract by the directives of the GraphQL Cost Directives specification.

`@cost` is a weight: of an object 1, of a leaf 0 where nothing else is said. `@listSize` is how many a list holds. The
fields' makers put both there; `Prices` reads them back for the walk of `schema.limits`, so there is one truth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, TypeVar

import strawberry
from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    get_named_type,
    is_composite_type,
    is_list_type,
)
from strawberry.schema_directive import Location

T = TypeVar("T")
PAGE = 25
ACT = 50
LOGIN = 500
COUNT = 10
SEARCH = 20
INTROSPECTION = 300


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION, Location.ARGUMENT_DEFINITION, Location.INPUT_FIELD_DEFINITION],
    name="cost",
    description="What this costs, each time; without it an object costs 1, a leaf and an argument nothing.",
)
class Cost:
    """A weight; text, as the specification has it."""

    weight: str = strawberry.directive_field(name="weight")


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="listSize",
    description="How many objects come: as the first slicing argument given says, otherwise `assumedSize`; "
    "with `sizedFields`, in those fields of the connection.",
)
class ListSize:
    """A size."""

    assumed_size: int = strawberry.directive_field(name="assumedSize")
    slicing_arguments: list[str] | None = strawberry.directive_field(name="slicingArguments", default=strawberry.UNSET)
    sized_fields: list[str] | None = strawberry.directive_field(name="sizedFields", default=strawberry.UNSET)
    require_one_slicing_argument: bool | None = strawberry.directive_field(
        name="requireOneSlicingArgument", default=strawberry.UNSET
    )


def weighs(weight: int | None) -> list[object]:
    """The directive of a weight; none where the usual one holds."""
    return [] if weight is None else [Cost(weight=str(weight))]


def holds(arguments: Mapping[str, object], *, usual: int | None) -> list[object]:
    """The directive of a list's size: that of a page, or how many a short list usually holds."""
    if usual is not None:
        return [ListSize(assumed_size=usual)]
    if "ids" in arguments:
        return [ListSize(assumed_size=1, slicing_arguments=["ids"], require_one_slicing_argument=False)]
    if "after" not in arguments:
        return []
    slicing = [name for name in ("first", "last") if name in arguments]
    return [
        ListSize(
            assumed_size=PAGE,
            slicing_arguments=slicing,
            sized_fields=["edges", "nodes"],
            require_one_slicing_argument=False,
        )
    ]


@dataclass(frozen=True, kw_only=True)
class Price:
    """What is known of a field before it is executed. `returns` names its objects' type; None for a leaf."""

    weight: int
    returns: str | None
    size: int
    slicing: tuple[str, ...]
    sized: frozenset[str]
    arguments: Mapping[str, GraphQLInputType]
    argument_weights: Mapping[str, int]


INTROSPECTED = {"__schema": "__Schema", "__type": "__Type"}
UNKNOWN = Price(weight=0, returns=None, size=1, slicing=(), sized=frozenset(), arguments={}, argument_weights={})


class Prices:
    """The prices of a schema's fields, each worked out once."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self.of = cache(self._of)
        self._weights = cache(self._weights_of)

    def _of(self, type_name: str | None, field_name: str) -> Price:
        """The price of a field; that of nothing for one that the schema does not have."""
        if field_name in INTROSPECTED:
            return replace(UNKNOWN, weight=INTROSPECTION, returns=INTROSPECTED[field_name])
        owner = self._schema.type_map.get(type_name or "")
        field = getattr(owner, "fields", {}).get(field_name)
        if field is None:
            return UNKNOWN
        named = get_named_type(field.type)
        if named.name.startswith("__"):  # what there is: a list is dear, however long, for it is all computed here
            return replace(UNKNOWN, weight=INTROSPECTION * is_list_of_objects(field), returns=named.name)
        is_object = is_composite_type(named)
        cost, size = said(field, Cost), said(field, ListSize)
        return Price(
            weight=int(cost.weight) if cost else int(is_object),
            returns=named.name if is_object else None,
            size=size.assumed_size if size else 1,
            slicing=tuple(size.slicing_arguments or ()) if size else (),
            sized=frozenset(size.sized_fields or ()) if size else frozenset(),
            arguments={name: argument.type for name, argument in field.args.items()},
            argument_weights={name: weight for name, argument in field.args.items() if (weight := weight_of(argument))},
        )

    def given(self, kind: GraphQLInputType, value: object) -> int:
        """What an argument's value costs: the weights of the input fields that stand in it."""
        while isinstance(kind, GraphQLNonNull | GraphQLList):
            kind = kind.of_type
        if not isinstance(kind, GraphQLInputObjectType) or not self._has_weights(kind):
            return 0
        if isinstance(value, list):
            return sum(self.given(kind, item) for item in value)
        if not isinstance(value, dict):
            return 0
        told = [(name, field) for name, field in kind.fields.items() if value.get(name) is not None]
        weights = self._weights(kind.name)
        return sum(weights.get(name, 0) + self.given(field.type, value[name]) for name, field in told)

    def _weights_of(self, input_name: str) -> dict[str, int]:
        fields = getattr(self._schema.type_map[input_name], "fields", {})
        return {name: weight for name, field in fields.items() if (weight := weight_of(field))}

    def _has_weights(self, kind: GraphQLInputObjectType, seen: frozenset[str] = frozenset()) -> bool:
        inner = [get_named_type(field.type) for field in kind.fields.values()]
        return bool(self._weights(kind.name)) or any(
            isinstance(part, GraphQLInputObjectType)
            and part.name not in seen
            and self._has_weights(part, seen | {kind.name})
            for part in inner
        )


def said(defined: Any, directive: type[T]) -> T | None:  # Any: a field, an argument or an input field of graphql-core
    """The directive of that kind which stands at a definition."""
    ours = defined.extensions.get("strawberry-definition")
    return next((found for found in getattr(ours, "directives", ()) if isinstance(found, directive)), None)


def weight_of(defined: Any) -> int:  # Any: as above
    """The weight that stands at an argument or an input field."""
    cost = said(defined, Cost)
    return int(cost.weight) if cost else 0


def is_list_of_objects(defined: Any) -> bool:  # Any: a field of graphql-core
    """Whether a field gives several objects, so that it needs a size."""
    kind = defined.type.of_type if isinstance(defined.type, GraphQLNonNull) else defined.type
    return is_list_type(kind) and is_composite_type(get_named_type(kind))
