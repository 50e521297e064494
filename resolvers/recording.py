"""How an act reaches the journal: the entry of each line, chained and numbered, and the letters owed because of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from typing import NamedTuple

from sqlalchemy import ColumnElement, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models import chain
from models.access import Verb, channel
from models.actors import Actor
from models.base import Moment
from models.cabinets import Cabinet
from models.events import Audience, Event, Line
from models.journal import Channel, Delivery, DeliveryState, Entry
from models.members import Member, MemberState
from models.organizations import Organization


class _End(NamedTuple):
    """Where a cabinet's journal ends, and whose it is."""

    seq: int
    hash: str | None
    at: datetime | None
    organization: str | None
    """None for an account's own archive."""


@dataclass(frozen=True, kw_only=True)
class Recorder:
    """Writes what one act tells, in its transaction."""

    session: AsyncSession
    actor: Actor
    verb: Verb
    now: datetime

    async def write(self, event: Event, line: Line) -> None:
        """The entry of a line and the letters owed; whose reader is alone in his archive gets one of its own."""
        end = await self._end(line.cabinet_id)
        entry = await self._enter(event, line, end)
        for owed in event.owes:
            if owed.side is None or owed.side in line.sides:
                letter = owed.letter if end.organization else owed.alone or owed.letter
                await self._owe(entry, line, owed.to, letter=letter)

    async def _enter(self, event: Event, line: Line, end: _End) -> Entry:
        entry = self._entry(event, line, end)
        chain.seal(entry, after=end.hash)
        following = {"last_seq": entry.seq, "last_hash": entry.hash, "last_entry_at": entry.at}
        await self.session.execute(
            update(Cabinet).where(Cabinet.id == line.cabinet_id).values(following),
            execution_options={"synchronize_session": False},
        )
        self.session.add(entry)
        await self.session.flush()
        return entry

    async def _end(self, cabinet_id: int) -> _End:
        """`Work.record` holds the cabinet's row until the act ends: no other entry can follow the same one."""
        ends = select(Cabinet.last_seq, Cabinet.last_hash, Cabinet.last_entry_at, Organization.name)
        owned = ends.outerjoin(Organization, Organization.id == Cabinet.organization_id).where(Cabinet.id == cabinet_id)
        return _End(*(await self.session.execute(owned)).one())

    def _entry(self, event: Event, line: Line, end: _End) -> Entry:
        is_ours, organization = line.names_actor, end.organization or line.addressee
        said = {"organization": organization, **({"actor": self.actor.name} if is_ours and self.actor.name else {})}
        return Entry(
            cabinet_id=line.cabinet_id,
            seq=end.seq + 1,
            key=token_hex(12),
            kind=event.entry_kind(),
            at=max(self.now, end.at or self.now),  # a clock set back does not turn the journal round
            channel=channel(self.actor, self.verb, line.cabinet_id) if is_ours else Channel.SYSTEM,
            actor_user_id=self.actor.user_id if is_ours else None,
            actor_token_id=self.actor.token_id if is_ours else None,
            basis_text=event.basis.text if event.basis else None,
            basis_ticket=event.basis.ticket if event.basis else None,
            document_id=line.document.id if line.document else None,
            member_id=line.member.id if line.member else None,
            signature_id=line.signature.id if line.signature else None,
            facts={**said, **line.facts},
        )

    async def _owe(self, entry: Entry, line: Line, to: Audience, *, letter: str) -> None:
        values = (
            literal(entry.id).label("entry_id"),
            Member.user_id,
            literal(letter).label("letter"),
            literal(DeliveryState.OWED.value).label("state"),
            literal(self.now, Moment()).label("owed_at"),
            literal(self.now, Moment()).label("next_at"),
            literal(0).label("attempts"),
        )
        people = select(*values).where(Member.cabinet_id == line.cabinet_id, *self._readers(line, to))
        columns = ["entry_id", "user_id", "letter", "state", "owed_at", "next_at", "attempts"]
        await self.session.execute(insert(Delivery).from_select(columns, people, include_defaults=False))

    def _readers(self, line: Line, audience: Audience) -> tuple[ColumnElement[bool], ...]:
        is_active = Member.state == MemberState.ACTIVE
        subject = line.member.id if line.member else 0
        return {
            Audience.ACTIVE: (is_active,),
            Audience.OTHERS: (is_active, Member.id != subject),
            Audience.SUBJECT: (Member.id == subject,),
            Audience.SENDER: (
                is_active,
                Member.user_id == (line.sender_user_id or 0),
                Member.user_id != (self.actor.user_id or 0),
            ),
        }[audience]
