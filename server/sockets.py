"""graphql-transport-ws as its protocol says, where the library is laxer, and its end with the login's (A7, B).

What is no message closes with 4400; a document that is none is an `error` of its id; a socket whose login has ended
closes with 4403, once its streams have said their last; one socket too many closes with 1013.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, cast

from graphql import GraphQLError, GraphQLFormattedError
from starlette.websockets import WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http import GraphQLRequestData
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    ConnectionInitMessage,
    Message,
    PingMessage,
    PongMessage,
    SubscribeMessage,
)
from strawberry.types.graphql import OperationType

from models.refusals import Refusal
from resolvers.context import Context, Outcome
from resolvers.rights import Principal
from schema.codes import ErrorCode
from server.requests import Malformed, message_of, operation_type
from server.seats import Full, Seat

MAX_REASON_BYTES = 123


class SocketContext(Context):
    """A socket's context: its seat, and the token that may come in `connection_init`, as `authorization` or `token`.

    Strawberry puts that message's payload into `connection_params`, where there is such an attribute.
    """

    connection_params: Mapping[str, Any] = MappingProxyType({})  # Any: JSON
    seat: Seat


class Carrier(ASGIWebSocketAdapter):
    """The socket itself; a close frame has room for 123 bytes of reason."""

    async def close(self, code: int, reason: str) -> None:
        """Close, saying as much of the reason as there is room for; closing again is silently fine."""
        if self.ws.application_state is WebSocketState.DISCONNECTED:
            return
        await super().close(code, reason.encode()[:MAX_REASON_BYTES].decode(errors="ignore"))


class Conversation(BaseGraphQLTransportWSHandler[Context, None]):
    """What is said on one socket."""

    def __init__(self, **said: Any):  # Any: the library's own parameters
        super().__init__(**said)
        self._streams: set[str] = set()

    async def handle(self) -> None:
        """Take a seat and talk."""
        seat = cast(SocketContext, self.context).seat
        try:
            with seat:
                await super().handle()
        except Full as full:
            await self.websocket.close(1013, str(full))

    async def handle_message(self, message: Message) -> None:
        """Do what a message says, if it is one."""
        try:
            said = message_of(message)
        except Malformed as fault:
            await self.handle_invalid_message(str(fault))
            return
        await super().handle_message(cast(Message, said))

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        """Let in. A cookie that opens nothing is no login: whoever comes with one is nobody, and stays."""
        try:
            await super().handle_connection_init(message)
        except Full as full:
            await self.websocket.close(1013, str(full))
        if self.context.outcome.session_ended:
            self.context.principal, self.context.outcome = Principal(), Outcome()

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Begin an operation; one too many is an `error` of its id."""
        is_new = self.connection_acknowledged and message["id"] not in self.operations
        if is_new and len(self.operations) >= cast(int, self.max_subscriptions_per_connection):
            extensions = {"code": ErrorCode.RATE_LIMITED.name, "requestId": self.context.client.request_id}
            error: GraphQLFormattedError = {"message": "Too many operations at once.", "extensions": extensions}
            await self.send_message({"id": message["id"], "type": "error", "payload": [error]})
        else:
            await super().handle_subscribe(message)

    async def handle_ping(self, message: PingMessage) -> None:
        """Answer with what came."""
        answer: PongMessage = {"type": "pong"}
        if "payload" in message:
            answer["payload"] = message["payload"]
        await self.send_message(answer)

    async def send_message(self, message: Message) -> None:
        """Say it. A stream does not end because the server goes: by 1012 its client knows to resume it."""
        is_end = message["type"] == "complete" and message["id"] in self._streams
        if not (is_end and self.context.outside.bell.is_closed):
            await super().send_message(message)

    async def run_operation(self, operation: Operation[Context, None]) -> None:
        """Answer one operation; the last one after the login's end closes the socket."""
        if self._is_stream(operation):
            self._streams.add(operation.id)
        await super().run_operation(operation)
        self._streams.discard(operation.id)
        if not self.operations and await self._has_login_ended(operation):
            await self.websocket.close(4403, "Forbidden")

    def _is_stream(self, operation: Operation[Context, None]) -> bool:
        if "subscription" not in operation.query:
            return False
        asked = GraphQLRequestData(operation.query, None, operation.operation_name, None)
        return operation_type(asked, limits=self.context.outside.house.limits) is OperationType.SUBSCRIPTION

    async def _has_login_ended(self, operation: Operation[Context, None]) -> bool:
        outcome = self.context.outcome
        # Asked only where it may be so: a stream has ended, or an answer met no login.
        is_likely = "subscription" in operation.query or outcome.is_unauthenticated or outcome.session_ended
        if self.context.principal.token_hash is None or not is_likely:
            return False
        try:
            async with self.context.reading() as reading:
                return reading.actor.is_anybody
        except Refusal:
            return True

    @staticmethod
    def _get_pre_execution_close_reason(error: GraphQLError) -> str | None:
        """None: the fault is one operation's, the others live on."""
        return None
