"""Bearer tokens: `cab_` + 32 random bytes + a checksum. Only the SHA-256 is stored; a mistyped one costs no SQL."""

import base64
import hashlib
import secrets
import zlib

PREFIX = "cab_"


def new_token() -> str:
    """A token nobody has seen."""
    body = base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()
    return f"{PREFIX}{body}{_checksum(body)}"


def hash_of(token: str) -> str | None:
    """What is stored of a token, lower-case hex; None for a text that never was one."""
    body, checksum = token.removeprefix(PREFIX)[:-6], token[-6:]
    if not token.startswith(PREFIX) or not token.isascii() or _checksum(body) != checksum:
        return None
    return hashlib.sha256(token.encode()).hexdigest()


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode()) & 0xFFFFFF:06x}"
