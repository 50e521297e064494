"""The ASGI application: routes, and the life of the process (open the world, start postman and keeper, stop them)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
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
from server.outside import outside, version
from server.postman import Postman
from server.settings import Settings
from server.stationery import stationery

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


class Server:
    """One process of the service, once its world is open."""

    def __init__(self, settings: Settings, world: Outside):
        self._settings = settings
        self._world = world
        self.view = CabinetView(build(), outside=world, settings=settings)
        self.files = Files(world)
        self.is_ready = False

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Postman and keeper run while the block lasts; both stop before the world is closed."""
        letters = transport(self._settings.mail_url.get_secret_value())
        pulse = self._settings.pulse_seconds
        postman = Postman(self._world, letters, stationery(self._settings), pulse_seconds=pulse)
        tasks = [asyncio.create_task(worker) for worker in (postman.run(), Keeper(self._world).run())]
        self.is_ready = True
        try:
            yield
        finally:
            self.is_ready = False
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task


def application(settings: Settings) -> Starlette:
    """The application of these settings; its world opens with its lifespan. Migrations run before the first request."""
    held: list[Server] = []

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await asyncio.to_thread(migrate.upgrade, settings)
            world = await stack.enter_async_context(outside(settings, is_server=True))
            server = Server(settings, world)
            await stack.enter_async_context(server.at_work())
            held.append(server)
            yield

    class Graphql:
        """Hands a request to the view of the running server; an ASGI app, since it speaks HTTP and WebSocket."""

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await held[0].view(scope, receive, send)

    async def put(request: Request) -> Response:
        return await held[0].files.put(request)

    async def get(request: Request) -> Response:
        return await held[0].files.get(request)

    async def ready(_request: Request) -> Response:
        is_ready = bool(held) and held[0].is_ready and await asyncio.to_thread(migrate.is_at_head, settings)
        return JSONResponse({"ready": is_ready}, status_code=200 if is_ready else 503)

    graphql = Graphql()
    return Starlette(
        lifespan=lifespan,
        middleware=[Middleware(SecurityHeaders), *_cors(settings)],
        routes=[
            Route("/", landing),
            Route("/page.css", stylesheet),
            Route("/graphql", graphql, methods=["GET", "POST", "HEAD"]),
            WebSocketRoute("/graphql", graphql),
            Route("/uploads/{token}", put, methods=["PUT"]),
            Route("/files/{token}", get, methods=["GET", "HEAD"]),
            Route("/schema.graphql", contract),
            Route("/health/live", live),
            Route("/health/ready", ready),
        ],
    )


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
            expose_headers=["x-request-id"],
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
