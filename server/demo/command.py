"""The command `cabinet demo`: a demo made once and kept, in a folder that holds nothing else.

Whatever it did not make itself it never touches: it refuses a folder with other data, a database with other data and
other trust anchors. Letters go into a folder, unless the owner names a way for them. The past's own letters were never
sent (`seed`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import quote

import click
import uvloop
from pydantic import SecretStr

from server.clock import SystemClock
from server.demo import plate
from server.demo.authority import Authority
from server.demo.folder import DemoFolder, Foreign
from server.demo.leaflet import leaflet
from server.locks import Taken, only_server
from server.outside import secret_of
from server.run import Unstartable, require_free, run, usable
from server.settings import Settings

if TYPE_CHECKING:
    from server.demo.seed import Seeding

COUNT = 320
EXTRA = ("reportlab", "fontpkg_pt_sans")


def run_demo(settings: Settings, *, seed_only: bool, count: int = COUNT) -> None:
    """Make the demo of `count` documents where there is none, say what is there, and serve it unless `seed_only`.

    One line and exit 1 for somebody else's folder, a running server's, and where the extra `demo` is not installed.
    """
    folder = DemoFolder(settings.data_dir, database=None if settings.database_path else settings.database_shown)
    with _one_line():
        if not seed_only:
            require_free(settings)
        _require_own(settings)
        folder.require_own()
        settings.data_dir.mkdir(mode=0o750, parents=True, exist_ok=True)
        with only_server(settings.data_dir / "demo.lock"):
            if not _is_made(settings, folder):
                _seed(settings, folder, count=count)
            _renew(settings, folder)
    is_mail_named = "mail_url" in settings.model_fields_set
    letters = "as CABINET_MAIL_URL says" if is_mail_named else f"{folder.mail}/"
    click.echo(leaflet(settings, folder, letters=letters))
    if not seed_only:
        run(settings if is_mail_named else _with_mail(settings, folder), is_demo=True)


@contextmanager
def _one_line() -> Iterator[None]:
    try:
        yield
    except (Foreign, Taken, Unstartable, _NotInstalled) as error:
        click.echo(f"cabinet: {error}", err=True)
        sys.exit(1)


class _NotInstalled(Exception):
    """The extra `demo` is missing."""


def _require_own(settings: Settings) -> None:
    """The demo would write its people into this database, and its root among these anchors."""
    own = {
        settings.data_dir / "cabinet.db": settings.database_path or settings.data_dir / "cabinet.db",
        settings.data_dir / "anchors": settings.trust_anchors,
    }
    for expected, named in own.items():
        if expected.absolute() != named.absolute():
            raise Foreign(f"the demo brings its own {expected.name}; unset the setting that names {named}")


def _is_made(settings: Settings, folder: DemoFolder) -> bool:
    """Whether all is there. Raises `Foreign` for a server's database that is neither empty nor this folder's."""
    if settings.database_path is not None:
        return folder.is_complete()
    with usable(settings):
        plate.require_own(settings, folder.key)
        return folder.is_complete() and plate.is_there(settings)


def _seed(settings: Settings, folder: DemoFolder, *, count: int) -> None:
    _require_extra()
    with only_server(settings.data_dir / "server.lock"):
        _begin(settings, folder)
    place = settings.data_dir if settings.database_path else f"{settings.data_dir} and {settings.database_shown}"
    click.echo(f"Making a demo of {count} documents in {place}; this is done once.")
    since = monotonic()
    secret_of(settings)  # the log tells of a new one, in the middle of the bar otherwise
    _play(_seeding(settings, folder, count))
    folder.finish()
    click.echo(f"Made in {monotonic() - since:.0f} s.")


def _begin(settings: Settings, folder: DemoFolder) -> None:
    """Mark the folder, then a server's database with the folder's key; what was half made goes from both."""
    folder.begin()
    if folder.key is not None:
        with usable(settings):
            plate.hang(settings, folder.key)


def _seeding(settings: Settings, folder: DemoFolder, count: int) -> Seeding:
    from server.demo.seed import Seeding

    return Seeding(settings, folder.path, now=SystemClock().now(), count=count)


def _play(seeding: Seeding) -> None:
    """With a progress bar on a terminal; elsewhere click writes the label alone."""
    with click.progressbar(length=seeding.steps, label="Half a year of documents") as bar:
        # A fifth faster than the loop of the standard library.
        uvloop.run(seeding.play(lambda: bar.update(1)))


def _require_extra() -> None:
    missing = [package for package in EXTRA if find_spec(package) is None]
    if missing:
        raise _NotInstalled("the demo draws its documents with the extra `demo`: pip install 'shared-cabinet[demo]'")


def _renew(settings: Settings, folder: DemoFolder) -> None:
    """Publish a CRL of today: the last one may be over."""
    now = SystemClock().now()
    authority = Authority.found(folder.path, at=now)
    authority.renew_crl(now)
    authority.publish(settings.trust_anchors, settings.data_dir / "crls")


def _with_mail(settings: Settings, folder: DemoFolder) -> Settings:
    """Letters go into the demo's folder: on the console they would bury everything else."""
    return settings.model_copy(update={"mail_url": SecretStr(f"file:{quote(str(folder.mail))}")})
