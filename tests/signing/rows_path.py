"""Rows 10–14 and 67–92: the path to an anchor, revocation, what the certificate was issued for."""

from dataclasses import replace

from ca import (
    DAY,
    ISSUER,
    KOLESNIK,
    LIVE,
    NOW,
    OCSP_SIGNING,
    ROOT,
    SERVER_AUTH,
    STRANGER,
    Holder,
    authority,
    crl,
    issue,
    key,
    purposes,
    usage,
)
from cryptography import x509
from forge import BIGN, algorithm, cms, seq, tlv
from rows import POLICY, Case, Row, forged, policy, signed

from signing import der
from signing.policy import Policy, Revocation
from signing.verdicts import Reason

PAST = (NOW - 900 * DAY, NOW - 10 * DAY)
OWN = key("p256", 20)


def _mail(address: str) -> tuple[tuple[x509.ExtensionType, bool], ...]:
    return ((x509.SubjectAlternativeName([x509.RFC822Name(address)]), False),)


def _by(signer: Holder, believed: Policy = POLICY, *others: Holder) -> Case:
    return replace(signed(signer, *others), policy=believed)


def _under(issuer: Holder, *, by: Holder = ROOT) -> Policy:
    """Believes `by` and knows the issuer, with fresh lists of both."""
    return policy(anchors=(by,), intermediates=(issuer,), crls=(crl(by), crl(issuer)))


def _expired_at_the_recorded_time() -> Case:
    signer = issue("Retired", own=OWN, by=ISSUER, valid=PAST)
    then = NOW - 20 * DAY
    lists = (crl(ROOT, at=then - DAY), crl(ISSUER, at=then - DAY))
    return replace(_by(signer, policy(crls=lists)), at=then)


def _cross_signed() -> Case:
    old = authority("Old Root", own=key("p256", 21), valid=PAST)
    cross = authority("Test Issuer", own=ISSUER.key, by=old)
    lists = (crl(ROOT), crl(ISSUER), crl(old))
    return _by(KOLESNIK, policy(anchors=(old, ROOT), intermediates=(cross, ISSUER), crls=lists))


def _revoked_after_signing() -> Case:
    later = crl(ISSUER, KOLESNIK, at=NOW + 5 * DAY, revoked_at=NOW + 4 * DAY)
    believed = policy(crls=(crl(ROOT, at=NOW + 5 * DAY), later))
    return _by(KOLESNIK, replace(believed, retroactive_revocation=True))


def _constrained(address: str) -> Case:
    permitted = x509.NameConstraints([x509.RFC822Name("example.org")], None)
    issuer = authority("Constrained Issuer", own=key("p256", 22), by=ROOT, extra=((permitted, True),))
    return _by(issue("Constrained", own=OWN, by=issuer, extra=_mail(address)), _under(issuer))


def _self_signed() -> Case:
    return _by(issue("Self", own=OWN))


def _stranger(*others: Holder) -> Case:
    return _by(issue("Strange", own=OWN, by=STRANGER), POLICY, *others)


def _issuer_expired() -> Case:
    issuer = authority("Late Issuer", own=key("p256", 23), by=ROOT, valid=PAST)
    return _by(issue("Person", own=OWN, by=issuer), _under(issuer))


def _anchor_expired() -> Case:
    root = authority("Late Root", own=key("p256", 24), valid=PAST)
    issuer = authority("Its Issuer", own=key("p256", 25), by=root)
    return _by(issue("Person", own=OWN, by=issuer), _under(issuer, by=root))


def _namesake() -> Case:
    other = authority("Test Issuer", own=key("p256", 26), by=STRANGER)
    return _by(issue("Person", own=OWN, by=other))


def _issued_by_a_person() -> Case:
    return _by(issue("Person", own=OWN, by=KOLESNIK), POLICY, KOLESNIK)


def _issuer_without_right() -> Case:
    issuer = authority("Weak Issuer", own=key("p256", 27), by=ROOT, keys=usage("crl_sign"))
    return _by(issue("Person", own=OWN, by=issuer), _under(issuer))


def _too_long() -> Case:
    issuer = authority("Lower Issuer", own=key("p256", 28), by=ISSUER)
    believed = policy(intermediates=(ISSUER, issuer), crls=(crl(ROOT), crl(ISSUER), crl(issuer)))
    return _by(issue("Person", own=OWN, by=issuer), believed)


def _critical() -> Case:
    strange = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
    return _by(issue("Person", own=OWN, by=ISSUER, extra=((strange, True),)))


def _for(*names: str) -> Case:
    return _by(issue("Person", own=OWN, by=ISSUER, keys=usage(*names)))


def _meant_for(purpose: x509.ObjectIdentifier) -> Case:
    return _by(issue("Person", own=OWN, by=ISSUER, extra=purposes(purpose)))


def _authority_signs() -> Case:
    return _by(authority("Signing Authority", own=OWN, by=ROOT, keys=usage("key_cert_sign", "digital_signature")))


