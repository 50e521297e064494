"""The door: carriers of a login, refused handshakes, and what a plain HTTP client may not do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from http.cookies import Morsel, SimpleCookie
from typing import Any

import httpx
import pytest
from clients import Api
from household import address
from quick_town import QuickTown, quick_town
from town import LOG_IN, PASSWORD, SET_PASSWORD
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

pytestmark = pytest.mark.anyio

ME = "{ viewer { email } }"
CABINET = "{ viewer { email } cabinet { id } }"
MINE = {"data": {"viewer": {"email": address("urbanovich")}}}
NOBODY = {"data": {"viewer": None}}
LOG_OUT = "mutation($i: SessionDeleteInput!) { sessionDelete(input: $i) { userErrors { code } } }"
FOREIGN = "https://evil.example"
UNKNOWN = "cab_" + "A" * 43 + "000000"


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One loop for all stories of this file."""
    return "asyncio"


@pytest.fixture(scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[QuickTown]:
    """One server for all stories of this file; Урбанович has a password."""
    async with quick_town(tmp_path_factory.mktemp("http")) as made:
        code = await made.home.invitation("urbanovich")
        await Api(made.http).act(SET_PASSWORD, i={"token": code, "newPassword": PASSWORD})
        made.apis["urbanovich"] = await made.begin("urbanovich")
        yield made


@pytest.fixture
async def browser(town: QuickTown) -> AsyncIterator[httpx.AsyncClient]:
    """A browser on the server's own page: it keeps cookies."""
    async with httpx.AsyncClient(base_url=town.server.url, timeout=20) as client:
        yield client


async def post(
    client: httpx.AsyncClient, query: str, *, headers: dict[str, str] | None = None, **variables: Any
) -> Any:
    """The answer's body."""
    body = {"query": query, "variables": variables}
    return (await client.post("/graphql", json=body, headers=headers)).json()


async def log_in(client: httpx.AsyncClient) -> httpx.Response:
    """Log in as a browser does."""
    wish = {"email": address("urbanovich"), "password": PASSWORD}
    answer = await client.post("/graphql", json={"query": LOG_IN, "variables": {"i": wish}})
    assert answer.json()["data"]["sessionCreate"]["userErrors"] == []
    return answer


def cookie_of(answer: httpx.Response) -> Morsel[str]:
    """The only cookie that an answer sets."""
    (morsel,) = SimpleCookie(answer.headers["set-cookie"]).values()
    return morsel


def codes(answer: Any) -> list[str]:
    """Codes of the top-level errors."""
    return [error["extensions"]["code"] for error in answer["errors"]]


@pytest.mark.parametrize("token", [UNKNOWN, "nonsense"], ids=["well-formed", "garbled"])
async def test_an_unknown_bearer_is_401(town: QuickTown, token: str) -> None:
    """C16: an unknown bearer is UNAUTHENTICATED for the whole request, with status 401."""
    headers = {"authorization": f"Bearer {token}"}
    answer = await town.http.post("/graphql", json={"query": CABINET}, headers=headers)
    assert answer.status_code == 401
    assert set(codes(answer.json())) == {"UNAUTHENTICATED"}


async def test_without_a_login_one_is_nobody(town: QuickTown) -> None:
    """A4: no header, no cookie: an answer, in which nobody is there."""
    answer = await town.http.post("/graphql", json={"query": ME})
    assert (answer.status_code, answer.json()) == (200, NOBODY)


async def test_a_login_sets_a_cookie_that_scripts_cannot_read(browser: httpx.AsyncClient) -> None:
    """B §sessions: `sessionCreate` sets the cookie HttpOnly, SameSite=Lax, Path=/; it is a login for queries."""
    answer = await log_in(browser)
    cookie = cookie_of(answer)
    assert (cookie.key, cookie["httponly"], cookie["samesite"].lower(), cookie["path"]) == ("cabinet", True, "lax", "/")
    assert cookie.value == answer.json()["data"]["sessionCreate"]["accessToken"]
    assert await post(browser, ME) == MINE


@pytest.mark.parametrize(
    "headers",
    [{"origin": FOREIGN}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}],
    ids=["foreign", "null", "cross-site", "same-site"],
)
async def test_a_cookie_from_a_foreign_page_is_no_login(browser: httpx.AsyncClient, headers: dict[str, str]) -> None:
    """CSRF: the same cookie sent from a page of another site counts for nothing, and stays one's own."""
    await log_in(browser)
    assert await post(browser, ME, headers=headers) == NOBODY
    refused = await post(browser, LOG_OUT, headers=headers, i={})
    assert (refused["data"], codes(refused)) == ({"sessionDelete": None}, ["UNAUTHENTICATED"])
    assert await post(browser, ME) == MINE


async def test_a_cookie_from_the_own_page_is_a_login(town: QuickTown, browser: httpx.AsyncClient) -> None:
    """The server's own origin is no foreign one."""
    await log_in(browser)
    assert await post(browser, ME, headers={"origin": town.server.url}) == MINE


async def test_logging_out_ends_the_login_and_clears_the_cookie(browser: httpx.AsyncClient) -> None:
    """EH88: after `sessionDelete` the cookie is gone, and worth nothing to whoever kept a copy."""
    kept = cookie_of(await log_in(browser)).value
    answer = await browser.post("/graphql", json={"query": LOG_OUT, "variables": {"i": {}}})
    assert answer.json() == {"data": {"sessionDelete": {"userErrors": []}}}
    cleared = cookie_of(answer)
    assert (cleared.key, cleared.value, cleared["max-age"]) == ("cabinet", "", "0")
    assert dict(browser.cookies) == {}
    assert await post(browser, ME, headers={"cookie": f"cabinet={kept}"}) == NOBODY


