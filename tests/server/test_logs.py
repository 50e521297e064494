"""The log's own law: events and ids; what stands in variables, statements or forbidden keys never reaches it."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from models.accounts import User
from server.database import SqliteDatabase
from server.logs import configure
from server.settings import read_settings

CANARY = "canary-7f3a"


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Other tests' logs are not ours."""
    yield
    structlog.reset_defaults()


def failed(form: str, error: Exception) -> None:
    """What the server does with something unexpected."""
    configure(read_settings(log_format=form))
    structlog.get_logger().error("operation.failed", request_id="r-1", password=CANARY, exc_info=error)


def raised() -> Exception:
    """An error below which a password lies in a variable."""

    def check(password: str) -> None:
        raise LookupError("nothing there")

    try:
        check(CANARY)
    except LookupError as error:
        return error
    raise AssertionError


@pytest.mark.parametrize("form", ["console", "json"])
def test_an_error_is_told_without_its_variables(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The trace names files and lines, so that we can mend it; no variable, no key that carries secrets."""
    failed(form, raised())
    told = capsys.readouterr().err
    assert CANARY not in told
    assert "operation.failed" in told
    assert "LookupError" in told
    assert "nothing there" in told
    assert Path(__file__).name in told


def test_a_program_reads_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON, the trace within."""
    failed("json", raised())
    (line,) = capsys.readouterr().err.splitlines()
    (told,) = json.loads(line)["exception"]
    assert (told["exc_type"], told["exc_value"]) == ("LookupError", "nothing there")
    assert [frame for frame in told["frames"] if frame.get("locals")] == []


@pytest.mark.anyio
@pytest.mark.parametrize("form", ["console", "json"])
async def test_a_failed_statement_is_told_without_what_was_put_into_it(
    tmp_path: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """SQLAlchemy's text would repeat addresses and digests of tokens."""
    database = SqliteDatabase(tmp_path / "cabinet.db")
    await database.open()
    try:
        with pytest.raises(DBAPIError) as caught:
            async with database.snapshot() as session:
                await session.execute(select(User.id).where(User.email_key == CANARY))
    finally:
        await database.close()
    assert isinstance(caught.value.orig, sqlite3.OperationalError)
    failed(form, caught.value)
    assert CANARY not in capsys.readouterr().err
