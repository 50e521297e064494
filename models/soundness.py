"""What must hold of an exchange, its views and its signatures, told of their columns: rows may be damaged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from models.exchanges import DocumentStatus

CLOSED = {DocumentStatus.SIGNED, DocumentStatus.DELIVERED}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that must not be: the invariant, where, the row as `table:id`, and what is wrong with it."""

    check: str
    row: str
    said: str
    cabinet_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class View:
    """A cabinet's view of an exchange."""

    id: int
    cabinet_id: int
    status: str
    is_deleted: bool


@dataclass(frozen=True, kw_only=True)
class Signed:
    """A signature."""

    id: int
    cabinet_id: int | None
    side: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Exchanged:
    """An exchange with what belongs to it."""

    id: int
    status: str
    required: tuple[str, ...]
    signed: tuple[str, ...]
    sha256: str | None
    views: list[View] = field(default_factory=list)
    signatures: list[Signed] = field(default_factory=list)

    def faults(self) -> Iterator[Fault]:
        """All that is wrong with it."""
        yield from self._of_views()
        yield from self._of_signatures()
        yield from self._of_status()

    def _of_views(self) -> Iterator[Fault]:
        if not self.views:
            yield self._fault("document", "no cabinet has it")
        for view in self.views:
            if not view.is_deleted and view.status != self.status:
                said = f"its status is {view.status}, that of exchanges:{self.id} is {self.status}"
                yield Fault(check="document", cabinet_id=view.cabinet_id, row=f"documents:{view.id}", said=said)

    def _of_signatures(self) -> Iterator[Fault]:
        counts = Counter(each.side for each in self.signatures)
        for each in self.signatures:
            if counts[each.side] > 1:
                yield self._bad(each, f"one of {counts[each.side]} of side {each.side} of exchanges:{self.id}")
            if self.status != DocumentStatus.DRAFT and each.sha256 != self.sha256:
                yield self._bad(each, f"it signs other bytes than exchanges:{self.id} has")
        if sorted(self.signed) != sorted(counts):
            said = f"signed by {_sides(self.signed)}, but its signatures are of {_sides(sorted(counts))}"
            yield self._fault("signature", said)

    def _of_status(self) -> Iterator[Fault]:
        missing = [side for side in self.required if side not in self.signed]
        if self.status in CLOSED and missing:
            yield self._fault("state", f"{self.status}, but {_sides(missing)} has not signed")
        if self.status == DocumentStatus.AWAITING_SIGNATURE and not missing:
            yield self._fault("state", f"{self.status}, but nobody is left to sign")

    def _fault(self, check: str, said: str) -> Fault:
        home = self.views[0].cabinet_id if self.views else None
        return Fault(check=check, cabinet_id=home, row=f"exchanges:{self.id}", said=said)

    def _bad(self, signature: Signed, said: str) -> Fault:
        row = f"signatures:{signature.id}"
        return Fault(check="signature", cabinet_id=signature.cabinet_id, row=row, said=said)


def _sides(sides: Sequence[str]) -> str:
    return " and ".join(sides) or "nobody"
