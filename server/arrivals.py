"""What comes to `/graphql` over HTTP, before it is a request: method, address, media types and body (A6)."""

from __future__ import annotations

from collections.abc import Mapping

from cross_web import HTTPException
from starlette.requests import Request
from starlette.types import Message, Receive
from strawberry.types.graphql import OperationType

from schema.codes import ErrorCode
from server.negotiation import JSON, media_type
from server.settings import Settings

METHODS = ("GET", "HEAD", "POST")


class Unread(HTTPException):
    """A request refused with a code or headers of its own."""

    def __init__(
        self,
        status: int,
        reason: str,
        *,
        code: ErrorCode = ErrorCode.BAD_REQUEST,
        headers: Mapping[str, str] | None = None,
    ):
        super().__init__(status, reason)
        self.code, self.headers = code, dict(headers or {})


def form_of(request: Request) -> str:
    """The media type that the caller likes; `application/json` to tell him that there is none."""
    return media_type(request.headers.get("accept", "")) or JSON


def require_taken(request: Request, *, settings: Settings) -> None:
    """HTTPException for what is not even read: the method, the address or the length."""
    if request.method not in METHODS:
        raise Unread(405, "Ask by GET or POST.", headers={"Allow": ", ".join(METHODS)})
    address = len(request.scope.get("raw_path") or b"") + len(request.scope["query_string"])
    if address > settings.max_url_bytes:
        raise Unread(414, f"An address has at most {settings.max_url_bytes} bytes.", code=ErrorCode.REQUEST_TOO_LARGE)
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > settings.max_body_bytes:
        raise _too_large(settings.max_body_bytes)


def as_read(request: Request, *, settings: Settings) -> Request:
    """The request, its body counted while it comes; HEAD is a plain GET whose answer's body the server leaves out."""
    if request.method != "HEAD":
        return Request(request.scope, counted(request.receive, most=settings.max_body_bytes))
    headers = [(name, value) for name, value in request.scope["headers"] if name != b"accept"]
    return Request({**request.scope, "method": "GET", "headers": headers}, request.receive)


def counted(receive: Receive, *, most: int) -> Receive:
    """What comes, until it is more than `most` bytes; Unread then."""
    left = most

    async def one_more() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise _too_large(most)
        return message

    return one_more


def _too_large(most: int) -> Unread:
    reason = f"A body has at most {most} bytes."
    return Unread(413, reason, code=ErrorCode.REQUEST_TOO_LARGE, headers={"Connection": "close"})


def require_acceptable(headers: Mapping[str, str]) -> None:
    """HTTPException where no form of ours will do."""
    if media_type(headers.get("accept", "")) is None:
        raise HTTPException(406, "Answers are application/json or application/graphql-response+json.")


def require_plain_json(headers: Mapping[str, str]) -> None:
    """HTTPException unless the body is JSON in UTF-8 as it is: neither a form, which foreign pages post, nor packed."""
    kind, *parameters = (part.strip().lower() for part in headers.get("content-type", "").split(";"))
    charsets = [said.partition("=")[2].strip('"') for said in parameters if said.startswith("charset=")]
    if kind != JSON or any(charset != "utf-8" for charset in charsets):
        raise HTTPException(415, "A request is posted as application/json, in UTF-8.")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise HTTPException(415, "A body is not compressed.")


def refusal_of_kind(kind: OperationType, *, method: str) -> HTTPException:
    """An operation that this method does not answer: GET never acts, and a subscription is a stream."""
    if kind is OperationType.MUTATION and method == "GET":
        return Unread(405, "A mutation is posted; GET answers queries.", headers={"Allow": "POST"})
    return HTTPException(400, f"A {kind.value} is not answered over {method} in this form.")
