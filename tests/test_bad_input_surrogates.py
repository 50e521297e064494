"""Lone surrogates, which no encoding has, and NUL, which PostgreSQL does not take: refused as other wrong texts are."""

from __future__ import annotations

import pytest
from clients import Refused
from household import NAMES, Household, address
from town import BASIS, PASSWORD, REGISTER
from wishes import ADD_MEMBER, SET_PASSWORD

pytestmark = pytest.mark.anyio

BROKEN = "abc\ud800def"
NO_TEXTS = [BROKEN, "abc\0def", "\0"]
LOG_IN = "mutation($i: SessionCreateInput!) { sessionCreate(input: $i) { accessToken userErrors { code path } } }"
FOLDER = """query($c: ID!, $s: String) { cabinet(id: $c) {
  folder(kind: INCOMING) { documents(filter: { search: $s }) { nodes { id } } } } }"""
COUNTERPARTIES = "query($c: ID!, $s: String) { cabinet(id: $c) { counterparties(search: $s) { name } } }"
CABINETS = "query($s: String) { cabinets(search: $s) { nodes { id } } }"
SEARCHES = [("urbanovich", COUNTERPARTIES), ("hotline", CABINETS), ("urbanovich", FOLDER)]


@pytest.mark.parametrize("said", NO_TEXTS)
@pytest.mark.parametrize(("who", "query"), SEARCHES, ids=["counterparties", "cabinets", "documents"])
async def test_nothing_is_searched_by_what_is_no_text(house: Household, who: str, query: str, said: str) -> None:
    """A8: BAD_USER_INPUT, not our fault."""
    where = {} if query == CABINETS else {"c": house.cabinets["romashka"]}
    with pytest.raises(Refused) as refused:
        await house.ask(who, query, s=said, **where)
    assert refused.value.codes == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("sign", ["\ud800", "\0"])
@pytest.mark.parametrize("wrong", ["email", "password"])
async def test_nobody_logs_in_by_what_is_no_text(house: Household, wrong: str, sign: str) -> None:
    """EH96: answered like any other wrong address or password."""
    await house.act(None, SET_PASSWORD, token=await house.invitation("chaika"), newPassword=PASSWORD)
    right = {"email": address("chaika"), "password": PASSWORD}
    async with house.nothing_happens():
        payload = await house.try_to(None, LOG_IN, **{**right, wrong: right[wrong] + sign})
    assert payload == {"accessToken": None, "userErrors": [{"code": "INVALID_CREDENTIALS", "path": None}]}


async def test_a_password_is_a_text(house: Household) -> None:
    """INVALID at `newPassword`; the code is not spent."""
    async with house.nothing_happens():
        payload = await house.try_to(
            None, SET_PASSWORD, token=await house.invitation("chaika"), newPassword="\udfff" + PASSWORD
        )
    assert payload["userErrors"] == [{"code": "INVALID", "path": ["newPassword"]}]
    await house.act(None, SET_PASSWORD, token=await house.invitation("chaika"), newPassword=PASSWORD)


@pytest.mark.parametrize(
    "email", [*NO_TEXTS, "\ud800@romashka.example", "a@romashka\udc00.example", "\0@romashka.example"]
)
@pytest.mark.parametrize("is_new", [True, False], ids=["new", "known"])
async def test_nobody_is_added_by_what_is_no_address(house: Household, email: str, is_new: bool) -> None:
    """A refusal at its place; no account, no membership."""
    member = {"newUser": {"displayName": NAMES["stranger"], "email": email}} if is_new else {"email": email}
    async with house.nothing_happens():
        payload = await house.try_to(
            "hotline", ADD_MEMBER, cabinetId=house.cabinets["romashka"], member=member, basis=BASIS
        )
    assert [error["code"] for error in payload["userErrors"]] == ["INVALID" if is_new else "NOT_FOUND"]


async def test_no_challenge_is_what_is_no_text(house: Household) -> None:
    """TOKEN_EXPIRED, as for every text that was never asked."""
    async with house.nothing_happens():
        payload = await house.try_to("kolesnik", REGISTER, challenge=BROKEN, proof="AA==")
    assert [error["code"] for error in payload["userErrors"]] == ["TOKEN_EXPIRED"]
