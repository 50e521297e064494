"""A letter rendered twice, as text and as HTML, from one template per language with blocks subject, body, action."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from words import say

# «Колесник Е. С.» at the end of a sentence brings the full stop with it.
_DOUBLE_STOP = re.compile(r"(?<!\.)\.\.(?!\.)")


@dataclass(frozen=True)
class Page:
    """What the templates are filled with; `table` names the facts that are listed below the text."""

    template: str
    language: str
    name: str
    facts: Mapping[str, object]
    table: tuple[str, ...]
    url: str | None
    code: str | None
    hotline: str | None
    public_url: str


def subject(page: Page) -> str:
    """The fact first, then the document: one line of plain text."""
    return _block(page, "subject", _text_environment())


def text(page: Page) -> str:
    """The plain text part."""
    environment = _text_environment()
    return environment.get_template("layout.txt").render(_filling(page, environment)).strip() + "\n"


def html(page: Page) -> str:
    """The HTML part: every fact escaped, nothing fetched from anywhere."""
    environment = _html_environment()
    return environment.get_template("layout.html").render(_filling(page, environment)) + "\n"


def _filling(page: Page, environment: Environment) -> dict[str, object]:
    return {
        "language": page.language,
        "subject": subject(page),
        "greeting": say("letter.greeting", page.language, name=page.name),
        "paragraphs": _paragraphs(page, environment),
        "rows": _rows(page),
        "action": _block(page, "action", environment),
        "url": page.url,
        "code": say("letter.code", page.language, code=page.code) if page.code and not page.url else None,
        "automatic": say("letter.automatic", page.language),
        "hotline": say("letter.hotline", page.language, hotline=page.hotline) if page.hotline else None,
        "public_url": page.public_url,
    }


def _rows(page: Page) -> list[tuple[str, str]]:
    """Label and value of each fact to be listed; a fact that is not there is left out."""
    listed = [(say(f"label.{name}", page.language), page.facts[name]) for name in page.table]
    return [(label, ", ".join(fact) if isinstance(fact, list) else str(fact)) for label, fact in listed if fact]


def _paragraphs(page: Page, environment: Environment) -> list[str]:
    """The body's paragraphs, each in one line; blank lines part them."""
    parts = _DOUBLE_STOP.sub(".", _block(page, "body", environment)).split("\n\n")
    finished = Markup if environment.autoescape else str
    return [finished(" ".join(part.split())) for part in parts if part.strip()]


def _block(page: Page, name: str, environment: Environment) -> str:
    """One block of the letter's template; absent it is empty."""
    template = environment.get_template(f"{page.template}.{page.language}.jinja")
    context = template.new_context({**page.facts, "name": page.name, "has_link": page.url is not None})
    return "".join(template.blocks[name](context)) if name in template.blocks else ""


@cache
def _html_environment() -> Environment:
    return Environment(
        loader=PackageLoader("mailers"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _text_environment() -> Environment:
    return _html_environment().overlay(autoescape=False)
