"""The operator's folders: what may not become an anchor is refused in words, lists are read again when they change."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from ca import DAY, ISSUER, KOLESNIK, LIVE, NOW, ROOT, STRANGER, Holder, authority, crl, issue, key, usage
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from signing.policy import Policy, PolicyError, PolicyFolder, Revocation, load_policy
from signing.verdicts import Outcome, Reason
from signing.verify import verify_certificate

OWN = key("p256", 30)


def pem(*holders: Holder) -> bytes:
    """Certificates as PEM."""
    return b"".join(holder.certificate.public_bytes(Encoding.PEM) for holder in holders)


@pytest.fixture
def folder(tmp_path: Path) -> PolicyFolder:
    """The three folders of a good server."""
    for name in ("anchors", "intermediates", "crls"):
        (tmp_path / name).mkdir()
    (tmp_path / "anchors" / "root.pem").write_bytes(pem(ROOT))
    (tmp_path / "intermediates" / "issuer.crt").write_bytes(ISSUER.der)
    (tmp_path / "crls" / "root.crl").write_bytes(crl(ROOT))
    (tmp_path / "crls" / "issuer.crl").write_bytes(crl(ISSUER))
    return of(tmp_path)


def of(path: Path, *, base: Policy | None = None) -> PolicyFolder:
    """The policy of a data folder."""
    return PolicyFolder(anchors=path / "anchors", intermediates=path / "intermediates", crls=path / "crls", base=base)


def outcome(folder: PolicyFolder) -> tuple[Outcome, Reason | None]:
    """What the folder's policy of now makes of Kolesnik."""
    verdict = verify_certificate(KOLESNIK.der, policy=folder.policy(at=NOW), at=NOW)
    return verdict.outcome, verdict.reason


def test_folders_make_a_policy(folder: PolicyFolder, tmp_path: Path) -> None:
    """DER and PEM are read, other files are not."""
    (tmp_path / "anchors" / "README.txt").write_text("who we believe")

    policy = folder.policy(at=NOW)

    assert (policy.anchors, policy.intermediates) == ((ROOT.der,), (ISSUER.der,))
    assert outcome(folder) == (Outcome.VALID, None)


def test_missing_folders_are_empty_ones(tmp_path: Path) -> None:
    """A server without anchors starts, and believes nobody."""
    nowhere = tmp_path / "nowhere"

    policy = load_policy(anchors=nowhere, intermediates=nowhere, crls=nowhere, at=NOW)

    assert (policy.anchors, policy.intermediates) == ((), ())
    assert verify_certificate(KOLESNIK.der, policy=policy, at=NOW).reason is Reason.UNTRUSTED


def _constrained() -> bytes:
    only = x509.NameConstraints([x509.RFC822Name("example.org")], None)
    return pem(authority("Constrained", own=OWN, extra=((only, True),)))


def _strange() -> bytes:
    strange = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
    return pem(authority("Strange", own=OWN, extra=((strange, True),)))


UNFIT: dict[str, tuple[Callable[[], bytes], str]] = {
    "no certificate": (lambda: b"what is this", "cannot be read"),
    "broken PEM": (lambda: b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "cannot be read"),
    "bytes after it": (lambda: ROOT.der + b"\x00", "cannot be read"),
    "a person": (lambda: pem(issue("Person", own=OWN)), "no certificate authority"),
    "no keyCertSign": (lambda: pem(authority("Weak", own=OWN, keys=usage("crl_sign"))), "no certificate authority"),
    "expired": (lambda: pem(authority("Old", own=OWN, valid=(LIVE[0], NOW - DAY))), "expired"),
    "not yet": (lambda: pem(authority("New", own=OWN, valid=(NOW + DAY, LIVE[1]))), "expired or not valid yet"),
    "name constraints": (_constrained, "name constraints"),
    "unknown critical extension": (_strange, "1.2.3.4.5"),
    "second of two": (lambda: pem(STRANGER, issue("Person", own=OWN)), "no certificate authority"),
}


