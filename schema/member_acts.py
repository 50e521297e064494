"""Acts on members: adding, blocking, unblocking, removing, changing; whom to add, and on whose word."""

from __future__ import annotations

from typing import Any

import strawberry

from models.members import MemberRole as Role
from models.members import ShareFrom as Share
from resolvers import colleagues, members
from resolvers.context import Context
from resolvers.members import Given, Newcomer, NewUser
from schema.fields import acts, asks, idempotency_key
from schema.kinds import Locale, MemberRole, ShareFrom
from schema.members import Member, MemberEdge
from schema.nodes import id_of
from schema.organizations import OrganizationInput
from schema.refusals import UserError, told_errors

BASIS = "Who asked for it. Operators must give it."


@strawberry.input(description="On whose word something is done. Shown to the members in the journal.")
class BasisInput:
    """A basis."""

    text: str = strawberry.field(description="Who asked and how, in words, up to 2,000 characters.")
    ticket: str | None = strawberry.field(
        description="Id of the request in the hotline's system. Operators must give it.", default=strawberry.UNSET
    )

    def given(self) -> Given:
        """As resolvers take it."""
        return Given(text=self.text, ticket=self.ticket or None)


@strawberry.input(description="An account to make.")
class NewUserInput:
    """A person without an account."""

    display_name: str = strawberry.field(description="Ф.И.О.")
    email: str = strawberry.field(description="Must not belong to an account yet.")
    locale: Locale | None = strawberry.field(
        description="Language of the letters; the server's default when absent.", default=strawberry.UNSET
    )

    def wish(self) -> NewUser:
        """As resolvers take it."""
        return NewUser(display_name=self.display_name, email=self.email, locale=self.locale or None)


@strawberry.input(description="Exactly one of the two.", one_of=True)
class MemberTarget:
    """Whom to add."""

    email: str | None = strawberry.field(
        description="Somebody with an account, by its address; letter case does not matter.", default=strawberry.UNSET
    )
    new_user: NewUserInput | None = strawberry.field(
        description="Somebody without one: an account with incomplete registration is made and invited.",
        default=strawberry.UNSET,
    )

    def newcomer(self, **how: Any) -> Newcomer:
        """As resolvers take it; `how` are the other facts of a `Newcomer`."""
        return Newcomer(email=self.email or None, new_user=self.new_user.wish() if self.new_user else None, **how)


@strawberry.input(description="A colleague to add.")
class MemberAddInput:
    """Whom and how."""

    cabinet_id: strawberry.ID = strawberry.field(description="Where.")
    member: MemberTarget = strawberry.field(description="Whom.")
    company: OrganizationInput | None = strawberry.field(
        description="The company he works for; the cabinet's organisation when absent.", default=strawberry.UNSET
    )
    role: MemberRole | None = strawberry.field(description="What he may do.", default=MemberRole.MEMBER)
    share_from: ShareFrom | None = strawberry.field(
        description="Which of his earlier documents for this company the cabinet comes to share.",
        default=ShareFrom.ALL,
    )
    basis: BasisInput | None = strawberry.field(description=BASIS, default=strawberry.UNSET)
    idempotency_key: str | None = idempotency_key()


def _edge(context: Context, payload: MemberAddPayload) -> MemberEdge | None:
    member: Any = payload.member  # a row, which its type shows as it is
    return MemberEdge(cursor=colleagues.place(context, member), node=member) if member else None


@strawberry.type(description="Result of adding a colleague.")
class MemberAddPayload:
    """A member."""

    member: Member | None = strawberry.field(description="The member.", default=None)
    member_edge: MemberEdge | None = asks(_edge, "For Relay's `@appendEdge`.")
    user_errors: list[UserError] = told_errors()


@strawberry.input(description="A member to block.")
class MemberBlockInput:
    """Whom and why."""

    member_id: strawberry.ID = strawberry.field(description="Whom.")
    basis: BasisInput | None = strawberry.field(description=BASIS, default=strawberry.UNSET)
    idempotency_key: str | None = idempotency_key()


@strawberry.type(description="Result of blocking.")
class MemberBlockPayload:
    """A member."""

    member: Member | None = strawberry.field(description="The member, now BLOCKED.", default=None)
    user_errors: list[UserError] = told_errors()


@strawberry.input(description="A member to unblock.")
class MemberUnblockInput:
    """Whom and why."""

    member_id: strawberry.ID = strawberry.field(description="Whom.")
    basis: BasisInput | None = strawberry.field(description=BASIS, default=strawberry.UNSET)
    idempotency_key: str | None = idempotency_key()


