"""A start that cannot be: one line that says what to do, exit 1, no traceback, nothing made."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from processes import ROOT, environment


def refused(data_dir: Path, *words: str) -> str:
    """The one line with which a command ends."""
    done = subprocess.run(
        [sys.executable, "-m", "server", *words],
        env=environment(data_dir, CABINET_PORT="0", CABINET_LOG_LEVEL="ERROR"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    (line,) = done.stderr.splitlines()
    return line


def test_the_demos_folder_is_not_served_for_real(tmp_path: Path) -> None:
    """A demo's passwords are public: `cabinet serve` refuses its folder."""
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "demo.json").write_text('{"complete": true}')
    assert "its passwords are public" in refused(tmp_path, "serve")
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


@pytest.mark.of_sqlite
def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    """Neither junk nor somebody else's SQLite file ends in a traceback."""
    (tmp_path / "cabinet.db").write_bytes(b"no database" * 100)
    assert "is no database of ours" in refused(tmp_path, "serve")
    (tmp_path / "cabinet.db").unlink()
    with sqlite3.connect(tmp_path / "cabinet.db") as other:
        other.execute("CREATE TABLE users (id INTEGER)")
    other.close()
    assert "is no database of ours" in refused(tmp_path, "serve")


def test_a_data_folder_that_is_a_file_is_one_line(tmp_path: Path) -> None:
    """CABINET_DATA_DIR must be a folder."""
    (tmp_path / "data").write_text("")
    assert str(tmp_path / "data") in refused(tmp_path / "data", "serve")


@pytest.mark.of_sqlite
def test_a_token_is_not_looked_for_in_a_new_folder(tmp_path: Path) -> None:
    """A mistyped CABINET_DATA_DIR makes no folder."""
    assert "is CABINET_DATA_DIR right?" in refused(tmp_path / "typo", "token", "create", "a@b.example")
    assert not (tmp_path / "typo").exists()
