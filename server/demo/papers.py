"""The papers of the demo: one printed page in PDF for each document, in the kinds of the contract (`DocumentKind`).

A `Sheet` is all that a page says; the same sheet gives the same bytes. The font is PT Sans (OFL) of the package
`fontpkg-pt-sans`, which has the Belarusian і and ў; each file carries the letters it uses. 320 papers take 2-3 s.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from io import BytesIO

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

TEXTS = frozenset({"LETTER", "POWER_OF_ATTORNEY", "OTHER"})
"""Kinds whose papers have no table."""


@dataclass(frozen=True)
class Line:
    """A row of the table; `price` is for one unit, in kopecks and without tax."""

    name: str
    unit: str
    quantity: int
    price: int

    @property
    def sum(self) -> int:
        """In kopecks."""
        return self.quantity * self.price


@dataclass(frozen=True)
class Party:
    """One side as the paper names it; `person` is who signs, `None` for whoever is entitled to."""

    organization: str
    tax_id: str
    person: str | None = None


@dataclass(frozen=True)
class Sheet:
    """What a paper says. Without `lines` it is a text, with them it has a table and its sums."""

    kind: str
    number: str
    on: date
    sender: Party
    recipient: Party
    subject: str
    lines: tuple[Line, ...] = ()

    @property
    def heading(self) -> str:
        """The name of such a paper, «Акт сдачи-приёмки»."""
        return _FORMS[self.kind].heading

    @property
    def title(self) -> str:
        """Heading and subject in one line."""
        return self.subject if self.kind == "OTHER" else f"{self.heading}: {self.subject}"


@dataclass(frozen=True)
class _Form:
    """How a kind of paper is worded; `{subject}` stands for the sheet's own."""

    heading: str
    sender: str
    recipient: str
    opening: str


_FORMS = {
    "CONTRACT": _Form(
        "Договор",
        "Исполнитель",
        "Заказчик",
        "Исполнитель обязуется исполнить, а Заказчик принять и оплатить: {subject}. Срок действия договора — один год"
        " со дня подписания; он продлевается на тот же срок, если ни одна из сторон не заявит об ином за 30 дней.",
    ),
    "SUPPLEMENTARY_AGREEMENT": _Form(
        "Дополнительное соглашение",
        "Исполнитель",
        "Заказчик",
        "Стороны договорились изложить приложение к договору ({subject}) в следующей редакции. Остальные условия"
        " договора остаются без изменений.",
    ),
    "ACT": _Form(
        "Акт сдачи-приёмки",
        "Исполнитель",
        "Заказчик",
        "Исполнитель сдал, а Заказчик принял ({subject}) нижеперечисленное. Претензий по объёму, качеству и срокам"
        " стороны друг к другу не имеют.",
    ),
    "INVOICE_FOR_PAYMENT": _Form(
        "Счёт на оплату",
        "Поставщик",
        "Плательщик",
        "Назначение платежа: {subject}. Счёт действителен в течение пяти банковских дней.",
    ),
    "TAX_INVOICE": _Form("Счёт-фактура", "Поставщик", "Покупатель", "Основание: {subject}."),
    "WAYBILL_TN": _Form(
        "Товарная накладная ТН-2", "Грузоотправитель", "Грузополучатель", "Основание отпуска: {subject}."
    ),
    "WAYBILL_TTN": _Form(
        "Товарно-транспортная накладная ТТН-1",
        "Грузоотправитель",
        "Грузополучатель",
        "Основание отпуска: {subject}. Пункт погрузки — склад грузоотправителя, разгрузки — склад грузополучателя.",
    ),
    "RECONCILIATION_ACT": _Form(
        "Акт сверки взаимных расчётов",
        "Первая сторона",
        "Вторая сторона",
        "Стороны сверили взаимные расчёты ({subject}) и признают нижеперечисленные обороты.",
    ),
    "POWER_OF_ATTORNEY": _Form(
        "Доверенность",
        "Доверитель",
        "Кому предъявляется",
        "Настоящей доверенностью доверитель уполномочивает предъявителя получить ценности и подписать документы:"
        " {subject}. Доверенность действительна в течение 30 дней, без права передоверия.",
    ),
    "LETTER": _Form(
        "Письмо",
        "От кого",
        "Кому",
        "Настоящим сообщаем: {subject}. Просим принять к сведению и подтвердить получение.",
    ),
    "OTHER": _Form(
        "Документ", "Составитель", "Адресат", "{subject}. Исполнение возлагается на ответственных лиц сторон."
    ),
}

_MONTHS = (
    *("января", "февраля", "марта", "апреля", "мая", "июня"),
    *("июля", "августа", "сентября", "октября", "ноября", "декабря"),
)
_TAX_PERCENT = 20
_FONT = "PT Sans"
_PLAIN, _BOLD = 0, 2  # bold is the same font with its outlines drawn: a second one would double each file
_LEFT, _RIGHT = 20 * mm, A4[0] - 15 * mm
_TEXT, _SMALL, _LEAD = 10, 9, 14
_COLUMNS = (_LEFT, _LEFT + 9 * mm, _LEFT + 92 * mm, _LEFT + 121 * mm, _LEFT + 147 * mm, _RIGHT)