async def test_a_bearer_counts_before_the_cookie(town: QuickTown, browser: httpx.AsyncClient) -> None:
    """B §sessions: where both come the bearer counts."""
    await log_in(browser)
    bearer = {"authorization": f"Bearer {town.api('chaika').token}"}
    assert await post(browser, ME, headers=bearer) == {"data": {"viewer": {"email": address("chaika")}}}
    unknown = await browser.post("/graphql", json={"query": ME}, headers={"authorization": f"Bearer {UNKNOWN}"})
    assert unknown.status_code == 401


async def test_get_answers_queries_and_refuses_mutations(town: QuickTown) -> None:
    """C16: a link in somebody's page must not act: GET runs queries only."""
    urbanovich = town.api("urbanovich")
    asked = await town.http.get("/graphql", params={"query": ME}, headers=urbanovich.headers)
    assert asked.json() == MINE
    wish = {"query": LOG_OUT, "variables": json.dumps({"i": {}})}
    async with town.home.nothing_happens():
        refused = await town.http.get("/graphql", params=wish, headers=urbanovich.headers)
    assert refused.status_code in (400, 405)
    assert await urbanovich.ask(ME) == MINE["data"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_a_form_of_a_foreign_page_is_no_request(town: QuickTown, kind: str) -> None:
    """CSRF: what a browser posts without asking first is not understood."""
    headers = {**town.api("urbanovich").headers, "content-type": kind}
    async with town.home.nothing_happens():
        refused = await town.http.post("/graphql", content=json.dumps({"query": ME}), headers=headers)
    assert refused.status_code in (400, 415)


async def test_every_answer_carries_the_safe_headers(town: QuickTown) -> None:
    """H: nosniff, no-referrer, CSP on everything; answers about people are not kept by caches."""
    for path in ("/", "/graphql?query={viewer{id}}", "/health/live", "/nowhere", "/files/dead"):
        headers = (await town.http.get(path)).headers
        assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer"), path
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert "server" not in headers, path
    answer = await town.http.post("/graphql", json={"query": ME})
    assert answer.headers["cache-control"] == "no-store"


async def test_a_page_of_a_foreign_origin_opens_no_socket(town: QuickTown) -> None:
    """Handshake: a foreign or `null` Origin is refused with 403 before anything is accepted."""
    for origin in (FOREIGN, "null"):
        with pytest.raises(InvalidStatus) as refused:
            async with connect(town.server.ws, origin=origin, subprotocols=["graphql-transport-ws"]):  # type: ignore[arg-type,list-item]  # NewTypes
                pass
        assert refused.value.response.status_code == 403


@pytest.mark.parametrize("offered", [["graphql-ws"], None], ids=["legacy", "none"])
async def test_another_sub_protocol_is_refused(town: QuickTown, offered: Any) -> None:
    """A7: the legacy `graphql-ws` once ran operations without a login; 4406 for it and for none."""
    async with connect(town.server.ws, subprotocols=offered) as connection:
        with pytest.raises(ConnectionClosed) as closed:
            await said(connection)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4406


@pytest.mark.parametrize("payload", [{"token": UNKNOWN}, {"authorization": f"Bearer {UNKNOWN}"}, {"token": 7}])
async def test_an_unknown_token_closes_the_socket(town: QuickTown, payload: dict[str, Any]) -> None:
    """A7: an unknown token in `connection_init` closes with 4403; nothing was acknowledged before."""
    assert await closed_after(town, {"type": "connection_init", "payload": payload}) == 4403


async def test_nothing_runs_before_the_socket_is_acknowledged(town: QuickTown) -> None:
    """A7: `subscribe` before the acknowledgement closes with 4401."""
    ask = {"id": "1", "type": "subscribe", "payload": {"query": ME}}
    assert await closed_after(town, ask) == 4401


async def said(connection: ClientConnection) -> str | bytes:
    """The server's next message; `ConnectionClosed` when it closes instead."""
    async with asyncio.timeout(10):
        return await connection.recv()


async def closed_after(town: QuickTown, message: dict[str, Any]) -> int:
    """The code with which the server closes after this first message; any message before is a failure."""
    async with connect(town.server.ws, subprotocols=["graphql-transport-ws"]) as connection:  # type: ignore[list-item]  # a NewType
        await connection.send(json.dumps(message))
        with pytest.raises(ConnectionClosed) as closed:
            await said(connection)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


async def test_a_socket_without_a_token_is_nobodys(town: QuickTown) -> None:
    """A4: without a token one is let in as nobody: `viewer` is null, and there is no stream."""
    async with connect(town.server.ws, subprotocols=["graphql-transport-ws"]) as connection:  # type: ignore[list-item]  # a NewType
        await connection.send(json.dumps({"type": "connection_init"}))
        assert json.loads(await said(connection))["type"] == "connection_ack"
        await connection.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": ME}}))
        answer = json.loads(await said(connection))
        assert answer == {"id": "1", "type": "next", "payload": NOBODY}
        assert json.loads(await said(connection))["type"] == "complete"
        query = f'subscription {{ cabinetEvents(cabinetId: "{town.romashka}") {{ cursor }} }}'
        await connection.send(json.dumps({"id": "2", "type": "subscribe", "payload": {"query": query}}))
        refused = json.loads(await said(connection))
    errors = refused["payload"] if refused["type"] == "error" else refused["payload"]["errors"]
    assert [error["extensions"]["code"] for error in errors] in (["UNAUTHENTICATED"], ["BAD_USER_INPUT"])
