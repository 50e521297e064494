"""ООО «Ромашка», its cabinet with three members, and what happens there. Nobody in it exists."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from models import certificates, documents, exchanges, signatures, tokens, uploads  # noqa: F401  # their tables
from models.access import Verb
from models.accounts import CodePurpose, Locale, OneTimeCode, User
from models.base import Base
from models.cabinets import Cabinet
from models.documents import Document, DocumentDirection
from models.events import DocumentReceived, Event, Line, MemberBlocked, MemberInvited, MemberRemoved
from models.exchanges import DocumentKind, DocumentStatus, Exchange
from models.journal import Delivery, DeliveryState
from models.members import Member, MemberRole, MemberState, ShareFrom
from models.organizations import Organization
from resolvers.context import Client, Context, Work
from resolvers.ports import Outside
from resolvers.rights import Principal
from server.outside import outside
from server.settings import read_settings

ROMASHKA = "ООО «Ромашка»"
IVANOV, KOLESNIK, URBANOVICH = (f"{name}@romashka.example" for name in ("i.ivanov", "e.kolesnik", "a.urbanovich"))
NAMES = {IVANOV: "Иванов Иван", KOLESNIK: "Колесник Елена Сергеевна", URBANOVICH: "Урбанович Анна Александровна"}
START = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


@dataclass
class HeldClock:
    """A clock that goes only when it is told to."""

    at: datetime = START

    def now(self) -> datetime:
        return self.at

    def pass_by(self, **time: float) -> None:
        self.at += timedelta(**time)


@dataclass
class Romashka:
    """The cabinet, on a database of its own."""

    outside: Outside
    clock: HeldClock

    def system(self) -> Context:
        """The server itself."""
        return Context(self.outside, Principal(is_system=True), Client())

    @asynccontextmanager
    async def act(self) -> AsyncIterator[Work]:
        """Something that the server's owner does."""
        async with self.system().work(Verb.OWN_SERVER) as work:
            work.authorize()
            yield work

    async def receive(self, title: str) -> int:
        """A document comes: a letter to every active member. Returns its id."""
        async with self.act() as work:
            document = work.add(_document(title, at=self.clock.at))
            facts = {"organization": ROMASHKA, "title": title, "counterparty": "ОАО «Партнёр»", "sender": "Гринкевич"}
            line = Line(cabinet_id=1, facts=facts | {"recipients": [NAMES[KOLESNIK]]}, document=document)
            await work.record(DocumentReceived(lines=(line,)))
        return document.id

    async def bring(self, email: str, event: type[Event], state: MemberState) -> None:
        """A member comes into a state, and the event is told."""
        async with self.act() as work:
            user = select(User.id).where(User.email == email)
            query = select(Member).options(*Member.with_people()).where(Member.user_id.in_(user))
            [member] = await work.all(query)
            member.state, member.state_at = state, self.clock.at
            await work.record(event(lines=(member.line(organization=ROMASHKA),)))

    async def block(self, email: str) -> None:
        """A member is blocked."""
        await self.bring(email, MemberBlocked, MemberState.BLOCKED)

    async def remove(self, email: str) -> None:
        """A member is removed."""
        await self.bring(email, MemberRemoved, MemberState.REMOVED)

    async def invite(self, email: str, *, expires_in: timedelta) -> str:
        """A member is told of his account by a letter with a code; returns the code."""
        async with self.act() as work:
            [user] = await work.all(select(User).where(User.email == email))
            for seed in ("old", "new"):
                code = OneTimeCode(user_id=user.id, purpose=CodePurpose.INVITATION, seed=seed, code_hash=seed)
                code.created_at, code.expires_at = self.clock.at, self.clock.at + expires_in
                work.add(code)
        await self.bring(email, MemberInvited, MemberState.ACTIVE)
        return self.outside.secrets.code("INVITATION", "new")

    async def deliveries(self) -> list[tuple[str, str, DeliveryState, int]]:
        """Letter, reader, state and failed tries of all there are."""
        wanted = select(Delivery).order_by(Delivery.id)
        async with self.system().reading() as reading:
            emails = {user.id: user.email for user in await reading.all(select(User))}
            found = await reading.all(wanted)
        return [(d.letter, emails[d.user_id], d.state, d.attempts) for d in found]

    async def states(self) -> list[DeliveryState]:
        """How the letters stand, oldest first."""
        return [state for _, _, state, _ in await self.deliveries()]

    async def user(self, email: str) -> User:
        """An account."""
        async with self.system().reading() as reading:
            [found] = await reading.all(select(User).where(User.email == email))
        return found


@asynccontextmanager
async def romashka(folder: Path) -> AsyncIterator[Romashka]:
    """The cabinet while the block lasts."""
    clock = HeldClock()
    async with outside(read_settings(data_dir=folder), clock=clock) as world:
        async with world.database.transaction() as session:
            await session.run_sync(lambda plain: Base.metadata.create_all(plain.connection()))
            owner = Organization.called(ROMASHKA, tax_id="190000001")
            cabinet = Cabinet.open(organization=owner, at=START)
            session.add_all([owner, cabinet])
            await session.flush()
            for email, name in NAMES.items():
                session.add(_member(cabinet, owner, email=email, name=name))
        yield Romashka(world, clock)


def _member(cabinet: Cabinet, company: Organization, *, email: str, name: str) -> Member:
    user = User.new(
        display_name=name, email=email, locale=Locale.RU, time_zone="Europe/Minsk", needs_key=False, at=START
    )
    role = MemberRole.ADMIN if email == IVANOV else MemberRole.MEMBER
    return Member.join(cabinet, user=user, company=company, role=role, share_from=ShareFrom.ALL, at=START)


def _document(title: str, *, at: datetime) -> Document:
    exchange = Exchange(
        kind=DocumentKind.CONTRACT,
        status=DocumentStatus.AWAITING_SIGNATURE,
        required_sides=("RECIPIENT",),
        signed_sides=(),
        sign_before=at + timedelta(days=5),
        version=1,
        created_at=at,
        documents=[],
        signatures=[],
        acts=[],
    )
    exchange.name(title=title, number=None)
    exchange.address([])
    return Document.view(exchange, cabinet_id=1, direction=DocumentDirection.INCOMING, counterparty=None, at=at)
