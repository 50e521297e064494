"""From a certificate to an anchor: RFC 5280 path validation by pyhanko-certvalidator, revocation by our CRL index.

The one file that knows the library. Nothing is fetched; paths are built from the policy's stores and at most four
certificates that the message brings, because building them is factorial in certificates of one name.
"""

import logging
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from itertools import islice
from threading import Lock
from typing import Any, TypeVar

from cryptography.exceptions import InvalidSignature
from pyhanko_certvalidator import PKIXValidationParams, ValidationContext
from pyhanko_certvalidator.errors import (
    ExpiredError,
    NotYetValidError,
    PathBuildingError,
    PathValidationError,
    RevokedError,
)
from pyhanko_certvalidator.fetchers.common_utils import unpack_cert_content
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import NO_REVOCATION, REQUIRE_REVINFO, AcceptAllAlgorithms, CertRevTrustPolicy
from pyhanko_certvalidator.sig_validate import (
    DEFAULT_VALIDATION_CONTEXT,
    SignatureValidationContext,
    SignatureValidator,
)
from pyhanko_certvalidator.validate import async_validate_path

from signing.chain import (
    Moment,
    acceptable,
    judge_revocation,
    outside_validity,
    require_live_anchor,
    require_signatures,
    require_usage,
)
from signing.parts import Parts, readable
from signing.policy import Policy, Revocation
from signing.verdicts import Finding, Outcome, PathVerdict, Reason

log = logging.getLogger(__name__)
logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)  # it logs the names of people

MAX_FROM_MESSAGE = 4
MAX_PATHS = 32

Result = TypeVar("Result")
Library = Any  # asn1crypto ships no types; its objects pass through here unread

# asn1crypto reads lazily, into objects that are kept: two threads must not read at once. All Python: nothing is lost.
_library = Lock()


def judge(leaf: Parts, *, brought: tuple[bytes, ...], policy: Policy, moment: Moment) -> PathVerdict:
    """What the certificate is worth at that moment; `brought` are the certificates of its message, in its order.

    Answers are kept for a minute of `moment`, so that a batch by one person costs one path.
    """
    wrong = outside_validity(leaf, at=moment.at)
    if wrong:
        return wrong
    extra = _extra(leaf, brought, policy)
    return policy.paths.remember(
        (leaf.whole, extra, moment.minute), lambda: _judge(leaf, extra=extra, policy=policy, moment=moment)
    )


def _extra(leaf: Parts, brought: tuple[bytes, ...], policy: Policy) -> tuple[bytes, ...]:
    ours = {leaf.whole, *policy.anchors, *policy.intermediates}
    fresh = dict.fromkeys(parts.whole for parts in readable(brought) if parts.whole not in ours)
    return tuple(islice(fresh, MAX_FROM_MESSAGE))


def _judge(leaf: Parts, *, extra: tuple[bytes, ...], policy: Policy, moment: Moment) -> PathVerdict:
    with _library:
        try:
            return _best(_Search(leaf, extra=extra, policy=policy, moment=moment).verdicts())
        except Finding as finding:
            return PathVerdict(reason=finding.reason, detail=finding.detail)


def _best(verdicts: Iterator[PathVerdict]) -> PathVerdict:
    best = PathVerdict(reason=Reason.UNTRUSTED, detail="no path to an anchor")
    for verdict in verdicts:
        if verdict.reason is None:
            return verdict
        if not best.chain or _weight(verdict.reason) > _weight(best.reason):
            best = verdict
    return best


def _weight(reason: Reason | None) -> int:
    # The signer's own revocation outweighs a doubt on another path, a doubt outweighs what is wrong with a path.
    if reason is Reason.REVOKED:
        return 3
    if reason is not None and reason.outcome is Outcome.CANNOT_TELL:
        return 2
    return 0 if reason is Reason.UNTRUSTED else 1


class _Checked(SignatureValidator):
    """For the certificates of a path: `chain.require_signatures` has checked them over their original bytes."""

    def validate_signature(
        self,
        signature: bytes,
        signed_data: bytes,
        public_key_info: Library,
        signature_algorithm: Library,
        context: SignatureValidationContext = DEFAULT_VALIDATION_CONTEXT,
    ) -> None:
        pass


