"""The operator's desk: which letters failed and why, trying them again, and a trial letter."""

from datetime import timedelta
from pathlib import Path

import pytest
from post_office import open_post_office
from romashka import IVANOV, KOLESNIK, NAMES, ROMASHKA, URBANOVICH
from test_postman_delivers import DEAD, OWED, REFUSED, SENT, STATIONERY, deliver_all, text_of, town

from models.accounts import EmailState
from models.refusals import Reason, Refusal
from resolvers import letter_desk
from resolvers.context import Client, Context
from resolvers.letter_desk import LetterStanding
from resolvers.rights import Principal
from server.mail import Outcome, Result, SmtpServer, SmtpTransport
from server.trial import send_trial

pytestmark = pytest.mark.anyio


async def test_a_letter_that_failed_is_found_and_sent_again(tmp_path: Path) -> None:
    """ED64: whom, what, how old, how often, why; tried again it arrives, under its own Message-ID, and clears him."""
    async with town(tmp_path) as (cabinet, office, postman):
        office.answers[KOLESNIK] = "550 no such person"
        await cabinet.receive("Договор поставки")
        await deliver_all(postman)
        cabinet.clock.pass_by(days=5)
        [found] = await letter_desk.letters_standing(cabinet.system())
        assert found == LetterStanding(
            id=2,
            letter="document.received",
            state=REFUSED,
            recipient=NAMES[KOLESNIK],
            email=KOLESNIK,
            organization=ROMASHKA,
            owed_at=cabinet.clock.at - timedelta(days=5),
            age=timedelta(days=5),
            attempts=0,
            next_at=None,
            last_error="550 no such person",
        )
        office.answers[KOLESNIK] = "450 greylisted"
        await letter_desk.send_again(cabinet.system(), letter_id=found.id)
        assert await deliver_all(postman) == 1
        [waiting] = await letter_desk.letters_standing(cabinet.system(), states={OWED})
        assert (waiting.attempts, waiting.last_error) == (1, "450 greylisted")
        assert waiting.next_at is not None, "three days count anew"
        office.answers.clear()
        await letter_desk.send_again(cabinet.system(), letter_id=found.id)
        assert await deliver_all(postman) == 1
        assert office.readers == [IVANOV, URBANOVICH, KOLESNIK]
        assert await cabinet.states() == [SENT] * 3
        assert (await cabinet.user(KOLESNIK)).email_state is EmailState.OK


async def test_all_that_failed_are_sent_again(tmp_path: Path) -> None:
    """Refused ones and given up ones, the oldest of each person first; who lost access meanwhile gets none (ED61)."""
    async with town(tmp_path) as (cabinet, office, postman):
        office.answers |= {KOLESNIK: "550 no such person", URBANOVICH: "450 greylisted", IVANOV: "550 no such person"}
        await cabinet.receive("Первый")
        await cabinet.receive("Второй")
        for _ in range(160):
            await deliver_all(postman)
            cabinet.clock.pass_by(hours=1)
        assert {state for _, _, state, _ in await cabinet.deliveries()} == {REFUSED, DEAD}
        office.answers.clear()
        await cabinet.block(IVANOV)
        await deliver_all(postman)
        assert office.readers.count(IVANOV) == 1
        assert await letter_desk.send_failed_again(cabinet.system()) == 6
        assert await deliver_all(postman) == 6
        assert office.readers.count(IVANOV) == 1
        for reader in (KOLESNIK, URBANOVICH):
            mine = [number for number, who in enumerate(office.readers) if who == reader][-2:]
            assert ["Первый" in text_of(office, mine[0]), "Второй" in text_of(office, mine[1])] == [True, True]
        assert await letter_desk.letters_standing(cabinet.system()) == []


async def test_a_letter_that_did_not_fail_is_not_sent_again(tmp_path: Path) -> None:
    """A20: what was sent is never sent twice by hand, what was dropped stays so; an unknown number is NOT_FOUND."""
    async with town(tmp_path) as (cabinet, _office, postman):
        await cabinet.receive("Договор поставки")
        await cabinet.block(KOLESNIK)
        await deliver_all(postman)
        before = await cabinet.deliveries()
        for number, reason in ((1, Reason.INVALID), (2, Reason.INVALID), (999, Reason.NOT_FOUND)):
            with pytest.raises(Refusal) as refused:
                await letter_desk.send_again(cabinet.system(), letter_id=number)
            assert (refused.value.reason, refused.value.path) == (reason, ("letter",))
        assert await letter_desk.send_failed_again(cabinet.system()) == 0
        assert await cabinet.deliveries() == before
        assert await deliver_all(postman) == 0


async def test_the_desk_is_the_owners_alone(tmp_path: Path) -> None:
    """C17: letters name people and organisations; nobody reads or repeats them over the contract's door."""
    async with town(tmp_path) as (cabinet, office, postman):
        office.answers[KOLESNIK] = "550 no such person"
        await cabinet.receive("Договор поставки")
        await deliver_all(postman)
        ivanov = Context(cabinet.outside, Principal(user_id=(await cabinet.user(IVANOV)).id), Client())
        with pytest.raises(Refusal, match="FORBIDDEN"):
            await letter_desk.letters_standing(ivanov)
        with pytest.raises(Refusal, match="FORBIDDEN"):
            await letter_desk.send_again(ivanov, letter_id=2)
        with pytest.raises(Refusal, match="FORBIDDEN"):
            await letter_desk.send_failed_again(ivanov)
        assert [state for _, reader, state, _ in await cabinet.deliveries() if reader == KOLESNIK] == [REFUSED]


@pytest.mark.parametrize(("locale", "word"), [("ru", "пробное"), ("be", "пробны"), ("en", "trial")])
async def test_a_trial_letter_says_what_the_server_says(tmp_path: Path, locale: str, word: str) -> None:
    """It leaves beside the outbox; what the mail server answers is told; no address is INVALID."""
    async with town(tmp_path) as (cabinet, office, _postman):
        transport = SmtpTransport(SmtpServer(host=office.host, port=office.port))

        async def tried(to: str) -> Outcome:
            at = cabinet.clock.at
            return await send_trial(transport, STATIONERY, to=to, locale=locale, time_zone="Europe/Minsk", at=at)

        assert (await tried(KOLESNIK)).result is Result.SENT
        assert word in text_of(office)
        office.answers[KOLESNIK] = "550 no such person"
        assert await tried(KOLESNIK) == Outcome(Result.REFUSED, "550 no such person")
        with pytest.raises(Refusal, match="INVALID"):
            await tried("колесник")
        assert office.readers == [KOLESNIK]
        assert await cabinet.deliveries() == []


async def test_a_trial_letter_finds_no_server(tmp_path: Path) -> None:
    """A mail server that is away is said, not raised."""
    async with open_post_office() as office:
        gone = SmtpTransport(SmtpServer(host=office.host, port=office.port), timeout_seconds=5)
    async with town(tmp_path) as (cabinet, _office, _postman):
        outcome = await send_trial(
            gone, STATIONERY, to=KOLESNIK, locale="ru", time_zone="Europe/Minsk", at=cabinet.clock.at
        )
        assert outcome.result is Result.DOWN
        assert outcome.error
