"""Find Колесник however she is typed (H10, A19): the cases of EF76, and how names are ordered."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.given_names import _FORMS
from models.names import KEY_LIMIT, SEARCH_LIMIT, SearchText, find, fold, sort_key


@dataclass(frozen=True)
class Person:
    """Somebody with a name and an address."""

    display_name: str
    email: str


KOLESNIK = Person("Колесник Елена Сергеевна", "E.Kolesnik@romashka.example")
URBANOVICH = Person("Урбанович Анна Александровна", "urbanovich_a@romashka.example")
SHCHERBO = Person("Щербо Юлия Игоревна", "j.s@romashka.example")
YOLKINA = Person("Ёлкина-Дуброва Мария Петровна", "md@romashka.example")
LUKYANAU = Person("Лук’янаў Ўладзімір Сяргеевіч", "lv@romashka.example")
HRYNKEVICH = Person("Гринкевич Сергей Николаевич", "sn@partner.example")
CHAIKA = Person("Чайка Дмитрий Олегович", "do@romashka.example")
IVANOV_1 = Person("Иванов Иван Иванович", "ivanov1@romashka.example")
IVANOV_2 = Person("Иванов Иван Иванович", "ivanov2@romashka.example")
EVERYBODY = [KOLESNIK, URBANOVICH, SHCHERBO, YOLKINA, LUKYANAU, HRYNKEVICH, CHAIKA, IVANOV_1, IVANOV_2]

CASES: list[tuple[str, list[str], list[Person]]] = [
    ("EF76.1", ["Колесник", "КОЛЕСНИК елена"], [KOLESNIK]),
    ("EF76.2", ["Елена Сергеевна Колесник", "Сергеевна Колесник"], [KOLESNIK]),
    ("EF76.3", ["Сергеевна"], [KOLESNIK]),
    ("EF76.4", ["колес еле"], [KOLESNIK]),
    ("EF76.5", ["лесник"], []),
    ("EF76.6", ["Е.С.Колесник", "Колесник Е. С."], [KOLESNIK]),
    ("EF76.7", ["Колесник ЕС", "колесник е"], [KOLESNIK]),
    ("EF76.8", ["И.С.Колесник"], []),
    ("EF76.9", ["Е.С."], [KOLESNIK]),
    ("EF76.10", ["Колесник Урбанович"], []),
    ("EF76.11", ["елкина", "ЁЛКИНА"], [YOLKINA]),
    ("EF76.12", ["Дуброва", "Дуброва-Елкина", "Ёлкина Дуброва"], [YOLKINA]),
    ("EF76.13", ["Лук'янаў", "лукянау", "Лукьянаў"], [LUKYANAU]),
    ("EF76.14", ["Сяргеевич", "Уладзимир"], [LUKYANAU]),
    ("EF76.15", ["Владимир"], [LUKYANAU]),
    ("EF76.16", ["Алена Колеснік"], [KOLESNIK]),
    ("EF76.17", ["E.S. Kolesnik", "kolesnik elena"], [KOLESNIK]),
    ("EF76.18", ["shcherbo", "Scherbo"], [SHCHERBO]),
    ("EF76.19", ["Yuliya", "Iuliia", "Julija"], [SHCHERBO]),
    ("EF76.20", ["Hrynkevich", "Grinkevich"], [HRYNKEVICH]),
    ("EF76.21", ["Kalesnik"], []),
    ("EF76.22", ["rjktcybr"], [KOLESNIK]),
    ("EF76.22", ["Eh,fyjdbx"], [URBANOVICH]),
    ("EF76.23", ["okflpbvbh"], [LUKYANAU]),
    ("EF76.24", ["лщдуытшл"], [KOLESNIK]),
    ("EF76.25", ["Кoлecник"], [KOLESNIK]),
    ("EF76.26", [unicodedata.normalize("NFD", "Чайка"), "Чайка\u00a0Дмитрий", "Чайка  Дмитрий"], [CHAIKA]),
    ("EF76.27", ["Чаика"], []),
    ("EF76.28", ["E.KOLESNIK@Romashka.example", "e.kol"], [KOLESNIK]),
    ("EF76.28", ["@romashka"], [one for one in EVERYBODY if one is not HRYNKEVICH]),
    ("EF76.28", ["romashka"], []),
    ("EF76.29", ["Иванов Иван Иванович"], [IVANOV_1, IVANOV_2]),
    ("EF76.29", ["Иванов ivanov2"], [IVANOV_2]),
    ("EF76.30", ["%", "К%к", "...", "urbanovichXa"], []),
    ("EF76.30", ["urbanovich_a"], [URBANOVICH]),
    ("EF76.31", ["", " \t\u00a0"], EVERYBODY),
]
TYPED = [pytest.param(typed, found, id=f"{case} {typed!r}") for case, texts, found in CASES for typed in texts]

# Beyond the table: what people also type.
ALSO: list[tuple[str, list[Person]]] = [
    ("Yelena", [KOLESNIK]),
    ("Maria Yolkina", [YOLKINA]),
    ("Julia", [SHCHERBO]),
    ("Vladimir", [LUKYANAU]),
    ("Dzmitry", [CHAIKA]),
    ("Łukasz", []),
    ("Ёлкина - Дуброва", [YOLKINA]),
    ("Елена Елена.Елена", []),
    ("уюыю", [KOLESNIK]),
    ("Щербо j.s@", [SHCHERBO]),
    ("@", []),
    ("-", []),
    ("'", []),
    ("md", [YOLKINA]),
    ("_a", []),
    ("h_a", [URBANOVICH]),
]


@pytest.mark.parametrize(("typed", "found"), TYPED)
def test_find_as_typed(typed: str, found: list[Person]) -> None:
    """Each case of EF76 finds exactly its people among all, in their order."""
    assert find(SearchText.parse(typed), EVERYBODY) == found


@pytest.mark.parametrize(("typed", "found"), ALSO)
def test_find_what_people_also_type(typed: str, found: list[Person]) -> None:
    """Readings that follow from the rules of EF and stand in no case of the table."""
    assert find(SearchText.parse(typed), EVERYBODY) == found


def test_find_limits_the_text_to_200_characters() -> None:
    """EF76.31: the limit counts characters, and the longer text is refused before anything is looked for."""
    assert find(SearchText.parse("я" * SEARCH_LIMIT), EVERYBODY) == []
    with pytest.raises(ValueError, match="at most 200 characters, this one has 201"):
        SearchText.parse("я" * (SEARCH_LIMIT + 1))


def test_find_reads_the_other_layout_only_when_nobody_is_found() -> None:
    """EF76.22: `Eh` is the start of Урбанович in the wrong layout, but Ehrlich is there as typed."""
    ehrlich = Person("Ehrlich Anna", "a.e@romashka.example")
    assert find(SearchText.parse("Eh,"), [URBANOVICH]) == [URBANOVICH]
    assert find(SearchText.parse("Eh"), [URBANOVICH, ehrlich]) == [ehrlich]


def test_find_by_a_former_name_or_address() -> None:
    """EF79: a former surname or e-mail finds its owner."""
    former = {KOLESNIK: ["Мельник Елена Сергеевна", "melnik@romashka.example"]}
    for typed in ("Мельник", "Мельник Е.С.", "melnik@", "Колесник"):
        assert find(SearchText.parse(typed), EVERYBODY, former=lambda person: former.get(person, ())) == [KOLESNIK]


@given(st.text(max_size=SEARCH_LIMIT) | st.text("ЕСКоaeil.-@'’ьйіў` ", max_size=SEARCH_LIMIT))
def test_find_never_raises_and_keeps_the_order(typed: str) -> None:
    """Whatever is typed is an answer: some of the people, each once, in their order."""
    found = find(SearchText.parse(typed), EVERYBODY)
    assert found == [person for person in EVERYBODY if person in found]


@given(st.sampled_from(EVERYBODY), st.randoms(use_true_random=False))
def test_find_by_any_words_of_the_name_in_any_order(person: Person, order: random.Random) -> None:
    """EF76.2, EF76.4: beginnings of the words of a name find its owner, however they are ordered."""
    words = person.display_name.split()
    order.shuffle(words)
    typed = " ".join(word[: order.randint(1, len(word))] for word in words)
    assert person in find(SearchText.parse(typed), EVERYBODY)


def test_fold_makes_spellings_equal() -> None:
    """The map of EF: case, ё, і, ў, apostrophes of every kind, ь and ъ; й stays a letter."""
    assert {fold(name) for name in ("Лук’янаў", "ЛУК'ЯНАУ", "Лукьянаў", "лукʼянаў")} == {"лукянау"}
    assert fold("Подъёмный Ільіч") == "подемный илич"
    assert fold(unicodedata.normalize("NFD", "Чайка Ў Ё")) == "чайка у е"


def test_given_names_are_written_folded() -> None:
    """A pair that is not folded would never be met."""
    assert [name for name in _FORMS if fold(name) != name] == []
    assert [name for name, others in _FORMS.items() if name in others] == []


def test_sort_key_orders_as_a_telephone_book() -> None:
    """ё with е, і with и, й after и, ў after у, blanks first, then digits, Cyrillic, Latin; no case."""
    book = """1С / Адамовіч / Ежов Я / Елин / Ёлкин / елкина / Ёлкина-Дуброва / Ельский / Жук / Иваненко / Иванов /
        Иванов А. / Ивановский / Іваноў / Игнатов / Йодль / Кац / Лукашевич / Лук’янаў / Умка / Ўладзіміраў / Фёдоров /
        Цой / Чайка / Щербо / Ыгын / Эйсмонт / Юдин / Яковлев / Adams / Émile / Zimmer"""
    names = [" ".join(name.split()) for name in book.split("/")]
    shuffled = random.Random(76).sample(names, len(names))
    assert sorted(shuffled, key=sort_key) == names


def test_sort_key_tells_apart_only_letters_that_share_a_place() -> None:
    """Case, blanks and signs make no difference; a name with ё follows at once after the same one with е."""
    assert {sort_key(name) for name in ("ЕЛКИНА  М.", "Елкина М", " «Елкина» М")} == {sort_key("елкина м")}
    names = ["Елкина А", "Ёлкина", "Елкинаа", "Елкина"]
    assert sorted(names, key=sort_key) == ["Елкина", "Ёлкина", "Елкина А", "Елкинаа"]


@given(st.text(max_size=400))
def test_sort_key_is_short_ascii(name: str) -> None:
    """The same order in every collation, and it fits its column."""
    key = sort_key(name)
    assert len(key) <= KEY_LIMIT
    assert set(key) <= set("0123456789abcdef")
