"""Scopes hold for every field (EH87): the table of what a token of each scope reads; acts stand in the role matrix.

READ reads what a member reads. A scope that acts reads what it acts upon: DOCUMENTS documents and the entries about
them, MEMBERS members, settings and theirs. RECEIVE and a token of no scope read nothing of a cabinet.
"""

from __future__ import annotations

import inspect
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import pytest
from graphql import GraphQLObjectType
from household import NAMES, SCHEMA, Household
from refused import nothing_changes
from stage import Stage, staged
from town import PDF
from wishes import BLOCK_MEMBER, UPDATE_CABINET

from resolvers import sessions, uploads
from schema.nodes import decode, encode
from schema.nodes_query import FINDS

pytestmark = pytest.mark.anyio

SCOPES = ("none", "READ", "DOCUMENTS", "MEMBERS", "RECEIVE")
# + reads it · - nothing is there for it · B BAD_USER_INPUT
ROOT = {
    #             -  R  D  M  X
    "node":      "-  +  +  +  -",
    "nodes":     "-  +  +  +  -",
    "viewer":    "-  -  -  -  -",
    "cabinet":   "-  +  +  +  -",
    "cabinets":  "-  +  +  +  -",
    "document":  "-  +  +  -  -",
    "server":    "+  +  +  +  +",
}  # fmt: skip
CABINET = {
    #                   -  R  D  M  X
    "id":              "-  +  +  +  -",
    "organization":    "-  +  +  +  -",
    "createdAt":       "-  +  +  +  -",
    "viewerMember":    "-  -  -  -  -",
    "viewerCanManage": "-  -  -  +  -",
    "personalManager": "-  +  +  +  -",
    "selfService":     "-  +  +  +  -",
    "folder":          "-  +  +  -  -",
    "folders":         "-  +  +  -  -",
    "members":         "-  +  -  +  -",
    "counterparties":  "-  +  +  -  -",
    "activity":        "-  +  +  +  -",
    "eventCursor":     "-  +  +  +  -",
    "apiTokens":       "-  -  -  -  -",
}  # fmt: skip
NODES = {
    #                          -  R  D  M  X
    "Cabinet":                "-  +  +  +  -",
    "Organization":           "-  +  +  +  -",
    "Document":               "-  +  +  -  -",
    "Signature":              "-  +  +  -  -",
    "Member":                 "-  +  -  +  -",
    "User":                   "-  +  -  +  -",
    "ActivityEntry":          "-  +  -  +  -",
    "ActivityEntry.document": "-  +  +  -  -",
    "ApiToken":               "-  +  -  +  -",
    "Certificate":            "-  -  -  -  -",
    "Session":                "-  -  -  -  -",
    "SigningIntent":          "-  -  -  -  -",
    "DocumentUpload":         "-  -  -  -  +",
}  # fmt: skip
STREAMS = {
    #                 -  R  D  M  X
    "documentAdded": "B  +  +  B  B",
    "cabinetEvents": "B  +  +  B  B",
}  # fmt: skip


@dataclass
class Things:
    """One object of each kind in «Ромашка», by its public id."""

    stage: Stage
    ids: dict[str, str] = field(default_factory=dict)
    cursor: str = ""

    async def ask(self, who: str, query: str, **variables: Any) -> Any:
        """As a program, without a change of anything."""
        async with nothing_changes(self.stage.house):
            return await self.stage.house.ask(who, query, **variables)


LAST = """{ cabinet { organization { id } activity(first: 9) { nodes { id kind document { id } actor { id } } } } }"""


