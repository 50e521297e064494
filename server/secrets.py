"""What hangs on the server's secret: sealed cursors, signed links, the texts of one-time codes. One derived key each.

A seal is base64url of the text and 16 bytes of HMAC-SHA256 over scope and text; only its one spelling counts.
"""

from __future__ import annotations

import hmac
import os
import secrets
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from pathlib import Path

import structlog
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

log = structlog.get_logger()

TAG = 16
SHORTEST = 32


class ShortSecret(ValueError):
    """The file with the secret holds too little; the text says what to do."""


class DerivedSecrets:
    """`ports.Secrets` from one secret; another secret makes everything handed out before worthless."""

    def __init__(self, secret: bytes) -> None:
        self._cursors = _derived(secret, "cabinet.cursors")
        self._links = _derived(secret, "cabinet.links")
        self._codes = _derived(secret, "cabinet.codes")

    def seal(self, scope: str, text: str) -> str:
        """`text`, readable only where `scope` is the same."""
        return _sealed(self._cursors, scope, text)

    def unseal(self, scope: str, sealed: str) -> str | None:
        """What was sealed; None for anything that was not sealed so."""
        return _unsealed(self._cursors, scope, sealed)

    def link(self, purpose: str, claim: str, *, at: datetime) -> str:
        """A token for a URL that says when it was made."""
        return _sealed(self._links, purpose, f"{int(at.timestamp())} {claim}")

    def unlink(self, purpose: str, token: str, *, at: datetime, seconds: int) -> str | None:
        """The claim of a token made for this purpose at most `seconds` ago; None for any other."""
        text = _unsealed(self._links, purpose, token)
        if text is None:
            return None
        made, _, claim = text.partition(" ")
        return claim if at.timestamp() - int(made) <= seconds else None

    def code(self, purpose: str, seed: str) -> str:
        """The text of a one-time code, 256 bits in the form of `resolvers.tokens`; the same at every call."""
        body = _text(hmac.digest(self._codes, _framed(purpose, seed), "sha256"))
        return f"cab_{body}{zlib.crc32(body.encode()) & 0xFFFFFF:06x}"


def _derived(secret: bytes, use: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=use.encode()).derive(secret)


def _framed(scope: str, text: str) -> bytes:
    """Both, so that no other pair looks the same."""
    named = scope.encode()
    return len(named).to_bytes(4) + named + text.encode()


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _sealed(key: bytes, scope: str, text: str) -> str:
    return _text(text.encode() + hmac.digest(key, _framed(scope, text), "sha256")[:TAG])


def _unsealed(key: bytes, scope: str, sealed: str) -> str | None:
    try:
        raw = urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
        text = raw[:-TAG].decode()
    except ValueError:  # neither ASCII, nor base64, nor UTF-8
        return None
    # Comparing the whole spelling also refuses padding, stray characters and loose last bits.
    is_ours = hmac.compare_digest(_sealed(key, scope, text).encode(), sealed.encode())
    return text if is_ours else None


def own_secret(path: Path) -> bytes:
    """The secret kept in a file, made with 0600 at the first start. `ShortSecret` when somebody shortened it."""
    if not path.exists():
        _make(path)
    secret = path.read_bytes().strip()
    if len(secret) < SHORTEST:
        raise ShortSecret(f"{path} is shorter than {SHORTEST} bytes; restore it, or remove it to have a new one made")
    return secret


def _make(path: Path) -> None:
    """Written aside and linked: of two processes that start at once, one wins and both read the same."""
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{secrets.token_urlsafe(48)}\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
        log.warning("secret_key_made", file=str(path))
    except FileExistsError:
        pass
    finally:
        draft.unlink()
