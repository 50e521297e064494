"""The postman (outbox worker): renders what is owed, sends it and writes down what became of it.

One runs inside `serve`. A letter is sent at least once: whoever stops between sending and marking sends it again, with
the same Message-ID. Never in one transaction: sending lies between two.
"""

import asyncio
from datetime import datetime, timedelta

import structlog
from emails.message import Message

from mailers import Stationery, message, write
from models.accounts import is_deliverable
from models.journal import DeliveryState, message_id
from resolvers import letters
from resolvers.context import Client, Context
from resolvers.letters import Due
from resolvers.ports import EVERY_CABINET, Outside, Ring
from resolvers.rights import Principal
from schema import nodes
from server.mail import Outcome, Result, Transport

BATCH = 50
LAST_LETTER_SECONDS = 10.0
FIRST_REST = timedelta(seconds=10)
LONGEST_REST = timedelta(minutes=5)
ENDS = {Result.SENT: DeliveryState.SENT, Result.REFUSED: DeliveryState.REFUSED}

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class Postman:
    """The single worker of the outbox. `run` until cancelled; cancelled, it finishes the letter in hand."""

    def __init__(self, outside: Outside, transport: Transport, stationery: Stationery):
        self._outside = outside
        self._transport = transport
        self._stationery = stationery
        self._pulse_seconds = outside.house.pulse_seconds
        self._unmarked: dict[int, Outcome] = {}
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
            return 0 if await self.pass_once() else await self._idle_seconds()
        except Exception as error:  # noqa: BLE001  # a worker's loop: the database may be back in ten seconds
            log.error("postman.pass_failed", error=type(error).__name__)
            return self._pulse_seconds

    async def _idle_seconds(self) -> float:
        soonest = await letters.next_at(self._context())
        left = (soonest - self._outside.clock.now()).total_seconds() if soonest else self._pulse_seconds
        return min(max(left, 0.1), self._pulse_seconds)

    async def pass_once(self) -> int:
        """Try what is due, at most one letter to each person; how many letters were tried or given up.

        Stops at the first letter for which the server itself fails; then the postman rests, and no letter loses a try.
        """
        if self._rests_until is not None and self._outside.clock.now() < self._rests_until:
            return 0
        tried = 0
        for due in await letters.due(self._context(), limit=BATCH):
            outcome = await self._unless_cancelled(due)
            if outcome is not None and outcome.result is Result.DOWN:
                break
            tried += 1
        return tried

    async def _unless_cancelled(self, due: Due) -> Outcome | None:
        """Deliver one letter; when cancelled meanwhile, first finish it."""
        delivering = asyncio.ensure_future(self._deliver(due))
        try:
            return await asyncio.shield(delivering)
        except asyncio.CancelledError:
            await asyncio.wait([delivering], timeout=LAST_LETTER_SECONDS)
            delivering.cancel()
            raise

    async def _deliver(self, due: Due) -> Outcome | None:
        """What became of the try; None for a letter that was given up without one."""
        if not await letters.may_be_sent(self._context(), due):
            await self._settle(due, DeliveryState.DROPPED, error="the reader lost access")
            return None
        if not is_deliverable(due.address):
            await self._settle(due, DeliveryState.REFUSED, error="the address cannot be written to")
            return None
        written = self._written(due)
        if written is None:
            await self._settle(due, DeliveryState.DEAD, error="the letter cannot be written")
            return None
        outcome = self._unmarked.get(due.delivery.id) or await self._send(due, written)
        # Kept until it is written down: a database that cannot write must not make a letter come again and again.
        self._unmarked[due.delivery.id] = outcome
        await self._mark(due, outcome)
        del self._unmarked[due.delivery.id]
        return outcome

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
        try:
            return await self._transport.deliver(written, to=due.address)
        except Exception as error:  # noqa: BLE001  # one letter's bad luck is not the others'
            log.error("letter.failed", delivery_id=due.delivery.id, error=type(error).__name__)
            return Outcome(Result.RETRY, type(error).__name__)

    async def _mark(self, due: Due, outcome: Outcome) -> None:
        self._note_server(outcome)
        if outcome.result is Result.RETRY:
            await letters.postpone(self._context(), due.delivery.id, error=outcome.error or "")
            log.info("letter.postponed", delivery_id=due.delivery.id)
        elif outcome.result in ENDS:
            await self._settle(due, ENDS[outcome.result], error=outcome.error)

    def _note_server(self, outcome: Outcome) -> None:
        """A failing server makes the postman rest, twice as long each time; anything else ends that."""
        if outcome.result is not Result.DOWN:
            self._failures_of_server, self._rests_until = 0, None
            return
        rest = min(FIRST_REST * 2 ** min(self._failures_of_server, 10), LONGEST_REST)
        self._failures_of_server += 1
        self._rests_until = self._outside.clock.now() + rest
        log.warning("mail.server_down", failures=self._failures_of_server, rest_seconds=rest.total_seconds())

    async def _settle(self, due: Due, state: DeliveryState, *, error: str | None = None) -> None:
        await letters.settle(self._context(), due.delivery.id, state=state, error=error)
        log.info("letter.settled", delivery_id=due.delivery.id, state=state.value)

    def _context(self) -> Context:
        return Context(self._outside, Principal(is_system=True), Client())
