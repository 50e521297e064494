"""The demo on a server's database: made in an empty one, and nothing of anybody else's is touched (B3)."""

from __future__ import annotations

from pathlib import Path

import pytest
from databases import database_url

from server import migrate
from server.demo.command import run_demo
from server.demo.folder import DemoFolder
from server.settings import Settings, read_settings

LEAST = 24


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An empty database of the kind that this run is on, and a folder."""
    return read_settings(data_dir=tmp_path / "data", database_url=database_url(tmp_path / "data"))


def refused(settings: Settings, capsys: pytest.CaptureFixture[str]) -> str:
    """The one line with which a demo ends that made nothing."""
    with pytest.raises(SystemExit) as exit_:
        run_demo(settings, seed_only=True, count=LEAST)
    output = capsys.readouterr()
    assert (exit_.value.code, output.out, output.err.count("\n")) == (1, "", 1)
    return output.err


def test_a_demo_is_made_once(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """B3: on either database the demo is made in an empty one, and kept."""
    run_demo(settings, seed_only=True, count=LEAST)
    assert "Making a demo" in capsys.readouterr().out
    assert migrate.is_at_head(settings)
    run_demo(settings, seed_only=True, count=LEAST)
    assert "Making a demo" not in capsys.readouterr().out


def test_a_database_with_other_data_is_never_touched(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """B3: the demo's public passwords never get into a database that is in use."""
    settings.data_dir.mkdir()
    migrate.upgrade(settings)
    assert "not the demo's" in refused(settings, capsys)


def test_a_folder_with_the_demo_of_another_database_is_never_touched(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """B3: files and rows of a demo belong together."""
    other = DemoFolder(settings.data_dir, database="postgresql+asyncpg://cabinet:***@elsewhere/demo")
    other.begin()
    other.finish()
    (settings.data_dir / "files").mkdir()
    line = f"cabinet: the demo in {settings.data_dir} is that of postgresql+asyncpg://cabinet:***@elsewhere/demo; "
    assert refused(settings, capsys).startswith(line)
    assert (settings.data_dir / "files").is_dir()
