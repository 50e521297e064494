"""A forgotten password: who may ask, what the letter lets one do, and what dies with the old password."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from household import Household, address, counted
from mailbag import Posted, mailbag
from refused import contents
from sqlalchemy import select
from town import LOG_IN, PASSWORD
from wishes import SET_PASSWORD, Noted, codes, noted

from models.accounts import OneTimeCode
from resolvers import owner, tokens
from resolvers.ports import Passwords
from resolvers.rights import Principal
from schema.nodes import encode

pytestmark = pytest.mark.anyio

FORGOT = "mutation($i: PasswordResetRequestInput!) { passwordResetRequest(input: $i) { userErrors { code path } } }"
NEW = "another good password"
NOBODY = "nobody@romashka.example"
DEAD = [{"code": "TOKEN_EXPIRED", "path": ["token"]}]
CHANGE = "mutation($i: ViewerUpdateInput!) { viewerUpdate(input: $i) { viewer { email } userErrors { code path } } }"
CONFIRM = "mutation($i: EmailConfirmInput!) { emailConfirm(input: $i) { viewer { id } userErrors { code path } } }"


async def registered(house: Household, who: str) -> None:
    """Somebody has followed his invitation and has a password."""
    await house.act(None, SET_PASSWORD, token=await house.invitation(who), newPassword=PASSWORD)


async def asked(house: Household, email: str) -> Any:
    """The payload of asking for a letter."""
    return await house.try_to(None, FORGOT, email=email)


async def log_in(house: Household, who: str, password: str) -> list[str]:
    """The codes that a login is refused with."""
    return await codes(house, None, LOG_IN, email=address(who), password=password)


async def rows(house: Household) -> list[OneTimeCode]:
    """Codes that were asked for an address."""
    async with house.system.reading() as reading:
        return await reading.all(select(OneTimeCode).where(OneTimeCode.email.is_not(None)).order_by(OneTimeCode.id))


async def test_a_forgotten_password_is_set_anew(house: Household) -> None:
    """EH88, EH89, A9: one letter to its owner alone; its code sets the password once and ends every session."""
    await registered(house, "chaika")
    session = await owner.session_of(house.system, email=address("chaika"))
    bag = await mailbag(house)
    assert await asked(house, "  CHAIKA@romashka.Example ") == {"userErrors": []}
    (letter,) = await bag.since(house)
    assert (letter.to, letter.subject) == (address("chaika"), "Новый пароль")
    assert await bag.since(house) == []
    async with noted(house) as came:
        done = await house.act(None, SET_PASSWORD, token=letter.code, newPassword=NEW)
    assert came == Noted()
    assert done["viewer"] == {
        "id": encode("User", house.users["chaika"]),
        "registration": {"state": "COMPLETE", "missing": []},
    }
    assert (await log_in(house, "chaika", PASSWORD), await log_in(house, "chaika", NEW)) == (
        ["INVALID_CREDENTIALS"],
        [],
    )
    async with house.nothing_happens():
        again = await house.try_to(None, SET_PASSWORD, token=letter.code, newPassword=PASSWORD)
    assert again["userErrors"] == DEAD
    context = house._context(Principal(token_hash=tokens.hash_of(session)))
    with pytest.raises(Exception, match="UNAUTHENTICATED"):
        async with context.reading():
            pass


async def test_only_the_digest_of_a_code_is_kept(house: Household) -> None:
    """B: whoever reads the database cannot set a password; the text comes of the server's secret."""
    bag = await mailbag(house)
    await asked(house, address("kolesnik"))
    (letter,) = await bag.since(house)
    (row,) = await rows(house)
    assert tokens.hash_of(letter.code) == row.code_hash
    kept = [str(value) for table in (await contents(house)).values() for columns in table for value in columns]
    assert not [text for text in kept if letter.code[4:-6] in text]


async def test_known_and_unknown_addresses_are_answered_alike(house: Household) -> None:
    """EH96: the same answer after the same statements; the code of an address that nobody has goes nowhere."""
    await asked(house, "first@romashka.example")  # from here on the client's address is known to the counter
    bag = await mailbag(house)
    made = {}
    for email in (address("kolesnik"), NOBODY):
        with counted() as statements:
            answer = await asked(house, email)
        made[email] = (answer, [statement.split("WHERE")[0] for statement in statements])
    assert made[address("kolesnik")] == made[NOBODY]
    assert made[NOBODY][0] == {"userErrors": []}
    assert [row.user_id for row in await rows(house)] == [None, None]
    assert [letter.to for letter in await bag.since(house)] == [address("kolesnik")]
    assert [row.user_id for row in await rows(house)] == [house.users["kolesnik"]]


