"""Letters outside of every cabinet, codes for an address, former names, and how often something was tried."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.migrations.columns import key, moment, text

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

IS_OF_ENTRY = sa.text("code_id IS NULL")
IS_OF_CODE = sa.text("code_id IS NOT NULL")


def upgrade() -> None:
    """Make room for them."""
    _codes()
    _deliveries()
    _former_names()
    _tallies()


def _codes() -> None:
    with op.batch_alter_table("one_time_codes") as codes:
        codes.alter_column("user_id", existing_type=sa.Integer(), nullable=True)
        codes.add_column(text("email", 254, nullable=True))
        codes.add_column(moment("told_at", nullable=True))
    op.execute("UPDATE one_time_codes SET told_at = created_at")


def _deliveries() -> None:
    with op.batch_alter_table("deliveries") as deliveries:
        deliveries.alter_column("entry_id", existing_type=sa.Integer(), nullable=True)
        deliveries.add_column(sa.Column("code_id", sa.Integer(), nullable=True))
        deliveries.add_column(text("address", 254, nullable=True))
        deliveries.create_foreign_key("fk_deliveries_code_id_one_time_codes", "one_time_codes", ["code_id"], ["id"])
        deliveries.drop_constraint("uq_deliveries_entry_id_user_id_letter", type_="unique")
    for name, first, condition in (("entry", "entry_id", IS_OF_ENTRY), ("code", "code_id", IS_OF_CODE)):
        op.create_index(
            f"uq_deliveries_of_{name}",
            "deliveries",
            [first, "user_id", "letter"],
            unique=True,
            sqlite_where=condition,
            postgresql_where=condition,
        )


def _former_names() -> None:
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("former_names", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("users") as users:
        users.alter_column("former_names", existing_type=sa.JSON(), server_default=None)


def _tallies() -> None:
    op.create_table("tallies", key(), text("subject", 64, unique=True), moment("forgotten_at", index=True))
