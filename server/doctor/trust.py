"""What signatures are judged by: trust anchors, and lists of what was revoked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from cryptography import x509

from server.doctor.findings import Finding, fail, ok, warn
from server.outside import policy_folder
from server.settings import Settings
from signing.policy import Policy, PolicyError

SOON = timedelta(days=30)
FETCH = "fetch the authority's current list into crls/, at least as often as it publishes one"


def trust(settings: Settings, *, at: datetime) -> list[Finding]:
    """Anchors and lists."""
    try:
        policy = policy_folder(settings).policy(at=at)
    except (PolicyError, OSError) as error:
        return [fail("trust anchors", str(error), "take the file away, or put the right certificate in its place")]
    if not policy.anchors:
        said = f"no certificate in {settings.trust_anchors}: nobody can register a key or sign"
        return [warn("trust anchors", said, "put the root certificates that you trust there")]
    return [_anchors(policy, at=at), *_lists(policy, at=at)]


def _anchors(policy: Policy, *, at: datetime) -> Finding:
    ends = min(x509.load_der_x509_certificate(each).not_valid_after_utc for each in policy.anchors)
    said = f"{len(policy.anchors)}, the first ends on {ends.date()}"
    return ok("trust anchors", said) if ends - at > SOON else warn("trust anchors", said, "put its successor beside it")


def _lists(policy: Policy, *, at: datetime) -> Iterator[Finding]:
    for whole in (*policy.anchors, *policy.intermediates):
        authority = x509.load_der_x509_certificate(whole).subject
        yield _list(policy, authority, at=at)


def _list(policy: Policy, authority: x509.Name, *, at: datetime) -> Finding:
    lists, name = policy.crls.by(authority), authority.rfc4514_string()
    if not lists:
        return warn("revocation", f"no list of {name}: what it issued cannot be signed with", FETCH)
    if not any(each.is_fresh(at, is_retroactive=False) for each in lists):
        return fail("revocation", f"the list of {name} is over since {lists[0].next_at}: nobody can sign", FETCH)
    return ok("revocation", f"{name}, until {lists[0].next_at}")