@strawberry.type(description="Result of unblocking.")
class MemberUnblockPayload:
    """A member."""

    member: Member | None = strawberry.field(description="The member, now ACTIVE.", default=None)
    user_errors: list[UserError] = told_errors()


@strawberry.input(description="A member to remove.")
class MemberRemoveInput:
    """Whom and why."""

    member_id: strawberry.ID = strawberry.field(description="Whom.")
    basis: BasisInput | None = strawberry.field(description=BASIS, default=strawberry.UNSET)
    idempotency_key: str | None = idempotency_key()


@strawberry.type(description="Result of removing.")
class MemberRemovePayload:
    """A member."""

    member: Member | None = strawberry.field(description="The member, now REMOVED.", default=None)
    user_errors: list[UserError] = told_errors()


@strawberry.input(description="What to change of a member.")
class MemberUpdateInput:
    """Whom and what."""

    member_id: strawberry.ID = strawberry.field(description="Whom.")
    role: MemberRole | None = strawberry.field(description="New role.", default=strawberry.UNSET)
    company: OrganizationInput | None = strawberry.field(description="New company.", default=strawberry.UNSET)
    basis: BasisInput | None = strawberry.field(description=BASIS, default=strawberry.UNSET)
    idempotency_key: str | None = idempotency_key()


@strawberry.type(description="Result of changing a member.")
class MemberUpdatePayload:
    """A member."""

    member: Member | None = strawberry.field(description="The member.", default=None)
    user_errors: list[UserError] = told_errors()


def _given(basis: BasisInput | None) -> Given | None:
    return basis.given() if basis else None


async def _add(context: Context, input: MemberAddInput) -> dict[str, object]:
    newcomer = input.member.newcomer(
        company=input.company.named() if input.company else None,
        role=input.role or Role.MEMBER,
        share_from=input.share_from or Share.ALL,
    )
    cabinet_id = id_of("Cabinet")(input.cabinet_id)
    return {"member": await members.add(context, cabinet_id=cabinet_id, newcomer=newcomer, given=_given(input.basis))}


async def _block(context: Context, input: MemberBlockInput) -> dict[str, object]:
    member_id = id_of("Member")(input.member_id)
    return {"member": await members.block(context, member_id=member_id, given=_given(input.basis))}


async def _unblock(context: Context, input: MemberUnblockInput) -> dict[str, object]:
    member_id = id_of("Member")(input.member_id)
    return {"member": await members.unblock(context, member_id=member_id, given=_given(input.basis))}


async def _remove(context: Context, input: MemberRemoveInput) -> dict[str, object]:
    member_id = id_of("Member")(input.member_id)
    return {"member": await members.remove(context, member_id=member_id, given=_given(input.basis))}


async def _update(context: Context, input: MemberUpdateInput) -> dict[str, object]:
    member = await members.change(
        context,
        member_id=id_of("Member")(input.member_id),
        role=input.role or None,
        company=input.company.named() if input.company else None,
        given=_given(input.basis),
    )
    return {"member": member}


@strawberry.type
class MemberMutation:
    """Acts on members."""

    member_add: MemberAddPayload | None = acts(
        MemberAddPayload,
        _add,
        MemberAddInput,
        does="Add a colleague: an account by its e-mail, or a new one with incomplete registration. One letter to the "
        "person, another to every\nother member; login and password stay as they are. For operators, and for admins "
        "where `selfService` is on. An operator cannot add himself.",
        input="Whom and how.",
    )
    member_block: MemberBlockPayload | None = acts(
        MemberBlockPayload,
        _block,
        MemberBlockInput,
        does="Stop a member from seeing and signing, at once and everywhere. Letters to the member and all others; "
        "his documents stay. Callers as for `memberAdd`.",
        input="Whom and why.",
    )
    member_unblock: MemberUnblockPayload | None = acts(
        MemberUnblockPayload,
        _unblock,
        MemberUnblockInput,
        does="Undo blocking: the same membership goes on. Letters as for blocking. Callers as for `memberAdd`.",
        input="Whom and why.",
    )
    member_remove: MemberRemovePayload | None = acts(
        MemberRemovePayload,
        _remove,
        MemberRemoveInput,
        does="End a membership. Letters and loss of access as for blocking. Callers as for `memberAdd`.",
        input="Whom and why.",
    )
    member_update: MemberUpdatePayload | None = acts(
        MemberUpdatePayload,
        _update,
        MemberUpdateInput,
        does="Change role or company. Callers as for `memberAdd`.",
        input="Whom and what.",
    )


TYPES: list[Any] = []
