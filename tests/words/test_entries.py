"""Journal entries in words, and dates."""

from datetime import UTC, datetime

import pytest

from words import LOCALES, document_name, entry_message, moment
from words.entries import Facts

DOCUMENT: Facts = {
    "organization": "ООО «Ромашка»",
    "actor": "Урбанович А. А.",
    "title": "Договор поставки",
    "number": "15",
    "counterparty": "ОАО «Партнёр»",
    "sender": "Гринкевич С. Н.",
    "recipients": ["Колесник Е. С.", "Щербо Ю. И."],
}
MEMBER: Facts = {
    "organization": "ООО «Ромашка»",
    "actor": "Смирнова О. П.",
    "member": "Колесник Е. С.",
    "company": "ООО «Бухгалтер»",
}
SIGNED = {**DOCUMENT, "signatory": "Урбанович А. А.", "certificate": "Урбанович Анна", "side": "RECIPIENT", "by": "US"}
CASES: list[tuple[str, Facts, str]] = [
    (
        "DOCUMENT_RECEIVED",
        DOCUMENT,
        "Поступил документ «Договор поставки № 15». Отправитель: ОАО «Партнёр» (Гринкевич С. Н.). "
        "Получатель: Колесник Е. С., Щербо Ю. И.",
    ),
    (
        "DOCUMENT_RECEIVED",
        {**DOCUMENT, "counterparty": None},
        "Поступил документ «Договор поставки № 15». Отправитель: Гринкевич С. Н. "
        "Получатель: Колесник Е. С., Щербо Ю. И.",
    ),
    (
        "DOCUMENT_SENT",
        {**DOCUMENT, "sender": "Урбанович А. А.", "recipients": ["ОАО «Партнёр»"]},
        "Отправлен документ «Договор поставки № 15». Отправитель: Урбанович А. А. Получатель: ОАО «Партнёр».",
    ),
    ("DOCUMENT_VIEWED", DOCUMENT, "Документ «Договор поставки № 15» впервые открыт: Урбанович А. А."),
    ("DOCUMENT_DOWNLOADED", DOCUMENT, "Файл документа «Договор поставки № 15» скачан: Урбанович А. А."),
    ("DOCUMENT_SIGNED", SIGNED, "Документ «Договор поставки № 15» подписан: Урбанович А. А."),
    (
        "DOCUMENT_SIGNED",
        {**SIGNED, "signed_for": ["Колесник Е. С.", "Щербо Ю. И."]},
        "Документ «Договор поставки № 15» подписан: Урбанович А. А. (вместо: Колесник Е. С., Щербо Ю. И.).",
    ),
    (
        "DOCUMENT_SIGNED",
        {**SIGNED, "by": "THEM"},
        "Документ «Договор поставки № 15» подписан контрагентом: Урбанович А. А.",
    ),
    (
        "DOCUMENT_SIGNED",
        {**SIGNED, "by": "THEM", "signed_for": ["Колесник Е. С."]},
        "Документ «Договор поставки № 15» подписан контрагентом: Урбанович А. А. (вместо: Колесник Е. С.).",
    ),
    (
        "SIGNING_REFUSED",
        {**DOCUMENT, "signatory": "Колесник Е. С.", "reason": "CERTIFICATE_REVOKED"},
        "Подпись документа «Договор поставки № 15» не принята: Колесник Е. С. "
        "Сертификат отозван удостоверяющим центром.",
    ),
    (
        "DOCUMENT_REJECTED",
        {**DOCUMENT, "person": "Колесник Е. С.", "reason": "Сумма не та.", "by": "US"},
        "Отказано в подписании документа «Договор поставки № 15»: Колесник Е. С. Причина: Сумма не та.",
    ),
    (
        "DOCUMENT_REJECTED",
        {**DOCUMENT, "person": "Гринкевич С. Н.", "reason": None, "by": "THEM"},
        "Контрагент отказал в подписании документа «Договор поставки № 15»: Гринкевич С. Н.",
    ),
    (
        "DOCUMENT_WITHDRAWN",
        {**DOCUMENT, "person": "Гринкевич С. Н.", "reason": None, "by": "THEM"},
        "Документ «Договор поставки № 15» отозван отправителем: Гринкевич С. Н.",
    ),
    ("DOCUMENT_EXPIRED", DOCUMENT, "Срок подписания документа «Договор поставки № 15» истёк."),
    (
        "DOCUMENT_ARCHIVED",
        {**DOCUMENT, "archived": "true"},
        "Документ «Договор поставки № 15» перенесён в архив: Урбанович А. А.",
    ),
    (
        "DOCUMENT_ARCHIVED",
        {**DOCUMENT, "archived": "false"},
        "Документ «Договор поставки № 15» возвращён из архива: Урбанович А. А.",
    ),
    (
        "MEMBER_ADDED",
        {**MEMBER, "invited": "true"},
        "Добавлен участник: Колесник Е. С. (ООО «Бухгалтер»). Создан новый аккаунт, отправлено приглашение. "
        "Исполнитель: Смирнова О. П.",
    ),
    ("MEMBER_ADDED", MEMBER, "Добавлен участник: Колесник Е. С. (ООО «Бухгалтер»). Исполнитель: Смирнова О. П."),
    ("MEMBER_BLOCKED", MEMBER, "Участник заблокирован: Колесник Е. С. Исполнитель: Смирнова О. П."),
    (
        "MEMBER_UNBLOCKED",
        {**MEMBER, "missed": "2"},
        "Участник разблокирован: Колесник Е. С. За время блокировки поступило 2 документа. Исполнитель: Смирнова О. П.",
    ),
    (
        "MEMBER_UNBLOCKED",
        {**MEMBER, "missed": "0"},
        "Участник разблокирован: Колесник Е. С. Исполнитель: Смирнова О. П.",
    ),
    ("MEMBER_REMOVED", MEMBER, "Участник удалён из общего кабинета: Колесник Е. С. Исполнитель: Смирнова О. П."),
    (
        "MEMBER_UPDATED",
        {**MEMBER, "role": "ADMIN"},
        "Изменены данные участника: Колесник Е. С. (ООО «Бухгалтер»). Роль: администратор. Исполнитель: Смирнова О. П.",
    ),
    ("REGISTRATION_COMPLETED", MEMBER, "Завершена регистрация участника: Колесник Е. С."),
    (
        "USER_UPDATED",
        {**MEMBER, "former": "Ковальчук Е. С."},
        "Изменено имя пользователя: Колесник Е. С. (ранее: Ковальчук Е. С.).",
    ),
    ("USER_UPDATED", {**MEMBER, "former": None}, "Изменены данные пользователя: Колесник Е. С."),
    (
        "CERTIFICATE_REGISTERED",
        {**MEMBER, "certificate": "Колесник Елена"},
        "Зарегистрирован сертификат: Колесник Елена. Участник: Колесник Е. С.",
    ),
    (
        "CERTIFICATE_REMOVED",
        {**MEMBER, "certificate": "Колесник Елена"},
        "Удалён сертификат: Колесник Елена. Участник: Колесник Е. С.",
    ),
    ("CABINET_CREATED", MEMBER, "Открыт общий кабинет: ООО «Ромашка». Исполнитель: Смирнова О. П."),
    ("CABINET_UPDATED", {"organization": "ООО «Ромашка»"}, "Изменены настройки общего кабинета."),
    (
        "CABINET_UPDATED",
        {**MEMBER, "self_service": "false"},
        "Состав участников изменяет только оператор сервиса. Исполнитель: Смирнова О. П.",
    ),
    (
        "CABINET_UPDATED",
        {**MEMBER, "self_service": "true"},
        "Администраторам организации разрешено изменять состав участников. Исполнитель: Смирнова О. П.",
    ),
    (
        "OPERATOR_ASSIGNED",
        {**MEMBER, "manager": "Чайка Д. О."},
        "Назначен персональный менеджер: Чайка Д. О. Исполнитель: Смирнова О. П.",
    ),
    (
        "OPERATOR_UNASSIGNED",
        {**MEMBER, "manager": "Чайка Д. О."},
        "Отменено назначение персонального менеджера: Чайка Д. О. Исполнитель: Смирнова О. П.",
    ),
    ("TOKEN_CREATED", {**MEMBER, "token": "1С"}, "Создан токен доступа: 1С. Исполнитель: Смирнова О. П."),
    ("TOKEN_REVOKED", {**MEMBER, "token": "1С"}, "Отозван токен доступа: 1С. Исполнитель: Смирнова О. П."),
]


