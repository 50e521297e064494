"""The command line's own manners: one line for an error, `--json` everywhere, text in columns."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from server.commands.errors import STOPPED, WRONG, Complaint, complaint

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class Run:
    """One call of `cabinet`."""

    is_json: bool = False


class CommandLine(click.Group):
    """The group of all commands: whatever goes wrong is one line and an exit code."""

    def main(self, *args: Any, **extra: Any) -> Any:  # Any: click's own
        """Run a command and end the process with its exit code."""
        extra |= {"standalone_mode": False, "obj": Run()}
        try:
            sys.exit(super().main(*args, **extra) or 0)
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            sys.exit(WRONG)
        except click.Abort:
            sys.exit(_told(extra["obj"], Complaint(line="stopped", exit_code=STOPPED, code="STOPPED")))
        except Exception as error:
            told = complaint(error)
            if told is None:
                raise
            sys.exit(_told(extra["obj"], told))


def _told(run: Run, told: Complaint) -> int:
    if run.is_json:
        click.echo(_written(told.document))
    click.echo(f"cabinet: {told.line}", err=True)
    return told.exit_code


def _wish(context: click.Context, _: click.Parameter, value: bool) -> None:
    context.ensure_object(Run).is_json = value


as_json = click.option(
    "--json", is_flag=True, expose_value=False, is_eager=True, callback=_wish, help="Print one JSON document."
)


def tell(document: object, text: str | Iterable[str]) -> None:
    """Print the JSON document, or the text for people."""
    if click.get_current_context().ensure_object(Run).is_json:
        click.echo(_written(document))
        return
    for line in [text] if isinstance(text, str) else text:
        click.echo(line)


def _written(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2, default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    raise TypeError(f"no JSON for {value!r}")


def columns(rows: Sequence[Sequence[object]], *, nothing: str) -> list[str]:
    """Rows of text one below the other; `nothing` where there is none."""
    told = [[_cell(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*told, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in told]
    return lines or [nothing]


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    return "-" if value in (None, "") else " ".join(str(value).split())
