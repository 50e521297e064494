"""The ASGI application and its workers: routes, postman and keeper, in a world that `server.run` opens and closes."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from resolvers.ports import Outside
from schema.root import build
from server import migrate
from server.contract import committed
from server.files import Files
from server.graphql import CabinetView
from server.keeper import Keeper
from server.mail import transport
from server.outside import version
from server.pace import Pace
from server.postman import Postman
from server.settings import SQLITE, Settings
from server.stationery import stationery

MIB = 1024 * 1024
STATIC = Path(__file__).parent / "static"
SECURITY = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; style-src 'self'; frame-ancestors 'none'"),
]


class SecurityHeaders:
    """The headers that every answer carries, unless a route set its own."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, adding headers where the answer starts."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *((n, v) for n, v in SECURITY if n not in present)]
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


class HungUp:
    """A client that hangs up in the middle of its request is no failure of ours, and nobody is there to be told."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on."""
        with suppress(ClientDisconnect):
            await self._app(scope, receive, send)


class Server:
    """One process of the service in its open world: routes that need it, postman and keeper."""

    def __init__(self, settings: Settings, world: Outside):
        self._settings = settings
        self._world = world
        self._files = Files(world)
        self._view = CabinetView(build(), outside=world, settings=settings)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Postman and keeper run while the block lasts; both stop before the world is closed."""
        letters = transport(self._settings.mail_url.get_secret_value())
        pace = Pace(self._settings.mail_per_minute, self._settings.mail_per_minute_to_one)
        # SQLite's folder has one server, whoever else held a lease is dead.
        is_alone = self._settings.database_url.startswith(SQLITE)
        postman = Postman(self._world, letters, stationery(self._settings), pace=pace, is_alone=is_alone)
        tasks = [asyncio.create_task(worker) for worker in (postman.run(), Keeper(self._world).run())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task

    def application(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            middleware=[Middleware(HungUp), Middleware(SecurityHeaders), *_cors(self._settings)],
            routes=[
                Route("/", landing),
                Route("/page.css", stylesheet),
                Route("/graphql", self._view),
                WebSocketRoute("/graphql", self._view),
                Route("/uploads/{token}", self._files.put, methods=["PUT"]),
                Route("/files/{token}", self._files.get, methods=["GET", "HEAD"]),
                Route("/schema.graphql", contract),
                Route("/health/live", live),
                Route("/health/ready", self.ready),
            ],
        )

    async def ready(self, _request: Request) -> Response:
        """Whether requests will be answered: the database is at the newest revision, the disk has room.

        Damaged files are told, but do not take the service away from those who ask for others.
        """
        failing = await asyncio.to_thread(self._failing)
        is_ready = not failing
        damaged = len(self._world.blobs.damaged)
        document = {"ready": is_ready, "failing": failing, "damagedFiles": damaged}
        return JSONResponse(document, status_code=200 if is_ready else 503)

    def _failing(self) -> list[str]:
        free = shutil.disk_usage(self._settings.data_dir).free
        is_good = {
            "database": migrate.is_ready(self._settings),
            "disk": free >= self._settings.min_free_mb * MIB,
        }
        return [name for name, good in is_good.items() if not good]


def _cors(settings: Settings) -> list[Middleware]:
    """Pages of exactly these other origins; they log in by bearer token."""
    if not settings.allowed_origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=list(settings.allowed_origins),
            allow_methods=["GET", "POST", "PUT"],
            allow_headers=["authorization", "content-type", "x-request-id"],
            expose_headers=["x-request-id", "retry-after", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"],
        )
    ]


async def landing(request: Request) -> Response:
    """What is here: a page for people, JSON for programs."""
    if "text/html" in request.headers.get("accept", ""):
        return FileResponse(STATIC / "index.html", media_type="text/html; charset=utf-8")
    return JSONResponse(
        {"name": "Shared Cabinet", "version": version(), "graphql": "/graphql", "schema": "/schema.graphql"}
    )


async def stylesheet(_request: Request) -> Response:
    """The page's style."""
    return FileResponse(STATIC / "page.css", media_type="text/css; charset=utf-8")


async def contract(_request: Request) -> Response:
    """The contract as SDL."""
    return FileResponse(committed(), media_type="text/plain; charset=utf-8")


async def live(_request: Request) -> Response:
    """The process is there."""
    return JSONResponse({"live": True})
