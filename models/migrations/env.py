"""Alembic's environment: runs revisions on the connection that `server.migrate` hands over, a transaction each."""

from alembic import context
from sqlalchemy import Connection, text

from models.tables import metadata

ADVISORY_LOCK = 0x_CAB1_0E7


def run(connection: Connection) -> None:
    """Upgrade, or whatever else was asked."""
    if connection.dialect.name == "postgresql":
        # Several servers may start at once: the first migrates, the others find nothing left to do. It ends with the
        # connection.
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


run(context.config.attributes["connection"])
