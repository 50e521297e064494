"""Broken bytes end in a verdict, never in an exception (T11), and what stays VALID stays the same signature (T10)."""

from collections.abc import Iterator
from hashlib import sha256
from random import Random

import pytest
from ca import ISSUER, KOLESNIK, NOW, crl
from forge import cms
from rows import ACT, POLICY, forged, policy

from signing import revocation
from signing.certificates import describe
from signing.verdicts import Outcome, Verdict
from signing.verify import verify_certificate, verify_proof, verify_signature

# Mutated certificates make `cryptography` warn of what a later version will refuse.
pytestmark = pytest.mark.filterwarnings("ignore")


def mutations(honest: bytes, *, seed: int, count: int) -> Iterator[bytes]:
    """Bytes flipped, taken out, put in or repeated; the same for the same seed."""
    chance = Random(seed)
    for _ in range(count):
        mutant = bytearray(honest)
        for _ in range(chance.choice((1, 1, 1, 2, 5))):
            _spoil(mutant, chance)
        yield bytes(mutant)


def _spoil(mutant: bytearray, chance: Random) -> None:
    at = chance.randrange(len(mutant))
    match chance.randrange(5):
        case 0 | 1:
            mutant[at] ^= 1 << chance.randrange(8)
        case 2:
            mutant[at] = chance.choice((0x00, 0x30, 0x31, 0x7F, 0x80, 0xA0, 0xFF))
        case 3:
            del mutant[at : at + chance.randrange(1, 9)]
        case _:
            mutant[at:at] = mutant[at : at + chance.randrange(1, 9)]


def judge(mutant: bytes) -> Verdict:
    """The verdict over a mutant of Kolesnik's signature."""
    return verify_signature(
        mutant, digest=lambda _: sha256(ACT).digest(), certificate=KOLESNIK.der, policy=POLICY, at=NOW
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_mutated_signature_is_judged(seed: int) -> None:
    """A VALID one has Kolesnik as its signer and the signature value that she made."""
    honest = cms(forged(), ISSUER)
    identity = judge(honest).value_sha256

    verdicts = [judge(mutant) for mutant in mutations(honest, seed=seed, count=1_000)]

    survivors = [verdict for verdict in verdicts if verdict.outcome is Outcome.VALID]
    assert {(verdict.signer, verdict.value_sha256) for verdict in survivors} <= {(KOLESNIK.der, identity)}


def test_a_mutated_certificate_is_judged() -> None:
    """None is VALID but the honest one."""
    for mutant in mutations(KOLESNIK.der, seed=4, count=1_000):
        verdict = verify_certificate(mutant, policy=POLICY, at=NOW)
        assert verdict.outcome is not Outcome.VALID or mutant == KOLESNIK.der


def test_a_mutated_certificate_is_described_or_refused() -> None:
    """ValueError is the one exception of `describe`."""
    for mutant in mutations(KOLESNIK.der, seed=5, count=1_000):
        try:
            assert describe(mutant).thumbprint_sha256 == sha256(mutant).hexdigest()
        except ValueError:
            continue


def test_a_mutated_list_is_read_or_refused() -> None:
    """A CRL that was changed never says that a certificate is good."""
    for mutant in mutations(crl(ISSUER, KOLESNIK), seed=6, count=500):
        try:
            revocation.read(mutant)
        except ValueError:
            continue
        verdict = verify_certificate(KOLESNIK.der, policy=policy(crls=(mutant,)), at=NOW)
        assert verdict.outcome is not Outcome.VALID


def test_a_mutated_proof_is_judged() -> None:
    """Raw bytes of any kind end in a verdict."""
    for mutant in mutations(b"\x30\x06\x02\x01\x01\x02\x01\x01" * 8, seed=7, count=300):
        verdict = verify_proof(mutant, challenge=ACT, certificate=KOLESNIK.der, policy=POLICY, at=NOW)
        assert verdict.outcome is Outcome.INVALID
