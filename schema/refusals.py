"""`userErrors` and top-level errors: every way from an exception to a client.

`refused` turns what an act raises into its payload; `presented` turns what a query raises into `errors[].extensions`.
The sentence is made here, where the caller's language is known.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

import words
from models.exchanges import DocumentStatus
from models.refusals import Reason, Refusal
from resolvers import documents, people, sessions, signatures
from resolvers.context import Context
from resolvers.measures import Overloaded, RateLimited, TooMuch
from resolvers.ports import OutcomeUnknown, TooSlow, Unavailable
from schema.codes import ErrorCode
from schema.fields import batched, told
from schema.kinds import CannotSignReason
from schema.limits import OverLimit
from schema.lists import require_short
from schema.repeats import perform

if TYPE_CHECKING:
    from schema.documents import Document
    from schema.members import Member
    from schema.signatures import Signature, SigningWarning

TOP_LEVEL = {Reason.UNAUTHENTICATED: ErrorCode.UNAUTHENTICATED, Reason.BAD_USER_INPUT: ErrorCode.BAD_USER_INPUT}
BAD_VALUES = re.compile(r"Variable '\$\w+' has invalid value|Variable values ")  # graphql-core says it in words only
UNASKABLE = (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError)
PASSING = {
    OutcomeUnknown: ErrorCode.UNKNOWN_OUTCOME,
    Unavailable: ErrorCode.UNAVAILABLE,
    TooSlow: ErrorCode.TIMEOUT,
    RateLimited: ErrorCode.RATE_LIMITED,
    Overloaded: ErrorCode.OVERLOADED,
}
CONFLICTS = {
    Reason.ALREADY_A_MEMBER,
    Reason.MEMBER_IS_BLOCKED,
    Reason.MEMBER_IS_REMOVED,
    Reason.LAST_ADMIN,
    Reason.ALREADY_SIGNED,
    Reason.DOCUMENT_NOT_OPEN,
    Reason.DOCUMENT_CHANGED,
}


@strawberry.interface(
    description="Something the user can act on. `code`, `message` and `path` need no fragment; some errors carry more, "
    "by their concrete type."
)
class UserError:
    """What every refusal shows."""

    code: ErrorCode = strawberry.field(
        description="Stable, for programs. New values may appear: treat an unknown one as a plain failure."
    )
    message: str = strawberry.field(
        description="Ready to show, in the caller's language; names the thing and says what is."
    )
    path: list[str] | None = strawberry.field(
        description='Path inside `input` that caused it, e.g. `["member", "newUser", "email"]`; '
        "`null` when no field did."
    )


def told_errors() -> Any:
    """The `user_errors` of a payload: one, if any."""
    return strawberry.field(
        description="Empty when all went well; otherwise nothing has been changed.",
        default_factory=list,
    )


CODE, MESSAGE, PATH = "For programs.", "For people.", "Where in `input`."


@strawberry.type(description="A failure that carries nothing more than the common fields.")
class InputError(UserError):
    """A plain refusal."""

    code: ErrorCode = strawberry.field(description=CODE)
    message: str = strawberry.field(description=MESSAGE)
    path: list[str] | None = strawberry.field(description=PATH)


async def _member(context: Context, errors: list[StateConflictError]) -> list[Any]:
    return await people.members_by_id(context, _ids(errors, "member_id"))


async def _document(context: Context, errors: list[StateConflictError]) -> list[Any]:
    return await documents.by_ids(context, _ids(errors, "document_id"))


async def _signature(context: Context, errors: list[StateConflictError]) -> list[Any]:
    return await signatures.by_ids(context, _ids(errors, "signature_id"))


def _ids(errors: list[StateConflictError], fact: str) -> list[int | None]:
    given = [error.facts.get(fact) for error in errors]
    return [value if isinstance(value, int) else None for value in given]


@strawberry.type(
    description="The act does not fit what is there by now; that comes with it, so that a stale client can redraw."
)
class StateConflictError(UserError):
    """A refusal with what is there."""

    code: ErrorCode = strawberry.field(description=CODE)
    message: str = strawberry.field(description=MESSAGE)
    path: list[str] | None = strawberry.field(description=PATH)
    facts: strawberry.Private[dict[str, object]]
    member: Annotated[Member, strawberry.lazy("schema.members")] | None = batched(_member, "The member as he is.")
    document: Annotated[Document, strawberry.lazy("schema.documents")] | None = batched(
        _document, "The document as it is."
    )
    signature: Annotated[Signature, strawberry.lazy("schema.signatures")] | None = batched(
        _signature, "For ALREADY_SIGNED: whose (`signatory`) and when (`signedAt`)."
    )

    def __hash__(self) -> int:
        """A loader's key."""
        return id(self)


@strawberry.type(description="The caller cannot sign this document now.")
class CannotSignError(UserError):
    """A refusal with every reason."""

    code: ErrorCode = strawberry.field(description=CODE)
    message: str = strawberry.field(description=MESSAGE)
    path: list[str] | None = strawberry.field(description=PATH)
    facts: strawberry.Private[dict[str, object]]
    reasons: list[CannotSignReason] = told(lambda error: error.facts["reasons"], "Why not.")


