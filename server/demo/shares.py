"""The shares of the demo: which kind, direction and outcome each document gets, in exact numbers.

Kinds as in `requirements.md` D1, outcomes of what has been sent as in D4 (70 % signed, 12 % waiting, of these one in
twelve in vain, 6 % rejected, 3 % withdrawn, 9 % one-sided), 6 % addressed to the one who is blocked later.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from server.demo.scenes import Direction, Outcome

_KINDS = {
    "ACT": 38,
    "CONTRACT": 14,
    "SUPPLEMENTARY_AGREEMENT": 8,
    "INVOICE_FOR_PAYMENT": 9,
    "TAX_INVOICE": 3,
    "WAYBILL_TN": 5,
    "WAYBILL_TTN": 3,
    "RECONCILIATION_ACT": 7,
    "LETTER": 8,
    "POWER_OF_ATTORNEY": 1,
    "OTHER": 4,
}
_ONE_SIDED = {"INVOICE_FOR_PAYMENT", "POWER_OF_ATTORNEY", "LETTER"}
_INSIDE = {"LETTER", "OTHER"}
_DIRECTIONS = {Direction.INTERNAL: 7, Direction.TO_NEIGHBOUR: 20, Direction.FROM_NEIGHBOUR: 10}
_DRAFTS = 3


@dataclass(frozen=True)
class Part:
    """What is decided of a document before its story is told."""

    kind: str
    direction: Direction
    outcome: Outcome
    is_for_blocked: bool


def parts(count: int, *, early: int, dice: Random) -> list[Part]:
    """The parts of `count` documents, oldest first; the first `early` of them begin before the blocking."""
    return _Deal(count, early=early, dice=dice).parts()


class _Deal:
    """Documents are numbers from 0; each step takes some out of those that are still free."""

    def __init__(self, count: int, *, early: int, dice: Random) -> None:
        self._count = count
        self._early = early
        self._dice = dice
        self._kinds = _dealt(count)
        dice.shuffle(self._kinds)

    def parts(self) -> list[Part]:
        directions, drafts = self._directions()
        for_blocked = self._for_blocked(directions)
        outcomes = self._outcomes(directions, drafts, for_blocked)
        return [
            Part(self._kinds[index], directions[index], outcomes[index], index in for_blocked)
            for index in range(self._count)
        ]

    def _directions(self) -> tuple[list[Direction], set[int]]:
        free = set(range(self._count))
        directions = [Direction.FROM_OUTSIDE] * self._count
        drafts = self._taken(free, self._of(_DRAFTS), lambda index: self._kinds[index] not in _INSIDE)
        for index in drafts:
            directions[index] = Direction.TO_NEIGHBOUR
        for direction, share in _DIRECTIONS.items():
            fits = self._is_inside if direction is Direction.INTERNAL else _always
            for index in self._taken(free, self._of(share), fits):
                directions[index] = direction
        return directions, drafts

    def _for_blocked(self, directions: Sequence[Direction]) -> set[int]:
        free = {index for index in range(self._early) if directions[index] is Direction.FROM_OUTSIDE}
        return self._taken(free, self._of(6), _always)

    def _outcomes(self, directions: Sequence[Direction], drafts: set[int], for_blocked: set[int]) -> list[Outcome]:
        outcomes = [Outcome.DRAFT if index in drafts else Outcome.SIGNED for index in range(self._count)]
        free = set(range(self._count)) - drafts
        sent = len(free)
        # A partner outside has no cabinet here from which he could withdraw.
        withdrawable = {index for index in free if directions[index] is not Direction.FROM_OUTSIDE}
        wanted: tuple[tuple[Outcome, float, set[int], Callable[[int], bool]], ...] = (
            (Outcome.DELIVERED, sent * 0.09, free, lambda index: self._kinds[index] in _ONE_SIDED),
            (Outcome.WITHDRAWN, sent * 0.03, withdrawable, _always),
            (Outcome.EXPIRED, sent * 0.01, free, lambda index: index < self._count * 0.8),
            (Outcome.AWAITING_SIGNATURE, 2, free, lambda index: index in for_blocked),
            (Outcome.AWAITING_SIGNATURE, sent * 0.11 - 2, free, lambda index: index > self._count * 0.75),
            (Outcome.REJECTED, sent * 0.06, free, _always),
        )
        for outcome, number, pool, fits in wanted:
            pool &= free
            for index in self._taken(pool, number, fits):
                outcomes[index] = outcome
                free.discard(index)
        return outcomes

    def _taken(self, free: set[int], number: float, fits: Callable[[int], bool]) -> set[int]:
        """So many are taken out of `free`, those that fit before all others."""
        order = sorted(sorted(free), key=lambda index: (not fits(index), self._dice.random()))
        taken = set(order[: max(0, round(number))])
        free -= taken
        return taken

    def _is_inside(self, index: int) -> bool:
        return self._kinds[index] in _INSIDE

    def _of(self, percent: int) -> float:
        return self._count * percent / 100


def _dealt(count: int) -> list[str]:
    kinds: list[str] = []
    total = 0
    for kind, share in _KINDS.items():
        total += share
        kinds += [kind] * (round(count * total / 100) - len(kinds))
    return kinds


def _always(_index: int) -> bool:
    return True
