"""Letters owed (the outbox), read and settled by the postman alone, as System.

Order holds for each person: his oldest owed letter is the only one that may be due, and a postponed one keeps the
younger ones waiting. Rights are asked right before each letter: a batch may take minutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ScalarSelect, func, select

from mailers.letters import EntryLike, Person
from models.access import Verb
from models.accounts import CodePurpose, EmailState, OneTimeCode, User
from models.documents import Document
from models.journal import Channel, Delivery, DeliveryState, Entry
from models.members import Member, MemberState
from resolvers.context import Context, Reading, Work

# Letters that carry a one-time code: the newest of its purpose.
CODES = {
    "you.invited": CodePurpose.INVITATION,
    "password.reset": CodePurpose.PASSWORD_RESET,
    "email.confirm": CodePurpose.EMAIL,
}
ADDRESS_STATES = {DeliveryState.SENT: EmailState.OK, DeliveryState.REFUSED: EmailState.FAILING}
LONGEST_ERROR = 300


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
    """A letter with everything it needs; `key` names it in its Message-ID, the same at every try."""

    delivery: Delivery
    entry: EntryLike
    key: str
    user: User
    code: str | None = None

    @property
    def address(self) -> str:
        """Where it goes."""
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


async def due(context: Context, *, limit: int) -> list[Due]:
    """Letters whose time has come, oldest first, at most one to each person."""
    now = context.outside.clock.now()
    heads = select(func.min(Delivery.id)).where(Delivery.state == DeliveryState.OWED).group_by(Delivery.user_id)
    letters = (
        select(Delivery, User, Entry, OneTimeCode)
        .join(User, User.id == Delivery.user_id)
        .outerjoin(Entry, Entry.id == Delivery.entry_id)
        .outerjoin(OneTimeCode, OneTimeCode.id == Delivery.code_id)
        .where(Delivery.id.in_(heads), Delivery.next_at <= now)
        .order_by(Delivery.id)
        .limit(limit)
    )
    async with context.reading() as reading:
        rows = await reading.rows(letters)
        codes = await _codes(context, reading, [row[0] for row in rows])
    return [_due(*row, text=codes.get(row[0].id)) for row in rows]


def _due(delivery: Delivery, user: User, entry: Entry | None, code: OneTimeCode | None, *, text: str | None) -> Due:
    about: EntryLike | None = entry
    if about is None and code is not None:
        about = Asked(at=code.created_at, facts={"email": code.email})
    named = code or entry
    if about is None or named is None:
        raise RuntimeError("a letter is about an entry or a code")
    return Due(delivery=delivery, entry=about, key=named.key, user=user, code=text)


async def may_be_sent(context: Context, due: Due) -> bool:
    """Whether its reader may still read it: an active member all, anybody what is told of himself.

    A letter that is owed for its code alone is worth nothing once that is spent or too old. A document is asked for
    where it is now: it may have moved from the reader's own archive into a cabinet that he was blocked in.
    """
    if due.delivery.code_id is not None:
        return due.code is not None or due.delivery.letter not in CODES
    if due.delivery.letter.startswith("you.") and due.entry.document_id is None:
        return True
    place: ScalarSelect[int] | int = due.entry.cabinet_id
    if due.entry.document_id is not None:
        place = select(Document.cabinet_id).where(Document.id == due.entry.document_id).scalar_subquery()
    own = select(Member.id).where(Member.cabinet_id == place, Member.user_id == due.user.id)
    async with context.reading() as reading:
        return bool(await reading.rows_across(own.where(Member.state == MemberState.ACTIVE)))


async def _codes(context: Context, reading: Reading, deliveries: Sequence[Delivery]) -> dict[int, str]:
    """The code's text by the id of the delivery it goes with; a spent or old one goes with none."""
    wanting = [delivery for delivery in deliveries if delivery.letter in CODES]
    if not wanting:
        return {}
    given = select(OneTimeCode).where(OneTimeCode.user_id.in_({delivery.user_id for delivery in wanting}))
    newest = {(row.user_id, row.purpose): row for row in await reading.all(given.order_by(OneTimeCode.id))}
    chosen = {delivery.id: newest.get((delivery.user_id, CODES[delivery.letter])) for delivery in wanting}
    now, own = context.outside.clock.now(), {delivery.id: delivery.code_id for delivery in wanting}
    return {
        delivery_id: context.outside.secrets.code(row.purpose.value, row.seed)
        for delivery_id, row in chosen.items()
        # Never another one's text: the next code of the same purpose may be for another address.
        if row is not None and row.is_alive(now) and own[delivery_id] in (None, row.id)
    }


async def next_at(context: Context) -> datetime | None:
    """When the next postponed letter is to be tried; None when none is postponed."""
    now = context.outside.clock.now()
    waiting = select(func.min(Delivery.next_at)).where(Delivery.state == DeliveryState.OWED, Delivery.next_at > now)
    async with context.reading() as reading:
        return await reading.first(waiting)


async def settle(context: Context, delivery_id: int, *, state: DeliveryState, error: str | None = None) -> None:
    """Write down a letter's end, and what it tells of the address. A letter that has ended already stays so."""
    async with context.work(Verb.SEND_LETTER) as work:
        delivery = await _owed(work, delivery_id)
        if delivery is None:
            return
        delivery.settle(state, at=work.now, error=_shortened(error))
        user = await work.get(User, delivery.user_id)
        if state in ADDRESS_STATES and delivery.address in (None, user.email):
            user.email_state = ADDRESS_STATES[state]


async def postpone(context: Context, delivery_id: int, *, error: str) -> None:
    """Count a failed try: again later, or never after three days, and then the address is one that fails."""
    async with context.work(Verb.SEND_LETTER) as work:
        delivery = await _owed(work, delivery_id)
        if delivery is None:
            return
        delivery.postpone(at=work.now, error=error[:LONGEST_ERROR])
        user = await work.get(User, delivery.user_id)
        if delivery.state is DeliveryState.DEAD and delivery.address in (None, user.email):
            user.email_state = EmailState.FAILING


async def _owed(work: Work, delivery_id: int) -> Delivery | None:
    work.authorize()
    delivery = await work.get(Delivery, delivery_id)
    return delivery if delivery.state is DeliveryState.OWED else None


def _shortened(error: str | None) -> str | None:
    return None if error is None else error[:LONGEST_ERROR]
