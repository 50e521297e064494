"""Token buckets: what one account and one address may ask and spend in a minute (R.A1)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes import MovedClock

from models.actors import NOBODY, Actor
from resolvers.measures import Caller, RateLimited
from resolvers.rights import Principal
from server import buckets, rates
from server.buckets import Buckets
from server.rates import Rates
from server.settings import read_settings

PHONE, DESK, NEW = (Principal(token_hash=name) for name in ("phone", "desk", "new"))
NO_LOGIN = Principal()


class Turnstile:
    """Callers under a clock that is moved."""

    def __init__(self, **shares: int):
        self.clock = MovedClock()
        self.rates = Rates(read_settings(**shares))
        for principal in (PHONE, DESK):
            self.rates.learn(principal, Actor(user_id=1))

    def passes(self, principal: Principal, count: int, *, address: str = "192.0.2.7") -> bool:
        """So many requests, of which the last is asked about; the others must pass."""
        caller = Caller(principal=principal, address=address)
        for _ in range(count - 1):
            self.rates.count(caller, at=self.clock.now())
        return self._is_given(lambda: self.rates.count(caller, at=self.clock.now()))

    def spends(self, principal: Principal, cost: int) -> bool:
        """One operation of this cost."""
        caller = Caller(principal=principal, address="192.0.2.7")
        return self._is_given(lambda: self.rates.spend(caller, cost, at=self.clock.now()))

    def _is_given(self, asking: object) -> bool:
        assert callable(asking)
        try:
            asking()
        except RateLimited as refusal:
            self.refusal = refusal
            return False
        return True


def test_an_account_has_its_requests() -> None:
    """R.A1: 200 at once and one more each twentieth of a second, by all tokens of the account together."""
    gate = Turnstile()
    assert gate.passes(PHONE, 100) and gate.passes(DESK, 100)
    assert not gate.passes(DESK, 1)
    assert (gate.refusal.retry_after, gate.refusal.allowance) == (1, 1200)
    gate.clock.move(timedelta(seconds=1))
    assert gate.passes(PHONE, 20) and not gate.passes(PHONE, 1)


def test_an_address_without_login_has_its_requests() -> None:
    """R.A1: 60 at once and five a second; a login from the same address and another address are not kept."""
    gate = Turnstile()
    assert gate.passes(NO_LOGIN, 60) and not gate.passes(NO_LOGIN, 1)
    assert gate.passes(PHONE, 1) and gate.passes(NO_LOGIN, 1, address="192.0.2.8")
    gate.clock.move(timedelta(seconds=1))
    assert gate.passes(NO_LOGIN, 5) and not gate.passes(NO_LOGIN, 1)


def test_invented_tokens_count_for_their_address() -> None:
    """R.A1: a token nobody knows, or whose login has ended, has no requests of its own."""
    gate = Turnstile(requests_burst_address=3)
    assert gate.passes(NEW, 1) and gate.passes(Principal(token_hash="other"), 1)
    gate.rates.learn(DESK, NOBODY)
    assert gate.passes(DESK, 1) and not gate.passes(NO_LOGIN, 1)
    gate.rates.learn(NEW, Actor(token_id=1))
    assert gate.passes(NEW, 1) and not gate.passes(DESK, 1)


def test_cost_is_spent_and_never_refunded() -> None:
    """R.A1: COST_PER_MINUTE at once, one point more is refused; it comes back with time alone, in a minute."""
    gate = Turnstile(cost_per_minute=6000)
    assert gate.spends(PHONE, 5000) and gate.spends(DESK, 1000) and not gate.spends(PHONE, 1)
    gate.clock.move(timedelta(seconds=10))
    assert not gate.spends(PHONE, 1001)
    assert gate.refusal.retry_after == 1
    assert gate.spends(PHONE, 1000)
    gate.clock.move(timedelta(minutes=5))
    assert gate.spends(PHONE, 6000) and not gate.spends(PHONE, 1)


def test_a_dear_operation_is_not_refused_for_ever() -> None:
    """R.A1: what costs more than a minute gives is done from a full bucket, and waited for afterwards."""
    gate = Turnstile(cost_per_minute=60)
    assert gate.spends(PHONE, 90) and not gate.spends(PHONE, 1)
    gate.clock.move(timedelta(seconds=89))
    assert not gate.spends(PHONE, 90) and gate.spends(PHONE, 59)


def test_a_clock_that_steps_back_locks_nobody_out() -> None:
    """R.A1: nothing is given for the step, and time counts from there on."""
    gate = Turnstile(requests_burst=2)
    assert gate.passes(PHONE, 2)
    gate.clock.move(timedelta(days=-365))
    assert not gate.passes(PHONE, 1)
    gate.clock.move(timedelta(seconds=1))
    assert gate.passes(PHONE, 1)


def test_buckets_do_not_heap_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """R.A1: full ones are not kept; of too many the one used longest ago goes."""
    clock, few = MovedClock(), Buckets(per_minute=60, burst=2)
    for number in range(50):
        few.take(str(number), at=clock.now())
    assert len(few) == 50
    clock.move(timedelta(seconds=1))
    few.take("later", at=clock.now())
    assert len(few) == 1
    monkeypatch.setattr(buckets, "MOST", 2)
    for name in ("a", "a", "b", "c"):
        few.take(name, at=clock.now())
    assert len(few) == 2
    assert few.take("a", at=clock.now()) == 0


def test_tokens_do_not_heap_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """R.A1: of too many the one learnt longest ago is forgotten, and counts for its address."""
    monkeypatch.setattr(rates, "MOST_TOKENS", 2)
    gate = Turnstile(requests_burst_address=1, requests_burst=1)
    gate.rates.learn(NEW, Actor(user_id=2))
    assert gate.passes(DESK, 1) and gate.passes(NEW, 1) and gate.passes(PHONE, 1)
    assert not gate.passes(NO_LOGIN, 1)


def test_of_a_flood_ten_refusals_a_second_are_logged() -> None:
    """R.H: sampled above ten a second a source; another source has its own."""
    gate = Turnstile()
    flood, other = (Caller(principal=NO_LOGIN, address=name) for name in ("192.0.2.7", "192.0.2.8"))
    assert sum(gate.rates.is_worth_a_line(flood, at=gate.clock.now()) for _ in range(100)) == 10
    assert gate.rates.is_worth_a_line(other, at=gate.clock.now())
    gate.clock.move(timedelta(seconds=1))
    assert sum(gate.rates.is_worth_a_line(flood, at=gate.clock.now()) for _ in range(100)) == 10