def signed_with_bign(holder: Holder) -> bytes:
    """The holder's certificate as if its authority had signed with bign."""
    whole = der.decode(der.Signed, holder.der)
    body = der.parse(der.ToBeSigned, whole.body)
    kept = [der.encode(part) for part in (body.issuer, body.validity, body.subject, body.spki)]
    head = (b"\xa0\x03\x02\x01\x02", der.encode(body.serial), algorithm(BIGN))
    extensions = tlv(0xA3, seq(*(der.encode(extension) for extension in body.extensions or ())))
    return seq(seq(*head, *kept, extensions), algorithm(BIGN), der.encode(whole.signature))


def _bign() -> Case:
    certificate = signed_with_bign(KOLESNIK)
    signer = Holder(x509.load_der_x509_certificate(certificate), KOLESNIK.key)
    return Case(cms=cms(forged(signer)), certificate=certificate)


def _row(number: int, what: str, reason: Reason | None, believed: Policy) -> Row:
    return Row(number=number, what=what, reason=reason, case=lambda: _by(KOLESNIK, believed))


UNKNOWN, UNTRUSTED = Reason.REVOCATION_UNKNOWN, Reason.UNTRUSTED
PATH, USAGE = Reason.PATH, Reason.KEY_USAGE
HOLD = x509.ReasonFlags.certificate_hold
STALE = crl(ISSUER, at=NOW - 30 * DAY)

ROWS = [
    Row(number=10, what="judged after expiry at the recorded time", reason=None, case=_expired_at_the_recorded_time),
    Row(number=11, what="cross-signed, one path dead", reason=None, case=_cross_signed),
    Row(number=12, what="revoked after signing, later CRL", reason=None, case=_revoked_after_signing),
    _row(13, "no CRL, policy OFF", None, replace(policy(crls=()), revocation=Revocation.OFF)),
    Row(number=14, what="name constraints respected", reason=None, case=lambda: _constrained("a@example.org")),
    _row(67, "no CRL", UNKNOWN, policy(crls=())),
    _row(68, "only the root's", UNKNOWN, policy(crls=(crl(ROOT),))),
    _row(69, "stale", UNKNOWN, policy(crls=(crl(ROOT), STALE))),
    _row(70, "signed by another key", UNKNOWN, policy(crls=(crl(ROOT), crl(ISSUER, signed_by=STRANGER.key)))),
    Row(
        number=71,
        what="expired",
        reason=Reason.EXPIRED,
        case=lambda: _by(issue("Retired", own=OWN, by=ISSUER, valid=PAST)),
    ),
    Row(
        number=72,
        what="from tomorrow",
        reason=Reason.NOT_YET_VALID,
        case=lambda: _by(issue("Newcomer", own=OWN, by=ISSUER, valid=(NOW + DAY, LIVE[1]))),
    ),
    _row(73, "revoked", Reason.REVOKED, policy(crls=(crl(ROOT), crl(ISSUER, KOLESNIK)))),
    _row(74, "on hold", Reason.REVOKED, policy(crls=(crl(ROOT), crl(ISSUER, KOLESNIK, reason=HOLD)))),
    _row(75, "intermediate revoked", Reason.ISSUER_REVOKED, policy(crls=(crl(ROOT, ISSUER), crl(ISSUER)))),
    Row(number=76, what="stranger's root", reason=UNTRUSTED, case=_stranger),
    Row(number=77, what="self-signed", reason=UNTRUSTED, case=_self_signed),
    Row(number=78, what="its root inside", reason=UNTRUSTED, case=lambda: _stranger(STRANGER)),
    Row(number=79, what="issuer expired", reason=UNTRUSTED, case=_issuer_expired),
    Row(number=80, what="anchor expired", reason=UNTRUSTED, case=_anchor_expired),
    Row(number=81, what="issuer of the same name, other key", reason=UNTRUSTED, case=_namesake),
    Row(number=82, what="issued by a person", reason=PATH, case=_issued_by_a_person),
    Row(number=83, what="issuer without keyCertSign", reason=PATH, case=_issuer_without_right),
    Row(number=84, what="pathLen", reason=PATH, case=_too_long),
    Row(number=85, what="name constraints (e-mail)", reason=PATH, case=lambda: _constrained("a@example.net")),
    Row(number=86, what="unknown critical extension", reason=PATH, case=_critical),
    Row(number=87, what="keyAgreement", reason=USAGE, case=lambda: _for("key_agreement")),
    Row(number=88, what="keyEncipherment", reason=USAGE, case=lambda: _for("key_encipherment")),
    Row(number=89, what="serverAuth only", reason=USAGE, case=lambda: _meant_for(SERVER_AUTH)),
    Row(number=90, what="OCSPSigning only", reason=USAGE, case=lambda: _meant_for(OCSP_SIGNING)),
    Row(number=91, what="a CA certificate signs", reason=USAGE, case=_authority_signs),
    Row(number=92, what="certificate signed with bign", reason=Reason.ALGORITHM_UNSUPPORTED, case=_bign),
]
