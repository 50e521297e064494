"""What nobody signed must still be readable: a file that openssl cannot take apart proves nothing in other hands."""

import subprocess
from collections.abc import Callable
from hashlib import sha256

import pytest
from ca import ISSUER, KOLESNIK, NOW, ROOT, crl
from forge import DATA, DIGESTS, SIGNED_DATA, algorithm, cms, integer, oid, seq, set_of, tlv
from rows import ACT, POLICY, forged

from signing.verdicts import Outcome, Reason, Verdict
from signing.verify import verify_signature

HONEST = cms(forged(), ISSUER)
NAME = b"Test Issuer"


def judge(message: bytes) -> Verdict:
    """The verdict over the act."""
    return verify_signature(
        message, digest=lambda _: sha256(ACT).digest(), certificate=KOLESNIK.der, policy=POLICY, at=NOW
    )


def opens(message: bytes) -> bool:
    """Whether openssl can read it and show every part."""
    reader = ("openssl", "cms", "-cmsout", "-print", "-inform", "DER")
    shown = subprocess.run(reader, input=message, capture_output=True)
    return shown.returncode == 0 and b"Bad time value" not in shown.stdout


def with_issuer(change: Callable[[bytes], bytes]) -> bytes:
    """The honest message, the issuer's certificate in it changed; nothing that is signed is touched."""
    changed = change(ISSUER.der)
    assert len(changed) == len(ISSUER.der)
    assert changed != ISSUER.der
    return HONEST.replace(ISSUER.der, changed)


def carrying(*, certificates: bytes = b"", crls: bytes = b"", digests: bytes = algorithm(DIGESTS["sha256"])) -> bytes:
    """A message with these bytes in the fields that nobody signed."""
    fields = tlv(0xA0, KOLESNIK.der, certificates), tlv(0xA1, crls) if crls else b""
    data = seq(integer(1), set_of(digests), seq(oid(DATA)), *fields, set_of(forged().signer_info()))
    return seq(oid(SIGNED_DATA), tlv(0xA0, data))


def _spoil_time(certificate: bytes) -> bytes:
    at = certificate.index(b"\x17\x0d") + 2
    return certificate[:at] + b"x" + certificate[at + 1 :]


UNREADABLE = {
    "a time that is none": with_issuer(_spoil_time),
    "a name that is no text": with_issuer(lambda der: der.replace(NAME, b"Test \xff\xfe\xfduer")),
    "a tag that is no certificate's": with_issuer(lambda der: b"\x31" + der[1:]),
    "an empty certificate": carrying(certificates=seq()),
    "a list that is none": carrying(crls=seq()),
    "certificates where lists belong": carrying(crls=KOLESNIK.der),
    "a tag that is no list's": carrying(crls=b"\x31" + crl(ROOT)[1:]),
    "a digest that is no algorithm": carrying(digests=seq(integer(7))),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_cannot_be_read_is_refused(what: str) -> None:
    """A spoilt part beside the signer: openssl cannot read the file, so it is malformed here too."""
    message = UNREADABLE[what]

    assert (opens(message), judge(message).reason) == (False, Reason.MALFORMED)


@pytest.mark.parametrize(
    "message",
    [HONEST, carrying(), carrying(certificates=ISSUER.der + ROOT.der), carrying(crls=crl(ROOT) + crl(ISSUER))],
    ids=["chain", "signer alone", "chain with its root", "lists"],
)
def test_honest_baggage_stays(message: bytes) -> None:
    """Chains and revocation lists inside are read, and believed no more than before."""
    assert (opens(message), judge(message).outcome) == (True, Outcome.VALID)
