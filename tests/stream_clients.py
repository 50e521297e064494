"""Clients of the three push transports: WebSocket, server-sent events, multipart. Each gives a `Stream`."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from clients import Api
from websockets.asyncio.client import ClientConnection, connect

EVENTS = """subscription($c: ID, $t: [CabinetEventType!], $a: String) {
  cabinetEvents(cabinetId: $c, types: $t, after: $a) { __typename cursor entry { seq kind }
    ... on DocumentAddedEvent { document { id title } }
    ... on DocumentUpdatedEvent { document { id status } }
    ... on MemberChangedEvent { member { id state } }
    ... on AccessRevokedEvent { reason } } }"""
ADDED = """subscription($c: ID, $f: DocumentFilter, $a: String) {
  documentAdded(cabinetId: $c, filter: $f, after: $a) { __typename cursor entry { seq kind }
    ... on DocumentAddedEvent { document { id title } }
    ... on AccessRevokedEvent { reason } } }"""


class Failed(AssertionError):
    """An answer with errors where an event was awaited."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(json.dumps(errors, ensure_ascii=False))
        self.codes = [error.get("extensions", {}).get("code") for error in errors]


@dataclass
class Stream:
    """One subscription, whatever carries it."""

    answers: AsyncIterator[dict[str, Any]]

    async def next(self, *, seconds: float = 10) -> dict[str, Any]:
        """The next event; `Failed` when errors came instead."""
        async with asyncio.timeout(seconds):
            answer = await anext(self.answers)
        if answer.get("errors"):
            raise Failed(answer["errors"])
        (event,) = answer["data"].values()
        return dict(event)

    async def take(self, count: int) -> list[dict[str, Any]]:
        """So many events."""
        return [await self.next() for _ in range(count)]

    async def end(self, *, seconds: float = 10) -> None:
        """Nothing more comes: the stream is complete."""
        async with asyncio.timeout(seconds):
            more = [answer async for answer in self.answers]
        assert more == []


@dataclass
class Wire:
    """One WebSocket with as many operations as one likes."""

    connection: ClientConnection
    waiting: defaultdict[str, deque[dict[str, Any]]] = field(default_factory=lambda: defaultdict(deque))
    asked: int = 0

    async def send(self, **message: Any) -> None:
        """One message."""
        await self.connection.send(json.dumps(message))

    async def start(self, query: str, **variables: Any) -> Stream:
        """Begin an operation."""
        self.asked += 1
        name = f"op{self.asked}"
        await self.send(id=name, type="subscribe", payload={"query": query, "variables": variables})
        return Stream(self._answers(name))

    async def ask(self, query: str, **variables: Any) -> Any:
        """The `data` of a query on this socket."""
        stream = await self.start(query, **variables)
        (answer,) = [answer async for answer in stream.answers]
        return answer["data"]

    async def _answers(self, name: str) -> AsyncIterator[dict[str, Any]]:
        while (message := await self._message(name))["type"] == "next":
            yield message["payload"]
        if message["type"] == "error":
            yield {"errors": message["payload"]}

    async def _message(self, name: str) -> dict[str, Any]:
        while not self.waiting[name]:
            message = json.loads(await self.connection.recv())
            if message["type"] == "ping":
                await self.send(type="pong")
            else:
                self.waiting[message["id"]].append(message)
        return self.waiting[name].popleft()


@asynccontextmanager
async def wired(api: Api, *, url: str) -> AsyncIterator[Wire]:
    """A socket that has been let in."""
    async with connect(url, subprotocols=["graphql-transport-ws"]) as connection:  # type: ignore[list-item]  # a NewType
        wire = Wire(connection)
        await wire.send(type="connection_init", payload={"token": api.token})
        assert json.loads(await connection.recv())["type"] == "connection_ack"
        yield wire


@asynccontextmanager
async def over_socket(api: Api, query: str, **variables: Any) -> AsyncIterator[Stream]:
    """By graphql-transport-ws."""
    async with wired(api, url=f"{str(api.http.base_url).replace('http', 'ws', 1).rstrip('/')}/graphql") as wire:
        yield await wire.start(query, **variables)


@asynccontextmanager
async def over_events(api: Api, query: str, **variables: Any) -> AsyncIterator[Stream]:
    """By server-sent events."""
    async with _posted(api, "text/event-stream", query, variables) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Stream(_event_stream(answer))


@asynccontextmanager
async def over_multipart(api: Api, query: str, **variables: Any) -> AsyncIterator[Stream]:
    """By multipart subscription, as Apollo asks for it."""
    accept = 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/json'
    async with _posted(api, accept, query, variables) as answer:
        assert answer.headers["content-type"].startswith("multipart/mixed")
        yield Stream(_parts(answer))


TRANSPORTS: list[Callable[..., AbstractAsyncContextManager[Stream]]] = [over_socket, over_events, over_multipart]


@asynccontextmanager
async def _posted(api: Api, accept: str, query: str, variables: dict[str, Any]) -> AsyncIterator[httpx.Response]:
    body = {"query": query, "variables": variables}
    async with api.http.stream("POST", "/graphql", json=body, headers={**api.headers, "accept": accept}) as answer:
        yield answer


async def _event_stream(answer: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    kind = ""
    async for line in answer.aiter_lines():
        if line.startswith("event: "):
            kind = line.removeprefix("event: ")
        elif line.startswith("data: ") and kind == "next":
            yield json.loads(line.removeprefix("data: "))
        elif line.startswith("data:") and kind == "complete":
            return
    raise AssertionError("the stream broke off without an end")


async def _parts(answer: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    async for line in answer.aiter_lines():
        if line.startswith("{"):
            part = json.loads(line)
            if part:
                yield part["payload"]
        elif line == "--graphql--":
            return
    raise AssertionError("the stream broke off without an end")
