"""Scalars, and the descriptions of enumerations that the models own."""

import base64
import binascii
from datetime import UTC, datetime
from enum import Enum
from typing import Any, NewType, TypeVar

import strawberry
from graphql import GraphQLError

E = TypeVar("E", bound=type[Enum])


def _moment(text: object) -> datetime:
    try:
        value = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise GraphQLError("not an RFC 3339 date-time") from error
    if value.tzinfo is None or len(str(text)) < 16:
        raise GraphQLError("a date-time needs its offset")
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise GraphQLError("a date-time beyond the calendar") from error


def _shown(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _bytes(text: object) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError) as error:
        raise GraphQLError("not standard base64") from error


URI = NewType("URI", str)
Base64 = NewType("Base64", bytes)

SCALARS: dict[Any, Any] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="RFC 3339 date-time in UTC, e.g. `2026-11-24T09:30:00Z`, with microseconds where there are any. "
        "An input may have another offset, never none.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time",
        serialize=_shown,
        parse_value=_moment,
    ),
    URI: strawberry.scalar(name="URI", description="RFC 3986 URI.", serialize=str, parse_value=str),
    Base64: strawberry.scalar(
        name="Base64",
        description="Standard base64 (RFC 4648) without line breaks.",
        serialize=lambda value: base64.b64encode(value).decode(),
        parse_value=_bytes,
    ),
}


def described(kind: E, description: str, *, named: str | None = None, **values: str) -> E:
    """An enumeration of the models as the contract shows it: every value described, none forgotten."""
    if set(values) != {member.name for member in kind}:
        raise TypeError(f"{kind.__name__}: describe each of {[member.name for member in kind]}")
    shown = strawberry.enum(kind, name=named, description=description)
    for value in shown.__strawberry_definition__.values:  # type: ignore[attr-defined]  # Strawberry's own mark
        value.description = values[value.name]
    return shown
