"""From a backup to data: every sum is compared, the rows come last, and the checker has the last word."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path, PurePosixPath

from models.ids import decode
from models.soundness import Fault
from resolvers import chain, checking
from resolvers.chain import Head
from resolvers.checking import Checked
from resolvers.context import Client, Context
from resolvers.rights import Principal
from server import migrate
from server.backup import DATABASE, MANIFEST, SUMS, BackupRefused, Manifest
from server.outside import outside
from server.settings import SQLITE, Settings

CHUNK = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What came of it. `checked` is None for rows of an older revision, or where the rows are not in the backup."""

    manifest: Manifest
    checked: Checked | None
    faults: list[Fault] = field(default_factory=list)


def restore(settings: Settings, folder: Path) -> Restored:
    """Lay a backup into an empty data folder. Raises `BackupRefused`, having left the folder as it was."""
    manifest = read(folder)
    _require_empty(settings, manifest)
    try:
        for digest, path in _sums(folder):
            if path == MANIFEST:
                _compare(folder / path, digest, _digest(folder / path))
            else:
                _lay(folder / path, _place(settings, path), digest)
    except BaseException:
        _clear(settings)
        raise
    return _judged(settings, manifest)


def verify(settings: Settings, folder: Path) -> Restored:
    """Compare all of a backup with its sums and have its rows and files checked; restore nothing."""
    manifest = read(folder)
    for digest, path in _sums(folder):
        _compare(folder / path, digest, _digest(folder / path))
    if not manifest.has_rows:
        return Restored(manifest=manifest, checked=None)
    own = {"data_dir": folder, "database_url": f"{SQLITE}{(folder / DATABASE).absolute()}"}
    return _judged(settings.model_copy(update=own), manifest)


def read(folder: Path) -> Manifest:
    """What a backup says of itself."""
    try:
        said = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return Manifest(**{**said, "journals": [Head(**head) for head in said["journals"]]})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BackupRefused(f"{folder} is no backup: {MANIFEST} cannot be read") from error


def _sums(folder: Path) -> Iterator[tuple[str, str]]:
    """Digest and path of each file, the rows last: data without them are none."""
    lines = [line.split("  ", 1) for line in (folder / SUMS).read_text(encoding="utf-8").splitlines()]
    for digest, path in sorted(lines, key=lambda line: line[1] == DATABASE):
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise BackupRefused(f"{folder / SUMS} names {path}, which is outside of it")
        yield digest, path


def _require_empty(settings: Settings, manifest: Manifest) -> None:
    if settings.data_dir.exists() and any(settings.data_dir.iterdir()):
        raise BackupRefused(f"{settings.data_dir} is not empty; a backup is restored into an empty folder")
    if manifest.has_rows is (settings.database_path is None):
        raise BackupRefused(f"this backup is of {manifest.database}; is CABINET_DATABASE_URL right?")
    if settings.database_path is None and not migrate.is_there(settings):
        raise BackupRefused("the rows are not there: load them first, by `pg_restore --dbname=…`")
    if settings.database_path is not None and settings.database_path.exists():
        raise BackupRefused(f"{settings.database_path} exists; name another CABINET_DATABASE_URL")


def _place(settings: Settings, path: str) -> Path:
    is_rows = path == DATABASE and settings.database_path is not None
    return settings.database_path if is_rows and settings.database_path else settings.data_dir / path


def _lay(source: Path, target: Path, digest: str) -> None:
    """Copy and compare; the bytes lie on the disk before the next file comes."""
    target.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    found = sha256()
    mode = 0o600 if target.name == "secret.key" else 0o640
    with (
        source.open("rb") as given,
        os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as out,
    ):
        while chunk := given.read(CHUNK):
            found.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    _compare(source, digest, found.hexdigest())


def _digest(path: Path) -> str:
    found = sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            found.update(chunk)
    return found.hexdigest()


def _compare(path: Path, digest: str, found: str) -> None:
    if digest != found:
        raise BackupRefused(f"{path} is damaged: its SHA-256 is not that of {SUMS}; take another backup")


def _clear(settings: Settings) -> None:
    if settings.database_path is not None:
        settings.database_path.unlink(missing_ok=True)
    for path in settings.data_dir.iterdir() if settings.data_dir.exists() else ():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _judged(settings: Settings, manifest: Manifest) -> Restored:
    if not migrate.is_at_head(settings):
        return Restored(manifest=manifest, checked=None)
    checked, heads = asyncio.run(_checked(settings))
    return Restored(manifest=manifest, checked=checked, faults=[*checked.faults, *_ends(manifest, heads)])


async def _checked(settings: Settings) -> tuple[Checked, list[Head]]:
    async with outside(settings, is_looking=True) as world:
        context = Context(world, Principal(is_system=True), Client())
        return await checking.check(context), await chain.heads(context)


def _ends(manifest: Manifest, heads: list[Head]) -> Iterator[Fault]:
    """Journals that do not end as the backup says. PostgreSQL's rows are a little older than its files: no younger."""
    found = {head.cabinet: head for head in heads}
    for told in manifest.journals:
        here = found.get(told.cabinet, Head(cabinet=told.cabinet, seq=0, hash=None))
        is_older = not manifest.has_rows and here.seq < told.seq
        if here != told and not is_older:
            cabinet_id = (decode(told.cabinet) or ("", 0))[1]
            said = f"its journal ends at {here.seq}, in the backup's manifest at {told.seq} with another hash"
            yield Fault(check="journal", cabinet_id=cabinet_id, row=f"cabinets:{cabinet_id}", said=said)
