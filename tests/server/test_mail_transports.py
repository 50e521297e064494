"""Transports against a real SMTP server, a real folder and a stream."""

from email import message_from_bytes
from io import StringIO
from pathlib import Path

import pytest
from emails.message import Message
from post_office import PostOffice, open_post_office

from server.mail import (
    SENT,
    ConsoleTransport,
    FolderTransport,
    Outcome,
    Result,
    SmtpServer,
    SmtpTransport,
    transport,
)

KOLESNIK = "e.kolesnik@romashka.example"
URBANOVICH = "a.urbanovich@romashka.example"

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def letter(to: str = KOLESNIK) -> Message:
    return Message(
        subject="Договор поставки № 15",
        text="Пришёл документ.\n",
        html="<p>Пришёл документ.</p>",
        mail_from=("Общий кабинет", "cabinet@mail.example"),
        mail_to=[("Колесник Елена", to)],
        message_id="<document.received.9f.17@mail.example>",
    )


def smtp(office: PostOffice, *, patience: float = 5, password: str | None = None) -> SmtpTransport:
    user = "cabinet" if password else None
    server = SmtpServer(host=office.host, port=office.port, user=user, password=password)
    return SmtpTransport(server, timeout_seconds=patience)


async def tried(office: PostOffice, *, patience: float = 5, password: str | None = None) -> Outcome:
    """The outcome of one letter over a connection of its own."""
    mail = smtp(office, patience=patience, password=password)
    outcome = await mail.deliver(letter(), to=KOLESNIK)
    await mail.close()
    return outcome


async def test_a_letter_arrives_as_written() -> None:
    async with open_post_office() as office:
        assert await tried(office) == SENT
        [(address, message)] = office.taken
    assert address == KOLESNIK
    assert message["Message-ID"] == "<document.received.9f.17@mail.example>"
    assert [part.get_content_type() for part in message.walk() if not part.is_multipart()] == [
        "text/plain",
        "text/html",
    ]


async def test_many_letters_go_over_one_connection() -> None:
    async with open_post_office() as office:
        mail = smtp(office)
        outcomes = [await mail.deliver(letter(to), to=to) for to in [KOLESNIK, URBANOVICH] * 3]
        await mail.close()
    assert outcomes == [SENT] * 6
    assert office.readers == [KOLESNIK, URBANOVICH] * 3
    assert office.commands["EHLO"] == 1


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        ("550 5.1.1 no such person", Result.REFUSED),
        ("553 bad mailbox", Result.REFUSED),
        ("450 4.2.0 greylisted", Result.RETRY),
        ("452 mailbox full", Result.RETRY),
        ("421 closing", Result.DOWN),
        ("530 5.7.0 authentication required", Result.DOWN),
    ],
)
async def test_the_reply_to_an_address_decides(answer: str, result: Result) -> None:
    async with open_post_office() as office:
        office.answers[KOLESNIK] = answer
        outcome = await tried(office)
    assert outcome == Outcome(result, answer)
    assert office.taken == []


async def test_a_refused_address_does_not_harm_the_next() -> None:
    async with open_post_office() as office:
        office.answers[KOLESNIK] = "550 no such person"
        mail = smtp(office)
        outcomes = [(await mail.deliver(letter(to), to=to)).result for to in (KOLESNIK, URBANOVICH)]
        await mail.close()
    assert outcomes == [Result.REFUSED, Result.SENT]
    assert office.readers == [URBANOVICH]
    assert office.commands["EHLO"] == 1


@pytest.mark.parametrize(
    ("answer", "result"), [("554 looks like spam", Result.REJECTED), ("451 come again", Result.RETRY)]
)
async def test_the_reply_to_the_text_decides(answer: str, result: Result) -> None:
    async with open_post_office() as office:
        office.to_data = answer
        assert await tried(office) == Outcome(result, answer)


async def test_a_refused_sender_is_the_servers_failure() -> None:
    """He is the same for every letter."""
    async with open_post_office() as office:
        office.to_sender = "550 who are you"
        assert await tried(office) == Outcome(Result.DOWN, "550 who are you")