@pytest.mark.parametrize("kind", UNFIT)
def test_an_unfit_anchor_is_refused_by_name(folder: PolicyFolder, tmp_path: Path, kind: str) -> None:
    """Start-up stops at a file that nobody may believe, and says which and why."""
    content, why = UNFIT[kind]
    file = tmp_path / "anchors" / "unfit.crt"
    file.write_bytes(content())

    with pytest.raises(PolicyError, match=why) as refused:
        folder.policy(at=NOW)

    assert refused.value.file == file
    assert str(file) in str(refused.value)


def test_an_intermediate_that_is_no_certificate_is_refused(folder: PolicyFolder, tmp_path: Path) -> None:
    """The same for the other folder."""
    (tmp_path / "intermediates" / "broken.pem").write_bytes(b"nothing")

    with pytest.raises(PolicyError, match=r"broken\.pem"):
        folder.policy(at=NOW)


def test_a_new_list_counts_at_once(folder: PolicyFolder, tmp_path: Path) -> None:
    """A revocation that arrives as a file is known at the next question, without a restart."""
    assert outcome(folder) == (Outcome.VALID, None)

    (tmp_path / "crls" / "newer.crl").write_bytes(crl(ISSUER, KOLESNIK, at=NOW - DAY / 2))

    assert outcome(folder) == (Outcome.INVALID, Reason.REVOKED)


def test_a_replaced_list_counts_at_once(folder: PolicyFolder, tmp_path: Path) -> None:
    """The same name with other bytes is another list."""
    file = tmp_path / "crls" / "issuer.crl"
    before = folder.policy(at=NOW)

    file.write_bytes(crl(ISSUER, KOLESNIK))
    os.utime(file, ns=(0, file.stat().st_mtime_ns + 1))

    assert outcome(folder) == (Outcome.INVALID, Reason.REVOKED)
    assert folder.policy(at=NOW).version == before.version


def test_a_removed_list_counts_no_more(folder: PolicyFolder, tmp_path: Path) -> None:
    """Without a list nothing can be told."""
    assert outcome(folder) == (Outcome.VALID, None)

    (tmp_path / "crls" / "issuer.crl").unlink()

    assert outcome(folder) == (Outcome.CANNOT_TELL, Reason.REVOCATION_UNKNOWN)


def test_a_broken_list_stops_nobody(folder: PolicyFolder, tmp_path: Path) -> None:
    """A file half-written is left out; the others count."""
    (tmp_path / "crls" / "half.crl").write_bytes(crl(STRANGER)[:40])

    assert outcome(folder) == (Outcome.VALID, None)


def test_nothing_changed_is_the_same_policy(folder: PolicyFolder) -> None:
    """So its remembered paths live on."""
    assert folder.policy(at=NOW) is folder.policy(at=NOW)


def test_reload_reads_the_anchors_again(folder: PolicyFolder, tmp_path: Path) -> None:
    """And a broken file then leaves the old policy in place."""
    before = folder.policy(at=NOW)
    (tmp_path / "anchors" / "second.pem").write_bytes(pem(STRANGER))
    assert folder.policy(at=NOW) is before

    after = folder.reload(at=NOW)
    (tmp_path / "anchors" / "third.pem").write_bytes(b"nothing")
    with pytest.raises(PolicyError):
        folder.reload(at=NOW)

    assert (len(before.anchors), len(after.anchors)) == (1, 2)
    assert folder.policy(at=NOW) is after
    assert before.version != after.version


def test_the_base_gives_what_folders_do_not(folder: PolicyFolder, tmp_path: Path) -> None:
    """Revocation OFF needs no list."""
    soft = of(tmp_path, base=Policy(id="pilot", revocation=Revocation.OFF)).policy(at=NOW)

    assert (soft.id, soft.revocation, soft.anchors) == ("pilot", Revocation.OFF, (ROOT.der,))


def test_the_version_names_every_field_but_the_lists(folder: PolicyFolder) -> None:
    """The order of the anchors does not count."""
    policy = folder.policy(at=NOW)
    two = replace(policy, anchors=(ROOT.der, STRANGER.der))

    assert two.version == replace(policy, anchors=(STRANGER.der, ROOT.der)).version
    assert (
        len({policy.version, two.version, replace(policy, min_rsa=3072).version, replace(policy, id="x").version}) == 4
    )
