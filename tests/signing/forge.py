"""A CMS signer with a knob for every wrongness; writes DER by hand, so that it can write what nobody should."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import new as new_hash
from hashlib import sha1, sha256

from ca import NOW, Holder, Key
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import SubjectKeyIdentifier

DATA = "1.2.840.113549.1.7.1"
SIGNED_DATA = "1.2.840.113549.1.7.2"
CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"
PROTECTION = "1.2.840.113549.1.9.52"
CERTIFICATE_V1 = "1.2.840.113549.1.9.16.2.12"
CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"

RSA = "1.2.840.113549.1.1.1"
PSS = "1.2.840.113549.1.1.10"
MGF1 = "1.2.840.113549.1.1.8"
ED25519 = "1.3.101.112"
BIGN = "1.2.112.0.2.0.34.101.45.12"
BELT = "1.2.112.0.2.0.34.101.31.81"
DIGESTS = {
    "md5": "1.2.840.113549.2.5",
    "sha1": "1.3.14.3.2.26",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
}
ECDSA = {
    "sha256": "1.2.840.10045.4.3.2",
    "sha384": "1.2.840.10045.4.3.3",
    "sha512": "1.2.840.10045.4.3.4",
}

Pairs = list[tuple[str, list[bytes]]]


def tlv(tag: int, *parts: bytes) -> bytes:
    """One DER value."""
    body = b"".join(parts)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    size = (len(body).bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + len(body).to_bytes(size) + body


def seq(*parts: bytes) -> bytes:
    """SEQUENCE."""
    return tlv(0x30, *parts)


def set_of(*parts: bytes) -> bytes:
    """SET OF, in DER's order."""
    return tlv(0x31, *sorted(parts))


def octets(value: bytes) -> bytes:
    """OCTET STRING."""
    return tlv(0x04, value)


def integer(value: int) -> bytes:
    """INTEGER, not negative."""
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1))


def oid(dotted: str) -> bytes:
    """OBJECT IDENTIFIER."""
    first, second, *rest = map(int, dotted.split("."))
    return tlv(0x06, *(_base128(arc) for arc in (first * 40 + second, *rest)))


def _base128(arc: int) -> bytes:
    digits = [arc & 0x7F]
    while arc := arc >> 7:
        digits.append(0x80 | arc & 0x7F)
    return bytes(reversed(digits))


def algorithm(dotted: str, parameters: bytes = b"") -> bytes:
    """AlgorithmIdentifier."""
    return seq(oid(dotted), parameters)


def pss(digest: str, *, mask: str | None = None, salt: int = 32) -> bytes:
    """RSASSA-PSS as an AlgorithmIdentifier."""
    masked = algorithm(MGF1, algorithm(DIGESTS[mask or digest]))
    parameters = seq(tlv(0xA0, algorithm(DIGESTS[digest])), tlv(0xA1, masked), tlv(0xA2, integer(salt)))
    return algorithm(PSS, parameters)


def utc_time(at: datetime) -> bytes:
    """UTCTime."""
    return tlv(0x17, at.strftime("%y%m%d%H%M%SZ").encode())


def names(holder: Holder) -> bytes:
    """signing-certificate-v2 of a holder, SHA-256."""
    return seq(seq(seq(octets(sha256(holder.der).digest()))))


def names_v1(holder: Holder) -> bytes:
    """signing-certificate, SHA-1."""
    return seq(seq(seq(octets(sha1(holder.der, usedforsecurity=False).digest()))))


def points_at(holder: Holder, *, serial: int | None = None) -> bytes:
    """sid by issuer and serial number."""
    return seq(holder.certificate.issuer.public_bytes(), integer(serial or holder.certificate.serial_number))


def points_by_key(holder: Holder) -> bytes:
    """sid by subjectKeyIdentifier."""
    found = holder.certificate.extensions.get_extension_for_class(SubjectKeyIdentifier).value
    return tlv(0x80, found.digest)


def same(pairs: Pairs) -> Pairs:
    """No change."""
    return pairs


def without(*oids: str) -> Callable[[Pairs], Pairs]:
    """Leaves attributes out."""
    return lambda pairs: [pair for pair in pairs if pair[0] not in oids]