@pytest.mark.parametrize(("kind", "facts", "sentence"), CASES)
def test_an_entry_is_one_sentence(kind: str, facts: Facts, sentence: str) -> None:
    """A26: whatever happened is told in words."""
    assert entry_message(kind, "ru", facts) == sentence


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(("kind", "facts", "sentence"), CASES)
def test_an_entry_is_told_in_every_language(kind: str, facts: Facts, sentence: str, locale: str) -> None:
    """The same people and papers are named, whatever the language."""
    told = entry_message(kind, locale, facts)
    names = [
        name for name in ("Колесник Е. С.", "Гринкевич С. Н.", "Урбанович А. А.", "ОАО «Партнёр»") if name in sentence
    ]
    assert [name for name in names if name not in told] == []


def test_an_unknown_kind_is_an_error() -> None:
    with pytest.raises(KeyError):
        entry_message("DOCUMENT_EATEN", "ru", DOCUMENT)


def test_a_number_is_said_once() -> None:
    assert document_name("en", {"title": "Contract", "number": "15"}) == "Contract No. 15"
    assert document_name("ru", {"title": "Договор № 15", "number": "15"}) == "Договор № 15"
    assert document_name("ru", {"title": "Письмо", "number": None}) == "Письмо"


def test_moments_are_local() -> None:
    """ED67: the time zone is the reader's."""
    at = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)
    assert [moment(at, "ru", zone) for zone in ("Europe/Minsk", "UTC")] == ["25.11.2026 01:30", "24.11.2026 22:30"]
    with pytest.raises(ValueError, match="aware"):
        moment(at.replace(tzinfo=None), "ru", "UTC")
