"""Two cabinets in this process, under a clock that stands: the front door without HTTP, where no socket is needed.

People act by GraphQL on the built schema; what only the server's owner does goes through the acts of `resolvers`.
The first household of a test run is made by acts, every other one is a copy of its folder.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import databases
from clients import Refused, b64
from fakes import MovedClock
from sqlalchemy import event, func, select
from sqlalchemy.engine import Engine
from town import ADD, BASIS, BLOCK, CHALLENGE, CREATE, MAKE_TOKEN, PDF, PREPARE, RECEIVE, REGISTER, SIGN, UPLOAD

from models.accounts import CodePurpose, OneTimeCode, OperatorKind, User
from models.base import Base
from models.cabinets import Cabinet
from models.certificates import Certificate
from models.members import Member
from models.organizations import Organization
from resolvers import owner, tokens, uploads
from resolvers.context import Client, Context
from resolvers.ports import Outside
from resolvers.rights import Principal
from schema.nodes import decode, encode
from schema.root import CabinetSchema, build
from server import migrate
from server.demo import pen
from server.demo.authority import Authority, Credentials
from server.outside import outside
from server.settings import Settings, read_settings

ROMASHKA = {"name": "ООО «Ромашка»", "taxId": "190000001"}
POLESYE = {"name": "ЗАО «Полесье-Трейд»", "taxId": "190000002"}
SUPPLIER = {"name": "ОАО «Гродно-Опт»", "taxId": "190000077"}
NAMES = {
    "hotline": "Оператор горячей линии",
    "second": "Второй оператор",
    "shcherbo": "Щербо Юлия Игоревна",
    "kolesnik": "Колесник Елена Сергеевна",
    "urbanovich": "Урбанович Анна Александровна",
    "chaika": "Чайка Дмитрий Олегович",
    "grinkevich": "Гринкевич Сергей Николаевич",
    "savitskaya": "Савицкая Ольга Петровна",
    "stranger": "Прохожий Иван Иванович",
    "lipski": "Липский Олег Янович",
    "orlova": "Орлова Инна Львовна",
}
AT_ROMASHKA = ("kolesnik", "urbanovich", "chaika", "grinkevich")
SCHEMA: CabinetSchema = build()


def address(person: str) -> str:
    """Somebody's e-mail."""
    return f"{person}@{'polesye' if person == 'savitskaya' else 'romashka'}.example"


