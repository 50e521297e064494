"""A post office in this process: the postman delivers into it, tests read what came."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from emails.message import Message
from household import Household

from mailers import Stationery
from server.mail import Outcome, Result
from server.postman import Postman

STATIONERY = Stationery(
    sender_email="cabinet@mail.example",
    hotline=None,
    document_url=None,
    password_url=None,
    confirm_url=None,
    public_url="http://cabinet.example",
    mail_domain="mail.example",
)


WITH_FRONT_END = Stationery(
    sender_email="cabinet@mail.example",
    hotline=None,
    document_url="https://app.example/doc/{id}",
    password_url="https://app.example/password#{code}",
    public_url="https://cabinet.example",
    mail_domain="mail.example",
)
"""Of a server whose front end has a page for documents and one for passwords."""


@dataclass(frozen=True, kw_only=True)
class Posted:
    """A letter that came."""

    to: str
    subject: str
    text: str
    message_id: str

    @property
    def code(self) -> str:
        """The code that it gives to type."""
        found = re.search(r"^Код: (\S+)$", self.text, re.MULTILINE)
        assert found is not None, self.text
        return found[1]


@dataclass
class Mailbag:
    """Takes every letter of a household, but for the addresses that it refuses for good."""

    posted: list[Posted] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)

    async def deliver(self, message: Message, *, to: str) -> Outcome:
        """Take it, or refuse its address."""
        if to in self.refuses:
            return Outcome(Result.REFUSED, "550 no such person")
        made = message.as_message()
        self.posted.append(
            Posted(to=to, subject=message.subject, text=message.text, message_id=str(made["Message-ID"]))
        )
        return Outcome(Result.SENT)

    async def close(self) -> None:
        """There is nothing to close."""

    async def since(self, house: Household) -> list[Posted]:
        """What has been owed since last asked, in the order in which it came."""
        self.posted = []
        postman = Postman(house.world, self, STATIONERY)
        while await postman.pass_once():
            pass
        return self.posted


async def mailbag(house: Household) -> Mailbag:
    """One from which the letters of the household's making have been taken."""
    bag = Mailbag()
    await bag.since(house)
    return bag
