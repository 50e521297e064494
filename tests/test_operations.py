"""What clients ask: every operation of `schema/operations.graphql`, on the demo's data, gives the answer in `answers/`.

A changed answer is a changed promise (H13). `WRITE_ANSWERS=1` writes them again, to be read before they are committed.
What differs at each seeding (keys, digests, links, cursors) is replaced by its name.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from clients import b64
from databases import database_url
from fakes import MovedClock
from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse, print_ast, visit
from graphql.language import FragmentSpreadNode, Visitor
from household import SCHEMA
from sqlalchemy import select
from town import PDF

import schema
from models.accounts import User
from resolvers import uploads
from resolvers.context import Client, Context
from resolvers.ports import Outside
from resolvers.rights import Principal
from schema.nodes import decode
from server.demo import pen
from server.demo.authority import Authority
from server.demo.cast import CHAIKA, HOTLINE, IVANOV_2, KOLESNIK, SAVITSKAYA, URBANOVICH, Operator, Person
from server.demo.seed import Seeding
from server.outside import outside
from server.settings import read_settings

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
COUNT = 54
ANSWERS = Path(__file__).with_name("answers")
DOCUMENT = parse(Path(schema.__file__).with_name("operations.graphql").read_text(encoding="utf-8"))
FRAGMENTS = {d.name.value: d for d in DOCUMENT.definitions if isinstance(d, FragmentDefinitionNode)}
OPERATIONS = {
    d.name.value: d for d in DOCUMENT.definitions if isinstance(d, OperationDefinitionNode) and d.name is not None
}
VARYING = {"serialNumber", "digest", "downloadUrl", "url", "cursor", "endCursor", "eventCursor", "value"}
BASIS = {"text": "звонок директора Н. И. Петровой", "ticket": "HL-10233"}
MINE = """query($f: DocumentFilter!, $k: FolderKind!) {
  cabinet { folder(kind: $k) { documents(filter: $f, first: 1) { nodes { id } } } } }"""


class _Spread(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: Any) -> None:
        self.names.append(node.name.value)


def text_of(operation: str) -> str:
    """An operation with the fragments that it needs, as a client sends it."""
    parts: dict[str, FragmentDefinitionNode | OperationDefinitionNode] = {operation: OPERATIONS[operation]}
    waiting = [operation]
    while waiting:
        found = _Spread()
        visit(parts[waiting.pop()], found)
        waiting += [name for name in found.names if name not in parts]
        parts |= {name: FRAGMENTS[name] for name in found.names}
    return "\n\n".join(map(print_ast, parts.values()))


def steady(answer: Any, key: str = "") -> Any:
    """An answer without what differs at each seeding."""
    if isinstance(answer, dict):
        return {name: steady(value, name) for name, value in answer.items()}
    if isinstance(answer, list):
        return [steady(value) for value in answer]
    if isinstance(answer, datetime):
        return answer.isoformat()
    return f"<{key}>" if key in VARYING and answer is not None else answer


@dataclass
class Demo:
    """The demo, and what was answered in it."""

    world: Outside
    authority: Authority
    people: dict[str, int]
    answers: dict[str, Any]

    def context(self, who: Person | Operator) -> Context:
        """Somebody's."""
        return Context(self.world, Principal(user_id=self.people[who.email]), Client())

    async def asked(self, who: Person | Operator, query: str, **variables: Any) -> Any:
        """The data of a query of the test's own."""
        result = await SCHEMA.execute(query, variables, context_value=self.context(who))
        assert result.errors is None, result.errors
        return result.data

    async def ask(self, who: Person | Operator, operation: str, **variables: Any) -> Any:
        """Ask as a client does, and keep the answer; its data."""
        data = await self.asked(who, text_of(operation), **variables)
        self.answers[operation] = steady(data)
        return data

    async def follow(self, who: Person | Operator, operation: str, **variables: Any) -> AsyncGenerator[Any, None]:
        """The events of a subscription."""
        results = await SCHEMA.stream(text_of(operation), variables, context_value=self.context(who))
        async with aclosing(results):
            async for result in results:
                assert result.errors is None, result.errors
                yield result.data

    async def first(self, who: Person, folder: str, **filter: Any) -> str:
        """The newest document of a folder that passes a filter."""
        page = await self.asked(who, MINE, f=filter, k=folder)
        return str(page["cabinet"]["folder"]["documents"]["nodes"][0]["id"])


async def _read(demo: Demo) -> str:
    """All that is only read; the cursor that the live feed begins after."""
    await demo.ask(URBANOVICH, "Header")
    await demo.ask(URBANOVICH, "Dashboard", folder="INCOMING", filter={"onlyMine": True})
    await demo.ask(URBANOVICH, "ColleaguesDocuments", search="Е.С.Колесник")
    other = await demo.first(URBANOVICH, "SIGNED", signedByOther=True)
    await demo.ask(URBANOVICH, "DocumentCard", id=other)
    await demo.ask(CHAIKA, "Users")
    start = await demo.ask(URBANOVICH, "DashboardStart", folder="AWAITING_US")
    return str(start["cabinet"]["eventCursor"])