@dataclass
class Household:
    """The world, its clock and its people by first name of their address."""

    world: Outside
    clock: MovedClock
    authority: Authority
    users: dict[str, int] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=dict)
    cabinets: dict[str, str] = field(default_factory=dict)
    certificates: dict[str, str] = field(default_factory=dict)
    exchange_token: str = ""
    bearers: dict[str, str] = field(default_factory=dict)

    def context(self, who: str | None) -> Context:
        """The context of a person, of a program by its token's name, of the exchange, or of nobody."""
        bearer = self.exchange_token if who == "exchange" else self.bearers.get(who or "")
        if bearer:
            return self._context(Principal(token_hash=tokens.hash_of(bearer)))
        return self._context(Principal(user_id=self.users[who]) if who else Principal())

    def _context(self, principal: Principal) -> Context:
        return Context(self.world, principal, Client(address="192.0.2.7", user_agent="household"))

    @property
    def system(self) -> Context:
        """The server's owner."""
        return self._context(Principal(is_system=True))

    async def ask(self, who: str | None, query: str, **variables: Any) -> Any:
        """`data`; top-level errors raise `Refused`."""
        result = await SCHEMA.execute(query, variable_values=variables, context_value=self.context(who))
        if result.errors:
            raise Refused([{"message": e.message, "extensions": e.extensions, "path": e.path} for e in result.errors])
        return result.data

    async def act(self, who: str | None, mutation: str, **input: Any) -> Any:
        """The payload of a mutation that must go well."""
        payload = await self.try_to(who, mutation, **input)
        assert payload["userErrors"] == [], payload["userErrors"]
        return payload

    async def try_to(self, who: str | None, mutation: str, **input: Any) -> Any:
        """The payload of a mutation with the one variable `$i`, refusals included."""
        (payload,) = (await self.ask(who, mutation, i=input)).values()
        return payload

    async def census(self) -> Counter[str]:
        """How many rows each table has: what must be equal where nothing happened. Tries are counted all the same."""
        async with self.world.database.snapshot() as session:
            counts = {
                t.name: await session.scalar(select(func.count()).select_from(t))
                for t in Base.metadata.sorted_tables
                if t.name != "tallies"
            }
        return Counter({name: count or 0 for name, count in counts.items()})

    @asynccontextmanager
    async def nothing_happens(self) -> AsyncIterator[None]:
        """No row, entry, letter or event comes of what is tried inside."""
        before = await self.census()
        yield
        assert await self.census() == before

    async def statements(self, query: str, *, who: str = "urbanovich", **variables: Any) -> int:
        """How many statements an operation costs, transactions apart."""
        with counted() as made:
            await self.ask(who, query, **variables)
        return len(made)

    async def upload(self, who: str, content: bytes = PDF, *, name: str = "Акт 15.pdf", **said: Any) -> str:
        """Announce a file and store its bytes; the upload's public id."""
        sha256 = hashlib.sha256(content).hexdigest()
        file = {"fileName": name, "contentType": "application/pdf", "sizeBytes": len(content), "sha256": sha256, **said}
        upload_id = str((await self.act(who, UPLOAD, **file))["upload"]["id"])
        await self.store(who, upload_id, content)
        return upload_id

    async def store(self, who: str, upload_id: str, content: bytes) -> None:
        """Put the bytes of an announced upload."""

        async def chunks() -> AsyncIterator[bytes]:
            yield content

        found = decode(upload_id)
        assert found is not None
        await uploads.store(self.context(who), upload_id=found[1], chunks=chunks())

    async def receive(self, external_id: str, *recipients: str, **said: Any) -> str:
        """The exchange delivers a document for these people of «Ромашка»; its public id."""
        delivered = {
            "organization": ROMASHKA,
            "kind": "ACT",
            "title": f"Акт {external_id}",
            "sender": {"organization": SUPPLIER, "personName": "Мороз Пётр Ильич"},
            "recipientEmails": [address(person) for person in recipients],
            "externalId": external_id,
            **said,
        }
        if "uploadId" not in said:
            delivered["uploadId"] = await self.upload("exchange", PDF + external_id.encode())
        return str((await self.act("exchange", RECEIVE, **delivered))["document"]["id"])

    async def receive_many(self, count: int, *, signed_every: int) -> None:
        """Documents for Колесник, some signed by Урбанович in her place."""
        for number in range(count):
            document_id = await self.receive(f"m-{number}", "kolesnik")
            if number % signed_every == 0:
                await self.sign("urbanovich", document_id, PDF + f"m-{number}".encode())

    async def prepare(self, who: str, document_id: str) -> Any:
        """The payload of `signaturePrepare` with somebody's own certificate."""
        return await self.try_to(who, PREPARE, documentId=document_id, certificateId=self.certificates[who])

    def signature(self, who: str, content: bytes) -> str:
        """Somebody's detached CMS over the content, made outside of the server, in base64."""
        keys = self.authority.credentials(address(who))
        return b64(pen.sign(content, key=keys.private_key, certificate=keys.x509, claimed_at=self.clock.now()))

    async def sign(self, who: str, document_id: str, content: bytes) -> Any:
        """Sign with every warning read; the payload of `documentSign`."""
        prepared = await self.prepare(who, document_id)
        assert prepared["userErrors"] == [], prepared
        intent = prepared["intent"]
        read = [warning["code"] for warning in intent["warnings"]]
        return await self.act(
            who, SIGN, intentId=intent["id"], signature=self.signature(who, content), acknowledgedWarnings=read
        )

    async def add(self, who: str, *, to: str = "romashka", by: str = "hotline", **said: Any) -> str:
        """Have somebody new added; his public member id."""
        newcomer = {"newUser": {"displayName": NAMES[who], "email": address(who)}}
        wish = {"cabinetId": self.cabinets[to], "member": newcomer, "basis": BASIS, **said}
        self.members[who] = (await self.act(by, ADD, **wish))["member"]["id"]
        await self._meet(who)
        return self.members[who]

    async def block(self, who: str, *, by: str = "hotline") -> Any:
        """Have somebody blocked, with a basis."""
        return await self.act(by, BLOCK, memberId=self.members[who], basis=BASIS)

    async def give_token(self, name: str, *scopes: str, by: str = "shcherbo", **said: Any) -> str:
        """A token of «Ромашка», by whose name the program acts from now on; its public id."""
        wish = {"cabinetId": self.cabinets["romashka"], "displayName": name, "scopes": scopes, **said}
        made = await self.act(by, MAKE_TOKEN, **wish)
        self.bearers[name] = made["bearerToken"]
        return str(made["apiToken"]["id"])

    async def give_key(self, who: str) -> Credentials:
        """A key and certificate, registered by a proof that the key is at hand."""
        keys = self.authority.issue(NAMES[who], email=address(who), organization=None, unp=None, at=self.clock.now())
        asked = await self.act(who, CHALLENGE, certificate=b64(keys.der))
        proof = b64(pen.prove(asked["challenge"].encode(), keys.private_key))
        made = await self.act(who, REGISTER, challenge=asked["challenge"], proof=proof)
        self.certificates[who] = made["certificate"]["id"]
        return keys

    async def invitation(self, who: str) -> str:
        """The code of the newest invitation."""
        newest = select(OneTimeCode).where(OneTimeCode.user_id == self.users[who]).order_by(OneTimeCode.id.desc())
        async with self.system.reading() as reading:
            code = await reading.first(newest)
        assert code is not None
        return self.world.secrets.code(CodePurpose.INVITATION.value, code.seed)

    async def _meet(self, who: str) -> None:
        async with self.system.reading() as reading:
            found = await reading.first(select(User.id).where(User.email == address(who)))
        assert found is not None
        self.users[who] = found


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that reach a database inside, transactions apart."""
    made: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.split(None, 1)[0].upper() in {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"}:
            made.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield made
    finally:
        event.remove(Engine, "before_cursor_execute", note)


STANDING = MovedClock().now()
TEMPLATE: dict[datetime, Path] = {}


@asynccontextmanager
async def household(folder: Path, *, at: datetime = STANDING) -> AsyncIterator[Household]:
    """Two cabinets with their people, in a folder of the test's own; the clock stands `at`."""
    data, clock = folder / "data", MovedClock(at)
    if at not in TEMPLATE:
        template = folder.parent / f"household-{at.timestamp():.0f}"
        await _make(template, MovedClock(at))
        TEMPLATE[at] = template
    databases.copy(TEMPLATE[at], data)
    async with reopened(data, clock) as home:
        yield home


