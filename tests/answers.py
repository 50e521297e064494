"""What people of one cabinet are answered in every place of the contract, as bytes would be compared."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any

from household import SCHEMA, SUPPLIER
from mirrored import Mirrored, Side
from spots import Operation, Spot, operation

from resolvers import journal
from resolvers.context import Context
from resolvers.ports import Ring
from schema.nodes import decode
from server.bells import MemoryBell

GIVEN: dict[str, dict[str, Any]] = {
    "documentReceive.input.uploadId": {
        "organization": {"taxId": "190000001"},
        "sender": {"organization": SUPPLIER},
        "externalId": "isolation",
    },
}
"""Inputs of which the generator cannot know what is valid."""


class LastBell(MemoryBell):
    """The bell of a server that goes as soon as a stream has told everything there was: so a stream has an end."""

    @asynccontextmanager
    async def armed(self, cabinet_id: int) -> AsyncIterator[Ring]:  # type: ignore[override]  # an ear of another kind
        """Listen until all is told."""
        yield _LastEar(self)


class _LastEar:
    def __init__(self, bell: LastBell) -> None:
        self._bell = bell

    async def wait(self, *, seconds: float) -> None:
        """Nothing more comes."""
        self._bell.is_closed = True


async def answer(world: Mirrored, who: str | None, made: Operation) -> str:
    """What an operation is answered, as bytes would be compared."""
    context = world.house.context(who)
    if made.text.startswith("subscription"):
        return said(await told(context, made))
    result = await SCHEMA.execute(made.text, variable_values=made.variables, context_value=context)
    return said([result])


async def told(context: Context, made: Operation) -> list[Any]:
    """Everything that a stream has to tell by now."""
    outside = replace(context.outside, bell=LastBell())
    heard = Context(outside, context.principal, context.client)
    stream = await SCHEMA.stream(made.text, variable_values=made.variables, context_value=heard)
    async with aclosing(stream):
        return [result async for result in stream]


def said(results: list[Any]) -> str:
    """Data and errors; where in the text of the operation an error lies is left out."""
    return json.dumps(
        [
            (result.data, [(error.message, error.path, error.extensions) for error in result.errors or ()])
            for result in results
        ],
        ensure_ascii=False,
        default=str,
    )


def good(side: Side, spot: Spot) -> dict[str, str]:
    """Ids of one's own for what else an operation names; acts are tried on a draft, questions on what was received."""
    used_up = {"Document": side.ids["Draft"], "Member": side.ids["Colleague"]}
    return {**side.ids, **used_up} if spot.root == "mutation" else side.ids


def put(world: Mirrored, side: Side, spot: Spot, value: Any) -> Operation:
    """The operation of a side with this value in this place; a stream tells everything from its beginning on."""
    also = {}
    if spot.root == "subscription" and spot.name != "after":
        _, row_id = decode(side.ids["Cabinet"]) or ("", 0)
        also = {"after": journal.seal(world.house.system, row_id, 0)}
    return operation(spot, value, good=good(side, spot), given=GIVEN.get(str(spot)), also=also)


async def asked(world: Mirrored, role: str, spot: Spot, value: Any) -> str:
    """What somebody of our side is answered with this value in this place, the value itself left out.

    Documents are delivered by the exchange alone.
    """
    who = "exchange" if spot.chain == ("documentReceive",) else world.own.people[role]
    found = await answer(world, who, put(world, world.own, spot, value))
    return found.replace(json.dumps(value, ensure_ascii=False)[1:-1] or "•", "•")
