"""An address that is kept is one that letters can be written to: one rule for both."""

import pytest

from models.accounts import checked_email, email_key, is_deliverable
from models.refusals import Reason, Refusal

GOOD = ["a@x.example", "a.b+tag@x.example", "o'hara@x.example", "anna@ромашка.example", "a_b@xn--80aa3agjl3d.example"]
BAD = [
    "",
    "nobody",
    "a@",
    "@x.example",
    "a@localhost",
    "a,b@x.example",
    "a;b@x.example",
    "a@b@x.example",
    '"q"@x.example',
    "<a>@x.example",
    "a b@x.example",
    ".a@x.example",
    "a..b@x.example",
    "a@x..example",
    "a@.example",
    "a@x.example.",
    "анна@x.example",
    "a@x.example, b@y.example",
    "a@x.example\nBcc: b@y.example",
    f"a@{'x' * 64}.example",
    f"{'a' * 65}@x.example",
    "a@x\ud800.example",
]


@pytest.mark.parametrize("address", GOOD)
def test_a_plain_address_is_kept(address: str) -> None:
    """As it was typed, outer blanks apart."""
    assert is_deliverable(address)
    assert checked_email(f" {address} ", path=("email",)) == address


@pytest.mark.parametrize("address", BAD)
def test_what_nobody_can_write_to_is_refused(address: str) -> None:
    """INVALID at the field."""
    assert not is_deliverable(address)
    with pytest.raises(Refusal) as refused:
        checked_email(address, path=("member", "email"))
    assert (refused.value.reason, refused.value.path) == (Reason.INVALID, ("member", "email"))


def test_a_lone_surrogate_is_nobody_s_key() -> None:
    """It becomes a sign that the rule above lets into no address."""
    assert email_key("A\ud800@X.example") == "a\ufffd@x.example"
    assert not is_deliverable(email_key("a@x\ud800.example"))
