"""`cabinet backup` and `cabinet restore`: all of it or nothing, every sum compared, the checker's last word."""

from __future__ import annotations

import json
import stat
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from by_hand import edit
from doctored import digests
from household import Household
from shell import Shell
from town import PDF

KEPT = ("secret.key", "anchors", "intermediates", "crls")


@pytest.fixture
def lived(shell: Shell) -> Shell:
    """A shell on data with two documents, one of them signed."""

    async def live(house: Household) -> None:
        await house.sign("urbanovich", await house.receive("b-1", "kolesnik"), PDF + b"b-1")
        await house.receive("b-2", "kolesnik")

    shell.house(live)
    return shell


def is_of_file(shell: Shell) -> bool:
    """Whether the rows lie in the data folder."""
    return shell.env["CABINET_DATABASE_URL"].startswith("sqlite")


def elsewhere(shell: Shell, folder: Path) -> Shell:
    """Another data folder; on PostgreSQL with the same rows, as `pg_restore` would have brought them."""
    url = f"sqlite+aiosqlite:///{folder}/cabinet.db" if is_of_file(shell) else shell.env["CABINET_DATABASE_URL"]
    return replace(shell, data=folder, env={"CABINET_DATABASE_URL": url})


def sum_again(backup: Path, path: str) -> None:
    """Have the sums agree with a file that was changed."""
    sums, digest = backup / "SHA256SUMS", digests(backup)[path]
    lines = [line for line in sums.read_text().splitlines() if not line.endswith(f"  {path}")]
    sums.write_text("\n".join([*lines, f"{digest}  {path}"]))


def test_what_is_backed_up_is_restored_and_sound(lived: Shell, tmp_path: Path) -> None:
    """C2, I13 (reliability): files, secret and trust are the same bytes, the journal reads the same, all is sound."""
    before, backup = digests(lived.data), tmp_path / "backup"
    made = lived("backup", str(backup), "--json").json
    assert (made["hasRows"], made["damaged"], made["journals"]) == (is_of_file(lived), [], 2)
    assert digests(lived.data) == before
    other = elsewhere(lived, tmp_path / "other")
    counts = {name: lived("check", "--json").json[name] for name in ("journals", "entries", "exchanges", "files")}
    said = ", ".join(f"{count} {name}" for name, count in counts.items())
    assert other("restore", str(backup)).lines == [f"sound: {said}"]
    kept = {path: digest for path, digest in before.items() if path.startswith(("files/", *KEPT))}
    found = digests(other.data)
    assert {path: digest for path, digest in found.items() if path != "cabinet.db"} == kept
    assert other.entries() == lived.entries()


