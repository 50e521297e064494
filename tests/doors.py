"""Every door to a cabinet, in one table (H1): what a member does to come in, and what he is answered once he may not.

A door is what a client knocks at: a field, an object by its id, a link, a stream, a token. `test_block_everywhere.py`
knocks at each before and after a blocking and a removal, and is red for a field, type or route that has no row here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from clients import Refused, b64
from household import address
from quick_town import QuickTown, content_of
from refused import asking
from town import ADD, BASIS, BLOCK, PDF, PREPARE
from wishes import SEND
from wishes import content_of as draft_content

from models.tokens import ApiToken
from resolvers import tokens
from schema.nodes import decode, encode

HER = "kolesnik"
NUMBERS = count(1)
SHUT = "null"

Hand = dict[str, Any]


@dataclass(frozen=True)
class Door:
    """What she gets ready while she is a member, how she knocks, and the two answers: of an open door and a shut one.

    `{state}` in `shut` is what she has become, BLOCKED or REMOVED.
    """

    name: str
    ready: Callable[[QuickTown], Awaitable[Any]]
    knock: Callable[[QuickTown, Any], Awaitable[str]]
    opened: str = "done"
    shut: str = SHUT
    leaves_trace: bool = False

    def __str__(self) -> str:
        return self.name


async def nothing(_town: QuickTown) -> Hand:
    """She brings nothing along."""
    return {}


# What she has at hand.


async def cabinet(town: QuickTown) -> Hand:
    """Her cabinet's id."""
    return {"cabinetId": town.romashka}


async def received(town: QuickTown, *recipients: str) -> str:
    """A document that waits for a signature."""
    return await town.deliver(f"door-{next(NUMBERS)}", *(recipients or (HER,)))


async def document(town: QuickTown) -> Hand:
    """A document's id."""
    return {"documentId": await received(town)}


async def draft(town: QuickTown) -> str:
    """Her own draft, ready to be sent to another organisation."""
    title = f"Черновик {next(NUMBERS)}"
    upload = await town.announce(town.api(HER), draft_content(title), cabinetId=town.romashka)
    assert (await town.put(upload, draft_content(title))).status_code == 204
    wish = {"draft": {"cabinetId": town.romashka}, "title": title, "kind": "CONTRACT", "uploadId": upload["id"]}
    saved = await town.api(HER).act(SAVE, i={**wish, "counterparty": {"taxId": "190000002"}})
    return str(saved["document"]["id"])


async def own_draft(town: QuickTown) -> Hand:
    """The id of a draft."""
    return {"draftId": await draft(town)}


async def sent(town: QuickTown) -> Hand:
    """The id of a document she sent, which nobody has signed."""
    return {"documentId": (await town.api(HER).act(SEND, i=await own_draft(town)))["document"]["id"]}


async def colleague(town: QuickTown) -> Hand:
    """Somebody new, added by the hotline."""
    who = f"door_{next(NUMBERS)}"
    person = {"newUser": {"displayName": "Новый Пётр Петрович", "email": address(who)}}
    wish = {"cabinetId": town.romashka, "member": person, "basis": BASIS}
    return {"memberId": (await town.api("hotline").act(ADD, i=wish))["member"]["id"]}


async def blocked_colleague(town: QuickTown) -> Hand:
    """Somebody whom the hotline blocked."""
    wish = await colleague(town)
    await town.api("hotline").act(BLOCK, i={**wish, "basis": BASIS})
    return wish


async def intent(town: QuickTown) -> Hand:
    """A prepared signature with its CMS, made outside of the server."""
    external_id = f"door-{next(NUMBERS)}"
    wish = {"documentId": await town.deliver(external_id, HER), "certificateId": town.home.certificates[HER]}
    prepared = (await town.api(HER).act(PREPARE, i=wish))["intent"]
    return {"intentId": prepared["id"], "signature": b64(town.cms(HER, content_of(external_id)))}


async def token(town: QuickTown) -> tuple[str, str]:
    """A program's token that she answers for: its id, and itself."""
    secret, place, member = tokens.new_token(), decode(town.romashka), decode(town.home.members[HER])
    assert place is not None and member is not None
    row = ApiToken(
        cabinet_id=place[1],
        responsible_id=member[1],
        display_name="1С",
        scopes=("READ", "DOCUMENTS", "MEMBERS"),
        token_hash=tokens.hash_of(secret),
        created_at=town.home.clock.now(),
    )
    async with town.home.world.database.transaction() as session:
        session.add(row)
        await session.flush()
        return encode("ApiToken", row.id), secret


