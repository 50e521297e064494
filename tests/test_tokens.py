"""API tokens: made and ended by administrators, shown once, dead with the role of whoever answers for them (EH87)."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

import pytest
from clients import Refused
from household import NAMES, Household, address
from refused import contents, nothing_changes, refusal
from town import ADD, BASIS, BLOCK, MAKE_TOKEN, PREPARE
from wishes import (
    ARCHIVE,
    BLOCK_MEMBER,
    REJECT,
    REMOVE_MEMBER,
    REVOKE_TOKEN,
    UNBLOCK_MEMBER,
    UPDATE_MEMBER,
    Noted,
    codes,
    draft,
    noted,
)

from resolvers import sessions
from schema.nodes import encode

pytestmark = pytest.mark.anyio

LISTED = """query($c: ID!) { cabinet(id: $c) { apiTokens {
  id displayName scopes expiresAt revokedAt lastUsedAt responsible { user { displayName } } } } }"""
NEWEST = """query($c: ID!) { cabinet(id: $c) { activity(first: 1) { nodes { kind message channel
  basis { ticket } actor { __typename displayName ... on ApiToken { responsible { user { displayName } } } } } } } }"""
ME = "{ cabinet { organization { name } } }"


async def newest(house: Household, who: str = "kolesnik") -> dict[str, Any]:
    """The newest entry of «Ромашка»."""
    seen = await house.ask(who, NEWEST, c=house.cabinets["romashka"])
    return dict(seen["cabinet"]["activity"]["nodes"][0])


async def opens(house: Household, name: str) -> bool:
    """Whether a token still opens the door."""
    try:
        await house.ask(name, ME)
    except Refused as refused:
        assert refused.codes == ["UNAUTHENTICATED"]
        return False
    return True


async def test_a_token_is_shown_once_and_only_its_digest_kept(house: Household) -> None:
    """EH87: `bearerToken` comes with its making alone; no column of any table holds it."""
    until = (house.clock.now() + timedelta(days=30)).isoformat()
    async with noted(house) as came:
        wish = {"displayName": " 1C ", "scopes": ["MEMBERS", "READ", "READ"], "expiresAt": until}
        made = await house.act("shcherbo", MAKE_TOKEN, cabinetId=house.cabinets["romashka"], **wish)
    bearer, token = made["bearerToken"], made["apiToken"]
    assert came == Noted(entries=[("romashka", "TOKEN_CREATED")], letters=[])
    assert token.pop("id")
    assert token == {
        "displayName": "1C",
        "scopes": ["READ", "MEMBERS"],
        "createdAt": "2026-11-24T09:00:00Z",
        "lastUsedAt": None,
        "expiresAt": "2026-12-24T09:00:00Z",
        "revokedAt": None,
        "responsible": {"user": {"displayName": NAMES["shcherbo"]}},
    }
    everything = str(await contents(house))
    assert bearer not in everything
    assert hashlib.sha256(bearer.encode()).hexdigest() in everything
    said = await newest(house)
    assert said["message"] == (
        f"Создан токен доступа: 1C. Ответственный: {NAMES['shcherbo']}. Исполнитель: {NAMES['shcherbo']}."
    )


async def test_tokens_are_listed_for_administrators_alone(house: Household) -> None:
    """EH87: newest first, revoked ones too; `null` for members, operators, programs; by `node` likewise."""
    first, second = await house.give_token("1C", "READ"), await house.give_token("Склад", "MEMBERS", "READ")
    await house.act("shcherbo", REVOKE_TOKEN, apiTokenId=first)
    cabinet = house.cabinets["romashka"]
    listed = (await house.ask("shcherbo", LISTED, c=cabinet))["cabinet"]["apiTokens"]
    assert [(token["id"], token["revokedAt"] is None) for token in listed] == [(second, True), (first, False)]
    one = await house.ask("shcherbo", "query($c: ID!) { cabinet(id: $c) { apiTokens(first: 1) { id } } }", c=cabinet)
    assert one["cabinet"]["apiTokens"] == [{"id": second}]
    node = "query($id: ID!) { node(id: $id) { ... on ApiToken { displayName } } }"
    assert (await house.ask("shcherbo", node, id=second))["node"] == {"displayName": "Склад"}
    for who in ("kolesnik", "hotline", "Склад"):
        assert (await house.ask(who, LISTED, c=cabinet))["cabinet"]["apiTokens"] is None, who
        assert (await house.ask(who, node, id=second))["node"] is None, who
    assert (await house.ask("savitskaya", node, id=second))["node"] is None


async def test_whoever_meets_a_program_in_the_journal_sees_it(house: Household) -> None:
    """EH87: each entry names token and responsible, in the sentence too; the channel says API."""
    token_id = await house.give_token("1C", "MEMBERS")
    async with noted(house) as came:
        await house.act("1C", BLOCK_MEMBER, memberId=house.members["chaika"])
    assert came.entries == [("romashka", "MEMBER_BLOCKED")]
    said = await newest(house)
    assert (said["kind"], said["channel"], said["basis"]) == ("MEMBER_BLOCKED", "API", None)
    responsible = {"user": {"displayName": NAMES["shcherbo"]}}
    assert said["actor"] == {"__typename": "ApiToken", "displayName": "1C", "responsible": responsible}
    assert said["message"] == f"Участник заблокирован: {NAMES['chaika']}. Исполнитель: 1C ({NAMES['shcherbo']})."
    for who in ("kolesnik", "hotline"):
        seen = await house.ask(who, "query($id: ID!) { node(id: $id) { id } }", id=token_id)
        assert seen["node"] == {"id": token_id}, who


async def test_a_program_acts_on_documents_in_the_name_of_its_responsible(house: Household) -> None:
    """EH87: rejecting, archiving and drafting name both; the document's own mark names the person."""
    await house.give_token("1C", "DOCUMENTS")
    rejected, archived = await house.receive("1", "kolesnik"), await house.receive("2", "kolesnik")
    await house.act("1C", REJECT, documentId=rejected, reason="не та сумма")
    said = await newest(house)
    assert (said["kind"], said["channel"], said["actor"]["displayName"]) == ("DOCUMENT_REJECTED", "API", "1C")
    card = "query($d: ID!) { document(id: $d) { rejection { by { personName } } } }"
    seen = await house.ask("kolesnik", card, d=rejected)
    assert seen["document"]["rejection"] == {"by": {"personName": NAMES["shcherbo"]}}
    await house.act("1C", ARCHIVE, documentId=archived, archived=True)
    assert (await newest(house))["message"].endswith(f"1C ({NAMES['shcherbo']}).")
    begun = await draft(house, "1C", to="polesye")
    seen = await house.ask("kolesnik", "query($d: ID!) { document(id: $d) { sender { personName } } }", d=begun)
    assert seen["document"]["sender"] == {"personName": NAMES["shcherbo"]}


