"""The plot of the demo: what happened to each of some three hundred documents before the newcomer came.

`plot` is a pure function of (seed, count, now); the shares are those of `shares`. Nobody acts who may not: the blocked
one not after `blocked_at`, nobody after `now`; only who has a key signs, and who sent an internal document never does.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

from server.demo import days
from server.demo.cast import AT_POLESYE, AT_ROMASHKA, GRINKEVICH, PARTNERS, TRADES, Firm, Partner, Person
from server.demo.papers import TEXTS, Line, Party, Sheet
from server.demo.scenes import Act, Direction, Outcome, Scene
from server.demo.shares import Part, parts

T = TypeVar("T")

_HOUSEHOLDS = {
    Direction.FROM_OUTSIDE: (AT_ROMASHKA, AT_ROMASHKA),
    Direction.TO_NEIGHBOUR: (AT_ROMASHKA, AT_POLESYE),
    Direction.FROM_NEIGHBOUR: (AT_POLESYE, AT_ROMASHKA),
    Direction.INTERNAL: (AT_ROMASHKA, AT_ROMASHKA),
}
_BETWEEN = {Direction.TO_NEIGHBOUR, Direction.FROM_NEIGHBOUR}
_FINISHED = {Outcome.SIGNED, Outcome.REJECTED, Outcome.DELIVERED}

_MONTHS = (
    *("январь", "февраль", "март", "апрель", "май", "июнь"),
    *("июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь"),
)
_SUBJECTS = {
    "LETTER": (
        "изменение банковских реквизитов с 1-го числа следующего месяца",
        "перенос срока поставки на неделю",
        "новый график работы склада",
        "изменение адреса для корреспонденции",
        "змяненне рэквізітаў і ўдакладненне графіка паставак",
        "объявление о переносе рабочего дня",
    ),
    "OTHER": (
        "Прейскурант на следующий квартал",
        "Протокол разногласий к договору",
        "График отпусков на следующий год",
        "Дадатак да заяўкі: спіс аб’ектаў",
        "Спецификация к заявке",
    ),
    "POWER_OF_ATTORNEY": ("получение товарно-материальных ценностей на складе",),
}
_INSIDE_SUBJECTS = (
    "Итоги инвентаризации склада",
    "Заявка на закупку картриджей и бумаги",
    "График отпусков на следующий год",
    "Абнаўленне правілаў унутранага распарадку",
    "Перенос рабочего дня",
)
_REJECTIONS = (
    "Сумма не соответствует договору",
    "Неверный УНП в реквизитах",
    "Работы приняты не в полном объёме",
    "Документ за этот месяц уже подписан",
    "Не указан номер договора",
    "Памылка ў назве арганізацыі",
)
_WITHDRAWALS = (
    "Ошибка в сумме, отправим исправленный документ",
    "Отправлено не тому адресату",
    "Документ подготовлен повторно",
)
_QUANTITIES = {"мес.": 1, "рейс": 9, "ч": 24, "чел.": 6}
_USUAL_QUANTITY = 60


def plot(seed: int, count: int, *, now: datetime) -> list[Scene]:
    """`count` scenes, oldest first, over the last 120 working days before the day of `now`."""
    world = _World(Random(seed), now)  # noqa: S311 - plausible, not secret
    moments = world.moments(count)
    cast = parts(count, early=bisect_left(moments, world.blocked_at), dice=world.dice)
    return [_Story(world, part, at).scene(index) for index, (part, at) in enumerate(zip(cast, moments, strict=True), 1)]


def blocked_at(now: datetime) -> datetime:
    """When the hotline blocks Гринкевич: at noon, 35 working days ago."""
    return days.moment(days.working_days(now)[-35], 12 * 60)


class _World:
    """The dice, the present and who is there at a time."""

    def __init__(self, dice: Random, now: datetime) -> None:
        self.dice = dice
        self.now = now
        self.blocked_at = blocked_at(now)

    def moments(self, count: int) -> list[datetime]:
        """When the documents begin: five times as many a day in the peaks of the month."""
        calendar = days.working_days(self.now)
        weights = [5 if days.is_peak(day) else 1 for day in calendar]
        chosen = self.dice.choices(calendar, weights, k=count)
        return sorted(days.moment(day, self.dice.randrange(days.OPENING, days.CLOSING)) for day in chosen)

    def active(self, people: Iterable[Person], at: datetime) -> list[Person]:
        return [person for person in people if not person.is_blocked or at < self.blocked_at]

    def one_of(self, choices: Sequence[T]) -> T:
        """By Zipf's law: the first most often."""
        return self.dice.choices(choices, [1 / rank**1.1 for rank in range(1, len(choices) + 1)])[0]

    def happens(self, share: float) -> bool:
        return self.dice.random() < share

    def later(self, since: datetime, hours: float) -> datetime:
        return days.later(since, hours=hours, dice=self.dice, now=self.now)


