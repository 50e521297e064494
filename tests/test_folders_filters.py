"""Folders and filters: who is in which, and every counter is the length of its list (EC54)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from clients import Refused
from household import Household, address, household
from town import BASIS, PDF
from wishes import (
    ARCHIVE,
    REJECT,
    REMOVE_MEMBER,
    VIEW,
    WITHDRAW,
    content_of,
    draft,
    listed,
    sent,
)

from server.keeper import Keeper

pytestmark = pytest.mark.anyio

FOLDERS = {
    "ALL": "marked own plain archived expired rejected withdrawn unsent out outsigned in inner gone",
    "INCOMING": "marked own plain expired rejected in gone",
    "OUTGOING": "withdrawn unsent out outsigned",
    "INTERNAL": "inner",
    "DRAFTS": "draft",
    "AWAITING_US": "plain unsent inner gone",
    "AWAITING_COUNTERPARTY": "out outsigned",
    "SIGNED": "marked own",
    "REJECTED": "rejected",
    "ARCHIVE": "archived",
}
STATUSES = {
    "SENT": "unsent",
    "DELIVERED": "archived in",
    "AWAITING_SIGNATURE": "plain out outsigned inner gone",
    "SIGNED": "marked own",
    "REJECTED": "rejected",
    "WITHDRAWN": "withdrawn",
    "EXPIRED": "expired",
    "DRAFT": "",
}
HIS, HERS, GONE, MINE = "kolesnik", "urbanovich", "grinkevich", "chaika"
FILTERS: dict[str, tuple[dict[str, Any], str]] = {
    "incoming": ({"direction": "INCOMING"}, "marked own plain archived expired rejected in gone"),
    "kinds": ({"kind": ["LETTER", "CONTRACT"]}, "withdrawn unsent out outsigned in inner"),
    "title": ({"search": "акт GONE"}, "gone"),
    "number": ({"search": "77-к"}, "plain"),
    "no wildcards": ({"search": "%"}, ""),
    "since": ({"created": {"from": "2026-11-24T10:00:00Z"}}, "in inner gone"),
    "until": ({"created": {"to": "2026-11-24T12:00:00+03:00"}}, ""),
    "between": ({"created": {"from": "2026-11-24T09:00:00Z", "to": "2026-11-24T10:00:00Z"}}, "-in inner gone"),
    "marked": ({"signedByOther": True}, "marked outsigned"),
    "unmarked": ({"signedByOther": False}, "-marked outsigned"),
    "seen": ({"viewerHasSeen": True}, "plain inner"),
    "unseen": ({"viewerHasSeen": False}, "-plain inner"),
    "nothing said": ({"status": [], "memberSearch": " ", "search": "", "kind": [], "memberIds": []}, "-"),
    "unknown counterparty": ({"counterpartyId": "nonsense"}, ""),
}
PEOPLE: dict[str, tuple[list[str], dict[str, Any], str]] = {
    "his": ([HIS], {}, "marked own plain expired rejected withdrawn unsent out outsigned"),
    "received by him": ([HIS], {"memberAs": ["RECIPIENT"]}, "marked own plain expired rejected"),
    "sent by him": ([HIS], {"memberAs": ["SENDER"]}, "withdrawn unsent out outsigned"),
    "signed by him": ([HIS], {"memberAs": ["SIGNATORY"]}, "own"),
    "signed by her": ([HERS], {"memberAs": ["SIGNATORY"]}, "marked outsigned"),
    "hers in any way": ([HERS], {"memberAs": ["SENDER", "RECIPIENT", "SIGNATORY"]}, "marked outsigned archived inner"),
    "a blocked one's (EC52)": ([GONE], {}, "gone"),
    "several people's": ([HERS, GONE], {}, "archived inner gone"),
    "with a status": ([HIS], {"status": ["REJECTED", "SIGNED"]}, "marked own rejected"),
    "nobody's": (["savitskaya"], {}, ""),
    "mine and his (EC53)": ([HIS], {"onlyMine": True}, ""),
}


@dataclass
class Archive:
    """A cabinet with documents in every state, by name."""

    home: Household
    documents: dict[str, str] = field(default_factory=dict)

    async def in_folder(self, folder: str, /, **filter: Any) -> list[str]:
        """Names of what is listed, in the order of `ALL`; counters are checked along the way."""
        by_id = {document_id: name for name, document_id in self.documents.items()}
        found = {by_id[row] for row in await listed(self.home, MINE, folder, **filter)}
        return [name for name in self.documents if name in found]

    def named(self, names: str) -> list[str]:
        """Names in the order of making; with a leading minus, all of ALL but these."""
        if names.startswith("-"):
            return [name for name in self.documents if name not in names[1:].split() and name != "draft"]
        return [name for name in self.documents if name in names.split()]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One loop for the whole file: nobody changes anything here, so its archive is made once."""
    return "asyncio"


