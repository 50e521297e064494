"""A post office, and a postman between it and the household: what tests of letters share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from household import Household, address, household
from post_office import PostOffice, open_post_office
from sqlalchemy import select

from mailers import Stationery
from models.accounts import User
from models.journal import Delivery, DeliveryState, Entry, message_id
from server.mail import SmtpServer, SmtpTransport
from server.pace import Pace
from server.postman import Postman

STATIONERY = Stationery(
    sender_email="cabinet@mail.example",
    hotline=None,
    document_url=None,
    password_url=None,
    public_url="https://cabinet.example",
    mail_domain="mail.example",
)


@dataclass
class Round:
    """The household, its post office and a postman; nothing is owed at first."""

    house: Household
    office: PostOffice
    postman: Postman

    def another(self, *, pace: Pace | None = None) -> Postman:
        """One more postman with a connection of his own, as in another process."""
        server = SmtpServer(host=self.office.host, port=self.office.port)
        return Postman(self.house.world, SmtpTransport(server, timeout_seconds=5), STATIONERY, pace=pace)

    async def deliver_all(self) -> int:
        """Passes until nothing is due; how many letters were tried or given up."""
        tried = 0
        while some := await self.postman.pass_once():
            tried += some
        return tried

    def sent_to(self, who: str) -> list[str]:
        """Message-IDs that somebody got, in order of their first arrival."""
        mine = [str(message["Message-ID"]) for reader, message in self.office.taken if reader == address(who)]
        return list(dict.fromkeys(mine))

    async def owed_to(self, who: str) -> list[str]:
        """Message-IDs of all letters that somebody was ever owed, in order."""
        return [same for _, same in await self._letters_of(who)]

    async def told(self, who: str) -> list[str]:
        """The kinds of letters that somebody got, in the order in which they came to be owed."""
        return [letter for letter, same in await self._letters_of(who) if same in self.office.message_ids]

    async def _letters_of(self, who: str) -> list[tuple[str, str]]:
        user_id, domain = self.house.users[who], STATIONERY.mail_domain
        wanted = select(Delivery.letter, Entry.key).join(Entry, Entry.id == Delivery.entry_id)
        async with self.house.system.reading() as reading:
            rows = await reading.rows(wanted.where(Delivery.user_id == user_id).order_by(Delivery.id))
        return [
            (letter, message_id(letter=letter, entry_key=key, user_id=user_id, domain=domain)) for letter, key in rows
        ]

    async def states(self) -> dict[tuple[str, str], DeliveryState]:
        """How the newest letter of each kind to each person stands."""
        wanted = select(Delivery.letter, User.email, Delivery.state).join(User, User.id == Delivery.user_id)
        async with self.house.system.reading() as reading:
            rows = await reading.rows(wanted.order_by(Delivery.id))
        return {(letter, email.partition("@")[0]): state for letter, email, state in rows}

    async def count(self, state: DeliveryState) -> int:
        """How many letters stand so."""
        async with self.house.system.reading() as reading:
            return await reading.count(select(Delivery.id).where(Delivery.state == state))


@asynccontextmanager
async def letter_round(folder: Path) -> AsyncIterator[Round]:
    """What was owed when the household was made has gone before."""
    async with household(folder) as house, open_post_office() as office:
        transport = SmtpTransport(SmtpServer(host=office.host, port=office.port), timeout_seconds=5)
        made = Round(house, office, Postman(house.world, transport, STATIONERY))
        try:
            await made.deliver_all()
            office.taken.clear()
            office.commands.clear()
            yield made
        finally:
            await transport.close()
