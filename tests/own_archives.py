"""What people ask and do about their own archives: `viewer.documents`, and documents for those with no cabinet yet."""

from __future__ import annotations

from typing import Any

from household import POLESYE, Household, address
from wishes import ADD_MEMBER

GOMEL = {"name": "ОАО «Гомель-Лес»", "taxId": "190000099"}  # has no cabinet here
OWN = """query($n: Int, $a: String, $l: Int, $b: String, $f: DocumentFilter, $o: DocumentOrder) {
  viewer { documents(first: $n, after: $a, last: $l, before: $b, filter: $f, orderBy: $o) {
    totalCount edges { cursor node { id } } nodes { id }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"""
CARD = """query($id: ID!) { document(id: $id) { id exchangeId externalId cabinet { id } title kind number
  direction status statusText archived createdAt updatedAt requiredSides awaitedSides signBefore
  counterparty { id name }
  sender { organization { name } personName personEmail member { id } }
  recipients { organization { name } personName personEmail member { id } }
  signedByOther { side } viewerHasSeen viewerCanSign viewerCannotSignReasons file { name sha256 sizeBytes }
  signatures { id side signedAt acknowledgedWarnings signatoryPeriod { joinedAt } clientAddress
    signatory { personName organization { name } member { id } } certificate { subjectName } }
  firstViewed { by { personName member { id } } at }
  rejection { reason at by { personName member { id } } }
  signingChoices { certificate { id } warnings { code } }
  activity(first: 50) { totalCount nodes { id seq kind message occurredAt channel actor { displayName }
    document { id } member { id } signatory { personName member { id } } } } } }"""


async def page(house: Household, who: str | None, **asked: Any) -> Any:
    """A page of somebody's own archive."""
    return (await house.ask(who, OWN, **asked))["viewer"]["documents"]


async def held(house: Household, who: str, /, **filter: Any) -> list[str]:
    """Ids of what somebody's own archive holds, newest first; the total is of the list."""
    rows = await page(house, who, n=100, f=filter)
    assert rows["totalCount"] == len(rows["nodes"])
    return [node["id"] for node in rows["nodes"]]


async def card(house: Household, who: str | None, document_id: str) -> Any:
    """All that the card shows."""
    return (await house.ask(who, CARD, id=document_id))["document"]


async def delivered(house: Household, external_id: str, *people: str, to: Any = POLESYE, **said: Any) -> str:
    """A document from outside for people of an organisation, by default one whose cabinet they do not belong to."""
    return await house.receive(external_id, *people, organization=to, **said)


async def joins(house: Household, who: str, *, to: str = "polesye", by: str = "savitskaya", **said: Any) -> str:
    """Somebody with an account is added to a cabinet by its administrator; his public member id there."""
    wish = {"cabinetId": house.cabinets[to], "member": {"email": address(who)}, **said}
    return str((await house.act(by, ADD_MEMBER, **wish))["member"]["id"])
