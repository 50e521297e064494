"""Bytes beside GraphQL: PUT of an announced upload, GET of what a signed link names; cut when rights end.

A link that is dead, foreign or someone else's answers 404 with one text (C24).
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Send

import words
from models.refusals import Reason, Refusal
from models.uploads import PUT_WITHIN
from resolvers import uploads
from resolvers.context import Context
from resolvers.ports import BlobLost, Outside, Unavailable, Unstored
from resolvers.rights import Principal
from resolvers.uploads import LINK_LIFE, Claim, File
from server.auth import client_of

RECHECK_SECONDS = 1.0
RANGE = re.compile(r"bytes=(\d*)-(\d*)")
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-site",
    "Referrer-Policy": "no-referrer",
}
STATUS = {Reason.NOT_FOUND: 404, Reason.UNAUTHENTICATED: 404, Reason.FORBIDDEN: 404, Reason.FILE_TOO_LARGE: 413}


@dataclass(frozen=True)
class Span:
    """Which bytes: from `start` to before `stop`."""

    start: int
    stop: int


class _Bytes(StreamingResponse):
    """A body whose first chunk is in hand; the rest is closed whatever becomes of the client."""

    def __init__(self, first: bytes, rest: AsyncGenerator[bytes, None], *, status_code: int, headers: dict[str, str]):
        self._rest = rest
        self._whole = _joined(first, rest)
        super().__init__(self._whole, status_code=status_code, headers=headers)

    async def stream_response(self, send: Send) -> None:
        """Send it."""
        async with aclosing(self._rest), aclosing(self._whole):
            await super().stream_response(send)


async def _joined(first: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    yield first
    async for chunk in rest:
        yield chunk


class Files:
    """The two routes."""

    def __init__(self, outside: Outside):
        self._outside = outside

    async def put(self, request: Request) -> Response:
        """`PUT /uploads/{token}`: the bytes of an announced upload; 204 when they are the ones announced."""
        opened = self._unlink("upload", request, seconds=int(PUT_WITHIN.total_seconds()))
        if opened is None:
            return self._refusal(request, Refusal(Reason.NOT_FOUND))
        claim = Claim.read(opened)
        context = self._context(request, claim)

        async def check() -> None:
            await uploads.writable(context, claim)

        try:
            await check()
            async with aclosing(_while_allowed(request.stream(), check, self._outside)) as chunks:
                await uploads.store(context, upload_id=claim.row_id, chunks=chunks)
        except Refusal as refusal:
            return self._refusal(request, refusal)
        except ClientDisconnect:
            return Response(status_code=400)
        except Unavailable as error:
            return self._unavailable(request, 507 if isinstance(error, Unstored) and error.is_full else 503)
        return Response(status_code=204, headers=SAFE)

    async def get(self, request: Request) -> Response:
        """`GET /files/{token}`, with one range: a document's file or a detached signature."""
        opened = self._unlink("download", request, seconds=int(LINK_LIFE.total_seconds()))
        if opened is None:
            return self._refusal(request, Refusal(Reason.NOT_FOUND))
        claim = Claim.read(opened)
        context = self._context(request, claim)
        try:
            file = await uploads.file(context, claim)
            return await self._serve(request, context, claim, file)
        except Refusal as refusal:
            return self._refusal(request, refusal)
        except Unavailable:
            return self._unavailable(request, 503)
        except BlobLost:
            return JSONResponse({"error": words.reason_message("INTERNAL", "en")}, status_code=500, headers=SAFE)

    async def _serve(self, request: Request, context: Context, claim: Claim, file: File) -> Response:
        span = _span(request.headers.get("range"), file.size_bytes)
        if span is None:
            return Response(status_code=416, headers={**SAFE, "Content-Range": f"bytes */{file.size_bytes}"})
        is_whole = span == Span(0, file.size_bytes)
        headers = _headers(file, span, is_whole=is_whole)
        if request.method == "HEAD":
            return Response(status_code=200 if is_whole else 206, headers=headers)

        async def check() -> None:
            await uploads.check(context, claim)

        bytes_of = self._outside.blobs.stream(file.sha256, start=span.start, stop=None if is_whole else span.stop)
        body = _while_allowed(bytes_of, check, self._outside)
        try:
            # A lost file is told before anything is noted or sent.
            first = await anext(body, b"")
            if file.is_document:
                await uploads.note_download(context, document_id=file.document_id, is_part=span.start > 0)
        except BaseException:
            await body.aclose()
            raise
        return _Bytes(first, body, status_code=200 if is_whole else 206, headers=headers)

    def _unlink(self, purpose: str, request: Request, *, seconds: int) -> str | None:
        token, now = request.path_params["token"], self._outside.clock.now()
        return self._outside.secrets.unlink(purpose, token, at=now, seconds=seconds)

    def _context(self, request: Request, claim: Claim) -> Context:
        principal = Principal(session_id=claim.session_id, token_id=claim.token_id)
        return Context(self._outside, principal, client_of(request, locale=self._outside.house.locale))

    def _unavailable(self, request: Request, status: int) -> Response:
        locale = client_of(request, locale=self._outside.house.locale).locale.value.lower()
        said = {"code": "UNAVAILABLE", "message": words.reason_message("UNAVAILABLE", locale)}
        return JSONResponse(said, status_code=status, headers={**SAFE, "Retry-After": "5"})

    def _refusal(self, request: Request, refusal: Refusal) -> Response:
        """One JSON line; a dead link says the same whatever the reason."""
        status = STATUS.get(refusal.reason, 422)
        code = Reason.NOT_FOUND if status == 404 else refusal.reason
        locale = client_of(request, locale=self._outside.house.locale).locale.value.lower()
        message = words.reason_message(code.value, locale)
        return JSONResponse({"code": code.value, "message": message}, status_code=status, headers=SAFE)


async def _while_allowed(
    chunks: AsyncGenerator[bytes, None], check: Callable[[], Awaitable[None]], outside: Outside
) -> AsyncGenerator[bytes, None]:
    """The chunks, as long as the rights last: asked again once a second of streaming; cut by the refusal (EA4)."""
    checked_at = outside.clock.now()
    async with aclosing(chunks):
        async for chunk in chunks:
            now = outside.clock.now()
            if (now - checked_at).total_seconds() >= RECHECK_SECONDS:
                await check()
                checked_at = now
            yield chunk


def _span(header: str | None, size: int) -> Span | None:
    """The bytes asked for: all without a header, or with one we do not serve; None when there are no such bytes."""
    match = RANGE.fullmatch(header.strip()) if header else None
    if match is None or match.groups() == ("", ""):
        return Span(0, size)
    first, last = match.groups()
    if not first:
        span = Span(max(0, size - int(last[:18])), size)
    else:
        span = Span(int(first[:18]), min(size, int(last[:18]) + 1) if last else size)
    return span if span.start < span.stop <= size else None


def _headers(file: File, span: Span, *, is_whole: bool) -> dict[str, str]:
    partial = {} if is_whole else {"Content-Range": f"bytes {span.start}-{span.stop - 1}/{file.size_bytes}"}
    return {
        **SAFE,
        **partial,
        "Accept-Ranges": "bytes",
        "Content-Type": file.content_type,
        "Content-Length": str(span.stop - span.start),
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}",
        "ETag": f'"{file.sha256}"',
    }
