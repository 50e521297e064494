"""The postman (outbox worker): leases mailboxes, renders what is owed, sends it and writes down what became of it.

One runs inside each `serve`. A letter is sent at least once: whoever stops between sending and marking has it sent
again, under the same Message-ID. Never in one transaction: sending lies between two.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from secrets import token_hex

import structlog
from emails.message import Message

from mailers import Stationery, message, write
from models.accounts import EmailState, is_deliverable
from models.journal import DeliveryState, message_id
from models.mailboxes import LETTER_TAKES
from resolvers import codes, letters
from resolvers.context import Client, Context
from resolvers.letters import Due, Lease
from resolvers.ports import EVERY_CABINET, Outside, Ring
from resolvers.rights import Principal
from schema import nodes
from server.mail import Outcome, Result, Transport
from server.pace import Pace
from server.patience import require_uncancelled

BATCH = 5
LAST_LETTER_SECONDS = 10.0
FIRST_REST = timedelta(seconds=10)
LONGEST_REST = timedelta(minutes=5)
ENDS = {
    Result.SENT: DeliveryState.SENT,
    Result.REFUSED: DeliveryState.REFUSED,
    Result.REJECTED: DeliveryState.REFUSED,
}
ADDRESS_IS = {Result.SENT: EmailState.OK, Result.REFUSED: EmailState.FAILING}

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class Postman:
    """A worker of the outbox. `run` until cancelled; cancelled, it finishes the letter in hand.

    `is_alone`: no other process has this database, so that at start every lease is that of a dead one.
    """

    def __init__(
        self,
        outside: Outside,
        transport: Transport,
        stationery: Stationery,
        *,
        pace: Pace | None = None,
        is_alone: bool = False,
    ):
        self._outside = outside
        self._transport = transport
        self._stationery = stationery
        self._pace = pace or Pace()
        self._is_alone = is_alone
        self._name = token_hex(8)
        self._held: dict[int, Lease] = {}
        self._unmarked: dict[int, tuple[Due, Outcome]] = {}
        self._failures_of_server = 0
        self._rests_until: datetime | None = None

    async def run(self) -> None:
        """Deliver for ever: all that is due, then wait for the bell, the next try or one pulse."""
        try:
            async with self._outside.bell.armed(EVERY_CABINET) as ring:
                while True:
                    await self._round(ring)
        finally:
            await self._transport.close()

    async def _round(self, ring: Ring) -> None:
        seconds = await self._pass_safely()
        if seconds > 0:
            await self._transport.close()
            await ring.wait(seconds=seconds)

    async def _pass_safely(self) -> float:
        """One pass; how many seconds there is nothing to do."""
        try:
            await self._take_over()
            return 0 if await self.pass_once() else await self._idle_seconds()
        except Exception as error:  # noqa: BLE001  # a worker's loop: the database may be back in ten seconds
            require_uncancelled()
            log.error("postman.pass_failed", error=type(error).__name__)
            return self._outside.house.pulse_seconds

    async def _take_over(self) -> None:
        """Once: who is alone need not wait until the leases of a killed process have ended."""
        if self._is_alone:
            await letters.release_all(self._context())
            self._is_alone = False

    async def _idle_seconds(self) -> float:
        now, pulse = self._outside.clock.now(), self._outside.house.pulse_seconds
        soonest = await letters.next_at(self._context())
        left = (max(soonest, self._pace.free_at(at=now)) - now).total_seconds() if soonest else pulse
        return min(max(left, 0.1), pulse)

    async def pass_once(self) -> int:
        """Try what is due, at most one letter to each person; how many letters were tried or given up.

        Stops at the first letter for which the server itself fails; then the postman rests, and no letter loses a try.
        """
        await self._mark_unmarked()
        now = self._outside.clock.now()
        room = min(BATCH, self._pace.room(at=now))
        if room <= 0 or (self._rests_until is not None and now < self._rests_until):
            return 0
        await codes.owe_letters(self._context())
        leases = await letters.take(self._context(), holder=self._name, limit=room)
        self._held = {lease.mailbox_id: lease for lease in leases}
        try:
            return await self._visit(leases)
        finally:
            await self._release()

    async def _visit(self, leases: Sequence[Lease]) -> int:
        tried = 0
        for lease in leases:
            outcome = await self._unless_cancelled(lease)
            if outcome is not None and outcome.result is Result.DOWN:
                break
            tried += 1
        return tried

    async def _release(self) -> None:
        """Give back what was not visited. Where that fails, the leases end by themselves."""
        held, self._held = list(self._held.values()), {}
        if not held:
            return
        try:
            await letters.release(self._context(), held)
        except Exception as error:  # noqa: BLE001  # nothing is lost, and what brought us here must not be hidden
            log.warning("postman.leases_kept", error=type(error).__name__)

    async def _unless_cancelled(self, lease: Lease) -> Outcome | None:
        """Deliver a mailbox's letter; when cancelled meanwhile, first finish it."""
        delivering = asyncio.ensure_future(self._deliver(lease))
        try:
            return await asyncio.shield(delivering)
        except asyncio.CancelledError:
            await asyncio.wait([delivering], timeout=LAST_LETTER_SECONDS)
            delivering.cancel()
            raise

    async def _deliver(self, lease: Lease) -> Outcome | None:
        """What became of the try; None for a letter that was given up without one."""
        due = await letters.oldest(self._context(), lease)
        if due is None:
            return None
        written = self._written(due) if due.may_be_read and is_deliverable(due.address) else None
        if written is None:
            await self._give_up(due)
            return None
        outcome = await self._send(due, written)
        # Kept until it is written down: a database that cannot write must not make a letter come again and again.
        self._unmarked[due.delivery.id] = due, outcome
        await self._mark_unmarked()
        return outcome

    async def _give_up(self, due: Due) -> None:
        """End a letter that is not to be tried, with the first reason that there is."""
        if not due.may_be_read:
            await self._settle(due, DeliveryState.DROPPED, error="the reader lost access, or its code is spent")
        elif not is_deliverable(due.address):
            error = "the address cannot be written to"
            await self._settle(due, DeliveryState.REFUSED, error=error, address_is=EmailState.FAILING)
        else:
            await self._settle(due, DeliveryState.DEAD, error="the letter cannot be written")

    def _written(self, due: Due) -> Message | None:
        try:
            made = self._message(due)
            made.as_bytes()
        except Exception as error:  # noqa: BLE001  # poison: whatever a template raises, the mailbox goes on
            log.error("letter.unwritable", delivery_id=due.delivery.id, error=type(error).__name__)
            return None
        return made

    def _message(self, due: Due) -> Message:
        entry, letter = due.entry, due.delivery.letter
        key = None if entry.document_id is None else nodes.encode("Document", entry.document_id)
        domain = self._stationery.mail_domain
        same = message_id(letter=letter, entry_key=due.key, user_id=due.user.id, domain=domain)
        return message(write(letter, entry, due.person, document_key=key), self._stationery, message_id=same)

    async def _send(self, due: Due, written: Message) -> Outcome:
        self._pace.note(at=self._outside.clock.now())
        try:
            async with asyncio.timeout(LETTER_TAKES.total_seconds()):
                outcome = await self._transport.deliver(written, to=due.address)
        except Exception as error:  # noqa: BLE001  # one letter's bad luck is not the others'
            log.error("letter.failed", delivery_id=due.delivery.id, error=type(error).__name__)
            outcome = Outcome(Result.RETRY, type(error).__name__)
            await self._transport.close()
        self._note_server(outcome)
        return outcome

    async def _mark_unmarked(self) -> None:
        for delivery_id, (due, outcome) in list(self._unmarked.items()):
            await self._mark(due, outcome)
            del self._unmarked[delivery_id]

    async def _mark(self, due: Due, outcome: Outcome) -> None:
        if outcome.result is Result.RETRY:
            await letters.postpone(self._context(), due, error=outcome.error or "")
            log.info("letter.postponed", delivery_id=due.delivery.id)
            self._held.pop(due.lease.mailbox_id, None)
        elif outcome.result in ENDS:
            address_is = ADDRESS_IS.get(outcome.result)
            await self._settle(due, ENDS[outcome.result], error=outcome.error, address_is=address_is)

    async def _settle(
        self, due: Due, state: DeliveryState, *, error: str | None, address_is: EmailState | None = None
    ) -> None:
        most, context = self._pace.to_one, self._context()
        await letters.settle(context, due, state=state, error=error, address_is=address_is, per_minute=most)
        self._held.pop(due.lease.mailbox_id, None)
        log.info("letter.settled", delivery_id=due.delivery.id, state=state.value)

    def _note_server(self, outcome: Outcome) -> None:
        """A failing server makes the postman rest, twice as long each time; anything else ends that."""
        if outcome.result is not Result.DOWN:
            self._failures_of_server, self._rests_until = 0, None
            return
        rest = min(FIRST_REST * 2 ** min(self._failures_of_server, 10), LONGEST_REST)
        self._failures_of_server += 1
        self._rests_until = self._outside.clock.now() + rest
        log.warning("mail.server_down", failures=self._failures_of_server, rest_seconds=rest.total_seconds())

    def _context(self) -> Context:
        return Context(self._outside, Principal(is_system=True), Client())
