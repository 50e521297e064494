"""The pen: a client's side of signing, as a browser plug-in or a token's program would do it, on `cryptography` alone.

`sign` writes a detached CAdES-B signature (RFC 5652, RFC 5035, ETSI EN 319 122-1): strict DER, one signer, and the
signed attributes content-type, message-digest, signing-time and signing-certificate-v2. Keys are on P-256, digests
SHA-256. The same can be had with `openssl cms -sign -binary -cades`; `signing/` verifies and shares no code with this.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

_INTEGER, _OCTETS, _OID, _SEQUENCE, _SET = 0x02, 0x04, 0x06, 0x30, 0x31
_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18
_CONTEXT_0 = 0xA0

_DATA = "1.2.840.113549.1.7.1"
_SIGNED_DATA = "1.2.840.113549.1.7.2"
_SHA256 = "2.16.840.1.101.3.4.2.1"
_ECDSA_SHA256 = "1.2.840.10045.4.3.2"
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SIGNING_TIME = "1.2.840.113549.1.9.5"
_SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"


def sign(
    content: bytes,
    *,
    key: ec.EllipticCurvePrivateKey,
    certificate: x509.Certificate,
    chain: Sequence[x509.Certificate] = (),
    claimed_at: datetime,
) -> bytes:
    """The CMS (DER) by which the owner of `certificate` signs `content`; the `chain` travels with it."""
    attributes = _signed_attributes(content, certificate, claimed_at)
    # What is signed is the SET OF itself; what travels carries the tag [0] instead (RFC 5652, 5.4).
    value = key.sign(_tlv(_SET, attributes), ec.ECDSA(hashes.SHA256()))
    signed_data = _tlv(
        _SEQUENCE,
        _integer(1),
        _tlv(_SET, _algorithm(_SHA256)),
        _tlv(_SEQUENCE, _oid(_DATA)),
        _tlv(_CONTEXT_0, *sorted(_der(each) for each in (certificate, *chain))),
        _tlv(_SET, _signer_info(certificate, attributes, value)),
    )
    return _tlv(_SEQUENCE, _oid(_SIGNED_DATA), _tlv(_CONTEXT_0, signed_data))


def prove(challenge: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
    """The answer to a registration challenge: a bare ECDSA signature (DER) with SHA-256 over the challenge's bytes."""
    return key.sign(challenge, ec.ECDSA(hashes.SHA256()))


def _signer_info(certificate: x509.Certificate, attributes: bytes, value: bytes) -> bytes:
    signer = _tlv(_SEQUENCE, certificate.issuer.public_bytes(), _integer(certificate.serial_number))
    return _tlv(
        _SEQUENCE,
        _integer(1),
        signer,
        _algorithm(_SHA256),
        _tlv(_CONTEXT_0, attributes),
        _algorithm(_ECDSA_SHA256),
        _tlv(_OCTETS, value),
    )


def _signed_attributes(content: bytes, certificate: x509.Certificate, claimed_at: datetime) -> bytes:
    attributes = (
        _attribute(_CONTENT_TYPE, _oid(_DATA)),
        _attribute(_MESSAGE_DIGEST, _tlv(_OCTETS, sha256(content).digest())),
        _attribute(_SIGNING_TIME, _time(claimed_at)),
        _attribute(_SIGNING_CERTIFICATE_V2, _certificate_ids(certificate)),
    )
    return b"".join(sorted(attributes))  # DER wants a SET OF in the order of its encodings


def _certificate_ids(certificate: x509.Certificate) -> bytes:
    # SHA-256 is the default algorithm of ESSCertIDv2, and DER leaves a default out.
    identity = _tlv(_SEQUENCE, _tlv(_OCTETS, sha256(_der(certificate)).digest()))
    return _tlv(_SEQUENCE, _tlv(_SEQUENCE, identity))


def _attribute(oid: str, value: bytes) -> bytes:
    return _tlv(_SEQUENCE, _oid(oid), _tlv(_SET, value))


def _algorithm(oid: str) -> bytes:
    return _tlv(_SEQUENCE, _oid(oid))  # parameters absent: RFC 5754 for SHA-256, RFC 5758 for ECDSA


def _time(at: datetime) -> bytes:
    at = at.astimezone(UTC)
    if at.year < 2050:
        return _tlv(_UTC_TIME, at.strftime("%y%m%d%H%M%SZ").encode())
    return _tlv(_GENERALIZED_TIME, at.strftime("%Y%m%d%H%M%SZ").encode())


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def _integer(value: int) -> bytes:
    return _tlv(_INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def _oid(dotted: str) -> bytes:
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    return _tlv(_OID, *(_base_128(arc) for arc in (first * 40 + second, *rest)))


def _base_128(arc: int) -> bytes:
    digits = [arc & 0x7F]
    while arc := arc >> 7:
        digits.append(arc & 0x7F | 0x80)
    return bytes(reversed(digits))


def _tlv(tag: int, *parts: bytes) -> bytes:
    value = b"".join(parts)
    return bytes([tag]) + _length(len(value)) + value


def _length(size: int) -> bytes:
    if size < 0x80:
        return bytes([size])
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets
