"""The scenes of the demo: what is known of one document's past, and its single steps in the order of time.

Pure data: `plot` writes the scenes, whoever seeds plays the steps of `timeline` through the product's own acts.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from server.demo.cast import Firm, Partner, Person
from server.demo.papers import Sheet


class Direction(StrEnum):
    """Which way a document goes."""

    FROM_OUTSIDE = "FROM_OUTSIDE"
    """From a partner outside to «Ромашка», by the exchange."""
    TO_NEIGHBOUR = "TO_NEIGHBOUR"
    """From «Ромашка» to «Полесье-Трейд»."""
    FROM_NEIGHBOUR = "FROM_NEIGHBOUR"
    """From «Полесье-Трейд» to «Ромашка»."""
    INTERNAL = "INTERNAL"
    """Within «Ромашка»."""


class Outcome(StrEnum):
    """How a document stands at the end, named as its status."""

    SIGNED = "SIGNED"
    AWAITING_SIGNATURE = "AWAITING_SIGNATURE"
    """SENT where the sender's own signature is missing (`Scene.sender_signature` is `None`)."""
    EXPIRED = "EXPIRED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    DELIVERED = "DELIVERED"
    DRAFT = "DRAFT"


class Step(StrEnum):
    """One thing done to a document."""

    BEGIN = "BEGIN"
    """Received from outside, sent, or saved as a draft."""
    SIGN_AS_SENDER = "SIGN_AS_SENDER"
    VIEW = "VIEW"
    SIGN = "SIGN"
    REJECT = "REJECT"
    WITHDRAW = "WITHDRAW"
    EXPIRE = "EXPIRE"
    """Nobody's act: the deadline passes."""
    ARCHIVE = "ARCHIVE"


@dataclass(frozen=True)
class Act:
    """Who did something, when and, where the product asks for it, why."""

    by: Person
    at: datetime
    reason: str | None = None


@dataclass(frozen=True)
class Scene:
    """A document and its past. `author` is `None` and `partner` set when it comes from outside; `recipients` is empty
    for the organisation as a whole; `sides` are the contract's `requiredSides`."""

    external_id: str
    kind: str
    title: str
    number: str
    sheet: Sheet
    direction: Direction
    began_at: datetime
    author: Person | None
    partner: Partner | None
    receiver: Firm
    recipients: tuple[Person, ...]
    sides: tuple[str, ...]
    outcome: Outcome
    sign_before: datetime | None = None
    sender_signature: Act | None = None
    view: Act | None = None
    ending: Act | None = None
    """The signature, rejection or withdrawal that `outcome` tells of."""
    archiving: Act | None = None
    """By a member of «Ромашка»."""

    @property
    def file_name(self) -> str:
        """«Акт сдачи-приёмки 15-К от 12.06.2026.pdf»."""
        return f"{self.sheet.heading} {self.number.replace('/', '-')} от {self.sheet.on:%d.%m.%Y}.pdf"


@dataclass(frozen=True)
class Beat:
    """One step of one scene; `act` is `None` for BEGIN and EXPIRE."""

    at: datetime
    step: Step
    scene: Scene
    act: Act | None


def timeline(scenes: Iterable[Scene]) -> list[Beat]:
    """All steps of all scenes, oldest first; steps of one scene never change places."""
    return sorted((beat for scene in scenes for beat in _beats(scene)), key=lambda beat: beat.at)


def _beats(scene: Scene) -> Iterator[Beat]:
    yield Beat(scene.began_at, Step.BEGIN, scene, None)
    if scene.outcome is Outcome.EXPIRED and scene.sign_before:
        yield Beat(scene.sign_before, Step.EXPIRE, scene, None)
    steps = (
        (Step.SIGN_AS_SENDER, scene.sender_signature),
        (Step.VIEW, scene.view),
        (_ENDINGS.get(scene.outcome, Step.SIGN), scene.ending),
        (Step.ARCHIVE, scene.archiving),
    )
    for step, act in steps:
        if act:
            yield Beat(act.at, step, scene, act)


_ENDINGS = {Outcome.REJECTED: Step.REJECT, Outcome.WITHDRAWN: Step.WITHDRAW}
