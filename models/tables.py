"""Every module with tables, imported once so that relationships named by a string can be resolved."""

from typing import TypeVar

from models import (
    accounts,
    archives,
    attempts,
    cabinets,
    certificates,
    documents,
    exchanges,
    journal,
    mailboxes,
    members,
    organizations,
    repeats,
    signatures,
    tokens,
    uploads,
)
from models.base import Base

T = TypeVar("T")
MODULES = (
    accounts,
    archives,
    attempts,
    cabinets,
    certificates,
    documents,
    exchanges,
    journal,
    mailboxes,
    members,
    organizations,
    repeats,
    signatures,
    tokens,
    uploads,
)
metadata = Base.metadata


def marked(mark: type[T]) -> tuple[type[T], ...]:
    """Every table with a mark; none is forgotten, since all modules are imported here."""
    return tuple(mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, mark))
