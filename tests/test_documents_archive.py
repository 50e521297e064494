"""Putting a document away is a cabinet's own affair."""

from __future__ import annotations

import pytest
from household import Household, address
from wishes import ARCHIVE, listed, noted, sent

pytestmark = pytest.mark.anyio


async def test_archiving_is_for_one_cabinet_alone(house: Household) -> None:
    """EC56: the recipient puts it away; the sender's lists, journal and mailbox notice nothing. Twice is once (C15)."""
    wish = {"recipientEmails": [address("kolesnik")], "requiredSides": ["RECIPIENT"]}
    theirs = await sent(house, "savitskaya", of="polesye", to="romashka", **wish)
    (ours,) = await listed(house, "urbanovich", "INCOMING")
    async with noted(house) as came:
        for _ in range(2):
            await house.act("chaika", ARCHIVE, documentId=ours, archived=True)
    assert (came.entries, came.letters) == ([("romashka", "DOCUMENT_ARCHIVED")], [])
    assert await listed(house, "urbanovich", "ARCHIVE") == [ours]
    assert await listed(house, "savitskaya", "ARCHIVE", of="polesye") == []
    assert theirs in await listed(house, "savitskaya", "OUTGOING", of="polesye")
    await house.act("urbanovich", ARCHIVE, documentId=ours, archived=False)
    assert await listed(house, "urbanovich", "ARCHIVE") == []
