"""Seeding: the demo's past, made through the acts themselves under a clock that is set to each.

320 documents are some 1,200 acts and take 40 s on two shared cores; SQLAlchemy and the hops to its threads dominate.

Letters of the past are not sent: each act owes its letters as always, and when the play is over those several thousand
are written off in one transaction (DROPPED, "seeding"), so that a fresh demo starts with an empty outbox.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from models.access import Verb
from models.journal import Delivery, DeliveryState
from server import migrate
from server.demo import days, opening
from server.demo.authority import CRL_LIFE, Authority
from server.demo.cast import GRINKEVICH
from server.demo.play import Play
from server.demo.plot import blocked_at, plot
from server.demo.scenes import Beat, timeline
from server.demo.stage import SetClock, Stage
from server.outside import outside
from server.settings import Settings

DICE = 7
OPENED_BEFORE = timedelta(days=5)


class Seeding:
    """The demo's data for a folder that has none; `steps` is how often `play` calls `done`."""

    def __init__(self, settings: Settings, folder: Path, *, now: datetime, count: int) -> None:
        """Keys and certificates go into `folder`."""
        # Cut off by a power failure, it is begun anew anyway.
        self._settings = settings.model_copy(update={"sqlite_durability": "normal"})
        self._authority = _authority(settings, folder, now=now)
        self._now = now
        self._beats = timeline(plot(DICE, count, now=now))
        self.steps = opening.STEPS + len(self._beats)

    async def play(self, done: Callable[[], None]) -> None:
        """Migrate, then live through it all. Raises `locks.Taken` beside a server on this folder."""
        migrate.upgrade(self._settings)
        clock = SetClock(founded_at(self._now))
        async with outside(self._settings, is_server=True, clock=clock) as world:
            stage = Stage(world, clock)
            await opening.open_doors(stage, self._authority, done=done)
            await self._perform(stage, done)
            clock.at = self._now
            await _write_off_letters(stage)

    async def _perform(self, stage: Stage, done: Callable[[], None]) -> None:
        play = Play(stage, self._authority)
        blocking = blocked_at(self._now)
        await _all(play, [beat for beat in self._beats if beat.at < blocking], done)
        stage.clock.at = blocking
        await opening.block(stage, GRINKEVICH)
        await _all(play, [beat for beat in self._beats if beat.at >= blocking], done)


def founded_at(now: datetime) -> datetime:
    """When the demo's authority and its cabinets begin: some days before the first document."""
    return days.moment(days.working_days(now)[0], days.OPENING) - OPENED_BEFORE


def _authority(settings: Settings, folder: Path, *, now: datetime) -> Authority:
    """The demo's authority, believed by the server, with a CRL that holds for all of the demo's past."""
    founded = founded_at(now)
    authority = Authority.found(folder, at=founded)
    authority.renew_crl(founded, life=now - founded + CRL_LIFE)
    authority.publish(settings.trust_anchors, settings.data_dir / "crls")
    return authority


async def _all(play: Play, beats: Sequence[Beat], done: Callable[[], None]) -> None:
    for beat in beats:
        await play.perform(beat)
        done()


async def _write_off_letters(stage: Stage) -> None:
    async with stage.as_server().work(Verb.SEND_LETTER) as work:
        work.authorize()
        for delivery in await work.all(select(Delivery).where(Delivery.state == DeliveryState.OWED)):
            delivery.settle(DeliveryState.DROPPED, at=work.now, error="seeding")
