"""What hangs on the secret: only what was sealed is read, only where it was meant for, only in its one spelling."""

import base64
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.tokens import hash_of
from server.secrets import DerivedSecrets, own_secret

SECRETS = DerivedSecrets(b"the secret of these tests, 32 bytes and more")
OTHERS = DerivedSecrets(b"another secret of 32 bytes and some more of it")
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(scope=TEXT, text=TEXT)
def test_what_was_sealed_is_read_in_its_scope_alone(scope: str, text: str) -> None:
    sealed = SECRETS.seal(scope, text)
    assert SECRETS.unseal(scope, sealed) == text
    assert SECRETS.unseal(f"{scope}.", sealed) is None
    assert OTHERS.unseal(scope, sealed) is None


@given(st.text())
def test_any_other_text_is_nothing(text: str) -> None:
    assert SECRETS.unseal("cursor", text) is None
    assert SECRETS.unlink("download", text, at=NOON, seconds=60) is None


def test_scope_and_text_cannot_be_shifted() -> None:
    tag = base64.urlsafe_b64decode(SECRETS.seal("ab", "c") + "==")[1:]
    forged = base64.urlsafe_b64encode(b"bc" + tag).decode().rstrip("=")
    assert SECRETS.unseal("a", forged) is None


@pytest.mark.parametrize("change", [lambda s: s + "=", lambda s: s + "==", lambda s: f" {s}", lambda s: s + "\n"])
def test_there_is_one_spelling(change: Callable[[str], str]) -> None:
    assert SECRETS.unseal("cursor", change(SECRETS.seal("cursor", "17"))) is None


def test_loose_last_bits_are_refused() -> None:
    sealed = SECRETS.seal("cursor", "1")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    same_bytes = sealed[:-1] + alphabet[alphabet.index(sealed[-1]) + 1]
    assert base64.urlsafe_b64decode(sealed + "=") == base64.urlsafe_b64decode(same_bytes + "=")
    assert SECRETS.unseal("cursor", same_bytes) is None


def test_a_link_is_good_for_its_purpose_and_time() -> None:
    token = SECRETS.link("download", "17 3", at=NOON)
    later = NOON + timedelta(seconds=60)
    assert SECRETS.unlink("download", token, at=later, seconds=60) == "17 3"
    assert SECRETS.unlink("download", token, at=later + timedelta(seconds=1), seconds=60) is None
    assert SECRETS.unlink("upload", token, at=NOON, seconds=60) is None
    assert SECRETS.unseal("download", token) is None


def test_a_code_is_always_the_same_and_has_a_tokens_form() -> None:
    code = SECRETS.code("INVITATION", "seed")
    assert code == SECRETS.code("INVITATION", "seed")
    assert hash_of(code) is not None
    assert len({code, SECRETS.code("INVITATION", "other"), SECRETS.code("PASSWORD_RESET", "seed")}) == 3


def test_the_own_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "data" / "secret.key"
    made = own_secret(file)
    assert (own_secret(file), len(made)) == (made, 64)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_a_shortened_secret_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    file.write_text("")
    with pytest.raises(ValueError, match="is shorter than 32 bytes"):
        own_secret(file)
