"""Settings: the only reader of the environment.

Every value is `CABINET_<NAME>`, or the content of the file that `CABINET_<NAME>_FILE` names; an empty one counts as
unset. A name nobody knows is an error, for a typing mistake would otherwise be silence.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from server.allowances import Allowances
from server.bounds import Bounds
from server.mail import transport
from server.shares import Shares

PREFIX = "CABINET_"
SQLITE = "sqlite+aiosqlite:///"
POSTGRESQL = "postgresql+asyncpg://"
# What the driver takes behind the `?`; host and port there are those of a socket's folder or of several servers.
POSTGRESQL_TAKES = {"ssl", "direct_tls", "host", "port", "passfile", "target_session_attrs"}


class SettingsError(ValueError):
    """A setting that the server cannot start with; the text is one line that names the variable."""


def _public_url(said: Mapping[str, object]) -> str:
    host = str(said["host"])
    return f"http://{f'[{host}]' if ':' in host else host}:{said['port']}"


def _database_url(said: Mapping[str, object]) -> str:
    return f"{SQLITE}{said['data_dir']}/cabinet.db"


def _trust_anchors(said: Mapping[str, object]) -> Path:
    return Path(str(said["data_dir"])) / "anchors"


class Settings(Allowances, Bounds, Shares):
    """What the owner decides. Make it by `read_settings`, which turns errors into one line."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", min_length=1, description="Address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on")
    data_dir: Path = Field(Path("var"), description="Folder of the database, the files and the secret key")
    database_url: str = Field(
        default_factory=_database_url, repr=False, description="Database: a file of SQLite, or a PostgreSQL server's"
    )
    public_url: str = Field(default_factory=_public_url, description="Address that people reach the server by")
    secret_key: SecretStr | None = Field(
        None, min_length=32, description="Secret that links, cursors and codes hang on; unset: made in the data folder"
    )
    mail_url: SecretStr = Field(
        SecretStr("console:"),
        description="Way of letters: console:, file:<folder>, smtp+starttls://user:password@host:587, smtps://, smtp://",
    )
    mail_from: str = Field("cabinet@localhost", pattern=r"^[^@\s]+@[^@\s]+$", description="Sender's address of letters")
    mail_per_minute: int = Field(600, ge=1, description="Most letters a minute that one process hands over")
    mail_per_minute_to_one: int = Field(60, ge=1, description="Most letters a minute to one person, by all processes")
    document_url: str | None = Field(None, description="Document's address in the front end, with {id} for its id")
    password_url: str | None = Field(None, description="Password page of the front end, with {code} behind a #")
    confirm_url: str | None = Field(None, description="Page of the front end for a new e-mail, with {code} behind a #")
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Origins of front ends served elsewhere, separated by commas"
    )
    trust_anchors: Path = Field(default_factory=_trust_anchors, description="Folder of the trusted root certificates")
    hotline: str | None = Field(None, description="Telephone or address of the hotline, shown in letters")
    locale: Literal["ru", "be", "en"] = Field("ru", description="Language where nobody chose one")
    time_zone: str = Field("Europe/Minsk", description="Time zone of new accounts")
    registration_needs_key: bool = Field(False, description="Whether registration is complete only with a signing key")
    log_format: Literal["auto", "json", "console"] = Field(
        "auto", description="Form of the log; auto: for people on a terminal, JSON elsewhere"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least level that is logged")
    max_failed_logins: int = Field(10, ge=1, description="Failed logins of one account in 15 minutes")
    max_failed_logins_address: int = Field(
        100, ge=1, description="Failed logins and letters asked for from one client address in 15 minutes"
    )
    max_account_letters: int = Field(5, ge=1, description="Letters with a code asked for one e-mail address in an hour")
    max_page_size: int = Field(100, ge=1, le=1000, description="Most rows of one page")
    max_upload_bytes: int = Field(52_428_800, ge=1, description="Largest file, in bytes")
    max_events_behind: int = Field(
        5000, ge=1, description="How far a stream may fall behind, in events, before its client is told to refetch"
    )
    min_free_mb: int = Field(512, ge=0, description="Least free space of the data folder's disk, in MiB, to be ready")
    sqlite_durability: Literal["full", "normal"] = Field(
        "full", description="full: a power cut loses nothing acknowledged; normal: faster, it may lose the last seconds"
    )
    pulse_seconds: float = Field(2.0, gt=0, description="Longest time between two looks for work or news, in seconds")

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *_: Any, **__: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:  # Any: pydantic's own sources, of which only the first is kept
        """What the caller says, then the environment."""
        return init_settings, _Environment(settings_cls)

    @field_validator("database_url")
    @classmethod
    def _is_database(cls, url: str) -> str:
        if not _names_file(url) and not _names_server(url):
            raise ValueError(f"{SQLITE}<path of a file> or {POSTGRESQL}<user>:<password>@<host>/<database> is needed")
        if _names_server(url) and (unknown := set(make_url(url).query) - POSTGRESQL_TAKES):
            raise ValueError(f"?{min(unknown)}= is unknown; for TLS say ?ssl=require")
        return url

    @field_validator("public_url")
    @classmethod
    def _is_root(cls, url: str) -> str:
        parts = urlsplit(_web(url))
        if parts.query or parts.fragment:
            raise ValueError("an address without ? and #")
        return url.rstrip("/")

    @field_validator("document_url", "password_url", "confirm_url")
    @classmethod
    def _has_its_place(cls, url: str | None, info: Any) -> str | None:  # Any: ValidationInfo's own parameter
        if url is not None and info.field_name == "document_url" and "{id}" not in _web(url):
            raise ValueError("{id} is missing")
        if url is not None and info.field_name != "document_url" and "{code}" not in urlsplit(_web(url)).fragment:
            raise ValueError("{code} is needed behind a #, so that no server logs it")
        return url

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split(cls, said: object) -> object:
        return tuple(part.strip() for part in said.split(",") if part.strip()) if isinstance(said, str) else said

    @field_validator("allowed_origins")
    @classmethod
    def _are_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            parts = urlsplit(_web(origin))
            if origin != f"{parts.scheme}://{parts.netloc}":
                raise ValueError(f"{origin} is no origin, such as https://cabinet.example")
        return origins

    @field_validator("log_level", mode="before")
    @classmethod
    def _in_capitals(cls, said: object) -> object:
        return said.upper() if isinstance(said, str) else said

    @field_validator("time_zone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("an IANA name is needed, such as Europe/Minsk") from error
        return name

    @field_validator("mail_url")
    @classmethod
    def _is_way(cls, url: SecretStr) -> SecretStr:
        transport(url.get_secret_value())
        return url

    @property
    def database_path(self) -> Path | None:
        """The file of the database; None where it is PostgreSQL's."""
        url = make_url(self.database_url)
        return Path(url.database or "") if url.drivername.startswith("sqlite") else None

    @property
    def database_shown(self) -> str:
        """The database's address without its password."""
        return make_url(self.database_url).render_as_string(hide_password=True)


def _names_file(url: str) -> bool:
    path = url.removeprefix(SQLITE)
    return path not in (url, "") and not path.startswith(":memory:")


def _names_server(url: str) -> bool:
    try:
        return url.startswith(POSTGRESQL) and bool(make_url(url).database)
    except (ArgumentError, ValueError):
        return False


def _web(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("http:// or https:// with a host is needed")
    return url


class _Environment(PydanticBaseSettingsSource):
    """`os.environ`, with `_FILE` and without unknown names."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[object, str, bool]:
        """Nothing: this source gives all fields at once."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:  # Any: pydantic has yet to check the values
        return values_of(os.environ)


def values_of(environ: Mapping[str, str]) -> dict[str, str]:
    """Values by field from `CABINET_*` variables. SettingsError for an unknown name, a double or an unreadable file."""
    named = {name: text for name, text in environ.items() if name.startswith(PREFIX) and text}
    fields = [_field_of(name) for name in named]
    for field in fields:
        if fields.count(field) > 1:
            raise SettingsError(f"{variable(field)}: set it or {variable(field)}_FILE, not both")
    return {_field_of(name): _text(name, text) for name, text in named.items()}


def variable(field: str) -> str:
    """The variable that sets a field."""
    return f"{PREFIX}{field.upper()}"


def _field_of(name: str) -> str:
    field = name.removeprefix(PREFIX).removesuffix("_FILE").lower()
    if name not in (variable(field), f"{variable(field)}_FILE") or field not in Settings.model_fields:
        close = get_close_matches(name, map(variable, Settings.model_fields), n=1)
        raise SettingsError(f"{name} is no setting{f'; did you mean {close[0]}?' if close else ''}")
    return field


def _text(name: str, text: str) -> str:
    if not name.endswith("_FILE"):
        return text
    try:
        return Path(text).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{name}: {text} cannot be read ({type(error).__name__})") from error


def read_settings(**said: Any) -> Settings:  # Any: pydantic checks what the caller says as it does the environment
    """What is said, then the environment, then the defaults. SettingsError, one line, names the first that is wrong."""
    try:
        return Settings(**said)
    except ValidationError as error:
        wrong = next(found for found in error.errors() if found["type"] != "default_factory_not_called")
        field = str(wrong["loc"][0]) if wrong["loc"] else ""
        why = wrong["msg"].removeprefix("Value error, ").removeprefix("MAIL_URL: ")
        raise SettingsError(f"{variable(field)}: {why}") from None


@dataclass(frozen=True, kw_only=True)
class InForce:
    """A setting as it is in force; a secret is masked."""

    variable: str
    value: object
    source: str

    @property
    def shown(self) -> str:
        """In one line."""
        return ",".join(self.value) if isinstance(self.value, list) else "" if self.value is None else str(self.value)


def in_force(settings: Settings) -> list[InForce]:
    """Every setting with the variable that says it, `default`, or `command line`."""
    return [
        InForce(variable=variable(field), value=_masked(settings, field), source=_source(settings, field))
        for field in sorted(Settings.model_fields, key=lambda field: field not in Settings.__annotations__)
    ]


def _source(settings: Settings, field: str) -> str:
    saying = [name for name in (variable(field), f"{variable(field)}_FILE") if os.environ.get(name)]
    return next(iter(saying), "command line" if field in settings.model_fields_set else "default")


def _masked(settings: Settings, field: str) -> object:
    value = settings.database_shown if field == "database_url" else getattr(settings, field)
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, SecretStr | Path) else value
