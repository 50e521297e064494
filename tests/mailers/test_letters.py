"""Every letter in every language, from its sample: it renders, parses and fetches nothing."""

import re
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import pytest

import mailers
from mailers import LETTERS, Stationery, message, write
from mailers.samples import sample_person
from words import LOCALES

TEMPLATES = Path(mailers.__file__).parent / "templates"
HOTLINE = "8 (017) 308-28-28"
STATIONERY = Stationery(
    sender_email="cabinet@mail.example",
    hotline=HOTLINE,
    document_url="https://app.example/doc/{id}",
    password_url="https://app.example/password#{code}",
    confirm_url="https://app.example/email#{code}",
    public_url="https://cabinet.example",
    mail_domain="mail.example",
)
EACH = [(kind, locale) for kind in LETTERS for locale in LOCALES]


def parsed(kind: str, locale: str) -> EmailMessage:
    letter = write(kind, LETTERS[kind].sample, sample_person(locale), document_key="RG9jdW1lbnQ6MTU")
    sent = message(letter, STATIONERY, message_id="<1.a@mail.example>").as_bytes()
    return BytesParser(EmailMessage, policy=policy.default).parsebytes(sent)


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    content = part.get_content()
    assert isinstance(content, str)
    return content


def test_letters_come_in_pairs() -> None:
    """A29, A32, C5: what the others are told of somebody, he is told too, in words of his own."""
    others = {name.partition(".")[2] for name in LETTERS if name.startswith("member.")}
    assert others == {"added", "blocked", "unblocked", "removed"}
    assert {name for name in LETTERS if name.startswith("you.")} == {f"you.{act}" for act in others} | {
        "you.invited",
        "you.received",
        "you.withdrawn",
    }


def test_each_letter_has_its_templates_and_no_template_is_without_letter() -> None:
    expected = {f"{kind}.{locale}.jinja" for kind, locale in EACH} | {"layout.txt", "layout.html"}
    assert {path.name for path in TEMPLATES.iterdir()} == expected


@pytest.mark.parametrize(("kind", "locale"), EACH)
def test_a_letter_is_text_and_html(kind: str, locale: str) -> None:
    """B6, A33: both parts, the text first, in the reader's language, with the hotline."""
    mail = parsed(kind, locale)
    assert [part.get_content_type() for part in mail.walk() if not part.is_multipart()] == ["text/plain", "text/html"]
    text, html = body(mail, "plain"), body(mail, "html")
    assert HOTLINE in text
    assert HOTLINE in html
    assert f'<html lang="{locale}">' in html
    assert mail["Content-Language"] == locale
    assert "{" not in text + str(mail["Subject"])


@pytest.mark.parametrize(("kind", "locale"), EACH)
def test_a_letter_says_the_same_twice(kind: str, locale: str) -> None:
    """Whoever reads the text misses nothing: every paragraph, fact and link of it stands in the HTML."""
    mail = parsed(kind, locale)
    seen = " ".join(re.sub(r"<[^>]+>", " ", body(mail, "html")).split()) + body(mail, "html")
    missing = [line for line in body(mail, "plain").splitlines() if line.strip("- ") and ": " not in line]
    assert [line for line in missing if line.removesuffix(":") not in seen] == []


@pytest.mark.parametrize(("kind", "locale"), EACH)
def test_a_letter_fetches_nothing(kind: str, locale: str) -> None:
    """No image, style sheet or script from anywhere, so that opening it tells nobody."""
    html = body(parsed(kind, locale), "html").lower()
    assert re.findall(r"<(?:script|img|link|iframe|base|form|object|embed)\b|\bsrc=|url\(|@import|\son\w+=", html) == []
    assert set(re.findall(r'https?://[^/"<]+', html)) <= {"https://app.example", "https://cabinet.example"}


@pytest.mark.parametrize(("kind", "locale"), EACH)
def test_a_letter_fits_into_smtp(kind: str, locale: str) -> None:
    """RFC 5322: no line over 998 octets, and seven bits only."""
    letter = write(kind, LETTERS[kind].sample, sample_person(locale))
    sent = message(letter, STATIONERY, message_id="<1.a@mail.example>").as_bytes()
    assert sent.isascii()
    assert max(map(len, sent.splitlines())) <= 998


@pytest.mark.parametrize("locale", LOCALES)
def test_the_languages_are_not_mixed(locale: str) -> None:
    """Russian has no ў and і, Belarusian no и and щ, English no Cyrillic in its templates."""
    strangers = {"ru": "[іў]", "be": "[ищъ]", "en": "[а-яёіў]"}[locale]
    templates = {path.name: path.read_text().lower() for path in TEMPLATES.glob(f"*.{locale}.jinja")}
    assert [name for name, text in templates.items() if re.search(strangers, text)] == []


def test_an_unknown_language_is_russian() -> None:
    assert parsed("document.received", "de")["Content-Language"] == "ru"
