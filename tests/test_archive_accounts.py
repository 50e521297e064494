"""What happens to an account is told in the cabinets it belongs to, never in its own archive (C20, C25)."""

from __future__ import annotations

import pytest
from household import NAMES, Household, address
from mailbag import mailbag
from own_archives import card, delivered, held
from sqlalchemy import select
from test_archive_isolation import hidden
from town import PASSWORD
from wishes import HEADER, SET_PASSWORD, Noted, noted

from models.cabinets import Cabinet
from models.journal import Entry
from resolvers import owner
from schema.nodes import decode

pytestmark = pytest.mark.anyio

NEW = "new@romashka.example"
CHANGE = """mutation($i: ViewerUpdateInput!) {
  viewerUpdate(input: $i) { viewer { id displayName members { id } } userErrors { code path } } }"""
CONFIRM = """mutation($i: EmailConfirmInput!) {
  emailConfirm(input: $i) { viewer { id email } userErrors { code path } } }"""
WHOLE = "query($id: ID!) { node(id: $id) { ... on User { displayName members { id cabinet { id } } } } }"


async def kept(house: Household, who: str) -> tuple[list[str], int]:
    """The kinds of entries of somebody's archive, as the database has them, and how many it counts."""
    cabinet_id = decode((await hidden(house, who))[0])
    assert cabinet_id is not None
    async with house.world.database.snapshot() as session:
        kinds = await session.scalars(select(Entry.kind).where(Entry.cabinet_id == cabinet_id[1]).order_by(Entry.seq))
        counted = await session.scalar(select(Cabinet.last_seq).where(Cabinet.id == cabinet_id[1]))
    return list(kinds), counted or 0


async def lives(house: Household, code: str) -> list[Noted]:
    """What an account goes through: registered, renamed, moved to a new address, given a key; what came of each."""
    bag, came = await mailbag(house), [Noted() for _ in range(4)]
    async with noted(house) as came[0]:
        await house.act(None, SET_PASSWORD, token=code, newPassword=PASSWORD)
    async with noted(house) as came[1]:
        await house.act("stranger", CHANGE, displayName="Новый Иван Иванович")
    await house.act("stranger", CHANGE, email=NEW)
    (letter,) = [each for each in await bag.since(house) if each.to == NEW]
    async with noted(house) as came[2]:
        await house.act(None, CONFIRM, token=letter.code)
    async with noted(house) as came[3]:
        await house.give_key("stranger")
    return came


async def test_an_account_that_changes_says_nothing_in_its_archive(house: Household) -> None:
    """C20, C25, A7, EA24: a change is one entry of the cabinet he is in; the archive has its documents' alone."""
    await house.add("stranger")
    document_id = await delivered(house, "mine", "stranger")
    before = await kept(house, "stranger")
    assert before == (["DOCUMENT_RECEIVED"], 1)
    told = ["REGISTRATION_COMPLETED", "USER_UPDATED", "USER_UPDATED", "CERTIFICATE_REGISTERED"]
    came = await lives(house, await house.invitation("stranger"))
    assert came == [Noted(entries=[("romashka", kind)]) for kind in told]
    assert await kept(house, "stranger") == before
    shown = await card(house, "stranger", document_id)
    assert [entry["kind"] for entry in shown["activity"]["nodes"]] == ["DOCUMENT_RECEIVED"]
    await no_place_shows(house, [house.members["stranger"]])


async def test_an_account_of_an_archive_alone_tells_nobody(house: Household) -> None:
    """C20, C25: who belongs to no cabinet registers and is renamed, and no journal has a line of it."""
    made = await owner.make_account(
        house.system, email=address("stranger"), display_name=NAMES["stranger"], locale=None
    )
    house.users["stranger"] = made.user.id
    document_id = await delivered(house, "mine", "stranger")
    assert made.code is not None
    assert await lives(house, made.code) == [Noted()] * 4
    assert await kept(house, "stranger") == (["DOCUMENT_RECEIVED"], 1)
    assert await held(house, "stranger") == [document_id]
    await no_place_shows(house, [])


async def no_place_shows(house: Household, places: list[str]) -> None:
    """Neither to himself nor to a colleague or the hotline; his header names the cabinets alone."""
    own_id = (await house.ask("stranger", "{ viewer { id } }"))["viewer"]["id"]
    renamed = await house.act("stranger", CHANGE, displayName="Ещё Новее")
    assert [each["id"] for each in renamed["viewer"]["members"]] == places
    header = (await house.ask("stranger", HEADER))["viewer"]["members"]
    assert len(header) == len(places)
    for who in ("stranger", "chaika", "hotline"):
        node = (await house.ask(who, WHOLE, id=own_id))["node"]
        assert [each["id"] for each in (node or {"members": []})["members"]] == places, who
