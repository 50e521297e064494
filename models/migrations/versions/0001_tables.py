"""All tables of the first release, and the triggers that keep journal and signatures as they were written.

Frozen: nothing here asks the models, which go on changing. Long because it is a list.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.migrations.columns import content, facts, flag, freeze, key, moment, number, ref, text, word

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

IN_USE = sa.text("removed_at IS NULL")
WAITING = sa.text("status = 'AWAITING_SIGNATURE'")


def upgrade() -> None:
    """Make them."""
    _accounts()
    _logins()
    _cabinets()
    _members()
    _certificates()
    _exchanges()
    _people()
    _documents()
    _uploads()
    _intents()
    _signatures()
    _journal()
    freeze("signatures")
    freeze("entries")


def _accounts() -> None:
    op.create_table(
        "organizations",
        key(),
        text("name", 200),
        text("tax_id", 50, nullable=True, unique=True),
        text("name_folded", 200, index=True),
    )
    op.create_table(
        "users",
        key(),
        text("display_name", 200),
        text("sort_key", 600),
        text("email", 254),
        text("email_key", 254, unique=True),
        moment("email_confirmed_at", nullable=True),
        word("email_state"),
        text("password_hash", 200, nullable=True),
        flag("needs_key"),
        flag("has_key"),
        word("locale"),
        text("time_zone", 64),
        word("operator_kind", nullable=True),
        text("operator_phone", 50, nullable=True),
        moment("created_at"),
    )


def _logins() -> None:
    op.create_table(
        "sessions",
        key(),
        ref("user_id", "users", index=True),
        text("token_hash", 64, unique=True),
        moment("created_at"),
        moment("last_used_at"),
        moment("expires_at"),
        moment("ended_at", nullable=True),
        text("client_address", 64, nullable=True),
        text("user_agent", 300, nullable=True),
    )
    op.create_table(
        "one_time_codes",
        key(),
        ref("user_id", "users", index=True),
        word("purpose"),
        text("seed", 64),
        text("code_hash", 64, unique=True),
        moment("created_at"),
        moment("expires_at"),
        moment("used_at", nullable=True),
    )


def _cabinets() -> None:
    op.create_table(
        "cabinets",
        key(),
        ref("organization_id", "organizations", unique=True),
        text("sort_key", 600, index=True),
        moment("created_at"),
        flag("self_service"),
        ref("personal_manager_id", "users", nullable=True, index=True),
        number("last_seq"),
    )


def _members() -> None:
    op.create_table(
        "members",
        key(),
        ref("cabinet_id", "cabinets"),
        ref("user_id", "users", index=True),
        ref("company_id", "organizations"),
        word("role"),
        word("state"),
        moment("state_at"),
        number("epoch"),
        moment("joined_at"),
        moment("first_joined_at"),
        sa.UniqueConstraint("cabinet_id", "user_id"),
        sa.Index("ix_members_cabinet_id_state", "cabinet_id", "state"),
    )
    op.create_table(
        "member_periods",
        key(),
        ref("member_id", "members", index=True),
        moment("joined_at"),
        moment("ended_at", nullable=True),
        word("share_from"),
    )
    op.create_table(
        "api_tokens",
        key(),
        ref("cabinet_id", "cabinets", nullable=True, index=True),
        ref("responsible_id", "members", nullable=True),
        text("display_name", 200),
        text("scopes", 200),
        text("token_hash", 64, unique=True),
        moment("created_at"),
        moment("last_used_at", nullable=True),
        moment("expires_at", nullable=True),
        moment("revoked_at", nullable=True),
    )


def _certificates() -> None:
    op.create_table(
        "certificates",
        key(),
        ref("user_id", "users", index=True),
        content("der"),
        text("thumbprint", 64),
        text("subject_name", 500),
        text("organization_name", 500, nullable=True),
        text("issuer_name", 500),
        text("serial_number", 64),
        moment("valid_from"),
        moment("valid_to"),
        moment("registered_at"),
        moment("removed_at", nullable=True),
        sa.Index(
            "uq_certificates_thumbprint_in_use", "thumbprint", unique=True, sqlite_where=IN_USE, postgresql_where=IN_USE
        ),
    )
    op.create_table(
        "challenges",
        key(),
        ref("user_id", "users", index=True),
        text("text_hash", 64, unique=True),
        text("text", None),
        content("der"),
        moment("created_at"),
        moment("expires_at"),
        moment("used_at", nullable=True),
    )


def _exchanges() -> None:
    op.create_table(
        "exchanges",
        key(),
        text("external_id", 200, nullable=True, unique=True),
        word("kind"),
        text("title", 500),
        text("number", 100, nullable=True),
        text("search_text", 700),
        text("title_sort", 1500),
        text("sender_sort", 600, nullable=True),
        text("recipient_sort", 600, nullable=True),
        word("status"),
        text("required_sides", 200),
        text("signed_sides", 200),
        moment("sign_before", nullable=True),
        moment("last_signed_at", nullable=True),
        number("version"),
        ref("recipient_organization_id", "organizations", nullable=True),
        text("file_name", 255, nullable=True),
        text("content_type", 127, nullable=True),
        number("size_bytes", nullable=True),
        text("sha256", 64, nullable=True),
        moment("created_at"),
        sa.Index("ix_exchanges_deadlines", "sign_before", sqlite_where=WAITING, postgresql_where=WAITING),
        sqlite_autoincrement=True,
    )


def _people() -> None:
    op.create_table(
        "parties",
        key(),
        ref("exchange_id", "exchanges", index=True),
        word("side"),
        ref("organization_id", "organizations"),
        ref("user_id", "users", nullable=True),
        text("person_name", 200, nullable=True),
        text("person_email", 254, nullable=True),
        text("email_key", 254, nullable=True),
        sa.Index("ix_parties_email_key", "email_key"),
        sa.Index("ix_parties_user_id_side", "user_id", "side", "exchange_id"),
    )
    op.create_table(
        "document_acts",
        key(),
        ref("exchange_id", "exchanges"),
        ref("cabinet_id", "cabinets"),
        word("kind"),
        ref("organization_id", "organizations"),
        ref("user_id", "users", nullable=True),
        text("person_name", 200, nullable=True),
        text("person_email", 254, nullable=True),
        moment("at"),
        text("reason", 2000, nullable=True),
        sa.UniqueConstraint("exchange_id", "kind", "cabinet_id"),
    )


def _documents() -> None:
    op.create_table(
        "documents",
        key(),
        ref("exchange_id", "exchanges", index=True),
        word("direction"),
        word("status"),
        text("awaits", 4, nullable=True),
        flag("archived"),
        ref("counterparty_id", "organizations", nullable=True),
        moment("created_at"),
        moment("updated_at"),
        moment("deleted_at", nullable=True),
        ref("cabinet_id", "cabinets"),
        sa.UniqueConstraint("cabinet_id", "exchange_id"),
        sa.Index("ix_documents_all", "cabinet_id", "archived", "created_at", "id"),
        sa.Index("ix_documents_awaits", "cabinet_id", "archived", "awaits", "created_at", "id"),
        sa.Index("ix_documents_counterparty", "cabinet_id", "counterparty_id"),
        sa.Index("ix_documents_created", "cabinet_id", "created_at", "id"),
        sa.Index("ix_documents_page", "cabinet_id", "archived", "direction", "created_at", "id"),
        sa.Index("ix_documents_status", "cabinet_id", "archived", "status", "created_at", "id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "seen",
        key(),
        ref("document_id", "documents", index=True),
        ref("user_id", "users"),
        moment("at"),
        sa.UniqueConstraint("user_id", "document_id"),
    )


def _uploads() -> None:
    op.create_table(
        "uploads",
        key(),
        ref("cabinet_id", "cabinets", nullable=True),
        ref("user_id", "users", nullable=True),
        ref("token_id", "api_tokens", nullable=True),
        text("file_name", 255),
        text("content_type", 127),
        number("size_bytes"),
        text("sha256", 64),
        moment("created_at"),
        moment("expires_at"),
        moment("stored_at", nullable=True),
        moment("used_at", nullable=True),
    )


def _intents() -> None:
    op.create_table(
        "intents",
        key(),
        ref("document_id", "documents", index=True),
        ref("member_id", "members"),
        number("member_epoch"),
        ref("certificate_id", "certificates"),
        word("side"),
        number("version"),
        text("sha256", 64),
        text("warnings", 200),
        text("policy_version", 64),
        moment("created_at"),
        moment("expires_at"),
        moment("used_at", nullable=True),
        ref("cabinet_id", "cabinets"),
    )


def _signatures() -> None:
    op.create_table(
        "signatures",
        key(),
        ref("exchange_id", "exchanges"),
        word("side"),
        ref("intent_id", "intents", nullable=True, unique=True),
        ref("cabinet_id", "cabinets", nullable=True),
        ref("member_id", "members", nullable=True),
        ref("period_id", "member_periods", nullable=True),
        ref("user_id", "users", nullable=True, index=True),
        ref("organization_id", "organizations"),
        text("person_name", 200),
        text("person_email", 254, nullable=True),
        text("subject_name", 500),
        text("organization_name", 500, nullable=True),
        text("issuer_name", 500),
        text("serial_number", 64),
        text("thumbprint", 64),
        moment("valid_from"),
        moment("valid_to"),
        text("value_sha256", 64, unique=True),
        text("signed_sha256", 64),
        text("acknowledged_warnings", 200),
        moment("signed_at"),
        moment("claimed_at", nullable=True),
        text("client_address", 64, nullable=True),
        text("user_agent", 300, nullable=True),
        text("cms_sha256", 64),
        text("chain_sha256", 64),
        text("revocation_sha256", 64),
        text("report_sha256", 64),
        sa.UniqueConstraint("exchange_id", "side"),
    )


def _journal() -> None:
    op.create_table(
        "entries",
        key(),
        ref("cabinet_id", "cabinets"),
        number("seq"),
        text("key", 32, unique=True),
        text("kind", 32),
        moment("at"),
        word("channel"),
        ref("actor_user_id", "users", nullable=True),
        ref("actor_token_id", "api_tokens", nullable=True),
        text("basis_text", 2000, nullable=True),
        text("basis_ticket", 200, nullable=True),
        ref("document_id", "documents", nullable=True),
        ref("member_id", "members", nullable=True),
        ref("signature_id", "signatures", nullable=True),
        facts("facts"),
        sa.UniqueConstraint("cabinet_id", "seq"),
        sa.Index("ix_entries_document_id_seq", "document_id", "seq"),
        sa.Index("ix_entries_member_id_seq", "member_id", "seq"),
    )
    op.create_table(
        "deliveries",
        key(),
        ref("entry_id", "entries"),
        ref("user_id", "users", index=True),
        text("letter", 40),
        word("state"),
        moment("owed_at"),
        moment("next_at"),
        number("attempts"),
        text("last_error", 300, nullable=True),
        moment("done_at", nullable=True),
        sa.UniqueConstraint("entry_id", "user_id", "letter"),
        sa.Index("ix_deliveries_due", "state", "user_id", "id"),
        sa.Index("ix_deliveries_next", "state", "next_at"),
    )
