"""A mistake is one line with its remedy and an exit code, whatever the command; never a traceback."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click
import pytest
from shell import BASIS, Shell

from resolvers.ports import Unavailable, Unstored
from server.cli import main
from server.commands.errors import complaint

WORDS = {
    "EMAIL": "a@b.example",
    "ADMIN": "a@b.example",
    "CABINET": "190000001",
    "MEMBER": "a@b.example",
    "MANAGER": "a@b.example",
    "TO": "a@b.example",
    "FOLDER": "/nowhere/backup",
    "TOKEN": "U2Vzc2lvbjox",
    "--name": "Имя",
    "--organization": "ООО",
    "--tax-id": "1",
    "--as": "a@b.example",
    "--basis": "Звонок",
    "--ticket": "HL-1",
    "--role": "admin",
    "--exchange": "Обмен",
}
FLAGS = ("--self-service", "--failed")
WITHOUT_SETTINGS = {("version",), ("schema", "print"), ("schema", "check"), ("mail", "preview")}
WITHOUT_DATA = {("serve",), ("demo",), ("seed",), ("migrate",), ("operator", "create"), ("config", "show"), ("health",)}
WITHOUT_DATA |= {("restore",)}  # which brings them
WITHOUT_DATA |= {("doctor",), ("mail", "test")}  # which say what a machine is before it has data


def commands(group: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command with words that it could run with."""
    if isinstance(group, click.Group):
        for name, command in group.commands.items():
            yield from commands(command, (*path, name))
    else:
        yield (*path, *(word for parameter in group.params for word in _words(parameter)))


def _words(parameter: click.Parameter) -> list[str]:
    if isinstance(parameter, click.Argument):
        return [WORDS[(parameter.name or "").upper()]] if parameter.required else []
    name = parameter.opts[0]
    if name in FLAGS:
        return [name]
    return [name, WORDS[name]] if parameter.required or name in ("--role", "--exchange") else []


def name_of(words: tuple[str, ...]) -> tuple[str, ...]:
    """The command's own name."""
    is_group = isinstance(main.commands[words[0]], click.Group)
    return words[: 2 if is_group else 1]


ALL = list(commands(main))
SETTING = [words for words in ALL if name_of(words) not in WITHOUT_SETTINGS]
DATA = [words for words in SETTING if name_of(words) not in WITHOUT_DATA]


@pytest.mark.parametrize("words", SETTING, ids=" ".join)
def test_an_unknown_setting_stops_every_command(bare: Shell, words: tuple[str, ...]) -> None:
    """Exit 2 with what may be meant, and nothing is made."""
    line = bare.refused(*words, code=2, CABINET_PUBLIC_URI="x")
    assert line == "cabinet: CABINET_PUBLIC_URI is no setting; did you mean CABINET_PUBLIC_URL?"
    assert not bare.data.exists()


@pytest.mark.parametrize("words", DATA, ids=" ".join)
def test_no_folder_is_made_by_a_typing_mistake(bare: Shell, words: tuple[str, ...]) -> None:
    """Exit 1 where there are no data."""
    assert bare.refused(*words) == f"cabinet: no data in {bare.data}; is CABINET_DATA_DIR right?"
    assert not bare.data.exists()


@pytest.mark.parametrize(("words", "code"), [(("doctor",), 1), (("mail", "test", "a@b.example"), 0)])
def test_what_needs_no_data_makes_none(bare: Shell, words: tuple[str, ...], code: int) -> None:
    """A machine is examined, and its mail server tried, before there is a folder; afterwards there is none either."""
    bare(*words, code=code)
    assert not bare.data.exists()


