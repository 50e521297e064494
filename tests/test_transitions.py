"""Every transition of a document: the journal of each cabinet, what is pushed there, and who is written to, one table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from household import SCHEMA, Household, address
from town import BASIS, PDF
from wishes import ARCHIVE, REJECT, SEND, UPDATE_CABINET, VIEW, WITHDRAW, content_of, draft, listed, noted, sent

from server.keeper import Keeper

pytestmark = pytest.mark.anyio

CURSOR = "query($c: ID!) { cabinet(id: $c) { eventCursor } }"
EVENTS = """subscription($c: ID!, $a: String) {
  cabinetEvents(cabinetId: $c, after: $a) { __typename entry { kind } } }"""
STATUS = "query($id: ID!) { document(id: $id) { status } }"
READERS = {"polesye": "savitskaya", "romashka": "urbanovich"}
EVERYBODY = ["chaika", "kolesnik", "shcherbo", "urbanovich"]  # «Ромашка» without Гринкевич, who is blocked
TITLE = "Договор поставки"
SENDER = "savitskaya"
Act = Callable[[Household, str], Awaitable[None]]


async def saved(house: Household, *, to: str = "romashka", **said: Any) -> str:
    """A draft of «Полесье» for Колесник."""
    return await draft(house, SENDER, to=to, of="polesye", recipientEmails=[address("kolesnik")], **said)


async def left(house: Household, **said: Any) -> str:
    """Sent by «Полесье»; its own view."""
    return await sent(house, SENDER, to="romashka", of="polesye", recipientEmails=[address("kolesnik")], **said)


async def waiting(house: Household) -> str:
    """A document of «Полесье» that waits for «Ромашка» alone."""
    in_an_hour = (house.clock.now() + timedelta(hours=1)).isoformat()
    return await left(house, requiredSides=["RECIPIENT"], signBefore=in_an_hour)


async def arrived(house: Household) -> str:
    """The view of «Ромашка»."""
    (found,) = await listed(house, "kolesnik", "INCOMING")
    return found


async def save(house: Household, _: str) -> None:
    await saved(house)


async def send(house: Household, document_id: str) -> None:
    await house.act(SENDER, SEND, draftId=document_id)


async def sign_for_the_sender(house: Household, document_id: str) -> None:
    await house.sign(SENDER, document_id, content_of(TITLE))


async def deliver(house: Household, _: str) -> None:
    await house.receive("d3", "kolesnik")


async def open_it(house: Household, _: str) -> None:
    there = await arrived(house)
    for who in ("chaika", "kolesnik"):
        await house.act(who, VIEW, documentId=there)


async def sign(house: Household, _: str) -> None:
    await house.sign("urbanovich", await arrived(house), content_of(TITLE))


async def reject(house: Household, _: str) -> None:
    await house.act("chaika", REJECT, documentId=await arrived(house), reason="не та сумма")


async def withdraw(house: Household, document_id: str) -> None:
    await house.act(SENDER, WITHDRAW, documentId=document_id)


async def let_it_expire(house: Household, _: str) -> None:
    house.clock.move(timedelta(hours=1))
    assert await Keeper(house.world).pass_once() == 1


async def archive(house: Household, _: str) -> None:
    await house.act("chaika", ARCHIVE, documentId=await arrived(house), archived=True)


@dataclass(frozen=True, kw_only=True)
class Step:
    """A row of D3: from where, what happens, where to; what each side's journal and stream say; who is written to."""

    given: Callable[[Household], Awaitable[str]] | None
    act: Act
    to: str | None
    polesye: tuple[str, ...] = ()
    romashka: tuple[str, ...] = ()
    letter: str = ""
    readers: tuple[str, ...] = ()
