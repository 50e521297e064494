"""Isolation by generation (EE74): whatever names something is tried with what is another cabinet's, and tells nothing.

The places are found by walking the built contract (`spots.py`), the two cabinets have the same plot (`mirrored.py`). An
answer to a foreign id, cursor or word is, byte for byte, that to an id, cursor or word of nothing; no row changes.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from itertools import count

import pytest
from answers import GIVEN, answer, asked, good, put
from household import NAMES
from mirrored import CALLERS, Mirrored, Side, belongings, content_of, mirrored, receive, statuses
from quick_town import CURSOR
from refused import nothing_changes
from spots import CURSORS, Spot, all_spots, views
from town import BASIS, BLOCK

from models.exchanges import DocumentStatus
from schema.nodes import encode
from schema.nodes_query import FINDS

pytestmark = pytest.mark.anyio

SPOTS = all_spots()
IDS = [spot for spot in SPOTS if spot.is_id]
PAGES = [spot for spot in SPOTS if spot.name in CURSORS]
WORDS = [spot for spot in SPOTS if not spot.is_id and spot.name not in CURSORS]
PRIVATE = ("Certificate", "DocumentUpload", "Session", "SigningIntent")
BROKEN = ("", "не id", "TWVtYmVyOjE=", "A" * 2000)
NEVER_WAS = 999_999
NUMBERS = count(1)

UNREACHED = {
    "viewer.documents.filter.memberIds": "an archive of one's own has no members",
}
"""Places where nothing of one's own is found either."""


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One loop for all of this file."""
    return "asyncio"


@pytest.fixture(scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mirrored]:
    """Two cabinets with the same plot."""
    async with mirrored(tmp_path_factory.mktemp("mirrored")) as made:
        yield made


def not_his(world: Mirrored, role: str) -> dict[str, str]:
    """What is the other cabinet's, one id of each kind, what is private there, and what is a colleague's own."""
    kinds = PRIVATE if role == "admin" else ()
    there = {f"{kind} of somebody there": world.foreign.private[kind] for kind in kinds}
    here = {f"{kind} of a colleague": world.own.private[kind] for kind in kinds}
    return {**world.foreign.ids, **there, **here}


def of_nothing(spot: Spot, role: str) -> dict[str, str]:
    """Ids of the same shape that never were, and what is no id; in a filter an empty text is no condition."""
    kinds = sorted({*FINDS, "ApiToken"}) if role == "admin" else [spot.kind or "Document"]
    broken = [text for text in BROKEN if text or spot.argument != "filter"]
    return {**{f"no {kind}": encode(kind, NEVER_WAS) for kind in kinds}, **{repr(text[:9]): text for text in broken}}


@pytest.mark.parametrize("spot", IDS, ids=str)
async def test_what_is_foreign_answers_like_what_never_was(world: Mirrored, spot: Spot) -> None:
    """EE74, C16, A1, EA21: ids of every kind, in each place that takes one: data, errors, messages; no row moves."""
    async with nothing_changes(world.house):
        nothing = {role: await asked(world, role, spot, encode(spot.kind or "Document", NEVER_WAS)) for role in CALLERS}
        told_apart = [
            (role, name)
            for role in CALLERS
            for name, value in {**not_his(world, role), **of_nothing(spot, role)}.items()
            if await asked(world, role, spot, value) != nothing[role]
        ]

    assert told_apart == []
    is_reached = await asked(world, "admin", spot, await own_value(world, spot)) != nothing["admin"]
    assert is_reached is (str(spot) not in UNREACHED)


async def own_value(world: Mirrored, spot: Spot) -> str:
    """An id that must be answered otherwise: of the caller's own, made anew for an act that may use it up."""
    if spot.kind is None:
        return world.own.ids["Document"]
    if spot.chain == ("documentReceive",):
        return await world.house.upload("exchange", b"%PDF-1.4 isolation")
    if spot.name == "companyId":
        return world.own.ids["Company"]
    if spot.root == "mutation":
        await refresh(world)
    return good(world.own, spot)[spot.kind]


async def refresh(world: Mirrored) -> None:
    """Give the administrator a new key, draft, intent, upload, login and colleague."""
    house, own = world.house, world.own
    await house.give_key(own.admin)
    own.ids |= await belongings(house, own, own.admin)
    who = f"colleague{next(NUMBERS)}"
    NAMES[who] = "Новый Пётр Петрович"
    own.ids["Colleague"] = await house.add(who)


