"""The cast of the demo: organisations, people, operators and the firms outside they trade with.

All of it is invented. Addresses are in the reserved domain `.example`, tax ids (УНП) have nine digits and begin with
19. The people of «Ромашка» are those of `requirements.md` EF76: every search of that table can be typed into the demo.
"""

from dataclasses import dataclass
from enum import StrEnum

PASSWORD = "podpis-demo-2026"


class Role(StrEnum):
    """Role of a membership, named as in the contract."""

    MEMBER = "MEMBER"
    ADMIN = "ADMIN"


class Desk(StrEnum):
    """Where an operator sits, named as the journal's channel."""

    HOTLINE = "HOTLINE"
    PERSONAL_MANAGER = "PERSONAL_MANAGER"


@dataclass(frozen=True)
class Firm:
    """An organisation: its full name and its tax id."""

    name: str
    tax_id: str


@dataclass(frozen=True)
class Person:
    """A member of a demo cabinet; `company` is where he is employed, which may be another firm than the cabinet's."""

    name: str
    email: str
    company: Firm
    role: Role = Role.MEMBER
    has_key: bool = True
    is_blocked: bool = False
    locale: str = "ru"


@dataclass(frozen=True)
class Household:
    """A cabinet: its organisation and its members, those who get most documents first."""

    firm: Firm
    people: tuple[Person, ...]

    @property
    def admin(self) -> Person:
        """The one with the role ADMIN."""
        return next(person for person in self.people if person.role is Role.ADMIN)


@dataclass(frozen=True)
class Operator:
    """Someone of the service itself."""

    name: str
    email: str
    desk: Desk


@dataclass(frozen=True)
class Trade:
    """What a firm sells: the subject of its papers and the lines of their tables as (name, unit, price in kopecks)."""

    subject: str
    goods: tuple[tuple[str, str, int], ...]
    is_service: bool = False


@dataclass(frozen=True)
class Partner:
    """A firm outside, without a cabinet here, and the person who sends its documents."""

    firm: Firm
    contact: str
    email: str
    trade: Trade


ROMASHKA = Firm("ООО «Ромашка»", "190000001")
POLESYE = Firm("ЗАО «Полесье-Трейд»", "190000002")
BALANCE = Firm("ООО «Баланс-Аутсорс»", "190000003")
PARTNER = Firm("ООО «Партнёр-Сервис»", "190000004")

KOLESNIK = Person("Колесник Елена Сергеевна", "E.Kolesnik@romashka.example", ROMASHKA)
URBANOVICH = Person("Урбанович Анна Александровна", "urbanovich_a@romashka.example", ROMASHKA)
SHCHERBO = Person("Щербо Юлия Игоревна", "j.s@romashka.example", ROMASHKA, role=Role.ADMIN)
CHAIKA = Person("Чайка Дмитрий Олегович", "do@romashka.example", ROMASHKA, has_key=False)
YOLKINA = Person("Ёлкина-Дуброва Мария Петровна", "md@romashka.example", BALANCE)
LUKYANAU = Person("Лук’янаў Ўладзімір Сяргеевіч", "lv@romashka.example", ROMASHKA, locale="be")
IVANOV_1 = Person("Иванов Иван Иванович", "ivanov1@romashka.example", ROMASHKA)
IVANOV_2 = Person("Иванов Иван Иванович", "ivanov2@romashka.example", ROMASHKA, has_key=False)
GRINKEVICH = Person("Гринкевич Сергей Николаевич", "sn@partner.example", PARTNER, is_blocked=True)

SAVITSKAYA = Person("Савицкая Ольга Викторовна", "o.savitskaya@polesye.example", POLESYE, role=Role.ADMIN)
MELNIK = Person("Мельник Андрей Петрович", "melnik@polesye.example", POLESYE)
DASHKEVICH = Person("Дашкевіч Наталля Іванаўна", "n.dashkevich@polesye.example", POLESYE, has_key=False, locale="be")

AT_ROMASHKA = Household(
    ROMASHKA,
    (KOLESNIK, URBANOVICH, YOLKINA, IVANOV_1, LUKYANAU, CHAIKA, SHCHERBO, IVANOV_2, GRINKEVICH),
)
AT_POLESYE = Household(POLESYE, (MELNIK, SAVITSKAYA, DASHKEVICH))
HOUSEHOLDS = (AT_ROMASHKA, AT_POLESYE)

HOTLINE = Operator("Новик Татьяна Ивановна", "hotline@podpis.example", Desk.HOTLINE)
SECOND_OPERATOR = Operator("Кравцов Павел Андреевич", "hotline2@podpis.example", Desk.HOTLINE)
MANAGER = Operator("Жук Виктория Олеговна", "manager@podpis.example", Desk.PERSONAL_MANAGER)
OPERATORS = (HOTLINE, SECOND_OPERATOR, MANAGER)

