"""Letters owed (the outbox), as the postman takes them: always as System, and never a letter without its mailbox.

A postman leases mailboxes, one statement for several; of each he asks for the oldest letter, with what is true at that
moment: the lease, the reader's rights, his address and language. So order holds for each person, a letter that waits
keeps the younger ones waiting, and two postmen never send one letter at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Row, ScalarSelect, Select, case, exists, func, or_, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from mailers.letters import LETTERS, EntryLike, Person
from models.access import Verb
from models.accounts import CodePurpose, EmailState, OneTimeCode, User
from models.documents import Document
from models.journal import Channel, Delivery, DeliveryState, Entry
from models.mailboxes import LEASE, LETTER_TAKES, Mailbox
from models.members import Member, MemberState
from resolvers.context import Context, Reading, Work
from resolvers.locks import locked

# Letters that carry a one-time code: the newest of its purpose.
CODES = {
    "you.invited": CodePurpose.INVITATION,
    "password.reset": CodePurpose.PASSWORD_RESET,
    "email.confirm": CodePurpose.EMAIL,
}
# Letters about having no access any more: they go although their reader has none (ED62).
FAREWELLS = frozenset({"you.blocked", "you.removed"})
LONGEST_ERROR = 300


@dataclass(frozen=True, kw_only=True)
class Lease:
    """A mailbox in the hands of one postman, for a minute at most."""

    mailbox_id: int
    holder: str


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a letter outside of every cabinet is about, in the form of an entry: an account's own journal."""

    at: datetime
    facts: dict[str, str | list[str] | None]
    cabinet_id: int = 0
    channel: str = Channel.SELF_SERVICE.value
    basis_text: str | None = None
    basis_ticket: str | None = None
    document_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Due:
    """The oldest letter of a leased mailbox, with what writing it needs, as it was a moment ago.

    `key` names it in its Message-ID, the same at every try.
    """

    lease: Lease
    delivery: Delivery
    entry: EntryLike
    key: str
    user: User
    may_be_read: bool
    code: str | None = None

    @property
    def address(self) -> str:
        """Where it goes: the reader's address of now, unless the letter names another."""
        return self.delivery.address or self.user.email

    @property
    def person(self) -> Person:
        """Its reader, with the code that only he may read."""
        return Person(
            name=self.user.display_name,
            email=self.address,
            locale=self.user.locale.value.lower(),
            time_zone=self.user.time_zone,
            code=self.code,
        )


def _is_owed() -> ColumnElement[bool]:
    """Whether a mailbox has a letter."""
    return exists().where(Delivery.user_id == Mailbox.user_id, Delivery.state == DeliveryState.OWED)


async def take(context: Context, *, holder: str, limit: int) -> list[Lease]:
    """Take mailboxes whose oldest letter may be tried, those first that have waited longest for a postman.

    What the holder has already is his still: he comes again after a pass that was broken off.
    """
    async with context.reading() as reading:  # most passes find nothing: no writer's lock for them
        if await reading.first(_waiting(holder, at=context.outside.clock.now())) is None:
            return []
    async with context.work(Verb.SEND_LETTER) as work:
        work.authorize()
        taken = await work.all(_taking(holder, limit=limit, at=work.now))
    return [Lease(mailbox_id=mailbox_id, holder=holder) for mailbox_id in sorted(taken)]


def _waiting(holder: str, *, at: datetime) -> Select[int]:
    is_free = or_(Mailbox.lease_until <= at, Mailbox.leased_to == holder)
    return select(Mailbox.id).where(is_free, Mailbox.next_at <= at, _is_owed())


def _taking(holder: str, *, limit: int, at: datetime) -> ReturningUpdate[int]:
    longest = _waiting(holder, at=at).order_by(Mailbox.lease_until, Mailbox.id).limit(limit)
    # Where several postmen work, each passes over what another is just taking.
    due = locked(longest, of=Mailbox, skips=True).cte("due")
    taking = update(Mailbox).where(Mailbox.id.in_(select(due.c.id)))
    leased = taking.values(leased_to=holder, lease_until=at + LEASE).returning(Mailbox.id)
    return leased.execution_options(synchronize_session=False)


async def release(context: Context, leases: Sequence[Lease]) -> None:
    """Give mailboxes back before their time."""
    async with context.work(Verb.SEND_LETTER) as work:
        work.authorize()
        holders = {lease.mailbox_id: lease.holder for lease in leases}
        for mailbox in await work.get_all(Mailbox, sorted(holders)):
            mailbox.release(holders[mailbox.id], at=work.now)


async def release_all(context: Context) -> None:
    """Take every mailbox back from postmen that are gone: for the one who knows that he is alone."""
    async with context.work(Verb.SEND_LETTER) as work:
        work.authorize()
        for mailbox in await work.all(select(Mailbox).where(Mailbox.leased_to.is_not(None))):
            mailbox.release(mailbox.leased_to or "", at=work.now)


async def oldest(context: Context, lease: Lease) -> Due | None:
    """The next letter of a mailbox; None when it has none, or when the lease has ended or ends too soon."""
    async with context.reading() as reading:
        found = await reading.rows(_oldest(lease, at=context.outside.clock.now()).limit(1))
        return await _due(context, reading, lease, found[0]) if found else None


