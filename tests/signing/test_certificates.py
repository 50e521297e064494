"""What a certificate says, and whether it names the account's person."""

from dataclasses import replace
from hashlib import sha256

import pytest
from ca import ISSUER, KOLESNIK, LIVE, Holder, issue, key
from cryptography import x509
from cryptography.x509.oid import NameOID
from forge import tlv

from signing.certificates import (
    NAME,
    OTHER,
    PERSONAL_ID,
    SAME,
    UNKNOWN,
    CertificateFacts,
    Owner,
    describe,
    match_owner,
)

OWN = key("p256", 40)


def fold(word: str) -> str:
    """As the member search folds: case, and ё as е."""
    return word.casefold().replace("ё", "е")


def holder(*parts: tuple[x509.ObjectIdentifier, str], extra: tuple[x509.ExtensionType, ...] = ()) -> Holder:
    """A person with this subject."""
    subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])
    return issue(subject, own=OWN, by=ISSUER, extra=tuple((extension, False) for extension in extra))


GOSSUOK = holder(
    (NameOID.SURNAME, "Урбанович"),
    (NAME, "Мария Семёновна"),
    (NameOID.ORGANIZATION_NAME, "ОАО «Пример»"),
    (PERSONAL_ID, "4010190A001PB1"),
    (NameOID.EMAIL_ADDRESS, "maryia@example.org"),
    extra=(x509.SubjectAlternativeName([x509.RFC822Name("Maryia@Example.org")]),),
)


def test_a_certificate_is_described() -> None:
    """All that a person is shown of it, and all that the owner rule reads."""
    facts = describe(GOSSUOK.der)

    assert facts == CertificateFacts(
        subject_name="Урбанович Мария Семёновна",
        organization_name="ОАО «Пример»",
        issuer_name="Test Issuer",
        serial_number=format(GOSSUOK.certificate.serial_number, "x"),
        thumbprint_sha256=sha256(GOSSUOK.der).hexdigest(),
        valid_from=LIVE[0],
        valid_to=LIVE[1],
        emails=("Maryia@Example.org", "maryia@example.org"),
        surname="Урбанович",
        given_names="Мария Семёновна",
        personal_id="4010190A001PB1",
    )


def test_a_plain_certificate_has_a_common_name() -> None:
    """And nothing where it says nothing."""
    facts = describe(KOLESNIK.der)

    assert (facts.subject_name, facts.organization_name) == ("Kolesnik Alena", None)
    assert (facts.surname, facts.given_names, facts.personal_id) == (None, None, None)


def test_a_certificate_without_a_name_is_described_all_the_same() -> None:
    """Its whole subject stands for the name."""
    assert describe(holder((NameOID.COUNTRY_NAME, "BY")).der).subject_name == "C=BY"


@pytest.mark.parametrize("blob", [b"", b"nothing", KOLESNIK.der[:-1], KOLESNIK.der + b"\x00", b"\x30\x80\x00\x00"])
def test_what_is_no_certificate_is_refused(blob: bytes) -> None:
    """ValueError, and nothing else."""
    with pytest.raises(ValueError, match="certificate"):
        describe(blob)


@pytest.mark.parametrize(
    "extension",
    [
        x509.SubjectAlternativeName([x509.DirectoryName(x509.Name([x509.NameAttribute(PERSONAL_ID, "301")]))]),
        x509.UnrecognizedExtension(PERSONAL_ID, tlv(0x0C, b"301")),
        x509.UnrecognizedExtension(PERSONAL_ID, tlv(0x13, b"301")),
    ],
    ids=["directoryName", "extension, UTF8String", "extension, PrintableString"],
)
def test_the_personal_number_is_found_beside_the_subject(extension: x509.ExtensionType) -> None:
    """Where the client code of GosSUOK was seen to look."""
    certificate = holder((NameOID.COMMON_NAME, "Somebody"), extra=(extension,))

    assert describe(certificate.der).personal_id == "301"


def test_the_serial_number_of_the_subject_is_a_personal_number() -> None:
    """eIDAS writes it there."""
    assert describe(holder((NameOID.SERIAL_NUMBER, "PNOBY-301")).der).personal_id == "PNOBY-301"


FACTS = replace(describe(GOSSUOK.der), emails=())


@pytest.mark.parametrize(
    ("facts", "display_name", "email", "expected"),
    [
        (describe(GOSSUOK.der), "Кто-то Другой", "MARYIA@example.org", SAME),
        (describe(GOSSUOK.der), "Урбанович Мария Семёновна", "other@example.org", OTHER),
        (FACTS, "Урбанович Мария Семёновна", "other@example.org", SAME),
        (FACTS, "мария семеновна УРБАНОВИЧ", "other@example.org", SAME),
        (FACTS, "Колесник Алёна", "other@example.org", OTHER),
        (FACTS, "Урбанович Мария", "other@example.org", OTHER),
        (FACTS, "", "other@example.org", UNKNOWN),
        (replace(FACTS, surname=None), "Урбанович Мария Семёновна", "other@example.org", UNKNOWN),
        (replace(FACTS, given_names=None), "Урбанович Мария Семёновна", "", UNKNOWN),
    ],
    ids=[
        "an address decides before the name",
        "another address",
        "no address, same name",
        "order, case and ё do not count",
        "another name",
        "a name that says less",
        "an account without a name",
        "no surname",
        "no given names",
    ],
)
def test_the_first_rule_with_values_on_both_sides_decides(
    facts: CertificateFacts, display_name: str, email: str, expected: Owner
) -> None:
    """Address, then name; UNKNOWN is not OTHER."""
    assert match_owner(facts, display_name=display_name, email=email, fold=fold).result is expected


def test_the_rule_is_reported_without_the_values() -> None:
    """Hashes of both sides, alike when the values are."""
    match = match_owner(FACTS, display_name="Мария Семёновна Урбанович", email="", fold=fold)

    assert (match.result, match.rule) == (SAME, "name")
    assert match.certificate_sha256 == match.account_sha256
    assert len(match.account_sha256 or "") == 64
