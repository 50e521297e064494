"""The evidence of one verdict as canonical JSON: all that is needed to reach it again, and by which software."""

import json
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from unicodedata import normalize

from signing.certificates import Owner, OwnerMatch
from signing.policy import Policy, Revocation
from signing.verdicts import Outcome, Reason, Verdict

FORMAT = "cabinet-report/1"


def report(verdict: Verdict, policy: Policy, owner: Owner | OwnerMatch | None = None) -> bytes:
    """report.json: sorted keys, no spaces, UTF-8, NFC, no floats; times UTC in microseconds, fingerprints hex.

    `owner` as an OwnerMatch also says which rule decided.
    """
    facts = {
        "format": FORMAT,
        "outcome": verdict.outcome.value,
        "reason": verdict.reason.value if verdict.reason else None,
        "detail": verdict.detail,
        "at": _time(verdict.at),
        "claimedAt": _time(verdict.claimed_at),
        "algorithm": verdict.algorithm,
        "digestAlgorithm": verdict.digest_algorithm,
        "signatureSha256": verdict.value_sha256,
        "signer": None if verdict.signer is None else _fingerprint(verdict.signer),
        "chain": [_fingerprint(certificate) for certificate in verdict.chain],
        "revocation": {"is": _revocation(verdict, policy), "crls": [_fingerprint(crl) for crl in verdict.revocation]},
        "policy": {**policy.facts, "version": policy.version},
        "owner": _owner(owner),
        "libraries": _libraries(),
    }
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return normalize("NFC", text).encode()


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _fingerprint(blob: bytes) -> str:
    return sha256(blob).hexdigest()


def _revocation(verdict: Verdict, policy: Policy) -> str:
    if policy.revocation is Revocation.OFF:
        return "not asked"
    is_checked = verdict.outcome is Outcome.VALID or verdict.reason in (Reason.REVOKED, Reason.ISSUER_REVOKED)
    return "checked" if is_checked else "not checked"


def _owner(owner: Owner | OwnerMatch | None) -> dict[str, str | None] | None:
    if owner is None:
        return None
    match = owner if isinstance(owner, OwnerMatch) else OwnerMatch(result=owner)
    return {
        "result": match.result.value,
        "rule": match.rule,
        "certificateSha256": match.certificate_sha256,
        "accountSha256": match.account_sha256,
    }


@cache
def _libraries() -> dict[str, str]:
    return {name: version(name) for name in ("cryptography", "pyhanko-certvalidator", "asn1crypto")}
