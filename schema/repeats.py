"""Mutations that a client may repeat under its `idempotencyKey`: done once, answered again with what is there now."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

import strawberry
from strawberry.utils.str_converters import to_camel_case

from models.base import Base
from models.cabinets import Cabinet
from models.documents import Document
from models.members import Member
from models.refusals import Reason, Refusal
from resolvers import cabinets, documents, people
from resolvers.claims import Once, Repeated
from resolvers.context import Context
from resolvers.ports import OutcomeUnknown
from resolvers.retries import persistently

Act = Callable[[Context, Any], Awaitable[dict[str, Any]]]


class Subject(NamedTuple):
    """What a payload is about: the table of its rows, and how they are read again."""

    table: type[Base]
    by_ids: Callable[[Context, Sequence[int | None]], Awaitable[Sequence[Any]]]


SUBJECTS = {
    "member": Subject(Member, people.members_by_id),
    "document": Subject(Document, documents.by_ids),
    "cabinet": Subject(Cabinet, cabinets.by_ids),
}


async def perform(context: Context, payload: type, act: Act, input: Any) -> dict[str, Any]:
    """Perform an act; when it was done before under the key that comes with it, only answer.

    Nothing but the subject's id is stored: the answer is read anew, under the rights of now. Key or none, the act is
    run again when the database asks for it.
    """
    key = getattr(input, "idempotency_key", None)
    if not isinstance(key, str):
        return await persistently(context, lambda: act(context, input))
    name = next(name for name in SUBJECTS if name in payload.__annotations__)
    context.once = Once(key=key, input_sha256=digest(input), subject=SUBJECTS[name].table, path=_path(input))
    try:
        return await _surely(context, lambda: act(context, input))
    except Repeated as repeated:
        return {name: await _again(context, name, repeated.subject_id)}
    finally:
        context.once = None


async def _surely(context: Context, run: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
    """Where the connection broke in COMMIT, the key knows whether it was done: the second run finds it, or acts."""
    try:
        return await persistently(context, run)
    except OutcomeUnknown:
        await context.forget()
        return await persistently(context, run)


async def _again(context: Context, name: str, subject_id: int) -> Any:
    (row,) = await SUBJECTS[name].by_ids(context, [subject_id])
    if row is None:  # access was lost this very moment
        raise Refusal(Reason.NOT_FOUND)
    return row


def _path(input: Any) -> tuple[str, ...] | None:
    """Where an input names a row."""
    named = (field.name for field in dataclasses.fields(input) if field.name.endswith("_id"))
    return next(((to_camel_case(name),) for name in named), None)


def digest(input: Any) -> str:
    """SHA-256 of the mutation, whose input is of a type of its own, and of all that it was given but the key."""
    said = {name: value for name, value in _plain(input).items() if name != "idempotency_key"}
    return hashlib.sha256(json.dumps([type(input).__name__, said], sort_keys=True).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if value is None or value is strawberry.UNSET:
        return None  # left out, or null: the same to every act
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        given = {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {name: inner for name, inner in given.items() if inner is not None}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str | int):
        return value
    raise TypeError(f"say how {type(value).__name__} is told from another")
