"""The edges of HTTP: what is no request is refused in one form, and a cookie counts for its own origin only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from clients import Api
from household import Household, address
from town import LOG_IN, PASSWORD, SET_PASSWORD

from server.app import Server
from server.settings import read_settings

pytestmark = pytest.mark.anyio

SITE = "http://cabinet.example"
ME = "{ viewer { email } }"
MINE = {"data": {"viewer": {"email": address("urbanovich")}}}
NOBODY = {"data": {"viewer": None}}
JSON = {"content-type": "application/json"}
MULTIPART = 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/json'
DEEP = "[" * 200_000
LOG_OUT = "mutation($i: SessionDeleteInput!) { sessionDelete(input: $i) { userErrors { code } } }"
SUBSCRIPTION = "subscription { cabinetEvents { cursor } }"


@pytest.fixture
async def site(house: Household, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A browser before the application in this process; a fault of ours would be raised into the test."""
    settings = read_settings(data_dir=tmp_path / "data", public_url=SITE)
    transport = httpx.ASGITransport(app=Server(settings, house.world).application())
    async with httpx.AsyncClient(transport=transport, base_url=SITE) as client:
        yield client


def refusal_of(answer: httpx.Response, *, status: int = 400, code: str = "BAD_REQUEST") -> str:
    """What a refusal says, which must be nothing but one error with code and request id."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json")
    body = answer.json()
    (error,) = body["errors"]
    extensions = {"code": code, "requestId": answer.headers["x-request-id"]}
    assert body == {"errors": [{"message": error["message"], "extensions": extensions}]}
    assert error["message"]
    return str(error["message"])


BODIES = {
    "number": b"1",
    "null": b"null",
    "text": b'"x"',
    "list": b"[]",
    "batch": b'[{"query": "{ viewer { id } }"}]',
    "nothing": b"",
    "no JSON": b"{",
    "deep": DEEP.encode(),
    "deep variables": b'{"query": "{ viewer { id } }", "variables": ' + DEEP.encode() + b"}",
    "lone surrogate": rb'{"query": "query($s: String!) { viewer { id } }", "variables": {"s": "\ud800"}}',
    "no UTF-8": b'{"query": "{ viewer { id } } # \xff"}',
    "not a number": b'{"query": "{ viewer { id } }", "variables": {"n": NaN}}',
    "query of a number": b'{"query": 1}',
    "no query": b"{}",
    "empty query": b'{"query": ""}',
    "variables of a list": b'{"query": "{ viewer { id } }", "variables": []}',
    "operation of a number": b'{"query": "{ viewer { id } }", "operationName": 5}',
    "extensions of a text": b'{"query": "{ viewer { id } }", "extensions": "x"}',
    "unknown operation": b'{"query": "query A { viewer { id } }", "operationName": "B"}',
}


@pytest.mark.parametrize("what", BODIES)
async def test_what_is_no_request_is_refused(house: Household, site: httpx.AsyncClient, what: str) -> None:
    """R.A6: a body that is no request is 400 BAD_REQUEST in the form of every error, whatever it is instead."""
    async with house.nothing_happens():
        answer = await site.post("/graphql", content=BODIES[what], headers=JSON)
    refusal_of(answer)


async def test_null_counts_as_absent(site: httpx.AsyncClient) -> None:
    """R.A6: parameters that are null are not there, unknown ones do not count."""
    body = {"query": ME, "variables": None, "operationName": None, "extensions": None, "unknown": 1}
    answer = await site.post("/graphql", json=body)
    assert (answer.status_code, answer.json()) == (200, NOBODY)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", None])
async def test_another_media_type_is_refused(site: httpx.AsyncClient, kind: str | None) -> None:
    """R.A6, CSRF: only `application/json` is read; its case and parameters do not matter."""
    body = b'{"query": "{ viewer { email } }"}'
    refusal_of(await site.post("/graphql", content=body, headers={"content-type": kind} if kind else {}), status=415)
    fine = await site.post("/graphql", content=body, headers={"content-type": "Application/JSON; charset=utf-8"})
    assert fine.json() == NOBODY


@pytest.mark.parametrize("parameter", ["variables", "extensions"])
@pytest.mark.parametrize("value", [DEEP[:2_000], "1", "[]", '"x"', r'{"s": "\udfff"}'])
async def test_parameters_of_an_address_are_judged_alike(site: httpx.AsyncClient, parameter: str, value: str) -> None:
    """R.A6: over GET too a parameter of a wrong type is 400."""
    refusal_of(await site.get("/graphql", params={"query": ME, parameter: value}))


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_subscription_needs_a_stream(site: httpx.AsyncClient, method: str) -> None:
    """R.A6: without SSE or multipart a subscription is 400; the client's mistake is never called internal."""
    asked = {"params" if method == "GET" else "json": {"query": SUBSCRIPTION}}
    assert "subscription" in refusal_of(await site.request(method, "/graphql", **asked))  # type: ignore[arg-type]  # either


