"""GraphQL over HTTP, graphql-transport-ws, SSE and multipart: Strawberry's view with our principal and cookie."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from json import JSONDecodeError
from typing import Any, cast

import orjson
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from starlette.background import BackgroundTask
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.http.streaming import MultipartSubscriptionTransport, SSETransport
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType
from strawberry.types.unset import UNSET, UnsetType

from models.accounts import SESSION_LIFE
from models.refusals import Refusal
from resolvers import sessions
from resolvers.context import Context
from resolvers.measures import Overloaded, TooMuch
from resolvers.ports import Outside
from resolvers.rights import Principal
from schema.codes import ErrorCode
from schema.root import CabinetSchema
from server.arrivals import (
    Unread,
    as_read,
    form_of,
    refusal_of_kind,
    require_acceptable,
    require_plain_json,
    require_taken,
)
from server.auth import bearer, client_of, cookie_name, principal_of
from server.json_text import decoded
from server.negotiation import GRAPHQL, JSON, has_run, refused_whole, status_of
from server.rates import Rates
from server.requests import Malformed, operation_type, request_of
from server.seats import Seats
from server.settings import Settings
from server.sockets import Carrier, Conversation, SocketContext


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


class MultipartStream(MultipartSubscriptionTransport):
    """Multipart subscriptions, asked for in plain words."""

    def accepts_content_type(self, content_type: str, params: dict[str, str]) -> bool:
        """Whether it is asked for; a parameter in RFC 2231's form, which comes as a tuple, is none that we know."""
        return super().accepts_content_type(content_type, {name: str(value) for name, value in params.items()})


async def _note_use(context: Context) -> None:
    """After the answer; a login that has ended meanwhile has no use to note."""
    with suppress(Refusal):
        await sessions.touch(context)


