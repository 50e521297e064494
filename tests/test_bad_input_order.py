"""Which refusal comes first, what is no refusal at all, and what fails above `userErrors` (C15, C16, C22)."""

from __future__ import annotations

from typing import Any

import pytest
from clients import Refused
from household import Household, address
from ids import KINDS, id_arguments
from refused import asking, nothing_changes, refusal
from town import BASIS, PDF
from wishes import (
    ARCHIVE,
    BLOCK_MEMBER,
    REJECT,
    REMOVE_MEMBER,
    UNBLOCK_MEMBER,
    UPDATE_MEMBER,
    VIEW,
    WITHDRAW,
    draft,
    sent,
)

from models.refusals import Reason
from schema.refusals import TOP_LEVEL

pytestmark = pytest.mark.anyio


async def test_doing_again_what_is_so_succeeds_in_silence(house: Household) -> None:
    """C15: the second time nothing is written: no entry, no letter, no row, and it is a success."""
    document_id = await house.receive("1", "kolesnik")
    theirs = await sent(house, "savitskaya", of="polesye", to="romashka", requiredSides=["RECIPIENT"])
    acts: list[tuple[str, str, dict[str, Any]]] = [
        ("urbanovich", VIEW, {"documentId": document_id}),
        ("urbanovich", ARCHIVE, {"documentId": document_id, "archived": True}),
        ("urbanovich", ARCHIVE, {"documentId": document_id, "archived": False}),
        ("urbanovich", REJECT, {"documentId": document_id, "reason": "не та сумма"}),
        ("savitskaya", WITHDRAW, {"documentId": theirs}),
        ("hotline", UPDATE_MEMBER, {"memberId": house.members["chaika"], "role": "ADMIN", "basis": BASIS}),
        ("hotline", BLOCK_MEMBER, {"memberId": house.members["chaika"], "basis": BASIS}),
        ("hotline", UNBLOCK_MEMBER, {"memberId": house.members["chaika"], "basis": BASIS}),
        ("hotline", REMOVE_MEMBER, {"memberId": house.members["chaika"], "basis": BASIS}),
    ]
    for who, mutation, wish in acts:
        await house.act(who, mutation, **wish)
        async with nothing_changes(house):
            await house.act(who, mutation, **wish)


async def test_adding_an_active_member_is_refused_with_the_member(house: Household) -> None:
    """C15, EA11: role or company may differ, so it is no repetition: ALREADY_A_MEMBER comes with the member."""
    wish = {"cabinetId": house.cabinets["romashka"], "member": {"email": address("chaika")}, "basis": BASIS}

    told = await refusal(house, "hotline", "memberAdd", **wish)

    assert told.code == "ALREADY_A_MEMBER"
    assert told.error["member"] == {"id": house.members["chaika"], "state": "ACTIVE"}
    assert "Чайка" in told.ru


FOR_MANAGERS = ("memberBlock", "memberUnblock", "memberRemove", "memberUpdate")


@pytest.mark.parametrize("mutation", FOR_MANAGERS)
async def test_rights_on_the_object_come_before_the_role(house: Household, mutation: str) -> None:
    """C16, C22: a plain member gets NOT_FOUND for a foreign member, FORBIDDEN for his colleague."""
    foreign = await refusal(house, "urbanovich", mutation, memberId=house.members["savitskaya"])
    own = await refusal(house, "urbanovich", mutation, memberId=house.members["chaika"])

    assert (foreign.code, own.code) == ("NOT_FOUND", "FORBIDDEN")


async def test_a_role_is_asked_for_before_the_arguments(house: Household) -> None:
    """C22: who may not add members learns that, not what is wrong with the address."""
    wish = {"cabinetId": house.cabinets["romashka"], "member": {"newUser": {"displayName": "", "email": "x"}}}

    told = await refusal(house, "urbanovich", "memberAdd", **wish)
    author = await refusal(
        house, "urbanovich", "draftSave", draft={"draftId": await draft(house, "chaika", to=None)}, title="x" * 501
    )

    assert (told.code, author.code) == ("FORBIDDEN", "FORBIDDEN")


@pytest.mark.parametrize("reason", ["", "  ", "x" * 2001, "\x00"])
async def test_whether_it_can_be_done_now_comes_before_the_arguments(house: Household, reason: str) -> None:
    """C22: a closed document is DOCUMENT_NOT_OPEN whatever else is wrong; an open one shows the argument."""
    closed, waiting = await house.receive("1", "kolesnik"), await house.receive("2", "kolesnik")
    await house.sign("urbanovich", closed, PDF + b"1")

    late = await refusal(house, "chaika", "documentReject", documentId=closed, reason=reason)
    back = await refusal(house, "chaika", "documentWithdraw", documentId=closed, reason=reason or "x" * 2001)
    told = await refusal(house, "chaika", "documentReject", documentId=waiting, reason=reason)

    assert (late.code, back.code) == ("DOCUMENT_NOT_OPEN", "DOCUMENT_NOT_OPEN")
    assert told.path == ["reason"] and told.code in {"REQUIRED", "TOO_LONG", "INVALID"}


