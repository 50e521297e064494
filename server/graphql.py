"""GraphQL over HTTP, graphql-transport-ws, SSE and multipart: Strawberry's view with our principal and cookie."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import orjson
from starlette.background import BackgroundTask
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http import GraphQLHTTPResponse
from strawberry.http.streaming import SSETransport
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.unset import UNSET, UnsetType

from models.accounts import SESSION_LIFE
from models.refusals import Refusal
from resolvers import sessions
from resolvers.context import Context
from resolvers.ports import Outside
from resolvers.rights import Principal
from schema.root import CabinetSchema
from server.auth import bearer, client_of, cookie_name, principal_of
from server.settings import Settings


class EventStream(SSETransport):
    """SSE where it is the caller's first choice (urql names it among others), with plain line ends."""

    def accepts(self, accept: str) -> bool:
        """Whether the first media type asked for is an event stream."""
        return accept.split(",", 1)[0].split(";", 1)[0].strip().lower() == "text/event-stream"

    def encode_event(self, event: str, data: str | None = None) -> str:
        """One event, with plain line ends."""
        return super().encode_event(event, data).replace("\r\n", "\n")

    def encode_comment(self, comment: str) -> str:
        """A comment that keeps the line open."""
        return super().encode_comment(comment).replace("\r\n", "\n")


class SocketContext(Context):
    """A socket's context: the token may come in `connection_init`, as bearer `authorization` or `token`.

    Strawberry puts that message's payload into `connection_params`, where there is such an attribute.
    """

    connection_params: Mapping[str, Any] = MappingProxyType({})


class CabinetView(GraphQL[Context, None]):
    """The one door to the schema."""

    stream_transport_classes_by_protocol = {
        **GraphQL.stream_transport_classes_by_protocol,
        "graphql-sse": EventStream,
    }

    def __init__(self, schema: CabinetSchema, *, outside: Outside, settings: Settings):
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL, "graphql-sse", "multipart-subscription"],
            connection_init_wait_timeout=timedelta(seconds=3),
            max_subscriptions_per_connection=50,
            allowed_origins=settings.allowed_origins,
            keep_alive=True,
            keep_alive_interval=12,
        )
        self._outside = outside
        self._settings = settings

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """The caller of a request, or of a socket until its `connection_init` says otherwise."""
        kind = SocketContext if isinstance(request, WebSocket) else Context
        return kind(self._outside, self._principal(request), client_of(request, locale=self._settings.locale))

    def _principal(self, connection: HTTPConnection) -> Principal:
        return principal_of(
            connection,
            public_url=self._settings.public_url,
            allowed_origins=tuple(self._settings.allowed_origins),
        )

    async def on_ws_connect(self, context: Context) -> UnsetType | dict[str, object] | None:
        """Take the token of `connection_init`; close 4403 when it opens nothing."""
        said = context.connection_params if isinstance(context, SocketContext) else {}
        token = next((said[key] for key in ("authorization", "Authorization", "token") if key in said), None)
        if token is not None:
            context.principal = bearer(str(token).removeprefix("Bearer "))
        try:
            async with context.reading():
                nothing: UnsetType = UNSET
                return nothing
        except Refusal as refusal:
            raise ConnectionRejectionError from refusal

    def encode_json(self, data: object) -> str:
        """JSON by orjson."""
        return orjson.dumps(data, default=str).decode()

    def create_response(
        self, response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse], sub_response: Response
    ) -> Response:
        """The answer; 401 where the bearer opened nothing."""
        response = super().create_response(response_data, sub_response)
        response.headers["Cache-Control"] = "no-store"
        return response

    async def run(self, request: Any, context: Any = UNSET, root_value: Any = UNSET) -> Any:
        """Answer, and carry a login or its end to the cookie."""
        if isinstance(request, WebSocket) or context is not UNSET:
            return await super().run(request, context, root_value)
        own = await self.get_context(request, Response())
        response = await super().run(request, own, root_value)
        response.headers["X-Request-Id"] = own.client.request_id
        self._carry(own, response)
        if own.outcome.is_use_unnoted:
            response.background = BackgroundTask(sessions.touch, own)
        return response

    def _carry(self, context: Context, response: Response) -> None:
        name, outcome = cookie_name(self._settings.public_url), context.outcome
        if outcome.is_unauthenticated:
            response.status_code = 401
        if outcome.token is not None:
            response.set_cookie(
                name,
                outcome.token,
                max_age=int(SESSION_LIFE.total_seconds()),
                path="/",
                secure=name.startswith("__Host-"),
                httponly=True,
                samesite="lax",
            )
        elif outcome.session_ended:
            response.delete_cookie(name, path="/", secure=name.startswith("__Host-"), httponly=True, samesite="lax")