async def test_a_program_never_signs(house: Household) -> None:
    """EH87: FORBIDDEN, whatever its scopes, and the document says why."""
    await house.give_token("1C", "READ", "DOCUMENTS", "MEMBERS")
    document_id = await house.receive("1", "kolesnik")
    wish = {"documentId": document_id, "certificateId": house.certificates["shcherbo"]}
    async with house.nothing_happens():
        assert await codes(house, "1C", PREPARE, **wish) == ["FORBIDDEN"]
    why = "query($d: ID!) { document(id: $d) { viewerCanSign viewerCannotSignReasons } }"
    seen = (await house.ask("1C", why, d=document_id))["document"]
    assert (seen["viewerCanSign"], "NOT_A_PERSON" in seen["viewerCannotSignReasons"]) == (False, True)


ENDINGS: dict[str, tuple[str, dict[str, Any], str]] = {
    "blocked": (BLOCK_MEMBER, {}, "MEMBER_BLOCKED"),
    "removed": (REMOVE_MEMBER, {}, "MEMBER_REMOVED"),
    "demoted": (UPDATE_MEMBER, {"role": "MEMBER"}, "MEMBER_UPDATED"),
}


@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_token_dies_with_the_role_of_whoever_answers_for_it(house: Household, ending: str) -> None:
    """EH87: for good, each with its entry on the same word; whoever comes back makes a new one."""
    mutation, said, kind = ENDINGS[ending]
    member = {"memberId": house.members["shcherbo"], "basis": BASIS}
    await house.give_token("1C", "READ", "MEMBERS")
    await house.give_token("Склад", "DOCUMENTS")
    assert await opens(house, "1C") and await opens(house, "Склад")
    async with noted(house) as came:
        await house.act("hotline", mutation, **member, **said)
    assert came.entries == [("romashka", kind), ("romashka", "TOKEN_REVOKED"), ("romashka", "TOKEN_REVOKED")]
    last = await newest(house)
    assert (last["channel"], last["basis"]) == ("HOTLINE", {"ticket": BASIS["ticket"]})
    assert last["message"].startswith(f"Отозван токен доступа: Склад. Ответственный: {NAMES['shcherbo']}.")
    assert not await opens(house, "1C") and not await opens(house, "Склад")

    await restore(house, ending)
    assert not await opens(house, "1C")
    listed = (await house.ask("shcherbo", LISTED, c=house.cabinets["romashka"]))["cabinet"]["apiTokens"]
    assert [token["revokedAt"] is None for token in listed] == [False, False]
    await house.give_token("Новый", "READ")
    assert await opens(house, "Новый")


