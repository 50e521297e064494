"""The contract's guard: the committed SDL is the built one, and a former one is not broken (H13)."""

from pathlib import Path

from graphql import build_schema
from graphql.utilities import find_breaking_changes

import schema
from schema.root import sdl


def committed() -> Path:
    """The SDL file of this version."""
    return Path(schema.__file__).with_name("schema.graphql")


def differences(against: Path | None) -> list[str]:
    """What is wrong, a line each; empty when all is well."""
    if against is None:
        is_same = committed().is_file() and committed().read_text(encoding="utf-8") == sdl()
        return [] if is_same else ["schema/schema.graphql is not the built contract: run `make sdl`"]
    former = build_schema(against.read_text(encoding="utf-8"))
    return [change.description for change in find_breaking_changes(former, build_schema(sdl()))]
