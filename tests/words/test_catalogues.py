"""The catalogues: compiled as written, the same keys and facts in every language, words for every contract name."""

import gettext
from collections.abc import Iterator
from io import BytesIO

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from words import LOCALES, knows, language, reason_message, say, say_many
from words.catalogue import DOMAIN, FOLDER, needs
from words.compile import compiled, source

# Names of schema.graphql, stage 1.
FOLDERS = "ALL INCOMING OUTGOING INTERNAL DRAFTS AWAITING_US AWAITING_COUNTERPARTY SIGNED REJECTED ARCHIVE"
STATUSES = "DRAFT SENT DELIVERED AWAITING_SIGNATURE SIGNED REJECTED WITHDRAWN EXPIRED"
WARNINGS = "RECIPIENT_DIFFERS SENDER_DIFFERS CERTIFICATE_OWNER_DIFFERS"
ROLES = "MEMBER ADMIN"
CHANNELS = "HOTLINE PERSONAL_MANAGER SELF_SERVICE API SYSTEM"
CANNOT_SIGN = """
    NOT_A_PERSON NO_SIGNING_KEY SIGNATURE_NOT_REQUIRED OWN_DOCUMENT ALREADY_SIGNED REJECTED WITHDRAWN EXPIRED
    FILE_MISSING
"""
ERROR_CODES = """
    UNAUTHENTICATED BAD_REQUEST GRAPHQL_PARSE_FAILED GRAPHQL_VALIDATION_FAILED BAD_USER_INPUT REQUEST_TOO_LARGE
    QUERY_TOO_DEEP QUERY_TOO_COMPLEX COST_LIMIT_EXCEEDED RATE_LIMITED OVERLOADED UNAVAILABLE TIMEOUT UNKNOWN_OUTCOME
    INTERNAL REQUIRED INVALID TOO_LONG NOT_FOUND FORBIDDEN IDEMPOTENCY_KEY_REUSED INVALID_CREDENTIALS TOO_MANY_ATTEMPTS
    TOKEN_EXPIRED CABINET_EXISTS ACCOUNT_EXISTS ALREADY_A_MEMBER MEMBER_IS_BLOCKED MEMBER_IS_REMOVED LAST_ADMIN
    SECOND_OPERATOR_NEEDED CANNOT_SIGN ALREADY_SIGNED DOCUMENT_NOT_OPEN DOCUMENT_CHANGED WARNINGS_NOT_ACKNOWLEDGED
    INTENT_EXPIRED INTENT_USED SIGNATURE_MALFORMED SIGNATURE_DIGEST_MISMATCH SIGNATURE_INVALID SIGNATURE_INDETERMINATE
    ALGORITHM_NOT_ALLOWED CERTIFICATE_MISMATCH CERTIFICATE_EXPIRED CERTIFICATE_REVOKED CERTIFICATE_UNTRUSTED
    UPLOAD_INCOMPLETE UPLOAD_DIGEST_MISMATCH FILE_TOO_LARGE
"""
ACTIVITIES = """
    CABINET_CREATED CABINET_UPDATED OPERATOR_ASSIGNED OPERATOR_UNASSIGNED MEMBER_ADDED MEMBER_BLOCKED MEMBER_UNBLOCKED
    MEMBER_REMOVED MEMBER_UPDATED REGISTRATION_COMPLETED USER_UPDATED CERTIFICATE_REGISTERED CERTIFICATE_REMOVED
    TOKEN_CREATED TOKEN_REVOKED DOCUMENT_RECEIVED DOCUMENT_SENT DOCUMENT_VIEWED DOCUMENT_DOWNLOADED DOCUMENT_SIGNED
    SIGNING_REFUSED DOCUMENT_REJECTED DOCUMENT_WITHDRAWN DOCUMENT_EXPIRED DOCUMENT_ARCHIVED
"""
DETAILS = {
    "INVALID": "LETTER_NOT_FAILED PASSWORD_LENGTH",
    "SIGNATURE_MALFORMED": "NOT_DETACHED SIGNER_COUNT ATTRIBUTES CONTENT_TYPE TOO_LARGE MALFORMED BER",
    "SIGNATURE_INDETERMINATE": "REVOCATION_UNKNOWN ALGORITHM_UNSUPPORTED",
    "CERTIFICATE_MISMATCH": "SIGNING_CERTIFICATE CERTIFICATE_NOT_THE_CHOSEN CERTIFICATE_MISSING",
    "CERTIFICATE_UNTRUSTED": "KEY_USAGE PATH UNTRUSTED",
    "CERTIFICATE_EXPIRED": "EXPIRED NOT_YET_VALID",
}


def messages(locale: str) -> dict[str, Message]:
    with source(locale).open("rb") as po:
        return {str(message.id if isinstance(message.id, str) else message.id[0]): message for message in read_po(po)}


