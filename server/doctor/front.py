"""What faces the world: the public address, pages served elsewhere, the mail server."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from server.doctor.findings import Finding, fail, ok, warn
from server.mail import Result, SmtpTransport, transport
from server.settings import Settings


def public_url(settings: Settings) -> Finding:
    """Whether people can reach the address that links begin with, and safely."""
    url = urlsplit(settings.public_url)
    is_local = _is_loopback(url.hostname or "")
    if is_local and not _is_loopback(settings.host):
        said = f"{settings.public_url} is this machine's own, but the server listens on {settings.host}"
        return warn("public url", said, "say the address that people use in CABINET_PUBLIC_URL")
    if url.scheme == "http" and not is_local:
        said = f"{settings.public_url} is in clear: passwords and files can be read on the way"
        return warn("public url", said, "put TLS before the server and say https:// in CABINET_PUBLIC_URL")
    return ok("public url", settings.public_url)


def origins(settings: Settings) -> Finding:
    """Whether the pages served elsewhere can work with that address."""
    own = urlsplit(settings.public_url)
    if f"{own.scheme}://{own.netloc}" in settings.allowed_origins:
        return warn(
            "origins", f"{own.scheme}://{own.netloc} is the server's own", "take it out: it need not be allowed"
        )
    unsafe = [origin for origin in settings.allowed_origins if origin.startswith("http://") and own.scheme == "https"]
    if [origin for origin in unsafe if not _is_loopback(urlsplit(origin).hostname or "")]:
        return warn("origins", f"{unsafe[0]} is in clear", "serve that page over https")
    return ok("origins", ", ".join(settings.allowed_origins) or "none but its own")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def mail(settings: Settings) -> Finding:
    """Whether the mail server greets, protects the way and knows the login. Nothing is sent."""
    way = transport(settings.mail_url.get_secret_value())
    if not isinstance(way, SmtpTransport):
        kind = settings.mail_url.get_secret_value().partition(":")[0]
        return warn("mail", f"letters go to the {kind}: nobody gets them", "name a mail server in CABINET_MAIL_URL")
    try:
        outcome = await way.reach()
    finally:
        await way.close()
    if outcome.result is Result.SENT:
        return ok("mail", f"the server greets; letters come from {settings.mail_from}")
    said = f"the mail server cannot be used: {outcome.error}"
    return fail("mail", " ".join(said.split()), "mend CABINET_MAIL_URL or the mail server; no letter is lost meanwhile")
