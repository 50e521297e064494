"""Acts on cabinets: opening one, its settings, and its personal manager."""

from __future__ import annotations

from typing import Any

import strawberry

from resolvers import cabinets
from resolvers.context import Context
from schema.cabinets import Cabinet
from schema.fields import acts, idempotency_key
from schema.kinds import MemberRole
from schema.member_acts import BASIS, BasisInput, MemberTarget
from schema.nodes import id_of
from schema.organizations import OrganizationInput
from schema.refusals import UserError, told_errors


@strawberry.input(description="A cabinet to open.")
class CabinetCreateInput:
    """Whose, and who starts."""

    organization: OrganizationInput = strawberry.field(description="Whose cabinet.")
    first_admin: MemberTarget = strawberry.field(description="Who starts as admin.")
    basis: BasisInput = strawberry.field(description="Who asked for it.")
    idempotency_key: str | None = idempotency_key()


@strawberry.type(description="Result of opening a cabinet.")
class CabinetCreatePayload:
    """A cabinet."""

    cabinet: Cabinet | None = strawberry.field(
        description="The cabinet; a personal manager who opened it is assigned to it.", default=None
    )
    user_errors: list[UserError] = told_errors()


@strawberry.input(description="Settings of a cabinet.")
class CabinetUpdateInput:
    """Which, and what."""

    cabinet_id: strawberry.ID = strawberry.field(description="Which one.")
    self_service: bool | None = strawberry.field(
        description="Whether admins may change members. Only operators may switch it on.", default=strawberry.UNSET
    )
    basis: BasisInput | None = strawberry.field(description=BASIS, default=strawberry.UNSET)


@strawberry.type(description="Result of changing settings.")
class CabinetUpdatePayload:
    """A cabinet."""

    cabinet: Cabinet | None = strawberry.field(description="The cabinet.", default=None)
    user_errors: list[UserError] = told_errors()


@strawberry.input(description="A personal manager and a cabinet.")
class OperatorAssignInput:
    """Who and where."""

    cabinet_id: strawberry.ID = strawberry.field(description="Where.")
    email: str = strawberry.field(description="Address of a user who is a personal manager.")
    basis: BasisInput = strawberry.field(description="Who asked for it.")


@strawberry.type(description="Result of assigning a personal manager.")
class OperatorAssignPayload:
    """A cabinet."""

    cabinet: Cabinet | None = strawberry.field(description="The cabinet.", default=None)
    user_errors: list[UserError] = told_errors()


@strawberry.input(description="A cabinet whose personal manager leaves.")
class OperatorUnassignInput:
    """Where."""

    cabinet_id: strawberry.ID = strawberry.field(description="Where.")
    basis: BasisInput = strawberry.field(description="Who asked for it.")


@strawberry.type(description="Result of withdrawing a personal manager.")
class OperatorUnassignPayload:
    """A cabinet."""

    cabinet: Cabinet | None = strawberry.field(description="The cabinet.", default=None)
    user_errors: list[UserError] = told_errors()


async def _create(context: Context, input: CabinetCreateInput) -> dict[str, object]:
    cabinet = await cabinets.create(
        context,
        organization=input.organization.named(),
        first_admin=input.first_admin.newcomer(role=MemberRole.ADMIN, path=("firstAdmin",)),
        given=input.basis.given(),
    )
    return {"cabinet": cabinet}


async def _update(context: Context, input: CabinetUpdateInput) -> dict[str, object]:
    cabinet = await cabinets.update(
        context,
        cabinet_id=id_of("Cabinet")(input.cabinet_id),
        self_service=None if input.self_service is strawberry.UNSET else input.self_service,
        given=input.basis.given() if input.basis else None,
    )
    return {"cabinet": cabinet}


async def _assign(context: Context, input: OperatorAssignInput) -> dict[str, object]:
    cabinet_id = id_of("Cabinet")(input.cabinet_id)
    return {
        "cabinet": await cabinets.assign(context, cabinet_id=cabinet_id, email=input.email, given=input.basis.given())
    }


async def _unassign(context: Context, input: OperatorUnassignInput) -> dict[str, object]:
    cabinet_id = id_of("Cabinet")(input.cabinet_id)
    return {"cabinet": await cabinets.unassign(context, cabinet_id=cabinet_id, given=input.basis.given())}


@strawberry.type
class CabinetMutation:
    """Acts on cabinets."""

    cabinet_create: CabinetCreatePayload | None = acts(
        CabinetCreatePayload,
        _create,
        CabinetCreateInput,
        does="Open a cabinet for an organisation. For operators.",
        input="Organisation and first admin.",
    )
    cabinet_update: CabinetUpdatePayload | None = acts(
        CabinetUpdatePayload,
        _update,
        CabinetUpdateInput,
        does="Change settings. For admins and operators.",
        input="Only what is given changes.",
    )
    operator_assign: OperatorAssignPayload | None = acts(
        OperatorAssignPayload,
        _assign,
        OperatorAssignInput,
        does="Make somebody the personal manager of a cabinet, in place of any other. For the hotline.",
        input="Who and where.",
    )
    operator_unassign: OperatorUnassignPayload | None = acts(
        OperatorUnassignPayload,
        _unassign,
        OperatorUnassignInput,
        does="Leave a cabinet without a personal manager. For the hotline.",
        input="Where.",
    )


TYPES: list[Any] = []
