"""What a certificate says of its person, and whether that is the person of the account.

An identity document's number is read where GosSUOK was seen to put it (1.2.112.1.2.1.1.1.1.1: in the subject, in
subjectAltName's directoryName, in an extension of that OID), then from serialNumber (eIDAS). Given names stand in
2.5.4.41, for others in 2.5.4.42.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from hashlib import sha256

from cryptography import x509
from cryptography.x509.oid import NameOID

from signing.der import text
from signing.parts import UNREADABLE, Parts, take_apart
from signing.verdicts import Finding

PERSONAL_ID = x509.ObjectIdentifier("1.2.112.1.2.1.1.1.1.1")
NAME = x509.ObjectIdentifier("2.5.4.41")

Fold = Callable[[str], str]


class Owner(Enum):
    """Whether the certificate names the account's person; UNKNOWN when no rule has a value on both sides."""

    SAME = "SAME"
    OTHER = "OTHER"
    UNKNOWN = "UNKNOWN"


SAME, OTHER, UNKNOWN = Owner


@dataclass(frozen=True, kw_only=True)
class CertificateFacts:
    """A certificate in words. Serial number and thumbprint are lower-case hex, times aware UTC."""

    subject_name: str
    organization_name: str | None
    issuer_name: str
    serial_number: str
    thumbprint_sha256: str
    valid_from: datetime
    valid_to: datetime
    emails: tuple[str, ...]
    surname: str | None
    given_names: str | None
    personal_id: str | None


@dataclass(frozen=True, kw_only=True)
class OwnerMatch:
    """Which rule decided, and the SHA-256 (hex) of both values: the report must not spread what it compares."""

    result: Owner
    rule: str | None = None
    certificate_sha256: str | None = None
    account_sha256: str | None = None


def describe(der: bytes) -> CertificateFacts:
    """The facts of a DER X.509 certificate; ValueError for anything else."""
    parts = take_apart(der)
    try:
        return _facts(parts)
    except (Finding, *UNREADABLE) as error:
        raise ValueError(f"a certificate whose names cannot be read: {error}") from error


def match_owner(facts: CertificateFacts, *, display_name: str, email: str, fold: Fold) -> OwnerMatch:
    """Whether the certificate names this account, and by which rule: the first with a value on both sides decides.

    `fold` makes words comparable, as in the member search. An account has no identity document's number yet, so
    `personal-id` never applies. E-mail addresses are the same when they fold alike, names when surname and given names
    are the same set of folded words.
    """
    emails = frozenset(fold(address) for address in facts.emails)
    if emails and email:
        return _match("email", emails, frozenset({fold(email)}), is_same=fold(email) in emails)
    words, account = _words(f"{facts.surname or ''} {facts.given_names or ''}", fold), _words(display_name, fold)
    if facts.surname and facts.given_names and account:
        return _match("name", words, account, is_same=words == account)
    return OwnerMatch(result=UNKNOWN)


def _match(rule: str, certificate: frozenset[str], account: frozenset[str], *, is_same: bool) -> OwnerMatch:
    return OwnerMatch(
        result=SAME if is_same else OTHER,
        rule=rule,
        certificate_sha256=_sha256(certificate),
        account_sha256=_sha256(account),
    )


def _sha256(values: frozenset[str]) -> str:
    return sha256("\n".join(sorted(values)).encode()).hexdigest()


def _words(name: str, fold: Fold) -> frozenset[str]:
    return frozenset(fold(name).split())


def _facts(parts: Parts) -> CertificateFacts:
    parsed, subject = parts.parsed, parts.parsed.subject
    surname = _first(subject, NameOID.SURNAME)
    given_names = _first(subject, NAME) or _first(subject, NameOID.GIVEN_NAME)
    return CertificateFacts(
        subject_name=_first(subject, NameOID.COMMON_NAME) or _joined(surname, given_names) or _whole(subject),
        organization_name=_first(subject, NameOID.ORGANIZATION_NAME),
        issuer_name=_authority(parsed.issuer),
        serial_number=format(parsed.serial_number, "x"),
        thumbprint_sha256=sha256(parts.whole).hexdigest(),
        valid_from=parsed.not_valid_before_utc,
        valid_to=parsed.not_valid_after_utc,
        emails=tuple(dict.fromkeys(_emails(parts))),
        surname=surname,
        given_names=given_names,
        personal_id=_personal_id(parts),
    )


def _authority(name: x509.Name) -> str:
    return _first(name, NameOID.COMMON_NAME) or _first(name, NameOID.ORGANIZATION_NAME) or _whole(name)


def _joined(surname: str | None, given_names: str | None) -> str:
    return " ".join(part for part in (surname, given_names) if part)


def _whole(name: x509.Name) -> str:
    return name.rfc4514_string()


def _first(name: x509.Name, oid: x509.ObjectIdentifier) -> str | None:
    for part in name.get_attributes_for_oid(oid):
        if isinstance(part.value, str) and part.value.strip():
            return part.value.strip()
    return None


def _alternatives(parts: Parts) -> x509.SubjectAlternativeName | None:
    return parts.extension(x509.SubjectAlternativeName)


def _emails(parts: Parts) -> Iterator[str]:
    alternatives = _alternatives(parts)
    if alternatives is not None:
        yield from alternatives.get_values_for_type(x509.RFC822Name)
    for part in parts.parsed.subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS):
        if isinstance(part.value, str):
            yield part.value


def _personal_id(parts: Parts) -> str | None:
    subject = parts.parsed.subject
    return (
        _first(subject, PERSONAL_ID)
        or _personal_id_beside(parts)
        or _personal_id_extension(parts)
        or _first(subject, NameOID.SERIAL_NUMBER)
    )


def _personal_id_beside(parts: Parts) -> str | None:
    alternatives = _alternatives(parts)
    names = [] if alternatives is None else alternatives.get_values_for_type(x509.DirectoryName)
    return next((found for name in names if (found := _first(name, PERSONAL_ID))), None)


def _personal_id_extension(parts: Parts) -> str | None:
    for extension in parts.extensions:
        if extension.oid == PERSONAL_ID and isinstance(extension.value, x509.UnrecognizedExtension):
            return text(extension.value.value)
    return None
