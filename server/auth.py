"""Who knocks: principal and client of a request, read from its headers alone; rights come with each statement.

One token, two carriers: `Authorization: Bearer` counts before the cookie. A cookie sent from a page of another site is
no login (CSRF), nor is one that has ended; an unknown bearer is UNAUTHENTICATED for the whole request.
"""

from __future__ import annotations

import re
import secrets

from starlette.requests import HTTPConnection
from strawberry.http.websocket_origin import normalize_origin

from models.accounts import Locale
from resolvers import tokens
from resolvers.context import Client
from resolvers.rights import Principal

REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
UNKNOWN = "unknown"


def cookie_name(public_url: str) -> str:
    """`__Host-` wherever the site is https; over plain HTTP (loopback) browsers would refuse that name."""
    return "__Host-cabinet" if public_url.startswith("https:") else "cabinet"


def principal_of(connection: HTTPConnection, *, public_url: str, allowed_origins: tuple[str, ...]) -> Principal:
    """What the request shows."""
    scheme, _, credentials = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return bearer(credentials)
    cookie = connection.cookies.get(cookie_name(public_url))
    if cookie is None or not _is_own_page(connection, own=public_url, others=allowed_origins):
        return Principal()
    token_hash = tokens.hash_of(cookie)
    return Principal(token_hash=token_hash, is_cookie=True) if token_hash else Principal()


def bearer(token: object) -> Principal:
    """A bearer token; a text that never was one of ours is a principal that nobody is."""
    found = tokens.hash_of(token.strip()) if isinstance(token, str) else None
    return Principal(token_hash=found or UNKNOWN)


def _is_own_page(connection: HTTPConnection, *, own: str, others: tuple[str, ...]) -> bool:
    """Whole origins are compared, as browsers write them: https on this host is another page than http."""
    origin = connection.headers.get("origin")
    if origin is None:
        return connection.headers.get("sec-fetch-site", "none") in ("same-origin", "none")
    scheme = str(connection.scope["scheme"]).replace("ws", "http")
    asked = f"{scheme}://{connection.headers.get('host', '')}"
    return origin in (*others, normalize_origin(own), normalize_origin(asked))


def client_of(connection: HTTPConnection, *, locale: str) -> Client:
    """Where it comes from; the language of `Accept-Language`, else the server's."""
    given = connection.headers.get("x-request-id", "")
    return Client(
        address=connection.client.host if connection.client else None,
        user_agent=connection.headers.get("user-agent"),
        locale=_language(connection.headers.get("accept-language", "")) or Locale(locale.upper()),
        request_id=given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8),
    )


def _language(header: str) -> Locale | None:
    wanted = (part.split(";")[0].split("-")[0].strip().upper() for part in header.split(","))
    return next((Locale(tag) for tag in wanted if tag in Locale.__members__), None)
