"""Two cabinets given the same plot: what isolation is tried on (EE74). What one has, the other has too, row for row.

`Side.ids` names one object of every kind of a cabinet, as its administrator sees them; `Side.words` what people of
this side alone would look for.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from clients import b64
from household import NAMES, STANDING, Household, address, household
from own_archives import GOMEL
from town import BASIS, BLOCK, CHALLENGE, CREATE, PDF
from wishes import ARCHIVE, REJECT, REMOVE_MEMBER, VIEW, WITHDRAW, draft, sent

from models.accounts import OperatorKind
from models.cabinets import Cabinet
from models.tokens import ApiToken
from resolvers import owner, sessions, tokens
from schema.nodes import decode, encode
from server.keeper import Keeper

GRODNO = {"name": "ОАО «Гродно-Опт»", "taxId": "190000077"}
PINSK = {"name": "УП «Пинск-Древ»", "taxId": "190000088"}
VITEBSK = {"name": "ООО «Витебск-Лён»", "taxId": "190000066"}
TWINS = {"second": "kolesnik", "signer": "urbanovich", "plain": "chaika", "blocked": "grinkevich"}
NAMES.update({f"{name}2": NAMES[name] for name in TWINS.values()})
NAMES.update({"former": "Бывшая Инна Павловна", "former2": "Бывшая Инна Павловна"})
MANAGERS = {"manager": "Менеджер Первый Иванович", "manager2": "Менеджер Второй Петрович"}
NAMES.update(MANAGERS)

CALLERS = ("admin", "plain", "blocked", "manager")
"""Who asks: an administrator, a member, one who is blocked, and the personal manager of this cabinet."""
ROOMY = {f"max_{name}": 10**6 for name in ("query_bytes", "tokens", "aliases", "field_pairs", "cost", "fragments")}

SEEN = """query($c: ID!) { cabinet(id: $c) { eventCursor organization { id } activity(last: 1) { nodes { id } }
  folder(kind: ALL) { documents(first: 1, filter: {signedByOther: true}) {
    nodes { id counterparty { id } signatures { id } } } } } }"""
STATUSES = """query($c: ID!) { cabinet(id: $c) {
  folder(kind: ALL) { documents(first: 100) { nodes { status } } }
  drafts: folder(kind: DRAFTS) { documents { nodes { status } } } } }"""


@dataclass
class Side:
    """A cabinet: its people by what they are in the plot, and one object of each kind."""

    name: str
    organization: dict[str, str]
    counterparty: dict[str, str]
    people: dict[str, str]
    ids: dict[str, str] = field(default_factory=dict)
    private: dict[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    challenge: str = ""

    @property
    def admin(self) -> str:
        """Its administrator."""
        return self.people["admin"]


@dataclass
class Mirrored:
    """The world with its two sides."""

    house: Household
    own: Side
    foreign: Side


@asynccontextmanager
async def mirrored(folder: Path, *, at: datetime = STANDING) -> AsyncIterator[Mirrored]:
    """Both cabinets, furnished alike; the clock stands `at`."""
    async with household(folder, at=at) as house:
        # Generated operations ask for everything at once, which nobody may for real (EE73).
        roomy = replace(house.world.house.limits, **ROOMY)
        house.world = replace(house.world, house=replace(house.world.house, limits=roomy))
        yield await furnished(house)


async def furnished(house: Household) -> Mirrored:
    """Play the plot on both sides."""
    own, foreign = _sides()
    await _third_cabinet(house)
    await _people_move_in(house, foreign)
    for side in (own, foreign):
        await _furnish(house, side)
    house.clock.move(timedelta(hours=2))
    assert await Keeper(house.world).pass_once() == 2
    for side in (own, foreign):
        await _look_round(house, side)
    return Mirrored(house, own, foreign)


def _sides() -> tuple[Side, Side]:
    ours = {**TWINS, "admin": "shcherbo", "former": "former", "manager": "manager"}
    theirs = {**{role: f"{name}2" for role, name in {**ours}.items()}, "admin": "savitskaya"}
    names = {"name": "ООО «Ромашка»", "taxId": "190000001"}, {"name": "ЗАО «Полесье-Трейд»", "taxId": "190000002"}
    return (
        Side("romashka", names[0], GRODNO, ours, words=("Щербо", "shcherbo", "Гродно", "romashka-title", "190000077")),
        Side(
            "polesye",
            names[1],
            PINSK,
            theirs,
            words=("Савицкая", "savitsk", "Пинск", "Полесье", "polesye-title", "190000088"),
        ),
    )


async def _third_cabinet(house: Household) -> None:
    """Витебск: both sides send their documents there."""
    admin = {"newUser": {"displayName": NAMES["stranger"], "email": address("stranger")}}
    wish = {"organization": VITEBSK, "firstAdmin": admin, "basis": BASIS}
    house.cabinets["vitebsk"] = (await house.act("hotline", CREATE, **wish))["cabinet"]["id"]
    await house._meet("stranger")


async def _people_move_in(house: Household, side: Side) -> None:
    """The same people as on the other side, and the same keys."""
    for role in ("second", "signer", "plain", "blocked"):
        await house.add(side.people[role], to=side.name)
    for role in ("second", "signer"):
        await house.give_key(side.people[role])
    await house.act("hotline", BLOCK, memberId=house.members[side.people["blocked"]], basis=BASIS)


async def _furnish(house: Household, side: Side) -> None:
    """Documents of every state, drafts, what is private, people who left, a manager, a token."""
    people, admin = side.people, side.admin
    await house.add(people["former"], to=side.name)
    await house.act("hotline", REMOVE_MEMBER, memberId=house.members[people["former"]], basis=BASIS)
    await _manager(house, side)
    got = {name: await receive(house, side, name) for name in ("signed", "rejected", "archived", "seen", "waiting")}
    await receive(house, side, "archive", organization=GOMEL, recipientEmails=[address(admin)])
    await house.sign(people["signer"], got["signed"], content_of(side, "signed"))
    await house.act(people["second"], REJECT, documentId=got["rejected"], reason="Не наш")
    await house.act(admin, ARCHIVE, documentId=got["archived"], archived=True)
    await house.act(people["plain"], VIEW, documentId=got["seen"])
    late = (house.clock.now() + timedelta(hours=1)).isoformat()
    for title, said in (
        ("sent", {"requiredSides": []}),
        ("unsigned", {"requiredSides": ["SENDER", "RECIPIENT"]}),
        ("withdrawn", {"requiredSides": ["RECIPIENT"]}),
        ("expired", {"requiredSides": ["RECIPIENT"], "signBefore": late}),
        (f"{side.name}-title", {"requiredSides": ["RECIPIENT"]}),
    ):
        document_id = await _send(house, side, title, **said)
        if title == "withdrawn":
            await house.act(people["second"], WITHDRAW, documentId=document_id, reason="Ошибка")


async def receive(house: Household, side: Side, name: str, **more: Any) -> str:
    """Delivered by the exchange from a counterparty that only this side has, for its second."""
    upload = await house.upload("exchange", content_of(side, name))
    said = {"organization": side.organization, "uploadId": upload, "title": f"Акт {name}", **more}
    sender = {"organization": side.counterparty, "personName": "Мороз Пётр Ильич"}
    return await house.receive(f"{side.name}-{name}", side.people["second"], sender=sender, **said)


def content_of(side: Side, name: str) -> bytes:
    """The file of a received document."""
    return PDF + f"{side.name}-{name}".encode()


async def _send(house: Household, side: Side, title: str, **said: Any) -> str:
    ready = {"counterparty": {"taxId": VITEBSK["taxId"]}, "title": title, **said}
    return await sent(house, side.people["second"], to=None, of=side.name, **ready)


async def _manager(house: Household, side: Side) -> None:
    """A personal manager who looks after this cabinet alone."""
    who = side.people["manager"]
    kind = OperatorKind.PERSONAL_MANAGER
    await owner.make_operator(
        house.system, email=address(who), display_name=NAMES[who], kind=kind, phone="+375 17 200-00-00"
    )
    await house._meet(who)
    async with house.world.database.transaction() as session:
        cabinet = await session.get_one(Cabinet, _row(house.cabinets[side.name]))
        cabinet.personal_manager_id = house.users[who]


async def _look_round(house: Household, side: Side) -> None:
    """Find one object of every kind; what is private is made for the administrator and for a colleague of his."""
    seen = (await house.ask(side.admin, SEEN, c=house.cabinets[side.name]))["cabinet"]
    (card,) = seen["folder"]["documents"]["nodes"]
    side.ids = {
        "Cabinet": house.cabinets[side.name],
        "Member": house.members[side.people["second"]],
        "Colleague": house.members[side.people["plain"]],
        "User": encode("User", house.users[side.people["second"]]),
        "Document": card["id"],
        "Signature": card["signatures"][0]["id"],
        "ActivityEntry": seen["activity"]["nodes"][0]["id"],
        "Organization": card["counterparty"]["id"],
        "Company": seen["organization"]["id"],
        "ApiToken": await _token(house, side),
        **await belongings(house, side, side.admin),
    }
    side.private = await belongings(house, side, side.people["signer"])
    keys = house.authority.issue("Кто-то", email="x@y.example", organization=None, unp=None, at=house.clock.now())
    side.challenge = (await house.act(side.admin, CHALLENGE, certificate=b64(keys.der)))["challenge"]


async def belongings(house: Household, side: Side, who: str) -> dict[str, str]:
    """What is somebody's own: a draft that he could sign and the intent to do so, an upload, a login, a certificate."""
    draft_id = await draft(house, who, to=None, of=side.name, counterparty={"taxId": VITEBSK["taxId"]})
    login = await sessions.begin(house.context(None), user_id=house.users[who])
    return {
        "Draft": draft_id,
        "Certificate": house.certificates[who],
        "DocumentUpload": await house.upload(who, PDF + b"unused", cabinetId=house.cabinets[side.name]),
        "Session": encode("Session", login.session.id),
        "SigningIntent": (await house.prepare(who, draft_id))["intent"]["id"],
    }


async def _token(house: Household, side: Side) -> str:
    """A program's token, for which the administrator answers."""
    token = ApiToken(
        cabinet_id=_row(house.cabinets[side.name]),
        responsible_id=_row(house.members[side.admin]),
        display_name="1С",
        scopes=("READ", "DOCUMENTS", "MEMBERS"),
        token_hash=tokens.hash_of(tokens.new_token()),
        created_at=house.clock.now(),
    )
    async with house.world.database.transaction() as session:
        session.add(token)
        await session.flush()
        return encode("ApiToken", token.id)


async def statuses(world: Mirrored, side: Side) -> set[str]:
    """Which states documents of a side are in, drafts of its administrator among them."""
    seen = await world.house.ask(side.admin, STATUSES, c=world.house.cabinets[side.name])
    return {row["status"] for kind in ("folder", "drafts") for row in seen["cabinet"][kind]["documents"]["nodes"]}


def _row(public_id: str) -> int:
    found = decode(public_id)
    assert found is not None
    return found[1]