class _ByTable(SignatureValidator):
    """For lists and those who sign them: by our table. What it does not know leaves it as a Finding, never as
    "invalid": the library's own AlgorithmNotSupported is an InvalidSignature."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def validate_signature(
        self,
        signature: bytes,
        signed_data: bytes,
        public_key_info: Library,
        signature_algorithm: Library,
        context: SignatureValidationContext = DEFAULT_VALIDATION_CONTEXT,
    ) -> None:
        is_right = self._policy.table.verify(
            spki=public_key_info.dump(),
            algorithm=signature_algorithm.dump(),
            signature=signature,
            signed=signed_data,
            limits=self._policy.limits,
        )
        if not is_right:
            raise InvalidSignature


class _Search:
    """One certificate's candidate paths and what each is worth."""

    def __init__(self, leaf: Parts, *, extra: tuple[bytes, ...], policy: Policy, moment: Moment) -> None:
        self._policy = policy
        self._moment = moment
        self._whole: dict[int, bytes] = {}
        with _border():
            self._context = self._open(extra)
            self._paths = self._context.path_builder.async_build_paths_lazy(self._load(leaf.whole))

    def verdicts(self) -> Iterator[PathVerdict]:
        """The worth of each candidate path, anchors first, then our store, then the message's."""
        for _ in range(MAX_PATHS):
            try:
                path = _now(self._paths.__anext__())
            except (StopAsyncIteration, PathBuildingError):
                return
            yield self._worth(path)

    def _open(self, extra: tuple[bytes, ...], *, crls: tuple[bytes, ...] = ()) -> ValidationContext:
        """With lists revocation is judged too, at its own time; without, it is not asked."""
        return ValidationContext(
            trust_roots=[self._load(anchor) for anchor in self._policy.anchors],
            # Ours first: the order decides which of two candidates is tried, and must not depend on chance.
            other_certs=[*map(self._load, self._policy.intermediates), *self._loadable(extra)],
            moment=self._moment.revocation_at if crls else self._moment.at,
            crls=crls,
            revinfo_policy=CertRevTrustPolicy(
                REQUIRE_REVINFO if crls else NO_REVOCATION, retroactive_revinfo=self._moment.is_retroactive
            ),
            time_tolerance=timedelta(0),
            allow_fetching=False,
            algorithm_usage_policy=AcceptAllAlgorithms(),  # ours are in the table
            signature_validator=_ByTable(self._policy) if crls else _Checked(),
        )

    def _loadable(self, extra: tuple[bytes, ...]) -> Iterator[Library]:
        """Those of the message that the library can read; a broken one must not spoil the honest ones beside it."""
        for certificate in extra:
            try:
                with _border():
                    loaded = self._load(certificate)
                    # What its stores will ask for, read now.
                    _ = (loaded.issuer_serial, loaded.public_key.sha1, loaded.key_identifier, loaded.subject.hashable)
            except Finding:
                continue
            yield loaded

    def _load(self, certificate: bytes) -> Library:
        loaded = _load(certificate)
        self._whole[id(loaded)] = certificate
        return loaded

    def _worth(self, path: ValidationPath) -> PathVerdict:
        chain = tuple(self._whole[id(found)] for found in path.iter_certs(include_root=True))[::-1]
        try:
            parts = [acceptable(certificate) for certificate in chain]
            require_signatures(parts, policy=self._policy)
            self._validate(path)
            require_live_anchor(parts[-1], at=self._moment.at)
            require_usage(parts[0], policy=self._policy)
        except Finding as finding:
            return PathVerdict(reason=finding.reason, detail=finding.detail, chain=chain)
        return replace(self._revocation(path, parts), chain=chain)

    def _validate(self, path: ValidationPath) -> None:
        try:
            _now(async_validate_path(self._context, path, _parameters(self._policy)))
        except (ExpiredError, NotYetValidError) as error:
            raise Finding(Reason.UNTRUSTED, "an issuer has expired or is not valid yet") from error
        except PathValidationError as error:
            # Its further sentences may quote names.
            raise Finding(Reason.PATH, str(error).split(". ")[0]) from error

    def _revocation(self, path: ValidationPath, parts: list[Parts]) -> PathVerdict:
        others = self._policy.crls.others_concerning(parts)
        if not others or self._policy.revocation is Revocation.OFF:
            return judge_revocation(parts, policy=self._policy, moment=self._moment)
        plain = (crl for certificate in parts for crl in self._policy.crls.by(certificate.parsed.issuer))
        crls = tuple(dict.fromkeys(crl.whole for crl in (*others, *plain)))
        return self._revocation_by_library(_afresh(path, parts), crls)

    def _revocation_by_library(self, path: ValidationPath, crls: tuple[bytes, ...]) -> PathVerdict:
        """For partitioned, indirect and delta lists, which the index does not read."""
        try:
            with _border():
                context = self._open((), crls=crls)
            _now(async_validate_path(context, path, _parameters(self._policy)))
        except RevokedError as error:
            reason = Reason.REVOKED if error.is_ee_cert else Reason.ISSUER_REVOKED
            return PathVerdict(reason=reason, detail="revoked by a list of another kind", revocation=crls)
        except (PathValidationError, Finding) as error:
            detail = type(error).__name__  # its text may quote names
            return PathVerdict(reason=Reason.REVOCATION_UNKNOWN, detail=detail, revocation=crls)
        return PathVerdict(revocation=crls)


def _afresh(path: ValidationPath, parts: list[Parts]) -> ValidationPath:
    """The same path of certificates that the library has not read yet: what it has read may be written otherwise."""
    leaf, *issuers = (_read(certificate.whole) for certificate in parts[:-1])
    return ValidationPath(path.trust_anchor, issuers[::-1], leaf)


def _parameters(policy: Policy) -> PKIXValidationParams:
    if policy.certificate_policies is None:
        return PKIXValidationParams()
    return PKIXValidationParams(user_initial_policy_set=policy.certificate_policies, initial_explicit_policy=True)


def _read(certificate: bytes) -> Library:
    (found,) = unpack_cert_content(certificate, "application/pkix-cert", "", permit_pem=False)
    return found


_load = lru_cache(maxsize=512)(_read)


@contextmanager
def _border() -> Iterator[None]:
    """Around the library: whatever it was not meant to raise is a path that cannot be relied upon."""
    try:
        yield
    except (Finding, PathValidationError, PathBuildingError, StopAsyncIteration):
        raise
    except Exception as error:  # RecursionError, NotImplementedError, TypeError … were all seen (T11)
        log.warning("path.library_failed", extra={"error": repr(error)})
        raise Finding(Reason.PATH, f"path validation failed: {error!r}") from error


def _now(awaitable: Awaitable[Result]) -> Result:
    """Runs what never waits, as the library's coroutines while it fetches nothing; needs no event loop."""
    with _border():
        try:
            next(awaitable.__await__())
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]  # StopIteration does not know its type
        raise RuntimeError("the library wanted to wait")