class _Story:
    """One document; what is decided earlier stands earlier."""

    def __init__(self, world: _World, part: Part, at: datetime) -> None:
        self.world, self.part, self.at = world, part, at
        self.sending, self.receiving = _HOUSEHOLDS[part.direction]
        self.partner = world.one_of(_partners(part.kind)) if part.direction is Direction.FROM_OUTSIDE else None
        self.author = None if self.partner else world.one_of(self._colleagues())
        self.recipients = self._recipients()
        self.sides = self._sides()
        self.sender_signature = self._sender_signature()
        self.arrived_at = self.sender_signature.at if self.sender_signature else at
        self.ending = self._ending()
        self.view = self._view()
        self.archiving = self._archiving()

    def scene(self, index: int) -> Scene:
        sheet = self._sheet(index)
        return Scene(
            external_id=f"demo-{index:04}",
            kind=self.part.kind,
            title=sheet.title,
            number=sheet.number,
            sheet=sheet,
            direction=self.part.direction,
            began_at=self.at,
            author=self.author,
            partner=self.partner,
            receiver=self.receiving.firm,
            recipients=self.recipients,
            sides=self.sides,
            outcome=self.part.outcome,
            sign_before=self._deadline(),
            sender_signature=self.sender_signature,
            view=self.view,
            ending=self.ending,
            archiving=self.archiving,
        )

    def _colleagues(self) -> list[Person]:
        # The one who is blocked later has documents of his own part only: their number is exact.
        return [person for person in self.sending.people if person is not GRINKEVICH]

    def _recipients(self) -> tuple[Person, ...]:
        if self.part.is_for_blocked:
            return (GRINKEVICH,)
        people = [each for each in self.receiving.people if each not in (self.author, GRINKEVICH)]
        if self.part.direction is not Direction.INTERNAL and self.world.happens(0.15):
            return ()
        first = self.world.one_of(people)
        if not self.world.happens(0.1):
            return (first,)
        return (first, self.world.one_of([person for person in people if person is not first]))

    def _sides(self) -> tuple[str, ...]:
        if self.part.outcome is Outcome.DELIVERED:
            return ()
        return ("SENDER", "RECIPIENT") if self.part.direction in _BETWEEN else ("RECIPIENT",)

    def _sender_signature(self) -> Act | None:
        unsigned = {Outcome.DRAFT: 1.0, Outcome.AWAITING_SIGNATURE: 0.35, Outcome.WITHDRAWN: 0.4}
        if "SENDER" not in self.sides or self.world.happens(unsigned.get(self.part.outcome, 0.0)):
            return None
        at = self.world.later(self.at, 1)
        author = (self.author,) if self.author else ()
        return Act(self._signatory(self.sending.people, author, at), at)

    @property
    def _has_arrived(self) -> bool:
        return self.part.outcome is not Outcome.DRAFT and ("SENDER" not in self.sides or bool(self.sender_signature))

    def _signatory(self, people: Iterable[Person], expected: Sequence[Person], at: datetime) -> Person:
        able = [each for each in self.world.active(people, at) if each.has_key]
        own = [person for person in expected if person in able]
        others = [person for person in able if person not in expected]
        if own and (not others or self.world.happens(0.88)):
            return self.world.dice.choice(own)
        return self.world.one_of(others)

    def _ending(self) -> Act | None:
        at = self.world.later(self.arrived_at, 26)
        match self.part.outcome:
            case Outcome.SIGNED:
                people = [person for person in self.receiving.people if person is not self.author]
                return Act(self._signatory(people, self.recipients, at), at)
            case Outcome.REJECTED:
                return Act(self._somebody(at), at, self.world.one_of(_REJECTIONS))
            case Outcome.WITHDRAWN if self.author:
                return Act(self.author, at, self.world.one_of(_WITHDRAWALS))
        return None

    def _view(self) -> Act | None:
        if not self._has_arrived or not self.world.happens(0.85 if self.ending else 0.5):
            return None
        if not self.ending:
            at = self.world.later(self.arrived_at, 5)
        else:
            at = self.arrived_at + (self.ending.at - self.arrived_at) * self.world.dice.uniform(0.1, 0.9)
        return Act(self._somebody(at), at)

    def _somebody(self, at: datetime) -> Person:
        present = self.world.active(self.recipients, at) or self.world.active(self.receiving.people, at)
        return self.world.one_of(present)

    def _archiving(self) -> Act | None:
        since = self.ending.at if self.ending else self.arrived_at
        is_old = self.world.now - since > timedelta(days=30)
        if self.part.outcome not in _FINISHED or not is_old or not self.world.happens(0.25):
            return None
        at = self.world.later(since, 24 * 7)
        return Act(self.world.one_of(self.world.active(AT_ROMASHKA.people, at)), at)

    def _deadline(self) -> datetime | None:
        if self.part.outcome is Outcome.EXPIRED:
            return self.world.later(self.view.at if self.view else self.arrived_at, 24 * 6)
        since = self.ending.at if self.ending else self.world.now
        if "RECIPIENT" not in self.sides or not self.world.happens(0.15 if self.ending else 0.4):
            return None
        return days.moment((since + timedelta(days=self.world.dice.randrange(3, 21))).date(), 24 * 60 - 1)

    def _sheet(self, index: int) -> Sheet:
        firm = self.partner.firm if self.partner else self.sending.firm
        on = self.at.astimezone(days.MINSK).date()
        is_text = self.part.kind in TEXTS
        trade = self.partner.trade if self.partner else TRADES[firm]
        subject = f"{trade.subject}, {_MONTHS[on.month - 1]} {on.year}"
        sender = self.partner.contact if self.partner else self.author.name if self.author else None
        return Sheet(
            kind=self.part.kind,
            number=_number(index, self.part.kind, firm, on.year),
            on=on,
            sender=Party(firm.name, firm.tax_id, sender),
            recipient=Party(
                self.receiving.firm.name,
                self.receiving.firm.tax_id,
                self.recipients[0].name if self.recipients else None,
            ),
            subject=self.world.one_of(self._subjects()) if is_text else subject,
            lines=() if is_text else self._lines(trade.goods),
        )

    def _subjects(self) -> tuple[str, ...]:
        return _INSIDE_SUBJECTS if self.part.direction is Direction.INTERNAL else _SUBJECTS[self.part.kind]

    def _lines(self, goods: Sequence[tuple[str, str, int]]) -> tuple[Line, ...]:
        chosen = self.world.dice.sample(goods, self.world.dice.randint(2, len(goods)))
        return tuple(Line(name, unit, self._quantity(unit), price) for name, unit, price in chosen)

    def _quantity(self, unit: str) -> int:
        return self.world.dice.randint(1, _QUANTITIES.get(unit, _USUAL_QUANTITY))


def _partners(kind: str) -> list[Partner]:
    return [partner for partner in PARTNERS if not (partner.trade.is_service and kind.startswith("WAYBILL"))]


def _number(index: int, kind: str, firm: Firm, year: int) -> str:
    if kind in ("CONTRACT", "SUPPLEMENTARY_AGREEMENT"):
        return f"{index}/{year % 100}"
    return f"{index}-{firm.name.partition('«')[2][:1] or 'К'}"