async def restore(house: Household, ending: str) -> None:
    """Make the administrator one again."""
    member = {"memberId": house.members["shcherbo"], "basis": BASIS}
    if ending == "blocked":
        await house.act("hotline", UNBLOCK_MEMBER, **member)
    if ending == "removed":
        again = {"member": {"email": address("shcherbo")}, "role": "ADMIN"}
        await house.act("hotline", ADD, cabinetId=house.cabinets["romashka"], **again, basis=BASIS)
    if ending == "demoted":
        await house.act("hotline", UPDATE_MEMBER, **member, role="ADMIN")


async def test_another_administrators_token_lives_on(house: Household) -> None:
    """EH87: a token dies with its own responsible alone; to change his company ends nothing."""
    await house.act("hotline", UPDATE_MEMBER, memberId=house.members["kolesnik"], role="ADMIN", basis=BASIS)
    await house.give_token("1C", "READ", by="kolesnik")
    company = {"name": "ООО «Дочернее»"}
    await house.act("hotline", UPDATE_MEMBER, memberId=house.members["kolesnik"], company=company, basis=BASIS)
    await house.act("hotline", BLOCK, memberId=house.members["shcherbo"], basis=BASIS)
    assert await opens(house, "1C")


async def test_an_administrator_revokes_a_token_at_once(house: Household) -> None:
    """EH87: dead from the commit on, journaled once; revoking it again is success without entry (C15)."""
    token_id = await house.give_token("1C", "READ")
    async with noted(house) as came:
        revoked = await house.act("shcherbo", REVOKE_TOKEN, apiTokenId=token_id)
    assert revoked["apiToken"] == {"id": token_id, "revokedAt": revoked["apiToken"]["revokedAt"]}
    assert revoked["apiToken"]["revokedAt"] is not None
    assert came == Noted(entries=[("romashka", "TOKEN_REVOKED")], letters=[])
    assert not await opens(house, "1C")
    async with nothing_changes(house):
        assert (await house.act("shcherbo", REVOKE_TOKEN, apiTokenId=token_id)) == {**revoked}


async def test_a_token_ends_by_itself(house: Household) -> None:
    """EH87: `expiresAt` is the first moment at which it opens nothing."""
    end = house.clock.now() + timedelta(hours=1)
    await house.give_token("1C", "READ", expiresAt=end.isoformat())
    house.clock.move(timedelta(minutes=59, seconds=59))
    assert await opens(house, "1C")
    house.clock.move(timedelta(seconds=1))
    assert not await opens(house, "1C")


