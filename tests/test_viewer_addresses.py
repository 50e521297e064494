"""Somebody gets another address: the old one holds until the letter to the new one comes back (EH90)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from household import NAMES, Household, address, counted
from mailbag import mailbag
from sqlalchemy import select, update
from town import ADD, LOG_IN, PASSWORD
from wishes import SET_PASSWORD, Noted, codes, noted

from models.accounts import EmailState, User

pytestmark = pytest.mark.anyio

CHANGE = """mutation($i: ViewerUpdateInput!) { viewerUpdate(input: $i) {
  viewer { displayName email } userErrors { code path } } }"""
CONFIRM = """mutation($i: EmailConfirmInput!) { emailConfirm(input: $i) {
  viewer { displayName email registration { state missing } } userErrors { code path } } }"""
FOUND = """query($c: ID!, $s: String!) { cabinet(id: $c) {
  members(filter: {search: $s}) { nodes { user { email } } }
  folder(kind: ALL) { documents(filter: {memberSearch: $s}) { nodes { id } } } } }"""
FORGOT = "mutation($i: PasswordResetRequestInput!) { passwordResetRequest(input: $i) { userErrors { code path } } }"
NEW = "D.Chaika@new.example"
DEAD = [{"code": "TOKEN_EXPIRED", "path": ["token"]}]


async def registered(house: Household, who: str) -> None:
    """Somebody has followed his invitation and has a password."""
    await house.act(None, SET_PASSWORD, token=await house.invitation(who), newPassword=PASSWORD)


async def account(house: Household, who: str) -> User:
    """Somebody's row as it is now."""
    async with house.system.reading() as reading:
        (user,) = await reading.all(select(User).where(User.id == house.users[who]))
    return user


async def confirm(house: Household, code: str) -> Any:
    """The payload of confirming; nobody needs to be logged in."""
    return await house.try_to(None, CONFIRM, token=code)


async def test_a_new_address_holds_once_confirmed(house: Household) -> None:
    """EH90, EA24: both addresses are told; the old one logs in until the code comes back, then the new one does."""
    await registered(house, "chaika")
    bag = await mailbag(house)
    async with noted(house) as asked:
        changed = await house.act("chaika", CHANGE, email=f" {NEW} ")
    assert (asked, changed["viewer"]) == (Noted(), {"displayName": NAMES["chaika"], "email": address("chaika")})
    told, letter = await bag.since(house)
    assert (told.to, told.subject) == (address("chaika"), "Запрошена смена адреса электронной почты")
    assert f"Новый адрес: {NEW}\n" in told.text and "Код" not in told.text
    assert (letter.to, letter.subject) == (NEW, "Подтвердите адрес электронной почты")
    async with noted(house) as came:
        confirmed = await house.act(None, CONFIRM, token=letter.code)
    assert confirmed["viewer"] == {
        "displayName": NAMES["chaika"],
        "email": None,
        "registration": {"state": "COMPLETE", "missing": []},
    }
    assert came == Noted(entries=[("romashka", "USER_UPDATED")])
    assert (await house.ask("kolesnik", "{ viewer { email } }"))["viewer"]["email"] == address("kolesnik")
    assert await codes(house, None, LOG_IN, email=address("chaika"), password=PASSWORD) == ["INVALID_CREDENTIALS"]
    assert await codes(house, None, LOG_IN, email=NEW.upper(), password=PASSWORD) == []
    async with house.nothing_happens():
        assert (await confirm(house, letter.code))["userErrors"] == DEAD
    await house.receive("to the new one", "kolesnik")
    assert NEW in [posted.to for posted in await bag.since(house)]


async def test_the_old_address_holds_as_long_as_nobody_confirms(house: Household) -> None:
    """EH90: a day later the code is dead, and nothing has changed."""
    bag = await mailbag(house)
    await house.act("chaika", CHANGE, email=NEW)
    _, letter = await bag.since(house)
    house.clock.move(timedelta(days=1))
    async with house.nothing_happens():
        assert (await confirm(house, letter.code))["userErrors"] == DEAD
    assert (await account(house, "chaika")).email == address("chaika")


async def test_both_addresses_find_the_person_and_all_documents(house: Household) -> None:
    """EF79, EA24: the former address still does, for people of the cabinet; nobody is written to there."""
    document_id = await house.receive("ef79", "chaika")
    bag = await mailbag(house)
    await house.act("chaika", CHANGE, email=NEW)
    _, letter = await bag.since(house)
    await house.act(None, CONFIRM, token=letter.code)
    for typed in (address("chaika"), "chaika@romashka", NEW, "d.chaika"):
        seen = (await house.ask("kolesnik", FOUND, c=house.cabinets["romashka"], s=typed))["cabinet"]
        assert seen["members"]["nodes"] == [{"user": {"email": NEW}}], typed
        assert seen["folder"]["documents"]["nodes"] == [{"id": document_id}], typed
    seen = (await house.ask("savitskaya", FOUND, c=house.cabinets["polesye"], s=address("chaika")))["cabinet"]
    assert seen == {"members": {"nodes": []}, "folder": {"documents": {"nodes": []}}}


async def test_an_address_of_another_account_looks_like_any_other(house: Household) -> None:
    """EH90, EH96: the same answer after the same statements; its owner is warned, the asker's code never comes."""
    await house.act("chaika", CHANGE, email="first@new.example")
    bag = await mailbag(house)
    made = {}
    for email in (NEW, address("savitskaya")):
        with counted() as statements:
            answer = await house.try_to("chaika", CHANGE, email=email)
        made[email] = answer, [statement.split("WHERE")[0] for statement in statements]
        assert answer["userErrors"] == []
    assert made[NEW] == made[address("savitskaya")]
    told = [(letter.to, letter.subject) for letter in await bag.since(house) if letter.to != address("chaika")]
    assert "Код" not in bag.posted[-1].text
    assert told == [(address("savitskaya"), "Ваш адрес указан для другого аккаунта")]
    assert (await account(house, "savitskaya")).display_name == NAMES["savitskaya"]


