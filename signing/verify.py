"""The three questions: is this signature good, is this certificate, does this person hold its key.

Synchronous and slow for an event loop: call through a thread. Bad input is a Verdict, never an exception. Order of the
checks: form, signer, attributes, algorithms, digest, arithmetic, path.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import new as new_hash
from hashlib import sha256

from signing import algorithms, cms, der, path, possession
from signing.chain import Moment
from signing.parts import Parts, chosen
from signing.policy import Policy
from signing.verdicts import Finding, Outcome, PathVerdict, Reason, Verdict

Digest = Callable[[str], bytes]
"""Gives the document's digest by `hashlib` name ("sha256", "sha384", "sha512"), or by a plug-in's OID."""


def verify_signature(message: bytes, *, digest: Digest, certificate: bytes, policy: Policy, at: datetime) -> Verdict:
    """Whether a detached CMS signs the document by the chosen certificate (DER), judged at `at` (aware)."""
    dossier = _Dossier(policy=policy, at=at)
    return dossier.close(lambda: _signature(dossier, message, digest=digest, certificate=certificate))


def verify_certificate(
    certificate: bytes, *, policy: Policy, at: datetime, revocation_at: datetime | None = None
) -> Verdict:
    """Whether a certificate (DER) may sign at `at`; its revocation is judged at `revocation_at` where that is given."""
    dossier = _Dossier(policy=policy, at=at, revocation_at=revocation_at)
    return dossier.close(lambda: _path(dossier, _signer(dossier, certificate), brought=()))


def verify_proof(proof: bytes, *, challenge: bytes, certificate: bytes, policy: Policy, at: datetime) -> Verdict:
    """Whether the holder of the certificate's key signed the challenge: a detached CMS, or a raw signature.

    Raw: ECDSA as DER or as r || s (WebCrypto), RSA PKCS#1 or PSS, Ed25519; any digest of the policy.
    """
    if possession.is_cms(proof):
        return verify_signature(
            proof,
            digest=lambda name: new_hash(name, challenge).digest(),
            certificate=certificate,
            policy=policy,
            at=at,
        )
    dossier = _Dossier(policy=policy, at=at)
    return dossier.close(lambda: _proof(dossier, proof, challenge=challenge, certificate=certificate))


@dataclass(kw_only=True)
class _Dossier:
    """What is known so far; closing it makes the Verdict."""

    policy: Policy
    at: datetime
    revocation_at: datetime | None = None
    signer: bytes | None = None
    claimed_at: datetime | None = None
    algorithm: str = ""
    digest_algorithm: str = ""
    value_sha256: str = ""
    path: PathVerdict = field(default_factory=PathVerdict)

    @property
    def moment(self) -> Moment:
        return Moment(
            at=self.at,
            revocation_at=self.revocation_at or self.at,
            is_retroactive=self.policy.retroactive_revocation and self.revocation_at is None,
        )

    def close(self, examine: Callable[[], None]) -> Verdict:
        try:
            examine()
        except Finding as finding:
            return self._verdict(finding.reason, finding.detail)
        return self._verdict(self.path.reason, self.path.detail)

    def _verdict(self, reason: Reason | None, detail: str) -> Verdict:
        return Verdict(
            outcome=reason.outcome if reason else Outcome.VALID,
            reason=reason,
            detail=detail,
            signer=self.signer,
            chain=self.path.chain,
            claimed_at=self.claimed_at,
            algorithm=self.algorithm,
            digest_algorithm=self.digest_algorithm,
            value_sha256=self.value_sha256,
            revocation=self.path.revocation,
            at=self.at,
            policy_id=self.policy.id,
            policy_version=self.policy.version,
        )


def _signature(dossier: _Dossier, message: bytes, *, digest: Digest, certificate: bytes) -> None:
    policy = dossier.policy
    signature = cms.read(message, max_bytes=policy.max_bytes)
    dossier.value_sha256 = signature.value_sha256
    signer = _signer(dossier, certificate)
    signature.require_signer(signer)
    signature.require_attributes()
    dossier.claimed_at = signature.claimed_at
    if policy.require_signing_certificate:
        signature.require_signing_certificate(signer)
    algorithm, digest_name = _algorithms(dossier, signature)
    signature.require_digest(digest(digest_name))
    _require_right(
        policy, signer, algorithm=der.encode_algorithm(algorithm), value=signature.value, signed=signature.signed
    )
    _path(dossier, signer, brought=signature.certificates)


def _signer(dossier: _Dossier, certificate: bytes) -> Parts:
    signer = chosen(certificate)
    dossier.signer = signer.whole
    return signer


def _algorithms(dossier: _Dossier, signature: cms.Signature) -> tuple[der.Algorithm, str]:
    table, limits = dossier.policy.table, dossier.policy.limits
    named = der.algorithm(signature.algorithm)
    dossier.algorithm, dossier.digest_algorithm = named.oid, signature.digest.oid
    digest = table.digest_name(signature.digest.oid, limits=limits)
    if named.oid != algorithms.RSA:
        table.verifier(named.oid)  # an unknown algorithm is told before a contradiction within a known one
    return algorithms.named_in_cms(named, digest=digest), digest


def _require_right(policy: Policy, signer: Parts, *, algorithm: bytes, value: bytes, signed: bytes) -> None:
    is_right = policy.table.verify(
        spki=signer.spki, algorithm=algorithm, signature=value, signed=signed, limits=policy.limits
    )
    if not is_right:
        raise Finding(Reason.SIGNATURE_WRONG, "the signature does not fit the certificate's key")


def _path(dossier: _Dossier, signer: Parts, *, brought: tuple[bytes, ...]) -> None:
    dossier.path = path.judge(signer, brought=brought, policy=dossier.policy, moment=dossier.moment)


def _proof(dossier: _Dossier, proof: bytes, *, challenge: bytes, certificate: bytes) -> None:
    dossier.value_sha256 = sha256(proof).hexdigest()
    signer = _signer(dossier, certificate)
    algorithms.check_key(signer.spki, limits=dossier.policy.limits)
    dossier.algorithm, dossier.digest_algorithm = possession.scheme(
        proof, challenge=challenge, spki=signer.spki, digests=dossier.policy.digests
    )
    _path(dossier, signer, brought=())
