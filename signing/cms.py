"""Reading a detached CMS signature (RFC 5652, CAdES-B): one signer, signed attributes, nothing inside.

`read` takes it apart, the `require_…` methods compare it with what it should be; each wrong is a Finding. The order of
the checks is `verify`'s.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.hashes import Hash

from signing import der
from signing.algorithms import DIGESTS
from signing.arithmetic import HASHES
from signing.parts import UNREADABLE, Parts, readable, take_apart
from signing.verdicts import Finding, Reason

SIGNED_DATA = "1.2.840.113549.1.7.2"
DATA = "1.2.840.113549.1.7.1"
MAX_CERTIFICATES = 16

CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"
ALGORITHM_PROTECTION = "1.2.840.113549.1.9.52"
SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"

_SUBJECT_KEY_IDENTIFIER = b"\x80"
_PROTECTED_SIGNATURE = b"\xa1"
_PLAIN = b"\x30"
_CERTIFICATE_CHOICES = {_PLAIN, b"\xa0", b"\xa1", b"\xa2", b"\xa3"}
_REVOCATION_CHOICES = {_PLAIN, b"\xa1"}

Shape = TypeVar("Shape")


@dataclass(frozen=True, kw_only=True)
class Signature:
    """One SignerInfo, read but not believed. `signed` is the DER that the signature value covers (tag 0x31)."""

    sid: der.TLV
    digest: der.Algorithm
    algorithm: der.TLV
    attributes: Mapping[str, der.TLV]
    signed: bytes
    value: bytes
    certificates: tuple[bytes, ...]

    @property
    def value_sha256(self) -> str:
        """The identity of the signature, lower-case hex."""
        return sha256(self.value).hexdigest()

    @property
    def claimed_at(self) -> datetime | None:
        """signing-time, which nobody but the signer vouches for; Finding ATTRIBUTES when it is no time."""
        claim = self.attributes.get(SIGNING_TIME)
        try:
            return None if claim is None else der.time(claim).as_datetime()
        except Finding as finding:
            raise Finding(Reason.ATTRIBUTES, "signing-time") from finding

    def require_signer(self, chosen: Parts) -> None:
        """The SignerInfo points at the chosen certificate, and so does what the message carries under that name."""
        inside = readable(self.certificates)
        named = [parts.whole for parts in inside if names(self.sid, parts)]
        is_chosen = names(self.sid, chosen)
        if is_chosen and (not named or chosen.whole in named):
            return
        if is_chosen or named or not inside:
            raise Finding(Reason.CERTIFICATE_NOT_THE_CHOSEN, "the signer is another certificate")
        raise Finding(Reason.CERTIFICATE_MISSING, "the signer's certificate is not there")

    def require_attributes(self) -> None:
        """content-type and message-digest are there, content-type is id-data, algorithm protection agrees."""
        content_type = self._attribute(x509.ObjectIdentifier, CONTENT_TYPE).dotted_string
        if content_type != DATA:
            raise Finding(Reason.CONTENT_TYPE, f"content-type {content_type}")
        self._attribute(bytes, MESSAGE_DIGEST)
        self._require_protection()

    def require_digest(self, expected: bytes) -> None:
        """message-digest is the document's."""
        if not hmac.compare_digest(self._attribute(bytes, MESSAGE_DIGEST), expected):
            raise Finding(Reason.DIGEST_MISMATCH, "message-digest is not the document's")

    def require_signing_certificate(self, chosen: Parts) -> None:
        """signing-certificate-v2 names the chosen certificate first; v1 (SHA-1) counts as absent."""
        if SIGNING_CERTIFICATE_V2 not in self.attributes:
            raise Finding(Reason.SIGNING_CERTIFICATE, "no signing-certificate-v2: sign with -cades")
        named = self._attribute(der.SigningCertificate, SIGNING_CERTIFICATE_V2)
        if not named.certificates:
            raise Finding(Reason.SIGNING_CERTIFICATE, "signing-certificate-v2 is empty")
        first = der.parse(der.CertificateHash, named.certificates[0])
        if not hmac.compare_digest(first.hash, _hash(chosen.whole, first.algorithm)):
            raise Finding(Reason.SIGNING_CERTIFICATE, "signing-certificate-v2 names another certificate")

    def _require_protection(self) -> None:
        if ALGORITHM_PROTECTION not in self.attributes:
            return
        protection = self._attribute(der.AlgorithmProtection, ALGORITHM_PROTECTION)
        is_same_digest = der.algorithm(protection.digest).oid == self.digest.oid
        is_signature = protection.signature.tag_bytes == _PROTECTED_SIGNATURE
        if not (is_same_digest and is_signature and protection.signature.data == self.algorithm.data):
            raise Finding(Reason.ATTRIBUTES, "algorithm protection contradicts")

    def _attribute(self, shape: type[Shape], oid: str) -> Shape:
        if oid not in self.attributes:
            raise Finding(Reason.ATTRIBUTES, f"no attribute {oid}")
        try:
            return der.parse(shape, self.attributes[oid])
        except Finding as finding:
            raise Finding(Reason.ATTRIBUTES, f"attribute {oid}: {finding.detail}") from finding


