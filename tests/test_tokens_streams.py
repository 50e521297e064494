"""A stream that a program opened ends with its token, whatever ended that (EE72)."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import pytest
from household import SCHEMA, Household
from wishes import REVOKE_TOKEN, UPDATE_MEMBER

pytestmark = pytest.mark.anyio

LIVE = """subscription($c: ID!, $a: String) { cabinetEvents(cabinetId: $c, after: $a) {
  __typename entry { kind } ... on AccessRevokedEvent { reason } } }"""
CURSOR = "query($c: ID!) { cabinet(id: $c) { eventCursor } }"


async def end(house: Household, ending: str, token_id: str) -> None:
    """End a token in one of the ways that there are."""
    if ending == "revoked":
        await house.act("shcherbo", REVOKE_TOKEN, apiTokenId=token_id)
    elif ending == "expired":
        house.clock.move(timedelta(days=2))
    elif ending == "blocked":
        await house.block("shcherbo")
    else:
        await house.act("shcherbo", UPDATE_MEMBER, memberId=house.members["chaika"], role="ADMIN")
        await house.act("shcherbo", UPDATE_MEMBER, memberId=house.members["shcherbo"], role="MEMBER")


@pytest.mark.parametrize("ending", ["revoked", "expired", "blocked", "demoted"])
async def test_a_programs_stream_ends_with_its_token(house: Household, ending: str) -> None:
    """EE72, EH87: LOGIN_ENDED is the last event; nothing that was recorded after the end is delivered."""
    until = (house.clock.now() + timedelta(days=1)).isoformat()
    token_id = await house.give_token("1C", "READ", expiresAt=until)
    variables = {"c": house.cabinets["romashka"], "a": await cursor(house)}
    await house.receive("before", "kolesnik")
    stream: Any = await SCHEMA.subscribe(LIVE, variables, house.context("1C"))
    async with aclosing(stream) as events, asyncio.timeout(20):
        assert (await anext(events)).data["cabinetEvents"]["entry"] == {"kind": "DOCUMENT_RECEIVED"}
        await end(house, ending, token_id)
        await house.receive("after", "kolesnik")
        came: list[Any] = [result.data["cabinetEvents"] async for result in events]
    assert came == [{"__typename": "AccessRevokedEvent", "entry": None, "reason": "LOGIN_ENDED"}]


async def cursor(house: Household) -> str:
    """Position of the newest event."""
    return str((await house.ask("kolesnik", CURSOR, c=house.cabinets["romashka"]))["cabinet"]["eventCursor"])