async def test_the_newest_letter_alone_works_for_an_hour(house: Household) -> None:
    """EH89: an older code is dead, the newest one lives for an hour."""
    bag = await mailbag(house)
    letters: list[Posted] = []
    for _ in range(3):
        await asked(house, address("kolesnik"))
        letters += await bag.since(house)
    assert len({letter.message_id for letter in letters}) == 3
    async with house.nothing_happens():
        assert await codes(house, None, SET_PASSWORD, token=letters[0].code, newPassword=NEW) == ["TOKEN_EXPIRED"]
    house.clock.move(timedelta(minutes=59))
    await house.act(None, SET_PASSWORD, token=letters[2].code, newPassword=NEW)
    await asked(house, address("kolesnik"))
    (late,) = await bag.since(house)
    house.clock.move(timedelta(hours=1))
    async with house.nothing_happens():
        assert await codes(house, None, SET_PASSWORD, token=late.code, newPassword=NEW) == ["TOKEN_EXPIRED"]


async def test_a_letter_that_opens_nothing_is_not_sent(house: Household) -> None:
    """EH89: two asked for before the postman came: he brings the newest alone; none an hour late."""
    bag = await mailbag(house)
    await asked(house, address("kolesnik"))
    await asked(house, address("kolesnik"))
    (letter,) = await bag.since(house)
    await house.act(None, SET_PASSWORD, token=letter.code, newPassword=NEW)
    await asked(house, address("kolesnik"))
    house.clock.move(timedelta(hours=1))
    assert await bag.since(house) == []


async def test_an_invitation_dies_with_the_first_password(house: Household) -> None:
    """EH89, A7: whoever forgot the invitation may ask for a new letter, which completes the registration as well."""
    invitation = await house.invitation("chaika")
    bag = await mailbag(house)
    await asked(house, address("chaika"))
    (letter,) = await bag.since(house)
    async with noted(house) as came:
        await house.act(None, SET_PASSWORD, token=letter.code, newPassword=NEW)
    assert came == Noted(entries=[("romashka", "REGISTRATION_COMPLETED")])
    async with house.nothing_happens():
        again = await house.try_to(None, SET_PASSWORD, token=invitation, newPassword=PASSWORD)
    assert again["userErrors"] == DEAD


async def test_a_pending_change_of_address_dies_with_the_password(house: Household) -> None:
    """EH88, EH90: whoever was in the account meanwhile cannot take it away after its owner set a new password."""
    await registered(house, "chaika")
    bag = await mailbag(house)
    await house.act("chaika", CHANGE, email="thief@example.com")
    _, thiefs = await bag.since(house)
    await asked(house, address("chaika"))
    (letter,) = await bag.since(house)
    await house.act(None, SET_PASSWORD, token=letter.code, newPassword=NEW)
    async with house.nothing_happens():
        assert (await house.try_to(None, CONFIRM, token=thiefs.code))["userErrors"] == DEAD


async def test_a_password_is_not_one_s_address(house: Household) -> None:
    """A5 of reliability: INVALID, and the code is not spent."""
    code = await house.invitation("chaika")
    async with house.nothing_happens():
        refused = await house.try_to(None, SET_PASSWORD, token=code, newPassword=address("chaika").upper())
    assert refused["userErrors"] == [{"code": "INVALID", "path": ["newPassword"]}]
    await house.act(None, SET_PASSWORD, token=code, newPassword=PASSWORD)


@pytest.mark.parametrize("email", [address("kolesnik"), NOBODY])
async def test_letters_are_asked_for_five_times_an_hour(house: Household, email: str) -> None:
    """EH96: the sixth is TOO_MANY_ATTEMPTS, alike for known and unknown; twelve minutes later there is one more."""
    for _ in range(5):
        assert await asked(house, email) == {"userErrors": []}
    async with house.nothing_happens():
        assert await asked(house, email) == {"userErrors": [{"code": "TOO_MANY_ATTEMPTS", "path": None}]}
    assert await asked(house, address("urbanovich")) == {"userErrors": []}, "another one is not kept from it"
    house.clock.move(timedelta(minutes=12))
    assert await asked(house, email) == {"userErrors": []}
    assert await codes(house, None, FORGOT, email=email) == ["TOO_MANY_ATTEMPTS"]


@dataclass
class Counting:
    """The world's passwords, counting how often they do their slow work."""

    passwords: Passwords
    hashed: int = 0

    async def hash(self, password: str) -> str:
        """As the world's."""
        self.hashed += 1
        return await self.passwords.hash(password)

    async def verify(self, password: str, *, against: str | None) -> bool:
        """As the world's."""
        return await self.passwords.verify(password, against=against)


async def test_nothing_slow_is_done_for_a_code_that_opens_nothing(house: Household) -> None:
    """A5, EH89: anybody may try codes; unknown, spent and old ones cost no hash, which logins would wait for."""
    counting = Counting(house.world.passwords)
    house.world = replace(house.world, passwords=counting)
    old, spent = await house.invitation("kolesnik"), await house.invitation("chaika")
    await house.act(None, SET_PASSWORD, token=spent, newPassword=PASSWORD)
    assert counting.hashed == 1
    house.clock.move(timedelta(days=8))
    for code in ("cab_unknown", spent, old):
        async with house.nothing_happens():
            tried = await house.try_to(None, SET_PASSWORD, token=code, newPassword=NEW)
        assert tried == {"viewer": None, "userErrors": DEAD}
    assert counting.hashed == 1
