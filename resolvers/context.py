"""Context and Work: the only ways to the database. Imports no noun.

`reading()` gives the snapshot of the running operation; `work(verb)` is a transaction (unit of work): every act has the
beats load, rule, record, return. Both read the caller's rights in their own session, so that whoever was blocked a
moment ago is stopped (A30).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from aiodataloader import DataLoader
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.base import ExecutableOption
from sqlalchemy.sql.dml import ReturningUpdate

from models.access import QUIET, Verb, acts_as_operator, confine, require
from models.accounts import Locale
from models.actors import Actor
from models.base import Base
from models.cabinets import Cabinet
from models.events import Event
from models.refusals import Reason, Refusal
from resolvers import rights
from resolvers.claims import Claim, Once, Repeated, claim
from resolvers.deadlines import Line
from resolvers.locks import JUDGES_MEMBERS, RESTS_ON_CABINET, counters, locked
from resolvers.measures import Caller, Measures, TooMuch, Unmeasured
from resolvers.ports import EVERY_CABINET, Outside
from resolvers.reading import Reading as Reading  # where everybody finds it
from resolvers.reading import key_of
from resolvers.recording import Recorder
from resolvers.rights import Principal

T = TypeVar("T")
R = TypeVar("R", bound=Base)


@dataclass(frozen=True, kw_only=True)
class Client:
    """Where a request came from: kept with logins and signatures, never logged."""

    address: str | None = None
    user_agent: str | None = None
    locale: Locale = Locale.RU
    request_id: str = "-"


@dataclass(kw_only=True)
class Outcome:
    """What a request's transport must know afterwards: a new login's token, a login that ended or is none.

    `is_unavailable`: the database was away, or went away in the middle of a commit. `is_use_unnoted`: it is over five
    minutes since the use of this login was written down (`sessions.touch`). `refusal`: asked for too much, for now.
    """

    token: str | None = None
    session_ended: bool = False
    is_unauthenticated: bool = False
    is_unavailable: bool = False
    is_use_unnoted: bool = False
    refusal: TooMuch | None = None


class Work:
    """One act's transaction."""

    def __init__(self, session: AsyncSession, principal: Principal, actor: Actor, verb: Verb, now: datetime):
        self._session = session
        self._principal = principal
        self.actor = actor
        self.verb = verb
        self.now = now
        self._claim: Claim | None = None
        self.rung: set[int] = set()
        self._is_authorized = False
        self._authorized_in: set[int] = set()
        self._path: tuple[str, ...] | None = None
        self._has_told = False

    async def claim(self, once: Once) -> None:
        """Hold a client's key from here on. Raises `Repeated` when the act is done and its author may still do it."""
        held = await claim(self._session, self.actor, once, at=self.now)
        if held.subject_id is not None:
            await self.renew()  # he may have waited long
            if once.path is None:
                self.authorize()
            await self.get(once.subject, held.subject_id, path=once.path)
            raise Repeated(held.subject_id)
        self._claim = held

    def authorize(self, cabinet_id: int | None = None) -> None:
        """Ask the role table; every act does, by `get` or by itself."""
        require(self.actor, self.verb, cabinet_id)
        self._is_authorized = True
        if cabinet_id is not None:
            self._authorized_in.add(cabinet_id)

    def is_operators(self, cabinet_id: int | None) -> bool:
        """Whether the act is done for the service: it wants a basis and a ticket (A8)."""
        return acts_as_operator(self.actor, self.verb, cabinet_id)

    async def get(
        self,
        table: type[R],
        row_id: int | None,
        *options: ExecutableOption,
        path: tuple[str, ...] | None = None,
        shared: bool = False,
    ) -> R:
        """The row, locked, and the right to act on it. NOT_FOUND alike for absent and invisible; FORBIDDEN by role.

        `shared`: the act changes other rows, and others may act on this one meanwhile. So for a cabinet that an act
        adds something to: its row is the journal's counter, which is taken last (`resolvers/locks.py`).
        """
        found = await self.get_all(table, [] if row_id is None else [row_id], *options, shared=shared)
        if not found:
            raise Refusal(Reason.NOT_FOUND, path=path)
        self._path = path
        return found[0]

    async def get_all(
        self, table: type[R], ids: Sequence[int], *options: ExecutableOption, shared: bool = False
    ) -> list[R]:
        """Several rows, locked in ascending order of id. What comes with them is read after their locks are had."""
        key = key_of(table)
        rows = await self.all(locked(select(table).where(key.in_(ids)).order_by(key), shared=shared))
        if options:
            rows = await self.all(select(table).where(key.in_(ids)).order_by(key).options(*options))
        for row in rows:
            self._judge(row)
            if self._claim is not None:
                self._claim.see(row)
        return rows

    async def renew(self) -> None:
        """Read the caller's rights again: an act that waited for locks may have lost its author."""
        self.actor = await rights.load(self._session, self._principal, at=self.now)

    def _judge(self, row: Base) -> None:
        cabinet_id = row.id if isinstance(row, Cabinet) else getattr(row, "cabinet_id", None)
        if cabinet_id is not None:
            self.authorize(cabinet_id)

    async def all(self, statement: Select[T] | ReturningUpdate[T]) -> list[T]:
        """First column of every row the caller may see."""
        confined = statement.options(*confine(self.actor)).execution_options(populate_existing=True)
        return list(await self._session.scalars(confined))

    async def across(self, statement: Select[T]) -> list[T]:
        """First column, beyond the caller's cabinets: routing, the other side's view, accounts by address."""
        return list(await self._session.scalars(statement))

    def add(self, row: R) -> R:
        """A new row; its id is there after `flush`."""
        self._session.add(row)
        return row

    async def drop(self, row: Base) -> None:
        """Take a row away that means nothing any more; none that a journal, a document or a person could miss."""
        await self._session.delete(row)

    async def flush(self) -> None:
        """Send what changed to the database, so that new rows have their ids."""
        await self._session.flush()

    async def record(self, *events: Event | None) -> None:
        """Write the entry of each line and the letters owed; None, when the wish was so already, writes nothing.

        Events of one act are recorded by one call: it takes the numbers of all their cabinets in ascending order.
        """
        self._has_told = True
        told = [event for event in events if event is not None]
        if not told:
            return
        await self._session.flush()
        cabinets = {line.cabinet_id for event in told for line in event.lines}
        await self._session.scalars(counters(cabinets))
        recorder = Recorder(session=self._session, actor=self.actor, verb=self.verb, now=self.now)
        for event in told:
            for line in sorted(event.lines, key=lambda line: line.cabinet_id):
                if self._claim is not None:
                    self._claim.hear(line)
                await recorder.write(event, line)
        self.rung |= cabinets

    async def trace(self, event: Event) -> None:
        """Record what a refusal leaves behind; it needs no right but having been refused."""
        self._is_authorized = True
        await self.record(event)

    async def ask_again(self) -> None:
        """Ask once more, under the counter, for a right that the cabinet's row gives: it may have been taken since.

        Raises what the act would have met, had it come later: NOT_FOUND or FORBIDDEN.
        """
        if self.verb not in RESTS_ON_CABINET or not self._authorized_in:
            return
        asked = sorted(self._authorized_in)
        self.actor = await rights.by_cabinets(self._session, self.actor, asked)
        if len(await self.all(select(Cabinet.id).where(Cabinet.id.in_(asked)))) < len(asked):
            raise Refusal(Reason.NOT_FOUND, path=self._path)
        for cabinet_id in asked:
            self.authorize(cabinet_id)

    def finish(self) -> None:
        """Refuse to commit an act that nobody allowed, or that changed rows and told no journal."""
        if not self._is_authorized:
            raise RuntimeError(f"{self.verb} asked for no right")
        if not self._has_told and self.verb not in QUIET:
            raise RuntimeError(f"{self.verb} recorded nothing")
        if self._claim is not None and self._claim.subject_id is None:
            raise RuntimeError(f"{self.verb} was about nothing: its key could not be answered again")


