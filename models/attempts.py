"""How often something was tried lately (rate limit): failed logins, letters asked for; of whom, only a digest is kept.

A leaky bucket in one moment, which needs no list of tries: every try puts off the moment when all is forgotten.
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.refusals import Reason, Refusal


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """So many tries at once; each comes back after its part of `within`, so that nobody is locked out for ever."""

    times: int
    within: timedelta

    @property
    def each(self) -> timedelta:
        """How long one try counts."""
        return self.within // self.times


class Tally(Base):
    """The tries of one subject: an account, known or not, or a client's address."""

    __tablename__ = "tallies"

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(64), unique=True)
    forgotten_at: Mapped[datetime] = mapped_column(index=True)

    def count(self, allowance: Allowance, *, at: datetime) -> None:
        """One more try. Raises TOO_MANY_ATTEMPTS where there is none left; that does not count."""
        forgotten_at = max(self.forgotten_at, at) + allowance.each
        if forgotten_at - at > allowance.within:
            raise Refusal(Reason.TOO_MANY_ATTEMPTS)
        self.forgotten_at = forgotten_at

    def take_back(self, allowance: Allowance) -> None:
        """The try was none: who knew the password has not tried passwords."""
        self.forgotten_at -= allowance.each


def network_of(address: str) -> str:
    """Whom a client's address stands for: of IPv6 the /64, which one house has to itself."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))


def subject_of(what: str, whose: str) -> str:
    """What is stored of a subject: people type passwords where their address belongs."""
    return hashlib.sha256(f"{what} {whose}".encode(errors="replace")).hexdigest()
