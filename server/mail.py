"""Transports: the ways a finished e-mail leaves the house. The console, a folder, or an SMTP server.

A transport answers with an `Outcome` and raises for nothing that a mail server does. `emails` is fenced here:
asynchronous backend only, since the other one accepts any certificate; never silent about failure; a host name always
given, since the library would look it up on the event loop.
"""

import ipaddress
import itertools
import os
import re
import socket
import sys
from asyncio import to_thread
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol, TextIO
from urllib.parse import SplitResult, unquote, urlsplit

from aiosmtplib import errors
from emails.backend.smtp.aio_backend import AsyncSMTPBackend
from emails.message import Message

TIMEOUT_SECONDS = 10
SERVICE_CLOSING = 421
AUTHENTICATION_WANTED = frozenset({530, 534, 535, 538})


class Tls(StrEnum):
    """How the way to the mail server is protected; the value is the URL's scheme."""

    STARTTLS = "smtp+starttls"
    IMPLICIT = "smtps"
    NONE = "smtp"


PORTS = {Tls.STARTTLS: 587, Tls.IMPLICIT: 465, Tls.NONE: 25}


class Result(StrEnum):
    """What became of a try."""

    SENT = "SENT"
    RETRY = "RETRY"
    REFUSED = "REFUSED"
    REJECTED = "REJECTED"
    DOWN = "DOWN"


@dataclass(frozen=True)
class Outcome:
    """A try's result: RETRY this letter later, REFUSED this address, REJECTED this letter, DOWN the server for all.

    `error` is what the server said; it may name the address, so it is kept with the letter and never logged.
    """

    result: Result
    error: str | None = None


SENT = Outcome(Result.SENT)


class Transport(Protocol):
    """A way for letters to leave."""

    async def deliver(self, message: Message, *, to: str) -> Outcome:
        """Hand the message over for one address."""

    async def close(self) -> None:
        """Hang up until the next letter."""


@dataclass(frozen=True, kw_only=True)
class SmtpServer:
    """Where letters are handed in, and how the way there is protected."""

    host: str
    port: int
    tls: Tls = Tls.NONE
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def transport(mail_url: str) -> Transport:
    """The transport that MAIL_URL names. Raises ValueError, whose text repeats nothing of it, for any other text.

    `console:`, `file:<folder>`, `smtp+starttls://user:password@host:587`, `smtps://…`; `smtp://…`, in clear, only
    without a password or to this machine.
    """
    url = urlsplit(mail_url)
    if url.scheme == "console":
        return ConsoleTransport()
    if url.scheme == "file" and url.path and not url.netloc:
        return FolderTransport(Path(unquote(url.path)))
    if url.scheme in {*Tls} and url.hostname:
        return SmtpTransport(_server(url, host=url.hostname, tls=Tls(url.scheme)))
    raise ValueError("say console:, file:<folder>, smtp+starttls://, smtps:// or smtp:// with a host")


def _server(url: SplitResult, *, host: str, tls: Tls) -> SmtpServer:
    if tls is Tls.NONE and url.password and not _is_loopback(host):
        raise ValueError("smtp:// would send the password in clear; say smtp+starttls:// or smtps://")
    return SmtpServer(
        host=host,
        port=_port(url) or PORTS[tls],
        tls=tls,
        user=unquote(url.username) if url.username else None,
        password=unquote(url.password) if url.password else None,
    )


def _port(url: SplitResult) -> int | None:
    try:
        return url.port
    except ValueError:
        # Its own text would repeat what an unquoted "/" in the password makes look like a port.
        raise ValueError("the port is no number; write / ? # @ in a password as %2F %3F %23 %40") from None


