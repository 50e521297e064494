"""Settings come from what is said, then the environment, then the defaults; what is wrong is one line with its name."""

import os
from pathlib import Path

import pytest

from server.settings import PREFIX, Settings, SettingsError, read_settings, values_of, variable

PASSWORD = "korovka-17"
NO_DATABASE = (
    "sqlite+aiosqlite:///<path of a file> or postgresql+asyncpg://<user>:<password>@<host>/<database> is needed"
)


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's own."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


def wrong(**environ: str) -> str:
    """The line that these variables are refused with."""
    with pytest.MonkeyPatch.context() as patch:
        for name, text in environ.items():
            patch.setenv(name, text)
        with pytest.raises(SettingsError) as refused:
            read_settings()
    return str(refused.value)


def test_nothing_need_be_set() -> None:
    settings = read_settings()
    assert (settings.host, settings.port, settings.public_url) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert settings.database_url == "sqlite+aiosqlite:///var/cabinet.db"
    assert (settings.database_path, settings.trust_anchors) == (Path("var/cabinet.db"), Path("var/anchors"))
    assert (settings.secret_key, settings.mail_url.get_secret_value()) == (None, "console:")
    assert (settings.locale, settings.time_zone, settings.registration_needs_key) == ("ru", "Europe/Minsk", False)


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CABINET_PORT", "9000")
    monkeypatch.setenv("CABINET_HOST", "::1")
    monkeypatch.setenv("CABINET_DATA_DIR", "/data")
    monkeypatch.setenv("CABINET_ALLOWED_ORIGINS", "https://a.example, http://localhost:5173,")
    monkeypatch.setenv("CABINET_LOG_LEVEL", "debug")
    monkeypatch.setenv("CABINET_LOCALE", "")
    settings = read_settings()
    assert settings.public_url == "http://[::1]:9000"
    assert settings.database_path == Path("/data/cabinet.db")
    assert settings.allowed_origins == ("https://a.example", "http://localhost:5173")
    assert (settings.log_level, settings.locale) == ("DEBUG", "ru")


def test_what_is_said_counts_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CABINET_PORT", "9000")
    assert read_settings(port=9001).port == 9001


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_value_can_come_from_a_file(name: str, tmp_path: Path) -> None:
    file = tmp_path / "value"
    file.write_text("said\n")
    assert values_of({f"{variable(name)}_FILE": str(file)}) == {name: "said"}


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_described_in_a_line(name: str) -> None:
    description = Settings.model_fields[name].description
    assert description
    assert "\n" not in description


def test_a_value_comes_from_one_place(tmp_path: Path) -> None:
    line = wrong(CABINET_HOTLINE="+375 17 000", CABINET_HOTLINE_FILE=str(tmp_path / "hotline"))
    assert line == "CABINET_HOTLINE: set it or CABINET_HOTLINE_FILE, not both"


def test_a_file_must_be_readable(tmp_path: Path) -> None:
    absent = tmp_path / "absent"
    assert wrong(CABINET_HOTLINE_FILE=str(absent)) == (
        f"CABINET_HOTLINE_FILE: {absent} cannot be read (FileNotFoundError)"
    )


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("CABINET_PUBLIC_URI", "CABINET_PUBLIC_URI is no setting; did you mean CABINET_PUBLIC_URL?"),
        ("CABINET_MAILFROM", "CABINET_MAILFROM is no setting; did you mean CABINET_MAIL_FROM?"),
        ("CABINET_Port", "CABINET_Port is no setting; did you mean CABINET_PORT?"),
        ("CABINET_QQQQQQQQQ", "CABINET_QQQQQQQQQ is no setting"),
    ],
)
def test_a_name_nobody_knows_is_an_error(name: str, line: str) -> None:
    assert wrong(**{name: "1"}) == line


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("PORT", "80a", "Input should be a valid integer, unable to parse string as an integer"),
        ("PORT", "65536", "Input should be less than or equal to 65535"),
        ("DATABASE_URL", "sqlite+aiosqlite:///:memory:", NO_DATABASE),
        ("DATABASE_URL", "postgresql://cabinet:korovka@db/cabinet", NO_DATABASE),
        ("DATABASE_URL", "postgresql+asyncpg://cabinet:korovka@db", NO_DATABASE),
        ("DATABASE_URL", "postgresql+asyncpg://cabinet:korovka@db:port/cabinet", NO_DATABASE),
        (
            "DATABASE_URL",
            "postgresql+asyncpg://cabinet:korovka@db/cabinet?sslmode=require",
            "?sslmode= is unknown; for TLS say ?ssl=require",
        ),
        ("PUBLIC_URL", "cabinet.example", "http:// or https:// with a host is needed"),
        ("PUBLIC_URL", "https://cabinet.example/?a", "an address without ? and #"),
        ("SECRET_KEY", "short", "Value should have at least 32 items after validation, not 5"),
        ("DOCUMENT_URL", "https://cabinet.example/documents", "{id} is missing"),
        (
            "PASSWORD_URL",
            "https://cabinet.example/password#",
            "{code} is needed behind a #, so that no server logs it",
        ),
        (
            "PASSWORD_URL",
            "https://cabinet.example/password?code={code}",
            "{code} is needed behind a #, so that no server logs it",
        ),
        ("ALLOWED_ORIGINS", "*", "http:// or https:// with a host is needed"),
        ("ALLOWED_ORIGINS", "https://a.example/", "https://a.example/ is no origin, such as https://cabinet.example"),
        ("LOCALE", "pl", "Input should be 'ru', 'be' or 'en'"),
        ("TIME_ZONE", "Minsk", "an IANA name is needed, such as Europe/Minsk"),
        ("TIME_ZONE", "../../etc/passwd", "an IANA name is needed, such as Europe/Minsk"),
        ("PULSE_SECONDS", "0", "Input should be greater than 0"),
    ],
)
def test_a_bad_value_is_one_line_with_its_name(name: str, text: str, why: str) -> None:
    assert wrong(**{f"CABINET_{name}": text}) == f"CABINET_{name}: {why}"


@pytest.mark.parametrize("scheme", ["smtp", "http", "imap"])
def test_a_refused_mail_url_keeps_its_password(scheme: str) -> None:
    line = wrong(CABINET_MAIL_URL=f"{scheme}://cabinet:{PASSWORD}@mail.example")
    assert line.startswith("CABINET_MAIL_URL: ")
    assert PASSWORD not in line


def test_secrets_are_not_shown() -> None:
    database = f"postgresql+asyncpg://cabinet:{PASSWORD}@db.example/cabinet"
    settings = read_settings(
        secret_key=PASSWORD * 4, mail_url=f"smtps://cabinet:{PASSWORD}@mail.example", database_url=database
    )
    assert PASSWORD not in repr(settings)
    assert settings.database_shown == "postgresql+asyncpg://cabinet:***@db.example/cabinet"
    assert settings.database_path is None
