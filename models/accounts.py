"""Accounts, their sessions and one-time codes. Joining, leaving or being blocked in a cabinet touches none (A9)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import JSON, Boolean, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import UNWRITABLE, Base, words_of
from models.events import Event, UserUpdated
from models.mailboxes import Mailbox
from models.names import sort_key
from models.refusals import Reason, Refusal

if TYPE_CHECKING:
    from models.members import Member

FORMER_NAMES = 100
SESSION_IDLE = timedelta(days=14)
SESSION_LIFE = timedelta(days=90)
INVITATION_LIFE = timedelta(days=7)
RESET_LIFE = timedelta(hours=1)
CONFIRMATION_LIFE = timedelta(days=1)
LAST_USED_WITHIN = timedelta(minutes=5)
# The dot-atoms of RFC 5321: quoted local parts and lists of addresses are written to by nobody.
LOCAL_PART = re.compile(r"(?=.{1,64}$)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
DOMAIN = re.compile(r"[\w-]+(\.[\w-]+)+")


class Locale(StrEnum):
    """Language of texts and letters."""

    RU = "RU"
    BE = "BE"
    EN = "EN"


class OperatorKind(StrEnum):
    """HOTLINE looks after every cabinet, PERSONAL_MANAGER after those assigned to him."""

    HOTLINE = "HOTLINE"
    PERSONAL_MANAGER = "PERSONAL_MANAGER"


class RegistrationStep(StrEnum):
    """What somebody still has to do."""

    EMAIL = "EMAIL"
    PASSWORD = "PASSWORD"
    KEY = "KEY"


class EmailState(StrEnum):
    """Whether letters reach an address."""

    OK = "OK"
    FAILING = "FAILING"


def email_key(email: str) -> str:
    """What makes two addresses the same account (EA12): case and NFC do not count, dots and +tags do.

    What cannot be written down becomes a sign that stands in nobody's address.
    """
    return UNWRITABLE.sub("\ufffd", unicodedata.normalize("NFC", email.strip())).casefold()


def is_deliverable(address: str) -> bool:
    """Whether a letter can be written to it: one plain address, its local part ASCII, its domain one of IDNA."""
    local, _, domain = address.rpartition("@")
    if not LOCAL_PART.fullmatch(local) or not DOMAIN.fullmatch(domain):
        return False
    try:
        return len(domain.encode("idna")) <= 253
    except UnicodeError:
        return False


def checked_email(email: str, *, path: tuple[str, ...]) -> str:
    """The address as it will be kept. Raises INVALID for what cannot be delivered to, e.g. a Cyrillic local part.

    The domain is kept as IDNA reads it: spelled in full-width letters it is the same mailbox, so the same account.
    """
    local, at, domain = unicodedata.normalize("NFC", email.strip()).rpartition("@")
    address = f"{local}{at}{unicodedata.normalize('NFKC', domain)}"
    if len(address) > 254:
        raise Refusal(Reason.TOO_LONG, path=path, field="email", limit=254)
    if not is_deliverable(address):
        raise Refusal(Reason.INVALID, path=path, field="email")
    return address


class User(Base):
    """A person's account."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    display_name: Mapped[str] = mapped_column(String(200))
    sort_key: Mapped[str] = mapped_column(String(600))
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(254), unique=True)
    email_confirmed_at: Mapped[datetime | None]
    email_state: Mapped[EmailState] = mapped_column(words_of(EmailState), default=EmailState.OK)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    needs_key: Mapped[bool] = mapped_column(Boolean, default=False)
    has_key: Mapped[bool] = mapped_column(Boolean, default=False)
    locale: Mapped[Locale] = mapped_column(words_of(Locale))
    time_zone: Mapped[str] = mapped_column(String(64))
    former_names: Mapped[list[str]] = mapped_column(JSON, default=list)
    operator_kind: Mapped[OperatorKind | None] = mapped_column(words_of(OperatorKind))
    operator_phone: Mapped[str | None] = mapped_column(String(50))
    created_at: Mapped[datetime]
    mailbox: Mapped[Mailbox] = relationship(lazy="raise")

    @classmethod
    def new(
        cls, *, display_name: str, email: str, locale: Locale, time_zone: str, needs_key: bool, at: datetime
    ) -> User:
        """An account with incomplete registration: no password, address not confirmed."""
        return cls(
            display_name=display_name,
            sort_key=sort_key(display_name),
            email=email,
            email_key=email_key(email),
            email_state=EmailState.OK,
            needs_key=needs_key,
            has_key=False,
            locale=locale,
            time_zone=time_zone,
            former_names=[],
            created_at=at,
            mailbox=Mailbox.empty(at=at),
        )

    @property
    def missing(self) -> list[RegistrationStep]:
        """What the person still has to do; empty when the registration is complete."""
        steps = {
            RegistrationStep.EMAIL: self.email_confirmed_at is None,
            RegistrationStep.PASSWORD: self.password_hash is None,
            RegistrationStep.KEY: self.needs_key and not self.has_key,
        }
        return [step for step, lacks in steps.items() if lacks]

    def set_password(self, *, password_hash: str, at: datetime) -> None:
        """Take a new password; the code that allowed it came by mail, so the address is confirmed too."""
        self.password_hash = password_hash
        self.email_confirmed_at = self.email_confirmed_at or at

    def rename(self, name: str, *, members: Sequence[Member]) -> Event | None:
        """Be called otherwise; what was written under the former name keeps it, and it still finds him (EA24)."""
        former = self.display_name
        if name == former:
            return None
        self._was_known_as(former)
        self.display_name, self.sort_key = name, sort_key(name)
        return UserUpdated(lines=tuple(member.line(former=former) for member in members))

    def take_address(self, email: str, *, at: datetime, members: Sequence[Member]) -> Event | None:
        """Have this address from now on, confirmed by the code sent to it; None when it was his all along."""
        was = self.email_key
        if email_key(email) != was:
            self._was_known_as(self.email)
            self.email, self.email_key, self.email_state = email, email_key(email), EmailState.OK
            self.email_confirmed_at = None
        self.email_confirmed_at = self.email_confirmed_at or at
        return None if self.email_key == was else UserUpdated(lines=tuple(member.line() for member in members))

    def _was_known_as(self, former: str) -> None:
        kept = [name for name in self.former_names if name != former]
        self.former_names = [*kept, former][-FORMER_NAMES:]


