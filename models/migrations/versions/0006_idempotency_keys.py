"""Idempotency keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.migrations.columns import key, moment, number, text

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make their table."""
    op.create_table(
        "idempotency_keys",
        key(),
        text("actor", 40),
        text("key_sha256", 64),
        text("input_sha256", 64),
        number("subject_id", nullable=True),
        moment("created_at", index=True),
        sa.UniqueConstraint("actor", "key_sha256"),
    )
