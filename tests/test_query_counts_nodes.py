"""What is asked for at once is found at once: `nodes` of a kind, and a colleague that folders look for (B2)."""

from __future__ import annotations

from collections import defaultdict

import pytest
from household import POLESYE, Household
from sqlalchemy import select
from town import PDF

from models.organizations import Organization
from resolvers import sessions
from schema.nodes import encode

pytestmark = pytest.mark.anyio

NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
FOLDERS = "query($f: DocumentFilter) { cabinet { folders { documentCount(filter: $f) unseenCount(filter: $f) } } }"
ONE_COUNT = "query($f: DocumentFilter) { cabinet { folder(kind: ALL) { documentCount(filter: $f) } } }"


async def some_of_each(house: Household) -> dict[str, list[str]]:
    """Public ids that Урбанович sees, three or two of every kind that only she or a document of hers leads to."""
    made: dict[str, list[str]] = defaultdict(list)
    for name in "abc":
        made["Document"].append(await house.receive(name, "kolesnik"))
        made["SigningIntent"].append((await house.prepare("urbanovich", made["Document"][-1]))["intent"]["id"])
        signed = await house.sign("urbanovich", made["Document"][-1], PDF + name.encode())
        made["Signature"].append(signed["signature"]["id"])
        here = {"cabinetId": house.cabinets["romashka"]}
        made["DocumentUpload"].append(await house.upload("urbanovich", name.encode(), **here))
        await house.give_key("urbanovich")
        made["Certificate"].append(house.certificates["urbanovich"])
        login = await sessions.begin(house.context("urbanovich"), user_id=house.users["urbanovich"])
        made["Session"].append(encode("Session", login.session.id))
    for name in ("urbanovich", "chaika", "kolesnik"):
        made["User"].append(encode("User", house.users[name]))
        made["Member"].append(house.members[name])
    async with house.system.reading() as reading:
        named = await reading.all(select(Organization.id).where(Organization.tax_id != POLESYE["taxId"]))
    made["Organization"] = [encode("Organization", organization_id) for organization_id in named]
    return made


async def test_nodes_of_a_kind_cost_as_much_as_one(house: Household) -> None:
    """B2: `nodes` finds all objects of a kind together, whatever the kind."""
    for kind, ids in (await some_of_each(house)).items():
        found = (await house.ask("urbanovich", NODES, ids=ids))["nodes"]
        assert found == [{"__typename": kind, "id": text} for text in ids]
        costs = [await house.statements(NODES, ids=several) for several in (ids[:1], ids)]
        assert costs[0] == costs[1], kind


@pytest.mark.parametrize("who", [{"memberSearch": "колесник"}, {"memberIds": "kolesnik"}], ids=["search", "ids"])
async def test_ten_folders_read_the_colleagues_once(house: Household, who: dict[str, str]) -> None:
    """B2, EC53: twenty counters that look for a colleague cost what they count, and the colleagues once."""
    filter = {"memberIds": [house.members["kolesnik"]]} if "memberIds" in who else who
    one = await house.statements(ONE_COUNT, f=filter)
    assert await house.statements(FOLDERS, f=filter) == one + 19
