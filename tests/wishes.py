"""What people ask and do in stories of one household, beside `town.py`: texts of operations, and what came of an act.

`noted` tells which entries and letters the acts inside of it left behind: the journal's kinds by cabinet, and for every
letter owed its template and its reader, both sorted. What no cabinet of the household notes, somebody's archive does.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from household import Household
from sqlalchemy import func, select

from models.accounts import User
from models.journal import Delivery, Entry
from schema.nodes import encode

CONFLICT = """userErrors { code message path
  ... on StateConflictError { member { id state } document { id status } signature { signatory { personName } } }
  ... on CannotSignError { reasons } }"""
MEMBER = """id state role joinedAt firstJoinedAt blockedAt removedAt hasSigningKey company { name }
  periods { joinedAt endedAt shareFrom }
  user { id displayName email registration { state missing } }
  invitation { sentAt expiresAt } stateEntry { kind channel basis { text ticket } actor { displayName } }"""


def _on_member(name: str) -> str:
    kind = name[0].upper() + name[1:]
    return f"mutation($i: {kind}Input!) {{ {name}(input: $i) {{ member {{ {MEMBER} }} {CONFLICT} }} }}"


def _on_document(name: str) -> str:
    kind = name[0].upper() + name[1:]
    return f"""mutation($i: {kind}Input!) {{ {name}(input: $i) {{
  document {{ id status direction archived awaitedSides exchangeId }} {CONFLICT} }} }}"""


ADD_MEMBER, BLOCK_MEMBER, UNBLOCK_MEMBER = map(_on_member, ("memberAdd", "memberBlock", "memberUnblock"))
REMOVE_MEMBER, UPDATE_MEMBER = map(_on_member, ("memberRemove", "memberUpdate"))
SAVE, SEND, REJECT, WITHDRAW = map(_on_document, ("draftSave", "documentSend", "documentReject", "documentWithdraw"))
ARCHIVE, VIEW = map(_on_document, ("documentArchive", "documentMarkViewed"))
CABINET = "id selfService viewerCanManage personalManager { displayName email operator { kind phone } }"


def _on_cabinet(name: str) -> str:
    kind = name[0].upper() + name[1:]
    return f"mutation($i: {kind}Input!) {{ {name}(input: $i) {{ cabinet {{ {CABINET} }} {CONFLICT} }} }}"


UPDATE_CABINET, ASSIGN, UNASSIGN = map(_on_cabinet, ("cabinetUpdate", "operatorAssign", "operatorUnassign"))
REVOKE_TOKEN = f"""mutation($i: ApiTokenRevokeInput!) {{
  apiTokenRevoke(input: $i) {{ apiToken {{ id revokedAt }} {CONFLICT} }} }}"""
DELETE = f"mutation($i: DraftDeleteInput!) {{ draftDelete(input: $i) {{ deletedDraftId {CONFLICT} }} }}"
SET_PASSWORD = """mutation($i: PasswordResetInput!) {
  passwordReset(input: $i) { viewer { id registration { state missing } } userErrors { code path } } }"""
A_MEMBER = f"query($id: ID!) {{ node(id: $id) {{ ... on Member {{ {MEMBER} }} }} }}"
HEADER = """{ viewer { displayName members { state role organization { name } cabinet { id } } } }"""
IN_FOLDER = """query($c: ID!, $k: FolderKind!, $f: DocumentFilter) { cabinet(id: $c) { folder(kind: $k) {
  documentCount(filter: $f) unseenCount(filter: $f)
  documents(filter: $f, first: 100) { totalCount nodes { id viewerHasSeen } } } } }"""
HISTORY = """query($id: ID!) { document(id: $id) { activity(first: 50) { nodes { kind message channel
  actor { displayName } member { id } signatory { personName } } } } }"""
THE_OTHER = {"romashka": "polesye", "polesye": "romashka"}


async def listed(house: Household, who: str, folder: str, /, *, of: str = "romashka", **filter: Any) -> list[str]:
    """Ids in a folder; its counters are those of the list, with the same filter (EC54)."""
    asked = await house.ask(who, IN_FOLDER, c=house.cabinets[of], k=folder, f=filter)
    found = asked["cabinet"]["folder"]
    rows = found["documents"]["nodes"]
    unseen = [row for row in rows if not row["viewerHasSeen"]]
    assert found["documentCount"] == found["documents"]["totalCount"] == len(rows), (folder, filter)
    assert found["unseenCount"] == len(unseen), (folder, filter)
    return [row["id"] for row in rows]


async def codes(house: Household, who: str | None, mutation: str, **input: Any) -> list[str]:
    """The codes that a mutation is refused with."""
    return [error["code"] for error in (await house.try_to(who, mutation, **input))["userErrors"]]


async def history(house: Household, who: str, document_id: str) -> list[str]:
    """Kinds of the entries about a document, oldest first."""
    seen = await house.ask(who, HISTORY, id=document_id)
    return [entry["kind"] for entry in seen["document"]["activity"]["nodes"]]


@dataclass
class Noted:
    """What came of acts; empty until they are over."""

    entries: list[tuple[str, str]] = field(default_factory=list)
    letters: list[tuple[str, str]] = field(default_factory=list)

    def readers(self, letter: str) -> list[str]:
        """Who gets a letter of this template."""
        return [reader for template, reader in self.letters if template == letter]


@asynccontextmanager
async def noted(house: Household) -> AsyncIterator[Noted]:
    """Watch journal and outbox while the block lasts."""
    found = Noted()
    since = await _newest(house)
    yield found
    by_id = {cabinet_id: name for name, cabinet_id in house.cabinets.items()}
    owed = select(Delivery.letter, User.email).join(User, User.id == Delivery.user_id)
    async with house.system.reading() as reading:
        entries = await reading.rows(select(Entry.cabinet_id, Entry.kind).where(Entry.id > since[0]).order_by(Entry.id))
        letters = await reading.rows(owed.where(Delivery.id > since[1]))
    found.entries += [(by_id.get(encode("Cabinet", cabinet_id), "archive"), kind) for cabinet_id, kind in entries]
    found.letters += sorted((letter, email.partition("@")[0]) for letter, email in letters)


async def _newest(house: Household) -> tuple[int, int]:
    async with house.system.reading() as reading:
        rows = await reading.rows(select(select(func.max(Entry.id)).scalar_subquery(), func.max(Delivery.id)))
    return rows[0][0] or 0, rows[0][1] or 0


async def draft(house: Household, who: str, *, to: str | None, of: str = "romashka", **said: Any) -> str:
    """A draft with a file for the organisation of a cabinet; its id."""
    wish = {"draft": {"cabinetId": house.cabinets[of]}, "title": "Договор поставки", "kind": "CONTRACT", **said}
    if to is not None:
        wish["counterparty"] = {"taxId": ORGANIZATIONS[to]}
    if "uploadId" not in wish:
        content = content_of(str(wish["title"]))
        wish["uploadId"] = await house.upload(who, content, cabinetId=house.cabinets[of])
    return str((await house.act(who, SAVE, **wish))["document"]["id"])


def content_of(title: str) -> bytes:
    """The bytes that `draft` gives a document of this title."""
    return f"%PDF-1.4 {title}\n%%EOF\n".encode()


async def sent(house: Household, who: str, *, to: str | None, of: str = "romashka", **said: Any) -> str:
    """A document sent to another organisation, or within one's own; the sender's view of it."""
    draft_id = await draft(house, who, to=to, of=of, **said)
    return str((await house.act(who, SEND, draftId=draft_id))["document"]["id"])


ORGANIZATIONS = {"romashka": "190000001", "polesye": "190000002", "supplier": "190000077"}
