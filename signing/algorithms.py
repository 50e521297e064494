"""Which algorithms count, and who computes them: a table OID -> verifier, and the limits a policy sets.

Known to be weak is `Reason.ALGORITHM_FORBIDDEN`; unknown is `Reason.ALGORITHM_UNSUPPORTED` and proves nothing. Other
countries' algorithms (bign, GOST) come as plug-ins (`plugins`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from signing import der
from signing.verdicts import Finding, Reason

RSA = "1.2.840.113549.1.1.1"
PSS = "1.2.840.113549.1.1.10"
ED25519 = "1.3.101.112"

DIGESTS: Mapping[str, str] = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
"""OID -> name as `hashlib` knows it."""

RSA_WITH: Mapping[str, str] = {
    "1.2.840.113549.1.1.11": "sha256",
    "1.2.840.113549.1.1.12": "sha384",
    "1.2.840.113549.1.1.13": "sha512",
}
ECDSA_WITH: Mapping[str, str] = {
    "1.2.840.10045.4.3.2": "sha256",
    "1.2.840.10045.4.3.3": "sha384",
    "1.2.840.10045.4.3.4": "sha512",
}

WEAK = frozenset(
    {
        "1.2.840.113549.2.2",  # MD2
        "1.2.840.113549.2.4",  # MD4
        "1.2.840.113549.2.5",  # MD5
        "1.3.14.3.2.26",  # SHA-1
        "1.3.36.3.2.1",  # RIPEMD-160
        "2.16.840.1.101.3.4.2.4",  # SHA-224
        "1.2.840.113549.1.1.2",  # RSA with MD2
        "1.2.840.113549.1.1.3",  # RSA with MD4
        "1.2.840.113549.1.1.4",  # RSA with MD5
        "1.2.840.113549.1.1.5",  # RSA with SHA-1
        "1.3.14.3.2.29",  # RSA with SHA-1, an older name
        "1.2.840.113549.1.1.14",  # RSA with SHA-224
        "1.2.840.10045.4.1",  # ECDSA with SHA-1
        "1.2.840.10045.4.3.1",  # ECDSA with SHA-224
        "1.2.840.10040.4.1",  # DSA
        "1.2.840.10040.4.3",  # DSA with SHA-1
        "2.16.840.1.101.3.4.3.1",  # DSA with SHA-224
        "2.16.840.1.101.3.4.3.2",  # DSA with SHA-256
    }
)
"""Digest and signature OIDs that prove nothing any more."""


class Unsupported(Exception):
    """A verifier's word for "I do not know this key or these parameters"; becomes CANNOT_TELL."""


class Hash(Protocol):
    """What `hashlib` gives."""

    def update(self, data: bytes, /) -> None:
        """Takes more bytes."""

    def digest(self) -> bytes:
        """The digest so far."""


class AlgorithmVerifier(Protocol):
    """One family of algorithms; a plug-in registers an instance under "cabinet.verifiers"."""

    @property
    def signature_algorithms(self) -> frozenset[str]:
        """The OIDs it verifies."""

    @property
    def digest_algorithms(self) -> Mapping[str, Callable[[], Hash]]:
        """Digests of its own, OID -> constructor."""

    def verify(self, spki: bytes, algorithm: bytes, signature: bytes, signed: bytes) -> bool:
        """Whether the signature fits: SubjectPublicKeyInfo and AlgorithmIdentifier in DER. Raises Unsupported."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a policy allows: digest names, curve names as `cryptography` spells them, RSA sizes in bits."""

    digests: frozenset[str]
    curves: frozenset[str]
    min_rsa: int
    max_rsa: int


