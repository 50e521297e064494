"""GraphQL over HTTP as its draft says: media types and statuses, methods, and what is not even read (A6)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from household import Household, address

from resolvers import owner
from server.app import Server
from server.json_text import decoded
from server.settings import read_settings

pytestmark = pytest.mark.anyio

SITE = "http://cabinet.example"
ME = "{ viewer { email } }"
NOBODY = {"data": {"viewer": None}}
JSON, GRAPHQL = "application/json", "application/graphql-response+json"
TWO = "query A { viewer { email } } query B { viewer { id } }"
MOST = 4096


@pytest.fixture
async def site(house: Household, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client before the application in this process; it reads little."""
    settings = read_settings(data_dir=tmp_path / "data", public_url=SITE, max_body_bytes=MOST, max_url_bytes=1000)
    transport = httpx.ASGITransport(app=Server(settings, house.world).application())
    async with httpx.AsyncClient(transport=transport, base_url=SITE, headers={"accept": "*/*"}) as client:
        yield client


def code_of(answer: httpx.Response) -> str:
    """The code of a refusal, in which nothing ran: there is no `data`."""
    body = answer.json()
    (error,) = body["errors"]
    assert set(body) == {"errors"}
    assert error["extensions"]["requestId"] == answer.headers["x-request-id"]
    return str(error["extensions"]["code"])


NEVER_RAN = {
    "syntax": ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
    "field": ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
    "variable": ({"query": "query($id: ID!) { node(id: $id) { id } }", "variables": {"id": None}}, "BAD_USER_INPUT"),
    "tokens": ({"query": "{" + " a" * 2001 + "}"}, "GRAPHQL_PARSE_FAILED"),
    "depth": ({"query": "{ a" * 16 + "}" * 16}, "QUERY_TOO_DEEP"),
}


