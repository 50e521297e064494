"""`cabinet journal verify`: a hand in the database is found."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from household import address
from shell import Shell


def test_a_whole_journal_is_said_to_be_whole(shell: Shell) -> None:
    """Every cabinet's, or one cabinet's; the last hash can be kept elsewhere."""
    every = shell("journal", "verify", "--json").json
    assert (every["isWhole"], len(every["journals"])) == (True, 2)
    one = shell("journal", "verify", "190000001", "--json").json["journals"]
    assert one == [each for each in every["journals"] if each["cabinet"]["organization"]["taxId"] == "190000001"]
    assert len(one[0]["hash"]) == 64 and one[0]["seq"] == len(shell.entries())
    assert f"whole, {one[0]['seq']} entries" in shell("journal", "verify", "190000001").lines[0]


def test_a_changed_entry_is_found(bare: Shell) -> None:
    """Exit 1 with the first bad number, of that cabinet alone."""
    for who in ("hotline", "second"):
        bare("operator", "create", address(who), "--name", "Оператор")
    for tax_id in ("190000001", "190000002"):
        opened = ("cabinet", "create", f"a@{tax_id}.example", "--name", "Первый", "--organization", tax_id)
        bare.at_desk(*opened, "--tax-id", tax_id)
        bare.at_desk("member", "block", f"a@{tax_id}.example")
    with closing(sqlite3.connect(bare.data / "cabinet.db")) as database, database:
        database.execute("DROP TRIGGER tr_entries_no_update")
        database.execute(
            "UPDATE entries SET basis_text = 'другое' WHERE seq = 3 AND cabinet_id = "
            "(SELECT cabinets.id FROM cabinets JOIN organizations ON organizations.id = organization_id"
            " WHERE tax_id = '190000001')"
        )
    found = bare("journal", "verify", "--json", code=1).json
    broken = {each["cabinet"]["organization"]["taxId"]: each["broken"] for each in found["journals"]}
    assert found["isWhole"] is False
    assert broken["190000002"] is None and broken["190000001"]["seq"] == 3
    assert bare("journal", "verify", "190000002").code == 0
    assert "BROKEN at 3" in "".join(bare("journal", "verify", "190000001", code=1).lines)
