"""Proof of possession by a raw signature over the challenge's bytes, in the forms that browsers and openssl write."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from signing.algorithms import Unsupported, load_key
from signing.arithmetic import HASHES
from signing.verdicts import Finding, Reason

# DER of the SignedData OID; where it stands at the start, the proof wants to be a CMS.
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_START = 24

# An RSA-8192 signature has 1,024 bytes; nothing raw is longer.
_MAX_BYTES = 1_100


class Scheme(NamedTuple):
    """How a raw proof was signed, for the record: names of ours, there is no OID on the wire."""

    algorithm: str
    digest: str


Attempt = tuple[Scheme, Callable[[], None]]


def is_cms(proof: bytes) -> bool:
    """Whether the proof says of itself that it is a SignedData."""
    return _SIGNED_DATA in proof[:_START]


def scheme(proof: bytes, *, challenge: bytes, spki: bytes, digests: frozenset[str]) -> Scheme:
    """How the key signed the challenge; Finding SIGNATURE_WRONG when it did not, in no form that counts."""
    if len(proof) > _MAX_BYTES:
        raise Finding(Reason.TOO_LARGE, f"{len(proof)} bytes")
    for found, attempt in _attempts(_key(spki), proof=proof, challenge=challenge, digests=digests):
        try:
            attempt()
        except InvalidSignature:
            continue
        return found
    raise Finding(Reason.SIGNATURE_WRONG, "the key did not sign the challenge")


def _key(spki: bytes) -> object:
    try:
        return load_key(spki)
    except Unsupported as error:
        raise Finding(Reason.ALGORITHM_UNSUPPORTED, str(error)) from error


def _attempts(key: object, *, proof: bytes, challenge: bytes, digests: frozenset[str]) -> Iterator[Attempt]:
    if isinstance(key, ed25519.Ed25519PublicKey):
        yield Scheme("ed25519", "sha512"), partial(key.verify, proof, challenge)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        yield from _ecdsa(key, proof, challenge, digests)
    elif isinstance(key, rsa.RSAPublicKey):
        yield from _rsa(key, proof, challenge, digests)
    else:
        raise Finding(Reason.ALGORITHM_UNSUPPORTED, type(key).__name__)


def _hashes(digests: frozenset[str]) -> list[hashes.HashAlgorithm]:
    return [digest for name, digest in HASHES.items() if name in digests]


def _ecdsa(
    key: ec.EllipticCurvePublicKey, proof: bytes, challenge: bytes, digests: frozenset[str]
) -> Iterator[Attempt]:
    forms = [proof, *_from_pair(proof, size=(key.curve.key_size + 7) // 8)]
    for digest, form in product(_hashes(digests), forms):
        yield Scheme("ecdsa", digest.name), partial(key.verify, form, challenge, ec.ECDSA(digest))


def _from_pair(proof: bytes, *, size: int) -> list[bytes]:
    """WebCrypto's r || s as DER, when the length is right for it."""
    if len(proof) != 2 * size:
        return []
    return [encode_dss_signature(int.from_bytes(proof[:size]), int.from_bytes(proof[size:]))]


def _rsa(key: rsa.RSAPublicKey, proof: bytes, challenge: bytes, digests: frozenset[str]) -> Iterator[Attempt]:
    for digest in _hashes(digests):
        pss = padding.PSS(mgf=padding.MGF1(digest), salt_length=digest.digest_size)
        yield Scheme("rsa-pkcs1", digest.name), partial(key.verify, proof, challenge, padding.PKCS1v15(), digest)
        yield Scheme("rsa-pss", digest.name), partial(key.verify, proof, challenge, pss, digest)