def read(message: bytes, *, max_bytes: int) -> Signature:
    """The one signature of a detached CMS; Finding for anything else."""
    if len(message) > max_bytes:
        raise Finding(Reason.TOO_LARGE, f"{len(message)} bytes")
    _require_der(message)
    info = der.decode(der.ContentInfo, message)
    if info.type.dotted_string != SIGNED_DATA:
        raise Finding(Reason.MALFORMED, f"content {info.type.dotted_string}, not SignedData")
    data = der.parse(der.SignedData, info.content)
    _require_detached(data.content)
    return _signature(_only_signer(data.signers.as_list()), certificates=_certificates(data))


def names(sid: der.TLV, parts: Parts) -> bool:
    """Whether a SignerIdentifier points at this certificate, byte for byte."""
    if sid.tag_bytes == _SUBJECT_KEY_IDENTIFIER:
        return parts.key_identifier is not None and bytes(sid.data) == parts.key_identifier
    named = der.parse(der.IssuerAndSerial, sid)
    return der.encode(named.issuer) == parts.issuer and der.encode(named.serial) == parts.serial


def _require_der(message: bytes) -> None:
    # A word of its own: Bouncy Castle and `openssl cms -stream` write it, and their users should read why.
    if message[:2] == b"\x30\x80":
        raise Finding(Reason.MALFORMED, "BER with indefinite length, DER is wanted")


def _require_detached(content: der.TLV) -> None:
    try:
        kind = der.parse(der.DetachedContent, content).type.dotted_string
    except Finding as finding:
        der.parse(der.AttachedContent, content)
        raise Finding(Reason.NOT_DETACHED, "the content is inside") from finding
    if kind != DATA:
        raise Finding(Reason.CONTENT_TYPE, f"content {kind}")


def _only_signer(signers: list[der.TLV]) -> der.SignerInfo:
    if len(signers) != 1:
        raise Finding(Reason.SIGNER_COUNT, f"{len(signers)} signers")
    return der.parse(der.SignerInfo, signers[0])


def _certificates(data: der.SignedData) -> tuple[bytes, ...]:
    # Attribute certificates and the `crls` field are baggage that nobody signed.
    found = [der.encode(tlv) for tlv in data.certificates or () if tlv.tag_bytes == _PLAIN]
    if len(found) > MAX_CERTIFICATES:
        raise Finding(Reason.MALFORMED, f"{len(found)} certificates")
    _require_readable(data, certificates=found)
    return tuple(found)


def _require_readable(data: der.SignedData, *, certificates: list[bytes]) -> None:
    # openssl reads all of this before it verifies: what it cannot read proves nothing in anybody else's hands.
    for tlv in data.digests.as_list():
        der.algorithm(tlv)
    if not {tlv.tag_bytes for tlv in data.certificates or ()} <= _CERTIFICATE_CHOICES:
        raise Finding(Reason.MALFORMED, "no certificate among the certificates")
    if not {tlv.tag_bytes for tlv in data.crls or ()} <= _REVOCATION_CHOICES:
        raise Finding(Reason.MALFORMED, "no revocation list among the lists")
    lists = [der.encode(tlv) for tlv in data.crls or () if tlv.tag_bytes == _PLAIN]
    try:
        for certificate in certificates:
            _names_inside(take_apart(certificate).parsed)
        for crl in lists:
            x509.load_der_x509_crl(crl)
    except UNREADABLE as error:
        raise Finding(Reason.MALFORMED, f"inside: {error}") from error


def _names_inside(certificate: x509.Certificate) -> tuple[x509.Name, x509.Name]:
    return certificate.issuer, certificate.subject


def _signature(info: der.SignerInfo, *, certificates: tuple[bytes, ...]) -> Signature:
    if info.signed is None:
        # Without them somebody's signed attributes could be shown as a document that he signed.
        raise Finding(Reason.ATTRIBUTES, "no signed attributes")
    return Signature(
        sid=info.sid,
        digest=der.algorithm(info.digest),
        algorithm=info.algorithm,
        attributes=_attributes(info.signed.as_list()),
        signed=der.encode(info.signed),
        value=info.signature,
        certificates=certificates,
    )


def _attributes(attributes: list[der.Attribute]) -> dict[str, der.TLV]:
    found: dict[str, der.TLV] = {}
    for attribute in attributes:
        oid, values = attribute.type.dotted_string, attribute.values.as_list()
        if oid in found or len(values) != 1:
            raise Finding(Reason.ATTRIBUTES, f"attribute {oid} is not there once with one value")
        found[oid] = values[0]
    return found


def _hash(certificate: bytes, algorithm: der.HashAlgorithm | None) -> bytes:
    name = DIGESTS.get(algorithm.oid.dotted_string) if algorithm else "sha256"
    if name is None:
        raise Finding(Reason.SIGNING_CERTIFICATE, "signing-certificate-v2 uses another digest")
    digest = Hash(HASHES[name])
    digest.update(certificate)
    return digest.finalize()
