"""Bad input to the acts on one's own account: a code with its place, in three languages; nothing changes."""

from __future__ import annotations

from typing import Any

import pytest
from clients import Refused
from household import Household
from refused import asking, refusal
from wishes import codes

pytestmark = pytest.mark.anyio

LONG = "a" * 250 + "@b.by"
ROWS: list[tuple[str | None, str, dict[str, Any], str, str]] = [
    (None, "passwordResetRequest", {"email": ""}, "INVALID", "email"),
    (None, "passwordResetRequest", {"email": "no address"}, "INVALID", "email"),
    (None, "passwordResetRequest", {"email": "колесник@romashka.example"}, "INVALID", "email"),
    (None, "passwordResetRequest", {"email": "a@b.by, c@d.by"}, "INVALID", "email"),
    (None, "passwordResetRequest", {"email": LONG}, "TOO_LONG", "email"),
    (None, "passwordResetRequest", {"email": "a\ud800@b.by"}, "INVALID", "email"),
    (None, "emailConfirm", {"token": ""}, "TOKEN_EXPIRED", "token"),
    (None, "emailConfirm", {"token": "nonsense"}, "TOKEN_EXPIRED", "token"),
    (None, "emailConfirm", {"token": "cab_\ud800"}, "TOKEN_EXPIRED", "token"),
    (None, "emailConfirm", {"token": "x" * 100_000}, "TOKEN_EXPIRED", "token"),
    ("chaika", "viewerUpdate", {"displayName": ""}, "REQUIRED", "displayName"),
    ("chaika", "viewerUpdate", {"displayName": " \u00a0 "}, "REQUIRED", "displayName"),
    ("chaika", "viewerUpdate", {"displayName": "две\nстроки"}, "INVALID", "displayName"),
    ("chaika", "viewerUpdate", {"displayName": "имя\u202eхитрое"}, "INVALID", "displayName"),
    ("chaika", "viewerUpdate", {"displayName": "\ud800"}, "INVALID", "displayName"),
    ("chaika", "viewerUpdate", {"displayName": "я" * 201}, "TOO_LONG", "displayName"),
    ("chaika", "viewerUpdate", {"timeZone": ""}, "INVALID", "timeZone"),
    ("chaika", "viewerUpdate", {"timeZone": "Europe/Atlantis"}, "INVALID", "timeZone"),
    ("chaika", "viewerUpdate", {"timeZone": "../../etc/passwd"}, "INVALID", "timeZone"),
    ("chaika", "viewerUpdate", {"timeZone": "Europe"}, "INVALID", "timeZone"),
    ("chaika", "viewerUpdate", {"timeZone": "localtime"}, "INVALID", "timeZone"),
    ("chaika", "viewerUpdate", {"timeZone": "Factory"}, "INVALID", "timeZone"),
    ("chaika", "viewerUpdate", {"timeZone": "right/Europe/Minsk"}, "INVALID", "timeZone"),
    ("chaika", "viewerUpdate", {"timeZone": "x\x00"}, "INVALID", "timeZone"),
    ("chaika", "viewerUpdate", {"timeZone": "\ud800"}, "INVALID", "timeZone"),
    ("chaika", "viewerUpdate", {"timeZone": "z" * 100}, "INVALID", "timeZone"),
    ("chaika", "viewerUpdate", {"email": ""}, "INVALID", "email"),
    ("chaika", "viewerUpdate", {"email": "a@b"}, "INVALID", "email"),
    ("chaika", "viewerUpdate", {"email": LONG}, "TOO_LONG", "email"),
    ("chaika", "viewerUpdate", {"displayName": "Другой Человек", "email": "no address"}, "INVALID", "email"),
    ("chaika", "viewerUpdate", {"locale": "EN", "timeZone": "UTC", "displayName": ""}, "REQUIRED", "displayName"),
]


@pytest.mark.parametrize(("who", "mutation", "input", "code", "field"), ROWS)
async def test_bad_input_has_a_code_and_a_place(
    house: Household, who: str | None, mutation: str, input: dict[str, Any], code: str, field: str
) -> None:
    """A7, EH90, EH96: whatever else was wished along with it is not done either."""
    told = await refusal(house, who, mutation, **input)
    assert told.place == (code, [field])


async def test_an_invitation_confirms_no_new_address(house: Household) -> None:
    """EH89: a code is for its purpose."""
    told = await refusal(house, None, "emailConfirm", token=await house.invitation("chaika"))
    assert told.place == ("TOKEN_EXPIRED", ["token"])


@pytest.mark.parametrize(
    ("mutation", "input"),
    [
        ("viewerUpdate", {"locale": "DE"}),
        ("viewerUpdate", {"displayName": 5}),
        ("viewerUpdate", {"phone": "1"}),
        ("passwordResetRequest", {}),
        ("passwordResetRequest", {"email": None}),
        ("emailConfirm", {"token": None}),
        ("memberInvitationResend", {}),
    ],
)
async def test_what_is_no_input_is_an_error_of_the_request(
    house: Household, mutation: str, input: dict[str, Any]
) -> None:
    """C16: BAD_USER_INPUT at the top; nothing happens."""
    async with house.nothing_happens():
        with pytest.raises(Refused) as refused:
            await house.ask("chaika", asking(mutation), i=input)
    assert refused.value.codes == ["BAD_USER_INPUT"]


@pytest.mark.parametrize(("who", "code"), [(None, "UNAUTHENTICATED"), ("exchange", "FORBIDDEN")])
async def test_an_account_is_its_owner_s(house: Household, who: str | None, code: str) -> None:
    """C16: without a login there is no account to change, and a program has none."""
    async with house.nothing_happens():
        try:
            found = await codes(house, who, asking("viewerUpdate"), displayName="Кто-то")
        except Refused as refused:
            found = refused.codes
    assert found == [code]