def test_sums_are_those_of_sha256sum(lived: Shell, tmp_path: Path) -> None:
    """C2 (reliability): whoever has a backup proves it without us; nobody else may read it."""
    backup = tmp_path / "backup"
    lived("backup", str(backup))
    listed = {line.split("  ", 1)[1] for line in (backup / "SHA256SUMS").read_text().splitlines()}
    assert listed == set(digests(backup)) - {"SHA256SUMS"}
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=backup, check=True)
    assert stat.S_IMODE(backup.stat().st_mode) == 0o700
    assert stat.S_IMODE((backup / "secret.key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if "partial" in path.name] == []
    manifest = json.loads((backup / "manifest.json").read_text())
    verified = lived("journal", "verify", "--json").json["journals"]
    assert {head["hash"] for head in manifest["journals"]} == {each["hash"] for each in verified}


def test_a_folder_that_exists_is_left_alone(lived: Shell, tmp_path: Path) -> None:
    """Refused in one line, an empty one too; so is a place that is none."""
    assert lived.refused("backup", str(tmp_path)) == f"cabinet: {tmp_path} exists; a backup is made in a new folder"
    away = tmp_path / "away" / "backup"
    assert lived.refused("backup", str(away)) == f"cabinet: {away.parent} is no folder"
    assert not away.parent.exists()


def test_data_are_never_restored_over_others(lived: Shell, tmp_path: Path) -> None:
    """C2 (reliability): only an empty folder takes a backup; what is there stays as it is."""
    backup = tmp_path / "backup"
    lived("backup", str(backup))
    before = digests(lived.data)
    told = f"cabinet: {lived.data} is not empty; a backup is restored into an empty folder"
    assert lived.refused("restore", str(backup)) == told
    assert digests(lived.data) == before


@pytest.mark.parametrize("path", ["secret.key", "manifest.json", "files"])
def test_a_damaged_backup_restores_nothing(lived: Shell, tmp_path: Path, path: str) -> None:
    """I13 (reliability): one byte of any of its files is found, and the data folder stays empty."""
    backup, other = tmp_path / "backup", elsewhere(lived, tmp_path / "other")
    lived("backup", str(backup))
    file = next(each for each in (backup / path, *(backup / path).glob("*/*")) if each.is_file())
    content = file.read_bytes()
    file.write_bytes(content.replace(b'"version"', b'"Version"') if path == "manifest.json" else content[:-2] + b"!\n")
    for words in (("restore", str(backup)), ("restore", str(backup), "--verify")):
        assert str(backup) in other.refused(*words)
        assert not other.data.exists() or list(other.data.iterdir()) == []


def test_a_backup_is_examined_where_it_lies(lived: Shell, tmp_path: Path) -> None:
    """C2 (reliability): `--verify` compares everything, and writes neither there nor into the data folder."""
    backup, other = tmp_path / "backup", elsewhere(lived, tmp_path / "other")
    lived("backup", str(backup))
    before = digests(backup)
    said = other("restore", str(backup), "--verify", "--json").json
    assert said == {"isSound": True, "isChecked": is_of_file(lived), "faults": []}
    assert digests(backup) == before and sorted(p.name for p in backup.rglob("tmp")) == []
    assert not other.data.exists()


def test_a_lost_file_costs_no_backup_of_the_others(lived: Shell, tmp_path: Path) -> None:
    """C3 (reliability): the rest is taken and the lost one named, exit 1; the restored data say the same."""
    (lost,) = [path for path in (lived.data / "files").glob("??/*") if path.read_bytes() == PDF + b"b-2"]
    lost.write_bytes(b"other bytes")
    backup, other = tmp_path / "backup", elsewhere(lived, tmp_path / "other")
    made = lived("backup", str(backup), "--json", code=1).json
    assert made["damaged"] == [lost.name]
    faults = other("restore", str(backup), "--json", code=1).json["faults"]
    assert {fault["said"] for fault in faults} == {f"file {lost.name} is absent or damaged"}


def test_a_journal_that_ends_otherwise_is_told(lived: Shell, tmp_path: Path) -> None:
    """G, C2 (reliability): a journal written anew to its end agrees with itself, but not with the manifest."""
    backup, other = tmp_path / "backup", elsewhere(lived, tmp_path / "other")
    lived("backup", str(backup))
    manifest = (backup / "manifest.json").read_text()
    seq = json.loads(manifest)["journals"][1]["seq"]
    changed = manifest.replace(f'"seq": {seq},', f'"seq": {seq - 1},')
    (backup / "manifest.json").write_text(changed)
    sum_again(backup, "manifest.json")
    (fault,) = other("restore", str(backup), "--json", code=1).json["faults"]
    assert (fault["check"], fault["row"]) == ("journal", "cabinets:2")


@pytest.mark.of_sqlite
def test_rows_of_another_revision_are_restored_and_said_so(lived: Shell, tmp_path: Path) -> None:
    """A backup of before an upgrade: the sums are compared, `cabinet migrate` comes before the checker."""
    backup, other = tmp_path / "backup", elsewhere(lived, tmp_path / "other")
    lived("backup", str(backup))
    edit(elsewhere(lived, backup), "UPDATE alembic_version SET version_num = '0001'")
    sum_again(backup, "cabinet.db")
    (line,) = other("restore", str(backup)).lines
    assert line == "all sums are right; the rows are of another revision: run `cabinet migrate` and `cabinet check`"
    assert (other.data / "cabinet.db").exists()


def test_data_of_another_revision_are_not_backed_up(lived: Shell, tmp_path: Path) -> None:
    """Which files their rows name only the version of that revision knows."""
    edit(lived, "UPDATE alembic_version SET version_num = '0001'")
    assert lived.refused("backup", str(tmp_path / "backup")).endswith("run `cabinet migrate`")
    assert not (tmp_path / "backup").exists()