async def things(house: Household) -> Things:
    """A signed document, a program that has acted, and private things of the administrator's."""
    found = Things(await staged(house))
    found.cursor = (await house.ask("kolesnik", "{ cabinet { eventCursor } }"))["cabinet"]["eventCursor"]
    received = await house.receive("1", "kolesnik")
    intent = (await house.prepare("shcherbo", received))["intent"]["id"]
    signed = await house.sign("urbanovich", received, PDF + b"1")
    await house.give_token("1C", "MEMBERS")
    await house.act("1C", BLOCK_MEMBER, memberId=house.members["chaika"])
    seen = (await house.ask("kolesnik", LAST))["cabinet"]
    about = {entry["kind"]: entry for entry in seen["activity"]["nodes"]}
    login = await sessions.begin(house.context(None), user_id=house.users["shcherbo"])
    found.ids = {
        "Cabinet": house.cabinets["romashka"],
        "Organization": seen["organization"]["id"],
        "Document": received,
        "Signature": signed["signature"]["id"],
        "Member": house.members["kolesnik"],
        "User": encode("User", house.users["kolesnik"]),
        "ActivityEntry": about["MEMBER_BLOCKED"]["id"],
        "ActivityEntry.document": about["DOCUMENT_RECEIVED"]["id"],
        "ApiToken": about["MEMBER_BLOCKED"]["actor"]["id"],
        "Certificate": house.certificates["shcherbo"],
        "Session": encode("Session", login.session.id),
        "SigningIntent": intent,
        "DocumentUpload": await house.upload("exchange", PDF + b"unused"),
    }
    return found


def is_something(answer: Any) -> bool:
    """Whether an answer tells anything: an empty list, a count of none and a «no» do not."""
    if isinstance(answer, dict):
        return any(is_something(value) for value in answer.values())
    if isinstance(answer, list):
        return any(is_something(value) for value in answer)
    return answer not in (None, False, 0)


async def test_every_field_has_its_row() -> None:
    """A root field, a field of the cabinet, a kind of node or a stream that is added without an answer is red."""
    contract = SCHEMA._schema
    assert set(ROOT) == fields("Query")
    assert set(CABINET) == fields("Cabinet")
    assert set(STREAMS) == fields("Subscription")
    assert set(NODES) - {"ActivityEntry.document"} == set(FINDS)
    nodes = contract.get_possible_types(contract.type_map["Node"])  # type: ignore[arg-type]  # an interface
    assert {kind.name for kind in nodes} == set(FINDS)
    assert {len(row.split()) for table in (ROOT, CABINET, NODES, STREAMS) for row in table.values()} == {len(SCOPES)}


def fields(name: str) -> set[str]:
    """Names of the fields of a type of the contract."""
    kind = SCHEMA._schema.type_map[name]
    assert isinstance(kind, GraphQLObjectType)
    return set(kind.fields)


ASKED = {
    "node": "query($d: ID!, $m: ID!) { d: node(id: $d) { id } m: node(id: $m) { id } }",
    "nodes": "query($d: ID!, $m: ID!) { nodes(ids: [$d, $m]) { id } }",
    "viewer": "{ viewer { id displayName } }",
    "cabinet": "{ cabinet { id } }",
    "cabinets": "{ cabinets { totalCount nodes { id } } }",
    "document": "query($d: ID!) { document(id: $d) { id title } }",
    "server": "{ server { version } }",
}
BELOW = {
    "organization": "{ name }",
    "viewerMember": "{ id }",
    "personalManager": "{ displayName }",
    "folder": "(kind: ALL) { documentCount documents { totalCount nodes { id } } }",
    "folders": "{ kind documentCount }",
    "counterparties": "{ name }",
    "activity": "{ totalCount nodes { id } }",
    "apiTokens": "{ id }",
}


async def test_what_a_token_reads_at_the_root(house: Household) -> None:
    """EH87: each root field for each scope; reading changes nothing."""
    there, found = await things(house), {}
    for name, query in ASKED.items():
        values = {"d": there.ids["Document"], "m": there.ids["Member"]}
        wanted = {key: value for key, value in values.items() if f"${key}:" in query}
        answers = [await there.ask(scope, query, **wanted) for scope in SCOPES]
        found[name] = "  ".join("+" if is_something(answer) else "-" for answer in answers)
    assert found == ROOT


async def test_what_a_token_reads_of_its_cabinet(house: Household) -> None:
    """EH87: each field of the cabinet for each scope; the members that DOCUMENTS sees are its responsible alone."""
    there, found = await things(house), {}
    for name in CABINET:
        query = f"query($c: ID!) {{ cabinet(id: $c) {{ {name} {BELOW.get(name, '')} }} }}"
        if name == "members":
            query = "query($c: ID!) { cabinet(id: $c) { members { nodes { user { displayName } } } } }"
        answers = [await there.ask(scope, query, c=there.ids["Cabinet"]) for scope in SCOPES]
        if name == "members":
            answers = [without_responsible(answer) for answer in answers]
        found[name] = "  ".join("+" if is_something(answer) else "-" for answer in answers)
    assert found == CABINET


