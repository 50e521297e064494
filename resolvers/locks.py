"""Row locks, in the one order that every act keeps, so that no two wait for each other; SQLite has one writer.

1. the caller's own memberships, shared (`rights.hold`): nobody is blocked while he acts, whoever is blocked acts no
   more; acts that judge members lock the cabinet's administrators instead, then the member (`resolvers/members.py`);
2. what is one person's or one program's own: intents, uploads, challenges, logins, tokens, certificates; then his
   account, then its codes;
3. the exchange, then its documents: both sides act on one exchange; then the accounts that it is about to reach, whose
   archives do not have it yet;
4. the cabinets' counters, by `Work.record`, last of all. What stands in a cabinet's row and gives a right, its personal
   manager and its self-service, is read once more under them (`Work.ask_again`): no lock of that row could come first.

Within a table always by ascending id, several rows by one statement. A lock leaves the key shared: rows that only name
another one wait for nobody. So rows are locked here alone: a plain FOR UPDATE of an account would have every letter and
entry that names it wait, and with them, in a circle, the cabinet's counter.
"""

from collections.abc import Iterable
from typing import TypeVar

from sqlalchemy import Select, select

from models.access import ALLOWED, MANAGES, Verb
from models.base import Base
from models.cabinets import Cabinet
from resolvers.reading import AnySelect

S = TypeVar("S", bound=AnySelect)
ANEW = {"populate_existing": True}
"""An act that waited for a lock reads what it has read before once more, into the same rows."""
JUDGES_MEMBERS = frozenset({Verb.BLOCK_MEMBER, Verb.UNBLOCK_MEMBER, Verb.REMOVE_MEMBER, Verb.UPDATE_MEMBER})
"""Acts that lock members, the caller's own among the administrators: they do not hold it first."""
RESTS_ON_CABINET = frozenset(verb for verb, allowed in ALLOWED.items() if allowed & MANAGES)
"""Acts that a cabinet's row allows: by naming its personal manager, or by self-service."""


def locked(statement: S, *, of: type[Base] | None = None, shared: bool = False, skips: bool = False) -> S:
    """The same rows, in the statement's order, locked until the act ends.

    `of` is the table of a statement that joins others; `shared` only keeps rows from deletion; `skips` passes over
    what another act has.
    """
    return statement.with_for_update(read=shared, key_share=True, of=of, skip_locked=skips)


def held(statement: S) -> S:
    """The same rows, as they are until the act ends; several acts may hold one row, none changes it meanwhile."""
    return statement.with_for_update(read=True)


def counters(cabinet_ids: Iterable[int]) -> Select[int]:
    """The rows that number the journals."""
    return locked(select(Cabinet.id).where(Cabinet.id.in_(sorted(cabinet_ids))).order_by(Cabinet.id))
