"""Rows as `--json` shows them. Names and ids are those of the contract, so that a script needs one vocabulary."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.accounts import Session, User
    from models.cabinets import Cabinet
    from models.members import Member
    from models.organizations import Organization
    from models.tokens import ApiToken

Face = dict[str, object]


def user(row: User) -> Face:
    """An account."""
    return {
        "id": public("User", row.id),
        "displayName": row.display_name,
        "email": row.email,
        "emailState": row.email_state.value,
        "locale": row.locale.value,
        "timeZone": row.time_zone,
        "registrationMissing": _missing(row),
        "operatorKind": row.operator_kind.value if row.operator_kind else None,
        "operatorPhone": row.operator_phone,
        "createdAt": row.created_at,
    }


def _missing(row: User) -> list[str]:
    return [step.value for step in row.missing]


def _named(row: User) -> Face:
    """Who somebody is, for a row about something else."""
    return {"id": public("User", row.id), "displayName": row.display_name, "email": row.email}


def organization(row: Organization) -> Face:
    """An organisation."""
    return {"id": public("Organization", row.id), "name": row.name, "taxId": row.tax_id}


def cabinet(row: Cabinet) -> Face:
    """A cabinet, with its organisation."""
    return {
        "id": public("Cabinet", row.id),
        "organization": organization(row.organization),
        "selfService": row.self_service,
        "personalManager": _named(row.personal_manager) if row.personal_manager else None,
        "createdAt": row.created_at,
    }


def member(row: Member) -> Face:
    """A membership, with person and company."""
    return {
        "id": public("Member", row.id),
        "cabinetId": public("Cabinet", row.cabinet_id),
        "user": _named(row.user) | {"registrationMissing": _missing(row.user)},
        "company": organization(row.company),
        "role": row.role.value,
        "state": row.state.value,
        "stateAt": row.state_at,
        "joinedAt": row.joined_at,
    }


def api_token(row: ApiToken) -> Face:
    """A program's token; the exchange's own has no cabinet."""
    return {
        "id": public("ApiToken", row.id),
        "displayName": row.display_name,
        "cabinetId": public("Cabinet", row.cabinet_id) if row.cabinet_id else None,
        "responsible": _answers(row.responsible) if row.responsible else None,
        "scopes": list(row.scopes),
        "createdAt": row.created_at,
        "lastUsedAt": row.last_used_at,
        "expiresAt": row.expires_at,
        "revokedAt": row.revoked_at,
    }


def _answers(row: Member) -> Face:
    return {"id": public("Member", row.id), "user": _named(row.user)}


def session(row: Session) -> Face:
    """A login that lasts."""
    return {
        "id": public("Session", row.id),
        "createdAt": row.created_at,
        "lastUsedAt": row.last_used_at,
        "expiresAt": row.expires_at,
        "clientAddress": row.client_address,
        "userAgent": row.user_agent,
    }


def public(kind: str, row_id: int) -> str:
    """The id that clients know."""
    from schema.nodes import encode

    return encode(kind, row_id)