@pytest.fixture(scope="module")
async def archive(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Archive]:
    """Documents of Колесник, who is removed afterwards, of Урбанович and of others; Чайка looks at them."""
    async with household(tmp_path_factory.mktemp("archive")) as home:
        made = Archive(home)
        await _receive(made)
        await _send(made)
        home.clock.move(timedelta(hours=1))
        await Keeper(home.world).pass_once()
        await _receive_later(made)
        await home.act("hotline", REMOVE_MEMBER, memberId=home.members[HIS], basis=BASIS)
        yield made


async def _receive(archive: Archive) -> None:
    home, made = archive.home, archive.documents
    for name in ("marked", "own", "plain"):
        made[name] = await home.receive(name, HIS, number="77-К" if name == "plain" else None)
    await home.sign(HERS, made["marked"], PDF + b"marked")
    await home.sign(HIS, made["own"], PDF + b"own")
    made["archived"] = await home.receive("archived", HERS, requiredSides=[])
    made["expired"] = await home.receive("expired", HIS, signBefore="2026-11-24T09:30:00Z")
    made["rejected"] = await home.receive("rejected", HIS)
    await home.act(MINE, ARCHIVE, documentId=made["archived"], archived=True)
    await home.act(HERS, REJECT, documentId=made["rejected"], reason="нет")
    await home.act(MINE, VIEW, documentId=made["plain"])


async def _send(archive: Archive) -> None:
    home, made = archive.home, archive.documents
    to_sign: dict[str, Any] = {"requiredSides": ["RECIPIENT"]}
    made["withdrawn"] = await sent(home, HIS, to="polesye", **to_sign)
    await home.act(MINE, WITHDRAW, documentId=made["withdrawn"])
    made["unsent"] = await sent(home, HIS, to="polesye")
    made["out"] = await sent(home, HIS, to="polesye", **to_sign)
    made["outsigned"] = await sent(home, HIS, to="polesye")
    await home.sign(HERS, made["outsigned"], content_of("Договор поставки"))
    made["draft"] = await draft(home, HIS, to="polesye")


async def _receive_later(archive: Archive) -> None:
    home, made = archive.home, archive.documents
    await sent(home, "savitskaya", of="polesye", to="romashka", kind="LETTER", requiredSides=[], title="Письмо")
    (made["in"],) = await listed(home, HIS, "INCOMING", kind=["LETTER"])
    to_her: dict[str, Any] = {"requiredSides": ["RECIPIENT"], "recipientEmails": [address(HERS)]}
    made["inner"] = await sent(home, MINE, to="romashka", **to_her)
    made["gone"] = await home.receive("gone", GONE)


@pytest.mark.parametrize("kind", FOLDERS)
async def test_every_document_lies_where_it_belongs(archive: Archive, kind: str) -> None:
    """A15, D2, EC54, EC55, A31: archived ones only in ARCHIVE and ALL, drafts only in DRAFTS, blocked people's too."""
    assert await archive.in_folder(kind) == archive.named(FOLDERS[kind])