async def test_the_last_use_of_a_token_is_known_within_five_minutes(house: Household) -> None:
    """EH87: the first request is written down, one more only when five minutes are over; `null` before any."""
    await house.give_token("1C", "READ")
    begun, found = house.clock.now(), []
    for minutes in (0, 4, 2, 4):
        house.clock.move(timedelta(minutes=minutes))
        context = house.context("1C")
        async with context.reading():
            pass
        if context.outcome.is_use_unnoted:
            await sessions.touch(context)
        found.append(await last_use(house))
    assert found == [begun, begun, begun + timedelta(minutes=6), begun + timedelta(minutes=6)]


async def last_use(house: Household) -> datetime:
    """As an administrator reads it."""
    (token,) = (await house.ask("shcherbo", LISTED, c=house.cabinets["romashka"]))["cabinet"]["apiTokens"]
    return datetime.fromisoformat(token["lastUsedAt"])


WISH = {"displayName": "1C", "scopes": ["READ"]}
BAD: list[tuple[str, dict[str, Any], tuple[str, list[str] | None]]] = [
    ("shcherbo", {"displayName": ""}, ("REQUIRED", ["displayName"])),
    ("shcherbo", {"displayName": " \u00a0 "}, ("REQUIRED", ["displayName"])),
    ("shcherbo", {"displayName": "x" * 201}, ("TOO_LONG", ["displayName"])),
    ("shcherbo", {"displayName": "1C\nBcc: x"}, ("INVALID", ["displayName"])),
    ("shcherbo", {"displayName": "\u202e1C"}, ("INVALID", ["displayName"])),
    ("shcherbo", {"displayName": "\ud800"}, ("INVALID", ["displayName"])),
    ("shcherbo", {"scopes": []}, ("REQUIRED", ["scopes"])),
    ("shcherbo", {"scopes": ["RECEIVE"]}, ("FORBIDDEN", ["scopes"])),
    ("shcherbo", {"scopes": ["READ", "RECEIVE"]}, ("FORBIDDEN", ["scopes"])),
    ("shcherbo", {"expiresAt": "2020-01-01T00:00:00Z"}, ("INVALID", ["expiresAt"])),
    ("shcherbo", {"cabinetId": "не id"}, ("NOT_FOUND", ["cabinetId"])),
    ("savitskaya", {}, ("NOT_FOUND", ["cabinetId"])),
    ("grinkevich", {}, ("NOT_FOUND", ["cabinetId"])),
    ("chaika", {"displayName": "", "scopes": []}, ("FORBIDDEN", None)),
    ("hotline", {}, ("FORBIDDEN", None)),
]


async def test_what_is_refused_in_making_a_token(house: Household) -> None:
    """EH87, C16, C22: code and path of every bad input, in three languages; nothing changes."""
    found = []
    for who, said, _ in BAD:
        wish = {"cabinetId": house.cabinets["romashka"], **WISH, **said}
        found.append((who, said, (await refusal(house, who, "apiTokenCreate", **wish)).place))
    assert found == BAD


async def test_the_moment_of_now_is_too_late_an_end(house: Household) -> None:
    """EH87: a token that would be dead at once is refused."""
    wish = {"cabinetId": house.cabinets["romashka"], **WISH, "expiresAt": house.clock.now().isoformat()}
    assert (await refusal(house, "shcherbo", "apiTokenCreate", **wish)).place == ("INVALID", ["expiresAt"])


async def test_who_may_end_a_token(house: Household) -> None:
    """EH87, C16: NOT_FOUND where its cabinet does not exist for the caller, FORBIDDEN without the role."""
    token_id = await house.give_token("1C", "READ", "DOCUMENTS", "MEMBERS")
    places = {
        who: (await refusal(house, who, "apiTokenRevoke", apiTokenId=token_id)).place
        for who in ("savitskaya", "grinkevich", "chaika", "hotline", "1C")
    }
    nowhere, forbidden = ("NOT_FOUND", ["apiTokenId"]), ("FORBIDDEN", None)
    assert places == {
        "savitskaya": nowhere,
        "grinkevich": nowhere,
        "chaika": forbidden,
        "hotline": forbidden,
        "1C": forbidden,
    }
    # The exchange's own, the first one of the server, is its owner's.
    assert (await refusal(house, "shcherbo", "apiTokenRevoke", apiTokenId=encode("ApiToken", 1))).place == nowhere