async def test_an_address_goes_to_whoever_confirms_it_first(house: Household) -> None:
    """EH90: the second one's code is dead; nobody's account is taken over."""
    bag = await mailbag(house)
    letters = {}
    for who in ("chaika", "kolesnik"):
        await house.act(who, CHANGE, email=NEW)
        _, letters[who] = await bag.since(house)
    await house.act(None, CONFIRM, token=letters["kolesnik"].code)
    async with house.nothing_happens():
        assert (await confirm(house, letters["chaika"].code))["userErrors"] == DEAD
    assert [(await account(house, who)).email for who in ("kolesnik", "chaika")] == [NEW, address("chaika")]


async def test_the_newest_wish_counts(house: Household) -> None:
    """EH89, EH90: an older code is dead, and the letter to one address never carries the code of another."""
    bag = await mailbag(house)
    await house.act("chaika", CHANGE, email="first@new.example")
    _, first = await bag.since(house)
    await house.act("chaika", CHANGE, email="second@new.example")
    await house.act("chaika", CHANGE, email="third@new.example")
    assert [letter.to for letter in await bag.since(house)] == [address("chaika")] * 2 + ["third@new.example"]
    third = bag.posted[-1]
    async with house.nothing_happens():
        assert (await confirm(house, first.code))["userErrors"] == DEAD
    await house.act("chaika", CHANGE, email=address("chaika").upper())
    async with house.nothing_happens():
        assert (await confirm(house, third.code))["userErrors"] == DEAD


@pytest.mark.parametrize("spelling", [address("kolesnik"), address("kolesnik").upper()])
async def test_one_s_own_address_is_confirmed_by_its_letter_too(house: Household, spelling: str) -> None:
    """A7: where it is not confirmed yet, that is a step of the registration; a password is the other one."""
    bag = await mailbag(house)
    await house.act("kolesnik", CHANGE, email=spelling)
    (letter,) = await bag.since(house)
    assert letter.to == spelling
    async with noted(house) as came:
        confirmed = await house.act(None, CONFIRM, token=letter.code)
    assert confirmed["viewer"]["registration"] == {"state": "INCOMPLETE", "missing": ["PASSWORD"]}
    assert came == Noted()
    assert (await account(house, "kolesnik")).email == address("kolesnik")


async def test_the_confirmed_address_may_be_the_last_step(house: Household) -> None:
    """A7: the journal of the cabinet tells that the registration is complete."""
    await registered(house, "chaika")
    async with house.world.database.transaction() as session:
        await session.execute(update(User).where(User.id == house.users["chaika"]).values(email_confirmed_at=None))
    bag = await mailbag(house)
    await house.act("chaika", CHANGE, email=NEW)
    _, letter = await bag.since(house)
    async with noted(house) as came:
        await house.act(None, CONFIRM, token=letter.code)
    assert came == Noted(entries=[("romashka", "USER_UPDATED"), ("romashka", "REGISTRATION_COMPLETED")])


async def test_what_a_strange_address_answers_says_nothing_of_the_account(house: Household) -> None:
    """ED64: only a refusal of his own address makes it FAILING; one that was confirmed is good again."""
    bag = await mailbag(house)
    bag.refuses = {NEW}
    await house.act("chaika", CHANGE, email=NEW)
    assert [letter.to for letter in await bag.since(house)] == [address("chaika")]
    assert (await account(house, "chaika")).email_state is EmailState.OK
    bag.refuses = {address("chaika")}
    await house.act("chaika", CHANGE, email=NEW)
    (letter,) = await bag.since(house)
    assert (letter.to, (await account(house, "chaika")).email_state) == (NEW, EmailState.FAILING)
    await house.act(None, CONFIRM, token=letter.code)
    assert (await account(house, "chaika")).email_state is EmailState.OK


async def test_letters_to_strangers_are_few(house: Household) -> None:
    """EH96: five an hour by one account, whatever addresses it names; the sixth is refused, and nothing changes."""
    for number in range(5):
        await house.act("chaika", CHANGE, email=f"{number}@new.example")
    async with house.nothing_happens():
        refused = await house.try_to("chaika", CHANGE, email="5@new.example")
    assert refused == {"viewer": None, "userErrors": [{"code": "TOO_MANY_ATTEMPTS", "path": None}]}


@pytest.mark.parametrize("domain", ["ｒｏｍａｓｈｋａ.example", "romashka.ｅxample", "Romaſhka.example"])
async def test_one_mailbox_is_one_account_however_its_domain_is_spelled(house: Household, domain: str) -> None:
    """EA12: letters that IDNA takes for plain ones make no second account of a mailbox, and lead to the first."""
    person = {"newUser": {"displayName": "Двойник", "email": f"chaika@{domain}"}}
    async with house.nothing_happens():
        told = await codes(house, "shcherbo", ADD, cabinetId=house.cabinets["romashka"], member=person)
    assert told == ["ACCOUNT_EXISTS"]
    bag = await mailbag(house)
    await house.act(None, FORGOT, email=f"chaika@{domain}")
    assert [(letter.to, letter.subject) for letter in await bag.since(house)] == [(address("chaika"), "Новый пароль")]
