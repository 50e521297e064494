"""Every way from an exception to one line on standard error and an exit code: 1 refused or failed, 2 usage or setting.

None here is a user's mistake with a traceback; what is no user's mistake keeps it.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from socket import gaierror

import click

FAILED, WRONG, STOPPED = 1, 2, 130


class Failure(Exception):
    """What a command could not do: one line, with the remedy."""


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """What is told of an error: the line, the exit code, and for programs a code and facts."""

    line: str
    exit_code: int = FAILED
    code: str = "FAILED"
    facts: dict[str, object] = field(default_factory=dict)

    @property
    def document(self) -> dict[str, object]:
        """As `--json` prints it."""
        return {"error": {"code": self.code, "message": self.line, **self.facts}}


def complaint(error: Exception) -> Complaint | None:
    """What to tell of it; None for what is our own fault."""
    if isinstance(error, Failure):
        return Complaint(line=str(error))
    if isinstance(error, click.ClickException):
        return _usage(error)
    error = _cause(error)
    return _of_settings(error) or _of_refusal(error) or _of_database(error) or _of_machine(error)


def _cause(error: Exception) -> Exception:
    """Clients are told that something is away, an owner what."""
    from resolvers.ports import Unavailable

    cause = error.__cause__ if isinstance(error, Unavailable) else None
    return cause if isinstance(cause, Exception) else error


def _usage(error: click.ClickException) -> Complaint:
    context = getattr(error, "ctx", None)
    hint = f"; see `{context.command_path} --help`" if context is not None else ""
    message = " ".join(error.format_message().split()).rstrip(".")
    return Complaint(line=f"{message}{hint}", exit_code=error.exit_code, code="USAGE")


def _of_settings(error: Exception) -> Complaint | None:
    from server.settings import SettingsError

    return Complaint(line=str(error), exit_code=WRONG, code="SETTING") if isinstance(error, SettingsError) else None


def _of_refusal(error: Exception) -> Complaint | None:
    """In the words of the mutation that refuses the same, in English."""
    from models.refusals import Refusal

    if not isinstance(error, Refusal):
        return None
    from schema.refusals import spoken

    message = spoken(error, locale="en", zone="UTC")
    where = f" at {'.'.join(error.path)}" if error.path else ""
    facts: dict[str, object] = {"message": message, "path": list(error.path) if error.path else None}
    return Complaint(line=f"{error.reason.value}{where}: {message}", code=error.reason.value, facts=facts)


def _of_database(error: Exception) -> Complaint | None:
    cause = getattr(error, "orig", None) or error
    is_ours = isinstance(cause, sqlite3.Error) or type(error).__module__.startswith(("sqlalchemy.exc", "asyncpg"))
    if not is_ours:
        return None
    said = " ".join(str(cause).split())
    if "locked" in said:
        return Complaint(line=f"another process holds the database ({said}); try again when it is done")
    from server.postgres import remedy

    advice = remedy(error) or "`cabinet doctor` says what is wrong with it"
    return Complaint(line=f"the database cannot be used: {said}; {advice}")


def _of_machine(error: Exception) -> Complaint | None:
    from server.backup import BackupRefused
    from server.locks import Taken
    from server.migrate import WrongEncoding
    from server.postgres import remedy
    from server.secrets import ShortSecret
    from signing.policy import PolicyError

    if isinstance(error, ConnectionError | gaierror):
        return Complaint(line=f"the database cannot be reached ({error.strerror or error}); {remedy(error)}")
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return Complaint(line=f"{place}{error.strerror or error}; is CABINET_DATA_DIR right?")
    is_known = isinstance(error, (Taken, BackupRefused, PolicyError, ShortSecret, WrongEncoding))
    return Complaint(line=str(error)) if is_known else None
