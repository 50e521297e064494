"""A forgotten password on a running server: the letter comes, and what was open by the old login closes."""

from __future__ import annotations

import asyncio
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest
from clients import Api
from household import address
from quick_town import quick_town
from stream_clients import EVENTS, over_events, wired
from town import PASSWORD, SET_PASSWORD, code_in
from websockets.exceptions import ConnectionClosed

pytestmark = pytest.mark.anyio

FORGOT = "mutation($i: PasswordResetRequestInput!) { passwordResetRequest(input: $i) { userErrors { code } } }"
LOG_IN = "mutation($i: SessionCreateInput!) { sessionCreate(input: $i) { accessToken userErrors { code } } }"
ENDED = ("AccessRevokedEvent", "LOGIN_ENDED", None)


async def letter_with_a_code(folder: Path, *, to: str, seconds: float = 20) -> Message:
    """The letter about a new password, once it has come."""
    async with asyncio.timeout(seconds):
        while not (found := letters_with_a_code(folder, to=to)):  # noqa: ASYNC110  # a folder rings no bell
            await asyncio.sleep(0.1)
    return found[0]


def letters_with_a_code(folder: Path, *, to: str) -> list[Message]:
    """Letters about a new password that have come to an address."""
    letters = [message_from_bytes(path.read_bytes()) for path in folder.glob("*.eml")]
    return [letter for letter in letters if "password.reset" in letter["Message-ID"] and to in str(letter["To"])]


async def test_a_new_password_ends_streams_and_sockets(tmp_path: Path) -> None:
    """EH88, EE72: LOGIN_ENDED before any later event, then the socket closes; the old token is dead, a new one not."""
    async with quick_town(tmp_path) as town:
        guest, chaika, cursor = Api(town.http), town.api("chaika"), await town.cursor()
        async with (
            wired(chaika, url=town.server.ws) as wire,
            over_events(chaika, EVENTS, c=town.romashka, a=cursor) as apart,
        ):
            stream = await wire.start(EVENTS, c=town.romashka, a=cursor)
            await guest.act(FORGOT, i={"email": address("chaika")})
            letter = await letter_with_a_code(tmp_path / "letters", to=address("chaika"))
            await guest.act(SET_PASSWORD, i={"token": code_in(letter), "newPassword": PASSWORD})
            for last in (await stream.next(), await apart.next()):
                assert (last["__typename"], last.get("reason"), last["entry"]) == ENDED
            await apart.end()
            with pytest.raises(ConnectionClosed) as closed:
                while True:
                    await wire.connection.recv()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 4403
        assert (await chaika.raw("{ viewer { id } }")).status_code == 401
        begun = await guest.act(LOG_IN, i={"email": address("chaika"), "password": PASSWORD})
        assert begun["accessToken"]
