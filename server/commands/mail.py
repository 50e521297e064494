"""Letters: how they look, how they stand, and sending again those that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from server.commands.errors import Failure
from server.commands.journal import LOCALE
from server.commands.line import as_json, columns, tell
from server.commands.people import LIMIT
from server.commands.world import as_owner, looking, settings_of

if TYPE_CHECKING:
    from emails.message import Message

    from resolvers.letter_desk import LetterStanding
    from server.mail import Outcome
    from server.settings import Settings

STATES = ("owed", "sent", "refused", "dropped", "dead")


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


@mail.command("list")
@click.option("--state", "states", type=click.Choice(STATES), multiple=True, help="In this state; may be repeated.")
@LIMIT
@as_json
def mail_list(states: tuple[str, ...], limit: int) -> None:
    """List letters, the oldest first; without --state those that failed: refused by the address, or given up."""
    from models.journal import FAILED, DeliveryState
    from resolvers import letter_desk

    wanted = {DeliveryState(state.upper()) for state in states} or FAILED
    found = looking(lambda context: letter_desk.letters_standing(context, states=wanted, limit=limit + 1))
    shown = found[:limit]
    document = {"letters": [_face(each) for each in shown], "hasMore": len(found) > limit}
    more = ["… and more: say a larger --limit"] if len(found) > limit else []
    tell(document, [*columns([_row(each) for each in shown], nothing="no letter"), *more])


def _face(each: LetterStanding) -> dict[str, object]:
    return {
        "number": each.id,
        "letter": each.letter,
        "state": each.state.value,
        "recipient": each.recipient,
        "email": each.email,
        "organization": each.organization,
        "owedAt": each.owed_at,
        "attempts": each.attempts,
        "nextAt": each.next_at,
        "lastError": each.last_error,
    }


def _row(each: LetterStanding) -> tuple[object, ...]:
    postponed = {0: "not postponed", 1: "postponed once"}.get(each.attempts, f"postponed {each.attempts} times")
    return each.id, each.state.value, each.letter, each.email, each.owed_at, postponed, each.last_error


@mail.command("retry")
@click.argument("number", type=click.IntRange(1, 2**31 - 1), required=False)
@click.option("--failed", "is_every", is_flag=True, help="All that failed.")
@as_json
def mail_retry(number: int | None, is_every: bool) -> None:
    """Try the letter of this NUMBER again, or all that failed; the server's postman sends them."""
    from resolvers import letter_desk
    from resolvers.context import Context

    if (number is None) != is_every:
        raise click.UsageError("name a letter's NUMBER or --failed", click.get_current_context())

    async def act(context: Context) -> int:
        if number is None:
            return await letter_desk.send_failed_again(context)
        await letter_desk.send_again(context, letter_id=number)
        return 1

    count = as_owner(act)
    tell({"retried": count}, f"{count} to be sent again")


@mail.command("test")
@click.argument("to")
@LOCALE
@as_json
def mail_test(to: str, locale: str | None) -> None:
    """Send a trial letter TO an address, beside the outbox, and say what the mail server says."""
    import asyncio

    settings = settings_of()
    outcome = asyncio.run(_try(settings, to, locale or settings.locale))
    if outcome.result.value != "SENT":
        said = " ".join((outcome.error or "").split())
        raise Failure(f"{outcome.result.value}: {said}; `cabinet doctor` looks at the mail server")
    tell({"result": outcome.result.value, "to": to}, f"handed over for {to}")


async def _try(settings: Settings, to: str, locale: str) -> Outcome:
    from server.clock import SystemClock
    from server.mail import transport
    from server.stationery import stationery
    from server.trial import send_trial

    way, head = transport(settings.mail_url.get_secret_value()), stationery(settings)
    zone, at = settings.time_zone, SystemClock().now()
    return await send_trial(way, head, to=to, locale=locale, time_zone=zone, at=at)