@dataclass(frozen=True)
class Table:
    """Signature OID -> verifier, digest OID -> name; built once."""

    verifiers: Mapping[str, AlgorithmVerifier]
    digests: Mapping[str, str]

    def digest_name(self, oid: str, *, limits: Limits) -> str:
        """The digest's name: `hashlib`'s, or a plug-in's OID; Finding when it is weak or unknown."""
        name = self.digests.get(oid)
        if oid in WEAK or (name in DIGESTS.values() and name not in limits.digests):
            raise Finding(Reason.ALGORITHM_FORBIDDEN, f"digest {oid}")
        if name is None:
            raise Finding(Reason.ALGORITHM_UNSUPPORTED, f"digest {oid}")
        return name

    def verifier(self, oid: str) -> AlgorithmVerifier:
        """Who computes this signature algorithm; Finding when it is weak or nobody does."""
        if oid in WEAK:
            raise Finding(Reason.ALGORITHM_FORBIDDEN, f"signature algorithm {oid}")
        if oid not in self.verifiers:
            raise Finding(Reason.ALGORITHM_UNSUPPORTED, f"signature algorithm {oid}")
        return self.verifiers[oid]

    def verify(self, *, spki: bytes, algorithm: bytes, signature: bytes, signed: bytes, limits: Limits) -> bool:
        """Whether the signature fits, all limits kept; Finding for a key or an algorithm that may not count."""
        oid = der.algorithm(der.decode(der.TLV, algorithm)).oid
        verifier = self.verifier(oid)
        check_key(spki, limits=limits)
        try:
            return verifier.verify(spki, algorithm, signature, signed)
        except Unsupported as error:
            raise Finding(Reason.ALGORITHM_UNSUPPORTED, f"{oid}: {error}") from error


def table(*verifiers: AlgorithmVerifier) -> Table:
    """The table of these verifiers; our own digests are always in it."""
    return Table(
        verifiers={oid: verifier for verifier in verifiers for oid in verifier.signature_algorithms},
        digests={**{oid: oid for verifier in verifiers for oid in verifier.digest_algorithms}, **DIGESTS},
    )


@lru_cache(maxsize=256)
def load_key(spki: bytes) -> object:
    """The public key; raises Unsupported for a kind that `cryptography` does not know, ValueError for a broken one."""
    try:
        return load_der_public_key(spki)
    except UnsupportedAlgorithm as error:
        raise Unsupported(str(error)) from error


def check_key(spki: bytes, *, limits: Limits) -> None:
    """Finding for a key of a known kind outside the limits; a plug-in's keys are the plug-in's business."""
    try:
        key = load_key(spki)
    except Unsupported:
        return
    except (ValueError, TypeError) as error:
        raise Finding(Reason.ALGORITHM_FORBIDDEN, f"key: {error}") from error
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name not in limits.curves:
        raise Finding(Reason.ALGORITHM_FORBIDDEN, f"curve {key.curve.name}")
    if isinstance(key, rsa.RSAPublicKey):
        _check_rsa(key.key_size, limits=limits)


def _check_rsa(size: int, *, limits: Limits) -> None:
    if size < limits.min_rsa:
        raise Finding(Reason.KEY_TOO_SMALL, f"RSA-{size}")
    if size > limits.max_rsa:
        raise Finding(Reason.ALGORITHM_FORBIDDEN, f"RSA-{size}")


def named_in_cms(algorithm: der.Algorithm, *, digest: str) -> der.Algorithm:
    """The signature algorithm of a SignerInfo, complete: its digest must be the SignerInfo's own.

    The bare rsaEncryption OID leaves the digest to the SignerInfo (RFC 8933 clients and openssl write it so);
    Ed25519 in CMS goes with SHA-512 alone (RFC 8419). Finding ALGORITHM_FORBIDDEN for a contradiction.
    """
    if algorithm.oid == RSA and digest in _RSA_OF:
        return der.Algorithm(_RSA_OF[digest], None)
    own = pss_digest(algorithm) if algorithm.oid == PSS else _DIGEST_OF.get(algorithm.oid, digest)
    if own != digest:
        raise Finding(Reason.ALGORITHM_FORBIDDEN, f"{algorithm.oid} with {digest}")
    return algorithm


_RSA_OF = {name: oid for oid, name in RSA_WITH.items()}
_DIGEST_OF = {**RSA_WITH, **ECDSA_WITH, ED25519: "sha512"}


def pss_digest(algorithm: der.Algorithm) -> str:
    """The digest of RSASSA-PSS parameters; Finding when they name no digest of ours (absent means SHA-1)."""
    parameters = der.decode(der.PssParameters, algorithm.parameters or b"")
    oid = parameters.hash.oid.dotted_string if parameters.hash else "1.3.14.3.2.26"
    if oid not in DIGESTS:
        raise Finding(Reason.ALGORITHM_FORBIDDEN, f"PSS with {oid}")
    return DIGESTS[oid]
