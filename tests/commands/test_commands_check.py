"""`cabinet check`: each invariant broken by hand is one line with its cabinet and row; sound data are called sound."""

from __future__ import annotations

from pathlib import Path

import pytest
from by_hand import edit, without_constraints
from doctored import digests
from household import Household
from shell import Shell
from town import PDF
from wishes import REJECT, WITHDRAW, sent

from models.ids import encode

ROMASHKA, POLESYE = encode("Cabinet", 1), encode("Cabinet", 2)


@pytest.fixture
def lived(shell: Shell) -> Shell:
    """A shell on data with a signed, a rejected and a withdrawn document."""
    shell.house(live)
    return shell


async def live(house: Household) -> None:
    received = await house.receive("c-1", "kolesnik")
    await house.sign("urbanovich", received, PDF + b"c-1")
    for act, who in ((REJECT, "savitskaya"), (WITHDRAW, "kolesnik")):
        document = await sent(house, "kolesnik", to="polesye", requiredSides=["RECIPIENT"])
        there = await house.ask(who, SAME, id=document)
        view = next(each for each in there["viewer"]["members"][0]["cabinet"]["folder"]["documents"]["nodes"])
        await house.act(who, act, documentId=document if who == "kolesnik" else view["id"], reason="нет")


SAME = """{ viewer { members { cabinet { folder(kind: INCOMING) { documents(first: 1) { nodes { id } } } } } } }"""


def faults(shell: Shell) -> list[str]:
    """The lines of a check that finds something, blanks made one."""
    return [" ".join(line.split()) for line in shell("check", code=1).lines]


def test_sound_data_are_said_to_be_sound(lived: Shell) -> None:
    """I2 (reliability): exit 0, how much was looked at, and not a byte is written."""
    before = digests(lived.data)
    found = lived("check", "--json").json
    assert (found["isSound"], found["faults"]) == (True, [])
    assert (found["journals"], found["exchanges"], found["files"]) == (2, 3, 6)
    assert lived("check").lines == [f"sound: 2 journals, {found['entries']} entries, 3 exchanges, 6 files"]
    assert digests(lived.data) == before


HANDS = {
    "an entry edited": (
        "UPDATE entries SET basis_text = 'никто' WHERE cabinet_id = 2 AND seq = 3",
        [f"journal {POLESYE} cabinets:2 entry 3: BODY_EDITED"],
    ),
    "an entry gone": (
        "DELETE FROM entries WHERE cabinet_id = 2 AND seq = 3",
        [f"journal {POLESYE} cabinets:2 entry 3: MISSING"],
    ),
    "another head": (
        "UPDATE cabinets SET last_hash = 'x' WHERE id = 1",
        [f"journal {ROMASHKA} cabinets:1 entry 16: HEAD_EDITED"],
    ),
    "an entry that cannot be read": (
        "UPDATE entries SET channel = 'PIGEON' WHERE cabinet_id = 2 AND seq = 2",
        [
            f"state {POLESYE} entries:4 channel is PIGEON, which is none",
            f"journal {POLESYE} cabinets:2 an entry after 0 cannot be read: ",
        ],
    ),
    "an unknown status": (
        "UPDATE exchanges SET status = 'LOST' WHERE id = 1",
        [
            "state - exchanges:1 status is LOST, which is none",
            f"document {ROMASHKA} documents:1 its status is SIGNED, that of exchanges:1 is LOST",
        ],
    ),
    "a view that does not follow": (
        "UPDATE documents SET status = 'SENT' WHERE id = 1",
        [f"document {ROMASHKA} documents:1 its status is SENT, that of exchanges:1 is SIGNED"],
    ),
    "a status without its signatures": (
        "UPDATE exchanges SET required_sides = 'SENDER,RECIPIENT' WHERE id = 1",
        [f"state {ROMASHKA} exchanges:1 SIGNED, but SENDER has not signed"],
    ),
    "a document without exchange": (
        "UPDATE documents SET exchange_id = 77 WHERE id = 1",
        [
            "document - exchanges:1 no cabinet has it",
            f"document {ROMASHKA} documents:1 exchanges:77 is not there",
        ],
    ),
    "a signature over other bytes": (
        "UPDATE signatures SET signed_sha256 = 'x'",
        [f"signature {ROMASHKA} signatures:1 it signs other bytes than exchanges:1 has"],
    ),
    "a signature gone": (
        "DELETE FROM signatures",
        [f"signature {ROMASHKA} exchanges:1 signed by RECIPIENT, but its signatures are of nobody"],
    ),
    "a letter gone": (
        "DELETE FROM deliveries WHERE letter = 'document.rejected'",
        [
            f"letters {ROMASHKA} entries:18 entry 14, DOCUMENT_REJECTED:"
            " letters missing: document.rejected to account 5; letters owed to nobody: none"
        ],
    ),
    "a letter too many": (
        "UPDATE deliveries SET letter = 'member.removed' WHERE letter = 'document.rejected'",
        [
            f"letters {ROMASHKA} entries:18 entry 14, DOCUMENT_REJECTED: letters missing: document.rejected"
            " to account 5; letters owed to nobody: member.removed to account 5"
        ],
    ),
    "a member let in by no entry": (
        "UPDATE members SET state = 'ACTIVE' WHERE state = 'BLOCKED'",
        [f"member {ROMASHKA} members:6 ACTIVE, but the journal keeps out"],
    ),
}