async def test_a_keyless_member_learns_of_the_key_first(house: Household) -> None:
    """C22: with a closed document too, the reason is the document; with an open one, the key."""
    document_id = await house.receive("1", "kolesnik")
    wish = {"documentId": document_id, "certificateId": house.certificates["savitskaya"]}

    keyless = await refusal(house, "chaika", "signaturePrepare", **wish)
    foreign = await refusal(house, "urbanovich", "signaturePrepare", **wish)

    assert (keyless.code, keyless.error["reasons"]) == ("CANNOT_SIGN", ["NO_SIGNING_KEY"])
    assert foreign.place == ("NOT_FOUND", ["certificateId"])


async def failing(house: Household, who: str | None, query: str, **variables: Any) -> list[str]:
    """The codes of a request that fails as a whole; nothing changes."""
    async with nothing_changes(house):
        with pytest.raises(Refused) as failed:
            await house.ask(who, query, **variables)
    return failed.value.codes


async def test_without_a_login_nothing_can_be_done(house: Household) -> None:
    """C16: no login is a top-level UNAUTHENTICATED, not a user error, before anything is looked at."""
    await house.receive("1", "kolesnik")
    nothing = dict.fromkeys(KINDS.values(), "x")
    wishes = [(argument.mutation, argument.input("x", good=nothing, given={})) for argument in id_arguments()]
    wishes += [("certificateChallengeCreate", {"certificate": "AAAA"})]
    wishes += [("certificateRegister", {"challenge": "x", "proof": "AAAA"})]

    for mutation, wish in wishes:
        assert await failing(house, None, asking(mutation), i=wish) == ["UNAUTHENTICATED"], mutation


WRONG_BASE64 = ("не base64", "AAA", "AAAA\n", "AA-_", "====", "AAAA AAAA")


@pytest.mark.parametrize("text", WRONG_BASE64)
async def test_wrong_base64_is_a_malformed_request(house: Household, text: str) -> None:
    """Issue 3, C16: base64 that is none is BAD_USER_INPUT at top level, for every argument of that type."""
    inputs = {
        "documentSign": {"intentId": "x", "signature": text},
        "certificateChallengeCreate": {"certificate": text},
        "certificateRegister": {"challenge": "x", "proof": text},
    }
    for mutation, wish in inputs.items():
        assert await failing(house, "urbanovich", asking(mutation), i=wish) == ["BAD_USER_INPUT"], mutation


PAGE = """query($after: String, $k: FolderKind!, $first: Int = 1) { cabinet { folder(kind: $k) {
  documents(first: $first, after: $after) { pageInfo { endCursor } } } } }"""
OTHERS = {
    "members": "query($after: String) { cabinet { members(after: $after) { totalCount } } }",
    "activity": "query($after: String) { cabinet { activity(after: $after) { totalCount } } }",
    "cabinets": "query($after: String) { cabinets(after: $after) { totalCount } }",
    "before": "query($after: String) { cabinet { members(last: 1, before: $after) { totalCount } } }",
}


async def test_a_cursor_that_is_not_ours_is_a_malformed_request(house: Household) -> None:
    """C24, issue 3: broken, altered, of another list, filter or cabinet: BAD_USER_INPUT at top level."""
    for number in range(3):
        await house.receive(str(number), "kolesnik")
    page = await house.ask("urbanovich", PAGE, k="INCOMING")
    cursor = page["cabinet"]["folder"]["documents"]["pageInfo"]["endCursor"]
    altered = cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB")

    assert (await house.ask("urbanovich", PAGE, k="INCOMING", after=cursor))["cabinet"] is not None
    for wrong in ("", "x", "не курсор", "\x00", altered, cursor + "A", "A" * 5000):
        assert await failing(house, "urbanovich", PAGE, k="INCOMING", after=wrong) == ["BAD_USER_INPUT"], wrong
    assert await failing(house, "urbanovich", PAGE, k="ALL", after=cursor) == ["BAD_USER_INPUT"]
    assert await failing(house, "savitskaya", PAGE, k="INCOMING", after=cursor) == ["BAD_USER_INPUT"]
    for query in OTHERS.values():
        assert await failing(house, "urbanovich", query, after=cursor) == ["BAD_USER_INPUT"], query


@pytest.mark.parametrize("first", [0, -1, 101, 2**31 - 1])
async def test_a_page_size_out_of_range_is_a_malformed_request(house: Household, first: int) -> None:
    """C16: never a silent cut: outside of 1 to maxPageSize is BAD_USER_INPUT."""
    assert (await failing(house, "urbanovich", PAGE, k="ALL", first=first))[0] in {
        "BAD_USER_INPUT",
        "COST_LIMIT_EXCEEDED",
    }


async def test_the_two_vocabularies_do_not_overlap() -> None:
    """C16: what is told at top level never comes as a user error: no login, and what is malformed."""
    assert set(TOP_LEVEL) == {Reason.UNAUTHENTICATED, Reason.BAD_USER_INPUT}
