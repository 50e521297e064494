"""The machine under the data: the folder, its disk and file system, SQLite's version, the secret."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

from server.doctor.findings import Finding, fail, ok, warn
from server.secrets import SHORTEST
from server.settings import Settings

MIB = 1024 * 1024
WARNS_BELOW = 1024 * MIB
LEAST_SIGNS = 10
# The WAL-reset bug: fixed in 3.51.3, and in these lines from that release on (reliability.md C1).
MENDED_LINES = {(3, 50): 7, (3, 44): 6}
MENDED = (3, 51, 3)
ON_A_NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "glusterfs", "lustre", "fuse.sshfs", "afs"}


def data_folder(settings: Settings) -> Finding:
    """Whether the data folder is there, can be written and has room."""
    folder = settings.data_dir
    if not folder.is_dir():
        return fail("data folder", f"{folder} is no folder", "name the right one in CABINET_DATA_DIR")
    if not os.access(folder, os.W_OK | os.X_OK):
        return fail("data folder", f"{folder} cannot be written", "give it to the user that the server runs as")
    free = shutil.disk_usage(folder).free
    return room(free, folder, least=settings.min_free_mb * MIB)


def room(free: int, folder: Path, *, least: int) -> Finding:
    """Whether so many free bytes are enough."""
    said, remedy = f"{folder}, {free // MIB:,} MiB free", "make room, or move the data to a larger disk"
    if free < least:
        return fail("data folder", said, remedy)
    return warn("data folder", said, remedy) if free < max(WARNS_BELOW, 2 * least) else ok("data folder", said)


def sqlite(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> Finding:
    """Whether this SQLite has the WAL-reset bug; the server keeps out of its way, other programs may not."""
    text = ".".join(map(str, version))
    if is_mended(version):
        return ok("sqlite", f"{text}, without the WAL-reset bug")
    said = f"{text} has the WAL-reset bug; the server checkpoints by itself and is safe from it"
    return warn("sqlite", said, "let no other program write to the database, or bring SQLite to 3.51.3")


def is_mended(version: tuple[int, ...]) -> bool:
    """Whether a version of SQLite is without the WAL-reset bug."""
    least = MENDED_LINES.get((version[0], version[1]))
    return version >= MENDED or (least is not None and version[2] >= least)


def file_system(path: Path, mounts: str | None = None) -> Finding:
    """Whether the database lies on a local disk: the locks of a network file system are not to be trusted."""
    table = mounts if mounts is not None else _mounts()
    kind = kind_of(path.absolute(), table)
    if kind in ON_A_NETWORK:
        return fail("file system", f"{path} lies on {kind}", "move the database to a local disk, or use PostgreSQL")
    return ok("file system", kind or "unknown")


def _mounts() -> str:
    try:
        return Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:  # no Linux
        return ""


def kind_of(path: Path, mounts: str) -> str | None:
    """The file system of a path, by the longest mount point above it."""
    rows = [line.split() for line in mounts.splitlines()]
    above = [(len(row[1]), row[2]) for row in rows if len(row) > 2 and path.is_relative_to(row[1])]
    return max(above)[1] if above else None


def secret(settings: Settings) -> Finding:
    """Whether the secret is one: long, of many signs, and nobody else's to read."""
    if settings.secret_key is not None:
        return _worth(settings.secret_key.get_secret_value(), "CABINET_SECRET_KEY")
    file = settings.data_dir / "secret.key"
    if not file.exists():
        return warn("secret", f"{file} is not there", "restore it if it was lost; the first start makes one")
    if file.stat().st_mode & 0o077:
        return fail("secret", f"{file} can be read by others", f"chmod 600 {file}")
    return _worth(file.read_text(encoding="utf-8", errors="replace").strip(), str(file))


def _worth(text: str, place: str) -> Finding:
    if len(text) < SHORTEST or len(set(text)) < LEAST_SIGNS:
        remedy = "let the server make one (unset it), or say 48 random bytes in base64"
        return fail("secret", f"{place} can be guessed: too short, or too few different signs", remedy)
    return ok("secret", place)
