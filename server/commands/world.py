"""From the settings into the world: as the server's owner, or as an operator at his desk.

A command works beside a running server and without one. It never brings the database to a newer revision by the way:
`migrate`, `serve` and the first `operator create` do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from server.commands.errors import Failure

if TYPE_CHECKING:
    from resolvers.context import Context
    from resolvers.rights import Principal
    from server.settings import Settings

T = TypeVar("T")
Act = Callable[["Context"], Awaitable[T]]


def settings_of(**said: object) -> Settings:
    """The settings, with what the command line says of them. `SettingsError` when one is wrong."""
    from server.logs import configure
    from server.settings import read_settings

    found = read_settings(**{name: value for name, value in said.items() if value is not None})
    configure(found)
    return found


def settings_of_data() -> Settings:
    """The settings, where there are data of the newest revision: no folder is to be made by a typing mistake."""
    from server import migrate

    settings = settings_of()
    if not migrate.is_there(settings):
        raise Failure("; ".join(migrate.absence(settings)))
    if not migrate.is_at_head(settings):
        raise Failure("the database is not at this version's revision; run `cabinet migrate`")
    return settings


def as_owner(act: Act[T], *, settings: Settings | None = None) -> T:
    """Perform an act as the server's owner."""
    return _run(settings or settings_of_data(), act)


def looking(act: Act[T], *, settings: Settings | None = None) -> T:
    """Ask as the server's owner, writing nothing."""
    return _run(settings or settings_of_data(), act, is_looking=True)


def as_operator(email: str, act: Act[T]) -> T:
    """Perform an act as the operator of this address, with his rights and no more."""

    async def perform(owner: Context) -> T:
        from resolvers import directory
        from resolvers.rights import Principal

        operator = await directory.operator(owner, email=email)
        if operator is None:
            raise Failure(f"{email} is no operator here; `cabinet operator list` shows who is")
        return await act(_context(owner, Principal(user_id=operator.id)))

    return _run(settings_of_data(), perform)


def _context(owner: Context, principal: Principal) -> Context:
    from resolvers.context import Context

    return Context(owner.outside, principal, owner.client)


def _run(settings: Settings, perform: Act[T], *, is_looking: bool = False) -> T:
    async def run() -> T:
        from resolvers.context import Client, Context
        from resolvers.rights import Principal
        from server.outside import outside

        async with outside(settings, is_looking=is_looking) as world:
            return await perform(Context(world, Principal(is_system=True), Client(user_agent="cabinet")))

    return asyncio.run(run())
