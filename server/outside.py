"""The world as the settings describe it: every port of `resolvers.ports` with its adapter."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed

from resolvers.ports import Clock, Database, House, Limits, Outside
from server.bells import MemoryBell
from server.blobs import FolderBlobs
from server.clock import SystemClock
from server.database import SqliteDatabase
from server.locks import only_server
from server.passwords import Argon2Passwords
from server.postgres import PostgresDatabase
from server.secrets import DerivedSecrets, own_secret
from server.settings import Settings
from server.verifier import FolderVerifier
from signing.policy import PolicyFolder


@asynccontextmanager
async def outside(
    settings: Settings, *, is_server: bool = False, is_looking: bool = False, clock: Clock | None = None
) -> AsyncIterator[Outside]:
    """Open while the block lasts. A server is alone on its data folder (`locks.Taken`) and tends the database.

    Who is only looking writes nothing, not even a secret: it opens no transaction, and its links and cursors nothing.

    Raises `signing.policy.PolicyError` for a trust anchor that must not be believed. Migrations come before.
    """
    if not is_looking:
        settings.data_dir.mkdir(mode=0o750, parents=True, exist_ok=True)
    with ExitStack() as held:
        if is_server:
            held.enter_context(only_server(settings.data_dir / "server.lock"))
        database = database_of(settings, is_server=is_server)
        try:
            if not is_looking:
                await database.open()
            yield await _assembled(settings, database, clock=clock or SystemClock(), is_looking=is_looking)
        finally:
            await database.close()


def database_of(settings: Settings, *, is_server: bool = False) -> SqliteDatabase | PostgresDatabase:
    """The adapter for the one setting that names the database."""
    if settings.database_path is None:
        return PostgresDatabase(
            settings.database_url, sql_seconds=settings.sql_seconds, pool_seconds=settings.pool_seconds
        )
    return SqliteDatabase(
        settings.database_path,
        durability=settings.sqlite_durability,
        checkpoints=is_server,
        pool_seconds=settings.pool_seconds,
    )


async def _assembled(settings: Settings, database: Database, *, clock: Clock, is_looking: bool) -> Outside:
    verifier = FolderVerifier(policy_folder(settings), clock=clock)
    if not is_looking:
        await verifier.policy()
    return Outside(
        database=database,
        bell=MemoryBell(),
        blobs=FolderBlobs(settings.data_dir / "files"),
        clock=clock,
        verifier=verifier,
        passwords=Argon2Passwords(),
        secrets=DerivedSecrets(b"" if is_looking else secret_of(settings)),
        house=house(settings),
    )


def policy_folder(settings: Settings) -> PolicyFolder:
    """Trust anchors where the settings say; intermediates and CRLs beside them in the data folder."""
    return PolicyFolder(
        anchors=settings.trust_anchors,
        intermediates=settings.data_dir / "intermediates",
        crls=settings.data_dir / "crls",
    )


def secret_of(settings: Settings) -> bytes:
    """The owner's secret, or the one made in the data folder at the first start."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value().encode()
    return own_secret(settings.data_dir / "secret.key")


def house(settings: Settings) -> House:
    """What resolvers may know of the settings."""
    return House(
        version=version(),
        public_url=settings.public_url,
        hotline=settings.hotline,
        locale=settings.locale,
        time_zone=settings.time_zone,
        registration_needs_key=settings.registration_needs_key,
        pulse_seconds=settings.pulse_seconds,
        limits=limits(settings),
    )


def limits(settings: Settings) -> Limits:
    """The limits of one request."""
    return Limits(
        max_page_size=settings.max_page_size,
        max_upload_bytes=settings.max_upload_bytes,
        max_failed_logins=settings.max_failed_logins,
        max_failed_logins_address=settings.max_failed_logins_address,
        max_account_letters=settings.max_account_letters,
        max_query_bytes=settings.max_query_bytes,
        max_tokens=settings.max_tokens,
        max_depth=settings.max_depth,
        max_aliases=settings.max_aliases,
        max_root_fields=settings.max_root_fields,
        max_directives=settings.max_directives,
        max_variables=settings.max_variables,
        max_fragments=settings.max_fragments,
        max_field_pairs=settings.max_field_pairs,
        max_cost=settings.max_cost,
        max_events_behind=settings.max_events_behind,
        max_list_input=settings.max_list_input,
        query_seconds=settings.query_seconds,
        mutation_seconds=settings.mutation_seconds,
    )


def version() -> str:
    """The installed version; a checkout that was never installed has none."""
    try:
        return installed("shared-cabinet")
    except PackageNotFoundError:
        return "checkout"