def without_responsible(answer: Any) -> list[str]:
    """Names of the members seen, but for him in whose name the program acts."""
    nodes = (answer["cabinet"] or {"members": {"nodes": []}})["members"]["nodes"]
    return [node["user"]["displayName"] for node in nodes if node["user"]["displayName"] != NAMES["shcherbo"]]


async def test_what_a_token_reads_by_id(house: Household) -> None:
    """EH87: each kind of node for each scope: what it may not read does not exist for it."""
    there, found = await things(house), {}
    for kind, public_id in there.ids.items():
        answers = [await there.ask(scope, "query($i: ID!) { node(id: $i) { id } }", i=public_id) for scope in SCOPES]
        found[kind] = "  ".join("+" if answer["node"] else "-" for answer in answers)
    assert found == NODES


EVENTS = {
    name: f"subscription($c: ID!, $a: String!) {{ {name}(cabinetId: $c, after: $a) {{ entry {{ kind }} }} }}"
    for name in STREAMS
}


async def test_what_a_token_follows(house: Household) -> None:
    """EH87: each stream for each scope; that of DOCUMENTS leaves out what is about members and settings."""
    there, found, first = await things(house), {}, {}
    await house.act("shcherbo", UPDATE_CABINET, cabinetId=there.ids["Cabinet"], selfService=False)
    for name in STREAMS:
        events = [await event(there, name, scope) for scope in SCOPES]
        found[name] = "  ".join("B" if kind == "BAD_USER_INPUT" else "+" for kind in events)
        first[name] = events
    assert found == STREAMS
    assert first["documentAdded"][1:3] == ["DOCUMENT_RECEIVED"] * 2


async def event(there: Things, name: str, scope: str) -> str:
    """The kind of the first event, or the code of the refusal."""
    variables = {"c": there.ids["Cabinet"], "a": there.cursor}
    stream = await SCHEMA.subscribe(EVENTS[name], variables, there.stage.house.context(scope))
    assert inspect.isasyncgen(stream)
    async with aclosing(stream) as events:
        result: Any = await anext(events)
    if result.errors:
        return str((result.errors[0].extensions or {})["code"])
    return str(result.data[name]["entry"]["kind"])


async def test_documents_follow_no_members(house: Household) -> None:
    """EH87: of a member's blocking and a document's coming, a token of scope DOCUMENTS is told the second."""
    there = await things(house)
    cursor = (await house.ask("kolesnik", "{ cabinet { eventCursor } }"))["cabinet"]["eventCursor"]
    await house.act("shcherbo", BLOCK_MEMBER, memberId=house.members["urbanovich"])
    await house.receive("2", "kolesnik")
    there.cursor = cursor
    assert [await event(there, "cabinetEvents", scope) for scope in ("READ", "DOCUMENTS")] == [
        "MEMBER_BLOCKED",
        "DOCUMENT_RECEIVED",
    ]


async def test_what_a_token_downloads(house: Household) -> None:
    """EH87, A26: READ and DOCUMENTS follow their links, and the journal names the program; no other scope."""
    there, found = await things(house), []
    link = "query($d: ID!) { document(id: $d) { file { downloadUrl } } }"
    for scope in SCOPES:
        seen = await house.ask(scope, link, d=there.ids["Document"])
        found.append(seen["document"] is not None and await downloads(house, scope, there.ids["Document"]))
    assert found == [False, True, True, False, False]


async def downloads(house: Household, scope: str, document_id: str) -> bool:
    """Whether the file comes, with its entry."""
    number = (decode(document_id) or ("", 0))[1]
    await uploads.note_download(house.context(scope), document_id=number, is_part=False)
    entry = (await house.ask("kolesnik", LAST))["cabinet"]["activity"]["nodes"][0]
    return bool(entry["kind"] == "DOCUMENT_DOWNLOADED" and entry["actor"])
