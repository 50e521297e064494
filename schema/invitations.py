"""Inviting somebody again, whose registration is not complete."""

from __future__ import annotations

from typing import Any

import strawberry

from resolvers import invitations
from resolvers.context import Context
from schema.fields import acts
from schema.members import Member
from schema.nodes import id_of
from schema.refusals import UserError, told_errors


@strawberry.input(description="Whom to invite again.")
class MemberInvitationResendInput:
    """Whom."""

    member_id: strawberry.ID = strawberry.field(description="Somebody with incomplete registration.")


@strawberry.type(description="Result of inviting again.")
class MemberInvitationResendPayload:
    """A member."""

    member: Member | None = strawberry.field(description="The member.", default=None)
    user_errors: list[UserError] = told_errors()


async def _resend(context: Context, input: MemberInvitationResendInput) -> dict[str, object]:
    return {"member": await invitations.send_again(context, member_id=id_of("Member")(input.member_id))}


@strawberry.type
class InvitationMutation:
    """Acts on invitations."""

    member_invitation_resend: MemberInvitationResendPayload | None = acts(
        MemberInvitationResendPayload,
        _resend,
        MemberInvitationResendInput,
        does="Send the invitation again, with a new link. Callers as for `memberAdd`.",
        input="To whom.",
    )


TYPES: list[Any] = []
