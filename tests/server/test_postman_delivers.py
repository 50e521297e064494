"""The postman on a real database and a real SMTP server: who is told, in what order, and what a refusal does."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from post_office import PostOffice, open_post_office
from romashka import IVANOV, KOLESNIK, NAMES, URBANOVICH, Romashka, romashka
from structlog.testing import capture_logs

from mailers import Stationery
from models.accounts import EmailState
from models.journal import DeliveryState
from schema import nodes
from server.mail import SmtpServer, SmtpTransport
from server.postman import Postman

OWED, SENT, DEAD = DeliveryState.OWED, DeliveryState.SENT, DeliveryState.DEAD
REFUSED, DROPPED = DeliveryState.REFUSED, DeliveryState.DROPPED
STATIONERY = Stationery(
    sender_email="cabinet@mail.example",
    hotline=None,
    document_url="https://app.example/doc/{id}",
    password_url="https://app.example/password#{code}",
    confirm_url="https://app.example/email#{code}",
    public_url="https://cabinet.example",
    mail_domain="mail.example",
)

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@asynccontextmanager
async def town(folder: Path) -> AsyncIterator[tuple[Romashka, PostOffice, Postman]]:
    """The cabinet, the post office, and a postman who goes between them."""
    async with romashka(folder) as cabinet, open_post_office() as office:
        transport = SmtpTransport(SmtpServer(host=office.host, port=office.port), timeout_seconds=5)
        try:
            yield cabinet, office, Postman(cabinet.outside, transport, STATIONERY)
        finally:
            await transport.close()


async def deliver_all(postman: Postman) -> int:
    """Passes until nothing is due; how many letters were tried."""
    tried = 0
    while some := await postman.pass_once():
        tried += some
    return tried


def text_of(office: PostOffice, number: int = -1) -> str:
    """The plain text of a letter that was taken."""
    [text] = [part for part in office.taken[number][1].walk() if part.get_content_type() == "text/plain"]
    content = text.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode()


async def test_as_many_letters_as_members(tmp_path: Path) -> None:
    """A20: everybody is told of a new document, once, with a link to it."""
    async with town(tmp_path) as (cabinet, office, postman):
        document_id = await cabinet.receive("Договор поставки")
        assert await deliver_all(postman) == 3
        assert await postman.pass_once() == 0
        assert sorted(office.readers) == sorted(NAMES)
        assert len(set(office.message_ids)) == 3
        assert f"https://app.example/doc/{nodes.encode('Document', document_id)}" in text_of(office)
        assert await cabinet.states() == [SENT] * 3


async def test_the_blocked_one_is_told_so_and_nothing_more(tmp_path: Path) -> None:
    """A32: what was owed to him before is dropped; «you are blocked» arrives although he is."""
    async with town(tmp_path) as (cabinet, office, postman):
        await cabinet.receive("Договор поставки")
        await cabinet.block(KOLESNIK)
        await deliver_all(postman)
        found = {(letter, reader): state for letter, reader, state, _ in await cabinet.deliveries()}
        assert found == {
            ("document.received", IVANOV): SENT,
            ("document.received", KOLESNIK): DROPPED,
            ("document.received", URBANOVICH): SENT,
            ("member.blocked", IVANOV): SENT,
            ("member.blocked", URBANOVICH): SENT,
            ("you.blocked", KOLESNIK): SENT,
        }
        assert office.readers.count(KOLESNIK) == 1


async def test_the_removed_one_is_told_so(tmp_path: Path) -> None:
    """C3, and nothing of what comes afterwards."""
    async with town(tmp_path) as (cabinet, office, postman):
        await cabinet.remove(KOLESNIK)
        await cabinet.receive("Договор поставки")
        await deliver_all(postman)
        assert office.readers.count(KOLESNIK) == 1
        assert await cabinet.states() == [SENT] * 5


async def test_a_refused_address_is_noted_and_the_others_are_written_to(tmp_path: Path) -> None:
    """A 5xx at RCPT ends this letter; the next one that arrives clears the address again."""
    async with town(tmp_path) as (cabinet, office, postman):
        office.answers[KOLESNIK] = "550 no such person"
        await cabinet.receive("Договор поставки")
        await deliver_all(postman)
        assert sorted(await cabinet.deliveries()) == [
            ("document.received", URBANOVICH, SENT, 0),
            ("document.received", KOLESNIK, REFUSED, 0),
            ("document.received", IVANOV, SENT, 0),
        ]
        assert (await cabinet.user(KOLESNIK)).email_state is EmailState.FAILING
        office.answers.clear()
        await cabinet.receive("Акт сверки")
        await deliver_all(postman)
        assert (await cabinet.user(KOLESNIK)).email_state is EmailState.OK


async def test_the_younger_letter_waits_for_the_older(tmp_path: Path) -> None:
    """Order holds for each person: a postponed letter keeps his next one waiting, not the others'."""
    async with town(tmp_path) as (cabinet, office, postman):
        office.answers[KOLESNIK] = "450 greylisted"
        await cabinet.receive("Первый")
        await cabinet.receive("Второй")
        await deliver_all(postman)
        assert sorted(office.readers) == sorted([IVANOV, URBANOVICH] * 2)
        mine = [found[2:] for found in await cabinet.deliveries() if found[1] == KOLESNIK]
        assert mine == [(OWED, 1), (OWED, 0)]
        office.answers.clear()
        assert await postman.pass_once() == 0
        cabinet.clock.pass_by(seconds=10)
        assert await deliver_all(postman) == 2
        assert ["Первый" in text_of(office, -2), "Второй" in text_of(office, -1)] == [True, True]


