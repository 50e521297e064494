"""Rules for a path that has been found: certificates readable, anchor alive, leaf a signer's, none revoked."""

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from signing.parts import Parts, take_apart
from signing.policy import Policy, Revocation
from signing.revocation import Answer
from signing.verdicts import Finding, PathVerdict, Reason


@dataclass(frozen=True, kw_only=True)
class Moment:
    """When: validity is judged at `at`, revocation at `revocation_at`; retroactive as in `Policy`."""

    at: datetime
    revocation_at: datetime
    is_retroactive: bool

    @property
    def minute(self) -> tuple[object, ...]:
        """The same for moments that may share an answer."""
        minutes = [when.replace(second=0, microsecond=0) for when in (self.at, self.revocation_at)]
        return (*minutes, self.is_retroactive)


def outside_validity(leaf: Parts, *, at: datetime) -> PathVerdict | None:
    """The verdict on a signer's certificate judged outside its dates; None within them."""
    if at > leaf.parsed.not_valid_after_utc:
        return PathVerdict(reason=Reason.EXPIRED, detail="the signer's certificate has expired")
    if at < leaf.parsed.not_valid_before_utc:
        return PathVerdict(reason=Reason.NOT_YET_VALID, detail="the signer's certificate is not valid yet")
    return None


def acceptable(certificate: bytes) -> Parts:
    """A certificate of the path, taken apart. Raises PATH for one that cannot be."""
    try:
        return take_apart(certificate)
    except ValueError as error:
        raise Finding(Reason.PATH, f"a certificate of the path: {error}") from error


def require_signatures(chain: list[Parts], *, policy: Policy) -> None:
    """Each certificate (leaf to anchor) was signed by the next one's key; Finding UNTRUSTED, or for the algorithm.

    Over the original bytes: asn1crypto does not always give them back (issuerUniqueID, seen in PKITS).
    """
    for certificate, issuer in pairwise(chain):
        if not policy.table.verify(
            spki=issuer.spki,
            algorithm=certificate.algorithm,
            signature=certificate.parsed.signature,
            signed=certificate.body,
            limits=policy.limits,
        ):
            raise Finding(Reason.UNTRUSTED, "a certificate of the path was not signed by its issuer")


def require_live_anchor(anchor: Parts, *, at: datetime) -> None:
    """Raise UNTRUSTED outside an anchor's own dates, which RFC 5280 leaves to us (T9)."""
    if not anchor.parsed.not_valid_before_utc <= at <= anchor.parsed.not_valid_after_utc:
        raise Finding(Reason.UNTRUSTED, "the anchor has expired")


def require_usage(leaf: Parts, *, policy: Policy) -> None:
    """The certificate is a person's and issued for signing; Finding KEY_USAGE otherwise."""
    usage, purposes = leaf.key_usage, leaf.purposes
    if leaf.is_authority:
        raise Finding(Reason.KEY_USAGE, "an authority's certificate")
    if usage is not None and not any(getattr(usage, name) for name in policy.key_usage):
        raise Finding(Reason.KEY_USAGE, "keyUsage is not for signing")
    if purposes is not None and not purposes & policy.extended_key_usage:
        raise Finding(Reason.KEY_USAGE, f"extendedKeyUsage {sorted(purposes)}")


def judge_revocation(chain: list[Parts], *, policy: Policy, moment: Moment) -> PathVerdict:
    """Whether a certificate of the chain (leaf to anchor) is revoked; a doubt about one does not hide another's."""
    if policy.revocation is Revocation.OFF:
        return PathVerdict()
    answers = [_ask(certificate, issuer, policy=policy, moment=moment) for certificate, issuer in pairwise(chain)]
    proofs = tuple(dict.fromkeys(answer.crl for answer in answers if answer))
    revoked = [position for position, answer in enumerate(answers) if answer and answer.is_revoked]
    if revoked:
        reason = Reason.ISSUER_REVOKED if revoked[0] else Reason.REVOKED
        return PathVerdict(reason=reason, detail=f"revoked: number {revoked[0]} of the path", revocation=proofs)
    if None in answers:
        detail = f"no fresh CRL for number {answers.index(None)} of the path"
        return PathVerdict(reason=Reason.REVOCATION_UNKNOWN, detail=detail, revocation=proofs)
    return PathVerdict(revocation=proofs)


def _ask(certificate: Parts, issuer: Parts, *, policy: Policy, moment: Moment) -> Answer | None:
    return policy.crls.ask(
        certificate,
        issuer=issuer,
        at=moment.revocation_at,
        is_retroactive=moment.is_retroactive,
        table=policy.table,
        limits=policy.limits,
    )
