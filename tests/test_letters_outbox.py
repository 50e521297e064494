"""The outbox: one mailbox in one hand, in order, at a measured pace; what a mail server says, and to whom it goes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from household import NAMES, address, counted
from letters_out import Round, letter_round
from quick_town import REMOVE, UNBLOCK
from town import ADD, BASIS

from models.accounts import Locale, User
from models.journal import DeliveryState
from models.mailboxes import LEASE
from server.pace import Pace

SENT, OWED, DROPPED, REFUSED = (
    DeliveryState.SENT,
    DeliveryState.OWED,
    DeliveryState.DROPPED,
    DeliveryState.REFUSED,
)
ACTIVE = ("shcherbo", "kolesnik", "urbanovich", "chaika")

pytestmark = pytest.mark.anyio


@pytest.fixture
async def going(tmp_path: Path) -> AsyncIterator[Round]:
    """A household whose letters have all gone, and its postman."""
    async with letter_round(tmp_path) as made:
        yield made


def readers(going: Round) -> Counter[str]:
    """How many letters each person got."""
    return Counter(reader.partition("@")[0] for reader in going.office.readers)


async def test_a_mail_server_is_down_for_an_hour(going: Round) -> None:
    """ED60: meanwhile adding and blocking go well; then each letter goes once, in order for each member."""
    going.office.to_sender = "421 closing"
    for number in range(12):
        await going.house.receive(f"down-{number}", "kolesnik")
        await going.deliver_all()
        going.house.clock.move(timedelta(minutes=5))
        if number == 4:
            await going.house.add("stranger")
        if number == 8:
            await going.house.block("chaika")
    assert going.office.taken == []
    assert going.office.commands["EHLO"] <= 24
    going.office.to_sender = "250 OK"
    going.house.clock.move(timedelta(minutes=5))
    await going.deliver_all()
    assert len(going.office.message_ids) == len(set(going.office.message_ids))
    for who in ("shcherbo", "kolesnik", "urbanovich", "stranger"):
        assert going.sent_to(who) == (await going.owed_to(who))[-len(going.sent_to(who)) :]
    # Twelve documents; one was added, one blocked; who joined with the fifth was told of seven.
    assert readers(going) == {"shcherbo": 14, "kolesnik": 14, "urbanovich": 14, "stranger": 9, "chaika": 1}
    assert await going.count(OWED) == 0


async def test_who_is_blocked_before_the_letter_goes_gets_none(going: Round) -> None:
    """ED61, ED62, A32: what came before is dropped, the letter about the blocking is the last; the others get both."""
    await going.house.receive("before", "kolesnik")
    await going.house.block("kolesnik")
    await going.house.receive("after", "kolesnik")
    await going.deliver_all()
    assert await going.told("kolesnik") == ["you.blocked"]
    assert readers(going) == {"kolesnik": 1, "shcherbo": 3, "urbanovich": 3, "chaika": 3}
    assert (await going.states())["document.received", "kolesnik"] is DROPPED


async def test_who_is_removed_before_the_letter_goes_gets_none(going: Round) -> None:
    """ED61, ED62: removed likewise, an invitation that was on its way included."""
    await going.house.add("stranger")
    await going.house.receive("before", "stranger")
    await going.house.act("hotline", REMOVE, memberId=going.house.members["stranger"], basis=BASIS)
    await going.deliver_all()
    assert await going.told("stranger") == ["you.removed"]
    assert (await going.states())["you.invited", "stranger"] is DROPPED


async def test_who_is_removed_and_added_again_gets_what_he_may_read(going: Round) -> None:
    """ED61, EA9: rights are those of the moment of sending; each letter once, in the order of what happened."""
    await going.house.receive("before", "kolesnik")
    await going.house.act("hotline", REMOVE, memberId=going.house.members["kolesnik"], basis=BASIS)
    again = {"cabinetId": going.house.cabinets["romashka"], "member": {"email": address("kolesnik")}, "basis": BASIS}
    await going.house.act("hotline", ADD, **again)
    await going.deliver_all()
    assert await going.told("kolesnik") == ["document.received", "you.removed", "you.added"]
    assert going.sent_to("kolesnik") == (await going.owed_to("kolesnik"))[-3:]


async def test_letters_that_nobody_can_switch_off_go_to_everybody(going: Round) -> None:
    """C19, A20, A29, A32, C5, C23, EA14: documents, joining, blocking and unblocking; also before the first login."""
    await going.house.add("stranger")
    await going.house.receive("one", "kolesnik")
    await going.house.block("chaika")
    await going.house.act("hotline", UNBLOCK, memberId=going.house.members["chaika"], basis=BASIS)
    await going.deliver_all()
    told = {who: await going.told(who) for who in (*ACTIVE, "stranger")}
    others = ["member.added", "document.received", "member.blocked", "member.unblocked"]
    assert told == {
        "shcherbo": others,
        "kolesnik": others,
        "urbanovich": others,
        "chaika": [*others[:2], "you.blocked", "you.unblocked"],
        "stranger": ["you.invited", *others[1:]],
    }
    assert len(going.office.message_ids) == len(set(going.office.message_ids)) == 5 * 4


async def test_a_refused_address_is_seen_and_stops_nobody_else(going: Round) -> None:
    """ED64: FAILING in the contract for everybody who sees the member; the next letter that arrives clears it."""
    seen = "query($id: ID!) { node(id: $id) { ... on Member { emailState } } }"
    going.office.answers[address("kolesnik")] = "550 no such person"
    await going.house.receive("one", "kolesnik")
    await going.deliver_all()
    member = {"id": going.house.members["kolesnik"]}
    assert (await going.house.ask("urbanovich", seen, **member))["node"]["emailState"] == "FAILING"
    assert readers(going) == {"shcherbo": 1, "urbanovich": 1, "chaika": 1}
    assert (await going.states())["document.received", "kolesnik"] is REFUSED
    going.office.answers.clear()
    await going.house.receive("two", "kolesnik")
    await going.deliver_all()
    assert (await going.house.ask("urbanovich", seen, **member))["node"]["emailState"] == "OK"


async def test_a_text_that_is_refused_says_nothing_of_the_address(going: Round) -> None:
    """ED64: 5xx after the text ends this letter; the address stays good, and the next letter goes."""
    going.office.to_data = "554 looks like spam"
    await going.house.receive("one", "kolesnik")
    await going.deliver_all()
    states = await going.states()
    assert {states["document.received", who] for who in ACTIVE} == {REFUSED}
    going.office.to_data = "250 OK"
    await going.house.receive("two", "kolesnik")
    seen = "query($id: ID!) { node(id: $id) { ... on Member { emailState } } }"
    answer = await going.house.ask("urbanovich", seen, id=going.house.members["kolesnik"])
    assert answer["node"]["emailState"] == "OK"
    await going.deliver_all()
    assert readers(going) == dict.fromkeys(ACTIVE, 1)


async def test_two_addresses_of_one_mailbox_are_two_letters(going: Round) -> None:
    """ED65, EA12: one letter for each member; that a provider puts two addresses into one box is not ours to guess."""
    for email in ("o.k+docs@romashka.example", "ok@romashka.example"):
        newcomer = {"newUser": {"displayName": NAMES["stranger"], "email": email}}
        await going.house.act("hotline", ADD, cabinetId=going.house.cabinets["romashka"], member=newcomer, basis=BASIS)
    await going.deliver_all()
    going.office.taken.clear()
    await going.house.receive("one", "kolesnik")
    await going.deliver_all()
    assert readers(going) == dict.fromkeys((*ACTIVE, "o.k+docs", "ok"), 1)
    assert len(set(going.office.message_ids)) == 6


async def test_a_letter_goes_to_the_address_of_the_moment(going: Round) -> None:
    """ED61, ED67, EH90: address and language are read when it is sent, not when it came to be owed."""
    await going.house.receive("one", "kolesnik")
    async with going.house.world.database.transaction() as session:
        kolesnik = await session.get_one(User, going.house.users["kolesnik"])
        kolesnik.email, kolesnik.locale = "new@romashka.example", Locale.EN
    await going.deliver_all()
    [message] = [message for reader, message in going.office.taken if reader == "new@romashka.example"]
    assert message["Content-Language"] == "en"
    assert address("kolesnik") not in going.office.readers


async def test_a_burst_costs_as_many_statements_as_one(going: Round) -> None:
    """ED63: letters are written by one INSERT … SELECT a document, however many members there are."""
    await statements(going, "the sender's organisation is new")
    few = await statements(going, "few")
    people = [{"newUser": {"displayName": f"Сотрудник {n}", "email": f"n{n}@romashka.example"}} for n in range(196)]
    for newcomer in people:
        await going.house.act("hotline", ADD, cabinetId=going.house.cabinets["romashka"], member=newcomer, basis=BASIS)
    owed = await going.count(OWED)
    burst = [await statements(going, f"burst-{number}") for number in range(5)]
    assert burst == [few] * 5
    assert await going.count(OWED) - owed == 5 * 200


async def statements(going: Round, name: str) -> int:
    """How many statements write while a document comes."""
    upload = await going.house.upload("exchange", name.encode())
    with counted() as made:
        await going.house.receive(name, "kolesnik", uploadId=upload)
    assert sum("INTO deliveries" in statement for statement in made) == 1
    return len(made)


async def test_letters_leave_at_a_pace(going: Round) -> None:
    """ED63: as many a minute as the setting says leave a process; the others go in the next minutes, none is lost."""
    postman = going.another(pace=Pace(per_minute=3))
    await going.house.receive("one", "kolesnik")
    await going.house.receive("two", "kolesnik")
    for taken in (3, 6, 8):
        while await postman.pass_once():
            pass
        assert len(going.office.taken) == taken
        going.house.clock.move(timedelta(seconds=59))
        assert await postman.pass_once() == 0 or taken == 8
        going.house.clock.move(timedelta(seconds=1))
    assert readers(going) == dict.fromkeys(ACTIVE, 2)


async def test_one_person_is_written_to_at_a_pace(going: Round) -> None:
    """ED63: no mailbox gets more in a minute, whoever sends; a second postman does not help."""
    going.house.clock.move(timedelta(minutes=1))
    for number in range(5):
        await going.house.receive(f"pace-{number}", "kolesnik")
    for got in (2, 4, 5):
        for postman in (going.another(pace=Pace(to_one=2)), going.another(pace=Pace(to_one=2))):
            while await postman.pass_once():
                pass
        assert readers(going) == dict.fromkeys(ACTIVE, got)
        going.house.clock.move(timedelta(minutes=1))
    assert going.sent_to("kolesnik") == (await going.owed_to("kolesnik"))[-5:]


async def test_two_postmen_at_once_send_each_letter_once(going: Round) -> None:
    """H4: whoever has a mailbox's lease has it alone; order holds for each person."""
    for number in range(6):
        await going.house.receive(f"two-{number}", "kolesnik")

    async def work() -> None:
        postman, idle = going.another(), 0
        while idle < 3:
            idle = 0 if await postman.pass_once() else idle + 1
            await asyncio.sleep(0)

    await asyncio.gather(work(), work(), work())
    await going.deliver_all()
    assert readers(going) == dict.fromkeys(ACTIVE, 6)
    for who in ACTIVE:
        assert going.sent_to(who) == (await going.owed_to(who))[-6:]


async def test_a_lease_that_ended_is_another_postmans(going: Round) -> None:
    """H4: who was stopped for longer than a minute sends nothing under his old lease; the next one did it."""
    await going.house.receive("one", "kolesnik")
    asleep = going.another()
    office, clock = going.office, going.house.clock
    begun, goes_on = asyncio.Event(), asyncio.Event()

    async def answer_late() -> None:
        begun.set()
        await goes_on.wait()

    office.before_data = answer_late
    working = asyncio.create_task(asleep.pass_once())
    await begun.wait()
    office.before_data = None
    assert await going.deliver_all() == 0, "all mailboxes are leased"
    clock.move(LEASE)
    assert await going.deliver_all() == 4
    goes_on.set()
    await working
    assert len(office.message_ids) == 5, "one was in hand when the lease ended"
    assert len(set(office.message_ids)) == 4
    assert await going.count(OWED) == 0


async def test_an_idle_postman_waits_for_no_writer(going: Round) -> None:
    """With nothing to carry, his pass ends while an act is under way: it takes no writer's lock (ED60)."""
    async with going.house.world.database.transaction(), asyncio.timeout(10):
        assert await going.another().pass_once() == 0
    await going.house.receive("one", "kolesnik")
    assert await going.deliver_all() == len(ACTIVE)