def _oldest(lease: Lease, *, at: datetime) -> Select[Delivery, User, Entry, OneTimeCode]:
    is_ours = (Mailbox.leased_to == lease.holder, Mailbox.lease_until >= at + LETTER_TAKES)
    return (
        select(Delivery, User, Entry, OneTimeCode)
        .join(User, User.id == Delivery.user_id)
        .join(Mailbox, Mailbox.user_id == Delivery.user_id)
        .outerjoin(Entry, Entry.id == Delivery.entry_id)
        .outerjoin(OneTimeCode, OneTimeCode.id == Delivery.code_id)
        .where(Mailbox.id == lease.mailbox_id, *is_ours, Delivery.state == DeliveryState.OWED)
        .order_by(Delivery.id)
    )


async def _due(
    context: Context, reading: Reading, lease: Lease, row: Row[Delivery, User, Entry | None, OneTimeCode | None]
) -> Due:
    delivery, user, entry, code = row
    about: EntryLike | None = entry
    if about is None and code is not None:
        about = Asked(at=code.created_at, facts={"email": code.email})
    named = code or entry
    if about is None or named is None:
        raise RuntimeError("a letter is about an entry or a code")
    text = await _code(context, reading, delivery)
    # What is owed for its code is worth nothing once that is spent; nobody is invited again once blocked.
    is_worth = code is None or text is not None or delivery.letter not in CODES
    may_be_read = is_worth and await _may_be_read(reading, delivery, about)
    return Due(
        lease=lease, delivery=delivery, entry=about, key=named.key, user=user, may_be_read=may_be_read, code=text
    )


async def _may_be_read(reading: Reading, delivery: Delivery, entry: EntryLike) -> bool:
    """Whether its reader may read it now (ED61): what is of a cabinet goes to its active members alone.

    A farewell goes to him whom it is about. A document is asked for where it is now, whatever the letter: it may have
    moved from the reader's own archive into a cabinet that he was blocked in.
    """
    letter = LETTERS.get(delivery.letter)
    place: ScalarSelect[int] | int = entry.cabinet_id
    if delivery.letter in FAREWELLS:
        return True
    if entry.document_id is not None:
        place = select(Document.cabinet_id).where(Document.id == entry.document_id).scalar_subquery()
    elif letter is None or not letter.is_of_cabinet:
        return True
    own = select(Member.state).where(Member.cabinet_id == place, Member.user_id == delivery.user_id)
    return [state for (state,) in await reading.rows_across(own)] == [MemberState.ACTIVE]


async def _code(context: Context, reading: Reading, delivery: Delivery) -> str | None:
    """The text of the code that goes with a letter; None for a spent or old one, and for another letter's.

    Never another one's text: the next code of the same purpose may be for another address.
    """
    purpose = CODES.get(delivery.letter)
    given = select(OneTimeCode).where(OneTimeCode.user_id == delivery.user_id, OneTimeCode.purpose == purpose)
    newest = await reading.first(given.order_by(OneTimeCode.id.desc())) if purpose else None
    if newest is None or not newest.is_alive(context.outside.clock.now()):
        return None
    if delivery.code_id not in (None, newest.id):
        return None
    return context.outside.secrets.code(newest.purpose.value, newest.seed)


async def next_at(context: Context) -> datetime | None:
    """When the next letter may be tried; None when none is owed."""
    free_at = case((Mailbox.next_at > Mailbox.lease_until, Mailbox.next_at), else_=Mailbox.lease_until)
    async with context.reading() as reading:
        return await reading.first(select(func.min(free_at)).where(_is_owed()))


async def settle(
    context: Context,
    due: Due,
    *,
    state: DeliveryState,
    error: str | None = None,
    address_is: EmailState | None = None,
    per_minute: int = 1,
) -> None:
    """Write down a letter's end and what it tells of the address, and give the mailbox back.

    A letter that has ended already stays so; an address that is the reader's no more tells nothing of his new one.
    """
    async with context.work(Verb.SEND_LETTER) as work:
        delivery, mailbox = await _in_hand(work, due)
        mailbox.release(due.lease.holder, at=work.now)
        if delivery.state is not DeliveryState.OWED:
            return
        delivery.settle(state, at=work.now, error=None if error is None else error[:LONGEST_ERROR])
        if state is DeliveryState.SENT:
            mailbox.count_letter(at=work.now, per_minute=per_minute)
        if address_is not in (None, due.user.email_state):
            await _judge_address(work, due, address_is)


async def postpone(context: Context, due: Due, *, error: str) -> None:
    """Count a failed try: again later, or never after three days, and then the address is one that fails."""
    async with context.work(Verb.SEND_LETTER) as work:
        delivery, mailbox = await _in_hand(work, due)
        mailbox.release(due.lease.holder, at=work.now)
        if delivery.state is not DeliveryState.OWED:
            return
        if delivery.postpone(at=work.now, error=error[:LONGEST_ERROR]):
            mailbox.rest(until=delivery.next_at)
        else:
            await _judge_address(work, due, EmailState.FAILING)


async def _in_hand(work: Work, due: Due) -> tuple[Delivery, Mailbox]:
    work.authorize()
    mailbox = await work.get(Mailbox, due.lease.mailbox_id)
    return await work.get(Delivery, due.delivery.id), mailbox


async def _judge_address(work: Work, due: Due, state: EmailState) -> None:
    user = await work.get(User, due.user.id)
    if user.email == due.address:
        user.email_state = state