async def test_a_silent_server_means_again_later() -> None:
    """ecosystem.md 4.1, traps 4 and 6: a time-out during DATA, with a connection of its own for the next letter."""
    async with open_post_office() as office:
        mail = smtp(office, patience=0.2)
        office.is_slow = True
        assert (await mail.deliver(letter(), to=KOLESNIK)).result is Result.RETRY
        office.is_slow = False
        assert await mail.deliver(letter(), to=KOLESNIK) == SENT
        await mail.close()
    assert office.readers == [KOLESNIK]
    assert office.commands["EHLO"] == 2


async def test_nobody_at_the_port_means_down() -> None:
    async with open_post_office() as office:
        pass
    assert (await tried(office)).result is Result.DOWN


async def test_a_server_that_went_away_between_two_letters_means_down() -> None:
    async with open_post_office() as office:
        mail = smtp(office)
        assert await mail.deliver(letter(), to=KOLESNIK) == SENT
        await mail.close()
    assert (await mail.deliver(letter(), to=KOLESNIK)).result is Result.DOWN


async def test_a_wrong_password_means_down() -> None:
    async with open_post_office() as office:
        assert (await tried(office, password="wrong")).result is Result.DOWN
        assert await tried(office, password="right") == SENT
    assert office.passwords[-1] == b"right"


async def test_a_demanded_starttls_never_falls_back_to_clear_text() -> None:
    """ecosystem.md 4.1, trap 3."""
    async with open_post_office() as office:
        mail = transport(f"smtp+starttls://cabinet:secret@127.0.0.1:{office.port}")
        assert (await mail.deliver(letter(), to=KOLESNIK)).result is Result.DOWN
        await mail.close()
    assert (office.passwords, office.taken) == ([], [])


async def test_a_folder_keeps_every_letter(tmp_path: Path) -> None:
    mail = transport(f"file://{tmp_path}/mail")
    for to in (KOLESNIK, "../../etc/passwd@romashka.example", KOLESNIK):
        assert await mail.deliver(letter(), to=to) == SENT
    await mail.close()
    files = sorted((tmp_path / "mail").iterdir())
    assert [file.name.split("-", 1)[1] for file in files] == [
        f"000001-{KOLESNIK}.eml",
        "000002-.._.._etc_passwd@romashka.example.eml",
        f"000003-{KOLESNIK}.eml",
    ]
    assert message_from_bytes(files[0].read_bytes())["Message-ID"] == "<document.received.9f.17@mail.example>"


async def test_a_folder_that_cannot_be_written_means_down(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file is in the way")
    assert (await FolderTransport(tmp_path / "mail").deliver(letter(), to=KOLESNIK)).result is Result.DOWN


async def test_the_console_shows_the_text() -> None:
    shown = StringIO()
    mail = ConsoleTransport(shown)
    assert await mail.deliver(letter(), to=KOLESNIK) == SENT
    await mail.close()
    assert f"To: {KOLESNIK}\nSubject: Договор поставки № 15\n" in shown.getvalue()
    assert "Пришёл документ." in shown.getvalue()


@pytest.mark.parametrize(
    ("mail_url", "why"),
    [
        ("smtp://cabinet:hush@mx.example", "in clear"),
        ("smtp://cabinet:hush/@127.0.0.1", "the port is no number"),
        ("smtp+tls://cabinet:hush@mx.example", "say console:"),
        ("smtp+starttls://", "say console:"),
        ("file:", "say console:"),
        ("file://hush/folder", "say console:"),
        ("", "say console:"),
    ],
)
async def test_an_unsafe_or_unknown_url_is_refused_and_not_repeated(mail_url: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as refused:
        transport(mail_url)
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize(
    ("mail_url", "kind"),
    [
        ("console:", ConsoleTransport),
        ("file:///var/mail", FolderTransport),
        ("smtp://mx.example", SmtpTransport),
        ("smtp://cabinet:hush@[::1]", SmtpTransport),
        ("smtp+starttls://cabinet:hu%40sh@mx.example", SmtpTransport),
        ("smtps://mx.example:465", SmtpTransport),
    ],
)
async def test_each_kind_of_url_gives_its_transport(mail_url: str, kind: type) -> None:
    assert type(transport(mail_url)) is kind
