"""The demo is made once, through the acts themselves, and whoever looks at its data finds them as the product's own."""

import sqlite3
import subprocess
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from resolvers import sessions
from resolvers.context import Client, Context
from resolvers.rights import Principal
from server.demo.authority import Authority
from server.demo.cast import GRINKEVICH, HOTLINE, HOUSEHOLDS, PASSWORD, URBANOVICH
from server.demo.command import run_demo
from server.demo.folder import DemoFolder
from server.demo.plot import plot
from server.demo.scenes import Outcome
from server.demo.seed import DICE
from server.locks import only_server
from server.outside import outside
from server.settings import read_settings

COUNT = 54
"""The least number at which every outcome comes about."""

TABLES = ("users", "members", "documents", "signatures", "entries", "deliveries", "certificates", "uploads", "parties")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a demo that was just made."""
    folder = tmp_path_factory.mktemp("demo") / "data"
    run_demo(read_settings(data_dir=folder), seed_only=True, count=COUNT)
    return folder


def rows(data: Path, query: str) -> list[tuple[Any, ...]]:  # Any: whatever the columns hold
    with closing(sqlite3.connect(f"file:{data / 'cabinet.db'}?mode=ro", uri=True)) as database:
        return database.execute(query).fetchall()


def counts(data: Path) -> dict[str, int]:
    return {table: rows(data, f"SELECT count(*) FROM {table}")[0][0] for table in TABLES}  # noqa: S608  # our own names


def content(data: Path, sha256: str) -> bytes:
    [file] = (data / "files").rglob(sha256)
    return file.read_bytes()


def test_documents_stand_as_the_plot_says(data: Path) -> None:
    told = Counter(scene.outcome.value for scene in plot(DICE, COUNT, now=datetime.now(UTC)))
    found = Counter(dict(rows(data, "SELECT status, count(*) FROM exchanges GROUP BY status")))
    # The plot says AWAITING_SIGNATURE where the sender's own is missing, too.
    found["AWAITING_SIGNATURE"] += found.pop("SENT", 0)
    assert found == told
    assert set(found) == {outcome.value for outcome in Outcome}


def test_openssl_verifies_every_signature(data: Path, tmp_path: Path) -> None:
    demo = data / "demo"
    (tmp_path / "trust.pem").write_bytes((demo / "chain.pem").read_bytes() + (demo / "root.crl").read_bytes())
    signed = rows(data, "SELECT cms_sha256, signed_sha256 FROM signatures")
    refused = [cms for cms, file in signed if not is_verified(content(data, cms), content(data, file), tmp_path)]
    assert refused == []
    told = "SELECT count(*) FROM entries WHERE kind = 'DOCUMENT_SIGNED' AND json_extract(facts, '$.by') = 'US'"
    assert rows(data, told) == [(len(signed),)]
    assert len(signed) > COUNT / 2


def is_verified(cms: bytes, file: bytes, folder: Path) -> bool:
    (folder / "act.p7s").write_bytes(cms)
    (folder / "act.pdf").write_bytes(file)
    answer = subprocess.run(
        [
            *("openssl", "cms", "-verify", "-binary", "-cades", "-inform", "DER", "-in", "act.p7s"),
            *("-content", "act.pdf", "-CAfile", "trust.pem", "-crl_check_all", "-out", "/dev/null"),
        ],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    return answer.returncode == 0


def test_journals_have_no_gap(data: Path) -> None:
    heads = dict(rows(data, "SELECT id, last_seq FROM cabinets"))
    numbers: dict[int, list[int]] = {cabinet_id: [] for cabinet_id in heads}
    for cabinet_id, seq in rows(data, "SELECT cabinet_id, seq FROM entries ORDER BY cabinet_id, seq"):
        numbers[cabinet_id].append(seq)
    assert numbers == {cabinet_id: list(range(1, head + 1)) for cabinet_id, head in heads.items()}
    assert len(heads) == len(HOUSEHOLDS)


def test_no_letter_of_the_past_is_owed(data: Path) -> None:
    assert rows(data, "SELECT DISTINCT state, last_error FROM deliveries") == [("DROPPED", "seeding")]


def test_the_blocked_one_was_blocked_on_somebodys_word(data: Path) -> None:
    told = """
        SELECT email, state, channel, json_extract(facts, '$.actor'), basis_ticket
        FROM entries JOIN members ON members.id = member_id JOIN users ON users.id = user_id
        WHERE entries.kind = 'MEMBER_BLOCKED'
    """
    assert rows(data, told) == [(GRINKEVICH.email, "BLOCKED", "HOTLINE", HOTLINE.name, "ЗАЯ-2481")]


@pytest.mark.anyio
async def test_the_password_opens(data: Path) -> None:
    async with outside(read_settings(data_dir=data)) as world:
        nobody = Context(world, Principal(), Client())
        login = await sessions.log_in(nobody, email=URBANOVICH.email, password=PASSWORD)
    assert login.user.display_name == URBANOVICH.name


def test_started_again_it_keeps_its_data_and_renews_the_list(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, since = counts(data), datetime.now(UTC).replace(microsecond=0)
    Authority.found(data / "demo", at=since).renew_crl(since - timedelta(days=40))
    run_demo(read_settings(data_dir=data), seed_only=True, count=COUNT)
    said = capsys.readouterr().out
    assert counts(data) == before
    assert last_update(data) >= since
    assert "Making" not in said
    for told in (
        URBANOVICH.email,
        PASSWORD,
        f"CABINET_DATA_DIR={data} ",
        "--exchange demo-exchange",
        f"{data}/demo/mail/",
    ):
        assert told in said


def last_update(data: Path) -> datetime:
    return x509.load_pem_x509_crl((data / "crls" / "demo-root.crl").read_bytes()).last_update_utc


def refused(data: Path, capsys: pytest.CaptureFixture[str], **said: object) -> str:
    """What a start that is refused says; nothing may have been made."""
    before = {path: path.read_bytes() for path in data.parent.rglob("*") if path.is_file()}
    with pytest.raises(SystemExit) as exit_:
        run_demo(read_settings(data_dir=data, **said), seed_only=True, count=COUNT)
    made = {path: path.read_bytes() for path in data.parent.rglob("*") if path.is_file() and path.suffix != ".lock"}
    assert (exit_.value.code, made) == (1, before)
    output = capsys.readouterr()
    assert (output.out, output.err.count("\n")) == ("", 1)
    return output.err


@pytest.mark.parametrize("name", ["cabinet.db", "files/ab/abcd", "anchors/ours.pem", "crls/ours.crl", "demo/ours.txt"])
def test_other_data_are_never_touched(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    theirs = tmp_path / "data" / name
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(b"theirs")
    assert "is not the demo's" in refused(tmp_path / "data", capsys)


def test_another_database_and_other_anchors_are_never_touched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = f"sqlite+aiosqlite:///{tmp_path}/theirs/cabinet.db"
    assert "its own cabinet.db" in refused(tmp_path / "data", capsys, database_url=elsewhere)
    assert "its own anchors" in refused(tmp_path / "data", capsys, trust_anchors=tmp_path / "theirs")


def test_a_server_on_the_folder_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with only_server(tmp_path / "server.lock"), pytest.raises(SystemExit):
        run_demo(read_settings(data_dir=tmp_path), seed_only=True, count=COUNT)
    assert "Another server" in capsys.readouterr().err
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".lock", ".lock"]


def test_an_interrupted_seeding_is_thrown_away_and_nothing_else(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path)
    (tmp_path / "secret.key").write_text("kept")
    folder.begin()
    for name in ("cabinet.db", "cabinet.db-wal", "files/ab/abcd", "anchors/root.pem", "crls/root.crl", "demo/root.key"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("half")
    assert not folder.is_complete()
    folder.begin()
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")}
    assert left == {"secret.key", "demo", "demo/demo.json"}