async def test_a_query_is_no_multipart_subscription(site: httpx.AsyncClient) -> None:
    """R.A6: a multipart stream carries subscriptions only."""
    answer = await site.post("/graphql", json={"query": ME}, headers={"accept": MULTIPART})
    assert "query" in refusal_of(answer)


async def test_a_plain_multipart_accept_gets_plain_json(site: httpx.AsyncClient) -> None:
    """`multipart/mixed` without the subscription protocol is no stream of ours: a query is answered."""
    answer = await site.post("/graphql", json={"query": ME}, headers={"accept": "multipart/mixed, application/json"})
    assert (answer.status_code, answer.json()) == (200, NOBODY)


@pytest.mark.parametrize("accept", ["text/event-stream", "application/json"])
async def test_a_link_does_no_act(house: Household, site: httpx.AsyncClient, accept: str) -> None:
    """C16: GET runs queries only, in a stream of events too."""
    asked = {"query": LOG_OUT, "variables": '{"i": {}}'}
    async with house.nothing_happens():
        answer = await site.get("/graphql", params=asked, headers={"accept": accept})
    assert "mutation" in refusal_of(answer, status=405)
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("query", ["", "fragment F on User { id }"], ids=["none", "no operation"])
async def test_a_stream_says_what_cannot_be_asked(site: httpx.AsyncClient, query: str) -> None:
    """What no operation is chosen in is BAD_REQUEST inside a stream too, never INTERNAL."""
    answer = await site.post("/graphql", json={"query": query}, headers={"accept": "text/event-stream"})
    assert '"code":"BAD_REQUEST"' in answer.text


@pytest.mark.parametrize("accept", ["", ";", "multipart/mixed; subscriptionspec*=utf-8''1.0, */*", "\xff", "a,,b;;="])
async def test_an_odd_accept_is_no_fault_of_ours(site: httpx.AsyncClient, accept: str) -> None:
    """A header that makes no sense asks for no stream."""
    answer = await site.post("/graphql", json={"query": ME}, headers={b"accept": accept.encode("latin-1")})
    assert (answer.status_code, answer.json()) == (200, NOBODY)


@pytest.fixture
async def browser(house: Household, site: httpx.AsyncClient) -> httpx.AsyncClient:
    """Урбанович's, logged in: it keeps the cookie."""
    code = await house.invitation("urbanovich")
    await Api(site).act(SET_PASSWORD, i={"token": code, "newPassword": PASSWORD})
    site.cookies.clear()
    await Api(site).act(LOG_IN, i={"email": address("urbanovich"), "password": PASSWORD})
    assert (await asked_from(site, None)) == MINE
    return site


async def asked_from(client: httpx.AsyncClient, origin: str | None) -> Any:
    """What the cookie opens on a page of this origin."""
    answer = await client.post("/graphql", json={"query": ME}, headers={"origin": origin} if origin else {})
    assert answer.status_code == 200
    return answer.json()


@pytest.mark.parametrize(
    "origin",
    [
        "https://cabinet.example",
        "http://cabinet.example:8080",
        "http://other.cabinet.example",
        "http://cabinet.example.evil.example",
        "ftp://cabinet.example",
        "cabinet.example",
        "http://[",
        "http://]",
        "null",
        "http://",
    ],
)
async def test_a_cookie_counts_for_no_other_origin(browser: httpx.AsyncClient, origin: str) -> None:
    """CSRF: scheme, host and port must all be the site's own; an origin that is none is a foreign one."""
    assert await asked_from(browser, origin) == NOBODY


async def test_a_cookie_counts_for_the_own_origin(browser: httpx.AsyncClient) -> None:
    """The public address, or the one that the request itself was sent to."""
    assert await asked_from(browser, SITE) == MINE
    cookie = {"cookie": f"cabinet={browser.cookies['cabinet']}"}
    inside = await browser.post(
        "http://127.0.0.1:8000/graphql", json={"query": ME}, headers={"origin": "http://127.0.0.1:8000", **cookie}
    )
    assert inside.json() == MINE
