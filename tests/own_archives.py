"""What people ask and do about their own archives: `viewer.documents`, and documents for those with no cabinet yet."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

from household import POLESYE, Household, address
from mailbag import WITH_FRONT_END
from wishes import ADD_MEMBER

from server.mail import FolderTransport
from server.postman import Postman

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


async def posted(house: Household, folder: Path, address: str) -> list[str]:
    """Let the postman write all that is owed; what he wrote to an address, oldest first."""
    postman = Postman(house.world, FolderTransport(folder / "mail"), WITH_FRONT_END)
    while await postman.pass_once():
        house.clock.move(timedelta(seconds=1))
    made = [message_from_bytes(path.read_bytes(), policy=default) for path in sorted((folder / "mail").iterdir())]
    bodies = [message.get_body(("plain",)) for message in made if message["To"] and address in message["To"]]
    return [" ".join(str(body.get_content()).split()) for body in bodies if body is not None]