def paper(sheet: Sheet) -> bytes:
    """The PDF of a sheet; the same bytes for the same sheet."""
    _load_font()
    form = _FORMS[sheet.kind]
    target = BytesIO()
    canvas = Canvas(target, pagesize=A4, invariant=1)
    canvas.setTitle(f"{form.heading} № {sheet.number}")
    canvas.setAuthor(sheet.sender.organization)
    canvas.setLineWidth(0.4)
    page = _Page(canvas, A4[1] - 25 * mm)
    _head(page, sheet, form)
    _parties(page, sheet, form)
    page.text(form.opening.format(subject=sheet.subject))
    if sheet.lines:
        _table(page, sheet.lines)
    _signatures(page, sheet, form)
    canvas.showPage()
    canvas.save()
    return target.getvalue()


class _Page:
    """A page and how far down it has been written; `y` is the next baseline."""

    def __init__(self, canvas: Canvas, y: float) -> None:
        self.canvas = canvas
        self.y = y

    def text(self, words: str, *, x: float = _LEFT, width: float = _RIGHT - _LEFT, mode: int = _PLAIN) -> None:
        """A paragraph."""
        self.canvas.setFont(_FONT, _TEXT)
        for part in simpleSplit(words, _FONT, _TEXT, width):
            self.canvas.drawString(x, self.y, part, mode=mode)
            self.y -= _LEAD

    def cells(self, *values: str, mode: int = _PLAIN) -> None:
        """A row of the table: number, name and unit from the left, the figures from the right."""
        number, name, unit, quantity, price, total = values
        self.canvas.setFont(_FONT, _SMALL)
        for value, right in zip((quantity, price, total), _COLUMNS[3:], strict=True):
            self.canvas.drawRightString(right - 1.5 * mm, self.y, value, mode=mode)
        for value, left in ((number, _COLUMNS[0]), (unit, _COLUMNS[2])):
            self.canvas.drawString(left + 1.5 * mm, self.y, value, mode=mode)
        for part in simpleSplit(name, _FONT, _SMALL, _COLUMNS[2] - _COLUMNS[1] - 3 * mm) or [""]:
            self.canvas.drawString(_COLUMNS[1] + 1.5 * mm, self.y, part, mode=mode)
            self.y -= _LEAD - 2
        self.rule()

    def rule(self) -> None:
        """A line across, just below what was written last."""
        level = self.y + _LEAD - 6
        self.canvas.line(_LEFT, level, _RIGHT, level)
        self.y -= 4


def _head(page: _Page, sheet: Sheet, form: _Form) -> None:
    page.canvas.setFont(_FONT, 15)
    page.canvas.drawCentredString((_LEFT + _RIGHT) / 2, page.y, f"{form.heading} № {sheet.number}", mode=_BOLD)
    page.y -= 2 * _LEAD
    page.canvas.setFont(_FONT, _TEXT)
    page.canvas.drawString(_LEFT, page.y, "г. Минск")
    page.canvas.drawRightString(_RIGHT, page.y, _spelled(sheet.on))
    page.y -= 2 * _LEAD


def _parties(page: _Page, sheet: Sheet, form: _Form) -> None:
    for label, party in ((form.sender, sheet.sender), (form.recipient, sheet.recipient)):
        page.text(f"{label}:", mode=_BOLD)
        person = f", в лице: {party.person}" if party.person else ""
        page.text(f"{party.organization}, УНП {party.tax_id}{person}")
        page.y -= _LEAD / 2


def _table(page: _Page, lines: tuple[Line, ...]) -> None:
    page.y -= _LEAD
    page.canvas.line(_LEFT, page.y + _LEAD - 3, _RIGHT, page.y + _LEAD - 3)
    page.cells("№", "Наименование", "Ед.", "Кол-во", "Цена, руб.", "Сумма, руб.", mode=_BOLD)
    for number, line in enumerate(lines, start=1):
        page.cells(str(number), line.name, line.unit, str(line.quantity), money(line.price), money(line.sum))
    for words, amount in _sums(lines):
        page.cells("", words, "", "", "", money(amount), mode=_BOLD)


def _sums(lines: tuple[Line, ...]) -> Iterator[tuple[str, int]]:
    net = sum(line.sum for line in lines)
    tax = (net * _TAX_PERCENT + 50) // 100
    yield "Итого без НДС", net
    yield f"НДС {_TAX_PERCENT} %", tax
    yield "Всего с НДС", net + tax


def _signatures(page: _Page, sheet: Sheet, form: _Form) -> None:
    page.y -= 3 * _LEAD
    top, half = page.y, (_RIGHT - _LEFT) / 2
    for x, label, party in (
        (_LEFT, form.sender, sheet.sender),
        (_LEFT + half + 5 * mm, form.recipient, sheet.recipient),
    ):
        page.y = top
        page.text(f"{label}: {party.organization}", x=x, width=half - 5 * mm, mode=_BOLD)
        page.y = top - 4 * _LEAD
        page.canvas.line(x, page.y + _LEAD - 2, x + half - 10 * mm, page.y + _LEAD - 2)
        page.text(f"(подпись)  {party.person or ''}", x=x, width=half - 5 * mm)


def money(kopecks: int) -> str:
    """«1 234,50», with no-break blanks."""
    return f"{kopecks // 100:,}".replace(",", "\N{NO-BREAK SPACE}") + f",{kopecks % 100:02}"


def _spelled(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year} г."


@cache
def _load_font() -> None:
    # Found as package data: fontpkg's own index would read the metadata of every family installed.
    font = files("fontpkg_pt_sans") / "files" / "PT_Sans-Web-Regular.ttf"
    pdfmetrics.registerFont(TTFont(_FONT, BytesIO(font.read_bytes())))
