"""The demo's certification authority: one self-signed root, its CRL, and a key with a certificate for each who signs.

    <folder>/root.key root.pem root.crl chain.pem      the authority itself; chain.pem is what `openssl -CAfile` wants
    <folder>/<slug>.key <slug>.pem                     a person's; the slug is what stands before the @, in lower case

The folder is 0700, every file in it 0600, all of them PEM. Keys are on P-256 and not encrypted: this is a demo.
"""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

ROOT_LIFE = timedelta(days=3650)
PERSON_LIFE = timedelta(days=1825)
CRL_LIFE = timedelta(days=30)

UNP = x509.ObjectIdentifier("1.2.112.1.2.1.1.1.1.2")
"""Tax id of the organisation in a subject, as ГосСУОК writes it (`signing.md` §4)."""


@dataclass(frozen=True)
class Credentials:
    """Where a person's key and certificate lie, and what a program wants of them."""

    key: Path
    certificate: Path
    chain: Path

    @cached_property
    def private_key(self) -> ec.EllipticCurvePrivateKey:
        """The key itself."""
        return _load_key(self.key)

    @cached_property
    def x509(self) -> x509.Certificate:
        """The certificate itself."""
        return x509.load_pem_x509_certificate(self.certificate.read_bytes())

    @property
    def der(self) -> bytes:
        """The certificate as it is registered."""
        return self.x509.public_bytes(Encoding.DER)


class Authority:
    """The CA that lives in a folder; `found` makes it, or opens it when it is there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = _load_key(folder / "root.key")
        self.root = x509.load_pem_x509_certificate((folder / "root.pem").read_bytes())

    @classmethod
    def found(cls, folder: Path, *, at: datetime) -> Self:
        """The CA of `folder`. A new one is valid from `at`, its first CRL too; one that is there stays as it is."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        if not (folder / "chain.pem").exists():
            _found(folder, at)
        authority = cls(folder)
        if not (folder / "root.crl").exists():
            authority.renew_crl(at)
        return authority

    def issue(self, person: str, *, email: str, organization: str | None, unp: str | None, at: datetime) -> Credentials:
        """Key and certificate of `person` («Фамилия Имя Отчество»), valid from `at`; those he has already, if any."""
        credentials = self.credentials(email)
        if not credentials.certificate.exists():
            key = ec.generate_private_key(ec.SECP256R1())
            certificate = self._certify(_subject(person, organization, unp), email, key.public_key(), at)
            _write(credentials.key, _key_pem(key))
            _write(credentials.certificate, certificate.public_bytes(Encoding.PEM))
        return credentials

    def credentials(self, email: str) -> Credentials:
        """Where the key and the certificate of this address lie, issued or not."""
        slug = email.partition("@")[0].lower()
        return Credentials(
            key=self._folder / f"{slug}.key",
            certificate=self._folder / f"{slug}.pem",
            chain=self._folder / "chain.pem",
        )

    def renew_crl(self, at: datetime, *, life: timedelta = CRL_LIFE) -> None:
        """Issue a CRL that revokes nobody and holds from `at` on, for `life`."""
        crl = (
            x509.CertificateRevocationListBuilder(issuer_name=self.root.subject)
            .last_update(at)
            .next_update(at + life)
            .add_extension(x509.CRLNumber(int(at.timestamp())), critical=False)
            .add_extension(_issuer_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        _write(self._folder / "root.crl", crl.public_bytes(Encoding.PEM))

    def publish(self, anchors: Path, crls: Path) -> None:
        """Put the root and the present CRL where a server looks for its trust anchors and CRLs."""
        anchors.mkdir(parents=True, exist_ok=True)
        crls.mkdir(parents=True, exist_ok=True)
        _write(anchors / "demo-root.pem", (self._folder / "root.pem").read_bytes())
        _write(crls / "demo-root.crl", (self._folder / "root.crl").read_bytes())

    def _certify(
        self, subject: x509.Name, email: str, key: ec.EllipticCurvePublicKey, at: datetime
    ) -> x509.Certificate:
        builder = _certificate(subject, self.root.subject, key, at, PERSON_LIFE)
        return (
            builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(digital_signature=True, content_commitment=True), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.RFC822Name(email)]), critical=False)
            .add_extension(_issuer_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )


def _found(folder: Path, at: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "BY"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "podpis.example"),
            x509.NameAttribute(NameOID.COMMON_NAME, "Удостоверяющий центр демо"),
        ]
    )
    root = (
        _certificate(name, name, key.public_key(), at, ROOT_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = root.public_bytes(Encoding.PEM)
    _write(folder / "root.key", _key_pem(key))
    _write(folder / "root.pem", pem)
    _write(folder / "chain.pem", pem)  # last: its presence says that the rest is whole


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, at: datetime, life: timedelta
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder(issuer_name=issuer, subject_name=subject, public_key=key)
    return (
        builder.serial_number(x509.random_serial_number())
        .not_valid_before(at)
        .not_valid_after(at + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _subject(person: str, organization: str | None, unp: str | None) -> x509.Name:
    surname, _, given = person.partition(" ")
    facts = (
        (NameOID.COUNTRY_NAME, "BY"),
        (NameOID.ORGANIZATION_NAME, organization),
        (UNP, unp),
        (NameOID.COMMON_NAME, person),
        (NameOID.SURNAME, surname),
        (NameOID.GIVEN_NAME, given),
    )
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in facts if value])


def _usage(
    *,
    digital_signature: bool = False,
    content_commitment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=content_commitment,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _issuer_key(key: ec.EllipticCurvePublicKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{path}: not a key on an elliptic curve")
    return key


def _write(path: Path, content: bytes) -> None:
    """Write a file of ours, 0600, whole or not at all: a server may be reading the folder."""
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    draft.replace(path)
