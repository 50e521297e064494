"""What the server's owner does from the command line."""

from __future__ import annotations

import pytest
from household import Household

from models.refusals import Reason, Refusal
from resolvers import owner, tokens
from resolvers.context import Client, Context
from resolvers.rights import Principal

pytestmark = pytest.mark.anyio


async def is_alive(house: Household, token: str) -> bool:
    """Whether a token still opens something."""
    context = Context(house.world, Principal(token_hash=tokens.hash_of(token)), Client())
    try:
        async with context.reading():
            return True
    except Refusal:
        return False


async def test_an_older_token_of_the_same_name_ends(house: Household) -> None:
    """Blanks around the name make no other name."""
    first = await owner.exchange_token(house.system, name="Второй обмен")
    other = await owner.exchange_token(house.system, name="Третий обмен")
    assert await is_alive(house, first)
    second = await owner.exchange_token(house.system, name="  Второй обмен ")
    assert [await is_alive(house, token) for token in (first, second, other)] == [False, True, True]


async def test_a_token_has_a_name(house: Household) -> None:
    """REQUIRED; nothing is made and nothing ends."""
    async with house.nothing_happens():
        with pytest.raises(Refusal) as refused:
            await owner.exchange_token(house.system, name="  ")
    assert (refused.value.reason, refused.value.path) == (Reason.REQUIRED, ("name",))