async def _sign(demo: Demo) -> None:
    """A colleague's document is signed for him, in three steps."""
    member = await demo.asked(KOLESNIK, "{ viewer { members { id } } }")
    colleague = member["viewer"]["members"][0]["id"]
    waiting = await demo.first(URBANOVICH, "AWAITING_US", memberIds=[colleague], memberAs=["RECIPIENT"])
    window = await demo.ask(URBANOVICH, "CertificateWindow", document=waiting)
    chosen = window["document"]["signingChoices"][0]["certificate"]["id"]
    prepared = await demo.ask(URBANOVICH, "PrepareSignature", document=waiting, certificate=chosen)
    intent = prepared["signaturePrepare"]["intent"]
    row = decode(waiting)
    assert row is not None
    digest = (await demo.asked(URBANOVICH, f'{{ document(id: "{waiting}") {{ file {{ sha256 }} }} }}'))["document"]
    content = await demo.world.blobs.read(digest["file"]["sha256"])
    keys = demo.authority.credentials(URBANOVICH.email)
    signature = pen.sign(content, key=keys.private_key, certificate=keys.x509, claimed_at=NOW)
    read = [warning["code"] for warning in intent["warnings"]]
    await demo.ask(URBANOVICH, "Sign", intent=intent["id"], signature=b64(signature), warnings=read)


async def _administer(demo: Demo) -> None:
    """The hotline's day."""
    cabinet = (await demo.asked(URBANOVICH, "{ cabinet { id } }"))["cabinet"]["id"]
    existing = {"cabinet": cabinet, "basis": BASIS}
    await demo.ask(HOTLINE, "AddExistingMember", **existing, email=SAVITSKAYA.email, key="k-1")
    person = {"displayName": "Новикова Алла Сергеевна", "email": "novikova@romashka.example"}
    await demo.ask(HOTLINE, "AddNewMember", **existing, person=person, key="k-2")
    found = await demo.asked(IVANOV_2, "{ viewer { members { id } } }")
    await demo.ask(HOTLINE, "Block", member=found["viewer"]["members"][0]["id"], basis=BASIS)


async def _send(demo: Demo) -> None:
    """A document to the other cabinet of this server."""
    cabinet = (await demo.asked(KOLESNIK, "{ cabinet { id } }"))["cabinet"]["id"]
    file = {
        "cabinetId": cabinet,
        "fileName": "Акт 77.pdf",
        "contentType": "application/pdf",
        "sizeBytes": len(PDF),
        "sha256": hashlib.sha256(PDF).hexdigest(),
    }
    upload = (await demo.ask(KOLESNIK, "Upload", file=file))["documentUploadCreate"]["upload"]
    row = decode(upload["id"])
    assert row is not None

    async def chunks() -> AsyncIterator[bytes]:
        yield PDF

    await uploads.store(demo.context(KOLESNIK), upload_id=row[1], chunks=chunks())
    draft = {
        "draft": {"cabinetId": cabinet},
        "uploadId": upload["id"],
        "kind": "ACT",
        "title": "Акт 77",
        "number": "77",
        "counterparty": {"taxId": "190000002"},
    }
    saved = (await demo.ask(KOLESNIK, "SaveDraft", draft=draft))["draftSave"]["document"]
    stream = demo.follow(KOLESNIK, "NewDocuments", cabinet=cabinet)
    async with aclosing(stream):
        waiting = asyncio.ensure_future(anext(stream))
        for _ in range(10):  # by then the stream has read where it begins
            await demo.asked(KOLESNIK, "{ viewer { id } }")
        await demo.ask(KOLESNIK, "Send", draft=saved["id"], key="k-3")
        async with asyncio.timeout(10):
            demo.answers["NewDocuments"] = steady(await waiting)


async def _all(folder: Path) -> dict[str, Any]:
    settings = read_settings(data_dir=folder, database_url=database_url(folder))
    await Seeding(settings, folder / "demo", now=NOW, count=COUNT).play(lambda: None)
    async with outside(settings, clock=MovedClock(NOW)) as world:
        demo = Demo(world, Authority.found(folder / "demo", at=NOW), {}, {})
        async with Context(world, Principal(is_system=True), Client()).reading() as reading:
            demo.people = {user.email: user.id for user in await reading.all(select(User))}
        cursor = await _read(demo)
        await _sign(demo)
        await _administer(demo)
        await _send(demo)
        feed = demo.follow(URBANOVICH, "Live", after=cursor)
        async with aclosing(feed), asyncio.timeout(10):
            demo.answers["Live"] = [steady(await anext(feed)) for _ in range(5)]
    return demo.answers


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What was answered to each operation, asked one after another in a demo of this file's own."""
    folder = tmp_path_factory.mktemp("operations") / "data"
    folder.mkdir()
    given = json.loads(json.dumps(asyncio.run(_all(folder))))
    if os.environ.get("WRITE_ANSWERS"):
        for name, answer in given.items():
            text = json.dumps(answer, ensure_ascii=False, indent=1)
            (ANSWERS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    return dict(given)


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_a_client_gets_the_whole_answer(answers: dict[str, Any], operation: str) -> None:
    """Yesterday's operations are answered today, field by field, alike on SQLite and on PostgreSQL (B2, B3, H13)."""
    assert answers[operation] == json.loads((ANSWERS / f"{operation}.json").read_text(encoding="utf-8"))


def test_no_answer_is_left_over() -> None:
    """An answer without its operation proves nothing."""
    assert {path.stem for path in ANSWERS.glob("*.json")} == set(OPERATIONS)