async def upload(town: QuickTown, size: int = 100) -> Any:
    """An announced upload, with the bytes that belong to it under `content`."""
    content = PDF + str(next(NUMBERS)).encode() + bytes(size)
    announced = await town.announce(town.api(HER), content, cabinetId=town.romashka)
    return {**announced, "content": content}


# What she wants done: a mutation's name, its input, and how a shut door answers.

SAVE = """mutation($i: DraftSaveInput!) { draftSave(input: $i) { document { id } userErrors { code path } } }"""


def with_input(ready: Callable[[QuickTown], Awaitable[Hand]], **more: Any) -> Callable[[QuickTown], Awaitable[Hand]]:
    """What is ready, and more of the same input."""

    async def whole(town: QuickTown) -> Hand:
        return {**await ready(town), **more}

    return whole


async def newcomer(town: QuickTown) -> Hand:
    """Somebody to be added."""
    person = {"newUser": {"displayName": "Новая Анна Ивановна", "email": address(f"door_{next(NUMBERS)}")}}
    return {"cabinetId": town.romashka, "member": person}


async def announcement(town: QuickTown) -> Hand:
    """A file to be announced."""
    file = {"fileName": "a.pdf", "contentType": "application/pdf", "sizeBytes": 9, "sha256": f"{next(NUMBERS):064x}"}
    return {"cabinetId": town.romashka, **file}


async def new_draft(town: QuickTown) -> Hand:
    """A draft to be begun."""
    return {"draft": {"cabinetId": town.romashka}, "title": f"Черновик {next(NUMBERS)}"}


async def to_prepare(town: QuickTown) -> Hand:
    """A document and her certificate."""
    return {**await document(town), "certificateId": town.home.certificates[HER]}


async def to_revoke(town: QuickTown) -> Hand:
    """A token that she answers for."""
    return {"apiTokenId": (await token(town))[0]}


ACTS: dict[str, tuple[Callable[[QuickTown], Awaitable[Hand]], str]] = {
    "memberAdd": (newcomer, "cabinetId"),
    "memberBlock": (colleague, "memberId"),
    "memberUnblock": (blocked_colleague, "memberId"),
    "memberRemove": (colleague, "memberId"),
    "memberUpdate": (with_input(colleague, role="ADMIN"), "memberId"),
    "memberInvitationResend": (colleague, "memberId"),
    "cabinetUpdate": (with_input(cabinet, selfService=True), "cabinetId"),
    "apiTokenCreate": (with_input(cabinet, displayName="1С", scopes=["READ"]), "cabinetId"),
    "apiTokenRevoke": (to_revoke, "apiTokenId"),
    "documentUploadCreate": (announcement, "cabinetId"),
    "draftSave": (new_draft, "draft.cabinetId"),
    "draftDelete": (own_draft, "draftId"),
    "documentSend": (own_draft, "draftId"),
    "signaturePrepare": (to_prepare, "documentId"),
    "documentSign": (intent, "intentId"),
    "documentReject": (with_input(document, reason="Не наш"), "documentId"),
    "documentWithdraw": (sent, "documentId"),
    "documentArchive": (with_input(document, archived=True), "documentId"),
    "documentMarkViewed": (document, "documentId"),
}
"""Acts in a cabinet: what she has at hand, and the place in the input at which a shut door says NOT_FOUND."""

ELSEWHERE = {
    "Mutation.cabinetCreate": "operators alone",
    "Mutation.operatorAssign": "operators alone",
    "Mutation.operatorUnassign": "operators alone",
    "Mutation.passwordResetRequest": "the account's own, asked for by nobody",
    "Mutation.emailConfirm": "the account's own",
    "Mutation.viewerUpdate": "the account's own; colleagues see the new name, whatever her state (EA24)",
    "Mutation.documentReceive": "the exchange alone",
    "Mutation.sessionCreate": "the account's own; where it leads is shut: see `a login begun while blocked`",
    "Mutation.passwordReset": "the account's own; where it leads is shut, like a login",
    "Mutation.sessionDelete": "the account's own: whoever is blocked may still log out",
    "Mutation.certificateChallengeCreate": "the account's own",
    "Mutation.certificateRegister": "the account's own",
    "Mutation.certificateRemove": "the account's own",
    "Query.server": "nobody's secret",
    "Node.Certificate": "the account's own",
    "Node.Session": "the account's own",
}
"""Fields and types that lead into no cabinet."""


