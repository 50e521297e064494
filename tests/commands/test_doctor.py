"""`cabinet doctor`: each finding with its verdict and remedy; it neither writes nor sends anything."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from doctored import digests
from post_office import PostOffice, open_post_office
from shell import Shell

from server.demo.authority import Authority
from server.doctor import data, front, machine, trust
from server.doctor.findings import Finding, Verdict
from server.settings import read_settings

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
MOUNTS = "/dev/sda1 / ext4 rw 0 0\nnas:/x /srv nfs4 rw 0 0\n/dev/sdb1 /srv/cabinet xfs rw 0 0\n"


def examined(shell: Shell, *, code: int = 0, **env: str) -> dict[str, tuple[str, str]]:
    """Verdict and words of each check; of several of one name the last."""
    found: list[Any] = shell("doctor", "--json", code=code, **env).json["findings"]
    assert all((each["verdict"] == "OK") is (each["remedy"] is None) for each in found)
    return {each["check"]: (each["verdict"], each["said"]) for each in found}


@contextmanager
def post_office() -> Iterator[PostOffice]:
    """A mail server in a thread of its own, while the block lasts."""
    opened: list[PostOffice] = []
    loop, closing = asyncio.new_event_loop(), asyncio.Event()

    async def run() -> None:
        async with open_post_office() as office:
            opened.append(office)
            await closing.wait()

    thread = Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    while not opened:
        pass
    yield opened[0]
    loop.call_soon_threadsafe(closing.set)
    thread.join()
    loop.close()


def test_a_sound_installation_is_well(shell: Shell) -> None:
    """Every check is OK or a warning, exit 0; not a file is made, changed or removed."""
    before = digests(shell.data)
    with post_office() as office:
        found = examined(shell, CABINET_MAIL_URL=f"smtp://127.0.0.1:{office.port}")
    assert digests(shell.data) == before
    assert (office.commands["EHLO"], office.commands["RCPT"], office.taken) == (1, 0, [])
    well = {name for name, (verdict, _) in found.items() if verdict == "OK"}
    assert well >= {"settings", "data folder", "file system", "database", "clock", "letters failed", "secret"}
    assert well >= {"trust anchors", "revocation", "mail", "public url", "origins"}


def test_where_there_are_no_data_nothing_is_made(bare: Shell) -> None:
    """FAIL, exit 1, and still no folder."""
    found = examined(bare, code=1)
    assert found["data folder"] == ("FAIL", f"{bare.data} is no folder")
    assert found["database"] == ("FAIL", f"no data in {bare.data}")
    assert not bare.data.exists()


def test_what_fails_is_said_to_people(shell: Shell) -> None:
    """A line each with its remedy behind a semicolon."""
    (shell.data / "secret.key").chmod(0o644)
    lines = shell("doctor", code=1).lines
    (line,) = [line for line in lines if line.startswith("FAIL")]
    file = shell.data / "secret.key"
    assert line.split(None, 2) == ["FAIL", "secret", f"{file} can be read by others; chmod 600 {file}"]


def test_a_mail_server_that_is_away_fails(shell: Shell) -> None:
    """FAIL with what was said; the console is a warning."""
    with post_office() as office:
        away = office.port
    verdict, said = examined(shell, code=1, CABINET_MAIL_URL=f"smtp://127.0.0.1:{away}")["mail"]
    assert verdict == "FAIL" and said.startswith("the mail server cannot be used: ")
    assert examined(shell)["mail"] == ("WARN", "letters go to the console: nobody gets them")


def test_junk_in_place_of_the_database_fails(bare: Shell) -> None:
    """FAIL with SQLite's own words."""
    bare.data.mkdir()
    (bare.data / "cabinet.db").write_bytes(b"no database" * 100)
    assert examined(bare, code=1)["database"] == ("FAIL", "it cannot be used: file is not a database")


def test_an_anchor_that_must_not_be_believed_fails(shell: Shell) -> None:
    """FAIL names the file."""
    (shell.data / "anchors" / "junk.pem").write_text("junk")
    verdict, said = examined(shell, code=1)["trust anchors"]
    assert verdict == "FAIL" and said.startswith(f"{shell.data}/anchors/junk.pem: ")


@pytest.mark.parametrize(
    ("at", "verdict"), [(timedelta(0), Verdict.OK), (timedelta(days=400), Verdict.FAIL)], ids=["fresh", "over"]
)
def test_a_list_that_is_over_fails(tmp_path: Path, at: timedelta, verdict: Verdict) -> None:
    """C14, D: with an expired list nobody can sign; with none nobody of that authority."""
    authority = Authority.found(tmp_path / "authority", at=NOW)
    authority.publish(tmp_path / "anchors", tmp_path / "crls")
    settings = read_settings(data_dir=tmp_path)
    found = trust.trust(settings, at=NOW + at)
    assert [each.verdict for each in found if each.check == "revocation"] == [verdict]
    for each in (tmp_path / "crls").iterdir():
        each.unlink()
    gone = trust.trust(settings, at=NOW)
    assert [each.verdict for each in gone if each.check == "revocation"] == [Verdict.WARN]


def test_no_anchor_is_a_warning(tmp_path: Path) -> None:
    """Nobody can sign, but everything else works."""
    assert [each.verdict for each in trust.trust(read_settings(data_dir=tmp_path), at=NOW)] == [Verdict.WARN]


@pytest.mark.parametrize(
    ("version", "is_mended"),
    [
        *(((3, 40, 1), False), ((3, 44, 5), False), ((3, 44, 6), True), ((3, 45, 9), False), ((3, 50, 6), False)),
        *(((3, 50, 7), True), ((3, 51, 2), False), ((3, 51, 3), True), ((3, 52, 0), True)),
    ],
)
def test_sqlites_bug_is_known_by_version(version: tuple[int, ...], is_mended: bool) -> None:
    """reliability.md C1: fixed in 3.51.3, 3.50.7 and 3.44.6."""
    assert (machine.sqlite(version).verdict is Verdict.OK) is is_mended


@pytest.mark.parametrize(
    ("path", "kind", "verdict"),
    [
        ("/srv/cabinet/cabinet.db", "xfs", Verdict.OK),
        ("/srv/cabinets/cabinet.db", "nfs4", Verdict.FAIL),
        ("/home/x/cabinet.db", "ext4", Verdict.OK),
    ],
)
def test_a_network_file_system_fails(path: str, kind: str, verdict: Verdict) -> None:
    """The longest mount point above the file counts, by whole names."""
    assert machine.kind_of(Path(path), MOUNTS) == kind
    assert machine.file_system(Path(path), MOUNTS).verdict is verdict


def test_a_full_disk_fails(tmp_path: Path) -> None:
    """Below 100 MiB; below 1 GiB it warns."""
    sizes = (99, 500, 5000)
    found = [machine.room(size * machine.MIB, tmp_path, least=100 * machine.MIB).verdict for size in sizes]
    assert found == [Verdict.FAIL, Verdict.WARN, Verdict.OK]


def verdict(finding: Finding) -> Verdict:
    """Alone."""
    return finding.verdict


def test_a_secret_that_can_be_guessed_fails(tmp_path: Path) -> None:
    """Said or in the file; a file that is not there yet is a warning."""
    assert verdict(machine.secret(read_settings(data_dir=tmp_path))) is Verdict.WARN
    assert verdict(machine.secret(read_settings(data_dir=tmp_path, secret_key="changeme" * 8))) is Verdict.FAIL
    assert verdict(machine.secret(read_settings(data_dir=tmp_path, secret_key=hashlib.sha256().hexdigest()))) is (
        Verdict.OK
    )
    (tmp_path / "secret.key").write_text("a" * 64)
    os.chmod(tmp_path / "secret.key", 0o600)
    assert verdict(machine.secret(read_settings(data_dir=tmp_path))) is Verdict.FAIL


@pytest.mark.parametrize(
    ("said", "check", "expected"),
    [
        ({"host": "192.0.2.1", "public_url": "https://cabinet.example"}, front.public_url, Verdict.OK),
        ({"host": "192.0.2.1", "public_url": "http://localhost:8000"}, front.public_url, Verdict.WARN),
        ({"public_url": "http://cabinet.example"}, front.public_url, Verdict.WARN),
        ({"public_url": "https://cabinet.example"}, front.public_url, Verdict.OK),
        ({"public_url": "https://c.example", "allowed_origins": "https://c.example"}, front.origins, Verdict.WARN),
        ({"public_url": "https://c.example", "allowed_origins": "http://a.example"}, front.origins, Verdict.WARN),
        ({"public_url": "https://c.example", "allowed_origins": "http://localhost:5173"}, front.origins, Verdict.OK),
        ({"public_url": "https://c.example", "allowed_origins": "https://a.example"}, front.origins, Verdict.OK),
    ],
)
def test_the_front_is_judged(said: dict[str, str], check: Any, expected: Verdict) -> None:
    """The public address against where the server listens, and the pages served elsewhere against it."""
    assert check(read_settings(**said)).verdict is expected


def test_a_clock_that_went_back_fails() -> None:
    """D: it must not be behind what it stamped."""
    assert verdict(data.clock(None, at=NOW)) is Verdict.OK
    assert verdict(data.clock(NOW + timedelta(seconds=59), at=NOW)) is Verdict.OK
    assert verdict(data.clock(NOW + timedelta(minutes=2), at=NOW)) is Verdict.FAIL


def test_letters_that_wait_or_failed_are_told() -> None:
    """An hour is a warning, a day fails; those that failed are counted."""
    ages = (timedelta(minutes=5), timedelta(hours=2), timedelta(hours=30))
    found = [data.owed(NOW - age, count=3, at=NOW) for age in ages]
    assert [each.verdict for each in found] == [Verdict.OK, Verdict.WARN, Verdict.FAIL]
    assert found[1].said == "3, the oldest for 2 h 00 min"
    assert (verdict(data.owed(None, count=0, at=NOW)), verdict(data.failed(0))) == (Verdict.OK, Verdict.OK)
    assert (data.failed(2).verdict, data.failed(2).said) == (Verdict.WARN, "2")
