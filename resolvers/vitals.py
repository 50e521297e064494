"""Vital signs of an installation, for the doctor: the youngest entry, and how the letters stand."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from models.access import Verb, require
from models.journal import FAILED, Delivery, DeliveryState, Entry
from resolvers.context import Context


@dataclass(frozen=True, kw_only=True)
class Vitals:
    """At one moment."""

    newest_entry_at: datetime | None
    oldest_owed_at: datetime | None
    owed: int
    failed: int


async def read(context: Context) -> Vitals:
    """For the server's owner."""
    async with context.reading() as reading:
        require(reading.actor, Verb.OWN_SERVER)
        owed = select(Delivery.id).where(Delivery.state == DeliveryState.OWED)
        return Vitals(
            newest_entry_at=await reading.first(select(func.max(Entry.at))),
            oldest_owed_at=await reading.first(
                select(func.min(Delivery.owed_at)).where(Delivery.state == DeliveryState.OWED)
            ),
            owed=await reading.count(owed),
            failed=await reading.count(select(Delivery.id).where(Delivery.state.in_(sorted(FAILED)))),
        )
