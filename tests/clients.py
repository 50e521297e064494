"""Real clients: GraphQL over HTTP, a graphql-transport-ws socket, and a person who signs outside of the server."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect


class Refused(AssertionError):
    """An answer with top-level errors."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(json.dumps(errors, ensure_ascii=False))
        self.codes = [error.get("extensions", {}).get("code") for error in errors]


@dataclass
class Api:
    """Somebody's GraphQL client. `ask` gives `data`; `act` gives the payload of the only mutation in the text."""

    http: httpx.AsyncClient
    token: str | None = None
    language: str = "ru"

    @property
    def headers(self) -> dict[str, str]:
        """Of every request."""
        bearer = {"authorization": f"Bearer {self.token}"} if self.token else {}
        return {"accept-language": self.language, **bearer}

    async def raw(self, query: str, **variables: Any) -> httpx.Response:
        """The answer as it came."""
        body = {"query": query, "variables": variables}
        return await self.http.post("/graphql", json=body, headers=self.headers)

    async def ask(self, query: str, **variables: Any) -> Any:
        """`data`; top-level errors raise `Refused`."""
        answer = (await self.raw(query, **variables)).json()
        if answer.get("errors"):
            raise Refused(answer["errors"])
        return answer["data"]

    async def act(self, mutation: str, **variables: Any) -> Any:
        """The payload of a mutation that must go well."""
        payload = await self.try_to(mutation, **variables)
        assert payload["userErrors"] == [], payload["userErrors"]
        return payload

    async def try_to(self, mutation: str, **variables: Any) -> Any:
        """The payload of a mutation, refusals included."""
        (payload,) = (await self.ask(mutation, **variables)).values()
        return payload


@dataclass
class Socket:
    """One graphql-transport-ws connection with one subscription; what comes is kept in order."""

    connection: ClientConnection
    events: list[dict[str, Any]] = field(default_factory=list)
    is_complete: bool = False

    async def next(self, *, seconds: float = 10) -> dict[str, Any]:
        """The payload of the next event's only field."""
        async with asyncio.timeout(seconds):
            while True:
                message = json.loads(await self.connection.recv())
                if message["type"] == "next":
                    assert not message["payload"].get("errors"), message
                    (event,) = message["payload"]["data"].values()
                    assert event is not None, message
                    self.events.append(event)
                    return dict(event)
                assert message["type"] == "ping", message
                await self.connection.send(json.dumps({"type": "pong"}))

    async def end(self, *, seconds: float = 10) -> None:
        """Wait for the end of the stream; an event before it is a failure."""
        async with asyncio.timeout(seconds):
            message = json.loads(await self.connection.recv())
        assert message["type"] == "complete", message
        self.is_complete = True


@asynccontextmanager
async def subscribed(url: str, token: str, query: str, **variables: Any) -> AsyncIterator[Socket]:
    """A subscription that the server has begun: a query behind it on the same socket has been answered."""
    async with connect(url, subprotocols=["graphql-transport-ws"]) as connection:  # type: ignore[list-item]  # a NewType
        await _send(connection, type="connection_init", payload={"token": token})
        assert json.loads(await connection.recv())["type"] == "connection_ack"
        await _send(connection, id="1", type="subscribe", payload={"query": query, "variables": variables})
        await _settled(connection)
        yield Socket(connection)


async def _settled(connection: ClientConnection) -> None:
    """The server runs subscriptions as tasks: three answered queries later ours has armed its ear."""
    for number in range(3):
        await _send(connection, id=f"q{number}", type="subscribe", payload={"query": "{ viewer { id } }"})
        assert json.loads(await connection.recv())["type"] == "next"
        assert json.loads(await connection.recv())["type"] == "complete"


async def _send(connection: ClientConnection, **message: Any) -> None:
    await connection.send(json.dumps(message))


def b64(content: bytes) -> str:
    """As the contract's Base64."""
    return base64.b64encode(content).decode()
