"""Tries, counted in the database before anything dear is done for them (rate limit), alike for known and unknown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from models.accounts import email_key
from models.attempts import Allowance, Tally, network_of, subject_of
from resolvers.context import Context, Work
from resolvers.locks import locked

LOGINS_WITHIN = timedelta(minutes=15)
LETTERS_WITHIN = timedelta(hours=1)
SWEPT_AT_ONCE = 10


@dataclass(frozen=True, kw_only=True)
class Try:
    """One try against one allowance; `subject` is a digest."""

    subject: str
    allowance: Allowance


def logins(context: Context, email: str) -> list[Try]:
    """A try to log in: of the account, known or not, and of the client's address."""
    allowed = Allowance(times=context.outside.house.limits.max_failed_logins, within=LOGINS_WITHIN)
    return [Try(subject=subject_of("login", email_key(email)), allowance=allowed), *_client(context)]


def letters(context: Context, *addresses: str) -> list[Try]:
    """A letter asked for without knowing who has the address: of each address, and of the client's."""
    allowed = Allowance(times=context.outside.house.limits.max_account_letters, within=LETTERS_WITHIN)
    keys = {email_key(address) for address in addresses}
    return [*(Try(subject=subject_of("letter", key), allowance=allowed) for key in keys), *_client(context)]


def invitations(context: Context, address: str) -> list[Try]:
    """An invitation sent again; counted apart, so that nobody who asks for passwords keeps somebody uninvited."""
    allowed = Allowance(times=context.outside.house.limits.max_account_letters, within=LETTERS_WITHIN)
    return [Try(subject=subject_of("invitation", email_key(address)), allowance=allowed)]


def _client(context: Context) -> list[Try]:
    if context.client.address is None:
        return []
    allowed = Allowance(times=context.outside.house.limits.max_failed_logins_address, within=LOGINS_WITHIN)
    return [Try(subject=subject_of("client", network_of(context.client.address)), allowance=allowed)]


async def count(work: Work, tries: Sequence[Try]) -> None:
    """Count them, or raise TOO_MANY_ATTEMPTS; what is forgotten by now is taken away, a few at a time."""
    for wanted, tally in await _tallies(work, tries):
        (tally or work.add(Tally(subject=wanted.subject, forgotten_at=work.now))).count(wanted.allowance, at=work.now)
    forgotten = select(Tally).where(Tally.forgotten_at < work.now).limit(SWEPT_AT_ONCE)
    for tally in await work.all(locked(forgotten, skips=True)):
        await work.drop(tally)


async def take_back(work: Work, tries: Sequence[Try]) -> None:
    """The password was right: it was no try."""
    for wanted, tally in await _tallies(work, tries):
        if tally is not None:
            tally.take_back(wanted.allowance)


async def _tallies(work: Work, tries: Sequence[Try]) -> list[tuple[Try, Tally | None]]:
    known = select(Tally).where(Tally.subject.in_([wanted.subject for wanted in tries])).order_by(Tally.id)
    found = {tally.subject: tally for tally in await work.all(locked(known))}
    return [(wanted, found.get(wanted.subject)) for wanted in tries]
