"""The whole contract: `build()` assembles it, `CabinetSchema` answers operations on it.

Law: an operation reads one snapshot, an act commits before its sub-fields load, and no error leaves unmapped.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing
from functools import cached_property
from typing import Any

import strawberry
import structlog
from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from models.actors import NOBODY
from models.refusals import Reason, Refusal
from resolvers import sessions as sessions_of
from resolvers.context import Context
from resolvers.deadlines import act
from resolvers.measures import Overloaded, TooMuch
from resolvers.ports import OutcomeUnknown, TooSlow, Unavailable
from schema import (
    cabinet_acts,
    cabinets,
    certificates,
    document_acts,
    documents,
    drafts,
    events,
    invitations,
    journal,
    member_acts,
    members,
    nodes_query,
    organizations,
    refusals,
    server,
    sessions,
    signatures,
    tokens,
    uploads,
    user_acts,
    users,
)
from schema.codes import ErrorCode
from schema.known import Known
from schema.limits import Limited, OverLimit
from schema.prices import Prices
from schema.scalars import SCALARS

log = structlog.get_logger()
MOST_ERRORS = 10
HINT = re.compile(r" Did you mean .*\?$", re.DOTALL)


@strawberry.type(description="Entry points for reading.")
class Query(
    nodes_query.NodeQuery,
    users.UserQuery,
    cabinets.CabinetQuery,
    documents.DocumentQuery,
    server.ServerQuery,
):
    """Everything that can be asked."""


@strawberry.type(
    description="Acts. Each is one transaction: done wholly or not at all. A payload's objects are `null` when "
    "`userErrors` is not empty.\nDoing again what is already so (blocking a blocked member) succeeds and sends no "
    "second letter."
)
class Mutation(
    sessions.SessionMutation,
    user_acts.UserMutation,
    certificates.CertificateMutation,
    cabinet_acts.CabinetMutation,
    member_acts.MemberMutation,
    invitations.InvitationMutation,
    tokens.TokenMutation,
    uploads.UploadMutation,
    drafts.DraftMutation,
    signatures.SignatureMutation,
    document_acts.DocumentMutation,
):
    """Everything that can be done."""


@strawberry.type(
    description="Live streams. Rights are looked up anew before every event. A stream that ends because access is lost "
    "says so by a last\n`AccessRevokedEvent`, on every transport; a blocked or removed member who subscribes gets it "
    "as the only event. A cabinet that the\ncaller has nothing to do with is BAD_USER_INPUT, like an id of nothing."
)
class Subscription(events.EventSubscription):
    """Everything that can be followed."""


TYPES = [
    *(kind for noun in (users, tokens, organizations, cabinets, members) for kind in noun.TYPES),
    *(kind for noun in (documents, signatures, journal, uploads, events) for kind in noun.TYPES),
    *(kind for noun in (certificates, sessions) for kind in noun.TYPES),
    *refusals.TYPES,
]


class Snapshot(SchemaExtension):
    """A query or mutation reads one snapshot and has its time; a stream outlives any, its events read what is there."""

    async def on_execute(self) -> AsyncIterator[None]:
        """While the operation runs."""
        kind, context = self.execution_context.operation_type, self.execution_context.context
        if kind is OperationType.SUBSCRIPTION:
            yield
            return
        async with AsyncExitStack() as held:
            await _seated(context, held)
            async with _timed(context, is_query=kind is OperationType.QUERY), context.operation():
                yield


async def _seated(context: Context, held: AsyncExitStack) -> None:
    """Wait for a place, no longer than a query may take, nor than the caller waits: nothing was begun yet."""
    try:
        async with context.line.query(seconds=context.outside.house.limits.query_seconds):
            await held.enter_async_context(context.measures.place(context.caller))
    except TooSlow as error:
        raise Overloaded from error


def _timed(context: Context, *, is_query: bool) -> AbstractAsyncContextManager[None]:
    limits = context.outside.house.limits
    if is_query:
        return context.line.query(seconds=limits.query_seconds)
    return act(seconds=limits.mutation_seconds)


class CabinetSchema(strawberry.Schema):
    """Strawberry's schema, with a fresh context for each operation, our limits and our errors."""

    @cached_property
    def prices(self) -> Prices:
        """What its fields cost."""
        return Prices(self._schema)

    @cached_property
    def known(self) -> Known:
        """What it found valid before."""
        return Known()

    async def execute(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any = None,  # Strawberry's signature; always a Context
        root_value: Any = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """Answer a query or do a mutation; a subscription is asked of `stream` alone."""
        context: Context = context_value.fresh()
        kinds = set(allowed_operation_types or OperationType) - {OperationType.SUBSCRIPTION}
        result = await super().execute(
            query, variable_values, context, root_value, operation_name, kinds, operation_extensions
        )
        return await _shown(result, context)

    async def stream(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any = None,  # Strawberry's signature; always a Context
        root_value: Any = None,
        operation_name: str | None = None,
        operation_extensions: dict[str, Any] | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
    ) -> AsyncGenerator[Any, None]:
        """Answer any operation over a streaming transport; `subscribe` comes here too."""
        context: Context = context_value.fresh()
        results = await super().stream(
            query, variable_values, context, root_value, operation_name, operation_extensions, allowed_operation_types
        )
        return _all_mapped(results, context)

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Nothing: what is unexpected is logged once, where it is mapped."""


async def _all_mapped(results: AsyncGenerator[Any, None], context: Context) -> AsyncGenerator[Any, None]:
    """Strawberry lets out what an extension raises before a stream begins: here it becomes the only answer."""
    try:
        async with aclosing(results):
            async for result in results:
                yield await _shown(result, context)
    except GraphQLError as error:
        yield await _shown(PreExecutionError(data=None, errors=[error]), context)


async def _shown(result: ExecutionResult, context: Context) -> ExecutionResult:
    """The result as this caller may see it: few errors, and no name of the schema that he did not write."""
    shown = _mapped(result, context)
    shown.errors = (shown.errors or [])[:MOST_ERRORS] or None
    hints = [error for error in shown.errors or () if HINT.search(error.message)]
    if hints and not await sessions_of.has_login(context):
        for error in hints:
            error.message = HINT.sub("", error.message)
    return shown


def _mapped(result: ExecutionResult, context: Context) -> ExecutionResult:
    """The result with errors as clients may see them; what nobody expected is logged here, once."""
    shown = []
    for error in result.errors or ():
        cause = refusals.cause_of(error)
        _log(error, context)
        shown.append(refusals.presented(error, context, request_id=context.client.request_id))
        if isinstance(cause, Refusal) and cause.reason is Reason.UNAUTHENTICATED:
            context.outcome.is_unauthenticated = True
            context.measures.learn(context.principal, NOBODY)
        context.outcome.is_unavailable |= isinstance(cause, OutcomeUnknown | Unavailable)
        if isinstance(cause, TooMuch):
            context.outcome.refusal = cause
    result.errors = shown or None
    return result


def _log(error: GraphQLError, context: Context) -> None:
    """What nobody expected, with its trace; one line where the database was away, as every request says it then."""
    cause, request_id = refusals.cause_of(error), context.client.request_id
    if isinstance(error, OverLimit) or isinstance(cause, TooMuch):
        _log_refused(error, context)
    elif (code := refusals.ask_again(cause)) is not None and cause is not None:
        why = type(cause.__cause__ or cause).__name__
        log.error("operation.unavailable", request_id=request_id, code=code.name, cause=why, cost=context.cost)
    elif cause is not None and not isinstance(cause, Refusal):
        log.error("operation.failed", request_id=request_id, cost=context.cost, exc_info=cause)


def _log_refused(error: GraphQLError, context: Context) -> None:
    """What asked too much, with its cost as far as it was told; of a flood, a few lines a second."""
    if not context.measures.is_worth_a_line(context.caller, at=context.outside.clock.now()):
        return
    if isinstance(error, OverLimit):
        code, cost = error.code, error.cost
    else:
        code, cost = refusals.ask_again(refusals.cause_of(error)) or ErrorCode.OVERLOADED, context.cost
    log.info("operation.refused", request_id=context.client.request_id, code=code.name, cost=cost)


def build() -> CabinetSchema:
    """The contract, ready to answer."""
    return CabinetSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=TYPES,
        extensions=[Limited, Snapshot],
        config=StrawberryConfig(scalar_map=SCALARS),
    )


def sdl() -> str:
    """The contract as text: types by name, fields as they stand in the code, so the same every time."""
    return build().as_str() + "\n"
