"""Mailboxes: one for each account, with the lease under which its letters go; when a letter first failed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.migrations.columns import key, moment, number, ref, text

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, give everybody a mailbox that is free, and letters a first failed try."""
    op.create_table(
        "mailboxes",
        key(),
        ref("user_id", "users", unique=True),
        text("leased_to", 32, nullable=True),
        moment("lease_until"),
        moment("next_at"),
        moment("minute_at"),
        number("minute_count"),
        sa.Index("ix_mailboxes_due", "lease_until", "next_at"),
    )
    op.execute(
        "INSERT INTO mailboxes (user_id, lease_until, next_at, minute_at, minute_count) "
        "SELECT id, created_at, created_at, created_at, 0 FROM users"
    )
    with op.batch_alter_table("deliveries") as deliveries:
        deliveries.add_column(moment("tried_at", nullable=True))
