"""What a check may answer: an Outcome, a Reason for each wrong, and the Verdict that carries the evidence.

"Cannot tell" is an answer of its own: a missing CRL proves nothing against a signature.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from types import MappingProxyType


class Outcome(Enum):
    """Three answers; CANNOT_TELL is neither a blessing nor a reproach."""

    VALID = "VALID"
    INVALID = "INVALID"
    CANNOT_TELL = "CANNOT_TELL"


class Reason(Enum):
    """Why a check did not end in VALID, in the words of this room; `ERROR_CODES` gives the contract's."""

    MALFORMED = "MALFORMED"
    TOO_LARGE = "TOO_LARGE"
    NOT_DETACHED = "NOT_DETACHED"
    SIGNER_COUNT = "SIGNER_COUNT"
    ATTRIBUTES = "ATTRIBUTES"
    CONTENT_TYPE = "CONTENT_TYPE"
    DIGEST_MISMATCH = "DIGEST_MISMATCH"
    SIGNATURE_WRONG = "SIGNATURE_WRONG"
    SIGNING_CERTIFICATE = "SIGNING_CERTIFICATE"
    CERTIFICATE_MISSING = "CERTIFICATE_MISSING"
    CERTIFICATE_NOT_THE_CHOSEN = "CERTIFICATE_NOT_THE_CHOSEN"
    ALGORITHM_FORBIDDEN = "ALGORITHM_FORBIDDEN"
    KEY_TOO_SMALL = "KEY_TOO_SMALL"
    EXPIRED = "EXPIRED"
    NOT_YET_VALID = "NOT_YET_VALID"
    REVOKED = "REVOKED"
    ISSUER_REVOKED = "ISSUER_REVOKED"
    UNTRUSTED = "UNTRUSTED"
    PATH = "PATH"
    KEY_USAGE = "KEY_USAGE"
    REVOCATION_UNKNOWN = "REVOCATION_UNKNOWN"
    ALGORITHM_UNSUPPORTED = "ALGORITHM_UNSUPPORTED"

    @property
    def outcome(self) -> Outcome:
        """CANNOT_TELL for the two reasons that prove nothing, INVALID for every other."""
        return Outcome.CANNOT_TELL if self in _PROVES_NOTHING else Outcome.INVALID


_PROVES_NOTHING = frozenset({Reason.REVOCATION_UNKNOWN, Reason.ALGORITHM_UNSUPPORTED})

ERROR_CODES: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.MALFORMED: "SIGNATURE_MALFORMED",
        Reason.TOO_LARGE: "SIGNATURE_MALFORMED",
        Reason.NOT_DETACHED: "SIGNATURE_MALFORMED",
        Reason.SIGNER_COUNT: "SIGNATURE_MALFORMED",
        Reason.ATTRIBUTES: "SIGNATURE_MALFORMED",
        Reason.CONTENT_TYPE: "SIGNATURE_MALFORMED",
        Reason.DIGEST_MISMATCH: "SIGNATURE_DIGEST_MISMATCH",
        Reason.SIGNATURE_WRONG: "SIGNATURE_INVALID",
        Reason.SIGNING_CERTIFICATE: "CERTIFICATE_MISMATCH",
        Reason.CERTIFICATE_MISSING: "CERTIFICATE_MISMATCH",
        Reason.CERTIFICATE_NOT_THE_CHOSEN: "CERTIFICATE_MISMATCH",
        Reason.ALGORITHM_FORBIDDEN: "ALGORITHM_NOT_ALLOWED",
        Reason.KEY_TOO_SMALL: "ALGORITHM_NOT_ALLOWED",
        Reason.EXPIRED: "CERTIFICATE_EXPIRED",
        Reason.NOT_YET_VALID: "CERTIFICATE_EXPIRED",
        Reason.REVOKED: "CERTIFICATE_REVOKED",
        Reason.ISSUER_REVOKED: "CERTIFICATE_REVOKED",
        Reason.UNTRUSTED: "CERTIFICATE_UNTRUSTED",
        Reason.PATH: "CERTIFICATE_UNTRUSTED",
        Reason.KEY_USAGE: "CERTIFICATE_UNTRUSTED",
        Reason.REVOCATION_UNKNOWN: "SIGNATURE_INDETERMINATE",
        Reason.ALGORITHM_UNSUPPORTED: "SIGNATURE_INDETERMINATE",
    }
)
"""Each Reason's name in the contract's enum ErrorCode."""


class Finding(Exception):
    """Ends a check inside this room: a Reason and a detail for the log. Never leaves `verify`."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The answer of one check, with all it was reached from.

    `detail` is for the log, not for people. `signer` and `chain` (leaf to anchor) are DER; `chain` is empty unless a
    path was found. `claimed_at` is the signer's own claim. `value_sha256` (hex) is the identity of a signature: every
    byte of a CMS around its signature value can be changed. `revocation` holds the CRLs used, DER.
    """

    outcome: Outcome
    reason: Reason | None
    detail: str
    signer: bytes | None
    chain: tuple[bytes, ...]
    claimed_at: datetime | None
    algorithm: str
    digest_algorithm: str
    value_sha256: str
    revocation: tuple[bytes, ...]
    at: datetime
    policy_id: str
    policy_version: str


@dataclass(frozen=True, kw_only=True)
class PathVerdict:
    """What the certificate alone is worth: no reason means that a path was found and nothing in it is revoked.

    `chain` is DER, leaf to anchor, empty when none was found; `revocation` holds the CRLs used, DER.
    """

    reason: Reason | None = None
    detail: str = ""
    chain: tuple[bytes, ...] = ()
    revocation: tuple[bytes, ...] = ()
