"""The demo in a database of PostgreSQL: an empty one becomes its own and is kept; no other is ever touched (B3)."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from databases import database_url
from postgres import run
from shell import Shell

from server.demo import plate
from server.demo.folder import DemoFolder, Foreign
from server.settings import Settings, read_settings

LEAST = ("--documents", "24")
TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
HEADS = "SELECT sum(last_seq) FROM cabinets"


@pytest.fixture
def demo(tmp_path: Path) -> Shell:
    """A folder and a database in which nothing is."""
    data = tmp_path / "data"
    return Shell(data, {"CABINET_DATABASE_URL": database_url(data)})


def asked(demo: Shell, *statements: str) -> list[Any]:
    """The rows of the last statement, on the demo's database."""
    return run(demo.env["CABINET_DATABASE_URL"].replace("+asyncpg", ""), *statements)


def settings_of(demo: Shell) -> Settings:
    """Those that its commands have."""
    return read_settings(data_dir=demo.data, database_url=demo.env["CABINET_DATABASE_URL"])


def tables(demo: Shell) -> set[str]:
    return {name for (name,) in asked(demo, TABLES)}


def files(data: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in data.rglob("*") if path.is_file() and path.suffix != ".lock"}


def refused(demo: Shell, *words: str, **env: str) -> str:
    """The one line of a command that changes neither folder nor database."""
    before = files(demo.data), tables(demo)
    line = demo.refused(*words, code=1, **env)
    assert (files(demo.data), tables(demo)) == before
    return line


def beside(demo: Shell) -> Shell:
    """Another folder, with the same database."""
    return Shell(demo.data.with_name("beside"), demo.env)


def test_an_empty_database_becomes_the_demos_and_is_kept(demo: Shell) -> None:
    """B3: made in an empty database, kept at the next start; no other folder gets it, and nobody serves it for real."""
    assert "Making a demo of 24 documents" in demo("seed", *LEAST).printed
    head = asked(demo, HEADS)
    assert head[0][0] > 24
    assert "Making" not in demo("seed", *LEAST).printed
    assert asked(demo, HEADS) == head

    shown = settings_of(demo).database_shown
    assert refused(beside(demo), "seed", *LEAST).endswith(
        f"{shown} is the demo of another folder; name an empty database"
    )
    never = {"CABINET_TRUST_ANCHORS": str(demo.data / "none")}  # did it serve, the test would not end
    for words in (["serve"], ["serve", "--no-migrate"]):
        line = refused(beside(demo), *words, "--port", "0", **never)
        assert line.endswith(f"{shown} is a demo's: its passwords are public. Name another CABINET_DATABASE_URL")
    assert asked(demo, HEADS) == head

    asked(demo, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    assert "Making" in demo("seed", *LEAST).printed


@pytest.mark.parametrize("kind", ["TABLE theirs AS SELECT 'kept' AS word", "VIEW theirs AS SELECT 'kept' AS word"])
def test_a_database_with_anothers_rows_is_never_touched(demo: Shell, kind: str) -> None:
    """B3: a database with one foreign table or view is refused by one line that says the remedy."""
    asked(demo, f"CREATE {kind}")
    line = refused(demo, "seed", *LEAST)
    assert line.endswith("holds theirs, not the demo's; name an empty database")
    assert [tuple(row) for row in asked(demo, "SELECT * FROM theirs")] == [("kept",)]


def test_an_installations_database_is_never_touched(demo: Shell) -> None:
    """B3: a cabinet's own database is refused like any other, though its tables have the demo's names."""
    demo("migrate")
    assert "not the demo's; name an empty database" in refused(demo, "seed", *LEAST)
    DemoFolder(demo.data, database=settings_of(demo).database_shown).begin()
    assert "not the demo's; name an empty database" in refused(demo, "seed", *LEAST)


def test_a_seeding_that_was_cut_off_is_begun_anew(demo: Shell) -> None:
    """B3: half a demo, killed in the midst of its rows, is thrown away at the next start and made whole."""
    folder = DemoFolder(demo.data, database=settings_of(demo).database_shown)
    folder.begin()
    plate.hang(settings_of(demo), folder.key or "")
    demo("migrate")
    asked(demo, "INSERT INTO organizations (name, name_folded) VALUES ('half', 'half')")
    assert "Making" in demo("seed", *LEAST).printed
    assert asked(demo, "SELECT count(*) FROM organizations WHERE name = 'half'")[0][0] == 0
    marked = json.loads((demo.data / "demo" / "demo.json").read_text())
    assert (marked["complete"], marked["key"]) == (True, folder.key)


def test_what_somebody_put_beside_the_demo_stays(demo: Shell) -> None:
    """B3: of a database with its plate the demo drops what it made, and nothing else."""
    plate.hang(settings_of(demo), "ours")
    demo("migrate")
    asked(demo, "CREATE TABLE theirs (word TEXT)")
    plate.hang(settings_of(demo), "ours")
    assert tables(demo) == {"cabinet_demo", "theirs"}


def test_two_demos_begun_in_one_database_are_one_and_a_refusal(demo: Shell) -> None:
    """B3: whoever comes second finds the first one's plate, which stays."""

    def hung(key: str) -> bool:
        try:
            plate.hang(settings_of(demo), key)
        except Foreign:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        ended = list(threads.map(hung, "abcd"))
    assert sorted(ended) == [False, False, False, True]
    assert [tuple(row) for row in asked(demo, "SELECT key FROM cabinet_demo")] == [("abcd"[ended.index(True)],)]


def test_a_server_that_is_away_is_said_in_one_line(demo: Shell) -> None:
    """One line with the remedy, no traceback, and the folder is not marked."""
    line = demo.refused("seed", CABINET_DATABASE_URL="postgresql+asyncpg://cabinet:secret@127.0.0.1:1/cabinet")
    assert "cannot be used" in line and "Is the database server up?" in line and "secret" not in line
    assert files(demo.data) == {}


def test_a_demo_without_a_folder_is_in_that_of_the_settings(demo: Shell) -> None:
    """A database that stays must not lose its files with a temporary folder."""
    DemoFolder(demo.data, database="postgresql+asyncpg://elsewhere/demo").begin()
    own = {"CABINET_TRUST_ANCHORS": str(demo.data / "anchors")}  # were it another folder, these would not be its own
    assert f"the demo in {demo.data} is that of postgresql" in refused(demo, "demo", "--port", "0", **own)