def forms(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def translations(mo: bytes) -> dict[tuple[str, int], str]:
    """Each form of each text; the standard library keeps them where only a test may look."""
    catalogue = vars(gettext.GNUTranslations(BytesIO(mo)))["_catalog"]
    return {(key, 0) if isinstance(key, str) else key: text for key, text in catalogue.items() if key}


def texts(locale: str) -> Iterator[tuple[str, str]]:
    for key, message in messages(locale).items():
        yield from ((key, text) for text in forms(message) if key)


@pytest.mark.parametrize("locale", LOCALES)
def test_the_compiled_catalogue_is_the_written_one(locale: str) -> None:
    """`python -m words.compile` was run after the last change; the header names Babel's version and is left out."""
    committed = (FOLDER / locale / "LC_MESSAGES" / f"{DOMAIN}.mo").read_bytes()
    assert translations(committed) == translations(compiled(locale))


@pytest.mark.parametrize("locale", LOCALES)
def test_every_text_is_there_and_is_final(locale: str) -> None:
    assert [key for key, text in texts(locale) if not text.strip()] == []
    assert [key for key, message in messages(locale).items() if message.fuzzy and key] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_every_language_has_the_same_keys_and_facts(locale: str) -> None:
    expected = {(key, needs(text)) for key, text in texts("ru")}
    assert {(key, needs(text)) for key, text in texts(locale)} == expected


def test_plural_forms_are_complete() -> None:
    """Three forms in Russian and Belarusian, two in English."""
    assert {locale: len(forms(messages(locale)["missed"])) for locale in LOCALES} == {"ru": 3, "be": 3, "en": 2}


def test_every_language_is_its_own() -> None:
    """A sentence that was left in another language shows: Belarusian has no и or щ, Russian no і or ў."""
    assert [key for key, text in texts("be") if set(text.lower()) & set("ищъ")] == []
    assert [key for key, text in texts("ru") if set(text.lower()) & set("іў")] == []
    assert [key for key, text in texts("en") if any("Ѐ" <= letter <= "ӿ" for letter in text)] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_every_name_of_the_contract_has_words(locale: str) -> None:
    keys = [f"folder.{name}" for name in FOLDERS.split()]
    keys += [f"status.{name}.{side}" for name in STATUSES.split() for side in ("us", "them")]
    keys += [f"warning.{name}" for name in WARNINGS.split()] + [f"cannot.{name}" for name in CANNOT_SIGN.split()]
    keys += [f"reason.{name}" for name in ERROR_CODES.split()] + [f"entry.{name}" for name in ACTIVITIES.split()]
    keys += [f"reason.{code}.{detail}" for code, details in DETAILS.items() for detail in details.split()]
    keys += [f"role.{name}" for name in ROLES.split()] + [f"channel.{name}" for name in CHANNELS.split()]
    assert [key for key in keys if not knows(key, locale)] == []


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("code", ERROR_CODES.split())
def test_every_reason_can_be_said_without_facts(code: str, locale: str) -> None:
    """Facts are optional: a refusal never fails for want of one."""
    assert "{" not in reason_message(code, locale)


def test_a_reason_is_said_as_precisely_as_it_is_known() -> None:
    assert reason_message("ALREADY_SIGNED", "ru", by="Урбанович А. А.", at="24.11.2026 12:30") == (
        "Документ уже подписан: Урбанович А. А., 24.11.2026 12:30."
    )
    assert reason_message("ALREADY_SIGNED", "ru", by="Урбанович А. А.") == "Документ уже подписан."
    assert reason_message("CERTIFICATE_EXPIRED", "be", detail="EXPIRED") == "Тэрмін дзеяння сертыфіката скончыўся."
    assert reason_message("CERTIFICATE_EXPIRED", "be", detail="REVOKED") == reason_message("CERTIFICATE_EXPIRED", "be")


def test_saying() -> None:
    """A list is joined, an unknown language is Russian, braces in a fact stay, stops are not doubled."""
    assert say("warning.RECIPIENT_DIFFERS", "ru", expected=["{x}", "Колесник Е. С."], actual="Урбанович А. А.") == (
        "Подписант и получатель документа отличаются. Получатель: {x}, Колесник Е. С. Подписант: Урбанович А. А."
    )
    assert say("folder.INCOMING", "de") == say("folder.INCOMING", "ru") == "Входящие"
    assert language("de") == "ru"
    with pytest.raises(KeyError):
        say("folder.NOWHERE", "ru")
    with pytest.raises(KeyError):
        say("warning.RECIPIENT_DIFFERS", "ru")
    with pytest.raises(KeyError):
        say_many("nothing", "ru", 1)


@pytest.mark.parametrize(
    ("count", "ru", "be", "en"),
    [
        (1, "поступил 1 документ.", "паступіў 1 дакумент.", "1 document came"),
        (3, "поступило 3 документа.", "паступіла 3 дакументы.", "3 documents came"),
        (11, "поступило 11 документов.", "паступіла 11 дакументаў.", "11 documents came"),
        (121, "поступил 121 документ.", "паступіў 121 дакумент.", "121 documents came"),
    ],
)
def test_counting(count: int, ru: str, be: str, en: str) -> None:
    assert say_many("missed", "ru", count) == f"За время блокировки {ru}"
    assert say_many("missed", "be", count) == f"За час блакіроўкі {be}"
    assert say_many("missed", "en", count) == f"{en} during the blocking."


def test_the_catalogues_are_read_by_the_standard_library() -> None:
    assert gettext.find(DOMAIN, FOLDER, ["be"]) is not None
