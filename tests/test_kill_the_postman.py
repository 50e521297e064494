"""H4: each person exactly one letter per event, proven under murder."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from databases import database_url
from doomed import Place, postman_dies
from household import NAMES, POLESYE, address
from letters_out import STATIONERY, Round, letter_round
from post_office import PostOffice, open_post_office
from quick_town import QuickTown, quick_town
from test_kill import AT_ONCE, all_letters_went, letters_are_the_owed_ones
from town import ADD, BASIS, BLOCK

from models.journal import DeliveryState
from models.mailboxes import LEASE

pytestmark = pytest.mark.anyio

READERS = ("savitskaya", "stranger")
MANY_STEPS = 60
SEED = 20261124


async def test_killed_at_every_await_of_a_send(tmp_path: Path) -> None:
    """H4, A20, ED62: N members are N Message-IDs, none to the blocked one, in order; what comes again has its own."""
    async with letter_round(tmp_path) as going:
        await two_members_and_a_blocked_one(going)
        documents = killed = 0
        while await one_more_is_killed(going, tmp_path / "data", step=killed + 1):
            killed += 1
            if await going.count(DeliveryState.OWED) < 2:
                await receive(going, f"killed-{documents}")
                documents += 1
        assert killed > MANY_STEPS, "the steps of a send are counted"
        await going.deliver_all()
        for who in READERS:
            assert going.sent_to(who) == (await going.owed_to(who))[-documents - 1 :], who
        assert set(going.office.readers) == {address(who) for who in READERS}
        assert len(set(going.office.message_ids)) == 2 * (documents + 1)
        again = Counter(going.office.message_ids)
        assert max(again.values()) > 1, "some died between the answer and the mark"
        assert sum(again.values()) - len(again) <= killed
        assert await going.count(DeliveryState.OWED) == 0


async def two_members_and_a_blocked_one(going: Round) -> None:
    """«Полесье-Трейд» gets a second member, and a third who is blocked; all are told of it, then a document comes."""
    house = going.house
    await house.add("stranger", to="polesye")
    newcomer = {"newUser": {"displayName": NAMES["grinkevich"], "email": "blocked@polesye.example"}}
    wish = {"cabinetId": house.cabinets["polesye"], "member": newcomer, "basis": BASIS}
    member = (await house.act("hotline", ADD, **wish))["member"]
    await house.act("hotline", BLOCK, memberId=member["id"], basis=BASIS)
    await going.deliver_all()
    assert going.office.readers.count("blocked@polesye.example") == 1
    going.office.taken.clear()
    await receive(going, "first")


async def receive(going: Round, name: str) -> None:
    """A document for «Полесье-Трейд»."""
    await going.house.receive(name, organization=POLESYE, recipientEmails=[address("savitskaya")])


async def one_more_is_killed(going: Round, data: Path, *, step: int) -> bool:
    """Let a new postman take the oldest letter and die at this step; then the lease ends. False when he lived."""
    place = Place(
        data=data,
        database_url=database_url(data),
        port=going.office.port,
        at=going.house.clock.now(),
        stationery=STATIONERY,
    )
    is_dead = await postman_dies(place, step=step)
    going.house.clock.move(LEASE)
    return is_dead


async def test_a_server_killed_while_letters_go_out(tmp_path: Path) -> None:
    """H4, A20: kill -9 after some letters, twice, at moments that chance decides; each arrives, in order for each."""
    chance = Random(SEED)
    async with open_post_office() as office:
        mail = f"smtp://127.0.0.1:{office.port}"
        async with quick_town(tmp_path, is_watched=False, CABINET_MAIL_URL=mail, **AT_ONCE) as town:
            for number in range(8):
                await town.deliver(f"burst-{number}", "kolesnik")
            await killed_after(town, office, letters=chance.randint(3, 12))
            async with town.again():
                await killed_after(town, office, letters=chance.randint(3, 12))
            async with town.again():
                await all_letters_went(town)
        letters_are_the_owed_ones(town, office)


async def killed_after(town: QuickTown, office: PostOffice, *, letters: int) -> None:
    """The power goes when so many more have been taken, or none is left."""
    goal = len(office.taken) + letters
    async with asyncio.timeout(LEASE.total_seconds() + 60):
        while len(office.taken) < goal:  # noqa: ASYNC110  # another process's work
            await asyncio.sleep(0.005)
    await town.server.kill()
