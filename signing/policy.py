"""The policy: whom and what this server believes, read from folders at start-up; and the folder that stays current.

`Policy.version` names exactly what a verdict was reached with, CRLs apart: they change by the hour, and an intent
bound to a version must survive that.
"""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from threading import Lock

from signing.algorithms import Limits, Table
from signing.memo import Memo
from signing.plugins import installed
from signing.revocation import CrlIndex
from signing.stores import CrlFolder, read_anchors, read_intermediates
from signing.stores import PolicyError as PolicyError  # the name to catch it by
from signing.verdicts import PathVerdict


class Revocation(Enum):
    """HARD: revocation that cannot be told is CANNOT_TELL. OFF: nobody asks."""

    HARD = "HARD"
    OFF = "OFF"


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What counts. Certificates are DER; digests, curves and key usages are named as `cryptography` names them.

    `key_usage` and `extended_key_usage` (OIDs): one of them must be there, where the certificate has the extension.
    `retroactive_revocation`: a CRL issued after the judged time counts too, for judging the past.
    """

    id: str = "cabinet"
    anchors: tuple[bytes, ...] = ()
    intermediates: tuple[bytes, ...] = ()
    crls: CrlIndex = field(default_factory=CrlIndex, compare=False, repr=False)
    digests: frozenset[str] = frozenset({"sha256", "sha384", "sha512"})
    curves: frozenset[str] = frozenset({"secp256r1", "secp384r1", "secp521r1"})
    min_rsa: int = 2048
    max_rsa: int = 8192
    require_signing_certificate: bool = True
    key_usage: frozenset[str] = frozenset({"digital_signature", "content_commitment"})
    extended_key_usage: frozenset[str] = frozenset(
        {
            "2.5.29.37.0",  # any
            "1.3.6.1.5.5.7.3.2",  # client authentication: what many national authorities write
            "1.3.6.1.5.5.7.3.4",  # e-mail protection
            "1.3.6.1.5.5.7.3.36",  # document signing (RFC 9336)
            "1.3.6.1.4.1.311.10.3.12",  # document signing, Microsoft's
        }
    )
    certificate_policies: frozenset[str] | None = None
    revocation: Revocation = Revocation.HARD
    retroactive_revocation: bool = False
    max_bytes: int = 262_144
    table: Table = field(default_factory=installed, compare=False, repr=False)
    paths: Memo[PathVerdict] = field(default_factory=Memo, init=False, compare=False, repr=False)

    @cached_property
    def version(self) -> str:
        """SHA-256, hex, of the sorted fingerprints and every field that `facts` names."""
        return sha256(json.dumps(self.facts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    @cached_property
    def facts(self) -> dict[str, object]:
        """The policy as JSON can say it; certificates by their SHA-256."""
        return {
            "id": self.id,
            "anchors": fingerprints(self.anchors),
            "intermediates": fingerprints(self.intermediates),
            "digests": sorted(self.digests),
            "curves": sorted(self.curves),
            "minRsa": self.min_rsa,
            "maxRsa": self.max_rsa,
            "requireSigningCertificate": self.require_signing_certificate,
            "keyUsage": sorted(self.key_usage),
            "extendedKeyUsage": sorted(self.extended_key_usage),
            "certificatePolicies": None if self.certificate_policies is None else sorted(self.certificate_policies),
            "revocation": self.revocation.value,
            "retroactiveRevocation": self.retroactive_revocation,
            "maxBytes": self.max_bytes,
        }

    @cached_property
    def limits(self) -> Limits:
        """The part that `algorithms` needs."""
        return Limits(digests=self.digests, curves=self.curves, min_rsa=self.min_rsa, max_rsa=self.max_rsa)


def fingerprints(certificates: tuple[bytes, ...]) -> list[str]:
    """SHA-256 of each, hex, sorted."""
    return sorted(sha256(certificate).hexdigest() for certificate in certificates)


def load_policy(*, anchors: Path, intermediates: Path, crls: Path, at: datetime) -> Policy:
    """The policy of three folders; a missing folder is an empty one. PolicyError for a file that must not count."""
    return PolicyFolder(anchors=anchors, intermediates=intermediates, crls=crls).policy(at=at)


class PolicyFolder:
    """Three folders and the policy they make: `*.pem` and `*.crt` certificates, `*.crl` lists.

    Certificates are read once (`reload` reads them again), CRLs whenever a file's name, size or time has changed.
    Threads may share it.
    """

    def __init__(self, *, anchors: Path, intermediates: Path, crls: Path, base: Policy | None = None) -> None:
        """`base` gives the fields that do not come from the folders."""
        self._anchors = anchors
        self._intermediates = intermediates
        self._crls = CrlFolder(crls)
        self._base = base or Policy()
        self._policy: Policy | None = None
        self._lock = Lock()

    def policy(self, *, at: datetime) -> Policy:
        """The policy with the CRLs of now; the same object until something changes. PolicyError at the first call."""
        with self._lock:
            if self._policy is None:
                self._policy = self._load(at)
            crls = self._crls.index()
            if self._policy.crls is not crls:
                self._policy = replace(self._policy, crls=crls)
            return self._policy

    def reload(self, *, at: datetime) -> Policy:
        """Reads the certificates again; on PolicyError the old policy stays."""
        with self._lock:
            self._policy = self._load(at)
        return self.policy(at=at)

    def _load(self, at: datetime) -> Policy:
        return replace(
            self._base,
            anchors=read_anchors(self._anchors, at=at),
            intermediates=read_intermediates(self._intermediates),
            crls=self._crls.index(),
        )
