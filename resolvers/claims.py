"""What a client wants done once: its idempotency key is claimed as `work` opens, in the act's own transaction."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

# As an INSERT of any dialect would: SQLite reads its ON CONFLICT DO NOTHING alike.
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from models.actors import Actor
from models.base import Base
from models.cabinets import Cabinet
from models.events import Line
from models.refusals import Reason, Refusal
from models.repeats import PATH, IdempotencyKey
from resolvers.locks import locked
from resolvers.texts import Path, clean

LONGEST_KEY = 128


@dataclass(frozen=True, kw_only=True)
class Once:
    """A key with what it is for: the digest of mutation and input, the table of rows that the mutation answers with.

    `path` is where the input names a row, as a refusal of it says; None where it names none.
    """

    key: str
    input_sha256: str
    subject: type[Base]
    path: Path | None


class Repeated(Exception):
    """The act was done before under this key, and the caller may still do it: answer with its subject as it is now."""

    def __init__(self, subject_id: int):
        super().__init__(subject_id)
        self.subject_id = subject_id


class Claim:
    """A key that this act holds; it learns from the act which row it is about."""

    def __init__(self, once: Once, row: IdempotencyKey):
        self.once = once
        self._row = row

    @property
    def subject_id(self) -> int | None:
        """The row that the act was about; None as long as it is not done."""
        return self._row.subject_id

    def see(self, row: object) -> None:
        """The act works on this row: the first of the right kind is what it is about."""
        if self._row.subject_id is None and isinstance(row, self.once.subject):
            self._row.subject_id = row.id  # type: ignore[attr-defined]  # every table of ours has it

    def hear(self, line: Line) -> None:
        """The act tells this: it may have made the row that it is about."""
        self.see(line.document)
        self.see(line.member)
        if self._row.subject_id is None and self.once.subject is Cabinet:
            self._row.subject_id = line.cabinet_id


async def claim(session: AsyncSession, actor: Actor, once: Once, *, at: datetime) -> Claim:
    """Take a key; whoever comes second waits here for the first one's end.

    Raises INVALID or TOO_LONG for what is no key, IDEMPOTENCY_KEY_REUSED for one that was used for another wish.
    """
    own = {"actor": _name(actor), "key_sha256": hashlib.sha256(_checked(once.key).encode()).hexdigest()}
    new = insert(IdempotencyKey).values(**own, input_sha256=once.input_sha256, created_at=at)
    known = locked(select(IdempotencyKey).filter_by(**own))
    while True:
        made = await session.scalars(new.on_conflict_do_nothing().returning(IdempotencyKey))
        if (row := made.one_or_none()) is not None:
            return Claim(once, row)
        # None when it was swept away between the two statements.
        if (row := (await session.scalars(known)).one_or_none()) is not None:
            row.take(input_sha256=once.input_sha256, at=at)
            return Claim(once, row)


def _name(actor: Actor) -> str:
    """Whose key it is: a token's keys are its own, not its responsible's."""
    return f"ApiToken:{actor.token_id}" if actor.token_id is not None else f"User:{actor.user_id}"


def _checked(key: str) -> str:
    found = clean(key, path=PATH, limit=LONGEST_KEY)
    if found is None:
        raise Refusal(Reason.INVALID, path=PATH, field=PATH[-1])
    return found
