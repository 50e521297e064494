"""What a stream lets through: types, document filters, and nothing that did not happen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from clients import Api
from household import ROMASHKA, address
from quick_town import QuickTown, content_of, quick_town
from stream_clients import ADDED, EVENTS, over_socket
from town import BASIS

pytestmark = pytest.mark.anyio

REJECT = """mutation($i: DocumentRejectInput!) {
  documentReject(input: $i) { document { status } userErrors { code } } }"""
UPDATE_MEMBER = """mutation($i: MemberUpdateInput!) {
  memberUpdate(input: $i) { member { id } userErrors { code } } }"""
SAVE = "mutation($i: DraftSaveInput!) { draftSave(input: $i) { document { id status } userErrors { code path } } }"
SEND = """mutation($i: DocumentSendInput!) {
  documentSend(input: $i) { document { id status } userErrors { code path } } }"""
FOLDER = """query($f: DocumentFilter) {
  cabinet { folder(kind: INCOMING) { documents(filter: $f) { nodes { id } } } } }"""
TWO_ACTS = """mutation($r: DocumentRejectInput!, $b: MemberBlockInput!) {
  documentReject(input: $r) { userErrors { code } } memberBlock(input: $b) { userErrors { code } } }"""


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One loop for all stories of this file."""
    return "asyncio"


@pytest.fixture(scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[QuickTown]:
    """One server for all stories of this file."""
    async with quick_town(tmp_path_factory.mktemp("filters")) as made:
        yield made


async def make_admin(town: QuickTown, who: str, role: str) -> None:
    """Have the hotline give somebody a role."""
    wish = {"memberId": town.home.members[who], "role": role, "basis": BASIS}
    await town.api("hotline").act(UPDATE_MEMBER, i=wish)


async def test_only_the_types_asked_for_come(town: QuickTown) -> None:
    """EE71: `types` lets through what it names; the others are passed over, not kept back."""
    cursor, shcherbo = await town.cursor(), town.api("shcherbo")
    document_id = await town.deliver("types", "kolesnik")
    await make_admin(town, "chaika", "ADMIN")
    await town.sign("kolesnik", document_id, content_of("types"))
    came: dict[str, Any] = {}
    for kind in ("DOCUMENT_ADDED", "DOCUMENT_UPDATED", "MEMBER_CHANGED"):
        async with over_socket(shcherbo, EVENTS, c=town.romashka, t=[kind], a=cursor) as stream:
            came[kind] = await stream.next()
    assert [event["entry"]["kind"] for event in came.values()] == [
        "DOCUMENT_RECEIVED",
        "DOCUMENT_SIGNED",
        "MEMBER_UPDATED",
    ]
    first = came["DOCUMENT_ADDED"]["entry"]["seq"]
    assert [event["entry"]["seq"] for event in came.values()] == [first, first + 2, first + 1]
    assert came["MEMBER_CHANGED"]["member"] == {"id": town.home.members["chaika"], "state": "ACTIVE"}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"onlyMine": True}, ["urbanovich", "all"]),
        ({"memberSearch": "Колесник Е.С."}, ["kolesnik", "all"]),
        ({"memberSearch": "chaika"}, ["chaika", "all"]),
        ({"onlyMine": True, "search": "для всех"}, ["all"]),
        ({}, ["kolesnik", "urbanovich", "chaika", "all"]),
    ],
    ids=["only mine", "by name", "by e-mail", "two conditions", "none"],
)
async def test_a_filter_of_documents_is_one_of_the_stream(
    town: QuickTown, request: pytest.FixtureRequest, asked: dict[str, Any], expected: list[str]
) -> None:
    """EE71, A17–A19: `documentAdded` with the box's filter brings the same documents as the folder lists."""
    cursor, urbanovich, case = await town.cursor(), town.api("urbanovich"), request.node.callspec.id
    people = ("kolesnik", "urbanovich", "chaika")
    ids = {person: await town.deliver(f"{case} {person}", person) for person in people}
    async with over_socket(urbanovich, ADDED, c=town.romashka, f=asked, a=cursor) as stream:
        ids["all"] = await town.deliver(f"{case} all", *people, title="Акт для всех")
        came = [event["document"]["id"] for event in await stream.take(len(expected))]
    assert came == [ids[name] for name in expected]
    listed = (await urbanovich.ask(FOLDER, f=asked))["cabinet"]["folder"]["documents"]["nodes"]
    assert [row["id"] for row in listed if row["id"] in ids.values()] == list(reversed(came))


async def test_a_refused_act_delivers_nothing(town: QuickTown) -> None:
    """EE70: an act that was refused, and half of one, are events for nobody."""
    signed = await town.deliver("refused", "kolesnik")
    await town.sign("kolesnik", signed, content_of("refused"))
    cursor, urbanovich = await town.cursor(), town.api("urbanovich")
    async with over_socket(urbanovich, EVENTS, c=town.romashka, a=cursor) as stream:
        async with town.home.nothing_happens():
            refused = await urbanovich.try_to(REJECT, i={"documentId": signed, "reason": "ошибка"})
            forbidden = await urbanovich.ask(TWO_ACTS, **two_acts(town, signed))
        marker = await town.deliver("refused-marker", "kolesnik")
        event = await stream.next()
    assert [error["code"] for error in refused["userErrors"]] == ["DOCUMENT_NOT_OPEN"]
    codes = [error["code"] for payload in forbidden.values() for error in payload["userErrors"]]
    assert codes == ["DOCUMENT_NOT_OPEN", "FORBIDDEN"]
    assert event["document"]["id"] == marker


def two_acts(town: QuickTown, document_id: str) -> dict[str, Any]:
    """Two wishes of a plain member, none of which he may have."""
    return {
        "r": {"documentId": document_id, "reason": "ошибка"},
        "b": {"memberId": town.home.members["chaika"], "basis": BASIS},
    }


async def send_internally(town: QuickTown, api: Api) -> str:
    """A document from one colleague to another; its id."""
    content = content_of("internal")
    upload = await town.announce(api, content, cabinetId=town.romashka)
    assert (await town.put(upload, content)).status_code == 204
    wish = {
        "draft": {"cabinetId": town.romashka},
        "uploadId": upload["id"],
        "title": "Служебная записка",
        "requiredSides": [],
        "counterparty": ROMASHKA,
        "recipientEmails": [address("kolesnik")],
    }
    draft = (await api.act(SAVE, i=wish))["document"]
    return str((await api.act(SEND, i={"draftId": draft["id"]}))["document"]["id"])


async def test_an_internal_document_is_added_once(town: QuickTown) -> None:
    """EB45, C9: sent from a colleague to a colleague it is one new document, not two."""
    cursor, shcherbo = await town.cursor(), town.api("shcherbo")
    document_id = await send_internally(town, town.api("urbanovich"))
    marker = await town.deliver("internal-marker", "kolesnik")
    async with over_socket(shcherbo, ADDED, c=town.romashka, a=cursor) as stream:
        came = await stream.take(2)
    assert [event["document"]["id"] for event in came] == [document_id, marker]
