"""The demo's papers: PDF files that open, with letters of both languages, the same bytes for the same sheet."""

import re
import zlib
from dataclasses import replace
from datetime import date

import pytest

from server.demo.cast import LUKYANAU, PARTNERS, ROMASHKA
from server.demo.papers import TEXTS, Line, Party, Sheet, money, paper

SHEET = Sheet(
    kind="ACT",
    number="15-К",
    on=date(2026, 6, 12),
    sender=Party(PARTNERS[4].firm.name, PARTNERS[4].firm.tax_id, PARTNERS[4].contact),
    recipient=Party(ROMASHKA.name, ROMASHKA.tax_id, LUKYANAU.name),
    subject="продукты питания, июнь 2026 г.",
    lines=(Line("Мёд натуральный цветочный", "кг", 3, 1650), Line("Чай травяной «Лясная казка»", "уп.", 2, 560)),
)
KINDS = (
    *("CONTRACT", "SUPPLEMENTARY_AGREEMENT", "ACT", "INVOICE_FOR_PAYMENT", "TAX_INVOICE", "WAYBILL_TN", "WAYBILL_TTN"),
    *("RECONCILIATION_ACT", "POWER_OF_ATTORNEY", "LETTER", "OTHER"),
)


def shown(pdf: bytes) -> set[str]:
    """The letters that the embedded font can show, read from its ToUnicode map."""
    streams = (part.split(b"endstream")[0].strip(b"\r\n") for part in pdf.split(b"stream\n")[1::2])
    texts = [zlib.decompress(stream) for stream in streams if stream[:1] == b"x"]
    (mapping,) = (text.decode() for text in texts if b"beginbfchar" in text or b"beginbfrange" in text)
    return {chr(int(code, 16)) for code in re.findall(r"<([0-9A-F]{4})>", mapping)}


def test_a_paper_is_a_pdf_of_one_page() -> None:
    pdf = paper(SHEET)
    assert pdf.startswith(b"%PDF-") and pdf.rstrip().endswith(b"%%EOF")
    assert re.findall(rb"/Type /Page\b", pdf) == [b"/Type /Page"]


def test_the_font_has_every_letter_of_both_languages() -> None:
    alphabet = "абвгдеёжзійклмнопрстуўфхцчшыьэюя’ищъАБВГДЕЁЖЗІЙКЛМНОПРСТУЎФХЦЧШЫЬЭЮЯИЩЪ«»№—²×"
    assert set(alphabet) <= shown(paper(replace(SHEET, subject=alphabet)))


def test_the_same_sheet_gives_the_same_bytes() -> None:
    assert paper(SHEET) == paper(SHEET)
    assert paper(replace(SHEET, number="16-К")) != paper(SHEET)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_paper(kind: str) -> None:
    sheet = replace(SHEET, kind=kind, lines=() if kind in TEXTS else SHEET.lines)
    assert paper(sheet).startswith(b"%PDF-")
    assert sheet.subject in sheet.title


def test_money_is_written_as_people_write_it() -> None:
    assert [money(0), money(5), money(123_450)] == ["0,00", "0,05", "1\N{NO-BREAK SPACE}234,50"]