def act_door(name: str) -> Door:
    """A mutation as a door."""
    ready, place = ACTS[name]

    async def knock(town: QuickTown, wish: Hand) -> str:
        payload = await town.api(HER).try_to(asking(name), i=wish)
        return ", ".join(f"{e['code']} at {'.'.join(e['path'])}" for e in payload["userErrors"]) or "done"

    # A signature that was tried leaves its trace in the journal (EA2).
    return Door(f"Mutation.{name}", ready, knock, shut=f"NOT_FOUND at {place}", leaves_trace=name == "documentSign")


# What she asks for.


async def told(town: QuickTown, query: str, **variables: Any) -> str:
    """What the innermost field of a query says; the codes where it is refused."""
    try:
        found = await town.api(HER).ask(query, **variables)
    except Refused as refused:
        return " ".join(map(str, refused.codes))
    while isinstance(found, dict) and len(found) == 1:
        (found,) = found.values()
    return SHUT if found in (None, [None], []) else "shown"


def query_door(name: str, query: str, ready: Callable[[QuickTown], Awaitable[Hand]], *, shut: str = SHUT) -> Door:
    """A query as a door."""

    async def knock(town: QuickTown, wish: Hand) -> str:
        return await told(town, query, **wish)

    return Door(name, ready, knock, opened="shown", shut=shut)


CABINET_FIELDS = {
    "id": "",
    "organization": "{ name taxId }",
    "createdAt": "",
    "viewerMember": "{ id }",
    "viewerCanManage": "",
    "personalManager": "{ displayName }",
    "selfService": "",
    "folder": "(kind: ALL) { documentCount unseenCount documents { totalCount nodes { title } } }",
    "folders": "{ documentCount unseenCount }",
    "members": '(filter: {search: "Чайка"}) { totalCount nodes { user { displayName } } }',
    "counterparties": '(search: "Гродно") { name }',
    "apiTokens": "{ displayName }",
    "activity": "{ totalCount nodes { message } }",
    "eventCursor": "",
}
"""Every list, search and counter of a cabinet, by its field."""

SEARCH = """query($c: ID!) { cabinet(id: $c) { folder(kind: ALL) {
  documents(filter: {memberSearch: "Колесник"}) { nodes { id title } } } } }"""
COUNTER = 'query($c: ID!) { cabinet(id: $c) { folder(kind: ALL) { documentCount(filter: {search: "Акт"}) } } }'


async def own_cabinet(town: QuickTown) -> Hand:
    """As a variable."""
    return {"c": town.romashka}


def cabinet_door(field: str) -> Door:
    """A field of the cabinet; through it no shut door says more than that there is no cabinet."""
    query = f"query($c: ID!) {{ cabinet(id: $c) {{ __typename {field} {CABINET_FIELDS[field]} }} }}"
    return query_door(f"Cabinet.{field}", query, own_cabinet)


ENTRY = "query($c: ID!) { cabinet(id: $c) { activity(first: 1) { nodes { id } } } }"
STANDING = """query($c: ID!) { cabinet(id: $c) { folder(kind: ALL) {
  documents(first: 1, filter: {signedByOther: true}) { nodes {
    id counterparty { id } signatures { id downloadUrl } file { downloadUrl } } } } } }"""


async def furnish(town: QuickTown) -> None:
    """Put a document for her, signed by a colleague, into the cabinet: what doors to be looked through show."""
    await town.deliver("standing", HER)
    found = await town.api(HER).ask(NEWEST, c=town.romashka)
    await town.sign("urbanovich", found["cabinet"]["folder"]["documents"]["nodes"][0]["id"], content_of("standing"))


NEWEST = "query($c: ID!) { cabinet(id: $c) { folder(kind: ALL) { documents(first: 1) { nodes { id } } } } }"


async def standing(town: QuickTown) -> Any:
    """The card of that document, with links for her."""
    seen = await town.api(HER).ask(STANDING, c=town.romashka)
    return seen["cabinet"]["folder"]["documents"]["nodes"][0]


async def node_id(town: QuickTown, kind: str) -> str:
    """The id of an object of this kind that a member can see."""
    match kind:
        case "Member" | "User":
            return town.home.members["chaika"] if kind == "Member" else encode("User", town.home.users["chaika"])
        case "Cabinet":
            return town.romashka
        case "ActivityEntry":
            seen = await town.api(HER).ask(ENTRY, c=town.romashka)
            return str(seen["cabinet"]["activity"]["nodes"][0]["id"])
        case "SigningIntent":
            return str((await intent(town))["intentId"])
        case "ApiToken":
            return (await token(town))[0]
        case "DocumentUpload":
            return str((await upload(town))["id"])
    card = await standing(town)
    return str({"Document": card, "Organization": card["counterparty"], "Signature": card["signatures"][0]}[kind]["id"])
