"""Headers, addresses and hostile text: what a message must be whatever its letter says."""

from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import getaddresses

import pytest
from jinja2 import UndefinedError

from mailers import LETTERS, Person, Stationery, message, write
from mailers.samples import Sample, document_sample, sample_person
from words import say

STATIONERY = Stationery(
    sender_email="cabinet@mail.example",
    hotline=None,
    document_url="https://app.example/doc/{id}",
    password_url=None,
    confirm_url=None,
    public_url="https://cabinet.example",
    mail_domain="mail.example",
)
READER = sample_person("ru")
HOSTILE = "Акт\r\nBcc: all@evil.example\n\n<script>alert(1)</script> \u202efdp.exe {{ 7 * 7 }} {x} \x00\ud800"


def written(
    kind: str, *, entry: Sample | None = None, reader: Person = READER, stationery: Stationery = STATIONERY
) -> bytes:
    letter = write(kind, entry or LETTERS[kind].sample, reader, document_key="RG9jdW1lbnQ6MTU")
    return message(letter, stationery, message_id="<1.a@mail.example>").as_bytes()


def parsed(raw: bytes) -> EmailMessage:
    return BytesParser(EmailMessage, policy=policy.default).parsebytes(raw)


def addresses(raw: bytes, header: str) -> list[tuple[str, str]]:
    """Names and addresses, by RFC 2047; Python 3.11's new parser puts blanks between the parts of an encoded name."""
    pairs = getaddresses([str(message_from_bytes(raw)[header])])
    return [(str(make_header(decode_header(name))), address) for name, address in pairs]


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_the_headers_of_a_letter_about_a_document() -> None:
    """Nobody's holiday reply answers it; a thread per document, a list per cabinet."""
    raw = written("document.received")
    mail = parsed(raw)
    names = {name for name, _ in mail.items()} - {"Content-Type", "MIME-Version", "Date", "From", "To"}
    assert {name: str(mail[name]) for name in names} == {
        "Message-ID": "<1.a@mail.example>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Content-Language": "ru",
        "References": "<document.15@mail.example>",
        "List-Id": "<cabinet-7.mail.example>",
        "Subject": "Поступил документ: Договор поставки № 15 — ОАО «Партнёр»",
    }
    assert addresses(raw, "From") == [("Общий кабинет (ООО «Ромашка»)", "cabinet@mail.example")]
    assert addresses(raw, "To") == [("Урбанович Анна Александровна", "a.urbanovich@romashka.example")]


def test_a_letter_about_an_account_is_of_no_cabinet() -> None:
    raw = written("password.reset")
    mail = parsed(raw)
    assert addresses(raw, "From") == [("Общий кабинет", "cabinet@mail.example")]
    assert [mail[name] for name in ("References", "List-Id", "Reply-To")] == [None, None, None]
    assert "Код: SAMPLE-7K2M-94QD" in body(mail, "plain")


def test_the_sender_is_named_in_the_reader_s_language() -> None:
    raw = written("member.added", reader=sample_person("be"))
    assert addresses(raw, "From") == [("Агульны кабінет (ООО «Ромашка»)", "cabinet@mail.example")]


def test_the_same_message_at_every_try() -> None:
    """A retry is recognised by its Message-ID; a second build must not change it."""
    made = message(write("member.added", LETTERS["member.added"].sample, READER), STATIONERY, message_id="<1.a@b>")
    assert [made.build_message()["Message-ID"] for _ in range(2)] == ["<1.a@b>"] * 2


