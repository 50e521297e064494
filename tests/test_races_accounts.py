"""Acts at the same moment around accounts, their codes and tokens: on PostgreSQL none waits for another in a circle.

`database.passing` is what was run again: a circle is broken by PostgreSQL, and would be one.
"""

from __future__ import annotations

import pytest
from household import Household
from mailbag import mailbag
from test_invitations import AGAIN
from test_races import at_once, numbers_are_whole
from test_viewer_addresses import CHANGE, CONFIRM, registered
from town import BASIS, MAKE_TOKEN, PASSWORD
from watched import watch
from wishes import BLOCK_MEMBER, REVOKE_TOKEN, SET_PASSWORD, UPDATE_MEMBER, codes, noted

from models.accounts import CONFIRMATION_LIFE

pytestmark = pytest.mark.anyio
ASK = """mutation($i: PasswordResetRequestInput!) { passwordResetRequest(input: $i) { userErrors { code } } }"""
TIMES = range(5)


async def test_documents_come_for_different_people_at_once(house: Household) -> None:
    """A20, EF82: each is decided under its addressee's account, each letter goes to all: nobody waits in a circle."""
    people = ["kolesnik", "urbanovich", "chaika", "shcherbo"] * 2
    await house.receive("r-known", "kolesnik")  # from now on the sender's organisation is known
    database = watch(house)
    async with noted(house) as came:
        await at_once(*(house.receive(f"r-{number}", who) for number, who in enumerate(people)))
    assert came.entries == [("romashka", "DOCUMENT_RECEIVED")] * 8
    assert len(came.letters) == 8 * 4
    assert database.passing == []
    await numbers_are_whole(house)


async def test_one_administrator_makes_several_tokens_at_once(house: Household) -> None:
    """EH87: a click and its repetition are two tokens; neither waits for the other."""
    wish = {"cabinetId": house.cabinets["romashka"], "scopes": ["READ"]}
    database = watch(house)
    made = await at_once(*(house.act("shcherbo", MAKE_TOKEN, **wish, displayName=f"1C {n}") for n in TIMES))
    assert len({answer["bearerToken"] for answer in made}) == len(TIMES)
    assert database.passing == []
    await numbers_are_whole(house)


async def test_a_token_is_revoked_while_whoever_answers_for_it_is_demoted(house: Household) -> None:
    """EH87: it ends once, by the one or the other, with one entry."""
    await house.act("shcherbo", UPDATE_MEMBER, memberId=house.members["chaika"], role="ADMIN")
    database = watch(house)
    for number in TIMES:
        token_id = await house.give_token(f"1C {number}", "READ", by="chaika")
        async with noted(house) as came:
            await at_once(
                house.act("shcherbo", REVOKE_TOKEN, apiTokenId=token_id),
                house.act("hotline", UPDATE_MEMBER, memberId=house.members["chaika"], role="MEMBER", basis=BASIS),
            )
        assert sorted(came.entries) == [("romashka", "MEMBER_UPDATED"), ("romashka", "TOKEN_REVOKED")]
        await house.act("shcherbo", UPDATE_MEMBER, memberId=house.members["chaika"], role="ADMIN")
    assert database.passing == []
    await numbers_are_whole(house)


async def test_an_address_is_confirmed_while_another_one_is_asked_for(house: Household) -> None:
    """EH90: the code works, or the newer wish has ended it; the account is one or the other, and nobody waits."""
    await registered(house, "chaika")
    bag = await mailbag(house)
    database = watch(house)
    for number in TIMES:
        await house.act("chaika", CHANGE, email=f"chaika{number}@new.example")
        *_, letter = await bag.since(house)
        house.clock.move(CONFIRMATION_LIFE / 2)
        _, confirmed = await at_once(
            house.act("chaika", CHANGE, email=f"newer{number}@new.example"),
            house.try_to(None, CONFIRM, token=letter.code),
        )
        refused = [error["code"] for error in confirmed["userErrors"]]
        assert refused in ([], ["TOKEN_EXPIRED"])
        await bag.since(house)
        house.clock.move(CONFIRMATION_LIFE)
    assert database.passing == []


async def test_a_password_is_set_while_an_address_is_confirmed(house: Household) -> None:
    """EH88, EH90: whichever code comes first ends the other one."""
    await registered(house, "chaika")
    bag = await mailbag(house)
    database = watch(house)
    for number in TIMES:
        await house.act("chaika", CHANGE, email=f"chaika{number}@new.example")
        (_, confirming) = await bag.since(house)
        now = (await house.ask("chaika", "{ viewer { email } }"))["viewer"]["email"]
        await house.act(None, ASK, email=now)
        (resetting,) = await bag.since(house)
        confirmed, reset = await at_once(
            codes(house, None, CONFIRM, token=confirming.code),
            codes(house, None, SET_PASSWORD, token=resetting.code, newPassword=f"{PASSWORD} {number}"),
        )
        assert sorted([confirmed, reset]) == [[], ["TOKEN_EXPIRED"]]
        house.clock.move(CONFIRMATION_LIFE)
    assert database.passing == []


async def test_the_first_administrator_is_invited_again_while_members_are_judged(house: Household) -> None:
    """EH89, EA6: inviting changes no membership, and waits for none."""
    await house.act("shcherbo", UPDATE_MEMBER, memberId=house.members["chaika"], role="ADMIN")
    database = watch(house)
    for role in ("MEMBER", "ADMIN") * 2:  # five an hour are sent
        await at_once(
            house.act("chaika", AGAIN, memberId=house.members["shcherbo"]),
            house.act("hotline", UPDATE_MEMBER, memberId=house.members["kolesnik"], role=role, basis=BASIS),
        )
    await house.act("hotline", BLOCK_MEMBER, memberId=house.members["kolesnik"], basis=BASIS)
    assert database.passing == []
    await numbers_are_whole(house)
