"""Bad input to every mutation and each field of its input: a code and its place, in three languages; nothing changes.

A mutation, or a field of an input, that no row of the tables names is red.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from bad_inputs import ROWS, good, spoiled
from clients import Refused
from graphql import (
    GraphQLEnumType,
    GraphQLID,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
    get_nullable_type,
)
from household import SCHEMA, Household
from ids import KINDS, IdArgument
from refused import asking, contents, nothing_changes, refusal
from stage import WISHES, staged
from test_bad_input_accounts import ROWS as OF_ACCOUNTS
from test_cabinet_settings import BAD as OF_CABINETS
from test_tokens import BAD as OF_TOKENS

pytestmark = pytest.mark.anyio

ANYTHING_GOES = {
    "draftSave.signBefore": "a draft may say anything; its deadline is judged when it is sent (test_drafts_people.py)",
}


@pytest.mark.parametrize("mutation", ROWS)
async def test_bad_input_is_refused_where_it_stands(house: Household, mutation: str) -> None:
    """C16: code and path of every bad input, each place in Russian, Belarusian and English; nothing changes."""
    who, rows = ROWS[mutation]
    wish = await good(await staged(house), mutation)
    before = await contents(house)
    found: dict[str, tuple[str, list[str] | None]] = {}
    for bad in rows:
        wrong = spoiled(wish, bad.field, bad.value)
        if bad.place not in found.values():
            await refusal(house, who, mutation, **wrong)
        (error,) = (await house.try_to(who, asking(mutation), **wrong))["userErrors"]
        assert await contents(house) == before, bad
        found[repr(bad)] = (error["code"], error["path"])
    assert found == {repr(bad): bad.place for bad in rows}


def _inputs() -> dict[str, GraphQLInputObjectType]:
    root = SCHEMA._schema.mutation_type
    assert root is not None
    found = {name: get_named_type(field.args["input"].type) for name, field in root.fields.items()}
    return {name: kind for name, kind in found.items() if isinstance(kind, GraphQLInputObjectType)}


def _leaves(kind: GraphQLInputObjectType) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, field in kind.fields.items():
        inner = get_named_type(field.type)
        if isinstance(inner, GraphQLInputObjectType):
            yield from (((name, *rest), type_) for rest, type_ in _leaves(inner))
        else:
            yield (name,), field.type


LEAVES = [(mutation, *leaf) for mutation, kind in _inputs().items() for leaf in _leaves(kind)]


def _named() -> set[str]:
    """Every field that a row of a table is about, as mutation.field.field."""
    rows = [(name, bad) for name, (_, bads) in ROWS.items() for bad in bads]
    found = {f"{name}.{bad.field}" for name, bad in rows} | {_place(name, bad.place) for name, bad in rows}
    found |= {f"{mutation}.{field}" for _, mutation, _, _, field in OF_ACCOUNTS}
    found |= {_place(mutation, place) for _, mutation, _, place in OF_CABINETS}
    return found | {_place("apiTokenCreate", place) for _, _, place in OF_TOKENS}


def _place(mutation: str, place: tuple[str, list[str] | None]) -> str:
    return ".".join((mutation, *(place[1] or [])))


def _is_walked(type_: Any) -> bool:
    """Found and tried by walking: ids in test_bad_input_ids, what can only be no value of its type here below."""
    return not isinstance(get_nullable_type(type_), GraphQLList) and (
        get_named_type(type_) is GraphQLID
        or str(get_named_type(type_)) == "Boolean"
        or isinstance(get_named_type(type_), GraphQLEnumType)
    )


async def test_no_field_of_an_input_is_without_a_row() -> None:
    """Issue 4: a text, number, moment or list that no table spoils is red, and so is an exception of nothing."""
    wanted = {
        ".".join((mutation, *path))
        for mutation, path, type_ in LEAVES
        if not _is_walked(type_) and path[-1] != "idempotencyKey"  # test_idempotency.py has those
    }
    assert wanted - _named() == set(ANYTHING_GOES)


async def test_every_mutation_is_tried() -> None:
    """By a table, or by its ids; and a mutation whose good input nobody has written down is red."""
    by_id = {mutation for mutation, path, _ in LEAVES if path[-1] in KINDS}
    assert {name.partition(".")[0] for name in _named()} | by_id == set(_inputs()) == set(WISHES)


NO_VALUES: dict[str, tuple[Any, ...]] = {
    "String": (5, True, [[]], {}),
    "ID": (True, 1.5, [], {}),
    "Int": ("x", 1.5, True, 2**31, -(2**31) - 1),
    "Boolean": ("true", 1, []),
    "Base64": ("не base64", "AAA", {}),
    "DateTime": (
        "",
        "завтра",
        "2026-11-24",
        "2026-11-24T09:30:00",
        "2026-02-30T09:30:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        5,
    ),
}
AN_ENUM = ("NOPE", "", 1, True)


@pytest.mark.parametrize("mutation", _inputs())
async def test_what_is_no_value_of_its_type_is_no_request(house: Household, mutation: str) -> None:
    """C16: BAD_USER_INPUT at the top, for each field: another type, an unknown value, a moment without its offset."""
    async with nothing_changes(house):
        for path, type_ in ((path, type_) for name, path, type_ in LEAVES if name == mutation):
            wrong = (
                AN_ENUM if isinstance(get_named_type(type_), GraphQLEnumType) else NO_VALUES[str(get_named_type(type_))]
            )
            values = [*wrong, *([None] if isinstance(type_, GraphQLNonNull) else [])]
            for value in values:
                assert await _failing(house, mutation, path, value) == ["BAD_USER_INPUT"], (path, value)
        assert await _failing(house, mutation, (), 1, nonsense=1) == ["BAD_USER_INPUT"]


async def _failing(house: Household, mutation: str, path: tuple[str, ...], value: Any, **more: Any) -> list[str]:
    """What a request with this value in this place fails with as a whole; nothing if it does not."""
    wish = IdArgument(mutation, path).input(value, good=dict.fromkeys(KINDS.values(), "x"), given=more)
    try:
        await house.ask("exchange" if mutation == "documentReceive" else "shcherbo", asking(mutation), i=wish)
    except Refused as refused:
        return refused.codes
    return []
