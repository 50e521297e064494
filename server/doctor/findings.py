"""What an examination finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """OK; WARN: it works, and somebody should know; FAIL: it does not, or data are at risk."""

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at; whatever is not OK has its remedy in a line."""

    check: str
    verdict: Verdict
    said: str
    remedy: str | None = None


def ok(check: str, said: str) -> Finding:
    """All is well."""
    return Finding(check=check, verdict=Verdict.OK, said=said)


def warn(check: str, said: str, remedy: str) -> Finding:
    """Somebody should know."""
    return Finding(check=check, verdict=Verdict.WARN, said=said, remedy=remedy)


def fail(check: str, said: str, remedy: str) -> Finding:
    """It must be mended."""
    return Finding(check=check, verdict=Verdict.FAIL, said=said, remedy=remedy)
