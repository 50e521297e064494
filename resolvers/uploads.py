"""Files beside GraphQL: announcing an upload, taking its bytes, and giving out what a caller may read."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from models.access import Verb, require
from models.actors import Actor
from models.cabinets import Cabinet
from models.documents import Document
from models.events import DocumentDownloaded
from models.journal import Entry
from models.members import Member
from models.refusals import Reason, Refusal
from models.signatures import Signature
from models.uploads import PUT_WITHIN, Upload, safe_name
from resolvers import archives
from resolvers.context import Context, Reading, Work
from resolvers.documents import own_upload
from resolvers.loaders import by_key
from resolvers.ports import WrongBytes
from resolvers.texts import clean

LINK_LIFE = timedelta(minutes=10)
SHA256 = re.compile(r"[0-9a-f]{64}")
MEDIA_TYPE = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}", re.ASCII)
MAGIC = {
    b"%PDF-": "application/pdf",
    b"PK\x03\x04": "application/zip",
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
}


@dataclass(frozen=True, kw_only=True)
class Announced:
    """A file that somebody is about to upload."""

    cabinet_id: int | None
    file_name: str
    content_type: str
    size_bytes: int
    sha256: str


async def announce(context: Context, *, file: Announced, is_for_cabinet: bool) -> Upload:
    """Where to put the bytes. The exchange's token names no cabinet."""
    async with context.work(Verb.UPLOAD_FILE) as work:
        if is_for_cabinet:
            await work.get(Cabinet, file.cabinet_id, path=("cabinetId",), shared=True)
        elif work.actor.token_id is not None:
            work.authorize()
        else:
            raise Refusal(Reason.REQUIRED, path=("cabinetId",), field="cabinetId")
        upload = work.add(_announced(work, file, largest=context.outside.house.limits.max_upload_bytes))
    return upload


def _announced(work: Work, file: Announced, *, largest: int) -> Upload:
    name = clean(file.file_name, path=("fileName",), limit=1000, is_required=True, is_one_line=False)
    if file.size_bytes > largest:
        raise Refusal(Reason.FILE_TOO_LARGE, path=("sizeBytes",), limit=largest)
    if file.size_bytes < 1:
        raise Refusal(Reason.INVALID, path=("sizeBytes",), field="sizeBytes")
    if not SHA256.fullmatch(file.sha256):
        raise Refusal(Reason.INVALID, path=("sha256",), field="sha256")
    if not MEDIA_TYPE.fullmatch(file.content_type):
        raise Refusal(Reason.INVALID, path=("contentType",), field="contentType")
    return Upload(
        cabinet_id=file.cabinet_id,
        user_id=work.actor.user_id,
        token_id=work.actor.token_id,
        file_name=safe_name(name),
        content_type=file.content_type,
        size_bytes=file.size_bytes,
        sha256=file.sha256,
        created_at=work.now,
        expires_at=work.now + PUT_WITHIN,
    )


async def own(context: Context, ids: Sequence[int]) -> list[Upload | None]:
    """Uploads of the caller's own, for the exchange or for a cabinet that he still belongs to."""
    async with context.reading() as reading:
        actor, place = reading.actor, Upload.cabinet_id
        own = select(Upload).where(Upload.user_id == actor.user_id, Upload.token_id == actor.token_id)
        found = await reading.all(own.where(Upload.id.in_(ids), place.is_(None) | place.in_(actor.cabinet_ids)))
    return by_key(ids, {upload.id: upload for upload in found})


async def put_url(context: Context, upload: Upload) -> str:
    """Where its maker puts the bytes; the link hangs on his login."""
    async with context.reading() as reading:
        epochs = await _epochs(reading)
        claim = _claim(reading.actor, kind="upload", row_id=upload.id, cabinet_id=upload.cabinet_id or 0, epochs=epochs)
    link = context.outside.secrets.link("upload", claim.written(), at=context.outside.clock.now())
    return f"{context.outside.house.public_url}/uploads/{link}"


