"""Inviting somebody again, whose registration is not complete: by whom, and what becomes of the old link."""

from __future__ import annotations

from datetime import timedelta

import pytest
from household import Household, address
from mailbag import mailbag
from refused import refusal
from town import BASIS, PASSWORD
from wishes import A_MEMBER, BLOCK_MEMBER, REMOVE_MEMBER, SET_PASSWORD, Noted, codes, noted

pytestmark = pytest.mark.anyio

AGAIN = """mutation($i: MemberInvitationResendInput!) { memberInvitationResend(input: $i) {
  member { id state invitation { sentAt expiresAt } } userErrors { code path } } }"""


async def test_an_invitation_sent_again_has_a_new_link(house: Household) -> None:
    """EH89, EA14: the old link is dead; a letter of its own says again on whose word; no entry, no other letter."""
    await house.add("stranger")
    bag = await mailbag(house)
    old, member_id = await house.invitation("stranger"), house.members["stranger"]
    house.clock.move(timedelta(days=8))
    assert await codes(house, None, SET_PASSWORD, token=old, newPassword=PASSWORD) == ["TOKEN_EXPIRED"]
    async with noted(house) as came:
        made = await house.act("shcherbo", AGAIN, memberId=member_id)
    expires = {"sentAt": "2026-12-02T09:00:00Z", "expiresAt": "2026-12-09T09:00:00Z"}
    assert made["member"] == {"id": member_id, "state": "ACTIVE", "invitation": expires}
    assert came == Noted(letters=[("you.invited", "stranger")])
    (letter,) = await bag.since(house)
    assert (letter.to, letter.subject) == (address("stranger"), "Приглашение в общий кабинет: ООО «Ромашка»")
    assert f"Основание: {BASIS['text']}\nНомер обращения: {BASIS['ticket']}\n" in letter.text
    await house.act("hotline", AGAIN, memberId=member_id)
    (newest,) = await bag.since(house)
    assert len({letter.message_id, newest.message_id}) == len({letter.code, newest.code, old} - {old}) == 2
    async with house.nothing_happens():
        assert await codes(house, None, SET_PASSWORD, token=letter.code, newPassword=PASSWORD) == ["TOKEN_EXPIRED"]
    async with noted(house) as completed:
        await house.act(None, SET_PASSWORD, token=newest.code, newPassword=PASSWORD)
    assert completed == Noted(entries=[("romashka", "REGISTRATION_COMPLETED")])
    assert (await house.ask("chaika", A_MEMBER, id=member_id))["node"]["invitation"] is None


async def test_whoever_never_finishes_stays_visible(house: Household) -> None:
    """EA14: INCOMPLETE with an invitation of the past; he cannot log in, and gets the letters all the same."""
    await house.add("stranger")
    house.clock.move(timedelta(days=30))
    seen = (await house.ask("chaika", A_MEMBER, id=house.members["stranger"]))["node"]
    assert seen["user"]["registration"] == {"state": "INCOMPLETE", "missing": ["EMAIL", "PASSWORD"]}
    assert seen["invitation"] == {"sentAt": "2026-11-24T09:00:00Z", "expiresAt": "2026-12-01T09:00:00Z"}
    async with noted(house) as came:
        await house.receive("ea14", "kolesnik")
    assert "stranger" in came.readers("document.received")


async def test_a_registration_is_completed_while_blocked(house: Household) -> None:
    """EA15: the link he has still works; he logs in, and the cabinet stays closed to him."""
    await house.add("stranger")
    await house.block("stranger")
    async with noted(house) as came:
        await house.act(None, SET_PASSWORD, token=await house.invitation("stranger"), newPassword=PASSWORD)
    assert came == Noted(entries=[("romashka", "REGISTRATION_COMPLETED")])
    seen = await house.ask("stranger", "{ viewer { registration { state } members { state cabinet { id } } } }")
    assert seen["viewer"] == {
        "registration": {"state": "COMPLETE"},
        "members": [{"state": "BLOCKED", "cabinet": None}],
    }


