"""A real SMTP server (aiosmtpd) on a free loopback port; what it refuses is said beforehand."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from functools import partial

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from aiosmtpd.smtp import Session as SmtpSession


@dataclass
class PostOffice:
    """Takes letters. `answers` maps an address to the reply its RCPT gets; `to_data` and `to_sender` reply for all;
    `before_data` is done when a text has come and before it is taken."""

    host: str = "127.0.0.1"
    port: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    to_data: str = "250 OK"
    to_sender: str = "250 OK"
    is_slow: bool = False
    before_data: Callable[[], Awaitable[None]] | None = None
    taken: list[tuple[str, Message]] = field(default_factory=list)
    commands: Counter[str] = field(default_factory=Counter)
    passwords: list[bytes] = field(default_factory=list)

    async def handle_EHLO(
        self, server: SMTP, session: SmtpSession, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.commands["EHLO"] += 1
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: SmtpSession, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.to_sender

    async def handle_RCPT(
        self, server: SMTP, session: SmtpSession, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.commands["RCPT"] += 1
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: SmtpSession, envelope: Envelope) -> str:
        if self.before_data is not None:
            await self.before_data()
        if self.is_slow:
            await asyncio.sleep(5)
        if self.to_data.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.taken += [(address, message_from_bytes(envelope.content)) for address in envelope.rcpt_tos]
        return self.to_data

    def authenticate(
        self, server: SMTP, session: SmtpSession, envelope: Envelope, mechanism: str, shown: object
    ) -> AuthResult:
        """Only `right` is."""
        assert isinstance(shown, LoginPassword)
        self.passwords.append(shown.password)
        return AuthResult(success=shown.password == b"right", handled=False)

    @property
    def readers(self) -> list[str]:
        """Addresses that got something, in order."""
        return [address for address, _ in self.taken]

    @property
    def message_ids(self) -> list[str]:
        """Of all that was taken, in order."""
        return [str(message["Message-ID"]) for _, message in self.taken]


@asynccontextmanager
async def open_post_office() -> AsyncIterator[PostOffice]:
    """A server while the block lasts."""
    office = PostOffice()
    loop = asyncio.get_running_loop()
    made = partial(SMTP, office, authenticator=office.authenticate, auth_require_tls=False, hostname="mx.example")
    server = await loop.create_server(lambda: made(loop=loop), office.host, 0)
    office.port = server.sockets[0].getsockname()[1]
    async with server:
        yield office