def test_a_database_of_another_revision_is_not_touched(bare: Shell) -> None:
    """Nothing migrates by the way; `serve --no-migrate` refuses it too."""
    bare("migrate")
    with closing(sqlite3.connect(bare.data / "cabinet.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '0000'")
    line = "cabinet: the database is not at this version's revision; run `cabinet migrate`"
    assert bare.refused("user", "list") == line
    assert bare.refused("serve", "--no-migrate", "--port", "0") == line
    assert bare("migrate", "--check", "--json", code=1).json["isCurrent"] is False
    with closing(sqlite3.connect(bare.data / "cabinet.db")) as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchall() == [("0000",)]


def test_a_file_that_is_no_database_is_one_line(bare: Shell) -> None:
    """Junk in its place."""
    bare.data.mkdir()
    (bare.data / "cabinet.db").write_bytes(b"no database" * 100)
    line = "cabinet: the database cannot be used: file is not a database; `cabinet doctor` says what is wrong with it"
    assert bare.refused("user", "list") == line


def test_a_database_that_another_process_holds_is_one_line(bare: Shell) -> None:
    """After the time that SQLite waits for it."""
    bare("migrate")
    with closing(sqlite3.connect(bare.data / "cabinet.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        line = bare.refused("token", "create", "--exchange", "Обмен")
    assert line == "cabinet: another process holds the database (database is locked); try again when it is done"


def test_a_server_that_is_away_is_one_line(bare: Shell) -> None:
    """PostgreSQL's address is told without its password; `doctor` and `config show` keep it too."""
    url = "postgresql+asyncpg://cabinet:korovka-17@127.0.0.1:9/cabinet"
    line = bare.refused("user", "list", CABINET_DATABASE_URL=url)
    said = "Connect call failed ('127.0.0.1', 9)"
    advice = "is CABINET_DATABASE_URL right? Is the database server up?"
    assert line == f"cabinet: the database cannot be reached ({said}); {advice}"
    shown = bare("config", "show", CABINET_DATABASE_URL=url).printed
    examined = bare("doctor", code=1, CABINET_DATABASE_URL=url).printed
    assert "postgresql+asyncpg://cabinet:***@127.0.0.1:9/cabinet" in shown and said in examined
    assert "korovka-17" not in shown + examined


def test_a_server_whose_name_nobody_knows_is_one_line(bare: Shell) -> None:
    """A typing mistake in the host is the address's, not the data folder's."""
    line = bare.refused("user", "list", CABINET_DATABASE_URL="postgresql+asyncpg://cabinet:k@nowhere.invalid/cabinet")
    assert line.startswith("cabinet: the database cannot be reached (")
    assert line.endswith("; is CABINET_DATABASE_URL right? Is the database server up?")


def test_a_data_folder_that_cannot_be_made_is_one_line(bare: Shell) -> None:
    """A file where the folder should be."""
    bare.data.write_text("")
    line = bare.refused("operator", "create", "a@b.example", "--name", "Имя")
    assert line.startswith(f"cabinet: {bare.data}") and line.endswith("; is CABINET_DATA_DIR right?")


def test_a_trust_anchor_that_must_not_be_believed_is_one_line(shell: Shell) -> None:
    """It names the file."""
    (shell.data / "anchors" / "junk.pem").write_text("junk")
    line = shell.refused("user", "reset-password", "chaika@romashka.example")
    assert line.startswith(f"cabinet: {shell.data}/anchors/junk.pem: cannot be read as a certificate")


def test_a_shortened_secret_is_one_line(shell: Shell) -> None:
    """It says what to do."""
    (shell.data / "secret.key").write_text("short")
    line = f"cabinet: {shell.data}/secret.key is shorter than 32 bytes; restore it, or remove it to have a new one made"
    assert shell.refused("user", "reset-password", "chaika@romashka.example") == line


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("nosuch",), "No such command 'nosuch'; see `cabinet --help`"),
        (("--nosuch",), "No such option '--nosuch'; see `cabinet --help`"),
        (("member", "nosuch"), "No such command 'nosuch'; see `cabinet member --help`"),
        (("user", "show"), "Missing argument 'EMAIL'; see `cabinet user show --help`"),
        (("user", "list", "--limit", "0"), "Invalid value for '--limit': 0 is not in the range 1<=x<=10000"),
        (("serve", "--port", "x"), "Invalid value for '--port': 'x' is not a valid integer"),
    ],
)
def test_wrong_usage_is_one_line(bare: Shell, words: tuple[str, ...], line: str) -> None:
    """Exit 2, with where to read on."""
    assert bare.refused(*words, code=2).startswith(f"cabinet: {line}")


def test_a_group_alone_shows_its_commands(bare: Shell) -> None:
    """Exit 2, as for any command line that says too little."""
    said = bare("member", code=2)
    assert any(line.split()[:1] == ["block"] for line in [*said.complaints, *said.lines])


def test_a_refusal_is_a_document_for_programs(shell: Shell) -> None:
    """Code, sentence and path as in `userErrors`; the line is there too."""
    said = shell("member", "block", "chaika@romashka.example", "--as", "hotline@romashka.example", *BASIS)
    again = ("member", "add", "190000001", "chaika@romashka.example", "--as", "hotline@romashka.example", *BASIS)
    assert said.code == 0
    refused = shell(*again, "--json", code=1)
    assert refused.json["error"]["code"] == "MEMBER_IS_BLOCKED"
    assert refused.json["error"]["message"].startswith("This member is blocked: ")
    assert refused.complaints[0].startswith("cabinet: MEMBER_IS_BLOCKED")
    usage = shell("user", "show", "--json", code=2)
    assert usage.json["error"]["code"] == "USAGE"


def test_settings_are_shown_with_their_source(bare: Shell, tmp_path: Path) -> None:
    """A variable, the file that one names, or the default; secrets are masked, nothing is made."""
    (tmp_path / "key").write_text("s" * 40)
    env = {"CABINET_SECRET_KEY_FILE": str(tmp_path / "key"), "CABINET_MAIL_URL": "smtps://a:hidden@x.example"}
    shell = Shell(bare.data, env)
    said = shell("config", "show", "--json", CABINET_PORT="9000", CABINET_ALLOWED_ORIGINS="http://a.example")
    shown = {each["name"]: (each["value"], each["source"]) for each in said.json["settings"]}
    assert shown["CABINET_PORT"] == (9000, "CABINET_PORT")
    assert shown["CABINET_LOCALE"] == ("ru", "default")
    assert shown["CABINET_SECRET_KEY"] == ("**********", "CABINET_SECRET_KEY_FILE")
    assert shown["CABINET_MAIL_URL"] == ("**********", "CABINET_MAIL_URL")
    assert shown["CABINET_ALLOWED_ORIGINS"] == (["http://a.example"], "CABINET_ALLOWED_ORIGINS")
    lines = shell("config", "show", CABINET_PORT="9000").lines
    assert "CABINET_PORT=9000  # CABINET_PORT" in lines
    assert "hidden" not in said.printed + "".join(lines) and "ssss" not in said.printed
    assert not bare.data.exists()


@pytest.mark.parametrize(
    ("told", "cause", "line"),
    [
        (Unavailable(), sqlite3.OperationalError("database or disk is full"), "used: database or disk is full; "),
        (Unstored(is_full=True), OSError(28, "No space left on device", "/srv/x"), "/srv/x: No space left on device; "),
    ],
    ids=["rows", "files"],
)
def test_an_owner_is_told_what_the_machine_refuses(told: Unavailable, cause: Exception, line: str) -> None:
    """I10 (reliability): a client hears that it is away, a command's one line says why."""
    told.__cause__ = cause
    found = complaint(told)
    assert found is not None and line in found.line
