"""Conformance: the signed messages of NIST's PKITS (from `cryptography-vectors`): CMS, path, policies, CRLs at once."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from functools import cache
from hashlib import new as new_hash
from importlib.resources import files

import pytest

from signing import cms
from signing.parts import readable
from signing.policy import Policy
from signing.revocation import CrlIndex
from signing.verdicts import Finding, Outcome, Verdict
from signing.verify import verify_signature

PKITS = files("cryptography_vectors") / "x509" / "PKITS_data"
AT = datetime(2026, 11, 24, 10, tzinfo=UTC)

# PKITS wants these valid; our policy takes neither DSA nor an authority's certificate that signs as a person's.
REFUSED_BY_POLICY = {
    "OverlappingPoliciesTest6",
    "ValidDSAParameterInheritanceTest5",
    "ValidDSASignaturesTest4",
    "ValidonlyContainsCACertsCRLTest13",
    "ValidpathLenConstraintTest14",
    "ValidpathLenConstraintTest8",
}

# Names that say neither, and that must be refused with any policy as the initial one.
REFUSED_WITHOUT_A_NAME = {
    "DifferentPoliciesTest4",
    "DifferentPoliciesTest5",
    "DifferentPoliciesTest7",
    "DifferentPoliciesTest8",
    "DifferentPoliciesTest9",
    "DifferentPoliciesTest12",
    "MissingCRLTest1",
}

# Serial numbers that RFC 5280 forbids are in PKITS on purpose.
pytestmark = pytest.mark.filterwarnings("ignore:Parsed a serial number")


def names() -> list[str]:
    """The messages, by name."""
    return sorted(file.name.removeprefix("Signed").removesuffix(".eml") for file in (PKITS / "smime").iterdir())


def is_good(name: str) -> bool:
    """What PKITS expects, less what our policy refuses."""
    return not name.startswith("Invalid") and name not in REFUSED_BY_POLICY | REFUSED_WITHOUT_A_NAME


@cache
def policy() -> Policy:
    """The trust anchor of PKITS and all its lists; messages bring no signing-certificate-v2."""
    anchor = (PKITS / "certs" / "TrustAnchorRootCertificate.crt").read_bytes()
    lists = CrlIndex.of(file.read_bytes() for file in (PKITS / "crls").iterdir())
    return Policy(anchors=(anchor,), crls=lists, require_signing_certificate=False)


def judge(name: str) -> Verdict:
    """The verdict over one message; its own certificates stand in our store, since paths are longer than a CMS's."""
    raw = (PKITS / "smime" / f"Signed{name}.eml").read_bytes()
    signature, content = _parts(raw)
    signer, brought = _brought(signature)
    return verify_signature(
        signature,
        digest=lambda algorithm: new_hash(algorithm, content).digest(),
        certificate=signer,
        policy=replace(policy(), intermediates=brought),
        at=AT,
    )


def _brought(signature: bytes) -> tuple[bytes, tuple[bytes, ...]]:
    try:
        read = cms.read(signature, max_bytes=100_000)
    except Finding:  # DSA with parameters of the issuer: no certificate that anything here could read
        return b"", ()
    signer = next((parts.whole for parts in readable(read.certificates) if cms.names(read.sid, parts)), b"")
    return signer, read.certificates


def _parts(raw: bytes) -> tuple[bytes, bytes]:
    boundary = b"--" + message_from_bytes(raw).get_boundary("").encode()
    _, content, signature, _ = raw.split(boundary)
    attached = message_from_bytes(signature.removeprefix(b"\n")).get_payload(decode=True)
    assert isinstance(attached, bytes)
    return attached, content.removeprefix(b"\n")[:-1].replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


@pytest.mark.parametrize("good", [True, False], ids=["must verify", "must not"])
def test_messages_of_pkits(good: bool) -> None:
    """97 verify, 127 do not: 121 by PKITS, six by our policy."""
    asked = [name for name in names() if is_good(name) is good]

    surprises = [name for name in asked if (judge(name).outcome is Outcome.VALID) is not good]

    assert (surprises, len(asked)) == ([], 97 if good else 127)
