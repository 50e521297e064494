"""The CRL index: each list is read once into {serial: revoked at}, and asked about one certificate at a time.

Only plain lists are indexed: no critical extension, no other extension than authorityKeyIdentifier and cRLNumber.
Partitioned, indirect and delta lists are kept apart as `others` (`path` has the library look at them).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from signing import der
from signing.algorithms import Limits, Table
from signing.memo import Memo
from signing.parts import UNREADABLE, Parts
from signing.verdicts import Finding

FoldedName = tuple[tuple[tuple[str, str], ...], ...]

_PLAIN = (x509.AuthorityKeyIdentifier.oid, x509.CRLNumber.oid)


@dataclass(frozen=True, kw_only=True)
class Crl:
    """One list, read. `revoked` maps serial numbers to dates; `fingerprint` is the SHA-256 of `whole` (DER)."""

    whole: bytes
    fingerprint: bytes
    issuer: FoldedName
    issued_at: datetime
    next_at: datetime | None
    revoked: Mapping[int, datetime]
    is_plain: bool
    is_indirect: bool
    body: bytes
    algorithm: bytes
    signature: bytes

    def is_fresh(self, at: datetime, *, is_retroactive: bool) -> bool:
        """Issued by `at` (or later, where that counts) and not overdue at `at`."""
        return (is_retroactive or self.issued_at <= at) and self.next_at is not None and at <= self.next_at


@dataclass(frozen=True)
class Answer:
    """What a list says of a certificate, and the list (DER)."""

    is_revoked: bool
    crl: bytes


class CrlIndex:
    """The lists of one moment, by issuer, newest first; remembers whose signatures it has checked."""

    def __init__(self, crls: Iterable[Crl] = ()) -> None:
        newest_first = sorted(crls, key=lambda crl: (crl.issued_at, crl.fingerprint), reverse=True)
        self.others = tuple(crl for crl in newest_first if not crl.is_plain)
        self._by_issuer: dict[FoldedName, list[Crl]] = {}
        self._signed: Memo[bool] = Memo()
        for crl in newest_first:
            if crl.is_plain:
                self._by_issuer.setdefault(crl.issuer, []).append(crl)

    @classmethod
    def of(cls, blobs: Iterable[bytes]) -> Self:
        """The index of these lists, DER or PEM; ValueError for anything else."""
        return cls(read(blob) for blob in blobs)

    def others_concerning(self, chain: Iterable[Parts]) -> list[Crl]:
        """The lists that the index does not read and that may speak of this chain: its issuers', or indirect ones."""
        if not self.others:
            return []
        issuers = {fold(certificate.parsed.issuer) for certificate in chain}
        return [crl for crl in self.others if crl.is_indirect or crl.issuer in issuers]

    def by(self, name: x509.Name) -> list[Crl]:
        """The plain lists of an issuer, newest first."""
        return self._by_issuer.get(fold(name), [])

    def ask(
        self,
        certificate: Parts,
        *,
        issuer: Parts,
        at: datetime,
        is_retroactive: bool,
        table: Table,
        limits: Limits,
    ) -> Answer | None:
        """What the newest list of the issuer that counts at `at` says; None when no plain list can tell.

        Retroactive: lists issued after `at` count too, and only what was revoked by `at` is revoked.
        """
        for crl in self.by(certificate.parsed.issuer):
            if crl.is_fresh(at, is_retroactive=is_retroactive) and self._is_by(crl, issuer, table, limits):
                revoked_at = crl.revoked.get(certificate.parsed.serial_number)
                return Answer(revoked_at is not None and (revoked_at <= at or not is_retroactive), crl.whole)
        return None

    def _is_by(self, crl: Crl, issuer: Parts, table: Table, limits: Limits) -> bool:
        usage = issuer.key_usage
        if usage is not None and not usage.crl_sign:
            return False
        return self._signed.remember(
            (crl.fingerprint, issuer.spki, limits), lambda: _is_signed(crl, issuer, table, limits)
        )


def _is_signed(crl: Crl, issuer: Parts, table: Table, limits: Limits) -> bool:
    try:
        return table.verify(
            spki=issuer.spki, algorithm=crl.algorithm, signature=crl.signature, signed=crl.body, limits=limits
        )
    except Finding:
        return False  # signed in a way that proves nothing: as if the list were not there


def read(blob: bytes) -> Crl:
    """One list, DER or PEM; ValueError for anything else."""
    try:
        is_pem = blob.lstrip().startswith(b"-----BEGIN")
        parsed = x509.load_pem_x509_crl(blob) if is_pem else x509.load_der_x509_crl(blob)
        return _read(parsed)
    except (Finding, *UNREADABLE) as error:
        raise ValueError(f"no CRL: {error}") from error


def _read(parsed: x509.CertificateRevocationList) -> Crl:
    whole = parsed.public_bytes(Encoding.DER)
    signed = der.decode(der.Signed, whole)
    entries = list(parsed)
    return Crl(
        whole=whole,
        fingerprint=sha256(whole).digest(),
        issuer=fold(parsed.issuer),
        issued_at=parsed.last_update_utc,
        next_at=parsed.next_update_utc,
        revoked={entry.serial_number: entry.revocation_date_utc for entry in entries},
        is_plain=_is_plain(parsed, entries),
        is_indirect=_is_indirect(parsed),
        body=der.encode(signed.body),
        algorithm=der.encode(signed.algorithm),
        signature=signed.signature.as_bytes(),
    )


def _is_plain(parsed: x509.CertificateRevocationList, entries: list[x509.RevokedCertificate]) -> bool:
    return all(extension.oid in _PLAIN and not extension.critical for extension in parsed.extensions) and not any(
        extension.critical for entry in entries for extension in entry.extensions
    )


def _is_indirect(parsed: x509.CertificateRevocationList) -> bool:
    try:
        return parsed.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value.indirect_crl
    except x509.ExtensionNotFound:
        return False


def fold(name: x509.Name) -> FoldedName:
    """A name as RFC 5280 compares it: case and runs of spaces do not count, nor the string type."""
    return tuple(
        tuple(sorted((part.oid.dotted_string, _fold_value(part.value)) for part in relative)) for relative in name.rdns
    )


def _fold_value(value: str | bytes) -> str:
    return " ".join(value.casefold().split()) if isinstance(value, str) else value.hex()
