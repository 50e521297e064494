"""The contract: printed, and checked against what was committed and released."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from server.commands.errors import Failure
from server.commands.line import as_json, tell

if TYPE_CHECKING:
    from server.contract import Change

RELEASED = "released"


@click.group()
def schema() -> None:
    """The contract."""


@schema.command("print")
def schema_print() -> None:
    """Print the SDL."""
    from schema.root import sdl

    click.echo(sdl(), nl=False)


@schema.command("check")
@click.option(
    "--against",
    metavar="FILE|released",
    default=RELEASED,
    show_default=True,
    help="A former SDL; `released`: that of the last release.",
)
@as_json
def schema_check(against: str) -> None:
    """Fail unless the committed SDL is the built one, and neither a former SDL nor released operations are broken."""
    from schema.root import sdl
    from server import contract

    former = contract.released() if against == RELEASED else Path(against)
    found = [*contract.uncommitted(), *_changes(former), *contract.unanswered(sdl())]
    document = {
        "isGood": not any(change.is_refused for change in found),
        "against": str(former) if former else None,
        "changes": [{"description": change.what, "isRefused": change.is_refused} for change in found],
    }
    tell(document, _lines(found, former))
    if not document["isGood"]:
        click.get_current_context().exit(1)


def _changes(former: Path | None) -> list[Change]:
    from graphql import GraphQLError

    from schema.root import sdl
    from server.clock import SystemClock
    from server.contract import changes

    if former is None:
        return []
    try:
        return changes(former.read_text(encoding="utf-8"), sdl(), today=SystemClock().now().date())
    except (GraphQLError, TypeError, UnicodeDecodeError) as error:
        raise Failure(f"{former} is no SDL: {' '.join(str(error).split())}") from error
    except OSError as error:
        raise Failure(f"{former}: {error.strerror}") from error


def _lines(found: list[Change], former: Path | None) -> list[str]:
    told = [f"{'refused' if change.is_refused else 'noted'}: {change.what}" for change in found]
    since = f"compared with {former}" if former else "nothing was released yet: there is nothing to compare with"
    return [*told, since]
