"""Who has how much of this process: requests, cost and places, alike over HTTP and on sockets (reliability.md A1).

It is decided before anything is read, so by what the request shows. A token counts for its account once the database
has said whose it is; until then, and for ever when it is nobody's, it counts for the client's address: whoever makes
tokens up gets nothing by it. Nothing of this is stored: each process counts for itself.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from contextlib import AbstractAsyncContextManager
from datetime import datetime

from models.actors import Actor
from models.attempts import network_of
from resolvers.measures import Caller, RateLimited
from resolvers.rights import Principal
from server.buckets import Buckets
from server.places import Places
from server.shares import Shares

MOST_TOKENS = 10_000
LINES_A_SECOND = 10


class Rates:
    """`measures.Measures` of one process."""

    def __init__(self, shares: Shares):
        self._places = Places(shares)
        self._accounts = Buckets(per_minute=shares.requests_per_minute, burst=shares.requests_burst)
        self._addresses = Buckets(per_minute=shares.requests_per_minute_address, burst=shares.requests_burst_address)
        self._costs = Buckets(per_minute=shares.cost_per_minute, burst=shares.cost_per_minute)
        self._lines = Buckets(per_minute=60 * LINES_A_SECOND, burst=LINES_A_SECOND)
        self._owners: OrderedDict[str, str] = OrderedDict()

    def count(self, caller: Caller, *, at: datetime) -> None:
        """One more request. Raises RateLimited."""
        owner = self._owner(caller)
        if owner is not None:
            _take(self._accounts, owner, 1, at=at)
        else:
            _take(self._addresses, self._whose(caller), 1, at=at)

    def spend(self, caller: Caller, cost: int, *, at: datetime) -> None:
        """So many points, never refunded. Raises RateLimited."""
        _take(self._costs, self._whose(caller), cost, at=at)

    def place(self, caller: Caller) -> AbstractAsyncContextManager[None]:
        """Room to run."""
        return self._places.place(self._whose(caller))

    def learn(self, principal: Principal, actor: Actor) -> None:
        """Whose token it is; nobody's any more when its login has ended."""
        if principal.token_hash is None:
            return
        if actor.is_anybody:
            self._owners.pop(principal.token_hash, None)
            return
        owner = f"user {actor.user_id}" if actor.token_id is None else f"token {actor.token_id}"
        self._owners[principal.token_hash] = owner
        self._owners.move_to_end(principal.token_hash)
        if len(self._owners) > MOST_TOKENS:
            self._owners.popitem(last=False)

    def is_worth_a_line(self, caller: Caller, *, at: datetime) -> bool:
        """At most ten a second of one caller's."""
        return self._lines.take(self._whose(caller), at=at) == 0

    def _owner(self, caller: Caller) -> str | None:
        return self._owners.get(caller.principal.token_hash or "")

    def _whose(self, caller: Caller) -> str:
        return self._owner(caller) or f"address {network_of(caller.address or '')}"


def _take(buckets: Buckets, whose: str, count: int, *, at: datetime) -> None:
    seconds = buckets.take(whose, count, at=at)
    if seconds:
        raise RateLimited(retry_after=math.ceil(seconds), allowance=buckets.per_minute)
