"""When somebody was faster is told in the reader's own time."""

from __future__ import annotations

import pytest
from household import Household
from sqlalchemy import select
from town import PDF, SIGN

from models.access import Verb
from models.accounts import User

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("zone", "told"), [("Europe/Minsk", "12:00"), ("Asia/Vladivostok", "19:00")])
async def test_the_time_of_the_other_signature_is_the_reader_s(house: Household, zone: str, told: str) -> None:
    """ED67: in the zone of the account, not of the house."""
    async with house.system.work(Verb.OWN_SERVER) as work:
        work.authorize()
        (user,) = await work.all(select(User).where(User.id == house.users["kolesnik"]))
        user.time_zone = zone
    document_id = await house.receive("faster", "kolesnik")
    prepared = await house.prepare("kolesnik", document_id)
    await house.sign("urbanovich", document_id, PDF + b"faster")
    signature = house.signature("kolesnik", PDF + b"faster")
    payload = await house.try_to("kolesnik", SIGN, intentId=prepared["intent"]["id"], signature=signature)
    (error,) = payload["userErrors"]
    assert error["code"] == "ALREADY_SIGNED"
    assert told in error["message"]
