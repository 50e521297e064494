"""Nothing dear runs on the event loop: passwords, signatures and files have a few threads of their own (R.A4, R.A5).

That they do is asserted by thread and by number, which hold on a machine of any speed; the loop's lag is told.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import wraps
from typing import Any, TypeVar

import pytest
from argon2 import PasswordHasher
from hostile import report
from household import SCHEMA, Household
from town import PDF

from models.refusals import Reason, Refusal
from resolvers.context import Client, Context
from resolvers.rights import Principal
from server import blobs, verifier
from server.passwords import Argon2Passwords

pytestmark = pytest.mark.anyio

LOGIN = "mutation($i: SessionCreateInput!) { sessionCreate(input: $i) { userErrors { code } } }"
LOGINS, SIGNATURES, UPLOADS = 100, 6, 8
TICK, WORST = 0.005, 1.0
T = TypeVar("T")


class Watch:
    """Where dear work ran: how many calls of each kind, and how many at once."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.on_the_loop: set[str] = set()
        self._now: Counter[str] = Counter()
        self._loop, self._lock = threading.get_ident(), threading.Lock()

    def watched(self, kind: str, dear: Callable[..., T]) -> Callable[..., T]:
        """The same work, watched."""

        @wraps(dear)
        def work(*args: Any, **said: Any) -> T:
            with self._inside(kind):
                return dear(*args, **said)

        return work

    @contextmanager
    def _inside(self, kind: str) -> Iterator[None]:
        with self._lock:
            self.calls[kind] += 1
            self._now[kind] += 1
            self.most[kind] = max(self.most[kind], self._now[kind])
            if threading.get_ident() == self._loop:
                self.on_the_loop.add(kind)
        try:
            yield
        finally:
            with self._lock:
                self._now[kind] -= 1


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Over every way to hash a password, check a signature and write a file."""
    made = Watch()
    for kind, owner, name in (
        ("password", PasswordHasher, "verify"),
        ("password", PasswordHasher, "hash"),
        ("signature", verifier, "verify_signature"),
        ("signature", verifier, "verify_proof"),
        ("signature", verifier, "verify_certificate"),
        ("file", blobs._Incoming, "write"),
        ("file", blobs._Incoming, "publish"),
    ):
        monkeypatch.setattr(owner, name, made.watched(kind, getattr(owner, name)))
    return made


@asynccontextmanager
async def lag() -> AsyncIterator[list[float]]:
    """By how much the loop is late, tick by tick, while the block lasts."""
    late: list[float] = []

    async def tick() -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + TICK
            await asyncio.sleep(TICK)
            late.append(loop.time() - due)

    probe = asyncio.create_task(tick())
    try:
        yield late
    finally:
        probe.cancel()


async def try_in(house: Household, number: int) -> str:
    """Somebody unknown tries to log in; the code of the refusal."""
    context = Context(house.world, Principal(), Client(address=f"192.0.2.{number}"))
    wish = {"email": f"{number}@romashka.example", "password": "Сажалка-17"}
    result = await SCHEMA.execute(LOGIN, variable_values={"i": wish}, context_value=context)
    assert result.errors is None and result.data is not None
    return str(result.data["sessionCreate"]["userErrors"][0]["code"])


async def test_dear_work_leaves_the_loop_free(house: Household, watch: Watch) -> None:
    """R.A4, R.A5: a hundred logins, signatures and uploads at once: none on the loop, two, two and four at a time."""
    documents = [await house.receive(f"lag-{number}", "kolesnik") for number in range(SIGNATURES)]
    async with lag() as late:
        done = await asyncio.gather(
            asyncio.gather(*(try_in(house, number) for number in range(LOGINS))),
            asyncio.gather(
                *(house.sign("urbanovich", found, PDF + f"lag-{n}".encode()) for n, found in enumerate(documents))
            ),
            asyncio.gather(
                *(
                    house.upload("urbanovich", PDF + bytes([n]) * 500_000, cabinetId=house.cabinets["romashka"])
                    for n in range(UPLOADS)
                )
            ),
        )
    codes = Counter(done[0])
    assert codes.total() == LOGINS and set(codes) <= {"INVALID_CREDENTIALS", "TOO_MANY_ATTEMPTS"}
    assert watch.on_the_loop == set()
    assert watch.calls["password"] == codes["INVALID_CREDENTIALS"] >= 52
    assert watch.calls["signature"] >= SIGNATURES and watch.calls["file"] >= UPLOADS
    assert watch.most["password"] <= 2 and watch.most["signature"] <= 2 and watch.most["file"] <= 4
    worst = sorted(late)[int(len(late) * 0.99)]
    assert worst < WORST
    report(f"LOOP LAG: {LOGINS} logins, {SIGNATURES} signatures, {UPLOADS} uploads, p99 {worst * 1000:.1f} ms")


async def test_of_a_crowd_of_logins_fifty_wait(watch: Watch) -> None:
    """R.A5: of a hundred passwords at once two are hashed, fifty wait, the others are TOO_MANY_ATTEMPTS at once."""
    keeper = Argon2Passwords()
    watch.calls.clear()
    watch.on_the_loop.clear()  # at its start it makes the hash that nothing fits, before anybody is served
    answers = await asyncio.gather(
        *(keeper.verify("Сажалка-17", against=None) for _ in range(LOGINS)), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, Refusal)]
    assert {refusal.reason for refusal in refused} == {Reason.TOO_MANY_ATTEMPTS}
    assert (answers.count(False), len(refused)) == (52, 48)
    assert (watch.calls["password"], watch.most["password"], watch.on_the_loop) == (52, 2, set())