@strawberry.type(description="Show these to the user, then repeat with their codes in `acknowledgedWarnings`.")
class WarningsNotAcknowledgedError(UserError):
    """A refusal with what was not read."""

    code: ErrorCode = strawberry.field(description=CODE)
    message: str = strawberry.field(description=MESSAGE)
    path: list[str] | None = strawberry.field(description=PATH)
    facts: strawberry.Private[dict[str, object]]
    warnings: list[Annotated[SigningWarning, strawberry.lazy("schema.signatures")]] = told(
        lambda error: error.facts["warnings"], "What to show.", usual=3
    )


async def refused(
    context: Context, payload: type, act: Callable[[Context, Any], Awaitable[dict[str, Any]]], input: Any
) -> Any:
    """Perform an act; its objects, or its refusal as the payload's only user error. Top-level reasons raise on."""
    try:
        require_short(context, input)
        return payload(**await perform(context, payload, act, input), user_errors=[])
    except Refusal as refusal:
        if refusal.reason in TOP_LEVEL:
            raise
        await context.forget()
        error = user_error(context, refusal, zone=await sessions.time_zone(context))
        given = (field.name for field in dataclasses.fields(payload) if field.init)
        blank = {name: None for name in given if name != "user_errors"}
        return payload(**blank, user_errors=[error])


def user_error(context: Context, refusal: Refusal, *, zone: str) -> UserError:
    """A refusal as the contract shows it; moments are told in `zone`, an IANA name."""
    plain: dict[str, Any] = {
        "code": ErrorCode[refusal.reason.name],
        "message": sentence(context, refusal, zone=zone),
        "path": list(refusal.path) if refusal.path else None,
    }
    if refusal.reason in CONFLICTS:
        return StateConflictError(**plain, facts=refusal.facts)
    if refusal.reason is Reason.CANNOT_SIGN:
        return CannotSignError(**plain, facts=refusal.facts)
    if refusal.reason is Reason.WARNINGS_NOT_ACKNOWLEDGED:
        return WarningsNotAcknowledgedError(**plain, facts=refusal.facts)
    return InputError(**plain)


def sentence(context: Context, refusal: Refusal, *, zone: str) -> str:
    """What a refusal says, in the caller's language."""
    return spoken(refusal, locale=context.locale.value.lower(), zone=zone)


def spoken(refusal: Refusal, *, locale: str, zone: str) -> str:
    """What a refusal says in a language; moments are told in `zone`."""
    facts = {name: _said(refusal, name, locale, zone) for name, value in refusal.facts.items() if value is not None}
    detail = facts.pop("detail", None)
    return words.reason_message(refusal.reason.value, locale, detail=str(detail) if detail else None, **facts)


def _said(refusal: Refusal, name: str, locale: str, zone: str) -> object:
    value = refusal.facts[name]
    if isinstance(value, DocumentStatus):
        return words.say(f"status.{value.value}.{refusal.facts['status_side']}", locale)
    if name == "at":
        return words.moment(value, locale, zone)  # type: ignore[arg-type]  # a datetime
    if name == "reasons" and isinstance(value, list):
        return " ".join(words.say(f"cannot.{reason.value}", locale) for reason in value)
    if name == "warnings" and isinstance(value, list):
        return " ".join(words.say(f"warning.{w.code.value}", locale, **w.facts) for w in value)
    return value


def cause_of(error: GraphQLError) -> Exception | None:
    """What was raised; None where GraphQL itself found the request wanting."""
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return None if isinstance(cause, UNASKABLE) else cause


def ask_again(cause: Exception | None) -> ErrorCode | None:
    """Whether it was the server's bad moment, or too much to ask: the same request, or less, may go well soon."""
    return next((code for kind, code in PASSING.items() if isinstance(cause, kind)), None)


def presented(error: GraphQLError, context: Context, *, request_id: str) -> GraphQLError:
    """An error as a client may see it: a code, a sentence, a request id; nothing of ours that went wrong inside."""
    cause, facts = cause_of(error), _facts(error)
    if isinstance(cause, Refusal):
        code = TOP_LEVEL.get(cause.reason, ErrorCode.BAD_USER_INPUT)
        message = sentence(context, cause, zone=context.outside.house.time_zone)
    elif cause is not None:
        code = ask_again(cause) or ErrorCode.INTERNAL
        message = words.reason_message(code.name, context.locale.value.lower())
    else:
        code, message = _code_of(error), error.message
    return GraphQLError(
        message[:300],
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions={"code": code.name, "requestId": request_id, **facts},
    )


def _facts(error: GraphQLError) -> dict[str, object]:
    if isinstance(error, OverLimit):
        return error.facts
    cause = cause_of(error)
    return {"retryAfter": cause.retry_after} if isinstance(cause, TooMuch) else {}


def _code_of(error: GraphQLError) -> ErrorCode:
    """What is wrong before anything runs: too much is asked, the text, the document or the values given with it."""
    if isinstance(error, OverLimit):
        return error.code
    if isinstance(error, GraphQLSyntaxError):
        return ErrorCode.GRAPHQL_PARSE_FAILED
    if isinstance(error.original_error, UNASKABLE):
        return ErrorCode.BAD_REQUEST
    is_of_values = error.path is not None or not error.nodes or BAD_VALUES.match(error.message) is not None
    return ErrorCode.BAD_USER_INPUT if is_of_values else ErrorCode.GRAPHQL_VALIDATION_FAILED


TYPES: list[Any] = [InputError, StateConflictError, CannotSignError, WarningsNotAcknowledgedError]
