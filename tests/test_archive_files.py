"""Files and streams of an archive over HTTP: links die when the document moves, and nobody is pushed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from household import POLESYE, address
from quick_town import QuickTown, content_of, quick_town
from stream_clients import EVENTS, over_socket
from town import ADD
from wishes import HISTORY

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One loop for all stories of this file."""
    return "asyncio"


@pytest.fixture(scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[QuickTown]:
    """One server for all stories of this file."""
    async with quick_town(tmp_path_factory.mktemp("archives")) as made:
        yield made


async def test_the_owner_downloads_until_it_moves(town: QuickTown) -> None:
    """C20, A30: the bytes, noted in his archive; a link of before the move is dead, a new one is of the cabinet.

    Nothing is pushed of the move: the stream goes on with what happens in the cabinet afterwards.
    """
    document_id = await town.deliver("own", "kolesnik", organization=POLESYE)
    link = await town.link("kolesnik", document_id)
    answer = await town.http.get(link)
    assert (answer.status_code, answer.content) == (200, content_of("own"))
    cursor = await town.cursor("savitskaya", cabinet="polesye")
    wish = {"cabinetId": town.home.cabinets["polesye"], "member": {"email": address("kolesnik")}}
    await town.api("savitskaya").act(ADD, i=wish)
    async with town.home.nothing_happens():
        dead = await town.http.get(link)
    assert (dead.status_code, dead.json()["code"]) == (404, "NOT_FOUND")
    for who in ("kolesnik", "savitskaya"):
        answer = await town.http.get(await town.link(who, document_id))
        assert (answer.status_code, answer.content) == (200, content_of("own"))
    seen = await town.api("savitskaya").ask(HISTORY, id=document_id)
    told = [(one["kind"], one["actor"]["displayName"].split()[0]) for one in seen["document"]["activity"]["nodes"]]
    assert told == [
        ("DOCUMENT_RECEIVED", "Обмен"),
        ("DOCUMENT_DOWNLOADED", "Колесник"),
        ("DOCUMENT_DOWNLOADED", "Колесник"),
        ("DOCUMENT_DOWNLOADED", "Савицкая"),
    ]
    async with over_socket(town.api("savitskaya"), EVENTS, c=town.home.cabinets["polesye"], a=cursor) as stream:
        pushed = [(event["__typename"], event["entry"]["kind"]) for event in await stream.take(3)]
    assert pushed == [
        ("MemberChangedEvent", "MEMBER_ADDED"),
        ("DocumentUpdatedEvent", "DOCUMENT_DOWNLOADED"),
        ("DocumentUpdatedEvent", "DOCUMENT_DOWNLOADED"),
    ]