async def _hung_up(request: Request, context: Context) -> None:
    """Once the client is gone, cut his line."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    context.line.cut()


def _tell_when(refusal: TooMuch, response: Response) -> None:
    """Say when to come again; of what is counted by the minute, how much that is."""
    response.status_code = 503 if isinstance(refusal, Overloaded) else 429
    response.headers["Retry-After"] = str(refusal.retry_after)
    if refusal.allowance is not None:
        response.headers["RateLimit-Limit"] = str(refusal.allowance)
        response.headers["RateLimit-Remaining"] = "0"
        response.headers["RateLimit-Reset"] = str(refusal.retry_after)


class CabinetView(GraphQL[Context, None]):
    """The one door to the schema."""

    stream_transport_classes_by_protocol = {
        **GraphQL.stream_transport_classes_by_protocol,
        "graphql-sse": EventStream,
        "multipart-subscription": MultipartStream,
    }
    websocket_adapter_class = Carrier
    graphql_transport_ws_handler_class = Conversation

    def __init__(self, schema: CabinetSchema, *, outside: Outside, settings: Settings):
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL, "graphql-sse", "multipart-subscription"],
            connection_init_wait_timeout=timedelta(seconds=settings.init_seconds),
            max_subscriptions_per_connection=settings.max_subscriptions,
            allowed_origins=settings.allowed_origins,
            keep_alive=True,
            keep_alive_interval=12,
        )
        self._outside = outside
        self._settings = settings
        self._seats = Seats(settings)
        self._rates = Rates(settings)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """The caller of a request, or of a socket until its `connection_init` says otherwise."""
        said = self._outside, self._principal(request), client_of(request, locale=self._settings.locale)
        if not isinstance(request, WebSocket):
            context = Context(*said)
            context.measures = self._rates
            return context
        socket = SocketContext(*said)
        socket.measures = self._rates
        socket.seat = self._seats.at(socket.client.address or "")
        return socket

    def _principal(self, connection: HTTPConnection) -> Principal:
        return principal_of(
            connection,
            public_url=self._settings.public_url,
            allowed_origins=tuple(self._settings.allowed_origins),
        )

    async def on_ws_connect(self, context: Context) -> UnsetType | dict[str, object] | None:
        """Take the token of `connection_init`; close 4403 when it opens nothing, 1013 when its account has too many."""
        socket = cast(SocketContext, context)
        said = socket.connection_params
        token = next((said[key] for key in ("authorization", "Authorization", "token") if key in said), None)
        if token is not None:
            context.principal = bearer(str(token).removeprefix("Bearer "))
        try:
            async with context.reading() as reading:
                socket.seat.belongs_to(reading.actor)
                return UNSET  # type: ignore[no-any-return]  # Strawberry's UNSET is typed Any
        except Refusal as refusal:
            raise ConnectionRejectionError from refusal

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData:
        """The request; HTTPException where there is none, or none that may be answered in this way."""
        stream = self._get_stream_transport_from_headers(request.headers)
        if stream is None:
            require_acceptable(request.headers)
        said = self.parse_query_params(request.query_params) if request.method == "GET" else await self._body(request)
        try:
            asked = request_of(said, protocol=stream.protocol if stream else "http")
        except Malformed as fault:
            raise HTTPException(400, str(fault)) from fault
        kind = operation_type(asked, limits=self._outside.house.limits) if stream else None
        if stream and kind and kind not in stream.allowed_operation_types(OperationType.from_http(request.method)):
            raise refusal_of_kind(kind, method=request.method)
        return asked

    async def _body(self, request: AsyncHTTPRequestAdapter) -> object:
        require_plain_json(request.headers)
        return self.parse_json(await request.get_body())

    def should_render_graphql_ide(self, request: object) -> bool:
        """Never: there is none here."""
        return False

    async def execute_single(
        self,
        request: Request,
        request_adapter: AsyncHTTPRequestAdapter,
        sub_response: Response,
        context: Context,
        root_value: None,
        request_data: GraphQLRequestData,
    ) -> ExecutionResult:
        """Answer; a query stops when its client hangs up, which ASGI tells only who listens."""
        listener = asyncio.create_task(_hung_up(request, context))
        try:
            result = await super().execute_single(
                request, request_adapter, sub_response, context, root_value, request_data
            )
        except HTTPException as fault:
            if isinstance(fault.__cause__, InvalidOperationTypeError):
                raise refusal_of_kind(fault.__cause__.operation_type, method=request.method) from fault
            raise
        finally:
            listener.cancel()
        form = form_of(request)
        if form == GRAPHQL and context.outcome.is_unauthenticated:
            result = refused_whole(result)
        sub_response.status_code = status_of(result, form=form)
        return result

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        """The answer's body; `data` is there when anything ran."""
        body = await super().process_result(request, result)
        if not has_run(result):
            body.pop("data")
        return body

    def parse_json(self, data: str | bytes) -> Any:
        """What a body or a parameter of an address says; HTTPException where it is no JSON."""
        try:
            return self.decode_json(data)
        except JSONDecodeError as fault:
            raise HTTPException(400, f"This is no JSON that is read: {fault.msg}.") from fault

    def decode_json(self, data: str | bytes) -> object:
        """JSON within its bounds, over HTTP and on a socket alike."""
        return decoded(data, depth=self._settings.max_json_depth, digits=self._settings.max_number_length)

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
        form = form_of(request)
        try:
            require_taken(request, settings=self._settings)
            response = await super().run(as_read(request, settings=self._settings), own, root_value)
        except HTTPException as fault:
            response = self._refusal(fault, request_id=own.client.request_id)
        if response.media_type == JSON:
            response.headers["Content-Type"] = form
        response.headers["X-Request-Id"] = own.client.request_id
        self._carry(own, response)
        if own.outcome.is_use_unnoted and not own.outcome.session_ended:
            response.background = BackgroundTask(_note_use, own)
        return response

    def _refusal(self, fault: HTTPException, *, request_id: str) -> Response:
        """What never came to the schema, in the form of everything else."""
        code = fault.code if isinstance(fault, Unread) else ErrorCode.BAD_REQUEST
        extensions = {"code": code.name, "requestId": request_id}
        refusal = {"errors": [{"message": fault.reason[:300], "extensions": extensions}]}
        headers = {"Cache-Control": "no-store", **(fault.headers if isinstance(fault, Unread) else {})}
        return Response(self.encode_json(refusal), status_code=fault.status_code, headers=headers, media_type=JSON)

    def _carry(self, context: Context, response: Response) -> None:
        name, outcome = cookie_name(self._settings.public_url), context.outcome
        if outcome.refusal is not None:
            _tell_when(outcome.refusal, response)
        elif response.headers.get("Content-Type") == GRAPHQL:
            pass  # its status is that of what ran
        elif outcome.is_unauthenticated:
            response.status_code = 401
        elif outcome.is_unavailable:
            response.status_code = 503
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
