"""A few letters whole, as people read them."""

from dataclasses import replace

from mailers import LETTERS, Person, Stationery, message, write
from mailers.samples import Sample, document_sample, member_sample

STATIONERY = Stationery(
    sender_email="cabinet@mail.example",
    hotline="8 (017) 308-28-28",
    document_url="https://app.example/doc/{id}",
    password_url=None,
    confirm_url=None,
    public_url="https://cabinet.example",
    mail_domain="mail.example",
)
URBANOVICH = Person("Урбанович Анна Александровна", "a.urbanovich@romashka.example", "ru", "Europe/Minsk")
KOLESNIK = Person("Колесник Елена Сергеевна", "e.kolesnik@romashka.example", "ru", "Europe/Minsk", code="K7M2-Q4RD")
FOOTER = """
--\x20
Это письмо отправлено автоматически.
Телефон горячей линии: 8 (017) 308-28-28
https://cabinet.example
"""
BASIS = """Основание: Заявление директора Иванова И. И.
Номер обращения: HL-2041
Исполнитель: Смирнова Ольга Петровна (горячая линия)
Время: 24.11.2026 12:30
"""


def read(kind: str, person: Person, *, entry: Sample | None = None, stationery: Stationery = STATIONERY) -> str:
    """Subject and text of a letter."""
    letter = write(kind, entry or LETTERS[kind].sample, person, document_key="RG9jdW1lbnQ6MTU")
    mail = message(letter, stationery, message_id="<1.a@mail.example>")
    return f"{mail.subject}\n\n{mail.text}"


def test_a_document_came() -> None:
    """A20: every member learns what came, from whom, for whom, and that any colleague with a key may sign."""
    assert read("document.received", URBANOVICH) == (
        """Поступил документ: Договор поставки № 15 — ОАО «Партнёр»

Здравствуйте, Урбанович Анна Александровна!

В общий кабинет организации ООО «Ромашка» поступил документ «Договор поставки № 15».

"""
        "Документ поступил на имя: Колесник Елена Сергеевна. Если требуется подпись, его может подписать любой "
        "участник общего кабинета, у которого есть действующий ключ ЭЦП."
        """

Документ: Договор поставки № 15
Отправитель: ОАО «Партнёр» (Гринкевич Сергей Николаевич)
Получатель: Колесник Елена Сергеевна
Время: 24.11.2026 12:30

Открыть документ:
https://app.example/doc/RG9jdW1lbnQ6MTU
""" + FOOTER
    )


def test_a_document_came_for_the_organisation() -> None:
    """EB43: nobody is named, so nobody's name is made up."""
    told = read("document.received", URBANOVICH, entry=document_sample(recipients=["ООО «Ромашка»"]))
    assert "Документ поступил на имя организации. Если требуется подпись" in told


def test_a_colleague_signed() -> None:
    """A24, C8: the sender learns who signed, and in whose place."""
    assert read("document.signed", URBANOVICH) == (
        """Документ подписан: Договор поставки № 15

Здравствуйте, Урбанович Анна Александровна!

Отправленный вами документ «Договор поставки № 15» подписан: Урбанович Анна Александровна.

Подписант и получатель документа отличаются. Подпись поставлена вместо: Колесник Елена Сергеевна.

Документ: Договор поставки № 15
Контрагент: ОАО «Партнёр»
Подписант: Урбанович Анна Александровна
Вместо: Колесник Елена Сергеевна
Сертификат: Урбанович Анна Александровна
Время: 24.11.2026 12:30

Открыть документ:
https://app.example/doc/RG9jdW1lbnQ6MTU
"""
        + FOOTER
    )


def test_the_recipient_signed() -> None:
    """A24: no mark, no word about it; initials bring their own full stop."""
    entry = document_sample(signatory="Колесник Е. С.", side="RECIPIENT", by="THEM")
    told = read("document.signed", URBANOVICH, entry=entry)
    assert "подписан: Колесник Е. С.\n\nДокумент: " in told
    assert "место" not in told


def test_somebody_was_blocked() -> None:
    """A32: the others learn who was blocked, who asked for it and who did it."""
    assert read("member.blocked", URBANOVICH) == (
        """Участник заблокирован: Колесник Елена Сергеевна

Здравствуйте, Урбанович Анна Александровна!

В общем кабинете организации ООО «Ромашка» заблокирован участник: Колесник Елена Сергеевна.

"""
        "Этот участник больше не может видеть и подписывать документы организации. Все его документы остаются в общем "
        "кабинете и доступны остальным участникам."
        """

Участник: Колесник Елена Сергеевна
Компания: ООО «Ромашка»
""" + BASIS + FOOTER
    )


def test_an_invitation_without_a_front_end_gives_the_code() -> None:
    """A7, C23: with no page of our own to link to, the code is there to type."""
    assert read("you.invited", KOLESNIK) == (
        """Приглашение в общий кабинет: ООО «Ромашка»

Здравствуйте, Колесник Елена Сергеевна!

Для вас создан аккаунт и открыт доступ к общему кабинету организации ООО «Ромашка».

"""
        "Участники общего кабинета видят документы друг друга, отправленные контрагентам и полученные от них. Любой "
        "поступивший документ, который ждёт подписи, может подписать каждый участник с действующим ключом ЭЦП."
        """

Чтобы завершить регистрацию, введите код из этого письма и задайте пароль. Никому не передавайте это письмо.

Организация: ООО «Ромашка»
""" + BASIS + "\nКод: K7M2-Q4RD\n" + FOOTER
    )


def test_an_invitation_with_a_front_end_gives_a_link() -> None:
    """The code stands behind the #, where no server logs it, and nowhere else."""
    stationery = replace(STATIONERY, password_url="https://app.example/password#{code}")
    told = read("you.invited", KOLESNIK, stationery=stationery)
    assert "Задать пароль:\nhttps://app.example/password#K7M2-Q4RD\n" in told
    assert told.count("K7M2-Q4RD") == 1


def test_back_from_a_blocking() -> None:
    """C5: one summary instead of a flood."""
    told = read("you.unblocked", KOLESNIK, entry=member_sample(missed="21"))
    assert "\n\nЗа время блокировки поступил 21 документ. Все документы ждут вас в общем кабинете.\n\n" in told
    told = read("you.unblocked", KOLESNIK, entry=member_sample(missed="0"))
    assert "\n\nЗа время блокировки новых документов не поступало.\n\n" in told


def test_the_reader_has_his_own_clock() -> None:
    """ED67: the same entry, another time zone."""
    assert "Время: 24.11.2026 09:30" in read("document.received", replace(URBANOVICH, time_zone="UTC"))
