"""The table of signing.md §8.1: every row ends in its outcome and reason."""

from hashlib import new as new_hash

import pytest
import rows_form
import rows_path
import rows_signature
from rows import Row

from signing.verdicts import Outcome
from signing.verify import verify_signature

ROWS = sorted(
    [*rows_form.ROWS, *rows_signature.ROWS, *rows_path.ROWS],
    key=lambda row: row.number,
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_row(row: Row) -> None:
    """A signature is judged as the row says."""
    case = row.case()

    verdict = verify_signature(
        case.cms,
        digest=lambda name: new_hash(name, case.document).digest(),
        certificate=case.certificate,
        policy=case.policy,
        at=case.at,
    )

    assert (verdict.reason, verdict.outcome) == (row.reason, row.reason.outcome if row.reason else Outcome.VALID)
    assert verdict.signer in (case.certificate, None)


def test_every_row_is_there() -> None:
    """Rows 1–92, each once."""
    assert [row.number for row in ROWS] == list(range(1, 93))
