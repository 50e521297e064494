"""The demo's authority and pen: what they make, openssl and our own verifier believe."""

import stat
import subprocess
from datetime import UTC, datetime, timedelta
from hashlib import new as new_hash
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from server.demo.authority import UNP, Authority, Credentials
from server.demo.cast import ROMASHKA, URBANOVICH
from server.demo.pen import prove, sign
from signing import cms
from signing.parts import take_apart
from signing.policy import load_policy
from signing.verdicts import Outcome
from signing.verify import verify_signature

FOUNDED = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)
SIGNED = datetime(2026, 6, 9, 9, 30, 15, tzinfo=UTC)
CONTENT = "Акт № 15-К\n".encode() * 1000


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.found(tmp_path / "demo", at=FOUNDED)


@pytest.fixture
def urbanovich(authority: Authority) -> Credentials:
    return issue(authority)


def issue(authority: Authority) -> Credentials:
    return authority.issue(
        URBANOVICH.name, email=URBANOVICH.email, organization=ROMASHKA.name, unp=ROMASHKA.tax_id, at=FOUNDED
    )


def signed(by: Credentials, *, chain: tuple[x509.Certificate, ...] = ()) -> bytes:
    return sign(CONTENT, key=by.private_key, certificate=by.x509, chain=chain, claimed_at=SIGNED)


def openssl(*arguments: str | Path, folder: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["openssl", *map(str, arguments)], cwd=folder, capture_output=True, check=False)


def openssl_verify(message: bytes, content: bytes, *, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """As a stranger would check it: with the root, its CRL and the time of signing."""
    (folder / "act.p7s").write_bytes(message)
    (folder / "act.pdf").write_bytes(content)
    demo = folder / "demo"
    (folder / "trust.pem").write_bytes((demo / "chain.pem").read_bytes() + (demo / "root.crl").read_bytes())
    return openssl(
        *("cms", "-verify", "-binary", "-cades", "-inform", "DER", "-in", "act.p7s", "-content", "act.pdf"),
        *("-CAfile", "trust.pem", "-crl_check_all", "-attime", str(int(SIGNED.timestamp())), "-out", "/dev/null"),
        folder=folder,
    )


def test_openssl_verifies_what_the_pen_writes(authority: Authority, urbanovich: Credentials, tmp_path: Path) -> None:
    for message in (signed(urbanovich), signed(urbanovich, chain=(authority.root,))):
        answer = openssl_verify(message, CONTENT, folder=tmp_path)
        assert (answer.returncode, answer.stderr) == (0, b"CAdES Verification successful\n")


def test_openssl_refuses_other_content(urbanovich: Credentials, tmp_path: Path) -> None:
    assert openssl_verify(signed(urbanovich), CONTENT + b".", folder=tmp_path).returncode != 0


def test_openssl_reads_the_files_of_a_person(urbanovich: Credentials, tmp_path: Path) -> None:
    (tmp_path / "act.pdf").write_bytes(CONTENT)
    answer = openssl(
        *("cms", "-sign", "-binary", "-cades", "-md", "sha256", "-nosmimecap", "-in", "act.pdf"),
        *("-signer", urbanovich.certificate, "-inkey", urbanovich.key, "-certfile", urbanovich.chain),
        *("-outform", "DER", "-out", "act.p7s"),
        folder=tmp_path,
    )
    assert (answer.returncode, answer.stderr) == (0, b"")


def test_our_verifier_says_valid(authority: Authority, urbanovich: Credentials, tmp_path: Path) -> None:
    authority.publish(tmp_path / "anchors", tmp_path / "crls")
    policy = load_policy(
        anchors=tmp_path / "anchors", intermediates=tmp_path / "none", crls=tmp_path / "crls", at=SIGNED
    )
    verdict = verify_signature(
        signed(urbanovich),
        digest=lambda name: new_hash(name, CONTENT).digest(),
        certificate=urbanovich.der,
        policy=policy,
        at=SIGNED,
    )
    assert (verdict.outcome, verdict.claimed_at) == (Outcome.VALID, SIGNED)


def test_the_time_is_claimed_in_whole_seconds_far_ahead_too(urbanovich: Credentials) -> None:
    far = datetime(2051, 2, 3, 4, 5, 6, tzinfo=UTC)
    message = sign(CONTENT, key=urbanovich.private_key, certificate=urbanovich.x509, claimed_at=far)
    read = cms.read(message, max_bytes=10_000)
    read.require_signer(take_apart(urbanovich.der))
    assert read.claimed_at == far


def test_a_proof_answers_its_challenge_only(urbanovich: Credentials) -> None:
    key = urbanovich.private_key.public_key()
    proof = prove(b"challenge", urbanovich.private_key)
    key.verify(proof, b"challenge", ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        key.verify(proof, b"another challenge", ec.ECDSA(hashes.SHA256()))


def test_a_certificate_names_its_person(urbanovich: Credentials) -> None:
    subject = urbanovich.x509.subject
    named = {oid: subject.get_attributes_for_oid(oid)[0].value for oid in (NameOID.SURNAME, NameOID.GIVEN_NAME, UNP)}
    assert named == {
        NameOID.SURNAME: "Урбанович",
        NameOID.GIVEN_NAME: "Анна Александровна",
        UNP: "190000001",
    }
    alternative = urbanovich.x509.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert alternative.get_values_for_type(x509.RFC822Name) == ["urbanovich_a@romashka.example"]


def test_only_the_owner_reads_the_files(urbanovich: Credentials) -> None:
    folder = urbanovich.key.parent
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert modes == dict.fromkeys(
        ("root.key", "root.pem", "root.crl", "chain.pem", "urbanovich_a.key", "urbanovich_a.pem"), 0o600
    )


def test_founding_and_issuing_again_change_nothing(authority: Authority, urbanovich: Credentials) -> None:
    folder = urbanovich.key.parent
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    again = Authority.found(folder, at=SIGNED)
    assert issue(again).der == urbanovich.der
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_a_renewed_list_is_published_under_the_same_name(authority: Authority, tmp_path: Path) -> None:
    for at in (FOUNDED, SIGNED):
        authority.renew_crl(at, life=timedelta(days=7))
        authority.publish(tmp_path / "anchors", tmp_path / "crls")
    (published,) = (tmp_path / "crls").iterdir()
    crl = x509.load_pem_x509_crl(published.read_bytes())
    assert (crl.last_update_utc, crl.next_update_utc) == (SIGNED, SIGNED + timedelta(days=7))
    assert [file.name for file in (tmp_path / "anchors").iterdir()] == ["demo-root.pem"]
