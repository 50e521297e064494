"""The edges of the socket: what is no message closes it with 4400, what is one operation's fault stays its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from quick_town import QuickTown, quick_town
from stream_clients import EVENTS, Failed, wired
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

pytestmark = pytest.mark.anyio

ME = "{ viewer { email } }"
NOBODY = {"data": {"viewer": None}}
INIT = {"type": "connection_init"}
OUT = "mutation($i: SessionDeleteInput!) { sessionDelete(input: $i) { userErrors { code } } }"
TWO = "query A { viewer { email } } query B { viewer { email } }"


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One loop for all stories of this file."""
    return "asyncio"


@pytest.fixture(scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[QuickTown]:
    """One server for all stories of this file; none of them may leave a traceback in its log."""
    async with quick_town(tmp_path_factory.mktemp("edges")) as made:
        yield made
    assert "Traceback" not in made.log.read_text()


@asynccontextmanager
async def let_in(town: QuickTown, **handshake: Any) -> AsyncIterator[ClientConnection]:
    """A socket without a token that has been let in."""
    async with connect(town.server.ws, subprotocols=["graphql-transport-ws"], **handshake) as connection:  # type: ignore[list-item]  # a NewType
        await send(connection, INIT)
        assert await said(connection) == {"type": "connection_ack"}
        yield connection


async def send(connection: ClientConnection, message: Any) -> None:
    """One message."""
    await connection.send(json.dumps(message))


async def said(connection: ClientConnection) -> Any:
    """The server's next message; `ConnectionClosed` when it closes instead."""
    async with asyncio.timeout(10):
        return json.loads(await connection.recv())


async def closed(connection: ClientConnection) -> int:
    """The code with which the server closes next; any message before is a failure."""
    with pytest.raises(ConnectionClosed) as end:
        await said(connection)
    assert end.value.rcvd is not None
    return end.value.rcvd.code


def subscribe(name: Any = "1", **payload: Any) -> dict[str, Any]:
    """An operation by name of its id."""
    return {"id": name, "type": "subscribe", "payload": {"query": ME, **payload}}


NO_MESSAGES: dict[str, Any] = {
    "list": [],
    "number": 1,
    "null": None,
    "text": "x",
    "true": True,
    "no type": {},
    "type of a list": {"type": []},
    "type of an object": {"type": {}},
    "unknown type": {"type": "x" * 500},
    "the server's type": {"type": "next", "id": "1", "payload": {}},
    "init of a text": {"type": "connection_init", "payload": "x"},
    "ping of a text": {"type": "ping", "payload": "x"},
    "pong of a list": {"type": "pong", "payload": []},
    "payload of a text": {"id": "1", "type": "subscribe", "payload": "x"},
    "payload of null": {"id": "1", "type": "subscribe", "payload": None},
    "no payload": {"id": "1", "type": "subscribe"},
    "no query": {"id": "1", "type": "subscribe", "payload": {}},
    "query of a number": subscribe(query=1),
    "query of null": subscribe(query=None),
    "operation of a number": subscribe(operationName=5),
    "variables of a list": subscribe(variables=[]),
    "variables of a text": subscribe(variables="x"),
    "extensions of a list": subscribe(extensions=[]),
    "no id": {"type": "subscribe", "payload": {"query": ME}},
    "id of a number": subscribe(7),
    "id of a list": subscribe([]),
    "empty id": subscribe(""),
    "long id": subscribe("x" * 201),
    "completing a list": {"type": "complete", "id": []},
    "completing nothing": {"type": "complete"},
}


@pytest.mark.parametrize("what", NO_MESSAGES)
async def test_what_is_no_message_closes_the_socket(town: QuickTown, what: str) -> None:
    """R.A7: a message of a wrong shape closes with 4400, before it does anything."""
    async with town.home.nothing_happens(), let_in(town) as connection:
        await send(connection, NO_MESSAGES[what])
        assert await closed(connection) == 4400


@pytest.mark.parametrize(
    "raw", ["{", "", "[" * 60_000, r'{"type": "ping", "payload": {"s": "\ud800"}}', b'{"type": "ping"}']
)
async def test_what_is_no_json_closes_the_socket(town: QuickTown, raw: str | bytes) -> None:
    """R.A7: what is no JSON, or binary, closes with 4400."""
    async with let_in(town) as connection:
        await connection.send(raw)
        assert await closed(connection) == 4400


async def test_a_wrong_first_message_closes_the_socket(town: QuickTown) -> None:
    """R.A7: before anybody was let in the same holds."""
    async with connect(town.server.ws, subprotocols=["graphql-transport-ws"]) as connection:  # type: ignore[list-item]  # a NewType
        await send(connection, [])
        assert await closed(connection) == 4400


async def test_a_second_init_closes_the_socket(town: QuickTown) -> None:
    """R.A7: more than one `connection_init` closes with 4429."""
    async with let_in(town) as connection:
        await send(connection, INIT)
        assert await closed(connection) == 4429


async def test_an_id_in_use_closes_the_socket(town: QuickTown) -> None:
    """R.A7: 4409, however long the id is: the reason is cut to what a close frame holds."""
    token, name = town.api("urbanovich").token, "ї" * 200
    stream = subscribe(name, query=EVENTS, variables={"c": town.romashka})
    async with connect(town.server.ws, subprotocols=["graphql-transport-ws"]) as connection:  # type: ignore[list-item]  # a NewType
        await send(connection, {**INIT, "payload": {"token": token}})
        assert await said(connection) == {"type": "connection_ack"}
        await send(connection, stream)
        await send(connection, stream)
        assert await closed(connection) == 4409


@pytest.mark.parametrize(
    "payload", [{"payload": {"at": 17, "ё": [None]}}, {"payload": {}}, {}], ids=["full", "empty", "none"]
)
async def test_a_pong_says_what_the_ping_said(town: QuickTown, payload: dict[str, Any]) -> None:
    """R.A7: `ping` at any time gets `pong` with the same payload."""
    async with connect(town.server.ws, subprotocols=["graphql-transport-ws"]) as connection:  # type: ignore[list-item]  # a NewType
        await send(connection, {"type": "ping", **payload})
        assert await said(connection) == {"type": "pong", **payload}


async def test_a_payload_of_null_is_none(town: QuickTown) -> None:
    """The protocol lets `payload` be null where it may be absent."""
    async with connect(town.server.ws, subprotocols=["graphql-transport-ws"]) as connection:  # type: ignore[list-item]  # a NewType
        await send(connection, {**INIT, "payload": None})
        assert await said(connection) == {"type": "connection_ack"}
        await send(connection, {"type": "ping", "payload": None})
        assert await said(connection) == {"type": "pong"}


async def test_what_is_not_awaited_is_ignored(town: QuickTown) -> None:
    """R.A7: an unsolicited `pong` and a `complete` of an unknown id are ignored; the socket answers on."""
    async with let_in(town) as connection:
        await send(connection, {"type": "pong"})
        await send(connection, {"type": "complete", "id": "nobody's"})
        await answers(connection)


async def answers(connection: ClientConnection) -> None:
    """The socket lives: one more query under a used id is answered."""
    await send(connection, subscribe("1", variables=None, operationName=None))
    assert await said(connection) == {"id": "1", "type": "next", "payload": NOBODY}
    assert await said(connection) == {"id": "1", "type": "complete"}


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": '"\\ud800"'}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{" * 5_000}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": ""}, "BAD_REQUEST"),
        ({"query": TWO, "operationName": "C"}, "BAD_REQUEST"),
        ({"query": "fragment F on User { id }"}, "BAD_REQUEST"),
    ],
    ids=["syntax", "surrogate", "deep", "field", "empty", "no such", "no operation"],
)
async def test_a_wrong_document_is_its_own_operations_error(
    town: QuickTown, payload: dict[str, Any], code: str
) -> None:
    """R.A7: a document that does not parse or validate is an `error` for its id; the others live on."""
    async with let_in(town) as connection:
        await send(connection, subscribe("1", **payload))
        refused = await said(connection)
        (error,) = refused["payload"]
        assert refused == {"id": "1", "type": "error", "payload": [error]}
        assert error["extensions"]["code"] == code
        await answers(connection)


