"""Reading the operator's folders: anchors, intermediates, CRLs.

What may not become an anchor is refused here, in words, because path validation does not look (RFC 5280 leaves an
anchor's dates, constraints and extensions to us).
"""

import logging
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from signing import revocation
from signing.parts import UNREADABLE, Parts, take_apart
from signing.revocation import Crl, CrlIndex

log = logging.getLogger(__name__)

Stamp = tuple[str, int, int]

_UNDERSTOOD = frozenset(
    {
        x509.BasicConstraints.oid,
        x509.KeyUsage.oid,
        x509.CertificatePolicies.oid,
        x509.SubjectKeyIdentifier.oid,
        x509.AuthorityKeyIdentifier.oid,
        x509.CRLDistributionPoints.oid,
        x509.SubjectAlternativeName.oid,
        x509.IssuerAlternativeName.oid,
    }
)
"""What may be critical in an anchor."""


class PolicyError(ValueError):
    """A file that no policy can be made of; names it and says why. Start-up must refuse."""

    def __init__(self, file: Path, why: str) -> None:
        super().__init__(f"{file}: {why}")
        self.file = file
        self.why = why


def read_anchors(folder: Path, *, at: datetime) -> tuple[bytes, ...]:
    """The anchors of a folder as DER; PolicyError for a file with one that must not be believed at `at`."""
    found = []
    for file, certificate in _certificates(folder):
        why = unfit_anchor(certificate, at=at)
        if why:
            raise PolicyError(file, why)
        found.append(certificate.whole)
    return tuple(found)


def read_intermediates(folder: Path) -> tuple[bytes, ...]:
    """The certificates of a folder as DER, untrusted; PolicyError for a file that is none."""
    return tuple(certificate.whole for _, certificate in _certificates(folder))


def unfit_anchor(certificate: Parts, *, at: datetime) -> str | None:
    """Why a certificate must not be an anchor at `at`; None when it may."""
    usage = certificate.key_usage
    if not certificate.is_authority or usage is None or not usage.key_cert_sign:
        return "no certificate authority: basicConstraints CA and keyUsage keyCertSign are needed"
    if not certificate.parsed.not_valid_before_utc <= at <= certificate.parsed.not_valid_after_utc:
        return "expired or not valid yet"
    if any(extension.oid == x509.NameConstraints.oid for extension in certificate.extensions):
        return "carries name constraints, which would not be kept: constrain an intermediate instead"
    unknown = [extension.oid for extension in certificate.extensions if extension.critical]
    strange = [oid.dotted_string for oid in unknown if oid not in _UNDERSTOOD]
    return f"carries critical extensions that nobody would check: {', '.join(strange)}" if strange else None


def _certificates(folder: Path) -> Iterator[tuple[Path, Parts]]:
    for file in _files(folder, (".pem", ".crt")):
        try:
            yield from ((file, take_apart(blob)) for blob in _ders(file.read_bytes()))
        except (ValueError, OSError) as error:
            raise PolicyError(file, f"cannot be read as a certificate: {error}") from error


def _files(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(file for file in folder.iterdir() if file.suffix in suffixes and file.is_file())


def _ders(content: bytes) -> list[bytes]:
    if b"-----BEGIN" not in content:
        return [content]
    try:
        return [found.public_bytes(Encoding.DER) for found in x509.load_pem_x509_certificates(content)]
    except UNREADABLE as error:
        raise ValueError(str(error)) from error


class CrlFolder:
    """The lists of a folder, `*.crl`, DER or PEM; a file is read again when its name, size or time has changed.

    A file that is no list is left out and logged: half-written, it must not stop the signing of others.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[Stamp, Crl | None] = {}
        self._index: CrlIndex | None = None

    def index(self) -> CrlIndex:
        """The index of the files as they are now; the very same object while nothing has changed."""
        stamps = self._stamps()
        if self._index is None or stamps.keys() != self._read.keys():
            self._read = {
                stamp: self._read[stamp] if stamp in self._read else _crl(file) for stamp, file in stamps.items()
            }
            self._index = CrlIndex(crl for crl in self._read.values() if crl)
        return self._index

    def _stamps(self) -> dict[Stamp, Path]:
        stamps = {}
        for file in _files(self._folder, (".crl",)):
            try:
                status = file.stat()
            except FileNotFoundError:  # replaced between listing and looking: the next look finds the new one
                continue
            stamps[(file.name, status.st_mtime_ns, status.st_size)] = file
        return stamps


def _crl(file: Path) -> Crl | None:
    try:
        return revocation.read(file.read_bytes())
    except (ValueError, OSError) as error:
        log.warning("crl.unreadable", extra={"file": file.name, "error": str(error)})
        return None
