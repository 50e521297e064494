"""Logins and the codes of letters: by address and password, ended elsewhere, spent once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from clients import Refused
from household import NAMES, SCHEMA, Household, address
from sqlalchemy import select
from town import PASSWORD
from wishes import SET_PASSWORD, VIEW, Noted, codes, noted

from models.accounts import Locale, Session
from resolvers import owner, tokens
from resolvers.context import Client, Context
from resolvers.rights import Principal

pytestmark = pytest.mark.anyio

LOG_IN = """mutation($i: SessionCreateInput!) { sessionCreate(input: $i) {
  viewer { displayName email } accessToken session { id isCurrent clientAddress userAgent createdAt expiresAt }
  userErrors { code path } } }"""
SET = "mutation($i: PasswordResetInput!) { passwordReset(input: $i) { userErrors { message } } }"
LOG_OUT = "mutation($i: SessionDeleteInput!) { sessionDelete(input: $i) { deletedSessionId userErrors { code path } } }"
MINE = "{ viewer { displayName sessions { id isCurrent userAgent } } }"
OTHER = (
    "query($u: ID!, $s: ID!) { node(id: $u) { ... on User { sessions { id } email } } session: node(id: $s) { id } }"
)


@dataclass
class Device:
    """Where somebody is logged in: a token, and the program that shows it."""

    house: Household
    token: str

    async def ask(self, query: str, **variables: Any) -> Any:
        """`data`; top-level errors raise `Refused`."""
        principal = Principal(token_hash=tokens.hash_of(self.token))
        context = Context(self.house.world, principal, Client(address="192.0.2.9", user_agent="phone"))
        result = await SCHEMA.execute(query, variable_values=variables, context_value=context)
        if result.errors:
            raise Refused([{"extensions": error.extensions} for error in result.errors])
        return result.data

    async def is_dead(self) -> bool:
        """Whether its requests are UNAUTHENTICATED."""
        try:
            await self.ask(MINE)
        except Refused as refused:
            assert refused.codes == ["UNAUTHENTICATED"]
            return True
        return False


async def registered(house: Household, who: str) -> None:
    """Somebody has followed his invitation and has a password."""
    await house.act(None, SET_PASSWORD, token=await house.invitation(who), newPassword=PASSWORD)


async def device(house: Household, who: str) -> Device:
    """A new login by e-mail and password."""
    made = await house.act(None, LOG_IN, email=address(who), password=PASSWORD)
    return Device(house, made["accessToken"])


async def test_letter_case_of_the_address_does_not_matter(house: Household) -> None:
    """EA12: one account however its address is typed; the token is shown this once, its digest is kept."""
    await registered(house, "chaika")
    async with noted(house) as came:
        made = await house.act(None, LOG_IN, email="  ChAiKa@ROMASHKA.example ", password=PASSWORD)
    assert came == Noted()
    assert made["viewer"] == {"displayName": NAMES["chaika"], "email": address("chaika")}
    assert made["session"] == {
        "id": made["session"]["id"],
        "isCurrent": True,
        "clientAddress": "192.0.2.7",
        "userAgent": "household",
        "createdAt": "2026-11-24T09:00:00Z",
        "expiresAt": "2026-12-08T09:00:00Z",
    }
    async with house.system.reading() as reading:
        (row,) = await reading.all(select(Session).where(Session.user_id == house.users["chaika"]))
    assert row.token_hash == tokens.hash_of(made["accessToken"]) != made["accessToken"]


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (address("chaika"), "not his password"),
        (address("chaika"), PASSWORD.upper()),
        (address("chaika"), PASSWORD + " "),
        (address("kolesnik"), PASSWORD),
        ("nobody@romashka.example", PASSWORD),
        ("not an address", PASSWORD),
        ("", ""),
    ],
    ids=["other", "case", "blank", "incomplete account (EA14)", "unknown", "no address", "nothing"],
)
async def test_whoever_cannot_log_in_is_answered_alike(house: Household, email: str, password: str) -> None:
    """EH96: INVALID_CREDENTIALS for known and unknown addresses, with the same words; nothing happens."""
    await registered(house, "chaika")
    async with house.nothing_happens():
        payload = await house.try_to(None, LOG_IN, email=email, password=password)
    assert payload == {
        "viewer": None,
        "accessToken": None,
        "session": None,
        "userErrors": [{"code": "INVALID_CREDENTIALS", "path": None}],
    }


async def test_a_session_ended_elsewhere_is_dead_at_once(house: Household) -> None:
    """EH88: its requests are UNAUTHENTICATED, the other one goes on; ended once, it is there no more."""
    await registered(house, "chaika")
    phone, desk = await device(house, "chaika"), await device(house, "chaika")
    document_id = await house.receive("eh88", "chaika")
    seen = (await desk.ask(MINE))["viewer"]["sessions"]
    (lost,) = [session["id"] for session in seen if not session["isCurrent"]]
    assert len(seen) == 2
    ended = await desk.ask(LOG_OUT, i={"sessionId": lost})
    assert ended["sessionDelete"] == {"deletedSessionId": lost, "userErrors": []}
    assert (await phone.is_dead(), await desk.is_dead()) == (True, False)
    assert [session["isCurrent"] for session in (await desk.ask(MINE))["viewer"]["sessions"]] == [True]
    async with house.nothing_happens():
        with pytest.raises(Refused) as refused:
            await phone.ask(VIEW, i={"documentId": document_id})
    assert refused.value.codes == ["UNAUTHENTICATED"]
    await desk.ask(LOG_OUT, i={})
    assert await desk.is_dead()


async def test_nobody_sees_or_ends_another_one_s_session(house: Household) -> None:
    """EH88, EE74: NOT_FOUND alike for another's and for what never was; nonsense never ends the current one."""
    await registered(house, "chaika")
    await registered(house, "kolesnik")
    hers, his = await device(house, "kolesnik"), await device(house, "chaika")
    (session,) = (await hers.ask(MINE))["viewer"]["sessions"]
    user = (await hers.ask("{ viewer { id } }"))["viewer"]["id"]
    for wrong in (session["id"], user, "nonsense", "U2Vzc2lvbjo5OTk"):
        async with house.nothing_happens():
            refused = await his.ask(LOG_OUT, i={"sessionId": wrong})
        assert refused["sessionDelete"]["userErrors"] == [{"code": "NOT_FOUND", "path": ["sessionId"]}]
    assert await his.ask(OTHER, u=user, s=session["id"]) == {
        "node": {"sessions": None, "email": address("kolesnik")},
        "session": None,
    }
    assert (await hers.is_dead(), await his.is_dead()) == (False, False)


