"""The verifier that is always there: RSA (PKCS#1 v1.5, PSS), ECDSA, Ed25519, by `cryptography`."""

from collections.abc import Callable, Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from signing import algorithms, der
from signing.algorithms import ECDSA_WITH, ED25519, PSS, RSA_WITH, Hash
from signing.verdicts import Finding, Reason

HASHES: Mapping[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_MGF1 = "1.2.840.113549.1.1.8"
_NULL = b"\x05\x00"


class BuiltIn:
    """`algorithms.AlgorithmVerifier` of the algorithms everybody has."""

    signature_algorithms = frozenset({*RSA_WITH, *ECDSA_WITH, PSS, ED25519})
    digest_algorithms: Mapping[str, Callable[[], Hash]] = {}

    def verify(self, spki: bytes, algorithm: bytes, signature: bytes, signed: bytes) -> bool:
        """Whether the signature fits; Finding ALGORITHM_FORBIDDEN when key and algorithm do not go together."""
        named = der.algorithm(der.decode(der.TLV, algorithm))
        try:
            _verify(algorithms.load_key(spki), named, signature=signature, signed=signed)
        except InvalidSignature:
            return False
        return True


def _verify(key: object, algorithm: der.Algorithm, *, signature: bytes, signed: bytes) -> None:
    oid = algorithm.oid
    match key:
        case rsa.RSAPublicKey() if oid in RSA_WITH and algorithm.parameters in (None, _NULL):
            key.verify(signature, signed, padding.PKCS1v15(), HASHES[RSA_WITH[oid]])
        case rsa.RSAPublicKey() if oid == PSS:
            key.verify(signature, signed, *pss(algorithm))
        case ec.EllipticCurvePublicKey() if oid in ECDSA_WITH and algorithm.parameters is None:
            key.verify(signature, signed, ec.ECDSA(HASHES[ECDSA_WITH[oid]]))
        case ed25519.Ed25519PublicKey() if oid == ED25519 and algorithm.parameters is None:
            key.verify(signature, signed)
        case _:
            raise Finding(Reason.ALGORITHM_FORBIDDEN, f"{oid} does not go with {type(key).__name__}")


def pss(algorithm: der.Algorithm) -> tuple[padding.PSS, hashes.HashAlgorithm]:
    """RSASSA-PSS as declared: one digest for message and mask, a salt no shorter than the digest; else Finding."""
    parameters = der.decode(der.PssParameters, algorithm.parameters or b"")
    digest = HASHES[algorithms.pss_digest(algorithm)]
    salt = 20 if parameters.salt is None else parameters.salt
    if _mask_digest(parameters) != digest.name or parameters.trailer not in (None, 1):
        raise Finding(Reason.ALGORITHM_FORBIDDEN, "PSS: mask or trailer")
    if not digest.digest_size <= salt <= 512:
        raise Finding(Reason.ALGORITHM_FORBIDDEN, f"PSS: salt of {salt}")
    return padding.PSS(mgf=padding.MGF1(digest), salt_length=salt), digest


def _mask_digest(parameters: der.PssParameters) -> str | None:
    mask = parameters.mask
    if mask is None or mask.oid.dotted_string != _MGF1:
        return None
    return algorithms.DIGESTS.get(mask.parameters.oid.dotted_string)