class Context:
    """One operation's way to the world: who asks, from where, and what he may read and do."""

    def __init__(self, outside: Outside, principal: Principal, client: Client):
        self.outside = outside
        self.principal = principal
        self.client = client
        self.loaders: dict[object, DataLoader[Any, Any]] = {}
        self._stack: AsyncExitStack | None = None
        self._reading: Reading | None = None
        self._opening = asyncio.Lock()
        self._granted: frozenset[int] = frozenset()
        self._speaks: Locale | None = None
        self.once: Once | None = None
        self.outcome = Outcome()
        self.line = Line()
        self.measures: Measures = Unmeasured()
        self.cost: int | None = None

    def grant(self, document_id: int) -> None:
        """Let the rest of this operation read a document that its own act brought."""
        self._granted |= {document_id}

    def become(self, token: str, *, token_hash: str | None) -> None:
        """From here on the caller is the holder of this token: he just logged in."""
        self.principal = Principal(token_hash=token_hash)
        self.outcome.token, self.outcome.session_ended = token, False

    def leave(self) -> None:
        """From here on the caller is nobody: his login just ended."""
        self.principal = Principal()
        self.outcome.token, self.outcome.session_ended = None, True

    def fresh(self) -> Context:
        """The same caller's next operation: nothing read so far is kept; the outcome is one for all of a request."""
        next_one = Context(self.outside, self.principal, self.client)
        next_one.outcome, next_one.line, next_one.measures = self.outcome, self.line, self.measures
        return next_one

    @property
    def caller(self) -> Caller:
        """Who asks, as far as the request shows it."""
        return Caller(principal=self.principal, address=self.client.address)

    @property
    def locale(self) -> Locale:
        """Language of texts: the account's, without a login the client's."""
        return self._speaks or self.client.locale

    def _meet(self, actor: Actor) -> None:
        """Remember the caller's language, and whether his login is one no more: a stale cookie is cleared."""
        self.measures.learn(self.principal, actor)
        self._speaks = actor.locale if actor.user_id is not None else None
        self.outcome.is_use_unnoted = actor.is_use_unnoted(self.outside.clock.now())
        if actor.is_anybody and self.principal.token_hash is not None:
            self.outcome.session_ended = True

    @asynccontextmanager
    async def operation(self) -> AsyncIterator[None]:
        """While it lasts, all reads share one snapshot, closed by every act that commits."""
        self._stack = AsyncExitStack()
        try:
            yield
        finally:
            await self.forget()
            self._stack = None

    async def forget(self) -> None:
        """Drop what was read: the next question sees what is there now. Not while a snapshot is just being opened."""
        async with self._opening:
            self.loaders = {}
            self._reading = None
            if self._stack is not None:
                await self._stack.aclose()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Reading]:
        """The operation's snapshot; outside of an operation (a stream's event) one of its own."""
        async with self._opening:
            if self._stack is not None and self._reading is None:
                self._reading = await self._stack.enter_async_context(self._open())
            shared = self._reading
        if shared is not None:
            yield shared
            return
        async with self.line.query(seconds=self.outside.house.limits.query_seconds), self._open() as reading:
            yield reading

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[Reading]:
        async with self.outside.database.snapshot() as session:
            actor = await rights.load(session, self.principal, at=self.outside.clock.now())
            self._meet(actor)
            reading = Reading(session, replace(actor, granted=self._granted) if self._granted else actor)
            try:
                yield reading
            finally:
                await reading.end()

    @asynccontextmanager
    async def work(self, verb: Verb) -> AsyncIterator[Work]:
        """One act: committed when the block ends, rolled back by any exception.

        What was read before is dropped first: a snapshot held through a write keeps the log from being emptied.
        """
        await self.forget()
        async with self._transaction(verb) as work:
            yield work
        await self.forget()
        if work.rung:
            self.outside.bell.ring([EVERY_CABINET, *sorted(work.rung)])

    @asynccontextmanager
    async def _transaction(self, verb: Verb) -> AsyncIterator[Work]:
        async with self.outside.database.transaction() as session:
            now = self.outside.clock.now()
            if verb not in JUDGES_MEMBERS:
                await rights.hold(session, self.principal)
            actor = await rights.load(session, self.principal, at=now)
            self._meet(actor)
            if actor.is_anybody:
                require(actor, verb)
            work = Work(session, self.principal, actor, verb, now)
            if self.once is not None:
                await work.claim(self.once)
            yield work
            await work.flush()
            await work.ask_again()
            work.finish()