def _is_loopback(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


class ConsoleTransport:
    """Writes letters for a developer to read: whom, what about, and the text."""

    def __init__(self, stream: TextIO | None = None):
        self._stream = stream

    async def deliver(self, message: Message, *, to: str) -> Outcome:
        """Write one; always SENT."""
        stream = self._stream or sys.stdout
        stream.write(f"\nTo: {to}\nSubject: {message.subject}\nMessage-ID: {message.message_id}\n\n{message.text}\n")
        stream.flush()
        return SENT

    async def close(self) -> None:
        """Nothing to hang up."""


class FolderTransport:
    """Puts letters into a folder as `<UTC time>-<n>-<recipient>.eml`, whole or not at all; sorted by name, by time."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._numbers = itertools.count(1)

    async def deliver(self, message: Message, *, to: str) -> Outcome:
        """Write one. A full or missing disk is the server's failure, DOWN."""
        try:
            await to_thread(self._write, message, to)
        except OSError as error:
            return Outcome(Result.DOWN, _said(error))
        return SENT

    def _write(self, message: Message, to: str) -> None:
        built = message.as_message()
        time = parsedate_to_datetime(built["Date"]).astimezone(UTC).strftime("%Y%m%dT%H%M%S")
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"{time}-{next(self._numbers):06}-{re.sub('[^A-Za-z0-9.@_+-]', '_', to)[:120]}.eml"
        unfinished = self._folder / f".{name}.part"
        unfinished.write_bytes(built.as_bytes())
        os.replace(unfinished, self._folder / name)

    async def close(self) -> None:
        """Nothing to hang up."""


class SmtpTransport:
    """Hands letters to an SMTP server over one connection, one address at a time, so that no refusal is partial."""

    def __init__(self, server: SmtpServer, *, timeout_seconds: float = TIMEOUT_SECONDS):
        self._backend = AsyncSMTPBackend(
            host=server.host,
            port=server.port,
            user=server.user,
            password=server.password,
            tls=server.tls is Tls.STARTTLS,
            ssl=server.tls is Tls.IMPLICIT,
            timeout=timeout_seconds,
            local_hostname=socket.gethostname(),
            fail_silently=False,
        )

    async def deliver(self, message: Message, *, to: str) -> Outcome:
        """Send one. After RETRY or DOWN the connection is in an unknown state, so it is given up."""
        outcome = await self._tried(message, to)
        if outcome.result in (Result.RETRY, Result.DOWN):
            await self.close()
        return outcome

    async def reach(self) -> Outcome:
        """Connect, greet, protect the way and log in; SENT when a letter could follow, DOWN otherwise."""
        try:
            await self._backend.get_client()
        except (errors.SMTPException, OSError) as error:
            return Outcome(Result.DOWN, _said(error))
        return SENT

    async def _tried(self, message: Message, to: str) -> Outcome:
        reached = await self.reach()
        if reached.result is not Result.SENT:
            return reached
        try:
            await message.send_async(to=[(None, to)], set_mail_to=False, smtp=self._backend)
        except (errors.SMTPException, OSError) as error:
            return _judged(error)
        return SENT

    async def close(self) -> None:
        """Say QUIT, if there is still somebody to say it to."""
        with suppress(errors.SMTPException, OSError):
            await self._backend.close()


def _judged(error: Exception) -> Outcome:
    """What a failure in the middle of a letter says, and of whom."""
    reason = error.recipients[0] if isinstance(error, errors.SMTPRecipientsRefused) else error
    said = _said(reason)
    # The sender is the same for every letter: whoever refuses him refuses all.
    if isinstance(reason, errors.SMTPConnectError | errors.SMTPHeloError | errors.SMTPSenderRefused):
        return Outcome(Result.DOWN, said)
    code = reason.code if isinstance(reason, errors.SMTPResponseException) else 0
    if code == SERVICE_CLOSING or code in AUTHENTICATION_WANTED:
        return Outcome(Result.DOWN, said)
    if code < 500:
        return Outcome(Result.RETRY, said)
    return Outcome(Result.REFUSED if isinstance(reason, errors.SMTPRecipientRefused) else Result.REJECTED, said)


def _said(error: Exception) -> str:
    if isinstance(error, errors.SMTPResponseException):
        return f"{error.code} {error.message}"
    return f"{type(error).__name__}: {error}"
