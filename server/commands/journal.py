"""The journal of a cabinet, as its members read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import words
from server.commands import desk, faces
from server.commands.line import as_json, columns, tell
from server.commands.people import LIMIT
from server.commands.world import looking, settings_of_data

if TYPE_CHECKING:
    from models.cabinets import Cabinet
    from models.journal import Entry
    from resolvers.chain import Verified
    from resolvers.context import Context

LOCALE = click.option("--locale", type=click.Choice(["ru", "be", "en"]), help="Language, instead of CABINET_LOCALE.")


@click.group()
def journal() -> None:
    """Journals of cabinets."""


@journal.command("list")
@click.argument("cabinet")
@LIMIT
@LOCALE
@as_json
def journal_list(cabinet: str, limit: int, locale: str | None) -> None:
    """List what happened in a CABINET, newest first, with whose word it was done on."""
    from resolvers import directory

    settings = settings_of_data()
    speaks = locale or settings.locale

    async def look(context: Context) -> list[Entry]:
        where = await desk.found_cabinet(context, cabinet)
        return await directory.entries(context, cabinet_id=where.id, limit=limit + 1)

    found = looking(look, settings=settings)
    shown = found[:limit]
    document = {"entries": [_face(each, speaks) for each in shown], "hasMore": len(found) > limit}
    more = ["… and more: say a larger --limit"] if len(found) > limit else []
    tell(document, [*columns([_row(each, speaks) for each in shown], nothing="nothing yet"), *more])


@journal.command("verify")
@click.argument("cabinet", required=False)
@as_json
def journal_verify(cabinet: str | None) -> None:
    """Follow the chain of a CABINET's journal, or of every one's; exit 1 where an entry is not what was written."""
    from resolvers import chain, directory

    async def look(context: Context) -> list[tuple[Cabinet, Verified]]:
        if cabinet is not None:
            wanted = [await desk.found_cabinet(context, cabinet)]
        else:
            wanted = await directory.cabinets(context, search=None, limit=None)
        return [(each, await chain.verify(context, cabinet_id=each.id)) for each in wanted]

    found = looking(look)
    is_whole = all(verified.broken is None for _, verified in found)
    document = {"isWhole": is_whole, "journals": [_verified(*each) for each in found]}
    tell(document, columns([_verified_row(*each) for each in found], nothing="no cabinet"))
    if not is_whole:
        click.get_current_context().exit(1)


def _verified(cabinet: Cabinet, verified: Verified) -> faces.Face:
    broken = verified.broken
    return {
        "cabinet": faces.cabinet(cabinet),
        "seq": verified.seq,
        "hash": verified.hash,
        "broken": {"seq": broken.seq, "fault": broken.fault} if broken else None,
    }


def _verified_row(cabinet: Cabinet, verified: Verified) -> tuple[object, ...]:
    broken = verified.broken
    state = f"BROKEN at {broken.seq}: {broken.fault}" if broken else f"whole, {verified.seq} entries"
    return faces.public("Cabinet", cabinet.id), cabinet.organization.name, state, verified.hash


def _face(entry: Entry, locale: str) -> faces.Face:
    is_given = entry.basis_text is not None
    return {
        "id": faces.public("ActivityEntry", entry.id),
        "seq": entry.seq,
        "kind": entry.kind,
        "occurredAt": entry.at,
        "channel": entry.channel.value,
        "message": words.entry_message(entry.kind, locale, entry.facts),
        "basis": {"text": entry.basis_text, "ticket": entry.basis_ticket} if is_given else None,
    }


def _row(entry: Entry, locale: str) -> tuple[object, ...]:
    message = words.entry_message(entry.kind, locale, entry.facts)
    said = f"({entry.basis_ticket}: {entry.basis_text})" if entry.basis_ticket else entry.basis_text
    return entry.seq, entry.at, entry.channel.value, f"{message} {said or ''}".strip()