async def test_whoever_is_blocked_meanwhile_is_not_invited(house: Household) -> None:
    """ED61, ED62: a letter that waits when he is blocked does not go; the block letter is his last."""
    await house.add("stranger")
    bag = await mailbag(house)
    await house.act("shcherbo", AGAIN, memberId=house.members["stranger"])
    await house.block("stranger")
    assert [letter.subject for letter in await bag.since(house) if letter.to == address("stranger")] == [
        "Доступ к общему кабинету заблокирован: ООО «Ромашка»"
    ]


@pytest.mark.parametrize(
    ("who", "code"),
    [("kolesnik", "FORBIDDEN"), ("savitskaya", "NOT_FOUND"), ("grinkevich", "NOT_FOUND"), ("exchange", "NOT_FOUND")],
)
async def test_only_those_in_charge_invite(house: Household, who: str, code: str) -> None:
    """A8, C11: as for `memberAdd`: a member FORBIDDEN, whoever is outside NOT_FOUND."""
    told = await refusal(house, who, "memberInvitationResend", memberId=house.members["chaika"])
    assert told.place == (code, ["memberId"] if code == "NOT_FOUND" else None)


async def test_nobody_is_invited_who_needs_it_not(house: Household) -> None:
    """EH89, C16, H9: a complete registration is INVALID, a blocked or former member a conflict; not oneself."""
    await house.act(None, SET_PASSWORD, token=await house.invitation("chaika"), newPassword=PASSWORD)
    told = await refusal(house, "hotline", "memberInvitationResend", memberId=house.members["chaika"])
    assert (told.place, told.ru) == (
        ("INVALID", ["memberId"]),
        "Регистрация уже завершена: Чайка Дмитрий Олегович.",
    )
    for act, code in ((BLOCK_MEMBER, "MEMBER_IS_BLOCKED"), (REMOVE_MEMBER, "MEMBER_IS_REMOVED")):
        await house.act("hotline", act, memberId=house.members["urbanovich"], basis=BASIS)
        told = await refusal(house, "hotline", "memberInvitationResend", memberId=house.members["urbanovich"])
        assert (told.place, told.error["member"]["id"]) == ((code, None), house.members["urbanovich"])
    await house.add("second", by="hotline", member={"email": address("second")})
    told = await refusal(house, "second", "memberInvitationResend", memberId=house.members["second"])
    assert told.place == ("SECOND_OPERATOR_NEEDED", ["memberId"])


@pytest.mark.parametrize("wrong", ["", "nonsense", "U2Vzc2lvbjo5OTk", "TWVtYmVyOjk5OTk"])
async def test_nobody_is_invited_by_what_is_no_member(house: Household, wrong: str) -> None:
    """C16: NOT_FOUND alike."""
    told = await refusal(house, "hotline", "memberInvitationResend", memberId=wrong)
    assert told.place == ("NOT_FOUND", ["memberId"])


async def test_nobody_is_buried_in_invitations(house: Household) -> None:
    """A5, EH89: five an hour for one address, by whomever; the sixth is refused, sends nothing, and the link lives."""
    member_id = await house.add("stranger")
    for by in ("shcherbo", "hotline", "shcherbo", "hotline", "shcherbo"):
        await house.act(by, AGAIN, memberId=member_id)
    async with house.nothing_happens():
        assert await codes(house, "hotline", AGAIN, memberId=member_id) == ["TOO_MANY_ATTEMPTS"]
    assert await codes(house, "shcherbo", AGAIN, memberId=await house.add("lipski")) == []
    house.clock.move(timedelta(minutes=12))
    assert await codes(house, "hotline", AGAIN, memberId=member_id) == []
    assert await codes(house, None, SET_PASSWORD, token=await house.invitation("stranger"), newPassword=PASSWORD) == []
