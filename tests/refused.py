"""How a refusal is shown to be one: code and place, a sentence in each language, and a world that did not change."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from household import SCHEMA, Household
from sqlalchemy import select, update

from models.accounts import Locale, User
from models.base import Base
from resolvers.context import Client, Context

LANGUAGES = (Locale.BE, Locale.EN, Locale.RU)  # the last one is what everybody has from the start
ERRORS = """userErrors { __typename code message path
  ... on CannotSignError { reasons }
  ... on StateConflictError {
    document { id status } member { id state }
    signature { id signedAt signatory { personName } } }
  ... on WarningsNotAcknowledgedError { warnings { code message } } }"""


@dataclass(frozen=True)
class Told:
    """One user error: for programs, and as it reads in Russian, Belarusian and English."""

    code: str
    path: list[str] | None
    error: dict[str, Any]
    messages: dict[Locale, str]

    @property
    def place(self) -> tuple[str, list[str] | None]:
        """Code and path, for one comparison."""
        return self.code, self.path

    @property
    def ru(self) -> str:
        """The sentence that most people read."""
        return self.messages[Locale.RU]


def asking(mutation: str) -> str:
    """The text of a mutation that asks for nothing but its errors."""
    return f"mutation($i: {mutation[0].upper()}{mutation[1:]}Input!) {{ {mutation}(input: $i) {{ {ERRORS} }} }}"


async def contents(house: Household) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table as it stands. Tries are counted all the same."""
    async with house.world.database.snapshot() as session:
        return {
            table.name: [tuple(row) for row in await session.execute(select(table).order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
            if table.name != "tallies"
        }


@asynccontextmanager
async def nothing_changes(house: Household) -> AsyncIterator[None]:
    """More than `nothing_happens`: no column of any row is another one afterwards."""
    before = await contents(house)
    yield
    assert await contents(house) == before


async def refusal(house: Household, who: str | None, mutation: str, **input: Any) -> Told:
    """The only error of a refused mutation, asked for in every language; nothing changes."""
    errors: dict[Locale, dict[str, Any]] = {}
    async with nothing_changes(house):
        for language in LANGUAGES:
            errors[language] = await _error(house, who, language, mutation, input)
    messages = {language: str(error["message"]) for language, error in errors.items()}
    _require_sentences(messages)
    error = errors[Locale.RU]
    assert {(e["code"], str(e["path"])) for e in errors.values()} == {(error["code"], str(error["path"]))}
    return Told(error["code"], error["path"], error, messages)


async def _error(
    house: Household, who: str | None, language: Locale, mutation: str, input: dict[str, Any]
) -> dict[str, Any]:
    """The error in somebody's own language; whoever has no account says it in his request."""
    context, speaks = house.context(who), Locale.RU
    if who in house.users:
        await _speak(house, house.users[who or ""], language)
    else:
        speaks = language
    context = Context(context.outside, context.principal, Client(locale=speaks))
    result = await SCHEMA.execute(asking(mutation), variable_values={"i": input}, context_value=context)
    assert result.errors is None and result.data is not None, result.errors
    (payload,) = result.data.values()
    (error,) = payload["userErrors"]
    return dict(error)


async def _speak(house: Household, user_id: int, language: Locale) -> None:
    async with house.world.database.transaction() as session:
        await session.execute(update(User).where(User.id == user_id).values(locale=language))


def _require_sentences(messages: dict[Locale, str]) -> None:
    """A sentence in each language, each in its own, with no placeholder left in it."""
    assert len(set(messages.values())) == len(LANGUAGES), messages
    for message in messages.values():
        assert len(message) > 8 and message[0].isupper() and message[-1] in ".!»", message
        assert not set("{}") & set(message) and "None" not in message, message