async def store(context: Context, *, upload_id: int, chunks: AsyncIterator[bytes]) -> Upload:
    """Take the bytes: streamed, counted and hashed on the way, then noted. UPLOAD_DIGEST_MISMATCH when they differ."""
    announced = await awaited(context, upload_id)
    try:
        head = await context.outside.blobs.put(chunks, sha256=announced.sha256, size=announced.size_bytes)
    except WrongBytes as error:
        raise Refusal(Reason.UPLOAD_DIGEST_MISMATCH) from error
    async with context.work(Verb.STORE_FILE) as work:
        upload = await own_upload(work, upload_id)
        require_place(work.actor, upload)
        work.authorize(upload.cabinet_id)
        upload.store(content_type=typed(head, announced.content_type), at=work.now)
    return upload


async def awaited(context: Context, upload_id: int) -> Upload:
    """An upload whose bytes may still come: NOT_FOUND when it is used, late, another's, or its maker lost the place."""
    (found,) = await own(context, [upload_id])
    if found is None or found.used_at is not None or found.expires_at <= context.outside.clock.now():
        raise Refusal(Reason.NOT_FOUND)
    async with context.reading() as reading:
        require_place(reading.actor, found)
    return found


async def writable(context: Context, claim: "Claim") -> None:
    """Whether the bytes that a link is for may still come; a link of before a blocking stays dead, like all others."""
    if claim.cabinet_id:
        await check(context, claim)
    await awaited(context, claim.row_id)


def require_place(actor: Actor, upload: Upload) -> None:
    """The maker must still belong to the cabinet that the file is for."""
    if upload.cabinet_id is not None:
        if upload.cabinet_id not in actor.cabinet_ids:
            raise Refusal(Reason.NOT_FOUND)
        require(actor, Verb.UPLOAD_FILE, upload.cabinet_id)


def typed(head: bytes, announced: str) -> str:
    """The MIME type that the first bytes tell; what cannot be told by them is no active content."""
    for magic, content_type in MAGIC.items():
        if head.startswith(magic):
            office = announced.startswith("application/vnd.openxmlformats-officedocument.")
            return announced if content_type == "application/zip" and office else content_type
    return announced if announced in {"text/plain", "application/xml", "text/xml"} else "application/octet-stream"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What a signed link says: the row, the login it was made for, and the membership's epoch."""

    kind: str
    row_id: int
    session_id: int | None
    token_id: int | None
    cabinet_id: int
    epoch: int

    def written(self) -> str:
        """As it stands in the link."""
        parts = (self.row_id, self.session_id or 0, self.token_id or 0, self.cabinet_id, self.epoch)
        return ".".join([self.kind, *map(str, parts)])

    @classmethod
    def read(cls, text: str) -> "Claim":
        """From the link, whose seal was checked."""
        kind, *numbers = text.split(".")
        row_id, session_id, token_id, cabinet_id, epoch = map(int, numbers)
        return cls(
            kind=kind,
            row_id=row_id,
            session_id=session_id or None,
            token_id=token_id or None,
            cabinet_id=cabinet_id,
            epoch=epoch,
        )


@dataclass(frozen=True, kw_only=True)
class Link:
    """A short-lived URL for this caller."""

    url: str
    expires_at: datetime


async def links(context: Context, rows: Sequence[tuple[str, int, int]]) -> list[Link]:
    """A download link for each (kind, row id, cabinet id)."""
    now = context.outside.clock.now()
    async with context.reading() as reading:
        actor, epochs = reading.actor, await _epochs(reading)
    secrets, base = context.outside.secrets, f"{context.outside.house.public_url}/files"
    claims = [_claim(actor, kind=kind, row_id=row, cabinet_id=place, epochs=epochs) for kind, row, place in rows]
    sealed = [secrets.link("download", claim.written(), at=now) for claim in claims]
    return [Link(url=f"{base}/{token}", expires_at=now + LINK_LIFE) for token in sealed]


async def _epochs(reading: Reading) -> dict[int, int]:
    """The caller's epoch in each cabinet: a link dies with the stretch of membership that it was made in."""
    own = select(Member.cabinet_id, Member.epoch).where(Member.user_id == (reading.actor.user_id or 0))
    return {row[0]: row[1] for row in await reading.rows(own)}


