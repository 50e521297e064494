"""Requests and cost of one caller, over HTTP and on sockets: at the limit, one beyond it, and everybody else."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from quick_town import QuickTown, quick_town
from stream_clients import wired

pytestmark = pytest.mark.anyio

BURST, COST = 6, 500
CHEAP, DEAR = "{ viewer { id } }", "{ cabinet { members(first: 97) { nodes { id } } } }"  # costs 1 and 99
Ask = Callable[[QuickTown, str, str, int], Awaitable[list[dict[str, Any]]]]


@pytest.fixture
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[QuickTown]:
    """A server with small shares, which come back in many minutes."""
    shares: dict[str, Any] = {
        "CABINET_REQUESTS_BURST": str(BURST),
        "CABINET_REQUESTS_PER_MINUTE": "1",
        "CABINET_REQUESTS_BURST_ADDRESS": "3",
        "CABINET_REQUESTS_PER_MINUTE_ADDRESS": "1",
        "CABINET_COST_PER_MINUTE": str(COST),
    }
    async with quick_town(tmp_path_factory.mktemp("rates"), **shares) as made:
        yield made


async def over_http(town: QuickTown, who: str, query: str, count: int) -> list[dict[str, Any]]:
    """The answers to so many requests; the first one of a login counts for the address."""
    return [(await town.api(who).raw(query)).json() for _ in range(count)]


async def over_socket(town: QuickTown, who: str, query: str, count: int) -> list[dict[str, Any]]:
    """The answers on one socket, which lives through all of them."""
    async with wired(town.api(who), url=town.server.ws) as wire:
        return [answer for _ in range(count) async for answer in (await wire.start(query)).answers]


def codes(answers: list[dict[str, Any]]) -> list[str | None]:
    """Of each answer its only code, None where there is none."""
    return [answer["errors"][0]["extensions"]["code"] if answer.get("errors") else None for answer in answers]


@pytest.mark.parametrize("ask", [over_http, over_socket])
async def test_an_account_asks_so_often(town: QuickTown, ask: Ask) -> None:
    """R.A1: REQUESTS_BURST pass, whatever carries them, one more is RATE_LIMITED; a colleague is answered."""
    await over_http(town, "urbanovich", CHEAP, 1)
    answers = await ask(town, "urbanovich", CHEAP, BURST + 2)
    assert codes(answers) == [None] * BURST + ["RATE_LIMITED"] * 2
    assert 50 <= answers[-1]["errors"][0]["extensions"]["retryAfter"] <= 60
    assert codes(await ask(town, "kolesnik", CHEAP, 1)) == [None]


@pytest.mark.parametrize("ask", [over_http, over_socket])
async def test_an_account_spends_so_much(town: QuickTown, ask: Ask) -> None:
    """R.A1: COST_PER_MINUTE is spent, and what would be more is RATE_LIMITED before it runs; cheaper things pass."""
    await over_http(town, "urbanovich", CHEAP, 1)
    assert codes(await ask(town, "urbanovich", DEAR, BURST)) == [None] * 5 + ["RATE_LIMITED"]
    assert codes(await ask(town, "kolesnik", DEAR, 1)) == [None]


async def test_a_refusal_over_http_says_when(town: QuickTown) -> None:
    """R.A1: 429 with Retry-After and RateLimit-*, for who is there without login too; a login goes on."""
    await over_http(town, "urbanovich", CHEAP, 1)
    nobody = {"query": CHEAP}
    statuses = [(await town.http.post("/graphql", json=nobody)).status_code for _ in range(3)]
    answer = await town.http.post("/graphql", json=nobody)
    assert [*statuses, answer.status_code] == [200, 200, 429, 429]
    assert answer.headers["ratelimit-limit"] == "1" and answer.headers["ratelimit-remaining"] == "0"
    assert answer.headers["retry-after"] == answer.headers["ratelimit-reset"]
    assert 50 <= int(answer.headers["retry-after"]) <= 60
    assert "data" not in answer.json()
    assert codes(await over_http(town, "urbanovich", CHEAP, 1)) == [None]


async def test_a_refusal_leaves_a_line_with_its_cost(town: QuickTown) -> None:
    """R.A2, R.H: `operation.refused` tells code, cost and request id, and nothing of the person or the query."""
    await over_socket(town, "urbanovich", DEAR, BURST)
    line = json.loads(await town.logged("operation.refused"))
    assert set(line) == {"event", "level", "timestamp", "request_id", "code", "cost"}
    assert (line["level"], line["code"], line["cost"]) == ("info", "RATE_LIMITED", 99)


@pytest.mark.parametrize("ask", [over_http, over_socket])
async def test_what_asks_too_much_at_once_is_logged_too(town: QuickTown, ask: Ask) -> None:
    """R.A2: an operation beyond MAX_COST is the same error over HTTP and on a socket, and a line with its cost."""
    beyond = (
        "{ cabinet { members(first: 100) { nodes { user { members { cabinet { members { nodes { id } } } } } } } } }"
    )
    assert codes(await ask(town, "urbanovich", beyond, 1)) == ["COST_LIMIT_EXCEEDED"]
    line = json.loads(await town.logged("operation.refused"))
    assert line["code"] == "COST_LIMIT_EXCEEDED" and line["cost"] > 5000
