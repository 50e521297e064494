"""The command line `cabinet`. Whoever has the shell owns the server; acts go through the resolvers of the mutations."""

from __future__ import annotations

import click

from server.commands.cabinets import cabinet
from server.commands.config import config
from server.commands.contract import schema
from server.commands.data import backup, check, restore
from server.commands.doctor import doctor
from server.commands.journal import journal
from server.commands.line import CommandLine
from server.commands.mail import mail
from server.commands.members import member
from server.commands.people import operator, user
from server.commands.service import demo, health, migrate, seed, serve, version
from server.commands.tokens import token


def _print_version(context: click.Context, _: click.Parameter, is_wanted: bool) -> None:
    if is_wanted:
        from server.outside import version as installed

        click.echo(f"cabinet, version {installed()}")
        context.exit()


@click.group(cls=CommandLine, help="Shared Cabinet: an organisation's shared document cabinet, a GraphQL server.")
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_print_version, help="The version."
)
def main() -> None:
    """The group of all commands."""


for command in (
    *(serve, demo, seed, migrate, doctor, health, version),
    *(user, operator, cabinet, member, token),
    *(mail, journal, schema, config),
    *(check, backup, restore),
):
    main.add_command(command)


if __name__ == "__main__":
    main()