async def test_an_address_that_cannot_be_written_to_is_noted_as_failing(tmp_path: Path) -> None:
    """An account may be older than the rule: its letter ends as one that the address refused, and the others go."""
    async with town(tmp_path) as (cabinet, office, postman):
        async with cabinet.outside.database.transaction() as session:
            reader = await session.merge(await cabinet.user(KOLESNIK))
            reader.email = "e.kolesnik,b@romashka.example"
        await cabinet.receive("Договор поставки")
        await deliver_all(postman)
        assert sorted(office.readers) == sorted([IVANOV, URBANOVICH])
        found = {reader: state for _, reader, state, _ in await cabinet.deliveries()}
        assert found["e.kolesnik,b@romashka.example"] is REFUSED
        assert (await cabinet.user("e.kolesnik,b@romashka.example")).email_state is EmailState.FAILING


async def test_a_letter_is_given_up_after_three_days(tmp_path: Path) -> None:
    """And its address is one that fails."""
    async with town(tmp_path) as (cabinet, office, postman):
        office.answers[KOLESNIK] = "450 greylisted"
        await cabinet.receive("Договор поставки")
        for _ in range(90):
            await deliver_all(postman)
            cabinet.clock.pass_by(hours=1)
        assert [found[2] for found in await cabinet.deliveries() if found[1] == KOLESNIK] == [DEAD]
        assert office.readers.count(KOLESNIK) == 0
        assert office.commands["RCPT"] <= 2 + 75
        assert (await cabinet.user(KOLESNIK)).email_state is EmailState.FAILING


async def test_a_letter_that_cannot_be_written_is_dead_and_the_others_go(tmp_path: Path) -> None:
    """Poison: a reader whose time zone is no zone stops nobody else."""
    async with town(tmp_path) as (cabinet, office, postman):
        async with cabinet.outside.database.transaction() as session:
            reader = await session.merge(await cabinet.user(KOLESNIK))
            reader.time_zone = "Mars/Olympus"
        await cabinet.receive("Договор поставки")
        assert await deliver_all(postman) == 3
        assert sorted(office.readers) == sorted([IVANOV, URBANOVICH])
        assert sorted(found[1:3] for found in await cabinet.deliveries()) == [
            (URBANOVICH, SENT),
            (KOLESNIK, DEAD),
            (IVANOV, SENT),
        ]


async def test_a_failing_server_costs_the_letters_no_try(tmp_path: Path) -> None:
    """The postman rests 10, 20, 40 … seconds, at most five minutes; an hour down is a few tries."""
    async with town(tmp_path) as (cabinet, office, postman):
        office.to_sender = "421 closing"
        await cabinet.receive("Договор поставки")
        hellos = []
        for _ in range(360):
            await deliver_all(postman)
            hellos.append(office.commands["EHLO"])
            cabinet.clock.pass_by(seconds=10)
        assert hellos[:8] == [1, 2, 2, 3, 3, 3, 3, 4]
        assert hellos[-1] <= 20
        assert {found[2:] for found in await cabinet.deliveries()} == {(OWED, 0)}
        office.to_sender = "250 OK"
        cabinet.clock.pass_by(minutes=5)
        assert await deliver_all(postman) == 3


@pytest.mark.parametrize(("days", "has_code"), [(7, True), (0, False)])
async def test_the_invitation_brings_the_newest_code(tmp_path: Path, days: int, has_code: bool) -> None:
    """C23, EH89: an old code is left out, the letter still goes."""
    async with town(tmp_path) as (cabinet, office, postman):
        code = await cabinet.invite(KOLESNIK, expires_in=timedelta(days=days))
        await deliver_all(postman)
        assert await cabinet.states() == [SENT] * 3
        number = office.readers.index(KOLESNIK)
        assert (f"https://app.example/password#{code}" in text_of(office, number)) is has_code


async def test_the_log_names_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with town(tmp_path) as (cabinet, office, postman):
        office.answers[KOLESNIK] = f"450 <{KOLESNIK}> is greylisted"
        office.answers[IVANOV] = f"550 <{IVANOV}> unknown"
        await cabinet.receive("Договор поставки")
        with capture_logs() as logged:
            await deliver_all(postman)
    assert [line["event"] for line in logged] == ["letter.settled", "letter.postponed", "letter.settled"]
    assert not [word for word in ("@", "Договор", "Колесник") if word in str(logged)]
