"""What happened: frozen facts in the past tense, each with the lines it writes into journals and the letters it owes.

An event has one `Line` for each cabinet that takes note of it. `owes` names the letters and their readers; it is
declared by every event, so that forgetting it is an error when the class is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from models.documents import Document
    from models.members import Member
    from models.signatures import Signature

Facts = Mapping[str, str | list[str] | None]


class Audience(StrEnum):
    """Who gets a letter."""

    ACTIVE = "every active member"
    OTHERS = "every active member but the one concerned"
    SUBJECT = "the member concerned, whatever his state"
    SENDER = "the member who sent the document, unless it is his own act"


@dataclass(frozen=True, kw_only=True)
class Owed:
    """A letter and its readers; with `side`, only in the cabinet that is this side of the exchange.

    `alone` is the letter's name where its reader is alone: in an account's own archive (C20).
    """

    letter: str
    to: Audience
    side: str | None = None
    alone: str | None = None


@dataclass(frozen=True, kw_only=True)
class Basis:
    """On whose word something was done: `text` in words, `ticket` in the hotline's system."""

    text: str
    ticket: str | None = None


@dataclass(frozen=True, kw_only=True)
class Line:
    """What one cabinet's journal says of an event. Rows may be new: their ids are read after the flush."""

    cabinet_id: int
    facts: Facts
    document: Document | None = None
    member: Member | None = None
    signature: Signature | None = None
    sender_user_id: int | None = None
    sides: tuple[str, ...] = ()
    is_done_here: bool = True

    @property
    def whose(self) -> str:
        """US when this cabinet's side acted, THEM when the counterparty did."""
        return str(self.facts.get("by", "US"))

    @property
    def addressee(self) -> str | None:
        """The organisation that the document is for."""
        return self.document.addressee if self.document else None

    @property
    def names_actor(self) -> bool:
        """Whether it was an act of this cabinet: another recipient's, of the same side, is not (C8)."""
        return self.is_done_here and self.whose == "US"


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened."""

    kind: ClassVar[str]
    owes: ClassVar[tuple[Owed, ...]]

    lines: tuple[Line, ...]
    basis: Basis | None = None

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "kind" not in cls.__dict__ or "owes" not in cls.__dict__:
            raise TypeError(f"{cls.__name__} must say its kind and decide its letters")

    @classmethod
    def entry_kind(cls) -> str:
        """The `ActivityKind` of its entries: "document.signed" is DOCUMENT_SIGNED."""
        return cls.kind.replace(".", "_").upper()


def to_all(letter: str, *, alone: str | None = None, side: str | None = None) -> Owed:
    """A letter to every active member."""
    return Owed(letter=letter, to=Audience.ACTIVE, alone=alone, side=side)


def pair(letter: str) -> tuple[Owed, Owed]:
    """The pair of letters about a member: `member.X` to the others, `you.X` to the person."""
    return (
        Owed(letter=f"member.{letter}", to=Audience.OTHERS),
        Owed(letter=f"you.{letter}", to=Audience.SUBJECT),
    )


class DocumentReceived(Event):
    """A document came: everybody is told (A20)."""

    kind = "document.received"
    owes = (to_all("document.received", alone="you.received"),)


class DocumentSent(Event):
    """A document was sent; colleagues see it, nobody is written to (C9)."""

    kind = "document.sent"
    owes = ()


class DocumentViewed(Event):
    """First opening in the cabinet."""

    kind = "document.viewed"
    owes = ()


class DocumentDownloaded(Event):
    """A member downloaded the file."""

    kind = "document.downloaded"
    owes = ()


class DocumentSigned(Event):
    """One side signed; the other side's sender is told."""

    kind = "document.signed"
    owes = (Owed(letter="document.signed", to=Audience.SENDER, side="SENDER"),)


class SigningRefused(Event):
    """A signature was refused, kept as a trace of a rolled-back act."""

    kind = "signing.refused"
    owes = ()


class DocumentRejected(Event):
    """The recipient refused to sign."""

    kind = "document.rejected"
    owes = (Owed(letter="document.rejected", to=Audience.SENDER, side="SENDER"),)


class DocumentWithdrawn(Event):
    """The sender took it back."""

    kind = "document.withdrawn"
    owes = (to_all("document.withdrawn", alone="you.withdrawn", side="RECIPIENT"),)


class DocumentExpired(Event):
    """Not signed in time; the sender is told."""

    kind = "document.expired"
    owes = (Owed(letter="document.expired", to=Audience.SENDER),)


class DocumentArchived(Event):
    """Put away, or brought back."""

    kind = "document.archived"
    owes = ()


class CabinetCreated(Event):
    """A cabinet was opened."""

    kind = "cabinet.created"
    owes = ()


class CabinetUpdated(Event):
    """Settings were changed."""

    kind = "cabinet.updated"
    owes = ()


class OperatorAssigned(Event):
    """A personal manager was assigned, in place of any other."""

    kind = "operator.assigned"
    owes = ()


class OperatorUnassigned(Event):
    """The personal manager was withdrawn."""

    kind = "operator.unassigned"
    owes = ()


class TokenCreated(Event):
    """A program was given access."""

    kind = "token.created"
    owes = ()


class TokenRevoked(Event):
    """A program lost access, by an administrator or with whoever answered for it."""

    kind = "token.revoked"
    owes = ()


class MemberAdded(Event):
    """Somebody with an account became a member (A29)."""

    kind = "member.added"
    owes = pair("added")


class MemberInvited(Event):
    """Somebody new became a member: the invitation is his one letter (C23)."""

    kind = "member.added"
    owes = (Owed(letter="member.added", to=Audience.OTHERS), Owed(letter="you.invited", to=Audience.SUBJECT))


class MemberBlocked(Event):
    """A member lost access (A32)."""

    kind = "member.blocked"
    owes = pair("blocked")


class MemberUnblocked(Event):
    """A member got access back (C5)."""

    kind = "member.unblocked"
    owes = pair("unblocked")


class MemberRemoved(Event):
    """A member left (C3)."""

    kind = "member.removed"
    owes = pair("removed")


class MemberUpdated(Event):
    """Role or company changed."""

    kind = "member.updated"
    owes = ()


class RegistrationCompleted(Event):
    """A member finished the registration."""

    kind = "registration.completed"
    owes = ()


class UserUpdated(Event):
    """A member changed name or e-mail."""

    kind = "user.updated"
    owes = ()


class CertificateRegistered(Event):
    """A member registered a certificate."""

    kind = "certificate.registered"
    owes = ()


class CertificateRemoved(Event):
    """A member took a certificate out of use."""

    kind = "certificate.removed"
    owes = ()
