"""The chained journal: numbered without gaps, digests by the one recipe, and the first bad place is found."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from chains import require_whole
from household import Household
from sqlalchemy import select, text
from town import BASIS, PDF
from wishes import ARCHIVE, BLOCK_MEMBER, REJECT, SEND, UNBLOCK_MEMBER, VIEW, WITHDRAW, draft, sent

from models.chain import Break, Fault
from models.journal import Entry
from models.refusals import Reason, Refusal
from resolvers import chain
from schema.nodes import decode

pytestmark = pytest.mark.anyio


def cabinet_of(house: Household, name: str) -> int:
    found = decode(house.cabinets[name])
    assert found is not None
    return found[1]


async def checked(house: Household, name: str = "romashka") -> Break | None:
    """What the server's owner is told of a cabinet's journal."""
    return (await chain.verify(house.system, cabinet_id=cabinet_of(house, name))).broken


async def test_every_entry_is_chained_by_the_recipe(house: Household) -> None:
    """G (reliability), signing.md §7: from the first entry on, whoever acts and whatever he does, in both cabinets."""
    document_id = await house.receive("c-1", "kolesnik", title="Акт «Й» и́ e\u0301 ✓")
    await house.act("urbanovich", VIEW, documentId=document_id)
    await house.sign("urbanovich", document_id, PDF + b"c-1")
    theirs = await sent(house, "kolesnik", to="polesye", requiredSides=["RECIPIENT"])
    await house.act("kolesnik", WITHDRAW, documentId=theirs, reason="ошибка\n\tв сумме")
    await house.block("chaika")
    romashka, polesye = cabinet_of(house, "romashka"), cabinet_of(house, "polesye")
    counts = await require_whole(house)
    assert set(counts) == {romashka, polesye}
    for name, cabinet_id in (("romashka", romashka), ("polesye", polesye)):
        seen = await chain.verify(house.system, cabinet_id=cabinet_id)
        assert (seen.seq, seen.broken) == (counts[cabinet_id], None), name


async def test_acts_at_once_neither_fork_nor_leave_a_gap(house: Household) -> None:
    """EG82: two dozen acts at once, in one cabinet and between two, end as numbers 1 … n of an unbroken chain."""
    documents = [await house.receive(f"g-{number}", "kolesnik") for number in range(6)]
    said: dict[str, Any] = {"requiredSides": ["RECIPIENT"]}
    back = [await draft(house, "savitskaya", to="romashka", of="polesye", title=f"Счёт {n}", **said) for n in range(4)]
    forth = [await draft(house, "kolesnik", to="polesye", title=f"Договор {n}", **said) for n in range(4)]
    before = await require_whole(house)
    wishes: list[tuple[str, str, dict[str, Any]]] = [
        *(("urbanovich", ARCHIVE, {"documentId": each, "archived": True}) for each in documents),
        *(("chaika", VIEW, {"documentId": each}) for each in documents),
        *(("kolesnik", REJECT, {"documentId": each, "reason": "нет"}) for each in documents[:4]),
        *(("savitskaya", SEND, {"draftId": each}) for each in back),
        *(("kolesnik", SEND, {"draftId": each}) for each in forth),
    ]
    await asyncio.gather(*(house.act(who, mutation, **wish) for who, mutation, wish in wishes))
    after = await require_whole(house)
    romashka, polesye = cabinet_of(house, "romashka"), cabinet_of(house, "polesye")
    assert after[romashka] - before[romashka] == len(wishes)
    assert after[polesye] - before[polesye] == len(back) + len(forth)


async def test_a_refused_act_takes_no_number(house: Household) -> None:
    """EG82: what is rolled back leaves neither a gap nor a link behind."""
    before = await require_whole(house)
    await house.try_to("shcherbo", BLOCK_MEMBER, memberId=house.members["shcherbo"])
    assert await require_whole(house) == before


async def test_a_clock_set_back_does_not_turn_the_journal_round(house: Household) -> None:
    """G (reliability): an entry is never earlier than the one before it."""
    await house.block("kolesnik")
    house.clock.move(timedelta(hours=-3))
    await house.act("hotline", UNBLOCK_MEMBER, memberId=house.members["kolesnik"], basis=BASIS)
    async with house.system.reading() as reading:
        at = [row[0] for row in await reading.rows(select(Entry.at).order_by(Entry.id.desc()).limit(2))]
    assert at[0] == at[1] == house.clock.now() + timedelta(hours=3)
    await require_whole(house)


HANDS = {
    "a body": ("UPDATE entries SET basis_text = 'никто' WHERE cabinet_id = :c AND seq = 2", 2, Fault.BODY_EDITED),
    "a head": ("UPDATE entries SET kind = 'MEMBER_REMOVED' WHERE cabinet_id = :c AND seq = 3", 3, Fault.HEAD_EDITED),
    "a digest": ("UPDATE entries SET hash = body_sha256 WHERE cabinet_id = :c AND seq = 1", 1, Fault.HEAD_EDITED),
    "an entry": ("DELETE FROM entries WHERE cabinet_id = :c AND seq = 4", 4, Fault.MISSING),
    "the last entry": (
        "DELETE FROM entries WHERE cabinet_id = :c AND seq = (SELECT last_seq FROM cabinets WHERE id = :c)",
        10,
        Fault.MISSING,
    ),
}


@pytest.mark.parametrize("what", HANDS)
async def test_a_hand_in_the_database_is_found(house: Household, what: str) -> None:
    """G (reliability): with the triggers away, what is edited or deleted is named by its number and its fault."""
    statement, seq, fault = HANDS[what]
    cabinet_id = cabinet_of(house, "romashka")
    async with house.world.database.transaction() as session:
        await session.execute(text("DELETE FROM deliveries"))
        for trigger in await _triggers_away(session.get_bind().dialect.name):
            await session.execute(text(trigger))
        await session.execute(text(statement), {"c": cabinet_id})
    assert await checked(house) == Break(seq=seq, fault=fault)
    assert await checked(house, "polesye") is None


async def _triggers_away(engine: str) -> list[str]:
    if engine == "sqlite":
        return [f"DROP TRIGGER tr_entries_no_{act}" for act in ("update", "delete")]
    return ["DROP TRIGGER tr_entries_no_change ON entries"]


async def test_a_journal_is_verified_for_the_server_owner_alone(house: Household) -> None:
    """Whoever sees less than all would be told of gaps: an operator is refused, an unknown cabinet not found."""
    with pytest.raises(Refusal) as forbidden:
        await chain.verify(house.context("hotline"), cabinet_id=cabinet_of(house, "romashka"))
    with pytest.raises(Refusal) as unknown:
        await chain.verify(house.system, cabinet_id=404)
    assert (forbidden.value.reason, unknown.value.reason) == (Reason.FORBIDDEN, Reason.NOT_FOUND)
