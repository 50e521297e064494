"""Make the `.mo` files from the `.po` files: `python -m words.compile`. Needs Babel, which only developers have."""

from io import BytesIO
from pathlib import Path

from words.catalogue import DOMAIN, FOLDER, LOCALES


def source(locale: str) -> Path:
    """The catalogue that people edit."""
    return FOLDER / locale / "LC_MESSAGES" / f"{DOMAIN}.po"


def compiled(locale: str) -> bytes:
    """The `.mo` file that belongs to the `.po` file as it stands. Raises PoFileError for a malformed one."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with source(locale).open("rb") as po:
        catalogue = read_po(po, locale=locale, abort_invalid=True)
    mo = BytesIO()
    write_mo(mo, catalogue)
    return mo.getvalue()


def main() -> None:
    for locale in LOCALES:
        source(locale).with_suffix(".mo").write_bytes(compiled(locale))


if __name__ == "__main__":
    main()
