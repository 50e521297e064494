"""What a row of the table is, and the honest case that each row spoils in one point."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ca import ISSUER, KOLESNIK, NOW, ROOT, Holder, crl, issue, key
from forge import Forge, Pairs, cms, same

from signing.policy import Policy
from signing.revocation import CrlIndex
from signing.verdicts import Reason

ACT = b"act of acceptance, 3 pages"
CRLS = (crl(ROOT), crl(ISSUER))


def policy(
    *,
    anchors: tuple[Holder, ...] = (ROOT,),
    intermediates: tuple[Holder, ...] = (ISSUER,),
    crls: tuple[bytes, ...] = CRLS,
) -> Policy:
    """A policy of holders."""
    return Policy(
        anchors=tuple(anchor.der for anchor in anchors),
        intermediates=tuple(other.der for other in intermediates),
        crls=CrlIndex.of(crls),
    )


POLICY = policy()


@dataclass(frozen=True, kw_only=True)
class Case:
    """One question to `verify_signature`."""

    cms: bytes
    document: bytes = ACT
    certificate: bytes = KOLESNIK.der
    policy: Policy = POLICY
    at: datetime = NOW


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of signing.md §8.1: its number, what is wrong, and the reason that must be found (None: VALID)."""

    number: int
    what: str
    reason: Reason | None
    case: Callable[[], Case]

    @property
    def name(self) -> str:
        """As the test is called."""
        return f"{self.number} {self.what}"


def forged(signer: Holder = KOLESNIK, *, attributes: Callable[[Pairs], Pairs] = same, **knobs: object) -> Forge:
    """A Forge over the act."""
    return Forge(signer=signer, document=ACT, attributes=attributes, **knobs)  # type: ignore[arg-type]  # knobs are Forge's


def signed(signer: Holder = KOLESNIK, *others: Holder, **knobs: object) -> Case:
    """The case of a signer with one of Forge's knobs turned."""
    return Case(cms=cms(forged(signer, **knobs), *others), certificate=signer.der)  # type: ignore[arg-type]  # as above


def person(kind: str, **knobs: object) -> Holder:
    """Somebody with another kind of key."""
    return issue(f"Person {kind}", own=key(kind, 9), by=ISSUER, **knobs)  # type: ignore[arg-type]  # knobs are issue's
