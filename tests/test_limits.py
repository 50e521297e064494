"""What a request may ask: depth, number of parts and cost are refused before anything of it runs (EE73)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from clients import Refused
from graphql import GraphQLObjectType, get_introspection_query, parse
from graphql.utilities import get_operation_ast
from household import SCHEMA, Household, counted

from resolvers.ports import Limits
from schema.limits import Walk
from schema.prices import Cost, ListSize, is_list_of_objects, said
from server.requests import operation_type, request_of

pytestmark = pytest.mark.anyio
TINY = Limits(
    max_depth=3,
    max_aliases=2,
    max_root_fields=2,
    max_directives=2,
    max_variables=1,
    max_fragments=1,
    max_field_pairs=2,
    max_tokens=60,
    max_query_bytes=600,
    max_cost=100,
)
ROW = """id title sender { ...P } recipients { ...P }
  signatures { side signedAt signatory { ...P } certificate { subjectName }
  signedByOther { actual { personName } } } signedByOther { expected { personName } actual { personName } }
  counterparty { name } file { name sizeBytes downloadUrl } viewerHasSeen viewerCanSign"""
PERSON = "fragment P on DocumentParty { personName organization { name } member { state } }"
WIDEST = """query($n: Int) { cabinet { folder(kind: ALL) { documents(first: $n) { totalCount nodes { %s } } } } } %s"""
HUNDRED = "members(first: 100) { nodes { %s } }"
BOTH_DEEP = "{ cabinet { " + HUNDRED % ("user { members { cabinet { " + HUNDRED % "id" + " } } }") + " } }"


def cost_of(query: str, **variables: object) -> int:
    """What an operation costs under limits that stop nothing."""
    document = parse(query)
    operation = get_operation_ast(document)
    assert operation is not None
    free = Limits(**dict.fromkeys(("max_depth", "max_aliases", "max_root_fields", "max_cost"), 10**9))
    return Walk(SCHEMA.prices, free, document, variables).require(operation)


async def refusal(house: Household, query: str, *, limits: Limits | None = None, **variables: Any) -> dict[str, Any]:
    """The only error of an operation that must be refused without one statement."""
    if limits is not None:
        house.world = replace(house.world, house=replace(house.world.house, limits=limits))
    with counted() as made, pytest.raises(Refused) as caught:
        await house.ask("urbanovich", query, **variables)
    assert made == []
    (error,) = json.loads(str(caught.value))
    return dict(error)


@pytest.mark.parametrize(
    ("query", "cost"),
    [
        ("{ viewer { displayName } }", 1),
        ("{ viewer { members { state } } }", 1 + 5),
        ("{ cabinet { folders { kind unseenCount } } }", 1 + 10 * (1 + 10)),
        ("{ cabinet { folder(kind: ALL) { documents { nodes { id } } } } }", 3 + 25),
        ("{ cabinet { folder(kind: ALL) { documents(first: 50) { nodes { id } } } } }", 3 + 50),
        ("{ cabinet { folder(kind: ALL) { documents(last: 7) { edges { node { id } } } } } }", 3 + 7 * 2),
        ("{ cabinet { folder(kind: ALL) { documents(first: 101) { nodes { id } } } } }", 3 + 100),
        ("query($n: Int = 40) { cabinet { members(first: $n) { nodes { id } } } }", 2 + 40),
        ("query($n: Int) { cabinet { members(first: $n) { nodes { id } } } }", 2 + 25),
        ('query { cabinet { members(first: "many") { nodes { id } } } }', 2 + 100),
        ("{ cabinet { members { totalCount pageInfo { hasNextPage } } } }", 2 + 10 + 1),
        ('{ cabinet { folder(kind: ALL) { documents(filter: { memberSearch: "е.с." }) { totalCount } } } }', 13 + 20),
        ('{ cabinets(search: "р") { nodes { id } } }', 1 + 20 + 25),
        ('{ nodes(ids: ["a", "b", "c"]) { id } }', 3),
        ("mutation { memberBlock(input: { memberId: 1 }) { member { id } } }", 50 + 1),
        ('mutation { sessionCreate(input: { email: "a", password: "b" }) { accessToken } }', 500),
        ("{ viewer { id } viewer { displayName } }", 1),
        ("{ a: viewer { id } b: viewer { id } }", 2),
        ("{ nothing { ever { was } } }", 0),
        ("{ __schema { types { fields { name } } } }", 3 * 300),
    ],
)
def test_a_page_costs_its_size_times_a_row(query: str, cost: int) -> None:
    """An object costs 1, a page its size times one row, a counter 10, a search 20, an act 50, introspection 300."""
    assert cost_of(query) == cost


async def test_the_widest_honest_page_passes(house: Household) -> None:
    """A hundred documents with parties, signatures, mark and file are served; a hundred times a hundred are not."""
    widest = WIDEST % (ROW, PERSON)
    assert cost_of(widest, n=100) == 4013  # 40 a row
    page = (await house.ask("urbanovich", widest, n=100))["cabinet"]["folder"]["documents"]
    assert page == {"totalCount": 0, "nodes": []}
    refused = await refusal(house, BOTH_DEEP)
    assert refused["message"].startswith("This costs 51702;")
    assert refused["extensions"]["code"] == "COST_LIMIT_EXCEEDED"
    assert refused["extensions"]["cost"] == {"requested": cost_of(BOTH_DEEP), "maximum": 5000}


async def test_the_limits_are_told(house: Household) -> None:
    """A client need not guess: `server.limits` names what is in force."""
    limits = (await house.ask(None, "{ server { limits { maxQueryCost maxQueryDepth maxPageSize } } }"))["server"]
    assert limits == {"limits": {"maxQueryCost": 5000, "maxQueryDepth": 15, "maxPageSize": 100}}


async def test_an_ide_may_ask_what_there_is(house: Household) -> None:
    """The introspection that every tool sends lies within the limits."""
    told = await house.ask("urbanovich", get_introspection_query(input_value_deprecation=True, schema_description=True))
    assert told["__schema"]["queryType"]["name"] == "Query"


@pytest.mark.parametrize(
    ("within", "beyond", "code"),
    [
        ("{ viewer { registration { state } } }", "{ viewer { members { cabinet { id } } } }", "QUERY_TOO_DEEP"),
        ("{ a: viewer { b: id } }", "{ a: viewer { b: id c: id } }", "QUERY_TOO_COMPLEX"),
        ("{ viewer { id } viewer { id } }", "{ viewer { id } server { hotline } cabinet { id } }", "QUERY_TOO_COMPLEX"),
        (
            "{ viewer @skip(if: false) { id @include(if: true) } }",
            "{ viewer @skip(if: false) { id @include(if: true) displayName @skip(if: false) } }",
            "QUERY_TOO_COMPLEX",
        ),
        (
            "query($a: ID!) { node(id: $a) { id } }",
            "query($a: ID!, $b: Boolean!) { node(id: $a) { id @skip(if: $b) } }",
            "QUERY_TOO_COMPLEX",
        ),
        (
            "{ viewer { ...A } } fragment A on User { id }",
            "{ viewer { ...A ...B } } fragment A on User { id } fragment B on User { id }",
            "QUERY_TOO_COMPLEX",
        ),
        ("{ viewer { id id displayName displayName } }", "{ viewer { id id id } }", "QUERY_TOO_COMPLEX"),
        ("{ server { hotline } }", "{ server { " + "hotline " * 58 + "} }", "GRAPHQL_PARSE_FAILED"),
        ("{ server { hotline } } #" + "ы" * 288, "{ server { hotline } } #" + "ы" * 289, "GRAPHQL_PARSE_FAILED"),
        (
            "{ cabinet { members(first: 98) { nodes { id } } } }",
            "{ cabinet { members(first: 99) { nodes { id } } } }",
            "COST_LIMIT_EXCEEDED",
        ),
    ],
)
async def test_at_each_limit_and_one_beyond(house: Household, within: str, beyond: str, code: str) -> None:
    """What reaches a limit passes, one more is refused before any statement is made (EE73)."""
    deep = replace(TINY, max_depth=4) if "members(first" in within else TINY
    house.world = replace(house.world, house=replace(house.world.house, limits=deep))
    assert await house.ask("urbanovich", within, **({"a": "x"} if "$a" in within else {}))
    assert (await refusal(house, beyond))["extensions"]["code"] == code


@pytest.mark.parametrize(
    ("attack", "code"),
    [
        (
            "{ cabinet { folder(kind: ALL) { "
            + " ".join(f'a{i}: documentCount(filter: {{ memberSearch: "а" }})' for i in range(500))
            + " } } }",
            "GRAPHQL_PARSE_FAILED",
        ),
        (
            "{ cabinet { folder(kind: ALL) { "
            + " ".join(f"a{i}: documentCount(filter: $f)" for i in range(200))
            + " } } }",
            "QUERY_TOO_COMPLEX",
        ),
        ("{ " + "viewer { members { user { " * 6 + "id" + " } } }" * 6 + " }", "QUERY_TOO_DEEP"),
        ("{ viewer { ...A } } fragment A on User { members { user { ...A } } }", "QUERY_TOO_DEEP"),
        ("{ viewer { ...A } } fragment A on User { ...B } fragment B on User { ...A }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ " + "viewer { id } " * 400 + "}", "QUERY_TOO_COMPLEX"),
        ("{ viewer { " + "registration { state } " * 400 + "} }", "QUERY_TOO_COMPLEX"),
        (
            "{ viewer { ...F0 } } "
            + " ".join(
                f"fragment F{i} on User {{ members {{ user {{ ...F{i + 1} }} "
                f"cabinet {{ personalManager {{ ...F{i + 1} }} }} }} }}"
                for i in range(40)
            )
            + " fragment F40 on User { id }",
            "QUERY_TOO_DEEP",
        ),
        (
            "{ " + " ".join(f"a{i}: __schema {{ types {{ fields {{ name }} }} }}" for i in range(12)) + " }",
            "COST_LIMIT_EXCEEDED",
        ),
        (
            "{ __schema { types { " + " ".join(f"a{i}: fields {{ args {{ name }} }}" for i in range(20)) + " } } }",
            "COST_LIMIT_EXCEEDED",
        ),
        ("{ " + " ".join(f'a{i}: __type(name: "Query") {{ name }}' for i in range(17)) + " }", "COST_LIMIT_EXCEEDED"),
    ],
)
async def test_attacks_are_refused_before_they_run(house: Household, attack: str, code: str) -> None:
    """Aliases, depth, rings of fragments, one field or what there is many times: refused without a statement (EE73)."""
    assert (await refusal(house, attack))["extensions"]["code"] == code


@pytest.mark.parametrize(
    ("unasked", "name"),
    [
        ("query B { " + "viewer { id } " * 400 + "}", "A"),
        ("fragment F on User { " + "registration { state } " * 400 + "}", "A"),
        ("fragment F on User { " + "registration { state } " * 400 + "}", None),
        ("fragment F on User { ...G } fragment G on User { " + "registration { state } " * 400 + "}", None),
    ],
    ids=["operation", "fragment", "unnamed", "fragment of a fragment"],
)
async def test_what_is_not_asked_for_is_measured_too(house: Household, unasked: str, name: str | None) -> None:
    """EE73: all of a document is validated, so that an operation or fragment that never runs counts its pairs."""
    with counted() as made:
        result = await SCHEMA.execute(
            "query A { viewer { id } } " + unasked, context_value=house.context(None), operation_name=name
        )
    assert made == []
    assert [(error.extensions or {})["code"] for error in result.errors or ()] == ["QUERY_TOO_COMPLEX"]


@pytest.mark.parametrize(
    "query", ["{ viewer { id } } #" + "x" * 32_768, "{ " + "a " * 2000 + "}"], ids=["bytes", "tokens"]
)
def test_a_stream_parses_no_more_than_any_request(query: str) -> None:
    """EE73: over a streaming transport the kind of operation is not looked for in a document that is too long."""
    asked = request_of({"query": query}, protocol="http")
    assert operation_type(asked, limits=Limits()) is None
    assert operation_type(request_of({"query": "{ viewer { id } }"}, protocol="http"), limits=Limits()) is not None


async def test_one_document_of_several_operations_passes(house: Household) -> None:
    """EE73: each operation has all of its aliases, whatever else stands in the document."""
    many = " ".join(f"query Q{n} {{ " + " ".join(f"a{i}: viewer {{ id }}" for i in range(20)) + " }" for n in range(5))
    result = await SCHEMA.execute(many, context_value=house.context("urbanovich"), operation_name="Q3")
    assert result.errors is None and len(result.data or {}) == 20


async def test_a_batch_is_no_request(house: Household) -> None:
    """Twenty logins in one request cost more than one request may (EE73)."""
    one = 'sessionCreate(input: { email: "a@b.example", password: "guess" }) { accessToken }'
    many = "mutation { " + " ".join(f"g{i}: {one}" for i in range(11)) + " }"
    assert (await refusal(house, many))["extensions"]["cost"] == {"requested": 5500, "maximum": 5000}


def test_every_list_has_a_size() -> None:
    """Every field that gives several objects says how many; a page's rows by its connection (reliability.md A2)."""
    fields = {
        (kind.name, name): field
        for kind in SCHEMA._schema.type_map.values()
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__")
        for name, field in kind.fields.items()
    }
    sized = {field for kind in fields for field in _sized(fields[kind])}
    lacking = {
        place
        for place, field in fields.items()
        if is_list_of_objects(field)
        and said(field, ListSize) is None
        and place[1] != "userErrors"  # one, if any
        and not (place[0].endswith("Connection") and place[1] in sized)
    }
    assert lacking == set()


def _sized(field: Any) -> list[str]:
    size = said(field, ListSize)
    return list(size.sized_fields or ()) if size else []


def test_every_leaf_that_asks_the_database_has_a_weight() -> None:
    """What costs a statement is not free."""
    lacking = {
        f"{kind.name}.{name}"
        for kind in SCHEMA._schema.type_map.values()
        if isinstance(kind, GraphQLObjectType)
        for name, field in kind.fields.items()
        if field.extensions.get("strawberry-definition") is not None
        and field.extensions["strawberry-definition"].metadata.get("reads")
        and SCHEMA.prices.of(kind.name, name).weight == 0
    }
    assert lacking == set()
    assert said(SCHEMA._schema.type_map["Folder"].fields["documentCount"], Cost) == Cost(weight="10")  # type: ignore[attr-defined]  # an object type
