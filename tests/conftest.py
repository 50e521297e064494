"""What all tests share. Being here also puts `tests/` on the path: `from fakes import MovedClock`."""

import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import databases
import postgres
import pytest
from household import Household, household
from shell import Shell, settled

ON_A_DATABASE = {"databases", "household", "mirrored", "processes", "quick_town", "town"}
"""Modules that give a test its database. A test that uses none of them, nor `house`, runs once, not on PostgreSQL."""
ON_POSTGRESQL_ALONE = {
    "test_demo_on_postgres",
    "test_isolation_rls",
    "test_overlaps",
    "test_overlaps_operators",
    "test_postgres",
}
ON_SQLITE_ALONE = {
    "test_isolation": "on PostgreSQL the oracle asks the same, `test_isolation_rls`",
    "test_bad_input_everywhere": "what is refused before a row is touched; other tables of bad input run on both",
    "test_role_matrix": "the role table is asked in Python; who may what is in the stories of each noun on both",
    "test_token_scopes": "as the role matrix",
    **dict.fromkeys(
        ("test_guard", "test_bounds_of_sockets", "test_hostile_crowd", "test_rates_over_the_wire", "test_loop_lag"),
        "about connections, threads and places, which come before any database",
    ),
}
"""What is long and learns nothing from a second database; each with its reason."""

_asked: list[str] = []
_opened = ExitStack()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The database, and for PostgreSQL which server and which way to compare texts."""
    parser.addoption("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.addoption("--server", choices=["embedded", "debian"], default="embedded", help="PostgreSQL 18, or Debian's")
    parser.addoption("--locale", choices=list(databases.LOCALES), default="C", help="Locale of the databases")


def pytest_configure(config: pytest.Config) -> None:
    """Start the PostgreSQL that all workers share, or take the one that CABINET_TEST_POSTGRES names."""
    config.addinivalue_line("markers", "of_sqlite: about a database that is a file; not run on PostgreSQL")
    # No setting of the product's: it would not start with it.
    named = os.environ.pop("CABINET_TEST_POSTGRES", None)
    if config.getoption("--database") == "postgresql":
        given = getattr(config, "workerinput", {}).get("postgres") or named
        server = given or _opened.enter_context(_started(config))
        config.stash[SERVER] = server
        databases.choose(databases.OnPostgres(server, locale=config.getoption("--locale")))


SERVER = pytest.StashKey[str]()


def _started(config: pytest.Config) -> Any:
    return postgres.debians() if config.getoption("--server") == "debian" else postgres.embedded()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker the server's address."""
    node.workerinput["postgres"] = node.config.stash.get(SERVER, None)


def pytest_unconfigure() -> None:
    """Leave nothing."""
    databases.DATABASES.close()
    _opened.close()


def pytest_report_header(config: pytest.Config) -> str:
    """On what."""
    server = config.stash.get(SERVER, None)
    return f"database: {postgres.run(server, 'SELECT version()')[0][0] if server else 'SQLite'}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL leave out what has run on SQLite and knows no database; on SQLite what is PostgreSQL's own."""
    is_on_postgresql = config.getoption("--database") == "postgresql"
    chosen = [item for item in items if (_is_on_a_database(item) if is_on_postgresql else not _is_postgresqls(item))]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


def _is_postgresqls(item: pytest.Item) -> bool:
    return item.path.stem in ON_POSTGRESQL_ALONE


def _is_on_a_database(item: pytest.Item) -> bool:
    if item.get_closest_marker("of_sqlite") or item.path.stem in ON_SQLITE_ALONE:
        return False
    module = getattr(item, "module", None)
    used = {getattr(value, "__module__", None) or getattr(value, "__name__", "") for value in vars(module).values()}
    return bool(used & ON_A_DATABASE) or "house" in getattr(item, "fixturenames", ())


def _listen(event: str, _: object) -> None:
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        _asked.append(event)


sys.addaudithook(_listen)


@pytest.fixture
def anyio_backend() -> str:
    """The loop that the server runs on."""
    return "asyncio"


@pytest.fixture(autouse=True)
def no_connection(request: pytest.FixtureRequest) -> Iterator[None]:
    """In the signing room nobody connects or resolves a name: certificates name addresses that must not be followed."""
    _asked.clear()
    yield
    if request.path.parent.name == "signing":
        assert _asked == []


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Household]:
    """Two cabinets with their people, in this process, under a clock that stands."""
    async with household(tmp_path) as home:
        yield home


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Commands on the data of two cabinets with their people, which nobody has open."""
    return settled(tmp_path)


@pytest.fixture
def bare(tmp_path: Path) -> Shell:
    """Commands where there are no data at all; what they make is a file of SQLite."""
    return Shell(tmp_path / "data")
