"""A certificate taken apart: what `cryptography` reads of it, and the raw bytes that it does not hand out."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from cryptography import x509

from signing import der
from signing.verdicts import Finding, Reason

# What `cryptography` was seen to raise for mutated certificates (T11); UnicodeDecodeError is a ValueError.
UNREADABLE = (
    ValueError,
    TypeError,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


MAX_BYTES = 16_384
"""Of one certificate; honest ones have 1–4 kB, and what is read here is remembered."""

Kind = TypeVar("Kind", bound=x509.ExtensionType)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """One certificate: its DER, the parsed one and its extensions; the other parts as DER, `body` is what is signed."""

    whole: bytes
    parsed: x509.Certificate
    extensions: x509.Extensions
    body: bytes
    algorithm: bytes
    issuer: bytes
    serial: bytes
    subject: bytes
    spki: bytes

    def extension(self, kind: type[Kind]) -> Kind | None:
        """An extension's value, None without it."""
        try:
            return self.extensions.get_extension_for_class(kind).value
        except x509.ExtensionNotFound:
            return None

    @property
    def key_usage(self) -> x509.KeyUsage | None:
        """The extension's value, None without one."""
        return self.extension(x509.KeyUsage)

    @property
    def is_authority(self) -> bool:
        """Whether basicConstraints says CA."""
        basic = self.extension(x509.BasicConstraints)
        return basic is not None and basic.ca

    @property
    def purposes(self) -> frozenset[str] | None:
        """extendedKeyUsage as dotted OIDs, None without one."""
        extended = self.extension(x509.ExtendedKeyUsage)
        return None if extended is None else frozenset(oid.dotted_string for oid in extended)

    @property
    def key_identifier(self) -> bytes | None:
        """subjectKeyIdentifier, None without one."""
        identifier = self.extension(x509.SubjectKeyIdentifier)
        return None if identifier is None else identifier.digest


@lru_cache(maxsize=512)
def take_apart(certificate: bytes) -> Parts:
    """The parts of exactly this DER certificate; ValueError for anything else, duplicate extensions (T15) included."""
    try:
        return _take_apart(certificate)
    except (Finding, *UNREADABLE) as error:
        raise ValueError(f"no X.509 certificate: {error}") from error


def _take_apart(certificate: bytes) -> Parts:
    if len(certificate) > MAX_BYTES:
        raise ValueError(f"{len(certificate)} bytes")
    parsed = x509.load_der_x509_certificate(certificate)
    signed = der.decode(der.Signed, certificate)
    body = der.parse(der.ToBeSigned, signed.body)
    return Parts(
        whole=certificate,
        parsed=parsed,
        extensions=parsed.extensions,
        body=der.encode(signed.body),
        algorithm=der.encode(signed.algorithm),
        issuer=der.encode(body.issuer),
        serial=der.encode(body.serial),
        subject=der.encode(body.subject),
        spki=der.encode(body.spki),
    )


def readable(certificates: Iterable[bytes]) -> list[Parts]:
    """Those that are certificates, in their order."""
    found = []
    for certificate in certificates:
        try:
            found.append(take_apart(certificate))
        except ValueError:
            continue
    return found


def chosen(certificate: bytes) -> Parts:
    """The certificate of an intent or a challenge; Finding CERTIFICATE_MISSING when there is none to read."""
    try:
        return take_apart(certificate)
    except ValueError as error:
        raise Finding(Reason.CERTIFICATE_MISSING, str(error)) from error
