"""Blocked means blocked, everywhere (H1): every door is open to a member, shut to a blocked or removed one, open again.

The doors stand in `doors.py` and `doors_beside.py`; a field, type or route of the contract without a row is red here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, cast

import pytest
from doors import (
    ACTS,
    CABINET_FIELDS,
    COUNTER,
    ELSEWHERE,
    HER,
    SEARCH,
    Door,
    act_door,
    cabinet_door,
    furnish,
    node_id,
    own_cabinet,
    query_door,
)
from doors_beside import BESIDE, RETRY
from graphql import GraphQLInterfaceType, GraphQLObjectType
from household import SCHEMA, Household, address
from mailbag import WITH_FRONT_END
from quick_town import REMOVE, QuickTown, quick_town
from sqlalchemy import select
from starlette.routing import Route, WebSocketRoute
from town import ADD, BASIS
from wishes import BLOCK_MEMBER, REMOVE_MEMBER, UPDATE_MEMBER

from models.accounts import User
from models.journal import Delivery
from schema.nodes_query import FINDS
from server.app import Server
from server.mail import transport
from server.postman import Postman
from server.settings import read_settings

pytestmark = pytest.mark.anyio

NODE = "query($id: ID!) { node(id: $id) { __typename } }"
NODES = "query($id: ID!) { nodes(ids: [$id]) { __typename } }"
DOCUMENT = "query($id: ID!) { document(id: $id) { __typename } }"
CABINET = "query($c: ID!) { cabinet(id: $c) { __typename } }"
KINDS = sorted(set(FINDS) - {name.removeprefix("Node.") for name in ELSEWHERE})
PUBLIC = {"/", "/page.css", "/schema.graphql", "/health/live", "/health/ready"}


def fields_of(kind: str) -> set[str]:
    """What a type of the contract has."""
    return set(cast(GraphQLObjectType, SCHEMA._schema.type_map[kind]).fields)


def an(kind: str) -> Callable[[QuickTown], Awaitable[dict[str, Any]]]:
    """The id of an object of this kind, as a variable."""

    async def ready(town: QuickTown) -> dict[str, Any]:
        return {"id": await node_id(town, kind)}

    return ready


DOORS: list[Door] = [
    *(query_door(f"Node.{kind}", NODE, an(kind)) for kind in KINDS),
    query_door("Query.node", NODE, an("Document")),
    query_door("Query.nodes", NODES, an("Document")),
    query_door("Query.document", DOCUMENT, an("Document")),
    query_door("Query.cabinet", CABINET, own_cabinet),
    query_door("a search", SEARCH, own_cabinet),
    query_door("a counter", COUNTER, own_cabinet),
    *map(cabinet_door, CABINET_FIELDS),
    *map(act_door, ACTS),
    *BESIDE,
    RETRY,
]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One loop for all doors."""
    return "asyncio"


@pytest.fixture(scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[QuickTown]:
    """One server for all doors; she is one of two administrators."""
    async with quick_town(tmp_path_factory.mktemp("doors")) as made:
        her = {"memberId": made.home.members[HER], "role": "ADMIN", "basis": BASIS}
        await made.api("hotline").act(UPDATE_MEMBER, i=her)
        await furnish(made)
        yield made


async def remove(town: QuickTown) -> None:
    """She leaves."""
    await town.api("hotline").act(REMOVE, i={"memberId": town.home.members[HER], "basis": BASIS})


async def let_in(town: QuickTown, state: str) -> None:
    """She is there again, as she was."""
    if state == "BLOCKED":
        await town.unblock(HER)
    else:
        wish = {"cabinetId": town.romashka, "member": {"email": address(HER)}, "role": "ADMIN", "basis": BASIS}
        await town.api("hotline").act(ADD, i=wish)


@pytest.mark.parametrize("state", ["BLOCKED", "REMOVED"])
@pytest.mark.parametrize("door", DOORS, ids=str)
async def test_a_door_is_shut_from_the_commit_on(town: QuickTown, door: Door, state: str) -> None:
    """H1, A30, EA1, EA2, EA4: open to a member, shut to the very next request after the commit, open again later."""
    assert await door.knock(town, await door.ready(town)) == door.opened
    at_hand = await door.ready(town)
    async with AsyncExitStack() as stack:
        await (town.block(HER) if state == "BLOCKED" else remove(town))
        stack.push_async_callback(let_in, town, state)
        if not (door.leaves_trace or door.name.startswith(("Subscription", "a login"))):
            await stack.enter_async_context(town.home.nothing_happens())
        assert await door.knock(town, at_hand) == door.shut.format(state=state)
    assert await door.knock(town, await door.ready(town)) == door.opened


def test_no_door_is_without_a_row(tmp_path: Path) -> None:
    """H1: a field, a type with an id, a list of the cabinet or a route that has no row in the tables is red here."""
    rows = {door.name.partition(",")[0] for door in DOORS} | set(ELSEWHERE)
    contract = SCHEMA._schema
    roots = [contract.query_type, contract.mutation_type, contract.subscription_type]
    fields = {f"{root.name}.{field}" for root in roots if root is not None for field in root.fields}
    node = cast(GraphQLInterfaceType, contract.type_map["Node"])
    kinds = {f"Node.{kind.name}" for kind in contract.get_possible_types(node)}
    assert fields - rows == set()
    assert kinds - rows == set()
    assert fields_of("Cabinet") == set(CABINET_FIELDS)
    assert {*ELSEWHERE, *(f"Mutation.{name}" for name in ACTS)} <= fields | kinds, "a row of what is no more"
    routes = set(routes_of(tmp_path)) - PUBLIC
    assert {path for path in routes if not any(path in row for row in rows)} == {"/graphql"}


def routes_of(folder: Path) -> list[str]:
    """Every path of the application."""
    server = Server(read_settings(data_dir=folder, public_url="http://cabinet.example"), cast(Any, None))
    routes = server.application().routes
    assert all(isinstance(route, Route | WebSocketRoute) for route in routes)
    return [cast(Route, route).path for route in routes]


@pytest.mark.parametrize("act", [BLOCK_MEMBER, REMOVE_MEMBER], ids=["blocked", "removed"])
async def test_a_queued_letter_is_not_sent_to_who_was_blocked(house: Household, tmp_path: Path, act: str) -> None:
    """H1, A30, A32: a letter owed before the act is dropped when its turn comes; she is told of the act alone."""
    await house.receive("queued", HER)
    await house.act("hotline", act, memberId=house.members[HER], basis=BASIS)
    postman = Postman(house.world, transport(f"file:{tmp_path / 'letters'}"), WITH_FRONT_END)
    while await postman.pass_once():
        pass
    owed = select(Delivery.letter, Delivery.state).join(User, User.id == Delivery.user_id)
    async with house.system.reading() as reading:
        hers = await reading.rows(owed.where(User.email == address(HER)).order_by(Delivery.id.desc()).limit(2))
        others = await reading.rows(owed.where(User.email != address(HER), Delivery.letter == "document.received"))
    told = "you.blocked" if act is BLOCK_MEMBER else "you.removed"
    assert [tuple(row) for row in hers] == [(told, "SENT"), ("document.received", "DROPPED")]
    assert [tuple(row) for row in others] == [("document.received", "SENT")] * 3
