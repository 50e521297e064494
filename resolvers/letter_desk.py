"""The operator's desk for letters: how they stand, and trying again those that failed. Only the server's owner asks.

`cabinet mail` is its door; a letter's number here is its row's.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Row, select

from models.access import Verb, require
from models.accounts import User
from models.journal import FAILED, Delivery, DeliveryState, Entry
from models.mailboxes import Mailbox
from models.refusals import Reason, Refusal
from resolvers.context import Context, Work

MOST = 1000


@dataclass(frozen=True, kw_only=True)
class LetterStanding:
    """How a letter stands. `last_error` is what the mail server said, and may name the address: never log it."""

    id: int
    letter: str
    state: DeliveryState
    recipient: str
    email: str
    organization: str | None
    owed_at: datetime
    age: timedelta
    attempts: int
    next_at: datetime | None
    last_error: str | None


async def letters_standing(
    context: Context, *, states: Collection[DeliveryState] = FAILED, limit: int = MOST
) -> list[LetterStanding]:
    """Letters in these states, the oldest first; without states those that failed, REFUSED and DEAD."""
    now = context.outside.clock.now()
    wanted = (
        select(Delivery, Entry, User)
        .join(User, User.id == Delivery.user_id)
        .outerjoin(Entry, Entry.id == Delivery.entry_id)
        .where(Delivery.state.in_(sorted(states)))
        .order_by(Delivery.id)
        .limit(limit)
    )
    async with context.reading() as reading:
        require(reading.actor, Verb.OWN_SERVER)
        return [_standing(row, at=now) for row in await reading.rows(wanted)]


def _standing(row: Row[Delivery, Entry | None, User], *, at: datetime) -> LetterStanding:
    delivery, entry, user = row
    return LetterStanding(
        id=delivery.id,
        letter=delivery.letter,
        state=delivery.state,
        recipient=user.display_name,
        email=delivery.address or user.email,
        organization=entry.facts.get("organization") if entry else None,
        owed_at=delivery.owed_at,
        age=at - delivery.owed_at,
        attempts=delivery.attempts,
        next_at=delivery.next_at if delivery.state is DeliveryState.OWED else None,
        last_error=delivery.last_error,
    )


async def send_again(context: Context, *, letter_id: int) -> None:
    """Try one letter again, at once and as if for the first time.

    NOT_FOUND for a number of none; INVALID for one that was sent, or dropped because its reader lost access.
    """
    async with context.work(Verb.OWN_SERVER) as work:
        work.authorize()
        if not await _owe_again(work, Delivery.id == letter_id):
            raise Refusal(Reason.NOT_FOUND, path=("letter",))


async def send_failed_again(context: Context) -> int:
    """Try all letters that failed again; how many."""
    async with context.work(Verb.OWN_SERVER) as work:
        work.authorize()
        return await _owe_again(work, Delivery.state.in_(sorted(FAILED)))


async def _owe_again(work: Work, which: ColumnElement[bool]) -> int:
    """Mailboxes are locked first, as the postman does: whoever has a mailbox changes its letters."""
    readers = select(Mailbox.id).join(Delivery, Delivery.user_id == Mailbox.user_id).where(which)
    for mailbox in await work.get_all(Mailbox, sorted(set(await work.all(readers)))):
        mailbox.rest(until=min(mailbox.next_at, work.now))
    deliveries = await work.all(select(Delivery).where(which).order_by(Delivery.id))
    for delivery in deliveries:
        delivery.owe_again(at=work.now)
    return len(deliveries)
