"""The command line `cabinet`. Whoever has the shell owns the server; acts go through the resolvers of the mutations."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import click

import words
from models.accounts import OperatorKind
from models.refusals import Refusal
from resolvers import owner
from resolvers.context import Client, Context
from resolvers.rights import Principal
from server import migrate as migrations
from server.logs import configure
from server.outside import outside, version
from server.settings import Settings, SettingsError, read_settings

T = TypeVar("T")


@click.group(help="Shared Cabinet: an organisation's shared document cabinet, a GraphQL server.")
@click.version_option(version(), prog_name="cabinet")
def main() -> None:
    """The group of all commands."""


def settings_or_exit(**said: object) -> Settings:
    """The settings, with what the command line says of them; one line and exit 2 when one of them is wrong."""
    try:
        settings = read_settings(**{name: value for name, value in said.items() if value is not None})
        configure(settings)
        return settings
    except SettingsError as error:
        click.echo(f"cabinet: {error}", err=True)
        sys.exit(2)


def require_data(settings: Settings) -> None:
    """One line and exit 1 where there is no data: no folder is to be made by a typing mistake."""
    if settings.database_path is not None and not settings.database_path.exists():
        click.echo(f"cabinet: no data in {settings.data_dir}; is CABINET_DATA_DIR right?", err=True)
        sys.exit(1)


def as_owner(settings: Settings, act: Callable[[Context], Awaitable[T]], *, about: str) -> T:
    """Perform an act as the server's owner, beside a running server or without one; `about` names what is refused."""

    async def perform() -> T:
        async with outside(settings) as world:
            return await act(Context(world, Principal(is_system=True), Client()))

    migrations.upgrade(settings)
    try:
        return asyncio.run(perform())
    except Refusal as refusal:
        click.echo(f"cabinet: {about}: {words.reason_message(refusal.reason.value, 'en')}", err=True)
        sys.exit(1)


@main.command()
@click.option("--host", help="Address to listen on, instead of CABINET_HOST.")
@click.option("--port", type=int, help="Port to listen on, instead of CABINET_PORT.")
def serve(host: str | None, port: int | None) -> None:
    """Serve until SIGTERM; migrations run first."""
    from server.run import run

    settings = settings_or_exit(host=host, port=port)
    run(settings, greeting=f"Shared Cabinet: {settings.public_url}, data in {settings.data_dir}; Ctrl-C stops it")


@main.command()
@click.option("--host", help="Address to listen on, instead of CABINET_HOST.")
@click.option("--port", type=int, help="Port to listen on, instead of CABINET_PORT.")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Folder for the demo; a temporary one when absent.")
@click.option("--documents", type=click.IntRange(24, 2000), default=320, show_default=True, help="How many to make.")
@click.option("--seed-only", is_flag=True, help="Make the demo's data and stop.")
def demo(host: str | None, port: int | None, data_dir: Path | None, documents: int, seed_only: bool) -> None:
    """Serve a demo: two organisations, their people, a few hundred signed documents. Keeps its own data."""
    from server.demo.command import run_demo

    with folder(data_dir) as place:
        run_demo(settings_or_exit(host=host, port=port, data_dir=place), seed_only=seed_only, count=documents)


@contextmanager
def folder(named: Path | None) -> Iterator[Path]:
    """The folder named, or a temporary one that is thrown away."""
    if named is not None:
        yield named
        return
    with tempfile.TemporaryDirectory(prefix="cabinet-demo-") as temporary:
        yield Path(temporary)


@main.command()
@click.option("--check", is_flag=True, help="Only say whether the database is at the newest revision.")
def migrate(check: bool) -> None:
    """Bring the database to the newest revision."""
    settings = settings_or_exit()
    if check:
        is_current = migrations.is_at_head(settings)
        click.echo("at the newest revision" if is_current else "not at the newest revision")
        sys.exit(0 if is_current else 1)
    migrations.upgrade(settings)


@main.group()
def token() -> None:
    """Bearer tokens."""


@token.command("create")
@click.argument("email", required=False)
@click.option("--exchange", metavar="NAME", help="A token of the exchange, which delivers documents to every cabinet.")
def token_create(email: str | None, exchange: str | None) -> None:
    """Print a token, once: a session of the person with this EMAIL, or one of the exchange."""
    if (email is None) == (exchange is None):
        raise click.UsageError("name a person's EMAIL or --exchange NAME")
    settings = settings_or_exit()
    require_data(settings)
    if exchange is not None:
        click.echo(as_owner(settings, lambda context: owner.exchange_token(context, name=exchange), about=exchange))
    else:
        person = email or ""
        click.echo(
            as_owner(settings, lambda context: owner.session_of(context, email=person), about=f"account {person}")
        )


@main.group()
def operator() -> None:
    """People of the hotline and personal managers."""


@operator.command("create")
@click.argument("email")
@click.option("--name", required=True, help="Name of a new account.")
@click.option("--kind", type=click.Choice(["hotline", "personal-manager"]), default="hotline", show_default=True)
@click.option("--phone", help="Telephone to show to members.")
def operator_create(email: str, name: str, kind: str, phone: str | None) -> None:
    """Make somebody an operator; prints a code for `passwordReset`, good for 7 days, while there is no password."""
    chosen = OperatorKind(kind.upper().replace("-", "_"))
    made = as_owner(
        settings_or_exit(),
        lambda context: owner.make_operator(context, email=email, display_name=name, kind=chosen, phone=phone),
        about=f"operator {email}",
    )
    click.echo(made.code or "the account keeps its password")


@main.group()
def schema() -> None:
    """The contract."""


@schema.command("print")
def schema_print() -> None:
    """Print the SDL."""
    from schema.root import sdl

    click.echo(sdl(), nl=False)


@schema.command("check")
@click.option("--against", type=click.Path(exists=True, path_type=Path), help="A former SDL.")
def schema_check(against: Path | None) -> None:
    """Fail unless the committed SDL is the built one; with --against, fail on breaking changes."""
    from server.contract import differences

    found = differences(against)
    for line in found:
        click.echo(line, err=True)
    sys.exit(1 if found else 0)


@main.group()
def config() -> None:
    """Settings."""


@config.command("show")
def config_show() -> None:
    """Print every setting with its value; secrets are masked."""
    settings = settings_or_exit()
    for name in type(settings).model_fields:
        value = settings.database_shown if name == "database_url" else getattr(settings, name)
        click.echo(f"CABINET_{name.upper()}={value}")


@main.command()
def health() -> None:
    """Exit 0 when the server at these settings is ready; for the image's health check."""
    settings = settings_or_exit()
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104  # compared, not bound
    url = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}/health/ready"
    try:
        with urllib.request.urlopen(url, timeout=3) as answer:  # http and our own address
            sys.exit(0 if answer.status == 200 else 1)
    except (urllib.error.URLError, OSError) as error:
        click.echo(f"cabinet: {url}: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