async def test_no_document_is_in_no_folder(archive: Archive) -> None:
    """EC55: whatever its state, ALL or DRAFTS has it; the menu has ten folders, the counters of which agree."""
    everything = set(await archive.in_folder("ALL")) | set(await archive.in_folder("DRAFTS"))
    assert everything == set(archive.documents)
    menu = (await archive.home.ask(MINE, "{ cabinet { folders { kind documentCount unseenCount name } } }"))["cabinet"]
    assert {row["kind"]: row["documentCount"] for row in menu["folders"]} == {
        kind: len(names.split()) for kind, names in FOLDERS.items()
    }
    assert [row["kind"] for row in menu["folders"]] == list(FOLDERS)


@pytest.mark.parametrize("status", STATUSES)
async def test_every_status_is_reached_by_filter(archive: Archive, status: str) -> None:
    """EC55: what has no folder of its own is found in ALL."""
    assert await archive.in_folder("ALL", status=[status]) == archive.named(STATUSES[status])


@pytest.mark.parametrize("kind", ["ALL", "INCOMING", "AWAITING_US"])
@pytest.mark.parametrize("name", FILTERS)
async def test_filters_narrow_any_folder(archive: Archive, name: str, kind: str) -> None:
    """EC54, A17: a filter means the same in every folder, and counters follow it."""
    filter, names = FILTERS[name]
    found, folder = archive.named(names), FOLDERS[kind].split()
    assert await archive.in_folder(kind, **filter) == [document for document in found if document in folder]


@pytest.mark.parametrize("kind", ["ALL", "INCOMING", "SIGNED"])
@pytest.mark.parametrize("name", PEOPLE)
async def test_documents_of_people(archive: Archive, name: str, kind: str) -> None:
    """A16, EC52, EC53: as sender or recipient by default, as signatory when asked; blocked and former people too."""
    people, filter, names = PEOPLE[name]
    ids = [archive.home.members[person] for person in people]
    found, folder = archive.named(names), FOLDERS[kind].split()
    expected = [document for document in found if document in folder]
    assert await archive.in_folder(kind, memberIds=ids, **filter) == expected


async def test_only_mine_is_a_filter_by_oneself(archive: Archive) -> None:
    """A17: equals `memberIds: [viewer's member]`, for the list and both counters."""
    home = archive.home
    for who in (MINE, HERS, "shcherbo"):
        for kind in FOLDERS:
            mine = await listed(home, who, kind, onlyMine=True)
            assert mine == await listed(home, who, kind, memberIds=[home.members[who]]), (who, kind)
            assert await listed(home, who, kind, onlyMine=False) == await listed(home, who, kind)
    assert await archive.in_folder("ALL", onlyMine=True) == ["inner"]


async def test_counterparties_are_offered_and_filter(archive: Archive) -> None:
    """The drop-down lists whom documents were exchanged with; each one's documents are found by it."""
    asked = "query($s: String) { cabinet { counterparties(search: $s) { id name } } }"
    offered = (await archive.home.ask(MINE, asked))["cabinet"]["counterparties"]
    assert [row["name"] for row in offered] == ["ЗАО «Полесье-Трейд»", "ОАО «Гродно-Опт»", "ООО «Ромашка»"]
    grodno = (await archive.home.ask(MINE, asked, s="гродно"))["cabinet"]["counterparties"]
    assert [row["name"] for row in grodno] == ["ОАО «Гродно-Опт»"]
    found = await archive.in_folder("ALL", counterpartyId=grodno[0]["id"])
    assert found == archive.named("marked own plain archived expired rejected gone")


async def test_a_search_of_titles_has_an_end(archive: Archive) -> None:
    """C16: 201 characters are BAD_USER_INPUT."""
    with pytest.raises(Refused) as refused:
        await archive.in_folder("ALL", search="я" * 201)
    assert refused.value.codes == ["BAD_USER_INPUT"]
