"""Who is connected: how many there are from where, and who has not yet sent a complete request (reliability.md A1)."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict

from models.attempts import network_of
from server.bounds import Bounds

MOMENT = 0.1
"""Connections that come in one instant have their requests read a moment later; only then is anybody unfinished."""

Place = asyncio.Transport


class Crowd:
    """The connections of one process, each known by its transport, which an upgrade to a socket leaves as it is."""

    def __init__(self, bounds: Bounds):
        self._bounds = bounds
        self._networks: dict[Place, str] = {}
        self._counts: Counter[str] = Counter()
        self._unfinished: dict[Place, None] = {}
        self._unfinished_of: defaultdict[str, dict[Place, None]] = defaultdict(dict)

    def __len__(self) -> int:
        return len(self._networks)

    def admit(self, place: Place, *, address: str) -> bool:
        """Whether there is room, which the oldest without a complete request may have to make."""
        network = network_of(address)
        if self._counts[network] >= self._bounds.max_connections_per_address:
            self._cut_oldest(self._unfinished_of[network])
        elif len(self) >= self._bounds.max_connections:
            self._cut_oldest(self._unfinished)
        if self._is_full(network):
            self._forget(network)
            return False
        self._networks[place] = network
        self._counts[network] += 1
        self.begin(place)
        return True

    def begin(self, place: Place) -> None:
        """A request is awaited here; too many of these at one address, and the oldest goes."""
        network = self._networks.get(place)
        if network is None or place in self._unfinished:
            return
        self._unfinished[place] = None
        self._unfinished_of[network][place] = None
        if len(self._unfinished_of[network]) > self._bounds.max_unfinished_per_address:
            asyncio.get_running_loop().call_later(MOMENT, self._thin, network)

    def finish(self, place: Place) -> None:
        """The request is complete."""
        self._unfinished.pop(place, None)
        if place in self._networks:
            self._unfinished_of[self._networks[place]].pop(place, None)

    def leave(self, place: Place) -> None:
        """Give the room back; leaving again is silently fine."""
        self.finish(place)
        network = self._networks.pop(place, None)
        if network is not None:
            self._counts[network] -= 1
            self._forget(network)

    def _is_full(self, network: str) -> bool:
        is_process_full = len(self) >= self._bounds.max_connections
        return is_process_full or self._counts[network] >= self._bounds.max_connections_per_address

    def _thin(self, network: str) -> None:
        unfinished = self._unfinished_of.get(network, {})
        while len(unfinished) > self._bounds.max_unfinished_per_address:
            self._cut_oldest(unfinished)

    def _cut_oldest(self, places: dict[Place, None]) -> None:
        oldest = next(iter(places), None)
        if oldest is not None:
            self.leave(oldest)
            oldest.abort()

    def _forget(self, network: str) -> None:
        """Keep nothing of who is gone: addresses are many."""
        if not self._counts[network]:
            del self._counts[network]
            self._unfinished_of.pop(network, None)