CLEANING = Trade(
    "уборка помещений",
    (
        ("Ежедневная уборка офисных помещений", "мес.", 84_000),
        ("Мытьё окон и витрин", "м²", 350),
        ("Вывоз и переработка вторичного сырья", "рейс", 12_500),
        ("Чистка ковровых покрытий", "м²", 480),
    ),
    is_service=True,
)
TRANSPORT = Trade(
    "перевозка грузов",
    (
        ("Перевозка сборного груза Минск — Брест", "рейс", 62_000),
        ("Перевозка груза с температурным режимом, Минск — Гомель", "рейс", 78_500),
        ("Погрузочно-разгрузочные работы", "ч", 2_800),
        ("Простой под выгрузкой сверх нормы", "ч", 3_500),
    ),
    is_service=True,
)
SOFTWARE = Trade(
    "сопровождение программного обеспечения",
    (
        ("Сопровождение учётной системы, абонентская плата", "мес.", 45_000),
        ("Доработка печатных форм", "ч", 6_500),
        ("Обучение пользователей", "чел.", 12_000),
        ("Резервное копирование и хранение данных", "мес.", 9_900),
    ),
    is_service=True,
)
STATIONERY = Trade(
    "канцелярские товары",
    (
        ("Бумага офисная А4, 80 г/м², 500 л.", "пач.", 1_290),
        ("Папка-регистратор 75 мм", "шт.", 690),
        ("Картридж для лазерного принтера, чёрный", "шт.", 8_750),
        ("Ручка шариковая, синяя", "уп.", 1_450),
        ("Журнал учёта, 96 л.", "шт.", 820),
    ),
)
FOOD = Trade(
    "продукты питания",
    (
        ("Мука пшеничная М54-25, высший сорт", "кг", 135),
        ("Масло подсолнечное рафинированное, 1 л", "бут.", 420),
        ("Сахар-песок, мешок 50 кг", "меш.", 9_800),
        ("Мёд натуральный цветочный", "кг", 1_650),
        ("Чай травяной «Лясная казка»", "уп.", 560),
    ),
)
BUILDING = Trade(
    "ремонтно-строительные работы",
    (
        ("Устройство цементной стяжки", "м²", 2_150),
        ("Окраска стен водно-дисперсионным составом", "м²", 890),
        ("Замена светильников на светодиодные", "шт.", 3_400),
        ("Ремонт кровли рулонными материалами", "м²", 4_700),
    ),
    is_service=True,
)
PREMISES = Trade(
    "аренда помещений",
    (
        ("Аренда складского помещения, 240 м²", "мес.", 312_000),
        ("Аренда офисного помещения, 46 м²", "мес.", 96_600),
        ("Возмещение коммунальных услуг", "мес.", 27_430),
    ),
    is_service=True,
)
TEXTILE = Trade(
    "текстиль и спецодежда",
    (
        ("Костюм рабочий хлопчатобумажный", "компл.", 7_900),
        ("Перчатки трикотажные с покрытием", "пара", 180),
        ("Лён суровый, ширина 150 см", "м", 1_240),
        ("Полотенце махровое 50×90", "шт.", 990),
    ),
)

TRADES = {ROMASHKA: TEXTILE, POLESYE: FOOD}
"""What the two organisations sell to one another."""


def _partner(number: int, name: str, contact: str, email: str, trade: Trade) -> Partner:
    return Partner(Firm(name, f"191{number:06d}"), contact, email, trade)


PARTNERS = (
    _partner(100_017, "ООО «Чистый Двор»", "Семёнова Алла Юрьевна", "semenova@chdvor.example", CLEANING),
    _partner(100_204, "ОАО «Минсктрансгруз»", "Козлов Игорь Петрович", "kozlov@mtg.example", TRANSPORT),
    _partner(100_318, "ООО «АйТи-Опора»", "Бондарь Кирилл Андреевич", "bondar@itopora.example", SOFTWARE),
    _partner(100_442, "ЧУП «Канцмир»", "Левчук Инна Михайловна", "levchuk@kancmir.example", STATIONERY),
    _partner(100_559, "ТАА «Ясны Край»", "Міхалевіч Алесь Уладзіміравіч", "mihalevich@jasny.example", FOOD),
    _partner(100_673, "СООО «Стройинвест-Б»", "Крот-Заяц Вера Ильинична", "kz@stroiinvest.example", BUILDING),
    _partner(100_786, "ООО «Склад на Западной»", "Романюк Пётр Ильич", "romanyuk@sklad-z.example", PREMISES),
    _partner(100_895, "ОАО «Барановичский лён»", "Шпак Людмила Фёдоровна", "shpak@barlen.example", TEXTILE),
    _partner(101_013, "ИП Кухарчик В. Н.", "Кухарчик Валерий Николаевич", "kuharchik@ip.example", TRANSPORT),
    _partner(101_127, "ООО «Хлебный Дом»", "Жданович Ирина Павловна", "zhdanovich@hlebdom.example", FOOD),
    _partner(101_246, "ЗАО «Бухсофт»", "Лаппо Денис Сергеевич", "lappo@buhsoft.example", SOFTWARE),
    _partner(101_358, "ООО «Ремонт-Плюс»", "Гаврилюк Олег Олегович", "gavriluk@remplus.example", BUILDING),
    _partner(101_471, "ТДА «Світанак-Тэкс»", "Дз’яканава Вольга Пятроўна", "dz@svitanak.example", TEXTILE),
    _partner(101_583, "ООО «Бумага и Ко»", "Петрова Светлана Викторовна", "petrova@bumaga.example", STATIONERY),
    _partner(101_699, "ОДО «Блеск-Сервис»", "Якубович Наталья Леонидовна", "yak@blesk.example", CLEANING),
    _partner(101_802, "ЧТУП «Полесский мёд»", "Ковалёв Артём Игоревич", "kovalev@polmed.example", FOOD),
    _partner(101_914, "ООО «Логистик-Вест»", "Тарасевич Максим Юрьевич", "tarasevich@logvest.example", TRANSPORT),
    _partner(102_033, "ОАО «Бизнес-центр Немига»", "Станкевич Елена Борисовна", "stan@bcn.example", PREMISES),
    _partner(102_145, "ООО «Облако-Бел»", "Рудь Антон Евгеньевич", "rud@oblako.example", SOFTWARE),
    _partner(102_260, "ЧСУП «Мастер-Кровля»", "Царик Фёдор Иванович", "tsarik@krovlya.example", BUILDING),
)