@pytest.mark.parametrize("what", HANDS)
def test_a_hand_in_the_database_is_one_line(lived: Shell, what: str) -> None:
    """I2, I10 (reliability): the invariant, the cabinet, the row and what is wrong with it; exit 1."""
    statement, expected = HANDS[what]
    edit(lived, statement)
    found = faults(lived)
    assert len(found) == len(expected), found
    assert [line for line, told in zip(found, expected, strict=True) if not line.startswith(told)] == []


def test_two_signatures_of_a_side_are_told(lived: Shell) -> None:
    """A22, I2 (reliability): both of them are named, with the exchange that they sign."""
    without_constraints(lived, "signatures")
    columns = "exchange_id, side, cabinet_id, organization_id, person_name, subject_name, issuer_name, serial_number"
    more = "thumbprint, valid_from, valid_to, signed_sha256, acknowledged_warnings, signed_at, value_sha256"
    blobs = "cms_sha256, chain_sha256, revocation_sha256, report_sha256"
    every = f"{columns}, {more}, {blobs}"
    edit(lived, f"INSERT INTO signatures (id, {every}) SELECT 2, {every} FROM signatures")  # noqa: S608  # names of ours
    told = "one of 2 of side RECIPIENT of exchanges:1"
    assert faults(lived) == [f"signature {ROMASHKA} signatures:{number} {told}" for number in (1, 2)]


def file_of(shell: Shell, name: str) -> Path:
    """The stored file of a column."""
    rows = shell("check", "--json").json
    assert rows["isSound"]
    (path,) = [path for path in (shell.data / "files").glob("??/*") if path.read_bytes() == PDF + name.encode()]
    return path


def test_a_flipped_byte_is_told_of_every_row_that_names_the_file(lived: Shell) -> None:
    """C3, I10 (reliability): the exchange and the upload, with the digest that a backup has it by."""
    path = file_of(lived, "c-1")
    content = bytearray(path.read_bytes())
    content[7] ^= 1
    path.write_bytes(content)
    said = f"file {path.name} is absent or damaged"
    assert faults(lived) == [f"file {ROMASHKA} exchanges:1 {said}", f"file - uploads:1 {said}"]
    path.unlink()
    found = lived("check", "--json", code=1).json
    assert found["isSound"] is False
    assert found["faults"][0] == {"check": "file", "cabinet": ROMASHKA, "row": "exchanges:1", "said": said}


def test_a_size_that_is_not_the_files_is_told(lived: Shell) -> None:
    """C3 (reliability): a row may lie about a whole file."""
    path = file_of(lived, "c-1")
    size = path.stat().st_size
    edit(lived, "UPDATE exchanges SET size_bytes = 3 WHERE id = 1")
    assert faults(lived) == [f"file {ROMASHKA} exchanges:1 file {path.name} has {size} bytes instead of 3"]


def test_where_there_are_no_data_there_is_nothing_to_check(bare: Shell) -> None:
    """One line with the remedy, and no folder is made."""
    assert bare.refused("check") == f"cabinet: no data in {bare.data}; is CABINET_DATA_DIR right?"
    assert not bare.data.exists()


def test_the_doctor_reads_every_file_when_asked(lived: Shell) -> None:
    """C3 (reliability): with `doctor --blobs` FAIL and the digest; without it files are not read."""
    path = file_of(lived, "c-1")
    path.write_bytes(b"other bytes")
    found = lived("doctor", "--blobs", "--json", code=1).json["findings"]
    (files,) = [each for each in found if each["check"] == "files"]
    assert (files["verdict"], files["said"]) == ("FAIL", f"file {path.name} is absent or damaged")
    assert "files" not in {each["check"] for each in lived("doctor", "--json").json["findings"]}
