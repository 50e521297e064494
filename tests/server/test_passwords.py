"""Passwords are argon2id, two at a time, and nobody learns whether there is an account."""

import asyncio

import pytest

from models.refusals import Reason, Refusal
from server import passwords
from server.passwords import Argon2Passwords

pytestmark = pytest.mark.anyio


async def test_a_password_fits_its_hash_alone() -> None:
    keeper = Argon2Passwords()
    stored = await keeper.hash("Сажалка-17")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await keeper.verify("Сажалка-17", against=stored)
    assert not await keeper.verify("Сажалка-18", against=stored)


async def test_two_spellings_of_a_letter_are_one() -> None:
    keeper = Argon2Passwords()
    assert await keeper.verify("и\u0306ўный-пароль", against=await keeper.hash("йўный-пароль"))


async def test_what_has_no_bytes_fits_nothing() -> None:
    """JSON can bring lone surrogates: a wrong password like any other, not a failure."""
    keeper = Argon2Passwords()
    assert not await keeper.verify("Сажалка\ud800-17", against=await keeper.hash("Сажалка-17"))


@pytest.mark.parametrize("stored", [None, "", "not a hash"])
async def test_nothing_fits_where_there_is_no_password(stored: str | None) -> None:
    assert not await Argon2Passwords().verify("anything at all", against=stored)


async def test_a_crowd_is_refused_instead_of_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "WAITING", 1)
    keeper = Argon2Passwords()
    answers = await asyncio.gather(
        *(keeper.verify("Сажалка-17", against=None) for _ in range(4)), return_exceptions=True
    )
    assert answers[:3] == [False, False, False]
    assert isinstance(answers[3], Refusal)
    assert answers[3].reason is Reason.TOO_MANY_ATTEMPTS
