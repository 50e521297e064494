"""Row locks, in the one order that every act keeps, so that no two wait for each other; SQLite has one writer.

1. the caller's own memberships, shared (`rights.hold`): nobody is blocked while he acts, whoever is blocked acts no
   more; acts that judge members lock the cabinet's administrators instead, then the member (`resolvers/members.py`);
2. what is one person's own: intents, uploads, challenges, codes, logins, his account;
3. the exchange, then its documents: both sides act on one exchange;
4. the cabinets' counters, by `Work.record`, last of all.

Within a table always by ascending id, several rows by one statement. A lock leaves the key shared: rows that only name
another one wait for nobody.
"""

from collections.abc import Iterable
from typing import TypeVar

from sqlalchemy import Select, select

from models.access import Verb
from models.cabinets import Cabinet

T = TypeVar("T")
JUDGES_MEMBERS = frozenset({Verb.BLOCK_MEMBER, Verb.UNBLOCK_MEMBER, Verb.REMOVE_MEMBER, Verb.UPDATE_MEMBER})
"""Acts that lock members, the caller's own among the administrators: they do not hold it first."""


def locked(statement: Select[T], *, shared: bool = False) -> Select[T]:
    """The same rows, in the statement's order, locked until the act ends; `shared` only keeps them from deletion."""
    return statement.with_for_update(read=shared, key_share=True)


def counters(cabinet_ids: Iterable[int]) -> Select[int]:
    """The rows that number the journals."""
    return locked(select(Cabinet.id).where(Cabinet.id.in_(sorted(cabinet_ids))).order_by(Cabinet.id))