async def cursor_of(world: Mirrored, side: Side, spot: Spot) -> str:
    """A cursor that a side's administrator was given in this very place."""
    if spot.root == "subscription":
        seen = await world.house.ask(side.admin, CURSOR, c=side.ids["Cabinet"])
        return str(seen["cabinet"]["eventCursor"])
    found = json.loads(await answer(world, side.admin, put(world, side, spot, None)))[0][0]
    for name in spot.chain:
        found = found[name]
    return str(found["pageInfo"]["endCursor"])


@pytest.mark.parametrize("spot", PAGES, ids=str)
async def test_a_cursor_that_is_not_ours_leads_nowhere(world: Mirrored, spot: Spot) -> None:
    """C24, EE69: foreign, altered, garbage: a page refuses it by BAD_USER_INPUT, a stream says that there is a gap."""
    ours = await cursor_of(world, world.own, spot)
    altered = ("B" if ours[0] == "A" else "A") + ours[1:]
    strange = [await cursor_of(world, world.foreign, spot), altered, ours[::-1], *BROKEN]

    async with nothing_changes(world.house):
        answers = {await asked(world, "admin", spot, cursor) for cursor in strange}

    assert len(answers) == 1
    expected = "ResyncRequiredEvent" if spot.root == "subscription" else "BAD_USER_INPUT"
    assert expected in answers.pop()
    assert expected not in await asked(world, "admin", spot, ours)


@pytest.mark.parametrize("spot", WORDS, ids=str)
async def test_words_of_another_cabinet_find_nothing(world: Mirrored, spot: Spot) -> None:
    """EF78, EE74: names, addresses, titles and tax numbers that only the other cabinet has count and list nothing."""
    nothing = {role: await asked(world, role, spot, "Ничегошеньки") for role in CALLERS}
    told_apart = [
        (role, word)
        for role in CALLERS
        for word in world.foreign.words
        if await asked(world, role, spot, word) != nothing[role]
    ]
    assert told_apart == []
    own = [await asked(world, "admin", spot, word) for word in (*world.own.words, "Колесник", "Ромашка", "Акт")]
    assert ({*own} != {nothing["admin"]}) is (str(spot) not in UNREACHED)


async def test_what_happens_there_changes_no_byte_here(world: Mirrored) -> None:
    """EE74, EF78: every view, list and counter of one cabinet is the same before and after the other one has a day."""
    house, own, there = world.house, world.own, world.foreign
    before = {name: await answer(world, own.admin, made) for name, made in views(good=own.ids)}
    after = await receive(house, there, "later")
    await house.sign(there.people["signer"], after, content_of(there, "later"))
    await house.act("hotline", BLOCK, memberId=house.members[there.people["plain"]], basis=BASIS)
    assert {name: await answer(world, own.admin, made) for name, made in views(good=own.ids)} == before
    assert {name: text for name, text in before.items() if not text.endswith(", []]]")} == {}


async def test_a_challenge_of_another_is_none(world: Mirrored) -> None:
    """EE74, EH91: somebody else's challenge is told from garbage by nothing."""
    spot = Spot("mutation", ("certificateRegister",), "input", ("challenge",), is_id=False)
    async with nothing_changes(world.house):
        answers = {
            await asked(world, "signer", spot, challenge)
            for challenge in (world.foreign.challenge, world.own.challenge, "garbage")
        }
    assert len(answers) == 1


async def test_the_two_cabinets_have_the_same_plot(world: Mirrored) -> None:
    """EE74: both have every kind of object, and documents in every state."""
    for side in (world.own, world.foreign):
        assert await statuses(world, side) == set(DocumentStatus)
        assert set(side.ids) >= {*FINDS, "ApiToken"}
    assert world.own.ids.keys() == world.foreign.ids.keys()


def test_the_walk_finds_what_the_contract_has() -> None:
    """A place that nobody knows by name, a reason that is no more, or a walk that finds too little is red here."""
    assert {str(spot) for spot in IDS} >= {"node.id", "nodes.ids", "documentAdded.filter.memberIds"}
    assert (len(IDS) >= 36, len(PAGES) >= 10, len(WORDS) >= 6) == (True, True, True)
    assert {*GIVEN, *UNREACHED} <= {str(spot) for spot in SPOTS}
    assert all(spot.kind or spot.name in ("id", "ids") for spot in IDS)
