"""A former member is shown, and nothing of him changes."""

from __future__ import annotations

import pytest
from household import Household
from town import BASIS
from wishes import REMOVE_MEMBER, UPDATE_MEMBER, codes

pytestmark = pytest.mark.anyio

WISHES = [{"role": "ADMIN"}, {"company": {"name": "ООО «Аутсорс»"}}, {"role": "MEMBER"}]


@pytest.mark.parametrize("wish", WISHES, ids=["role", "company", "as it was"])
async def test_a_former_member_is_not_changed(house: Household, wish: dict[str, object]) -> None:
    """C3: MEMBER_IS_REMOVED, as for blocking; he comes back by `memberAdd`."""
    await house.act("hotline", REMOVE_MEMBER, memberId=house.members["chaika"], basis=BASIS)
    async with house.nothing_happens():
        said = await codes(house, "hotline", UPDATE_MEMBER, memberId=house.members["chaika"], basis=BASIS, **wish)
    assert said == ["MEMBER_IS_REMOVED"]