def _claim(actor: Actor, *, kind: str, row_id: int, cabinet_id: int, epochs: Mapping[int, int]) -> Claim:
    return Claim(
        kind=kind,
        row_id=row_id,
        session_id=actor.session_id,
        token_id=actor.token_id,
        cabinet_id=cabinet_id,
        epoch=epochs.get(cabinet_id, 0),
    )


@dataclass(frozen=True, kw_only=True)
class File:
    """A file to serve."""

    name: str
    content_type: str
    size_bytes: int
    sha256: str
    document_id: int
    is_document: bool


async def file(context: Context, claim: Claim) -> File:
    """What a link names, if its holder may still read it. NOT_FOUND for every dead link alike (C24)."""
    await check(context, claim)
    if claim.kind == "document":
        return await _document_file(context, claim.row_id)
    return await _signature_file(context, claim)


async def check(context: Context, claim: Claim) -> None:
    """Whether the link's holder still has the membership he had; asked again while bytes flow (A30)."""
    async with context.reading() as reading:
        own = select(Member.epoch).where(Member.user_id == (reading.actor.user_id or 0))
        epochs = await reading.all(own.where(Member.cabinet_id == claim.cabinet_id))
        has_left = claim.kind == "document" and await archives.has_left(reading, claim.row_id, claim.cabinet_id)
    if claim.cabinet_id not in reading.actor.readable_ids or (epochs and epochs[0] != claim.epoch) or has_left:
        raise Refusal(Reason.NOT_FOUND)


async def _document_file(context: Context, document_id: int) -> File:
    async with context.reading() as reading:
        found = await reading.first(select(Document).options(*Document.for_lists()).where(Document.id == document_id))
    if found is None or found.exchange.sha256 is None:
        raise Refusal(Reason.NOT_FOUND)
    exchange = found.exchange
    return File(
        name=exchange.file_name or "document",
        content_type=exchange.content_type or "application/octet-stream",
        size_bytes=exchange.size_bytes or 0,
        sha256=exchange.sha256 or "",
        document_id=found.id,
        is_document=True,
    )


async def _signature_file(context: Context, claim: Claim) -> File:
    signed = select(Document, Signature).join(Signature, Signature.exchange_id == Document.exchange_id)
    wanted = signed.where(Signature.id == claim.row_id, Document.cabinet_id == claim.cabinet_id)
    async with context.reading() as reading:
        found = await reading.rows(wanted.options(*Document.for_lists()))
    if not found:
        raise Refusal(Reason.NOT_FOUND)
    document, signature = found[0]
    return File(
        name=f"{document.exchange.file_name or 'document'}.{signature.side.value.lower()}.p7s",
        content_type="application/pkcs7-signature",
        size_bytes=await context.outside.blobs.size(signature.cms_sha256),
        sha256=signature.cms_sha256,
        document_id=document.id,
        is_document=False,
    )


async def note_download(context: Context, *, document_id: int, is_part: bool) -> None:
    """Journal that a member downloaded a document's file; a part of it only when it goes on no download noted before.

    Parts that do not begin at the first byte are how a broken download goes on, and how one could be hidden.
    """
    if is_part and await _is_noted(context, document_id):
        return
    async with context.work(Verb.DOWNLOAD_DOCUMENT) as work:
        document = await work.get(Document, document_id, *Document.for_rules())
        await work.record(document.downloaded())


async def _is_noted(context: Context, document_id: int) -> bool:
    """Whether the journal has a download of it by the caller, within the life of a link."""
    noted = select(Entry.id).where(Entry.document_id == document_id, Entry.kind == DocumentDownloaded.entry_kind())
    async with context.reading() as reading:
        by = (Entry.actor_user_id == reading.actor.user_id, Entry.actor_token_id == reading.actor.token_id)
        return await reading.first(noted.where(*by, Entry.at >= context.outside.clock.now() - LINK_LIFE)) is not None
