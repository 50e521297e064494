"""How streams end: blocked, removed, logged out; and who may not open one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from clients import Api
from household import address
from quick_town import REMOVE, QuickTown, quick_town
from stream_clients import ADDED, EVENTS, TRANSPORTS, Failed, Stream, over_socket, wired
from town import ADD, BASIS
from websockets.exceptions import ConnectionClosed

pytestmark = pytest.mark.anyio
Carrier = Callable[..., AbstractAsyncContextManager[Stream]]
carriers = pytest.mark.parametrize("carrier", TRANSPORTS)

SESSIONS = "{ viewer { sessions(first: 20) { id isCurrent } } }"
UPDATE = """mutation($i: MemberUpdateInput!) {
  memberUpdate(input: $i) { member { id } userErrors { code } } }"""
END = "mutation($i: SessionDeleteInput!) { sessionDelete(input: $i) { deletedSessionId userErrors { code } } }"


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One loop for all stories of this file."""
    return "asyncio"


@pytest.fixture(scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[QuickTown]:
    """One server for all stories of this file."""
    async with quick_town(tmp_path_factory.mktemp("revoked")) as made:
        yield made


@pytest.fixture
async def kolesnik(town: QuickTown) -> AsyncIterator[Api]:
    """Колесник, who is let in again after the story."""
    yield town.api("kolesnik")
    await town.unblock("kolesnik")


def end_of(event: dict[str, Any]) -> tuple[str, Any, Any]:
    """What an AccessRevokedEvent says."""
    return event["__typename"], event.get("reason"), event["entry"]


@carriers
async def test_blocking_ends_an_open_stream_before_any_later_event(
    town: QuickTown, kolesnik: Api, carrier: Carrier
) -> None:
    """EA1, A30: no event recorded after the blocking is delivered, its own entry neither."""
    cursor = await town.cursor()
    async with carrier(kolesnik, EVENTS, c=town.romashka, a=cursor) as stream:
        before = await town.deliver(f"before-{carrier.__name__}", "kolesnik")
        first = await stream.next()
        await town.block("kolesnik")
        await town.deliver(f"after-{carrier.__name__}", "kolesnik")
        last = await stream.next()
        await stream.end()
    assert first["document"]["id"] == before
    assert end_of(last) == ("AccessRevokedEvent", "BLOCKED", None)
    assert last["cursor"] == first["cursor"]


@carriers
async def test_a_blocked_member_gets_nothing_but_the_end(town: QuickTown, kolesnik: Api, carrier: Carrier) -> None:
    """EA1, A30: a subscription begun after the blocking, with an old cursor too, gives that one event."""
    cursor = await town.cursor()
    await town.deliver(f"missed-{carrier.__name__}", "kolesnik")
    await town.block("kolesnik")
    for query, variables in ((EVENTS, {}), (EVENTS, {"a": cursor}), (ADDED, {"a": cursor})):
        async with carrier(kolesnik, query, c=town.romashka, **variables) as stream:
            assert end_of(await stream.next()) == ("AccessRevokedEvent", "BLOCKED", None)
            await stream.end()


@carriers
async def test_removing_ends_the_stream(town: QuickTown, carrier: Carrier) -> None:
    """C3: the end of the membership ends the stream, and its reason says so."""
    who = f"former_{carrier.__name__}"
    person = {"newUser": {"displayName": "Бывший Пётр Петрович", "email": address(who)}}
    added = await town.api("hotline").act(ADD, i={"cabinetId": town.romashka, "member": person, "basis": BASIS})
    former = await town.begin(who)
    async with carrier(former, EVENTS, c=town.romashka, a=await town.cursor()) as stream:
        await town.api("hotline").act(REMOVE, i={"memberId": added["member"]["id"], "basis": BASIS})
        assert end_of(await stream.next()) == ("AccessRevokedEvent", "REMOVED", None)
        await stream.end()
    async with carrier(former, EVENTS, c=town.romashka) as stream:
        assert end_of(await stream.next()) == ("AccessRevokedEvent", "REMOVED", None)
        await stream.end()


@carriers
async def test_a_login_ended_elsewhere_ends_its_streams_only(town: QuickTown, carrier: Carrier) -> None:
    """EE72, EH88: LOGIN_ENDED, then the end; a stream of the person's other login goes on."""
    phone, desk = await town.begin("urbanovich"), town.api("urbanovich")
    sessions = (await phone.ask(SESSIONS))["viewer"]["sessions"]
    (current,) = [session["id"] for session in sessions if session["isCurrent"]]
    cursor = await town.cursor()
    begun = await town.deliver(f"begun-{carrier.__name__}", "kolesnik")
    async with (
        carrier(phone, EVENTS, c=town.romashka, a=cursor) as stream,
        carrier(desk, EVENTS, c=town.romashka, a=cursor) as other,
    ):
        assert {(await each.next())["document"]["id"] for each in (stream, other)} == {begun}
        ended = await desk.act(END, i={"sessionId": current})
        document_id = await town.deliver(f"login-{carrier.__name__}", "kolesnik")
        last = await stream.next()
        await stream.end()
        assert (await other.next())["document"]["id"] == document_id
    assert ended["deletedSessionId"] == current
    assert end_of(last) == ("AccessRevokedEvent", "LOGIN_ENDED", None)
    assert (await phone.raw("{ viewer { id } }")).status_code == 401


async def test_blocked_in_one_cabinet_he_reads_on_in_the_other(town: QuickTown) -> None:
    """EA20: on one socket the stream of the cabinet that blocked him ends; the other's, and the socket, live on."""
    wish = {"cabinetId": town.home.cabinets["polesye"], "member": {"email": address("chaika")}, "basis": BASIS}
    added = await town.api("hotline").act(ADD, i=wish)
    polesye = town.home.cabinets["polesye"]
    async with wired(town.api("chaika"), url=town.server.ws) as wire:
        here = await wire.start(EVENTS, c=town.romashka, a=await town.cursor())
        there = await wire.start(EVENTS, c=polesye, a=await town.cursor("savitskaya", cabinet="polesye"))
        await town.block("chaika")
        try:
            last = await here.next()
            await here.end()
            update = {"memberId": added["member"]["id"], "role": "ADMIN", "basis": BASIS}
            await town.api("hotline").act(UPDATE, i=update)
            event = await there.next()
            mine = await wire.ask("{ viewer { members { state } } }")
        finally:
            await town.unblock("chaika")
    assert end_of(last) == ("AccessRevokedEvent", "BLOCKED", None)
    assert (event["__typename"], event["member"]["id"]) == ("MemberChangedEvent", added["member"]["id"])
    assert sorted(member["state"] for member in mine["viewer"]["members"]) == ["ACTIVE", "BLOCKED"]


async def test_the_hotline_has_no_stream_of_documents(town: QuickTown) -> None:
    """C17: an operator reads no documents, so a cabinet's stream is none of his."""
    async with over_socket(town.api("hotline"), ADDED, c=town.romashka) as stream:
        with pytest.raises(Failed) as refused:
            await stream.next()
    assert refused.value.codes == ["BAD_USER_INPUT"]


async def test_a_socket_whose_login_ended_is_closed(town: QuickTown) -> None:
    """EH88: nothing more is answered on an open socket after the login ended."""
    phone, cursor = await town.begin("urbanovich"), await town.cursor()
    await town.deliver("before-the-end", "kolesnik")
    async with wired(phone, url=town.server.ws) as wire:
        stream = await wire.start(EVENTS, c=town.romashka, a=cursor)
        await stream.next()
        await phone.act(END, i={})
        assert end_of(await stream.next()) == ("AccessRevokedEvent", "LOGIN_ENDED", None)
        await stream.end()
        with pytest.raises(ConnectionClosed) as closed:
            await wire.connection.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4403
