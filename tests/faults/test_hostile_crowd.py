"""A hostile crowd beside an honest client: each hostile connection ends at its deadline, the honest one is served."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest
from hostile import ELSEWHERE, HEAD, POST, Raw, all_cut, frame, held, raw, raw_socket, report
from quick_town import QuickTown, quick_town
from slow_reader import SlowReader
from town import PDF

pytestmark = pytest.mark.anyio

HEADER, BODY, KEEPALIVE, SEND, INIT, CLOSE = 2, 3, 1, 2, 4, 5
LATE = 8
"""A loaded machine is late; whoever is cut at all is cut by then."""
EACH = 10
LARGE = PDF + bytes(12 * 1024 * 1024)


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One loop for all stories of this file."""
    return "asyncio"


@pytest.fixture(scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[QuickTown]:
    """One server with short deadlines; nothing that a client does may leave a traceback in its log."""
    deadlines: dict[str, Any] = {
        "CABINET_HEADER_SECONDS": str(HEADER),
        "CABINET_BODY_SECONDS": str(BODY),
        "CABINET_KEEPALIVE_SECONDS": str(KEEPALIVE),
        "CABINET_SEND_SECONDS": str(SEND),
        "CABINET_INIT_SECONDS": str(INIT),
    }
    async with quick_town(tmp_path_factory.mktemp("crowd"), **deadlines) as made:
        yield made
    assert "Traceback" not in made.log.read_text()


@asynccontextmanager
async def honest(town: QuickTown) -> AsyncIterator[list[float]]:
    """An honest client asks all the while and is answered each time; gives the seconds that each answer took."""
    took: list[float] = []
    asking = asyncio.create_task(_ask(town, took))
    try:
        yield took
    finally:
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    assert took, "it was never answered"


async def _ask(town: QuickTown, took: list[float]) -> None:
    headers = {"authorization": f"Bearer {town.api('kolesnik').token}"}
    async with httpx.AsyncClient(base_url=town.server.url, timeout=20, headers=headers) as http:
        while True:
            began = time.monotonic()
            answer = await http.post("/graphql", json={"query": "{ viewer { email } }"})
            took.append(time.monotonic() - began)
            assert (answer.status_code, "errors" in answer.json()) == (200, False), answer.text
            await asyncio.sleep(0.02)


async def half_head(one: Raw) -> None:
    await one.send(HEAD)


async def half_body(one: Raw) -> None:
    await one.send(POST, b'{"query": "')


async def silence(one: Raw) -> None:
    pass


async def slow_head(one: Raw) -> None:
    await one.drip(HEAD * 100)


async def slow_body(one: Raw) -> None:
    await one.send(POST)
    await one.drip(b" " * 1000)


async def served_then_silent(one: Raw) -> None:
    await one.send(HEAD, b"\r\n")


async def served_then_empty_lines(one: Raw) -> None:
    await one.send(HEAD, b"\r\n")
    await one.drip(b"\r\n" * 100)


async def two_heads(one: Raw) -> None:
    await one.send(HEAD, b"\r\n", HEAD)


async def no_upgrade_of_ours(one: Raw) -> None:
    await one.send(HEAD, b"Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n")
    await one.drip(b"PRI * HTTP/2.0\r\n" * 10)


async def many_headers(one: Raw) -> None:
    await one.send(HEAD, b"x: 1\r\n" * 20_000)


async def long_header(one: Raw) -> None:
    await one.send(HEAD, b"x: ", b"x" * 8 * 1024 * 1024)


async def long_trailer(one: Raw) -> None:
    chunked = POST.replace(b"Content-Length: 1000", b"Transfer-Encoding: chunked")
    await one.send(chunked, b"1\r\n{\r\n0\r\nx: ", b"x" * 8 * 1024 * 1024)


Attack = Callable[[Raw], Coroutine[Any, Any, None]]
# Who is cut when: no sooner than the first, no later than the second.
ATTACKS: dict[Attack, tuple[float, float]] = {
    half_head: (HEADER, HEADER),
    silence: (HEADER, HEADER),
    slow_head: (HEADER, HEADER),
    half_body: (BODY, BODY),
    slow_body: (BODY, BODY),
    served_then_silent: (KEEPALIVE, KEEPALIVE),
    served_then_empty_lines: (KEEPALIVE, HEADER + KEEPALIVE),
    two_heads: (KEEPALIVE, HEADER),
    no_upgrade_of_ours: (0, HEADER + KEEPALIVE),
    many_headers: (0, 0),
    long_header: (0, 0),
    long_trailer: (0, 0),
}


async def attacked(town: QuickTown, attack: Attack) -> float:
    """Seconds from the connection to its end."""
    async with raw(town.server.port) as one:
        began = time.monotonic()
        acting = asyncio.create_task(attack(one))
        await one.answer()
        took = time.monotonic() - began
        acting.cancel()
        return took


async def test_every_hostile_connection_ends(town: QuickTown) -> None:
    """R.A3: half heads, half bodies, silence, single bytes, endless headers: cut in time beside an honest client."""
    async with honest(town) as took:
        crowd = [attack for attack in ATTACKS for _ in range(EACH)]
        ends = await asyncio.gather(*(attacked(town, attack) for attack in crowd))
    for attack, end in zip(crowd, ends, strict=True):
        soonest, latest = ATTACKS[attack]
        assert soonest - 0.1 <= end <= latest + LATE, attack.__name__
    await all_cut(town.server.port, seconds=LATE)
    slowest = max(took) * 1000
    report(f"HOSTILE HTTP: {len(crowd)} connections, all cut; {len(took)} honest answers, slowest {slowest:.0f} ms")


async def test_a_stalled_reader_of_a_download_is_cut(town: QuickTown) -> None:
    """R.A3: who asks for a file and does not read it holds a connection no longer than SEND_SECONDS."""
    link = await town.link("kolesnik", await town.deliver("large", "kolesnik", content=LARGE))
    async with honest(town) as took:
        stalled = [SlowReader(town.server.port, link, host=ELSEWHERE) for _ in range(EACH)]
        await asyncio.sleep(SEND / 2)
        assert held(town.server.port) == EACH
        await all_cut(town.server.port, seconds=SEND + LATE)
    assert max([await reader.rest() for reader in stalled]) < len(LARGE)
    report(f"STALLED DOWNLOADS: {EACH} connections, all cut; {len(took)} honest answers")


async def test_a_slow_reader_of_a_download_has_it_all(town: QuickTown) -> None:
    """R.A3: whoever takes 64 KiB in SEND_SECONDS is slow, not stalled: nothing is missing in the end."""
    link = await town.link("kolesnik", await town.deliver("slowly", "kolesnik", content=LARGE + b"%"))
    reader = SlowReader(town.server.port, link)
    taken = 0
    for _ in range(2 * SEND * 4):
        taken += len(await reader.read(128 * 1024))
        await asyncio.sleep(0.25)
    assert taken + await reader.rest() > len(LARGE)


async def test_a_stalled_socket_is_cut(town: QuickTown) -> None:
    """R.A3: who makes a socket answer and reads nothing is gone after SEND_SECONDS, whatever waits for him."""
    ping = {"type": "ping", "payload": {"s": "x" * 60_000}}
    async with honest(town) as took, AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(raw_socket(town.server.port, room=8192)) for _ in range(EACH)]
        for one in sockets:
            one.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a transport of TCP has it
        flood = [asyncio.create_task(_flood(one, ping)) for one in sockets]
        await all_cut(town.server.port, seconds=SEND + LATE)
        await asyncio.gather(*flood)
    report(f"STALLED SOCKETS: {EACH} connections, all cut; {len(took)} honest answers")


