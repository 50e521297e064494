"""Rows 15–42: the form of the message and its signed attributes."""

from base64 import encodebytes
from collections.abc import Callable
from dataclasses import replace

from ca import ISSUER, KOLESNIK, URBANOVICH
from forge import (
    CERTIFICATE_V2,
    CONTENT_TYPE,
    DATA,
    DIGESTS,
    MESSAGE_DIGEST,
    PROTECTION,
    SIGNING_TIME,
    Forge,
    Pairs,
    algorithm,
    cms,
    label,
    message,
    octets,
    oid,
    putting,
    seq,
    tlv,
    twice,
    without,
)
from rows import ACT, Case, Row, forged, signed

from signing.verdicts import Reason

OTHER = b"another document"
HONEST = cms(forged(), ISSUER)


def _pem() -> bytes:
    return b"-----BEGIN CMS-----\n" + encodebytes(HONEST) + b"-----END CMS-----\n"


def _indefinite() -> bytes:
    return b"\x30\x80" + HONEST[4:] + b"\x00\x00"


def _long_length() -> bytes:
    return b"\x30\x83\x00" + HONEST[2:]


def _nested(depth: int) -> bytes:
    found = b""
    for _ in range(depth):
        found = seq(found)
    return found


def _attached(content: bytes, *, forge: Forge | None = None) -> Case:
    return Case(cms=message((forge or forged()).signer_info(), certificates=(KOLESNIK.der,), content=content))


def _two(second: Forge) -> Case:
    infos = (forged().signer_info(), second.signer_info())
    return Case(cms=message(*infos, certificates=(KOLESNIK.der, URBANOVICH.der)))


def _attributes_as_document() -> Case:
    """T3: his signed attributes shown as a document, his signature as one without attributes."""
    attributes = forged().signed_attributes()
    info = Forge(signer=KOLESNIK, document=attributes, signed=False).signer_info()
    return Case(cms=message(info, certificates=(KOLESNIK.der,)), document=attributes)


def protection(digest: str) -> bytes:
    """CMSAlgorithmProtection over the honest signature algorithm and this digest."""
    signature = label(KOLESNIK.key, "sha256")
    return seq(algorithm(DIGESTS[digest]), b"\xa1" + signature[1:])


def _raw(what: bytes) -> Case:
    return Case(cms=what)


def _row(number: int, what: str, reason: Reason, blob: bytes) -> Row:
    return Row(number=number, what=what, reason=reason, case=lambda: _raw(blob))


def _attributes(number: int, what: str, change: Callable[[Pairs], Pairs]) -> Row:
    return Row(number=number, what=what, reason=Reason.ATTRIBUTES, case=lambda: signed(attributes=change))


MALFORMED, ATTRIBUTES = Reason.MALFORMED, Reason.ATTRIBUTES
BAGGAGE = tlv(0xA1, seq(oid("1.2.3.4"), tlv(0x31, octets(b"x" * 4_000_000))))

ROWS = [
    _row(15, "trailing byte", MALFORMED, HONEST + b"\x00"),
    _row(16, "trailing second CMS", MALFORMED, HONEST + HONEST),
    _row(17, "PEM", MALFORMED, _pem()),
    _row(18, "empty", MALFORMED, b""),
    _row(19, "BER indefinite", MALFORMED, _indefinite()),
    _row(20, "length not minimal", MALFORMED, _long_length()),
    _row(21, "truncated", MALFORMED, HONEST[:-1]),
    _row(22, "3,000 nested SEQUENCEs", MALFORMED, _nested(3_000)),
    _row(
        23,
        "60,000 empty certificates",
        MALFORMED,
        message(forged().signer_info(), certificates=(b"\x30\x00" * 60_000,)),
    ),
    _row(24, "Data, not SignedData", MALFORMED, message(forged().signer_info(), kind=DATA)),
    _row(25, "4 MB unsigned attribute", Reason.TOO_LARGE, cms(forged(unsigned=BAGGAGE))),
    Row(number=26, what="attached, same content", reason=Reason.NOT_DETACHED, case=lambda: _attached(ACT)),
    Row(
        number=27,
        what="attached, other content and its digest",
        reason=Reason.NOT_DETACHED,
        case=lambda: _attached(OTHER, forge=replace(forged(), document=OTHER)),
    ),
    Row(
        number=28,
        what="attached other content, our digest",
        reason=Reason.NOT_DETACHED,
        case=lambda: _attached(OTHER),
    ),
    _row(
        29,
        "eContentType not id-data",
        Reason.CONTENT_TYPE,
        message(forged().signer_info(), certificates=(KOLESNIK.der,), content_type="1.2.840.113549.1.9.16.1.4"),
    ),
    Row(
        number=30,
        what="attribute differs from eContentType",
        reason=Reason.CONTENT_TYPE,
        case=lambda: signed(attributes=putting(CONTENT_TYPE, oid("1.2.840.113549.1.9.16.1.4"))),
    ),
    _row(31, "no SignerInfo", Reason.SIGNER_COUNT, message(certificates=(KOLESNIK.der,))),
    Row(number=32, what="two, both right", reason=Reason.SIGNER_COUNT, case=lambda: _two(forged(URBANOVICH))),
    Row(
        number=33,
        what="two, second over other bytes",
        reason=Reason.SIGNER_COUNT,
        case=lambda: _two(replace(forged(URBANOVICH), document=OTHER)),
    ),
    Row(number=34, what="none", reason=ATTRIBUTES, case=lambda: signed(signed=False)),
    Row(number=35, what="attributes as document (T3)", reason=ATTRIBUTES, case=_attributes_as_document),
    _attributes(36, "no message-digest", without(MESSAGE_DIGEST)),
    _attributes(37, "no content-type", without(CONTENT_TYPE)),
    _attributes(38, "message-digest twice", twice(MESSAGE_DIGEST)),
    _attributes(39, "two values", putting(MESSAGE_DIGEST, octets(b"1" * 32), octets(b"2" * 32))),
    _attributes(40, "signing-certificate-v2 twice", twice(CERTIFICATE_V2)),
    _attributes(41, "signing-time twice", twice(SIGNING_TIME)),
    _attributes(42, "algorithm protection contradicts", putting(PROTECTION, protection("sha512"))),
]
