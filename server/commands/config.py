"""Settings as they are in force."""

from __future__ import annotations

import click

from server.commands.line import as_json, tell
from server.commands.world import settings_of


@click.group()
def config() -> None:
    """Settings."""


@config.command("show")
@as_json
def config_show() -> None:
    """Print every setting with its value and where it comes from; secrets are masked."""
    from server.settings import in_force

    found = in_force(settings_of())
    document = [{"name": each.variable, "value": each.value, "source": each.source} for each in found]
    tell({"settings": document}, [f"{each.variable}={each.shown}  # {each.source}" for each in found])
