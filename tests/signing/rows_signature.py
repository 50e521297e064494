"""Rows 1–9 and 43–66: good signatures, wrong ones, the signer's certificate, algorithms."""

from dataclasses import replace

from ca import ISSUER, KOLESNIK, ROOT, URBANOVICH, issue
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from forge import (
    BELT,
    BIGN,
    CERTIFICATE_V1,
    CERTIFICATE_V2,
    ECDSA,
    MESSAGE_DIGEST,
    RSA,
    algorithm,
    cms,
    message,
    names,
    names_v1,
    octets,
    points_at,
    points_by_key,
    pss,
    putting,
    with_pss,
    without,
)
from rows import ACT, Case, Row, forged, person, signed

from signing.verdicts import Reason

RSA_2048, RSA_1024 = person("rsa2048"), person("rsa1024")
ED25519, P384, SECP256K1 = person("ed25519"), person("p384"), person("secp256k1")
RENEWED = issue("Kolesnik Alena", own=KOLESNIK.key, by=ISSUER)


def _flip(value: bytes) -> bytes:
    return value[:-1] + bytes([value[-1] ^ 1])


def _by_another(over: bytes) -> bytes:
    other = URBANOVICH.key
    assert isinstance(other, ec.EllipticCurvePrivateKey)
    return other.sign(over, ec.ECDSA(SHA256()))


def _pss(*, mask: str | None = None, salt: int = 32) -> Case:
    how = with_pss(RSA_2048, "sha256", mask=mask, salt=salt)
    return signed(RSA_2048, sign=how, signature_algorithm=pss("sha256", mask=mask, salt=salt))


def _same_key_other_certificate() -> Case:
    """T6: the message of the old certificate, pointing at the renewed one that was chosen."""
    forge = replace(forged(), sid=points_at(RENEWED))
    return Case(cms=message(forge.signer_info(), certificates=(RENEWED.der,)), certificate=RENEWED.der)


def _row(number: int, what: str, reason: Reason | None, **knobs: object) -> Row:
    return Row(number=number, what=what, reason=reason, case=lambda: signed(**knobs))  # type: ignore[arg-type]  # Forge's


VALID, WRONG, SIGNING = None, Reason.SIGNATURE_WRONG, Reason.SIGNING_CERTIFICATE
FORBIDDEN, UNSUPPORTED = Reason.ALGORITHM_FORBIDDEN, Reason.ALGORITHM_UNSUPPORTED

ROWS = [
    Row(number=1, what="P-256 with chain", reason=VALID, case=lambda: signed(KOLESNIK, ISSUER)),
    _row(2, "signer only, intermediate from the store", VALID),
    Row(
        number=3,
        what="no certificate inside, chosen one known",
        reason=VALID,
        case=lambda: Case(cms=message(forged().signer_info())),
    ),
    _row(4, "RSA PKCS#1 under the bare rsaEncryption OID", VALID, signer=RSA_2048),
    Row(number=5, what="RSA-PSS", reason=VALID, case=_pss),
    _row(6, "Ed25519/SHA-512", VALID, signer=ED25519, digest="sha512"),
    _row(7, "P-384/SHA-384", VALID, signer=P384, digest="sha384"),
    _row(8, "signer by subjectKeyIdentifier", VALID, sid=points_by_key(KOLESNIK)),
    Row(number=9, what="root inside too", reason=VALID, case=lambda: signed(KOLESNIK, ISSUER, ROOT)),
    Row(
        number=43,
        what="other bytes",
        reason=Reason.DIGEST_MISMATCH,
        case=lambda: Case(cms=cms(forged()), document=ACT + b"!"),
    ),
    _row(44, "another person's key", WRONG, sign=_by_another),
    _row(45, "flipped bit", WRONG, spoil=_flip),
    _row(46, "empty", WRONG, spoil=lambda _: b""),
    _row(47, "ECDSA with trailing bytes", WRONG, spoil=lambda value: value + b"\x00"),
    _row(48, "ECDSA r=s=0", WRONG, spoil=lambda _: encode_dss_signature(0, 0)),
    _row(49, "v2 absent", SIGNING, attributes=without(CERTIFICATE_V2)),
    _row(50, "v2 names another", SIGNING, attributes=putting(CERTIFICATE_V2, names(URBANOVICH))),
    Row(number=51, what="same key, other certificate", reason=SIGNING, case=_same_key_other_certificate),
    _row(
        52,
        "only v1",
        SIGNING,
        attributes=lambda pairs: without(CERTIFICATE_V2)(putting(CERTIFICATE_V1, names_v1(KOLESNIK))(pairs)),
    ),
    Row(
        number=53,
        what="not the chosen one",
        reason=Reason.CERTIFICATE_NOT_THE_CHOSEN,
        case=lambda: replace(signed(URBANOVICH), certificate=KOLESNIK.der),
    ),
    Row(
        number=54,
        what="none inside, none known",
        reason=Reason.CERTIFICATE_MISSING,
        case=lambda: Case(cms=message(forged().signer_info()), certificate=b""),
    ),
    _row(55, "sid points at nothing", Reason.CERTIFICATE_MISSING, sid=points_at(KOLESNIK, serial=999)),
    _row(56, "SHA-1", FORBIDDEN, digest="sha1"),
    _row(57, "MD5", FORBIDDEN, digest="md5"),
    _row(58, "SHA-256 labelled SHA-512", FORBIDDEN, signature_algorithm=algorithm(ECDSA["sha512"])),
    _row(59, "EC key labelled RSA", FORBIDDEN, signature_algorithm=algorithm(RSA, b"\x05\x00")),
    Row(number=60, what="PSS with MGF1-SHA-1", reason=FORBIDDEN, case=lambda: _pss(mask="sha1")),
    Row(number=61, what="PSS salt 0", reason=FORBIDDEN, case=lambda: _pss(salt=0)),
    _row(62, "secp256k1", FORBIDDEN, signer=SECP256K1),
    _row(63, "Ed25519 with SHA-384", FORBIDDEN, signer=ED25519, digest="sha384"),
    _row(64, "RSA-1024", Reason.KEY_TOO_SMALL, signer=RSA_1024),
    _row(65, "bign signature OID", UNSUPPORTED, signature_algorithm=algorithm(BIGN)),
    _row(
        66,
        "belt-hash OID",
        UNSUPPORTED,
        digest_algorithm=algorithm(BELT),
        attributes=putting(MESSAGE_DIGEST, octets(b"b" * 32)),
    ),
]
