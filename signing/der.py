"""The ASN.1 declarations, strict DER: nothing after the value, no unknown field, no indefinite or padded length.

The one file that stands on `cryptography.hazmat.asn1`, which its authors may still change (hence the pinned version).
"""

# No `from __future__ import annotations` here: the decorators read the annotations as objects.
from dataclasses import dataclass
from typing import Annotated, TypeVar, cast

from cryptography.hazmat import asn1
from cryptography.x509 import ObjectIdentifier

from signing.verdicts import Finding, Reason

Shape = TypeVar("Shape")
TLV = asn1.TLV


@asn1.sequence
class BareAlgorithm:
    """AlgorithmIdentifier without parameters: an optional TLV cannot be declared."""

    oid: ObjectIdentifier


@asn1.sequence
class FullAlgorithm:
    """AlgorithmIdentifier with parameters."""

    oid: ObjectIdentifier
    parameters: asn1.TLV


@asn1.sequence
class HashAlgorithm:
    """AlgorithmIdentifier of a digest."""

    oid: ObjectIdentifier
    parameters: asn1.Null | None


@asn1.sequence
class MaskAlgorithm:
    """MaskGenAlgorithm of RSASSA-PSS."""

    oid: ObjectIdentifier
    parameters: HashAlgorithm


@asn1.sequence
class PssParameters:
    """RSASSA-PSS-params; what is absent means SHA-1 or a salt of 20."""

    hash: Annotated[HashAlgorithm | None, asn1.Explicit(0)]
    mask: Annotated[MaskAlgorithm | None, asn1.Explicit(1)]
    salt: Annotated[int | None, asn1.Explicit(2)]
    trailer: Annotated[int | None, asn1.Explicit(3)]


@asn1.sequence
class ContentInfo:
    """The outermost SEQUENCE of a CMS."""

    type: ObjectIdentifier
    content: Annotated[asn1.TLV, asn1.Explicit(0)]


@asn1.sequence
class DetachedContent:
    """EncapsulatedContentInfo without eContent."""

    type: ObjectIdentifier


@asn1.sequence
class AttachedContent:
    """EncapsulatedContentInfo with eContent."""

    type: ObjectIdentifier
    content: Annotated[asn1.TLV, asn1.Explicit(0)]


@asn1.sequence
class Attribute:
    """One attribute; SetOf enforces DER's order."""

    type: ObjectIdentifier
    values: asn1.SetOf[asn1.TLV]


@asn1.sequence
class SignerInfo:
    """One signature. `signed` travels as [0] but is signed as a SET OF."""

    version: int
    sid: asn1.TLV
    digest: asn1.TLV
    signed: Annotated[asn1.SetOf[Attribute] | None, asn1.Implicit(0)]
    algorithm: asn1.TLV
    signature: bytes
    unsigned: Annotated[list[asn1.TLV] | None, asn1.Implicit(1)]


@asn1.sequence
class SignedData:
    """`certificates` and `crls` are lists: honest clients leave them unordered, and nobody signs them."""

    version: int
    digests: asn1.SetOf[asn1.TLV]
    content: asn1.TLV
    certificates: Annotated[list[asn1.TLV] | None, asn1.Implicit(0)]
    crls: Annotated[list[asn1.TLV] | None, asn1.Implicit(1)]
    signers: asn1.SetOf[asn1.TLV]


@asn1.sequence
class IssuerAndSerial:
    """SignerIdentifier, first form."""

    issuer: asn1.TLV
    serial: asn1.TLV


@asn1.sequence
class IssuerSerial:
    """IssuerSerial of an ESSCertIDv2."""

    issuer: list[asn1.TLV]
    serial: int


@asn1.sequence
class CertificateHash:
    """ESSCertIDv2; an absent algorithm means SHA-256."""

    algorithm: HashAlgorithm | None
    hash: bytes
    issuer: IssuerSerial | None


@asn1.sequence
class SigningCertificate:
    """SigningCertificateV2; only the first of `certificates` counts."""

    certificates: list[asn1.TLV]
    policies: list[asn1.TLV] | None


@asn1.sequence
class AlgorithmProtection:
    """CMSAlgorithmProtection (RFC 6211) as signatures carry it."""

    digest: asn1.TLV
    signature: asn1.TLV


@asn1.sequence
class ToBeSigned:
    """TBSCertificate, for the bytes that `x509` does not hand out."""

    version: Annotated[int | None, asn1.Explicit(0)]
    serial: asn1.TLV
    signature: asn1.TLV
    issuer: asn1.TLV
    validity: asn1.TLV
    subject: asn1.TLV
    spki: asn1.TLV
    issuer_id: Annotated[asn1.BitString | None, asn1.Implicit(1)]
    subject_id: Annotated[asn1.BitString | None, asn1.Implicit(2)]
    extensions: Annotated[list[asn1.TLV] | None, asn1.Explicit(3)]


@asn1.sequence
class Signed:
    """What certificates and CRLs have in common."""

    body: asn1.TLV
    algorithm: asn1.TLV
    signature: asn1.BitString


@dataclass(frozen=True)
class Algorithm:
    """An AlgorithmIdentifier: dotted OID, and its parameters' DER or None."""

    oid: str
    parameters: bytes | None


def decode(shape: type[Shape], blob: bytes) -> Shape:
    """The value of exactly these bytes; Finding MALFORMED when they are anything else."""
    try:
        return asn1.decode_der(shape, blob)
    except (ValueError, TypeError) as error:
        raise Finding(Reason.MALFORMED, f"{shape.__name__}: {error}") from error


def parse(shape: type[Shape], tlv: asn1.TLV) -> Shape:
    """The next level of a value that has been read as a whole; Finding MALFORMED when it is no `shape`."""
    try:
        return cast(Shape, tlv.parse(shape))
    except (ValueError, TypeError) as error:
        raise Finding(Reason.MALFORMED, f"{shape.__name__}: {error}") from error


def encode(value: object) -> bytes:
    """DER; a TLV gives back its original bytes."""
    return asn1.encode_der(value)


def algorithm(tlv: asn1.TLV) -> Algorithm:
    """Reads an AlgorithmIdentifier of either kind."""
    try:
        return Algorithm(parse(BareAlgorithm, tlv).oid.dotted_string, None)
    except Finding:
        full = parse(FullAlgorithm, tlv)
        return Algorithm(full.oid.dotted_string, encode(full.parameters))


def time(tlv: asn1.TLV) -> asn1.UTCTime | asn1.GeneralizedTime:
    """A Time: UTCTime or GeneralizedTime."""
    try:
        return parse(asn1.UTCTime, tlv)
    except Finding:
        return parse(asn1.GeneralizedTime, tlv)


def encode_algorithm(value: Algorithm) -> bytes:
    """An AlgorithmIdentifier's DER."""
    oid = ObjectIdentifier(value.oid)
    if value.parameters is None:
        return encode(BareAlgorithm(oid=oid))
    return encode(FullAlgorithm(oid=oid, parameters=decode(TLV, value.parameters)))


def text(blob: bytes) -> str | None:
    """The text of a UTF8String or PrintableString, None for any other value."""
    try:
        return decode(str, blob)
    except Finding:
        return _printable(blob)


def _printable(blob: bytes) -> str | None:
    try:
        return decode(asn1.PrintableString, blob).as_str()
    except Finding:
        return None
