"""The chain's recipe on rows of its own: literal digests, and each way in which a journal can be bad."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import pytest
from chains import digests

from models.chain import Break, Fault, Walk, beginning, canonical, seal
from models.journal import Channel, Entry

CABINET = 7


def entry(seq: int, **said: Any) -> Entry:
    """An entry with everything in it, not yet chained."""
    plain: dict[str, Any] = {
        "cabinet_id": CABINET,
        "seq": seq,
        "key": f"{seq:024x}",
        "kind": "MEMBER_BLOCKED",
        "at": datetime(2026, 11, 24, 9, 0, seq, 5, tzinfo=UTC),
        "channel": Channel.HOTLINE,
        "actor_user_id": 17,
        "actor_token_id": None,
        "basis_text": "звонок директора",
        "basis_ticket": "HL-1",
        "document_id": None,
        "member_id": 3,
        "signature_id": None,
        "facts": {"member": "Колесник Елена", "signatories": ["А", "Б"], "number": None},
    }
    return Entry(**{**plain, **said})


def journal(count: int = 5) -> list[Entry]:
    """A good one."""
    rows: list[Entry] = []
    for seq in range(1, count + 1):
        rows.append(entry(seq))
        seal(rows[-1], after=rows[-2].hash if len(rows) > 1 else None)
    return rows


def verify(cabinet_id: int, entries: Iterable[Entry], *, last_seq: int, last_hash: str | None) -> Break | None:
    """The first bad place of a journal, all of whose entries are at hand."""
    walk = Walk(cabinet_id)
    broken = next((found for found in map(walk.step, entries) if found is not None), None)
    return broken or walk.end(last_seq=last_seq, last_hash=last_hash)


def checked(rows: list[Entry], *, last: Entry | None = None) -> Break | None:
    end = last or journal()[-1]
    return verify(CABINET, rows, last_seq=end.seq, last_hash=end.hash)


def test_the_digests_are_these() -> None:
    """signing.md §7: the recipe is fixed for ever; a change of it would make every journal a broken one."""
    token = entry(2, actor_user_id=None, actor_token_id=5, document_id=9, signature_id=4, channel=Channel.API)
    first = entry(1)
    seal(first, after=None)
    seal(token, after=first.hash)
    assert beginning(CABINET) == "f5abddfa7729aa581e07b7cc87e74cfc2e1e3a3e911ec4587387047cfab63033"
    assert (first.body_sha256, first.hash) == (
        "c7da7d45ebca9d961fabbacca45f2955363f2ca931fd8d7336f5c5de24914e98",
        "cd0446e36d293c8c4a8932ab41f2d928beefb802e6be2d7021433305b06ddc49",
    )
    assert (token.body_sha256, token.hash) == (
        "cd34168d447a632654d7ab185327db039690ca7ad36699cc60ed69630bda1049",
        "5f2b9bbc65c95640193cd414d21b4b05c523bf3a852eff73a776f9e91e66a9d0",
    )
    assert verify(CABINET, [first, token], last_seq=2, last_hash=token.hash) is None


def test_the_recipe_told_a_second_time_agrees() -> None:
    """The function that stories check journals with is itself held against the product's, on rows of every kind."""
    rows = journal()
    columns = Entry.__table__.columns.keys()
    told = digests(CABINET, [{name: getattr(row, name) for name in columns} for row in rows])
    assert [(row.body_sha256, row.hash) for row in rows] == list(told)


def test_one_text_and_one_moment_have_one_digest() -> None:
    """EG86: composed or not, in Minsk or in UTC: a database that keeps it otherwise gives the same digest."""
    minsk = datetime(2026, 11, 24, 12, 0, 1, 5, tzinfo=timezone(timedelta(hours=3)))
    decomposed, composed = entry(1, facts={"и\u0306": "и\u0306"}), entry(1, facts={"\u0439": "\u0439"}, at=minsk)
    for each in (decomposed, composed):
        seal(each, after=None)
    assert decomposed.hash == composed.hash


