"""Accounts' own archives: a hidden cabinet of one has an owner and no organisation, his place no company (C25)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.migrations.columns import key, moment, ref

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward; there is no way back."""
    with op.batch_alter_table("cabinets") as cabinets:
        cabinets.alter_column("organization_id", existing_type=sa.Integer(), nullable=True)
        cabinets.add_column(sa.Column("owner_id", sa.Integer(), nullable=True))
        cabinets.create_foreign_key("fk_cabinets_owner_id_users", "users", ["owner_id"], ["id"])
        cabinets.create_unique_constraint("uq_cabinets_owner_id", ["owner_id"])
    with op.batch_alter_table("members") as members:
        members.alter_column("company_id", existing_type=sa.Integer(), nullable=True)
    op.create_table(
        "moves",
        key(),
        ref("document_id", "documents", unique=True),
        ref("archive_id", "cabinets"),
        moment("at"),
    )