async def test_an_unused_session_ends_by_itself(house: Household) -> None:
    """A session lasts fourteen days from its last use, and no second longer."""
    await registered(house, "chaika")
    phone = await device(house, "chaika")
    house.clock.move(timedelta(days=14, seconds=-1))
    assert not await phone.is_dead()
    house.clock.move(timedelta(seconds=1))
    assert await phone.is_dead()


async def test_a_code_is_spent_once(house: Household) -> None:
    """EH89: the second use is TOKEN_EXPIRED, and the password stays that of the first."""
    code = await house.invitation("chaika")
    await house.act(None, SET_PASSWORD, token=code, newPassword=PASSWORD)
    async with house.nothing_happens():
        again = await house.try_to(None, SET_PASSWORD, token=code, newPassword="another password")
    assert again["userErrors"] == [{"code": "TOKEN_EXPIRED", "path": ["token"]}]
    assert await codes(house, None, LOG_IN, email=address("chaika"), password=PASSWORD) == []
    assert await codes(house, None, LOG_IN, email=address("chaika"), password="another password") != []


async def test_a_code_lives_for_a_week(house: Household) -> None:
    """EA14: after seven days it is dead; the member is still there, incomplete, and letters to him go on."""
    code = await house.invitation("chaika")
    house.clock.move(timedelta(days=7))
    async with house.nothing_happens():
        assert await codes(house, None, SET_PASSWORD, token=code, newPassword=PASSWORD) == ["TOKEN_EXPIRED"]
    seen = await house.ask("kolesnik", "{ cabinet { members(filter: {registration: INCOMPLETE}) { totalCount } } }")
    assert seen["cabinet"]["members"]["totalCount"] == 5
    async with noted(house) as came:
        await house.receive("ea14", "kolesnik")
    assert "chaika" in came.readers("document.received")


