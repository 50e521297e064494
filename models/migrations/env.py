"""Alembic's environment: runs revisions on the engine that `server.migrate` hands over, a transaction each."""

from alembic import context
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection

from models.tables import metadata

ADVISORY_LOCK = 0x_CAB1_0E7


def run(engine: Engine) -> None:
    """Upgrade, or whatever else was asked."""
    if engine.dialect.name == "sqlite":
        _begin_ourselves(engine)
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            # Several servers may start at once: the first migrates, the others find nothing left to do.
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
            connection.commit()
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_as_batch=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


def _begin_ourselves(engine: Engine) -> None:
    """The driver would commit before each CREATE: a revision that fails half-way would stay half."""

    @event.listens_for(engine, "connect")
    def leave_alone(connection: DBAPIConnection, _: object) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


run(context.config.attributes["engine"])