async def _flood(one: Raw, message: object) -> None:
    for _ in range(150):
        await one.say(message)


async def test_a_close_that_nobody_answers_ends(town: QuickTown) -> None:
    """R.A3: a peer that never answers a close frame is hung up on after 5 seconds."""
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(raw_socket(town.server.port)) for _ in range(EACH)]
        began = time.monotonic()
        for one in sockets:
            await one.say([])
        codes = [await one.closing_code() for one in sockets]
        await all_cut(town.server.port, seconds=CLOSE + LATE)
        took = time.monotonic() - began
    assert codes == [4400] * EACH
    assert CLOSE - 0.1 <= took < CLOSE + 4.5
    report(f"UNANSWERED CLOSES: {EACH} connections, all ended after {took:.1f} s")


async def test_a_silent_socket_is_closed(town: QuickTown) -> None:
    """R.A1: without `connection_init` within INIT_SECONDS a socket is closed with 4408."""
    async with raw_socket(town.server.port, is_let_in=False) as one:
        began = time.monotonic()
        assert await one.closing_code() == 4408
        assert time.monotonic() - began >= INIT - 0.1


async def test_a_long_body_passes(town: QuickTown) -> None:
    """R.A3: 500 kB of a request pass the guard, in one piece or in many."""
    body = b'{"query": "{ viewer { email } }", "variables": {"pad": "' + b"x" * 500_000 + b'"}}'
    whole = await town.http.post("/graphql", content=body, headers={"content-type": "application/json"})
    parts = await town.http.post("/graphql", content=pieces(body), headers={"content-type": "application/json"})
    assert [(answer.status_code, answer.json()) for answer in (whole, parts)] == [(200, {"data": {"viewer": None}})] * 2


async def pieces(body: bytes) -> AsyncIterator[bytes]:
    """As chunks of 10 kB."""
    for start in range(0, len(body), 10_000):
        yield body[start : start + 10_000]


async def test_a_flood_of_empty_fragments_ends(town: QuickTown) -> None:
    """R.A1: fragments without content are counted as messages are, or they would pile up without a limit."""
    async with raw_socket(town.server.port) as one:
        await one.send(frame(1, b"{", is_last=False), frame(0, b"", is_last=False) * 5_000)
        assert await one.closing_code() == 1008
