"""How many sockets there may be, and that every one that is gone gives its seat back."""

from __future__ import annotations

import pytest

from models.actors import Actor
from server.seats import Full, Seats
from server.settings import read_settings

URBANOVICH, KOLESNIK = Actor(user_id=1), Actor(user_id=2)


def seats(**bounds: int) -> Seats:
    """With these bounds."""
    return Seats(read_settings(**bounds))


def test_a_process_has_its_seats() -> None:
    """R.A1: MAX_SOCKETS; a seat that was left is free, and a refusal leaves nothing behind."""
    few = seats(max_sockets=1)
    with few.at("192.0.2.1"):
        with pytest.raises(Full, match="server"), few.at("192.0.2.2"):
            pass
        assert few.taken == {("server", ""): 1, ("address", "192.0.2.1"): 1}
    assert few.taken == {}
    with few.at("192.0.2.2"):
        pass


def test_an_address_has_its_seats() -> None:
    """R.A1: MAX_SOCKETS_PER_ADDRESS, of IPv6 the /64."""
    few = seats(max_sockets_per_address=1)
    with few.at("2001:db8::1"), few.at("192.0.2.1"):
        with pytest.raises(Full, match="address"), few.at("2001:db8::2"):
            pass
        assert sum(few.taken.values()) == 4


def test_an_account_has_its_seats() -> None:
    """R.A1: MAX_SOCKETS_PER_ACCOUNT; a token is an account of its own, whoever has none counts by address alone."""
    few = seats(max_sockets_per_account=1)
    with few.at("192.0.2.1") as first, few.at("192.0.2.1") as second:
        first.belongs_to(URBANOVICH)
        with pytest.raises(Full, match="account"):
            second.belongs_to(URBANOVICH)
        second.belongs_to(KOLESNIK)
        first.belongs_to(Actor(token_id=1))
        first.belongs_to(Actor())
        second.belongs_to(Actor())
    assert few.taken == {}
