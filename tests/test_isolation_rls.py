"""PostgreSQL's row-level security as an oracle (EE74, reliability.md F): a database that shows one cabinet's rows alone
answers every generated operation as the product does without it. A difference is a missing tenant criterion.

Policies are made here, for every table that names a cabinet; whatever is confined by `models.access.confine` is held to
them. What crosses cabinets by name (`across`) and the rights' own look-up are let through.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

import databases
import postgres
import pytest
from answers import answer, asked
from household import STANDING
from mirrored import CALLERS, Mirrored, mirrored
from spots import Spot, all_spots, views
from sqlalchemy import event, select, text
from sqlalchemy.orm import LoaderCriteriaOption, ORMExecuteState, Session

from models.base import Base
from models.cabinets import Cabinet
from models.members import Member, MemberState
from resolvers import journal
from schema.nodes import encode

pytestmark = pytest.mark.anyio

READER = "cabinet_reader"
SEEN: ContextVar[str] = ContextVar("SEEN", default="")
"""The numbers of the cabinets whose rows the database shows; empty while it shows all."""
TABLES = {table.name: "cabinet_id" for table in Base.metadata.sorted_tables if "cabinet_id" in table.columns}
TABLES |= {"cabinets": "id"}
QUESTIONS = [spot for spot in all_spots() if spot.root != "mutation"]
ACTS = [spot for spot in all_spots() if spot.root == "mutation" and spot.is_id]


@contextmanager
def on_postgres() -> Iterator[None]:
    """The run's own PostgreSQL, or one for this file where the run is on SQLite."""
    before = databases.DATABASES
    if isinstance(before, databases.OnPostgres):
        yield
        return
    with postgres.embedded() as server:
        databases.choose(databases.OnPostgres(server))
        try:
            yield
        finally:
            databases.choose(before)


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One loop for all of this file."""
    return "asyncio"


@pytest.fixture(scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mirrored]:
    """Two cabinets with the same plot in PostgreSQL, with policies that nobody is held to yet."""
    folder = tmp_path_factory.mktemp("mirrored-rls")
    with on_postgres():
        async with mirrored(folder / "one", at=STANDING + timedelta(minutes=1)) as made:
            async with made.house.world.database.transaction() as session:
                for statement in _policies():
                    await session.execute(text(statement))
            event.listen(Session, "do_orm_execute", _held)
            yield made
            event.remove(Session, "do_orm_execute", _held)


def _policies() -> Iterator[str]:
    """A role that is no superuser, and what it sees of each table; it may lock rows."""
    yield f"""DO $$ BEGIN CREATE ROLE {READER}; EXCEPTION WHEN duplicate_object THEN NULL; END $$"""
    yield f"GRANT SELECT, UPDATE ON ALL TABLES IN SCHEMA public TO {READER}"
    for table, column in TABLES.items():
        own = "user_id = current_setting('cabinet.reader')::int OR " if table == "members" else ""
        seen = f"{column} = ANY (string_to_array(current_setting('cabinet.ids'), ',')::int[])"
        yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
        yield f"CREATE POLICY own_cabinet ON {table} TO {READER} USING ({own}{column} IS NULL OR {seen})"


def _held(state: ORMExecuteState) -> Any:
    """Perform a confined statement as the role that is held to the policies."""
    confined = any(isinstance(option, LoaderCriteriaOption) for option in state.statement._with_options)
    if not SEEN.get() or not confined:
        return None
    state.session.flush()  # what is new is written by us, not by the role
    ids, _, reader = SEEN.get().partition("/")
    connection = state.session.connection()
    connection.exec_driver_sql(f"SELECT set_config('cabinet.ids', '{ids}', true)")
    connection.exec_driver_sql(f"SELECT set_config('cabinet.reader', '{reader}', true)")
    connection.exec_driver_sql(f"SET LOCAL ROLE {READER}")
    result = state.invoke_statement()
    connection.exec_driver_sql("RESET ROLE")
    return result


@asynccontextmanager
async def held(world: Mirrored, role: str) -> AsyncIterator[None]:
    """Whoever asks inside is shown the rows of his cabinet and archive alone, and his own memberships."""
    user_id = world.house.users[world.own.people[role]]
    async with world.house.world.database.snapshot() as session:
        own = select(Member.cabinet_id).where(Member.user_id == user_id, Member.state == MemberState.ACTIVE)
        ids = set(await session.scalars(own.union(select(Cabinet.id).where(Cabinet.personal_manager_id == user_id))))
    token = SEEN.set(f"{','.join(map(str, sorted(ids)))}/{user_id}")
    try:
        yield
    finally:
        SEEN.reset(token)


async def test_the_policies_hold(world: Mirrored) -> None:
    """The oracle can tell: as that role even a statement that crosses cabinets finds one cabinet's rows."""
    counted = "SELECT count(DISTINCT cabinet_id) FROM documents WHERE cabinet_id IS NOT NULL"
    async with world.house.world.database.transaction() as session:
        everything = await session.scalar(text(counted))
        await session.execute(
            text("SELECT set_config('cabinet.ids', '1', true), set_config('cabinet.reader', '0', true)")
        )
        await session.execute(text(f"SET LOCAL ROLE {READER}"))
        own = await session.scalar(text(counted))
        await session.execute(text("RESET ROLE"))
    assert everything is not None and everything >= 3 and own == 1


@pytest.mark.parametrize("role", CALLERS)
async def test_every_view_is_the_same_under_the_policies(world: Mirrored, role: str) -> None:
    """EE74: everything that a query leads to, lists and counters among it."""
    who = world.own.people[role]
    for name, made in views(good=world.own.ids):
        free = await answer(world, who, made)
        async with held(world, role):
            assert await answer(world, who, made) == free, name


@pytest.mark.parametrize("spot", QUESTIONS, ids=str)
async def test_every_question_is_answered_alike_under_the_policies(world: Mirrored, spot: Spot) -> None:
    """EE74: filters, searches, ids and cursors, with what is one's own and with what is the other cabinet's."""
    for role in ("admin", "manager"):
        for value in values(world, spot):
            free = await asked(world, role, spot, value)
            async with held(world, role):
                assert await asked(world, role, spot, value) == free, (role, value)


@pytest.mark.parametrize("spot", ACTS, ids=str)
async def test_every_act_on_what_is_foreign_is_refused_alike_under_the_policies(world: Mirrored, spot: Spot) -> None:
    """EE74: an act finds a foreign row neither by itself nor behind the policies."""
    free = await asked(world, "admin", spot, world.foreign.ids[spot.kind or "Document"])
    async with held(world, "admin"):
        assert await asked(world, "admin", spot, world.foreign.ids[spot.kind or "Document"]) == free


def values(world: Mirrored, spot: Spot) -> list[str]:
    """What is one's own, what is the other's."""
    if spot.is_id:
        kind = spot.kind or "Document"
        return [world.own.ids[kind], world.foreign.ids[kind], encode(kind, 999_999)]
    if spot.name in ("after", "before"):
        return [journal.seal(world.house.system, 1, 0), journal.seal(world.house.system, 2, 0)]
    return ["Колесник", "Акт", *world.own.words[:1], *world.foreign.words]