@pytest.mark.parametrize("what", NEVER_RAN)
@pytest.mark.parametrize(("accept", "status"), [(GRAPHQL, 400), (JSON, 200)], ids=["graphql-response", "json"])
async def test_what_never_ran_says_so(site: httpx.AsyncClient, what: str, accept: str, status: int) -> None:
    """R.A6: 4xx in `application/graphql-response+json`, 200 in `application/json`; in both without `data`."""
    asked, code = NEVER_RAN[what]
    answer = await site.post("/graphql", json=asked, headers={"accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (status, accept)
    assert code_of(answer) == code


@pytest.mark.parametrize("accept", [GRAPHQL, JSON], ids=["graphql-response", "json"])
async def test_whose_bearer_opens_nothing_has_401_in_either_form(site: httpx.AsyncClient, accept: str) -> None:
    """R.B, R.A6: the whole request; beside data the draft knows no 401, so that its form has none."""
    headers = {"accept": accept, "authorization": "Bearer nobody's"}
    answer = await site.post("/graphql", json={"query": "{ __typename viewer { id } }"}, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (401, accept)
    assert answer.json().get("data") == (None if accept == GRAPHQL else {"__typename": "Query", "viewer": None})
    assert [error["extensions"]["code"] for error in answer.json()["errors"]] == ["UNAUTHENTICATED"]


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/html, */*;q=0.1", JSON),
        (f"{GRAPHQL}, {JSON};q=0.9", GRAPHQL),
        (f"{JSON};q=0.9, {GRAPHQL}", GRAPHQL),
        (f"{GRAPHQL};q=0.2, {JSON}", JSON),
        (f"{GRAPHQL}; charset=utf-8, {JSON}", GRAPHQL),
        (f"{JSON};q=0, */*", GRAPHQL),
        (GRAPHQL.upper(), GRAPHQL),
        (f"{GRAPHQL};q=much", GRAPHQL),
    ],
)
async def test_the_better_liked_form_is_given(site: httpx.AsyncClient, accept: str | None, form: str) -> None:
    """R.A6: the form is negotiated by `Accept`; without a word it is `application/json`."""
    headers = {"accept": accept} if accept else {}
    if accept is None:
        del site.headers["accept"]
    answer = await site.post("/graphql", json={"query": ME}, headers=headers)
    assert (answer.status_code, answer.headers["content-type"], answer.json()) == (200, form, NOBODY)


@pytest.mark.parametrize("accept", ["text/html", "image/*", f"{JSON};q=0", "multipart/mixed"])
async def test_another_form_is_not_had(site: httpx.AsyncClient, accept: str) -> None:
    """R.A6: who takes none of our forms is told 406, and nothing runs."""
    answer = await site.post("/graphql", json={"query": ME}, headers={"accept": accept})
    assert (answer.status_code, code_of(answer)) == (406, "BAD_REQUEST")


@pytest.mark.parametrize("headers", [{"content-encoding": "gzip"}, {"content-type": f"{JSON}; charset=koi8-r"}])
async def test_a_packed_or_foreign_body_is_not_read(site: httpx.AsyncClient, headers: dict[str, str]) -> None:
    """R.A6: no bombs: `Content-Encoding` is 415, and so is another charset than UTF-8."""
    body = json.dumps({"query": ME}).encode()
    answer = await site.post("/graphql", content=body, headers={"content-type": JSON, **headers})
    assert (answer.status_code, code_of(answer)) == (415, "BAD_REQUEST")


async def test_one_of_several_operations_must_be_named(house: Household, site: httpx.AsyncClient) -> None:
    """R.A6: without `operationName` none of them runs, over GET and POST; with it that one does."""
    for answer in (
        await site.post("/graphql", json={"query": TWO}),
        await site.post("/graphql", json={"query": TWO}),
        await site.get("/graphql", params={"query": TWO}),
    ):
        assert (answer.status_code, code_of(answer)) == (400, "BAD_REQUEST")
        assert "operationName" in answer.json()["errors"][0]["message"]
    named = await site.post("/graphql", json={"query": TWO, "operationName": "A"})
    assert named.json() == NOBODY


async def test_head_is_get(site: httpx.AsyncClient) -> None:
    """R.A6: HEAD has the status and the headers of GET, never a stream, and does no act."""
    for query in (ME, "{", "mutation { sessionDelete(input: {}) { userErrors { code } } }"):
        asked = await site.get("/graphql", params={"query": query})
        headed = await site.head("/graphql", params={"query": query})
        assert (headed.status_code, headed.headers["content-length"]) == (
            asked.status_code,
            asked.headers["content-length"],
        )
    stream = await site.head("/graphql", params={"query": ME}, headers={"accept": "text/event-stream"})
    assert stream.headers["content-type"] == JSON


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
async def test_other_methods_are_told_what_there_is(site: httpx.AsyncClient, method: str) -> None:
    """R.A6: 405 with `Allow`, in the form of every refusal."""
    answer = await site.request(method, "/graphql")
    assert (answer.status_code, code_of(answer), answer.headers["allow"]) == (405, "BAD_REQUEST", "GET, HEAD, POST")


async def test_an_address_without_a_query_asks_nothing(site: httpx.AsyncClient) -> None:
    """R.A6: also for a browser that takes anything: there is no page here."""
    answer = await site.get("/graphql", headers={"accept": "text/html,*/*"})
    assert (answer.status_code, code_of(answer)) == (400, "BAD_REQUEST")


async def test_a_long_address_is_not_read(site: httpx.AsyncClient) -> None:
    """R.A1: MAX_URL_BYTES: 414, one byte before it an answer."""
    room = 1000 - len("/graphql") - len("query=")
    for length, status in ((room, 200), (room + 1, 414)):
        query = "{viewer{email}}".ljust(length, ",").replace(",", "%2C", 0)
        answer = await site.get(f"/graphql?query={query}")
        assert answer.status_code == status
    assert code_of(answer) == "REQUEST_TOO_LARGE"


@pytest.mark.parametrize("has_length", [True, False])
async def test_a_long_body_is_not_read(site: httpx.AsyncClient, has_length: bool) -> None:
    """R.A1: MAX_BODY_BYTES, with or without a length: 413 and the connection is closed; one byte less is read."""
    taken = 0

    async def pieces(body: bytes) -> AsyncIterator[bytes]:
        nonlocal taken
        for start in range(0, len(body), 1024):
            taken += 1
            yield body[start : start + 1024]

    def body(length: int) -> Any:
        text = json.dumps({"query": ME}).encode().ljust(length)
        return text if has_length else pieces(text)

    assert (await site.post("/graphql", content=body(MOST), headers={"content-type": JSON})).json() == NOBODY
    taken = 0
    refused = await site.post("/graphql", content=body(MOST * 100), headers={"content-type": JSON})
    assert (refused.status_code, code_of(refused)) == (413, "REQUEST_TOO_LARGE")
    assert refused.headers["connection"] == "close"
    assert taken <= MOST // 1024 + 1


@pytest.mark.parametrize(
    ("value", "is_read"),
    [
        ("[" * 30 + "]" * 30, True),
        ("[" * 31 + "]" * 31, False),
        ('{"a":' * 31 + "1" + "}" * 31, False),
        ("1" * 32, True),
        ("1" * 33, False),
        ("-1." + "0" * 29 + "e5", False),
        ('"' + "9" * 100 + "[" * 100 + r"\"" + "[" * 100 + '"', True),
        ('"\\\\", "b": ' + "[" * 31 + "]" * 31, False),
    ],
)
async def test_json_has_its_depth_and_its_numbers_their_length(
    site: httpx.AsyncClient, value: str, is_read: bool
) -> None:
    """R.A1: more than 32 brackets deep, or a number of more than 32 characters, is 400 before anything decodes it."""
    body = f'{{"query": "{ME}", "variables": {{"a": {value}}}}}'
    answer = await site.post("/graphql", content=body.encode(), headers={"content-type": JSON})
    assert answer.status_code == (200 if is_read else 400)
    assert is_read or code_of(answer) == "BAD_REQUEST"


@pytest.mark.parametrize("text", ["[" * 500_000, '"' + r"\"" * 500_000, "[]" * 500_000, "[" + "1," * 500_000, "\\" * 9])
async def test_no_json_is_dear_to_measure(text: str) -> None:
    """R.A1: whatever a mebibyte holds, it is refused in one go; a quadratic look at it would never end."""
    with pytest.raises(json.JSONDecodeError):
        decoded(text, depth=32, digits=32)


@pytest.mark.parametrize(("public_url", "said"), [("https://cabinet.example", "max-age=31536000"), (SITE, None)])
async def test_https_is_kept(house: Household, tmp_path: Path, public_url: str, said: str | None) -> None:
    """R.H: where the public address is https every answer says that it stays so, refusals too."""
    settings = read_settings(data_dir=tmp_path / "data", public_url=public_url)
    transport = httpx.ASGITransport(app=Server(settings, house.world).application())
    async with httpx.AsyncClient(transport=transport, base_url=public_url) as client:
        for path in ("/", "/graphql", "/nowhere", "/health/live"):
            assert (await client.get(path)).headers.get("strict-transport-security") == said, path


@pytest.mark.parametrize("bearer", [None, "nobody's", "urbanovich"])
async def test_names_are_not_guessed_for_a_stranger(
    house: Household, site: httpx.AsyncClient, bearer: str | None
) -> None:
    """R.A1: "Did you mean" names what he did not write, so it is for a caller with a login."""
    token = await owner.session_of(house.system, email=address(bearer)) if bearer == "urbanovich" else bearer
    headers = {"authorization": f"Bearer {token}"} if token else {}
    answer = await site.post("/graphql", json={"query": "{ viewr { id } }"}, headers=headers)
    assert code_of(answer) == "GRAPHQL_VALIDATION_FAILED"
    assert ("Did you mean" in answer.text) is (bearer == "urbanovich")


async def test_an_answer_has_few_errors(site: httpx.AsyncClient) -> None:
    """R.A1: ten errors at most, of at most 300 characters."""
    fields = " ".join(f"{chr(97 + number)}{'no' * 145}" for number in range(11))
    answer = await site.post("/graphql", json={"query": f"{{ {fields} }}"})
    errors = answer.json()["errors"]
    assert [len(error["message"]) for error in errors] == [300] * 10, errors[0]["message"]
