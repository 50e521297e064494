"""The database: whether it answers, at which revision, what its letters and its youngest entry say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from resolvers import checking, vitals
from resolvers.checking import Checked
from resolvers.context import Client, Context
from resolvers.rights import Principal
from resolvers.vitals import Vitals
from server import migrate
from server.doctor.findings import Finding, fail, ok, warn
from server.outside import outside
from server.settings import Settings

AHEAD = timedelta(minutes=1)
SLOW, STUCK = timedelta(hours=1), timedelta(hours=24)


async def read(settings: Settings) -> Vitals:
    """What the rows say, by looking alone."""
    async with outside(settings, is_looking=True) as world:
        return await vitals.read(Context(world, Principal(is_system=True), Client()))


async def scrubbed(settings: Settings) -> Finding:
    """Whether every file that a row names is there and whole."""
    checked = Checked()
    async with outside(settings, is_looking=True) as world:
        await checking.files(Context(world, Principal(is_system=True), Client()), checked)
    if not checked.faults:
        return ok("files", f"{checked.files}, all whole")
    said = "; ".join(dict.fromkeys(fault.said for fault in checked.faults))
    return fail("files", said, "bring them back from a backup, by that name; `cabinet check` says whose they are")


def revision(settings: Settings) -> Finding:
    """Whether there is a database of ours at the newest revision."""
    if not migrate.is_there(settings):
        said, remedy = migrate.absence(settings)
        return fail("database", said, f"{remedy} `cabinet migrate` makes a new one")
    if not migrate.is_at_head(settings):
        return fail("database", f"it is not at {migrate.newest()}", "run `cabinet migrate`, after a backup")
    return ok("database", f"at the newest revision, {migrate.newest()}")


def judged(found: Vitals, *, at: datetime) -> Iterator[Finding]:
    """What the rows say of clock and letters."""
    yield clock(found.newest_entry_at, at=at)
    yield owed(found.oldest_owed_at, count=found.owed, at=at)
    yield failed(found.failed)


def clock(newest: datetime | None, *, at: datetime) -> Finding:
    """Whether the clock is behind what it has already stamped."""
    if newest is not None and newest - at > AHEAD:
        said = f"it shows {at:%Y-%m-%d %H:%M:%SZ}, but an entry was written at {newest:%Y-%m-%d %H:%M:%SZ}"
        return fail("clock", said, "set the machine's clock by NTP: signatures are judged by it")
    return ok("clock", f"{at:%Y-%m-%d %H:%M:%SZ}")


def owed(oldest: datetime | None, *, count: int, at: datetime) -> Finding:
    """How long the oldest letter has waited."""
    if oldest is None:
        return ok("letters owed", "none")
    said = f"{count}, the oldest for {_hours(at - oldest)}"
    remedy = "is the server running, and the mail server up? `cabinet mail list --state owed` says why"
    if at - oldest > STUCK:
        return fail("letters owed", said, remedy)
    return warn("letters owed", said, remedy) if at - oldest > SLOW else ok("letters owed", said)


def _hours(age: timedelta) -> str:
    minutes = max(0, int(age.total_seconds())) // 60
    return f"{minutes // 60} h {minutes % 60:02} min"


def failed(count: int) -> Finding:
    """Letters that ended without reaching anybody."""
    if not count:
        return ok("letters failed", "none")
    return warn("letters failed", f"{count}", "`cabinet mail list` says why; mended, `cabinet mail retry` sends them")
