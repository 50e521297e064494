"""Files beside GraphQL: announcing an upload, taking its bytes, and giving out what a caller may read."""

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from models.access import Actor, Verb, require
from models.cabinets import Cabinet
from models.documents import Document
from models.members import Member
from models.refusals import Reason, Refusal
from models.signatures import Signature
from models.uploads import PUT_WITHIN, Upload, safe_name
from resolvers.context import Context, Work
from resolvers.documents import own_upload
from resolvers.ports import WrongBytes
from resolvers.texts import clean

LINK_LIFE = timedelta(minutes=10)
SHA256 = re.compile(r"[0-9a-f]{64}")
MEDIA_TYPE = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}")
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
            await work.get(Cabinet, file.cabinet_id, path=("cabinetId",))
        elif work.actor.token_id is not None:
            work.authorize()
        else:
            raise Refusal(Reason.REQUIRED, path=("cabinetId",), field="cabinetId")
        upload = work.add(_announced(work, file, largest=context.outside.house.limits.max_upload_bytes))
    return upload


def _announced(work: Work, file: Announced, *, largest: int) -> Upload:
    name = clean(file.file_name, path=("fileName",), limit=1000, is_required=True)
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


async def upload(context: Context, *, upload_id: int) -> Upload | None:
    """An upload of the caller's own."""
    async with context.reading() as reading:
        found = await reading.first(select(Upload).where(Upload.id == upload_id))
        actor = reading.actor
    is_own = found is not None and (found.user_id, found.token_id) == (actor.user_id, actor.token_id)
    return found if is_own else None


async def put_url(context: Context, upload: Upload) -> str:
    """Where its maker puts the bytes; the link hangs on his login."""
    async with context.reading() as reading:
        actor = reading.actor
    claim = Claim(
        kind="upload",
        row_id=upload.id,
        session_id=actor.session_id,
        token_id=actor.token_id,
        cabinet_id=upload.cabinet_id or 0,
        epoch=0,
    )
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
    found = await upload(context, upload_id=upload_id)
    if found is None or found.used_at is not None or found.expires_at <= context.outside.clock.now():
        raise Refusal(Reason.NOT_FOUND)
    async with context.reading() as reading:
        require_place(reading.actor, found)
    return found


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
        actor = reading.actor
        own = select(Member.cabinet_id, Member.epoch).where(Member.user_id == (actor.user_id or 0))
        epochs = {row[0]: row[1] for row in await reading.rows(own)}
    made = []
    for kind, row_id, cabinet_id in rows:
        claim = Claim(
            kind=kind,
            row_id=row_id,
            session_id=actor.session_id,
            token_id=actor.token_id,
            cabinet_id=cabinet_id,
            epoch=epochs.get(cabinet_id, 0),
        )
        sealed = context.outside.secrets.link("download", claim.written(), at=now)
        made.append(Link(url=f"{context.outside.house.public_url}/files/{sealed}", expires_at=now + LINK_LIFE))
    return made


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
        actor = reading.actor
        own = select(Member.epoch).where(Member.user_id == (actor.user_id or 0), Member.cabinet_id == claim.cabinet_id)
        epochs = await reading.all(own)
    if claim.cabinet_id not in actor.cabinet_ids or (epochs and epochs[0] != claim.epoch):
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
    seen = (
        select(Document).options(*Document.for_lists()).join(Signature, Signature.exchange_id == Document.exchange_id)
    )
    wanted = select(Signature).where(Signature.id == claim.row_id)
    async with context.reading() as reading:
        mine = Document.cabinet_id == claim.cabinet_id
        document = await reading.first(seen.where(Signature.id == claim.row_id, mine).options(*Document.for_lists()))
        signature = await reading.first(wanted)
    if document is None or signature is None:
        raise Refusal(Reason.NOT_FOUND)
    return File(
        name=f"{document.exchange.file_name or 'document'}.{signature.side.value.lower()}.p7s",
        content_type="application/pkcs7-signature",
        size_bytes=len(await context.outside.blobs.read(signature.cms_sha256)),
        sha256=signature.cms_sha256,
        document_id=document.id,
        is_document=False,
    )


async def note_download(context: Context, *, document_id: int) -> None:
    """Journal that a member downloaded a document's file."""
    async with context.work(Verb.DOWNLOAD_DOCUMENT) as work:
        document = await work.get(Document, document_id, *Document.for_rules())
        await work.record(document.downloaded())
