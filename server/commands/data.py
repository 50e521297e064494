"""The data as a whole: checked, backed up, restored."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from server.commands import faces
from server.commands.line import as_json, columns, tell
from server.commands.world import looking, settings_of, settings_of_data

if TYPE_CHECKING:
    from models.soundness import Fault
    from resolvers.checking import Checked
    from server.backup import Manifest
    from server.restore import Restored

FOLDER = click.argument("folder", type=click.Path(path_type=Path))
DUMP_FIRST = "the rows are PostgreSQL's: only a `pg_dump --format=custom` taken before it makes it whole"


@click.command()
@as_json
def check() -> None:
    """Check journals, letters, documents, signatures and files against what must hold; exit 1 on a fault."""
    from resolvers import checking

    found = looking(checking.check)
    tell(
        {"isSound": not found.faults, "faults": [_face(each) for each in found.faults], **_counts(found)}, lines(found)
    )
    if found.faults:
        click.get_current_context().exit(1)


@click.command()
@FOLDER
@as_json
def backup(folder: Path) -> None:
    """Make a backup in a new FOLDER, beside a running server too: rows of one moment, files, secret, trust, sums."""
    from server.backup import back_up

    made = back_up(settings_of_data(), folder)
    document = {"folder": str(folder), "hasRows": made.has_rows, "files": made.files, "damaged": made.damaged}
    tell({**document, "journals": len(made.journals)}, _told(folder, made))
    if made.damaged:
        click.get_current_context().exit(1)


def _told(folder: Path, made: Manifest) -> list[str]:
    gone = [f"file {address} is absent or damaged, `cabinet check` says whose" for address in made.damaged]
    what = f"{folder}: {len(made.journals)} journals, {made.files} files"
    return [*gone, what if made.has_rows else f"{what}; {DUMP_FIRST}"]


@click.command()
@FOLDER
@click.option("--verify", is_flag=True, help="Only examine the backup; restore nothing.")
@as_json
def restore(folder: Path, verify: bool) -> None:
    """Restore the backup of a FOLDER into an empty data folder, then check everything; exit 1 on a fault."""
    from server import restore as restoring

    done = (restoring.verify if verify else restoring.restore)(settings_of(), folder)
    faults = [_face(each) for each in done.faults]
    tell({"isSound": not faults, "isChecked": done.checked is not None, "faults": faults}, _judgement(done))
    if faults:
        click.get_current_context().exit(1)


def _judgement(done: Restored) -> list[str]:
    if done.checked is None:
        what = "the rows are of another revision" if done.manifest.has_rows else "the rows are PostgreSQL's"
        return [f"all sums are right; {what}: run `cabinet migrate` and `cabinet check`"]
    return lines(done.checked, faults=done.faults)


def lines(found: Checked, *, faults: list[Fault] | None = None) -> list[str]:
    """A line for each fault; how much was looked at where there is none."""
    wrong = found.faults if faults is None else faults
    rows = [(each.check, _cabinet(each), each.row, each.said) for each in wrong]
    counts = ", ".join(f"{count} {name}" for name, count in _counts(found).items())
    return columns(rows, nothing=f"sound: {counts}")


def _counts(found: Checked) -> dict[str, int]:
    return {name: getattr(found, name) for name in ("journals", "entries", "exchanges", "files")}


def _cabinet(fault: Fault) -> str | None:
    return faces.public("Cabinet", fault.cabinet_id) if fault.cabinet_id is not None else None


def _face(fault: Fault) -> faces.Face:
    return {"check": fault.check, "cabinet": _cabinet(fault), "row": fault.row, "said": fault.said}
