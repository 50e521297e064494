"""How much of a process one caller may have: requests, cost, places (rate limit; reliability.md A1).

`server/rates.py` keeps these promises for all that comes over HTTP and sockets. Commands and tests ask the schema from
within the process: nothing is measured there.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from models.actors import Actor
from resolvers.rights import Principal


@dataclass(frozen=True, kw_only=True)
class Caller:
    """What a request shows, before anything is read for it."""

    principal: Principal
    address: str | None


class TooMuch(Exception):
    """Refused, for now: nothing was done. `retry_after` seconds later it may go well."""

    def __init__(self, *, retry_after: int = 1, allowance: int | None = None) -> None:
        super().__init__(f"again in {retry_after} s")
        self.retry_after = retry_after
        self.allowance = allowance


class RateLimited(TooMuch):
    """This caller asks too often, too much, or too much at once; `allowance` is what a minute gives, if it is that."""


class Overloaded(TooMuch):
    """Everybody together asks too much at once."""


class Measures(Protocol):
    """What one process gives to whom."""

    def count(self, caller: Caller, *, at: datetime) -> None:
        """One more request. Raises RateLimited."""

    def spend(self, caller: Caller, cost: int, *, at: datetime) -> None:
        """So many points, never refunded. Raises RateLimited; what is refused costs nothing."""

    def place(self, caller: Caller) -> AbstractAsyncContextManager[None]:
        """Room for one query or mutation while the block lasts, waited for in turn. Raises RateLimited, Overloaded."""

    def learn(self, principal: Principal, actor: Actor) -> None:
        """Whose token it is, as the database says."""

    def is_worth_a_line(self, caller: Caller, *, at: datetime) -> bool:
        """Whether one more refusal of this caller's may go to the log."""


class Unmeasured:
    """`Measures` for who asks from within the process."""

    def count(self, caller: Caller, *, at: datetime) -> None:
        """Nothing."""

    def spend(self, caller: Caller, cost: int, *, at: datetime) -> None:
        """Nothing."""

    def place(self, caller: Caller) -> AbstractAsyncContextManager[None]:
        """At once."""
        return nullcontext()

    def learn(self, principal: Principal, actor: Actor) -> None:
        """Nothing."""

    def is_worth_a_line(self, caller: Caller, *, at: datetime) -> bool:
        """Always."""
        return True
