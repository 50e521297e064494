"""A letter becomes an e-mail: text first, HTML beside it, and the headers that keep it out of trouble.

Fenced traps of `emails` 1.1.3: it has no autoescape, takes "a@x, b@y" for one address, writes a non-ASCII local part
wrongly, drops the zone of an aware date (none is passed) and makes a new Message-ID on every build (ours is passed).
"""

from dataclasses import dataclass
from urllib.parse import quote

from emails.message import Message

from mailers.letters import Letter, Person, one_line
from mailers.pages import Page, html, subject, text
from models.accounts import is_deliverable
from words import language, say

SUBJECT_LENGTH = 150


@dataclass(frozen=True)
class Stationery:
    """What the server's owner puts on every letter.

    `document_url` has `{id}`; `password_url` and `confirm_url` have `{code}` behind a `#`, so that no server logs it.
    Raises ValueError for a template without them.
    """

    sender_email: str
    hotline: str | None
    document_url: str | None
    password_url: str | None
    public_url: str
    mail_domain: str
    confirm_url: str | None = None

    def __post_init__(self) -> None:
        if self.document_url and "{id}" not in self.document_url:
            raise ValueError("document_url needs {id}")
        for name in ("password_url", "confirm_url"):
            url: str | None = getattr(self, name)
            if url and "{code}" not in url.partition("#")[2]:
                raise ValueError(f"{name} needs {{code}} behind a #")


def message(letter: Letter, stationery: Stationery, *, message_id: str) -> Message:
    """The e-mail to the letter's one reader. `message_id` is `<…@…>`, the same at every try, at most 65 characters.

    Raises ValueError for an address that cannot be written to, jinja2.UndefinedError for a fact that a template lacks.
    """
    page = _page(letter, stationery)
    return Message(
        subject=_shortened(one_line(subject(page))),
        text=text(page),
        html=html(page),
        mail_from=(_sender(letter), stationery.sender_email),
        mail_to=[(one_line(letter.to.name), _address(letter.to))],
        headers=_headers(letter, stationery),
        message_id=message_id,
    )


def _page(letter: Letter, stationery: Stationery) -> Page:
    return Page(
        template=letter.kind,
        language=language(letter.to.locale),
        name=one_line(letter.to.name),
        facts=letter.facts,
        table=letter.table,
        url=_url(letter, stationery),
        code=None if letter.link in (None, "document") else letter.to.code,
        hotline=stationery.hotline,
        public_url=stationery.public_url,
    )


def _url(letter: Letter, stationery: Stationery) -> str | None:
    match letter.link:
        case "document":
            return _filled(stationery.document_url, "{id}", letter.document_key)
        case "password":
            return _filled(stationery.password_url, "{code}", letter.to.code)
        case "email":
            return _filled(stationery.confirm_url, "{code}", letter.to.code)
    return None


def _filled(template: str | None, name: str, value: str | None) -> str | None:
    return template.replace(name, quote(value, safe="")) if template and value else None


def _sender(letter: Letter) -> str:
    name = say("letter.sender", letter.to.locale)
    organization = letter.facts.get("organization") if letter.cabinet_id is not None else None
    return f"{name} ({organization})" if organization else name


def _address(person: Person) -> str:
    if not is_deliverable(person.email):
        raise ValueError("an address that cannot be written to")
    return person.email


def _headers(letter: Letter, stationery: Stationery) -> dict[str, str]:
    """RFC 3834 keeps holiday replies away; there is no List-Unsubscribe until there is a page for it."""
    headers = {
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Content-Language": language(letter.to.locale),
    }
    if letter.thread:
        headers["References"] = f"<{letter.thread}@{stationery.mail_domain}>"
    if letter.cabinet_id is not None:
        headers["List-Id"] = f"<cabinet-{letter.cabinet_id}.{stationery.mail_domain}>"
    return headers


def _shortened(line: str) -> str:
    return line if len(line) <= SUBJECT_LENGTH else line[: SUBJECT_LENGTH - 1].rstrip() + "…"