@asynccontextmanager
async def reopened(data: Path, clock: MovedClock) -> AsyncIterator[Household]:
    """The household that is in a data folder."""
    authority = Authority.found(data / "authority", at=clock.now())
    async with outside(settings_of(data), clock=clock) as world:
        home = Household(world, clock, authority, exchange_token=(data / "exchange.token").read_text())
        await _recall(home)
        yield home


def settings_of(data: Path) -> Settings:
    """What a household's folder is opened with."""
    return read_settings(
        data_dir=data,
        database_url=databases.database_url(data),
        public_url="http://cabinet.example",
        sqlite_durability="normal",
    )


async def _make(data: Path, clock: MovedClock) -> None:
    settings = settings_of(data)
    authority = Authority.found(data / "authority", at=clock.now())
    authority.publish(data / "anchors", data / "crls")
    migrate.upgrade(settings)
    async with outside(settings, clock=clock) as world:
        home = Household(world, clock, authority)
        for operator in ("hotline", "second"):
            await owner.make_operator(
                home.system,
                email=address(operator),
                display_name=NAMES[operator],
                kind=OperatorKind.HOTLINE,
                phone=None,
            )
            await home._meet(operator)
        (data / "exchange.token").write_text(await owner.exchange_token(home.system, name="Обмен"))
        await _settle(home)


async def _settle(home: Household) -> None:
    for name, organization, admin in (("romashka", ROMASHKA, "shcherbo"), ("polesye", POLESYE, "savitskaya")):
        first = {"newUser": {"displayName": NAMES[admin], "email": address(admin)}}
        made = await home.act("hotline", CREATE, organization=organization, firstAdmin=first, basis=BASIS)
        home.cabinets[name] = made["cabinet"]["id"]
        await home._meet(admin)
    for person in AT_ROMASHKA:
        await home.add(person)
    for person in ("shcherbo", "kolesnik", "urbanovich", "savitskaya"):
        await home.give_key(person)
    await home.block("grinkevich")


async def _recall(home: Household) -> None:
    """Learn the ids of everybody who is there."""
    names = {ROMASHKA["taxId"]: "romashka", POLESYE["taxId"]: "polesye"}
    cabinets = select(Organization.tax_id, Cabinet.id).join(Organization, Organization.id == Cabinet.organization_id)
    members = (
        select(User.email, Member.id)
        .join(Member, Member.user_id == User.id)
        .where(Member.is_shared())
        .order_by(Member.cabinet_id)
    )
    own = select(User.email, Certificate.id).join(Certificate, Certificate.user_id == User.id).order_by(Certificate.id)
    users = select(User.email, User.id)
    async with home.system.reading() as reading:
        home.users = {_name(email): row_id for email, row_id in await reading.rows(users)}
        home.cabinets = {names[tax_id]: encode("Cabinet", row_id) for tax_id, row_id in await reading.rows(cabinets)}
        home.members = {_name(email): encode("Member", row_id) for email, row_id in await reading.rows(members)}
        home.certificates = {_name(email): encode("Certificate", row_id) for email, row_id in await reading.rows(own)}


def _name(email: str) -> str:
    return email.partition("@")[0]
