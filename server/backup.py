"""A backup: a folder with the rows of one moment, the files that they name, and what else the data folder keeps.

Rows first, files after: a file is there before the row that names it, and none goes within a day of its last row
(reliability.md C2). `SHA256SUMS`, in the form of `sha256sum`, lists everything; `manifest.json` has the journals' ends.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from hashlib import file_digest
from pathlib import Path
from secrets import token_hex

from resolvers import blobs, chain
from resolvers.chain import Head
from resolvers.context import Client, Context
from resolvers.ports import BlobLost, Blobs, WrongBytes
from resolvers.rights import Principal
from server import migrate
from server.blobs import FolderBlobs, flush
from server.outside import outside, version
from server.settings import SQLITE, Settings

DATABASE, FILES, MANIFEST, SUMS = "cabinet.db", "files", "manifest.json", "SHA256SUMS"
KEPT = ("secret.key", "anchors", "intermediates", "crls")


class BackupRefused(Exception):
    """Why there is no backup, or no restoring from it; one line."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a backup says of itself. `damaged` are files that rows name and that were absent or other bytes."""

    made_at: str
    version: str
    revision: str
    database: str
    journals: list[Head]
    files: int
    damaged: list[str]

    @property
    def has_rows(self) -> bool:
        """Whether the database is in it; PostgreSQL's is dumped by its own tool."""
        return self.database == "sqlite"


def back_up(settings: Settings, folder: Path) -> Manifest:
    """Make a backup beside a running server, or none at all. Raises `BackupRefused` where something is already."""
    if folder.exists():
        raise BackupRefused(f"{folder} exists; a backup is made in a new folder")
    if not folder.absolute().parent.is_dir():
        raise BackupRefused(f"{folder.absolute().parent} is no folder")
    with _drafted(folder) as draft:
        rows = settings if settings.database_path is None else _copied(settings.database_path, draft, settings)
        manifest, addresses = asyncio.run(_filled(rows, draft))
        sums = [f"{address}  {FILES}/{address[:2]}/{address}" for address in addresses]
        sums += [_sum(draft, path) for path in _rest(settings, draft)]
        _write(draft / MANIFEST, json.dumps(asdict(manifest), ensure_ascii=False, indent=2))
        _write(draft / SUMS, "\n".join([*sums, _sum(draft, draft / MANIFEST)]))
    return manifest


@contextmanager
def _drafted(folder: Path) -> Iterator[Path]:
    """A folder aside that takes the name when all of it lies on the disk; nothing is left of one that failed."""
    folder = folder.absolute()
    draft = folder.with_name(f"{folder.name}.{token_hex(4)}.partial")
    draft.mkdir(mode=0o700)
    try:
        yield draft
        for below in [path for path in draft.rglob("*") if path.is_dir()]:
            flush(below)
        flush(draft)
        draft.rename(folder)
        flush(folder.parent)
    except BaseException:
        shutil.rmtree(draft)
        raise


def _copied(database: Path, draft: Path, settings: Settings) -> Settings:
    """The settings, of a copy of the database at one moment; writers go on meanwhile."""
    copy = draft / DATABASE
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as source:
        source.execute("VACUUM INTO ?", (str(copy),))
    with closing(sqlite3.connect(f"file:{copy}?mode=ro", uri=True)) as made:
        ((verdict, *_),) = made.execute("PRAGMA integrity_check(1)").fetchall()
    if verdict != "ok":
        raise BackupRefused(f"the database is damaged: {verdict}; restore the last backup")
    _settle(copy)
    return settings.model_copy(update={"database_url": f"{SQLITE}{copy.absolute()}"})


async def _filled(settings: Settings, draft: Path) -> tuple[Manifest, list[str]]:
    """What the backup says, and the files that it has."""
    taken: set[str] = set()
    damaged: set[str] = set()
    target = FolderBlobs(draft / FILES)
    async with outside(settings, is_looking=True) as world:
        context = Context(world, Principal(is_system=True), Client())
        heads = await chain.heads(context)
        async for page in blobs.named(context):
            for address in {each.sha256 for each in page} - taken - damaged:
                held = taken if await _taken(world.blobs, target, address) else damaged
                held.add(address)
        made_at = world.clock.now().isoformat()
    shutil.rmtree(draft / FILES / "tmp", ignore_errors=True)
    manifest = Manifest(
        made_at=made_at,
        version=version(),
        revision=migrate.newest(),
        database="postgresql" if settings.database_path is None else "sqlite",
        journals=heads,
        files=len(taken),
        damaged=sorted(damaged),
    )
    return manifest, sorted(taken)


async def _taken(source: Blobs, target: FolderBlobs, address: str) -> bool:
    """Whether a whole file was there to take."""
    try:
        await target.put(source.stream(address), sha256=address, size=await source.size(address))
    except (BlobLost, WrongBytes):
        return False
    return True


def _rest(settings: Settings, draft: Path) -> list[Path]:
    """Copies of what else the data folder keeps, and of the rows."""
    for name in KEPT:
        source, copy = settings.data_dir / name, draft / name
        if source.is_dir():
            shutil.copytree(source, copy)
        elif source.exists():
            shutil.copy2(source, copy)
    copies = [path for name in KEPT for path in [draft / name, *(draft / name).rglob("*")] if path.is_file()]
    for path in copies:
        _settle(path)
    return [*copies, *(path for path in [draft / DATABASE] if path.exists())]


def _write(path: Path, text: str) -> None:
    path.write_text(f"{text}\n", encoding="utf-8")
    _settle(path)


def _settle(path: Path) -> None:
    """Let the bytes of a file come to the disk."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _sum(draft: Path, path: Path) -> str:
    with path.open("rb") as file:
        return f"{file_digest(file, 'sha256').hexdigest()}  {path.relative_to(draft)}"
