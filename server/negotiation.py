"""In which media type an answer comes, and with which status, as the draft of GraphQL over HTTP says (A6)."""

from __future__ import annotations

from collections.abc import Iterable

from graphql import GraphQLError
from strawberry.types import ExecutionResult

from schema.codes import ErrorCode

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
STATUSES = {
    ErrorCode.UNAUTHENTICATED: 401,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.INTERNAL: 500,
    ErrorCode.UNAVAILABLE: 503,
    ErrorCode.OVERLOADED: 503,
    ErrorCode.UNKNOWN_OUTCOME: 503,
    ErrorCode.TIMEOUT: 504,
}


def media_type(accept: str) -> str | None:
    """The better liked of the two; `application/json` where nothing is said, None where neither will do."""
    ranges = dict(_ranges(accept))
    if not ranges:
        return JSON
    kinds = (GRAPHQL, JSON) if GRAPHQL in ranges else (JSON, GRAPHQL)
    liked = max(kinds, key=lambda kind: _liking(ranges, kind))
    return liked if _liking(ranges, liked) > 0 else None


def _ranges(accept: str) -> Iterable[tuple[str, float]]:
    """Media ranges with their quality; what is no range makes no sense and does not count."""
    for part in accept.lower().split(","):
        kind, *parameters = (piece.strip() for piece in part.split(";"))
        if "/" in kind:
            yield kind, next(map(_quality, (said for said in parameters if said.startswith("q="))), 1.0)


def _quality(parameter: str) -> float:
    try:
        return float(parameter.removeprefix("q="))
    except ValueError:
        return 1.0


def _liking(ranges: dict[str, float], kind: str) -> float:
    """The quality of the narrowest range that holds it."""
    return next((ranges[held] for held in (kind, "application/*", "*/*") if held in ranges), 0.0)


def has_run(result: ExecutionResult) -> bool:
    """Whether anything was executed: there is data, or an error of a field."""
    return result.data is not None or any(error.path is not None for error in result.errors or ())


def refused_whole(result: ExecutionResult) -> ExecutionResult:
    """Without what did run: beside data the draft knows no 401, and whose bearer opens nothing gets nothing (B)."""
    code = ErrorCode.UNAUTHENTICATED.name
    errors = sorted(result.errors or (), key=lambda error: (error.extensions or {}).get("code") != code)
    return ExecutionResult(
        data=None, errors=[GraphQLError(error.message, extensions=error.extensions) for error in errors[:1]]
    )


def status_of(result: ExecutionResult, *, form: str) -> int:
    """200; for `application/graphql-response+json` that of the first error where nothing ran."""
    if form == JSON or has_run(result) or not result.errors:
        return 200
    code = (result.errors[0].extensions or {}).get("code")
    return next((status for known, status in STATUSES.items() if known.name == code), 400)