@pytest.mark.parametrize("locale", ["ru", "be", "en"])
def test_hostile_titles_and_names_stay_text(locale: str) -> None:
    """ED66: no header, line, tag, template or direction of writing comes out of a title or a name."""
    entry = document_sample(title=HOSTILE, organization=HOSTILE, sender=HOSTILE, recipients=[HOSTILE])
    reader = replace(sample_person(locale), name=HOSTILE)
    raw = written("document.received", entry=entry, reader=reader)
    mail = parsed(raw)
    tamed = "Акт Bcc: all@evil.example <script>alert(1)</script> fdp.exe {{ 7 * 7 }} {x}"
    assert mail["Bcc"] is None
    assert tamed in str(mail["Subject"])
    assert addresses(raw, "From") == [(f"{say('letter.sender', locale)} ({tamed})", "cabinet@mail.example")]
    assert addresses(raw, "To") == [(tamed, "a.urbanovich@romashka.example")]
    text, html = body(mail, "plain"), body(mail, "html")
    assert tamed in text
    assert not [line for line in text.splitlines() if line.startswith("Bcc")]
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "\u202e" not in text + html


def test_a_long_title_is_shortened_in_the_subject_alone() -> None:
    """500 characters are allowed; the subject keeps 150 and no header line is over 998 octets."""
    mail = parsed(written("document.received", entry=document_sample(title="Щ" * 500)))
    assert len(str(mail["Subject"])) == 150
    assert str(mail["Subject"]).endswith("Щ…")
    assert "Щ" * 500 in body(mail, "plain")
    assert max(map(len, mail.as_bytes().splitlines())) <= 998


@pytest.mark.parametrize(
    "email",
    [
        "",
        "nobody",
        "@romashka.example",
        "a@",
        "a@x.example, b@y.example",
        "a,b@x.example",
        "a;b@x.example",
        "a@b@x.example",
        '"q"@x.example',
        "<a>@x.example",
        "a@x..example",
        "анна@x.example",
        "a@x.example\nBcc: b@y.example",
    ],
)
def test_an_address_that_cannot_be_written_to_is_refused(email: str) -> None:
    """`emails` would take the first of two, or write a non-ASCII local part wrongly, and say nothing."""
    with pytest.raises(ValueError, match="address"):
        written("member.added", reader=replace(READER, email=email))


def test_a_domain_in_cyrillic_is_written_to() -> None:
    mail = parsed(written("member.added", reader=replace(READER, email="anna@ромашка.example")))
    assert mail["To"].addresses[0].addr_spec == "anna@xn--80aa3agjl3d.example"


def test_a_name_with_commas_and_quotes_is_one_reader() -> None:
    mail = parsed(written("member.added", reader=replace(READER, name='Anna "A", <b@y.example>')))
    assert [address.addr_spec for address in mail["To"].addresses] == ["a.urbanovich@romashka.example"]


def test_links_keep_codes_out_of_logs() -> None:
    """The code stands in the fragment, which no browser sends; what is typed into it is quoted."""
    with pytest.raises(ValueError, match="#"):
        replace(STATIONERY, password_url="https://app.example/password?code={code}")
    with pytest.raises(ValueError, match="id"):
        replace(STATIONERY, document_url="https://app.example/doc")
    stationery = replace(STATIONERY, password_url="https://app.example/password#{code}")
    mail = parsed(written("you.invited", reader=replace(READER, code='a"b/c'), stationery=stationery))
    assert "https://app.example/password#a%22b%2Fc" in body(mail, "plain")
    assert 'href="https://app.example/password#a%22b%2Fc"' in body(mail, "html")


def test_without_a_front_end_there_is_no_link() -> None:
    mail = parsed(written("document.received", stationery=replace(STATIONERY, document_url=None)))
    assert "Открыть документ" not in body(mail, "plain") + body(mail, "html")


def test_a_missing_fact_is_an_error_not_a_gap() -> None:
    """StrictUndefined: better no letter than one that says «Документ: »."""
    letter = write("member.added", LETTERS["member.added"].sample, READER)
    with pytest.raises(UndefinedError):
        message(replace(letter, facts={}, table=()), STATIONERY, message_id="<1.a@mail.example>")
    with pytest.raises(KeyError):
        write("document.signed", document_sample(), READER)
    with pytest.raises(KeyError):
        write("document.eaten", document_sample(), READER)
