"""A certificate authority for tests: `cryptography` builders, keys made once a run, a clock that stands at NOW.

Every certificate names addresses inside the server's own network; whoever follows one fails the test (`conftest`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LIVE = (NOW - 365 * DAY, NOW + 365 * DAY)

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

_TRAPS = ("http://127.0.0.1:6379/", "http://169.254.169.254/latest/meta-data")


@dataclass(frozen=True)
class Holder:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Key

    @cached_property
    def der(self) -> bytes:
        """The certificate's bytes."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def name(self) -> x509.Name:
        """The subject."""
        return self.certificate.subject


_CURVES: dict[str, Callable[[], ec.EllipticCurve]] = {
    "p256": ec.SECP256R1,
    "p384": ec.SECP384R1,
    "secp256k1": ec.SECP256K1,
}


@cache
def key(kind: str, number: int = 0) -> Key:
    """The `number`th key of a kind: "p256", "p384", "secp256k1", "ed25519", "rsa2048", "rsa1024"."""
    curves: dict[str, Callable[[], ec.EllipticCurve]] = {
        "p256": ec.SECP256R1,
        "p384": ec.SECP384R1,
        "secp256k1": ec.SECP256K1,
    }
    if kind in curves:
        return ec.generate_private_key(curves[kind]())
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(public_exponent=65537, key_size=int(kind.removeprefix("rsa")))


def named(common_name: str, *, email: str | None = None) -> x509.Name:
    """A subject."""
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    if email:
        parts.append(x509.NameAttribute(NameOID.EMAIL_ADDRESS, email))
    return x509.Name(parts)


def usage(*names: str) -> x509.KeyUsage:
    """keyUsage with these bits."""
    bits = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{bit: bit in names for bit in bits})


AUTHORITY = usage("key_cert_sign", "crl_sign")
PERSON = usage("digital_signature", "content_commitment")


def issue(
    subject: x509.Name | str,
    *,
    own: Key,
    by: Holder | None = None,
    valid: tuple[datetime, datetime] = LIVE,
    keys: x509.KeyUsage | None = PERSON,
    authority: x509.BasicConstraints | None = None,
    extra: tuple[tuple[x509.ExtensionType, bool], ...] = (),
) -> Holder:
    """A certificate over `own`, signed by `by` or by itself."""
    name = subject if isinstance(subject, x509.Name) else named(subject)
    issuer_name, issuer_key = (by.name, by.key) if by else (name, own)
    builder = (
        x509.CertificateBuilder(issuer_name, name, own.public_key(), x509.random_serial_number(), *valid)
        .add_extension(authority or x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    for extension, is_critical in ((keys, True), *_traps(), *extra):
        if extension is not None:
            builder = builder.add_extension(extension, critical=is_critical)
    return Holder(builder.sign(issuer_key, _hash(issuer_key)), own)


def authority(
    name: str,
    *,
    own: Key,
    by: Holder | None = None,
    path_length: int | None = None,
    valid: tuple[datetime, datetime] = LIVE,
    keys: x509.KeyUsage = AUTHORITY,
    extra: tuple[tuple[x509.ExtensionType, bool], ...] = (),
) -> Holder:
    """A CA's certificate; a root without `by`."""
    constraints = x509.BasicConstraints(ca=True, path_length=path_length)
    return issue(name, own=own, by=by, valid=valid, keys=keys, authority=constraints, extra=extra)


def crl(
    issuer: Holder,
    *revoked: Holder,
    at: datetime = NOW - DAY,
    days: int = 7,
    signed_by: Key | None = None,
    revoked_at: datetime = NOW - 2 * DAY,
    reason: x509.ReasonFlags = x509.ReasonFlags.key_compromise,
    extra: tuple[tuple[x509.ExtensionType, bool], ...] = (),
) -> bytes:
    """A CRL, DER."""
    builder = x509.CertificateRevocationListBuilder(issuer.name, at, at + days * DAY).add_extension(
        x509.CRLNumber(1), critical=False
    )
    for extension, is_critical in extra:
        builder = builder.add_extension(extension, critical=is_critical)
    for holder in revoked:
        entry = x509.RevokedCertificateBuilder(holder.certificate.serial_number, revoked_at)
        builder = builder.add_revoked_certificate(entry.add_extension(x509.CRLReason(reason), critical=False).build())
    signer = signed_by or issuer.key
    return builder.sign(signer, _hash(signer)).public_bytes(Encoding.DER)


def purposes(*oids: x509.ObjectIdentifier) -> tuple[tuple[x509.ExtensionType, bool], ...]:
    """extendedKeyUsage as `extra`."""
    return ((x509.ExtendedKeyUsage(oids), False),)


def _traps() -> list[tuple[x509.ExtensionType, bool]]:
    names = [x509.UniformResourceIdentifier(address) for address in _TRAPS]
    methods = (AuthorityInformationAccessOID.CA_ISSUERS, AuthorityInformationAccessOID.OCSP)
    access = [x509.AccessDescription(method, name) for method in methods for name in names]
    points = [x509.DistributionPoint(names, None, None, None)]
    return [(x509.AuthorityInformationAccess(access), False), (x509.CRLDistributionPoints(points), False)]


def _hash(signer: Key) -> hashes.SHA256 | None:
    return None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()


ROOT = authority("Test Root", own=key("p256", 1))
ISSUER = authority("Test Issuer", own=key("p256", 2), by=ROOT, path_length=0)
STRANGER = authority("Stranger Root", own=key("p256", 3))
KOLESNIK = issue(named("Kolesnik Alena", email="kolesnik@example.org"), own=key("p256", 4), by=ISSUER)
URBANOVICH = issue(named("Urbanovich Maryia", email="urbanovich@example.org"), own=key("p256", 5), by=ISSUER)

EMAIL_PROTECTION = ExtendedKeyUsageOID.EMAIL_PROTECTION
SERVER_AUTH = ExtendedKeyUsageOID.SERVER_AUTH
OCSP_SIGNING = ExtendedKeyUsageOID.OCSP_SIGNING
