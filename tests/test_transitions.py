"""Every transition of a document: the journal of each cabinet, what is pushed, who is written to, in one table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from household import SCHEMA, Household, address
from town import BASIS
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


async def unsigned(house: Household) -> str:
    """A whole draft, for which both sides have to sign."""
    return await saved(house)


STEPS = {
    "save a draft": Step(given=None, act=save, to=None),
    "send, own signature missing": Step(given=unsigned, act=send, to="SENT", polesye=("DOCUMENT_SENT",)),
    "sign a draft": Step(given=unsigned, act=sign_for_the_sender, to="DRAFT", polesye=("DOCUMENT_SIGNED",)),
    "sign what is sent: delivered": Step(
        given=left, act=sign_for_the_sender, to="AWAITING_SIGNATURE",
        polesye=("DOCUMENT_SIGNED",), romashka=("DOCUMENT_RECEIVED",),
        letter="document.received", readers=tuple(EVERYBODY),
    ),
    "send, one-sided: delivered": Step(
        given=lambda house: saved(house, requiredSides=[]), act=send, to="DELIVERED",
        polesye=("DOCUMENT_SENT",), romashka=("DOCUMENT_RECEIVED",),
        letter="document.received", readers=tuple(EVERYBODY),
    ),
    "delivered by the exchange": Step(
        given=None, act=deliver, to=None, romashka=("DOCUMENT_RECEIVED",),
        letter="document.received", readers=tuple(EVERYBODY),
    ),
    "opened, by two": Step(
        given=waiting, act=open_it, to="AWAITING_SIGNATURE", romashka=("DOCUMENT_VIEWED",),
    ),
    "signed": Step(
        given=waiting, act=sign, to="SIGNED", polesye=("DOCUMENT_SIGNED",), romashka=("DOCUMENT_SIGNED",),
        letter="document.signed", readers=(SENDER,),
    ),
    "rejected": Step(
        given=waiting, act=reject, to="REJECTED", polesye=("DOCUMENT_REJECTED",), romashka=("DOCUMENT_REJECTED",),
        letter="document.rejected", readers=(SENDER,),
    ),
    "withdrawn": Step(
        given=waiting, act=withdraw, to="WITHDRAWN", polesye=("DOCUMENT_WITHDRAWN",), romashka=("DOCUMENT_WITHDRAWN",),
        letter="document.withdrawn", readers=tuple(EVERYBODY),
    ),
    "withdrawn before it left": Step(given=left, act=withdraw, to="WITHDRAWN", polesye=("DOCUMENT_WITHDRAWN",)),
    "expired": Step(
        given=waiting, act=let_it_expire, to="EXPIRED", polesye=("DOCUMENT_EXPIRED",), romashka=("DOCUMENT_EXPIRED",),
        letter="document.expired", readers=(SENDER,),
    ),
    "archived": Step(given=waiting, act=archive, to="AWAITING_SIGNATURE", romashka=("DOCUMENT_ARCHIVED",)),
}  # fmt: skip
ADDED = {"DOCUMENT_SENT", "DOCUMENT_RECEIVED"}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
async def test_a_transition_is_journaled_pushed_and_mailed_as_the_table_says(house: Household, step: Step) -> None:
    """D3, A20, B1, C9, C18, EB33: exactly these entries and events on each side, exactly these letters, no others."""
    document_id = await step.given(house) if step.given else ""
    since = {name: await cursor(house, name) for name in READERS}
    async with noted(house) as came:
        await step.act(house, document_id)
    written = {name: [kind for of, kind in came.entries if of == name] for name in READERS}
    expected = {"polesye": [*step.polesye], "romashka": [*step.romashka]}
    assert written == expected
    assert came.letters == [(step.letter, reader) for reader in sorted(step.readers)]
    pushed = {name: await events(house, name, since[name]) for name in READERS}
    assert pushed == {name: [(event_of(kind), kind) for kind in kinds] for name, kinds in expected.items()}
    if step.to:
        assert (await house.ask(SENDER, STATUS, id=document_id))["document"] == {"status": step.to}


def event_of(kind: str) -> str:
    """A document is new to a cabinet when it was sent or came; otherwise it is another one than before."""
    return "DocumentAddedEvent" if kind in ADDED else "DocumentUpdatedEvent"


async def cursor(house: Household, of: str) -> str:
    """Where a cabinet's feed stands."""
    return str((await house.ask(READERS[of], CURSOR, c=house.cabinets[of]))["cabinet"]["eventCursor"])


async def events(house: Household, of: str, after: str) -> list[tuple[str, str]]:
    """What is pushed to a cabinet's reader since then, up to a change of settings that is made last."""
    settings = {"cabinetId": house.cabinets[of], "selfService": False, "basis": BASIS}
    await house.act("hotline", UPDATE_CABINET, **settings)
    said = {"c": house.cabinets[of], "a": after}
    stream: Any = await SCHEMA.subscribe(EVENTS, said, context_value=house.context(READERS[of]))
    found: list[tuple[str, str]] = []
    async for result in stream:
        event = result.data["cabinetEvents"]
        if event["__typename"] == "CabinetChangedEvent":
            break
        found.append((event["__typename"], event["entry"]["kind"]))
    await stream.aclose()
    return found
