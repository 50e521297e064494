"""What is wrong with this installation, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from server.commands.line import as_json, columns, tell
from server.commands.world import settings_of

if TYPE_CHECKING:
    from server.doctor.findings import Finding


@click.command()
@click.option("--blobs", is_flag=True, help="Read every stored file too, all of it.")
@as_json
def doctor(blobs: bool) -> None:
    """Examine settings, data, trust and mail, writing and sending nothing; exit 1 when something must be mended."""
    from server.doctor.examination import examine
    from server.doctor.findings import Verdict

    found = examine(settings_of(), reads_files=blobs)
    is_well = not any(each.verdict is Verdict.FAIL for each in found)
    tell({"isWell": is_well, "findings": [_face(each) for each in found]}, _lines(found))
    if not is_well:
        click.get_current_context().exit(1)


def _face(each: Finding) -> dict[str, object]:
    return {"check": each.check, "verdict": each.verdict.value, "said": each.said, "remedy": each.remedy}


def _lines(found: list[Finding]) -> list[str]:
    rows = [
        (each.verdict.value, each.check, f"{each.said}; {each.remedy}" if each.remedy else each.said) for each in found
    ]
    return columns(rows, nothing="")
