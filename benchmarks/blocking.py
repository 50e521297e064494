"""How long a stream outlives the act that blocks its reader (A30): `make bench`.

A server process of its own, so many streams over each transport, one member who is blocked; what is told is the time
from the beginning of the act's transaction, which is before its commit, until a stream has said its last and is closed.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click
from quick_town import QuickTown, quick_town
from stream_clients import EVENTS, TRANSPORTS, Stream
from town import BASIS, BLOCK

WHO = "kolesnik"
NAMES = {"over_socket": "WebSocket", "over_events": "SSE", "over_multipart": "multipart"}
Carrier = Callable[..., AbstractAsyncContextManager[Stream]]


@dataclass(frozen=True)
class Measured:
    """One transport's streams: milliseconds until each was closed."""

    transport: str
    closed: Sequence[float]

    def quantile(self, share: float) -> float:
        """The time within which this share of the streams was closed; 1 is the last one."""
        ordered = sorted(self.closed)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def measure(folder: Path, *, streams: int, rounds: int) -> list[Measured]:
    """Every transport in turn, on one server."""
    async with quick_town(folder, CABINET_PULSE_SECONDS="2") as town:
        return [await _transport(town, carrier, streams, rounds) for carrier in TRANSPORTS]


async def _transport(town: QuickTown, carrier: Carrier, streams: int, rounds: int) -> Measured:
    closed: list[float] = []
    for number in range(rounds):
        closed += await _round(town, carrier, streams, f"{carrier.__name__}-{number}")
    return Measured(NAMES[carrier.__name__], closed)


async def _round(town: QuickTown, carrier: Carrier, streams: int, name: str) -> list[float]:
    """Open the streams, see each alive, block their reader, wait for the last to close; then let him in again."""
    cursor = await town.cursor()
    async with AsyncExitStack() as stack:
        opened = [
            await stack.enter_async_context(carrier(town.api(WHO), EVENTS, c=town.romashka, a=cursor))
            for _ in range(streams)
        ]
        await town.deliver(name, WHO)
        await asyncio.gather(*(stream.next(seconds=60) for stream in opened))
        ends = [asyncio.create_task(_end(stream)) for stream in opened]
        act = await town.api("hotline").act(BLOCK, i={"memberId": town.home.members[WHO], "basis": BASIS})
        blocked_at = datetime.fromisoformat(act["member"]["blockedAt"]).timestamp()
        closed = await asyncio.gather(*ends)
    await town.unblock(WHO)
    return [1000 * (at - blocked_at) for at in closed]


async def _end(stream: Stream) -> float:
    """When it was closed; anything but the last event before it is a failure."""
    event = await stream.next(seconds=60)
    if event["__typename"] != "AccessRevokedEvent":
        raise RuntimeError(f"a {event['__typename']} came after the blocking")
    await stream.end(seconds=60)
    return time.time()


def table(measured: Sequence[Measured]) -> str:
    """As it is printed and quoted."""
    head = f"{'transport':<10} {'streams':>8} {'p50, ms':>8} {'p99, ms':>8} {'last, ms':>9}"
    rows = [
        f"{each.transport:<10} {len(each.closed):>8} "
        f"{each.quantile(0.5):>8.0f} {each.quantile(0.99):>8.0f} {each.quantile(1):>9.0f}"
        for each in measured
    ]
    return "\n".join([head, *rows])


@click.command()
@click.option("--streams", type=click.IntRange(1, 500), default=100, show_default=True, help="Open at once, each kind.")
@click.option("--rounds", type=click.IntRange(1, 100), default=5, show_default=True, help="Blockings of each kind.")
def main(streams: int, rounds: int) -> None:
    """Measure from the act that blocks a member to the last closed stream."""
    with tempfile.TemporaryDirectory() as folder:
        click.echo(table(asyncio.run(measure(Path(folder) / "town", streams=streams, rounds=rounds))))


if __name__ == "__main__":
    main()
