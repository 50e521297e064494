"""Every module with tables, imported once so that relationships named by a string can be resolved."""

from models import (
    accounts,
    cabinets,
    certificates,
    documents,
    exchanges,
    journal,
    members,
    organizations,
    signatures,
    tokens,
    uploads,
)
from models.base import Base

MODULES = (
    accounts,
    cabinets,
    certificates,
    documents,
    exchanges,
    journal,
    members,
    organizations,
    signatures,
    tokens,
    uploads,
)
metadata = Base.metadata
