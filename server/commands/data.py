"""The data as a whole: checked, backed up, restored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from server.commands import faces
from server.commands.line import as_json, columns, tell
from server.commands.world import looking

if TYPE_CHECKING:
    from models.soundness import Fault
    from resolvers.checking import Checked


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


def lines(found: Checked) -> list[str]:
    """A line for each fault; how much was looked at where there is none."""
    rows = [(each.check, _cabinet(each), each.row, each.said) for each in found.faults]
    counts = ", ".join(f"{count} {name}" for name, count in _counts(found).items())
    return columns(rows, nothing=f"sound: {counts}")


def _counts(found: Checked) -> dict[str, int]:
    return {name: getattr(found, name) for name in ("journals", "entries", "exchanges", "files")}


def _cabinet(fault: Fault) -> str | None:
    return faces.public("Cabinet", fault.cabinet_id) if fault.cabinet_id is not None else None


def _face(fault: Fault) -> faces.Face:
    return {"check": fault.check, "cabinet": _cabinet(fault), "row": fault.row, "said": fault.said}
