"""What fails takes along little: a page outlives its people's members, a header the membership that is blocked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import pytest
from aiodataloader import DataLoader
from household import NAMES, SCHEMA, Household
from spots import selection
from structlog.testing import capture_logs
from town import PDF

from resolvers import certificates, colleagues, people
from resolvers.context import Context

pytestmark = pytest.mark.anyio

PAGE = """{ cabinet { folder(kind: INCOMING) { documentCount documents { totalCount nodes { id title
  recipients { personName member { id cabinet { id } organization { name } user { displayName }
    stateEntry { kind } periods { joinedAt } hasSigningKey invitation { sentAt } } }
  signatures { signatory { personName
    member { hasSigningKey periods { joinedAt } organization { name } } } } } } } } }"""
HEADER = f"{{ viewer {selection('User')} }}"


class Faulty(Context):
    """The context of an operation in which one relation cannot be loaded."""

    broken: Callable[..., Any]

    def fresh(self) -> Context:
        """The same fault in the operation."""
        made = Faulty(self.outside, self.principal, self.client)
        made.broken, made.outcome, made.loaders = self.broken, self.outcome, Loaders(self.broken)
        return made


class Loaders(dict[object, DataLoader[Any, Any]]):
    """One operation's loaders, one of them out of order."""

    def __init__(self, broken: Callable[..., Any]) -> None:
        super().__init__()
        self.broken = broken

    def __setitem__(self, key: object, loader: DataLoader[Any, Any]) -> None:
        is_broken = isinstance(key, tuple) and key[0] is self.broken
        super().__setitem__(key, DataLoader(_fail) if is_broken else loader)


async def _fail(_keys: list[Any]) -> NoReturn:
    raise OSError("out of order")


@pytest.mark.parametrize(
    "broken", [people.organizations_of, colleagues.periods, certificates.have_keys, colleagues.state_entries]
)
async def test_a_failing_member_does_not_take_the_page_along(house: Household, broken: Callable[..., Any]) -> None:
    """EE75: whichever resolver of a member fails, rows are there with their people's names; the error says where."""
    signed = await house.receive("ee75", "kolesnik")
    await house.sign("urbanovich", signed, PDF + b"ee75")
    context = house.context("chaika")
    faulty = Faulty(context.outside, context.principal, context.client)
    faulty.broken = broken

    with capture_logs() as logged:
        result = await SCHEMA.execute(PAGE, context_value=faulty)

    assert result.data is not None and result.errors
    folder = result.data["cabinet"]["folder"]
    (row,) = folder["documents"]["nodes"]
    assert (folder["documentCount"], folder["documents"]["totalCount"], row["id"]) == (1, 1, signed)
    assert [party["personName"] for party in row["recipients"]] == [NAMES["kolesnik"]]
    assert [each["signatory"]["personName"] for each in row["signatures"]] == [NAMES["urbanovich"]]
    assert {(error.extensions or {})["code"] for error in result.errors} == {"INTERNAL"}
    assert all("member" in (error.path or []) for error in result.errors)
    assert {line["event"] for line in logged} == {"operation.failed"}


async def test_an_own_blocked_membership_does_not_take_the_header_along(house: Household) -> None:
    """EE75, A30: everything that the account's header can show is shown without an error; its cabinet is `null`."""
    result = await SCHEMA.execute(HEADER, context_value=house.context("grinkevich"))
    assert (result.errors, result.data is not None) == (None, True)
    assert result.data is not None
    (membership,) = result.data["viewer"]["members"]
    assert (membership["state"], membership["cabinet"]) == ("BLOCKED", None)
    assert membership["organization"]["name"] == "ООО «Ромашка»"
