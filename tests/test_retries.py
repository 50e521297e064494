"""The database has a bad moment: the whole act is run again, a few times; what may be done is not done twice."""

from __future__ import annotations

import sqlite3

import pytest
from asyncpg.exceptions import DeadlockDetectedError, LockNotAvailableError, SerializationError, UniqueViolationError
from clients import Refused
from household import Household
from refused import contents, nothing_changes
from structlog.testing import capture_logs
from watched import Watched, watch
from wishes import ARCHIVE, noted

from resolvers.ports import OutcomeUnknown
from resolvers.retries import RUNS
from server.database import SqliteDatabase

pytestmark = pytest.mark.anyio


def bad_moments(watched: Watched) -> list[BaseException]:
    """What each kind of database says that passes."""
    if isinstance(watched.real, SqliteDatabase):
        busy = sqlite3.OperationalError("database is locked")
        busy.sqlite_errorcode = sqlite3.SQLITE_BUSY
        return [busy]
    broken = ConnectionResetError("the connection was closed")
    return [SerializationError(), DeadlockDetectedError(), LockNotAvailableError(), UniqueViolationError(), broken]


async def test_an_act_is_run_again_until_it_goes_well(house: Household) -> None:
    """C4 (reliability): after three bad moments the fourth run is whole: one entry, whatever was tried before."""
    document_id = await house.receive("1", "kolesnik")
    watched = watch(house)
    for bad in bad_moments(watched):
        watched.failing = [bad] * (RUNS - 1)
        async with noted(house) as came:
            done = await house.act("kolesnik", ARCHIVE, documentId=document_id, archived=True)
        assert done["document"]["archived"] is True
        assert came.entries == [("romashka", "DOCUMENT_ARCHIVED")]
        await house.act("kolesnik", ARCHIVE, documentId=document_id, archived=False)


async def test_an_act_that_never_goes_well_is_unavailable(house: Household) -> None:
    """C4 (reliability): four bad moments are UNAVAILABLE, ask later; nothing of any run is left."""
    document_id = await house.receive("1", "kolesnik")
    watched = watch(house)
    watched.failing = [bad_moments(watched)[0]] * (RUNS + 1)
    async with nothing_changes(house):
        with pytest.raises(Refused) as refused:
            await house.act("kolesnik", ARCHIVE, documentId=document_id, archived=True)
    assert refused.value.codes == ["UNAVAILABLE"]
    assert len(watched.failing) == 1, "run four times, not five"


async def test_a_database_that_is_away_is_one_line_of_the_log(house: Household) -> None:
    """C4 (reliability): what is known to pass has no trace, lest every request of an outage leave one; ours has."""
    document_id = await house.receive("1", "kolesnik")
    watched = watch(house)
    ended: list[BaseException] = [bad_moments(watched)[0], OutcomeUnknown(), ValueError("ours")]
    with capture_logs() as logged:
        for error in ended:
            watched.failing = [error] * RUNS
            with pytest.raises(Refused):
                await house.act("kolesnik", ARCHIVE, documentId=document_id, archived=True)
    said = [{key: line.get(key) for key in ("event", "code", "exc_info")} for line in logged]
    assert said == [
        {"event": "operation.unavailable", "code": "UNAVAILABLE", "exc_info": None},
        {"event": "operation.unavailable", "code": "UNKNOWN_OUTCOME", "exc_info": None},
        {"event": "operation.failed", "code": None, "exc_info": ended[-1]},
    ]
    assert logged[0]["cause"] == type(ended[0]).__name__


async def test_an_error_of_our_own_is_not_tried_again(house: Household) -> None:
    """C4 (reliability): what will not pass is INTERNAL at once, and undone."""
    document_id = await house.receive("1", "kolesnik")
    watched = watch(house)
    watched.failing = [ValueError("ours"), ValueError("ours")]
    async with nothing_changes(house):
        with pytest.raises(Refused) as refused:
            await house.act("kolesnik", ARCHIVE, documentId=document_id, archived=True)
    assert (refused.value.codes, len(watched.failing)) == (["INTERNAL"], 1)


async def test_a_connection_lost_while_committing_is_told_as_unknown(house: Household) -> None:
    """C4 (reliability): UNKNOWN_OUTCOME, and not run again: here it was done, once."""
    document_id = await house.receive("1", "kolesnik")
    before = await contents(house)
    watched = watch(house)
    watched.failing_in_commit = [OutcomeUnknown(), OutcomeUnknown()]
    with pytest.raises(Refused) as refused:
        await house.act("kolesnik", ARCHIVE, documentId=document_id, archived=True)
    assert (refused.value.codes, len(watched.failing_in_commit)) == (["UNKNOWN_OUTCOME"], 1)
    assert len((await contents(house))["entries"]) == len(before["entries"]) + 1
