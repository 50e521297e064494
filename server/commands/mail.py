"""Letters: how they look."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from server.commands.errors import Failure
from server.commands.journal import LOCALE
from server.commands.line import as_json, tell
from server.commands.world import settings_of

if TYPE_CHECKING:
    from emails.message import Message

    from server.settings import Settings


@click.group()
def mail() -> None:
    """Letters, and the way they leave by."""


@mail.command("preview")
@click.argument("letter", required=False)
@LOCALE
@click.option("--html", "is_html", is_flag=True, help="Print the HTML instead of the text.")
@as_json
def mail_preview(letter: str | None, locale: str | None, is_html: bool) -> None:
    """Show a LETTER as a sample person would get it; without one list the letters there are."""
    from mailers import LETTERS

    if letter is None:
        tell({"letters": sorted(LETTERS)}, sorted(LETTERS))
        return
    if letter not in LETTERS:
        raise Failure(f"no letter {letter}; `cabinet mail preview` lists them")
    settings = settings_of()
    speaks = locale or settings.locale
    made = _sample(letter, speaks, settings)
    document = {"letter": letter, "locale": speaks, "subject": made.subject, "text": made.text, "html": made.html}
    tell(document, made.html if is_html else [f"Subject: {made.subject}", "", made.text])


def _sample(letter: str, locale: str, settings: Settings) -> Message:
    from mailers import LETTERS, message, write
    from mailers.samples import sample_person
    from schema.nodes import encode
    from server.stationery import stationery

    entry, head = LETTERS[letter].sample, stationery(settings)
    key = None if entry.document_id is None else encode("Document", entry.document_id)
    written = write(letter, entry, sample_person(locale), document_key=key)
    return message(written, head, message_id=f"<preview@{head.mail_domain}>")
