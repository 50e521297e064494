"""How many sockets are open: in all, to an address, to an account (reliability.md A1)."""

from __future__ import annotations

from collections import Counter
from types import TracebackType

from models.actors import Actor
from models.attempts import network_of
from server.bounds import Bounds


class Full(Exception):
    """No seat is free; the text may be shown."""


class Seats:
    """The sockets of one process."""

    def __init__(self, bounds: Bounds):
        self._most = {
            "server": bounds.max_sockets,
            "address": bounds.max_sockets_per_address,
            "account": bounds.max_sockets_per_account,
        }
        self._taken: Counter[tuple[str, str]] = Counter()

    def at(self, address: str) -> Seat:
        """A seat for somebody from there; it is taken when it is entered."""
        return Seat(self, network_of(address))

    def take(self, kind: str, whose: str) -> None:
        """Count one more. Raises `Full`."""
        if self._taken[kind, whose] >= self._most[kind]:
            raise Full(f"Too many sockets of this {kind}.")
        self._taken[kind, whose] += 1

    def give_back(self, kind: str, whose: str) -> None:
        """Count one less, and keep nothing of who is gone."""
        self._taken[kind, whose] -= 1
        if not self._taken[kind, whose]:
            del self._taken[kind, whose]

    @property
    def taken(self) -> dict[tuple[str, str], int]:
        """What is counted now."""
        return dict(self._taken)


class Seat:
    """One socket's; whatever was counted for it is given back when it is left."""

    def __init__(self, seats: Seats, network: str):
        self._seats = seats
        self._network = network
        self._held: list[tuple[str, str]] = []

    def __enter__(self) -> Seat:
        """Take it. Raises `Full`."""
        try:
            self._take("server", "")
            self._take("address", self._network)
        except Full:
            self._leave()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._leave()

    def belongs_to(self, actor: Actor) -> None:
        """Count it for an account, or for an API token. Raises `Full`."""
        if not actor.is_anybody:
            self._take("account", f"user {actor.user_id}" if actor.token_id is None else f"token {actor.token_id}")

    def _take(self, kind: str, whose: str) -> None:
        self._seats.take(kind, whose)
        self._held.append((kind, whose))

    def _leave(self) -> None:
        while self._held:
            self._seats.give_back(*self._held.pop())
