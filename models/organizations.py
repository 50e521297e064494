"""Organisations: cabinets' owners, counterparties, members' companies. Found by tax number, shared by all cabinets."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.names import fold


class Organization(Base):
    """A legal person. `name_folded` serves the search for a counterparty."""

    __tablename__ = "organizations"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    tax_id: Mapped[str | None] = mapped_column(String(50), unique=True)
    name_folded: Mapped[str] = mapped_column(String(200), index=True)

    @classmethod
    def called(cls, name: str, *, tax_id: str | None) -> "Organization":
        """A new organisation."""
        return cls(name=name, tax_id=tax_id, name_folded=fold(name)[:200])

    def rename(self, name: str) -> None:
        """Take the name that somebody who knows gives it; whoever typed it first may have been anybody."""
        self.name, self.name_folded = name, fold(name)[:200]
