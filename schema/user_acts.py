"""Acts on one's own account: asking for a new password, changing name, language, time zone and address."""

from __future__ import annotations

from typing import Any

import strawberry

from resolvers import accounts
from resolvers.accounts import Wishes
from resolvers.context import Context
from schema.fields import acts
from schema.kinds import Locale
from schema.refusals import UserError, told_errors
from schema.users import User


@strawberry.input(description="Which account.")
class PasswordResetRequestInput:
    """Whose password."""

    email: str = strawberry.field(description="Address of the account.")


@strawberry.type(description="Always the same.")
class PasswordResetRequestPayload:
    """Nothing but refusals."""

    user_errors: list[UserError] = told_errors()


@strawberry.input(description="What to change of one's own account.")
class ViewerUpdateInput:
    """What to change."""

    display_name: str | None = strawberry.field(description="Ф.И.О.", default=strawberry.UNSET)
    locale: Locale | None = strawberry.field(description="Language of e-mails and messages.", default=strawberry.UNSET)
    time_zone: str | None = strawberry.field(description="IANA name.", default=strawberry.UNSET)
    email: str | None = strawberry.field(
        description="New address; holds once confirmed by the letter sent to it.", default=strawberry.UNSET
    )

    def wishes(self) -> Wishes:
        """As resolvers take it."""
        given = {name: getattr(self, name) for name in ("display_name", "locale", "time_zone", "email")}
        return Wishes(**{name: value for name, value in given.items() if value is not strawberry.UNSET})


@strawberry.type(description="Result of changing one's own account.")
class ViewerUpdatePayload:
    """An account."""

    viewer: User | None = strawberry.field(description="The account.", default=None)
    user_errors: list[UserError] = told_errors()


@strawberry.input(description="A token to confirm an e-mail with.")
class EmailConfirmInput:
    """What a letter allows."""

    token: str = strawberry.field(description="From the letter's link.")


@strawberry.type(description="Result of confirming an e-mail.")
class EmailConfirmPayload:
    """An account."""

    viewer: User | None = strawberry.field(description="The account.", default=None)
    user_errors: list[UserError] = told_errors()


async def _request(context: Context, input: PasswordResetRequestInput) -> dict[str, object]:
    await accounts.request_reset(context, email=input.email)
    return {}


async def _update(context: Context, input: ViewerUpdateInput) -> dict[str, object]:
    return {"viewer": await accounts.update(context, input.wishes())}


async def _confirm(context: Context, input: EmailConfirmInput) -> dict[str, object]:
    return {"viewer": await accounts.confirm_email(context, code=input.token)}


@strawberry.type
class UserMutation:
    """Acts on one's own account."""

    password_reset_request: PasswordResetRequestPayload | None = acts(
        PasswordResetRequestPayload,
        _request,
        PasswordResetRequestInput,
        does="Mail a link for setting a password. Always succeeds, whether or not the address is known. "
        "Needs no login.",
        input="Which account.",
    )
    viewer_update: ViewerUpdatePayload | None = acts(
        ViewerUpdatePayload,
        _update,
        ViewerUpdateInput,
        does="Change one's own name, language, time zone or e-mail. Documents keep the old name; colleagues find both. "
        "For any user.",
        input="Only what is given changes.",
    )
    email_confirm: EmailConfirmPayload | None = acts(
        EmailConfirmPayload,
        _confirm,
        EmailConfirmInput,
        does="Confirm a new e-mail with the token of the letter sent to it. Needs no login.",
        input="The token.",
    )


TYPES: list[Any] = []
