"""A relation costs the same number of statements for 1 row and for 50 (B2, A25)."""

from __future__ import annotations

from pathlib import Path

import pytest
from household import Household, household
from own_archives import delivered

pytestmark = pytest.mark.anyio

FOLDER = """query($n: Int!) { cabinet { folder(kind: INCOMING) { documents(first: $n) { nodes {
  id title counterparty { name }
  sender { organization { name } personName }
  recipients { personName member { user { displayName } company { name } } }
  signatures { signedAt signatory { personName member { user { displayName } } } }
} pageInfo { hasNextPage } } } } }"""
EVERYTHING = """query($n: Int!) { cabinet { folder(kind: INCOMING) { documentCount documents(first: $n) { totalCount
  nodes { id title statusText viewerHasSeen viewerCanSign viewerCannotSignReasons counterparty { name }
  sender { personName } recipients { personName member { state } }
  signedByOther { expected { personName } actual { personName } }
  signatures { signatory { personName } signedByOther { actual { personName } } downloadUrl }
  firstViewed { at by { personName } } rejection { reason } file { name downloadUrl }
  signingChoices { warnings { code } }
} } } } }"""
USERS = """query($n: Int!) { cabinet { members(first: $n) { nodes { id state hasSigningKey
  company { name } invitation { sentAt }
  stateEntry { message } periods { joinedAt } user { displayName email registration { state } } } } } }"""

PROGRAMS = """query($n: Int!) { cabinet { personalManager { displayName } apiTokens(first: $n) {
  id displayName scopes responsible { state user { displayName email } company { name } } }
  activity(first: $n) { nodes { message
  actor { displayName ... on ApiToken { responsible { user { displayName } } } } } }
} }"""
OWN = """query($n: Int!) { viewer { documents(first: $n) { totalCount nodes { title statusText viewerCanSign
  counterparty { name } sender { personName } recipients { personName } signedByOther { side }
  firstViewed { at } file { downloadUrl } signatures { signatory { personName } } } } } }"""


@pytest.fixture
async def house(tmp_path: Path):  # type: ignore[no-untyped-def]  # a generator fixture
    """A cabinet with 55 received documents, every third signed by somebody else than its recipient."""
    async with household(tmp_path) as home:
        await home.receive_many(55, signed_every=3)
        yield home


async def test_a_folder_page_with_its_people_takes_at_most_five_statements(house: Household) -> None:
    """B2: counterparty, parties, signatures and signatories of a page come by 5 statements at most, 1 row or 50."""
    counts = [await house.statements(FOLDER, n=n) for n in (1, 50)]
    assert counts[0] == counts[1] <= 5


@pytest.mark.parametrize("query", [EVERYTHING, USERS], ids=["everything of a document", "users"])
async def test_no_field_costs_a_statement_for_each_row(house: Household, query: str) -> None:
    """B2: nested lists cost a constant number of statements."""
    counts = [await house.statements(query, n=n) for n in (2, 50)]
    assert counts[0] == counts[1]


async def test_programs_cost_the_same_however_many(house: Household) -> None:
    """B2, EH87: tokens, who answers for each, and the entries that name them."""
    for number in range(51):
        await house.give_token(f"1C {number}", "READ")
    counts = [await house.statements(PROGRAMS, who="shcherbo", n=n) for n in (1, 50)]
    assert counts[0] == counts[1]


async def test_an_archive_costs_the_same_however_full(house: Household) -> None:
    """B2, C20: `viewer.documents` with all that its cards show."""
    for number in range(51):
        await delivered(house, f"own-{number}", "urbanovich")
    counts = [await house.statements(OWN, n=n) for n in (1, 50)]
    assert counts[0] == counts[1]