async def test_a_socket_is_closed_when_its_login_has_ended(town: QuickTown) -> None:
    """R.B, EH88: the streams say LOGIN_ENDED and complete, then the socket closes with 4403."""
    phone, cursor = await town.begin("urbanovich"), await town.cursor()
    await town.deliver("before-the-end", "kolesnik")
    async with wired(phone, url=town.server.ws) as wire:
        streams = [await wire.start(EVENTS, c=town.romashka, a=cursor) for _ in range(2)]
        for stream in streams:
            await stream.next()
        await phone.act(OUT, i={})
        for stream in streams:
            assert (await stream.next())["reason"] == "LOGIN_ENDED"
            await stream.end()
        assert await closed(wire.connection) == 4403


async def test_a_socket_on_which_one_logs_out_is_closed(town: QuickTown) -> None:
    """R.B: the logout itself is answered first."""
    phone = await town.begin("urbanovich")
    async with wired(phone, url=town.server.ws) as wire:
        assert await wire.ask(OUT, i={}) == {"sessionDelete": {"userErrors": []}}
        assert await closed(wire.connection) == 4403


async def test_a_silent_socket_is_closed_at_the_next_question(town: QuickTown) -> None:
    """EH88: what is asked after the login ended is UNAUTHENTICATED, and the socket closes with 4403."""
    phone = await town.begin("urbanovich")
    async with wired(phone, url=town.server.ws) as wire:
        await phone.act(OUT, i={})
        with pytest.raises(Failed) as refused:
            await (await wire.start("{ cabinet { id } }")).next()
        assert refused.value.codes == ["UNAUTHENTICATED"]
        assert (await said(wire.connection))["type"] == "complete"
        assert await closed(wire.connection) == 4403


async def test_a_stale_cookie_is_no_login_and_no_end(town: QuickTown) -> None:
    """R.B: a cookie that opens nothing makes a socket of nobody, which stays open."""
    phone = await town.begin("urbanovich")
    await phone.act(OUT, i={})
    async with let_in(town, additional_headers={"cookie": f"cabinet={phone.token}"}) as connection:
        await answers(connection)
        await answers(connection)


async def test_a_socket_of_a_foreign_scheme_is_nobodys(town: QuickTown) -> None:
    """CSRF: the cookie of this host does not count on a page of the same host under another scheme."""
    phone = await town.begin("urbanovich")
    cookie = {"cookie": f"cabinet={phone.token}"}
    async with let_in(town, additional_headers=cookie, origin=town.server.url.replace("http", "https")) as connection:
        await answers(connection)
    async with let_in(town, additional_headers=cookie, origin=town.server.url) as connection:
        await send(connection, subscribe())
        assert (await said(connection))["payload"]["data"]["viewer"]["email"].startswith("urbanovich@")
