"""The leaflet of the demo: what a newcomer is told at its start, in a form that can be pasted into a shell."""

import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from server.demo.cast import HOUSEHOLDS, OPERATORS, PASSWORD, URBANOVICH, Person
from server.demo.folder import DemoFolder
from server.demo.stage import EXCHANGE
from server.settings import Settings, read_settings


def leaflet(settings: Settings, folder: DemoFolder, *, letters: str) -> str:
    """Address, people, tokens, keys, and where `letters` go."""
    return "\n".join(_lines(settings, folder, letters))


def _lines(settings: Settings, folder: DemoFolder, letters: str) -> Iterator[str]:
    create = f"{_command(settings)} token create"
    yield f"\nShared Cabinet, demo: {settings.public_url} (GraphQL at {settings.public_url}/graphql)"
    yield from _people()
    yield f"\nEverybody's password    {PASSWORD}"
    yield f"A person's token        {create} {URBANOVICH.email}"
    yield f"The exchange's token    {create} --exchange {EXCHANGE}"
    yield f"Keys and certificates   {folder.path}/ (chain.pem; of each person <name>.key and <name>.pem)"
    yield f"Letters                 {letters}"
    yield "Ctrl-C stops it; the data stays.\n"


def _people() -> Iterator[str]:
    for household in HOUSEHOLDS:
        yield f"\n{household.firm.name}"
        for person in household.people:
            yield f"  {person.email:<32}{person.name:<32}{', '.join(_facts(person, household.firm.name))}"
    yield "\nOperators"
    for operator in OPERATORS:
        yield f"  {operator.email:<32}{operator.name:<32}{operator.desk.value.lower().replace('_', ' ')}"


def _facts(person: Person, firm: str) -> Iterator[str]:
    yield person.role.value.lower()
    if person.is_blocked:
        yield "blocked"
    if not person.has_key:
        yield "no key"
    if person.company.name != firm:
        yield f"of {person.company.name}"


def _command(settings: Settings) -> str:
    """`cabinet` as this shell finds it, for this data folder."""
    ours = Path(sys.executable).parent / "cabinet"
    is_on_path = shutil.which("cabinet") == str(ours)
    found = "cabinet" if is_on_path or not ours.exists() else shlex.quote(_short(ours))
    if read_settings().data_dir.absolute() == settings.data_dir.absolute():
        return found
    return f"CABINET_DATA_DIR={shlex.quote(str(settings.data_dir))} {found}"


def _short(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
