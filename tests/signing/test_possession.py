"""Proof of possession: the holder of the key signs the challenge, in any form that clients write."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from ca import DAY, ISSUER, KOLESNIK, NOW, ROOT, URBANOVICH, Holder, crl
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from forge import Forge, cms
from rows import ACT, POLICY, person, policy
from rows_path import signed_with_bign

from signing.policy import Policy
from signing.verdicts import Outcome, Reason, Verdict
from signing.verify import verify_proof

CHALLENGE = b"cabinet key registration\naccount: A1\ncertificate: 00\nchallenge: abc\nexpires: 2026-11-24T10:10:00Z\n"
RSA, ED25519, P384 = person("rsa2048"), person("ed25519"), person("p384")


def proven(proof: bytes, *, by: Holder = KOLESNIK, believed: Policy = POLICY) -> Verdict:
    """The verdict over a proof for the challenge."""
    return verify_proof(proof, challenge=CHALLENGE, certificate=by.der, policy=believed, at=NOW)


def ecdsa(holder: Holder, digest: hashes.HashAlgorithm, challenge: bytes = CHALLENGE) -> bytes:
    """As `openssl dgst -sign` writes it."""
    assert isinstance(holder.key, ec.EllipticCurvePrivateKey)
    return holder.key.sign(challenge, ec.ECDSA(digest))


def webcrypto(holder: Holder, digest: hashes.HashAlgorithm) -> bytes:
    """The same as r || s."""
    assert isinstance(holder.key, ec.EllipticCurvePrivateKey)
    r, s = decode_dss_signature(ecdsa(holder, digest))
    size = (holder.key.key_size + 7) // 8
    return r.to_bytes(size) + s.to_bytes(size)


def by_rsa(how: padding.AsymmetricPadding, digest: hashes.HashAlgorithm) -> bytes:
    """RSA in one of its two ways."""
    assert isinstance(RSA.key, rsa.RSAPrivateKey)
    return RSA.key.sign(CHALLENGE, how, digest)


def by_ed25519() -> bytes:
    """Ed25519."""
    assert isinstance(ED25519.key, ed25519.Ed25519PrivateKey)
    return ED25519.key.sign(CHALLENGE)


PSS = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
KINDS: dict[str, tuple[Holder, Callable[[], bytes], str]] = {
    "CMS": (KOLESNIK, lambda: cms(Forge(signer=KOLESNIK, document=CHALLENGE)), "1.2.840.10045.4.3.2"),
    "ECDSA as DER": (KOLESNIK, lambda: ecdsa(KOLESNIK, hashes.SHA256()), "ecdsa"),
    "ECDSA of WebCrypto": (KOLESNIK, lambda: webcrypto(KOLESNIK, hashes.SHA256()), "ecdsa"),
    "ECDSA with SHA-512": (KOLESNIK, lambda: ecdsa(KOLESNIK, hashes.SHA512()), "ecdsa"),
    "P-384 of WebCrypto": (P384, lambda: webcrypto(P384, hashes.SHA384()), "ecdsa"),
    "RSA PKCS#1": (RSA, lambda: by_rsa(padding.PKCS1v15(), hashes.SHA256()), "rsa-pkcs1"),
    "RSA-PSS": (RSA, lambda: by_rsa(PSS, hashes.SHA256()), "rsa-pss"),
    "Ed25519": (ED25519, by_ed25519, "ed25519"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_proof_of_each_kind_is_accepted(kind: str) -> None:
    """The key signed the challenge and the certificate is good."""
    holder, prove, algorithm = KINDS[kind]

    verdict = proven(prove(), by=holder)

    assert (verdict.outcome, verdict.algorithm, verdict.signer) == (Outcome.VALID, algorithm, holder.der)
    assert len(verdict.value_sha256) == 64


@pytest.mark.parametrize("kind", KINDS)
def test_a_proof_of_each_kind_by_another_key_is_refused(kind: str) -> None:
    """Somebody else's certificate cannot be registered."""
    _, prove, _ = KINDS[kind]

    verdict = proven(prove(), by=URBANOVICH)

    wrong = Reason.CERTIFICATE_NOT_THE_CHOSEN if kind == "CMS" else Reason.SIGNATURE_WRONG
    assert (verdict.reason, verdict.chain) == (wrong, ())


@pytest.mark.parametrize(
    ("proof", "reason"),
    [
        (cms(Forge(signer=KOLESNIK, document=ACT)), Reason.DIGEST_MISMATCH),
        (ecdsa(KOLESNIK, hashes.SHA256(), ACT), Reason.SIGNATURE_WRONG),
        (ecdsa(KOLESNIK, hashes.SHA224()), Reason.SIGNATURE_WRONG),
        (b"", Reason.SIGNATURE_WRONG),
        (b"\x00" * 64, Reason.SIGNATURE_WRONG),
        (b"\x30" * 2_000, Reason.TOO_LARGE),
    ],
    ids=["a document's CMS", "a document's raw signature", "a weak digest", "empty", "r = s = 0", "too long"],
)
def test_what_proves_nothing_is_refused(proof: bytes, reason: Reason) -> None:
    """The signature of a document never registers a key."""
    assert proven(proof).reason is reason


def test_a_key_that_is_too_small_is_refused() -> None:
    """RSA-1024, whatever it signed."""
    assert proven(b"x" * 128, by=person("rsa1024")).reason is Reason.KEY_TOO_SMALL


def test_a_revoked_certificate_is_refused_though_the_key_signed() -> None:
    """The certificate is judged too."""
    believed = policy(crls=(crl(ROOT), crl(ISSUER, KOLESNIK)))

    assert proven(ecdsa(KOLESNIK, hashes.SHA256()), believed=believed).reason is Reason.REVOKED


def test_a_certificate_that_cannot_be_told_is_told_apart() -> None:
    """CANNOT_TELL may register: no list, or an authority that signs with bign."""
    proof = ecdsa(KOLESNIK, hashes.SHA256())

    unlisted = proven(proof, believed=policy(crls=()))
    bign = verify_proof(proof, challenge=CHALLENGE, certificate=signed_with_bign(KOLESNIK), policy=POLICY, at=NOW)

    assert (unlisted.outcome, unlisted.reason) == (Outcome.CANNOT_TELL, Reason.REVOCATION_UNKNOWN)
    assert (bign.outcome, bign.reason) == (Outcome.CANNOT_TELL, Reason.ALGORITHM_UNSUPPORTED)


def test_a_policy_may_forbid_a_digest() -> None:
    """Only the policy's digests are tried."""
    strict = replace(POLICY, digests=frozenset({"sha384"}))

    assert proven(ecdsa(KOLESNIK, hashes.SHA256()), believed=strict).reason is Reason.SIGNATURE_WRONG
    assert verify_proof(b"", challenge=b"", certificate=b"", policy=strict, at=NOW + DAY).reason is (
        Reason.CERTIFICATE_MISSING
    )
