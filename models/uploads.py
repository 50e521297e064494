"""Files on their way in: announced, then put, then used by exactly one document."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.refusals import Reason, Refusal

PUT_WITHIN = timedelta(minutes=15)
USE_WITHIN = timedelta(hours=24)
INVISIBLE = set("​‌‍⁠﻿‎‏‪‫‬‭‮⁦⁧⁨⁩؜")
DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"COM{n}" for n in range(1, 10)), *(f"LPT{n}" for n in range(1, 10))}


def safe_name(name: str) -> str:
    """The file name as it may be shown and saved (EC58): NFC, no path parts, control, bidi or invisible characters.

    Never empty and at most 255 bytes of UTF-8; a device name of Windows gets an underscore.
    """
    plain = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(c for c in plain if c not in INVISIBLE and unicodedata.category(c) not in {"Cc", "Cs", "Cn"})
    trimmed = "".join("_" if c in '<>:"|?*' else c for c in kept).strip(" .")
    stem = trimmed.split(".", 1)[0].upper()
    named = f"_{trimmed}" if stem in DEVICES else trimmed
    return _shortened(named) or "document"


def _shortened(name: str) -> str:
    """At most 255 bytes, the extension kept."""
    if len(name.encode()) <= 255:
        return name
    stem, dot, extension = name.rpartition(".")
    tail = (dot + extension).encode()[:40] if dot else b""
    return (stem or name).encode()[: 255 - len(tail)].decode(errors="ignore") + tail.decode(errors="ignore")


class Upload(Base):
    """One file announced by one maker (a person or a token)."""

    __tablename__ = "uploads"

    id: Mapped[int] = mapped_column(primary_key=True)
    cabinet_id: Mapped[int | None] = mapped_column(ForeignKey("cabinets.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    token_id: Mapped[int | None] = mapped_column(ForeignKey("api_tokens.id"))
    file_name: Mapped[str] = mapped_column(String(255))
    content_type: Mapped[str] = mapped_column(String(127))
    size_bytes: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    stored_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]

    def store(self, *, content_type: str, at: datetime) -> None:
        """Note that the announced bytes are there; `content_type` is what the bytes themselves say."""
        self.content_type = content_type
        self.stored_at = at

    def use(self, *, at: datetime, path: tuple[str, ...] = ("uploadId",)) -> None:
        """Give the file to a document. UPLOAD_INCOMPLETE without bytes, INVALID when it was used or is too old."""
        if self.stored_at is None:
            raise Refusal(Reason.UPLOAD_INCOMPLETE, path=path)
        if self.used_at is not None or at - self.created_at > USE_WITHIN:
            raise Refusal(Reason.INVALID, path=path, field="uploadId")
        self.used_at = at