class Session(Base):
    """One login. Only the SHA-256 of its token is kept (reliability.md B)."""

    __tablename__ = "sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    client_address: Mapped[str | None] = mapped_column(String(64))
    user_agent: Mapped[str | None] = mapped_column(String(300))
    user: Mapped[User] = relationship(lazy="raise")

    def end(self, *, at: datetime) -> None:
        """Log out; ending twice is the same."""
        self.ended_at = self.ended_at or at


class CodePurpose(StrEnum):
    """What a one-time code lets its holder do."""

    INVITATION = "INVITATION"
    PASSWORD_RESET = "PASSWORD_RESET"
    EMAIL = "EMAIL"


LIVES = {
    CodePurpose.INVITATION: INVITATION_LIFE,
    CodePurpose.PASSWORD_RESET: RESET_LIFE,
    CodePurpose.EMAIL: CONFIRMATION_LIFE,
}


class OneTimeCode(Base):
    """A code sent by mail. Its text is derived from this row and the server's secret, so only its hash is kept.

    The newest of an account and purpose is the only one that works (EH89). `email` is the address it was asked for;
    `told_at` is when its letters were written: until then nobody has looked who has that address (EH96).
    """

    __tablename__ = "one_time_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    purpose: Mapped[CodePurpose] = mapped_column(words_of(CodePurpose))
    email: Mapped[str | None] = mapped_column(String(254))
    seed: Mapped[str] = mapped_column(String(64))
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]

    @property
    def key(self) -> str:
        """Names the code in the Message-ID of its letters; it tells nothing of the text."""
        return self.code_hash[:24]

    def is_alive(self, at: datetime) -> bool:
        """Whether it still opens something."""
        return self.used_at is None and at < self.expires_at

    def use(self, *, at: datetime) -> None:
        """Spend the code. Raises TOKEN_EXPIRED when it is too old or spent."""
        if not self.is_alive(at):
            raise Refusal(Reason.TOKEN_EXPIRED, path=("token",))
        self.used_at = at