def putting(dotted: str, *values: bytes) -> Callable[[Pairs], Pairs]:
    """Puts other values under an attribute."""
    return lambda pairs: [*without(dotted)(pairs), (dotted, list(values))]


def twice(dotted: str) -> Callable[[Pairs], Pairs]:
    """Repeats an attribute."""
    return lambda pairs: [*pairs, *(pair for pair in pairs if pair[0] == dotted)]


@dataclass(frozen=True, kw_only=True)
class Forge:
    """One signature over `document`; every field but the first two has the honest value unless it is turned."""

    signer: Holder
    document: bytes
    digest: str = "sha256"
    sid: bytes | None = None
    content_type: str = DATA
    attributes: Callable[[Pairs], Pairs] = same
    signed: bool = True
    digest_algorithm: bytes | None = None
    signature_algorithm: bytes | None = None
    sign: Callable[[bytes], bytes] | None = None
    spoil: Callable[[bytes], bytes] = field(default=lambda value: value)
    unsigned: bytes = b""

    def pairs(self) -> Pairs:
        """The signed attributes."""
        digest = new_hash(self.digest, self.document, usedforsecurity=False).digest()
        honest: Pairs = [
            (CONTENT_TYPE, [oid(DATA)]),
            (SIGNING_TIME, [utc_time(NOW)]),
            (MESSAGE_DIGEST, [octets(digest)]),
            (CERTIFICATE_V2, [names(self.signer)]),
        ]
        return self.attributes(honest)

    def signed_attributes(self) -> bytes:
        """The SET OF that is signed."""
        return set_of(*(seq(oid(dotted), set_of(*values)) for dotted, values in self.pairs()))

    def signer_info(self) -> bytes:
        """SignerInfo."""
        attributes = self.signed_attributes()
        over = attributes if self.signed else self.document
        value = self.spoil((self.sign or honest(self.signer.key, self.digest))(over))
        return seq(
            integer(1),
            self.sid or points_at(self.signer),
            self.digest_algorithm or algorithm(DIGESTS[self.digest]),
            b"\xa0" + attributes[1:] if self.signed else b"",
            self.signature_algorithm or label(self.signer.key, self.digest),
            octets(value),
            self.unsigned,
        )


def honest(key: Key, digest: str) -> Callable[[bytes], bytes]:
    """Signs as the key's kind does by default."""
    hashed = {"md5": hashes.MD5(), "sha1": hashes.SHA1()}.get(digest) or getattr(hashes, digest.upper())()  # noqa: S303
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return lambda over: key.sign(over, ec.ECDSA(hashed))
    if isinstance(key, rsa.RSAPrivateKey):
        return lambda over: key.sign(over, padding.PKCS1v15(), hashed)
    return key.sign


def with_pss(holder: Holder, digest: str, *, mask: str | None = None, salt: int = 32) -> Callable[[bytes], bytes]:
    """Signs by RSASSA-PSS."""
    key = holder.key
    assert isinstance(key, rsa.RSAPrivateKey)
    mgf = padding.MGF1(getattr(hashes, (mask or digest).upper())())
    return lambda over: key.sign(over, padding.PSS(mgf, salt), getattr(hashes, digest.upper())())


def label(key: Key, digest: str) -> bytes:
    """The signature algorithm that belongs to the key; for RSA the bare OID."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return algorithm(ECDSA.get(digest, "1.2.840.10045.4.1"))
    return algorithm(RSA, b"\x05\x00") if isinstance(key, rsa.RSAPrivateKey) else algorithm(ED25519)


def message(
    *infos: bytes,
    certificates: tuple[bytes, ...] = (),
    content: bytes | None = None,
    content_type: str = DATA,
    kind: str = SIGNED_DATA,
) -> bytes:
    """ContentInfo around SignerInfos; `content` attaches it."""
    inside = seq(oid(content_type), tlv(0xA0, octets(content)) if content is not None else b"")
    held = tlv(0xA0, *certificates) if certificates else b""
    data = seq(integer(1), set_of(algorithm(DIGESTS["sha256"])), inside, held, set_of(*infos))
    return seq(oid(kind), tlv(0xA0, data))


def cms(forge: Forge, *others: Holder) -> bytes:
    """The signature with the signer's certificate and others'."""
    return message(forge.signer_info(), certificates=(forge.signer.der, *(other.der for other in others)))
