"""What the openssl command signs, this room reads: the client that everybody has."""

import subprocess
from hashlib import new as new_hash
from pathlib import Path

import pytest
from ca import ISSUER, KOLESNIK, NOW, Holder
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from rows import POLICY, person

from signing.verdicts import ERROR_CODES, Outcome, Reason, Verdict
from signing.verify import verify_proof, verify_signature

ACT = b"act of acceptance\nsecond line\n"
RSA = person("rsa2048")
PSS = ("-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:digest")


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with the act and the chain."""
    (tmp_path / "act.pdf").write_bytes(ACT)
    (tmp_path / "chain.pem").write_bytes(ISSUER.certificate.public_bytes(Encoding.PEM))
    return tmp_path


def keep(holder: Holder, desk: Path) -> None:
    """Puts a person's certificate and key on the desk."""
    (desk / "me.pem").write_bytes(holder.certificate.public_bytes(Encoding.PEM))
    key = holder.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (desk / "me.key").write_bytes(key)


def openssl(desk: Path, *arguments: str) -> bytes:
    """Runs openssl on the desk and gives what it wrote to `out`."""
    subprocess.run(["openssl", *arguments, "-out", "out"], cwd=desk, check=True, capture_output=True)
    return (desk / "out").read_bytes()


def sign(holder: Holder, desk: Path, *options: str) -> Verdict:
    """The verdict over `openssl cms -sign` with these options."""
    keep(holder, desk)
    command = ("cms", "-sign", "-in", "act.pdf", "-signer", "me.pem", "-inkey", "me.key", "-certfile", "chain.pem")
    signature = openssl(desk, *command, "-outform", "DER", *options)
    return verify_signature(
        signature,
        digest=lambda name: new_hash(name, ACT).digest(),
        certificate=holder.der,
        policy=POLICY,
        at=NOW,
    )


@pytest.mark.parametrize(
    ("holder", "options"),
    [
        (KOLESNIK, ()),
        (KOLESNIK, ("-md", "sha256", "-nosmimecap")),
        (KOLESNIK, ("-md", "sha512", "-keyid")),
        (RSA, ("-md", "sha256")),
        (RSA, ("-md", "sha256", *PSS)),
        (RSA, ("-md", "sha384", *PSS)),
    ],
    ids=["P-256", "as documented", "by key identifier", "RSA", "PSS", "PSS with SHA-384"],
)
def test_a_cades_signature_is_valid(desk: Path, holder: Holder, options: tuple[str, ...]) -> None:
    """`openssl cms -sign -binary -cades` is all that a person needs."""
    verdict = sign(holder, desk, "-binary", "-cades", *options)

    assert (verdict.outcome, verdict.detail, verdict.signer) == (Outcome.VALID, "", holder.der)
    assert verdict.claimed_at is not None


@pytest.mark.parametrize(
    ("options", "reason", "code"),
    [
        (("-binary",), Reason.SIGNING_CERTIFICATE, "CERTIFICATE_MISMATCH"),
        (("-cades",), Reason.DIGEST_MISMATCH, "SIGNATURE_DIGEST_MISMATCH"),
        (("-binary", "-cades", "-nodetach"), Reason.NOT_DETACHED, "SIGNATURE_MALFORMED"),
        (("-binary", "-cades", "-stream"), Reason.MALFORMED, "SIGNATURE_MALFORMED"),
        (("-binary", "-noattr"), Reason.ATTRIBUTES, "SIGNATURE_MALFORMED"),
        (("-binary", "-cades", "-md", "sha1"), Reason.SIGNING_CERTIFICATE, "CERTIFICATE_MISMATCH"),
    ],
    ids=["without -cades", "without -binary", "attached", "streamed", "without attributes", "SHA-1"],
)
def test_a_forgotten_option_is_told(desk: Path, options: tuple[str, ...], reason: Reason, code: str) -> None:
    """Each way to hold openssl wrongly has its own answer."""
    verdict = sign(KOLESNIK, desk, *options)

    assert (verdict.reason, verdict.outcome) == (reason, Outcome.INVALID)
    assert ERROR_CODES[reason] == code


def test_a_proof_by_dgst_is_valid(desk: Path) -> None:
    """`openssl dgst -sha256 -sign` proves possession."""
    keep(KOLESNIK, desk)

    proof = _dgst(desk)

    verdict = verify_proof(proof, challenge=ACT, certificate=KOLESNIK.der, policy=POLICY, at=NOW)
    assert (verdict.outcome, verdict.algorithm, verdict.digest_algorithm) == (Outcome.VALID, "ecdsa", "sha256")


def _dgst(desk: Path) -> bytes:
    command = ["openssl", "dgst", "-sha256", "-sign", "me.key", "-out", "proof", "act.pdf"]
    subprocess.run(command, cwd=desk, check=True, capture_output=True)
    return (desk / "proof").read_bytes()