@pytest.mark.parametrize("value", [1.5, {"a": [0.1]}, {"a": b"x"}, {1: "a"}])
def test_what_has_no_one_form_is_refused(value: object) -> None:
    """No floats, bytes or keys that are no texts: they would be written otherwise elsewhere."""
    with pytest.raises(TypeError):
        canonical(value)


def test_a_good_journal_is_whole() -> None:
    """So is an empty one."""
    assert checked(journal()) is None
    assert verify(CABINET, [], last_seq=0, last_hash=None) is None


@pytest.mark.parametrize("name", sorted(set(Entry.__table__.columns.keys()) - {"id", "cabinet_id", "seq"}))
def test_no_column_can_be_changed_unseen(name: str) -> None:
    """G (reliability): whatever is edited in an entry, its number is told."""
    rows = journal()
    other: dict[str, Any] = {
        "at": rows[0].at + timedelta(microseconds=1),
        "channel": Channel.SYSTEM,
        "facts": {**rows[0].facts, "member": "Другой"},
    }
    changed = other.get(name, 404 if name.endswith("_id") else "0" * 64)
    setattr(rows[2], name, changed)
    in_head = name in {"at", "kind", "actor_user_id", "hash"}
    assert checked(rows) == Break(seq=3, fault=Fault.HEAD_EDITED if in_head else Fault.BODY_EDITED)


def swapped(rows: list[Entry]) -> list[Entry]:
    """The second and the third have changed places, numbers included."""
    rows[1].seq, rows[2].seq = rows[2].seq, rows[1].seq
    return [rows[0], rows[2], rows[1], *rows[3:]]


def rewritten(rows: list[Entry]) -> list[Entry]:
    """The third was edited, and all digests from there on made anew."""
    rows[2].basis_text = "никто"
    for before, row in pairwise(rows[1:]):
        seal(row, after=before.hash)
    return rows


def edited_well(rows: list[Entry]) -> list[Entry]:
    """The third was edited, and so was the digest of its body."""
    rows[2].basis_text = "никто"
    seal(rows[2], after="0" * 64)
    return rows


BAD: dict[str, tuple[Callable[[list[Entry]], list[Entry]], Break]] = {
    "missing first": (lambda rows: rows[1:], Break(seq=1, fault=Fault.MISSING)),
    "missing inside": (lambda rows: [*rows[:2], *rows[3:]], Break(seq=3, fault=Fault.MISSING)),
    "missing last": (lambda rows: rows[:-1], Break(seq=5, fault=Fault.MISSING)),
    "missing all": (lambda rows: [], Break(seq=1, fault=Fault.MISSING)),
    "swapped": (swapped, Break(seq=2, fault=Fault.HEAD_EDITED)),
    "swapped rows": (lambda rows: [rows[0], rows[2], rows[1], *rows[3:]], Break(seq=2, fault=Fault.MISSING)),
    "forked": (lambda rows: [*rows[:3], journal()[2], *rows[3:]], Break(seq=3, fault=Fault.FORKED)),
    "one too many": (lambda rows: journal(6), Break(seq=6, fault=Fault.FORKED)),
    "edited with its digest": (edited_well, Break(seq=3, fault=Fault.HEAD_EDITED)),
    "written anew to the end": (rewritten, Break(seq=5, fault=Fault.HEAD_EDITED)),
    "another cabinet's": (lambda rows: of_another(), Break(seq=1, fault=Fault.HEAD_EDITED)),
}


def of_another() -> list[Entry]:
    """The same entries, chained for another cabinet."""
    rows = journal()
    for row in rows:
        row.cabinet_id = CABINET + 1
    seal(rows[0], after=None)
    return rows


@pytest.mark.parametrize("how", BAD)
def test_the_first_bad_place_is_named(how: str) -> None:
    """G (reliability): edited, missing, swapped, forked, cut off: its number and its fault."""
    damage, expected = BAD[how]
    assert checked(damage(journal())) == expected