@pytest.mark.parametrize(
    ("token", "password", "error"),
    [
        ("nonsense", PASSWORD, ("TOKEN_EXPIRED", "token")),
        ("", PASSWORD, ("TOKEN_EXPIRED", "token")),
        (None, "девять зн", ("INVALID", "newPassword")),
        (None, "", ("INVALID", "newPassword")),
        (None, "я" * 129, ("INVALID", "newPassword")),
    ],
    ids=["nonsense", "nothing", "nine signs", "empty", "129 signs"],
)
async def test_a_password_that_cannot_be_set_spends_no_code(
    house: Household, token: str | None, password: str, error: tuple[str, str]
) -> None:
    """EH89: what is wrong is said; the code still works afterwards, for 10 to 128 signs."""
    code = await house.invitation("chaika")
    async with house.nothing_happens():
        payload = await house.try_to(None, SET_PASSWORD, token=code if token is None else token, newPassword=password)
    assert payload["userErrors"] == [{"code": error[0], "path": [error[1]]}]
    assert payload["viewer"] is None
    await house.act(None, SET_PASSWORD, token=code, newPassword="я" * 128)


@pytest.mark.parametrize("length", [9, 129])
@pytest.mark.parametrize(
    ("locale", "said"),
    [
        (Locale.RU, "Длина пароля — от 10 до 128 символов."),
        (Locale.BE, "Даўжыня пароля — ад 10 да 128 сімвалаў."),
        (Locale.EN, "A password is from 10 to 128 characters long."),
    ],
)
async def test_a_password_of_another_length_is_told_which(
    house: Household, length: int, locale: Locale, said: str
) -> None:
    """C16: whoever chooses a password too short or too long reads both bounds, in his language."""
    wish = {"token": await house.invitation("chaika"), "newPassword": "я" * length}
    context = Context(house.world, Principal(), Client(locale=locale))
    answer = await SCHEMA.execute(SET, variable_values={"i": wish}, context_value=context)
    assert [error["message"] for error in (answer.data or {})["passwordReset"]["userErrors"]] == [said]


async def test_a_new_password_ends_every_session(house: Household) -> None:
    """EH88: whoever was logged in meanwhile is not any more, by whatever way he came."""
    token = await owner.session_of(house.system, email=address("chaika"))
    before = Device(house, token)
    assert not await before.is_dead()
    await registered(house, "chaika")
    assert await before.is_dead()
    assert not await (await device(house, "chaika")).is_dead()


async def test_without_a_login_there_is_nothing(house: Household) -> None:
    """C16: questions are answered by nothing, acts are UNAUTHENTICATED; what needs no login works."""
    document_id = await house.receive("c16", "kolesnik")
    asked = """query($d: ID!, $c: ID!) { viewer { id } cabinet(id: $c) { id } document(id: $d) { id }
      node(id: $d) { id } cabinets { totalCount } server { loginMethods locales } }"""
    assert await house.ask(None, asked, d=document_id, c=house.cabinets["romashka"]) == {
        "viewer": None,
        "cabinet": None,
        "document": None,
        "node": None,
        "cabinets": {"totalCount": 0},
        "server": {"loginMethods": ["PASSWORD"], "locales": ["RU", "BE", "EN"]},
    }
    async with house.nothing_happens():
        with pytest.raises(Refused) as refused:
            await house.act(None, VIEW, documentId=document_id)
    assert refused.value.codes == ["UNAUTHENTICATED"]
