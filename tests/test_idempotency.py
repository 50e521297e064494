"""`idempotencyKey`: a mutation repeated with its key is done once, whatever became of the first answer (EA8, C5)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from clients import Refused
from household import SCHEMA, Household
from keyed import KEYED, asking, with_keys
from refused import contents, refusal
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from town import BASIS
from wishes import BLOCK_MEMBER, UPDATE_MEMBER, codes

from models.accounts import User
from models.repeats import IdempotencyKey
from resolvers.ports import Database, OutcomeUnknown
from server.keeper import Keeper

pytestmark = pytest.mark.anyio
every_one = pytest.mark.parametrize("mutation", KEYED)

WITHOUT_A_KEY = {
    "apiTokenCreate": "the token's text is shown once and never stored: repeating makes another one",
    "apiTokenRevoke": "doing it again is silently fine",
    "cabinetUpdate": "doing it again is silently fine",
    "certificateChallengeCreate": "a challenge more does no harm; only the newest counts",
    "certificateRegister": "keyed by its challenge",
    "certificateRemove": "doing it again is silently fine",
    "documentArchive": "doing it again is silently fine",
    "documentMarkViewed": "doing it again is silently fine",
    "documentReceive": "keyed by `externalId` (EC57)",
    "documentSign": "keyed by its intent (EB30)",
    "documentUploadCreate": "an announcement more does no harm: it is forgotten unless used",
    "draftDelete": "what is deleted is gone",
    "draftSave": "saving again what is so changes nothing; a draft more is its author's own",
    "emailConfirm": "keyed by the code of its letter",
    "memberInvitationResend": "a newer link ends the older one; how often is limited",
    "operatorAssign": "doing it again is silently fine",
    "operatorUnassign": "doing it again is silently fine",
    "passwordReset": "keyed by the code of its letter",
    "passwordResetRequest": "a newer link ends the older one; how often is limited",
    "sessionCreate": "a session more does no harm; its token is shown once and never stored",
    "sessionDelete": "what is ended is gone",
    "signaturePrepare": "an intent more does no harm: it runs out",
    "viewerUpdate": "doing it again is silently fine",
}
SECRET = ("password", "token", "code", "proof", "challenge", "signature", "secret")


def test_every_mutation_has_a_key_or_a_reason() -> None:
    """C5 (reliability): found by walking the schema: what takes a key is tried below, all others are named."""
    root = SCHEMA._schema.mutation_type
    assert root is not None
    assert with_keys() == set(KEYED)
    assert set(root.fields) - with_keys() == set(WITHOUT_A_KEY)


def test_no_secret_stands_beside_a_key() -> None:
    """What is remembered is a digest of the whole input: none of it may be a secret that could be guessed from it."""
    root = SCHEMA._schema.mutation_type
    assert root is not None
    fields = [name for mutation in KEYED for name in root.fields[mutation].args["input"].type.of_type.fields]
    assert [name for name in fields if any(secret in name.lower() for secret in SECRET)] == []


async def told(house: Household, mutation: str, wish: dict[str, Any], *, who: str | None = None) -> Any:
    """The payload as it comes, refusals included."""
    return await house.try_to(who or KEYED[mutation].who, asking(mutation), **wish)


async def effect(house: Household, before: Counter[str]) -> tuple[int, int, int]:
    """Entries, letters and keys that came since."""
    after = await house.census()
    return tuple(after[name] - before[name] for name in ("entries", "deliveries", "idempotency_keys"))  # type: ignore[return-value]  # three names


@every_one
async def test_a_repetition_does_nothing_more(house: Household, mutation: str) -> None:
    """EA8, C5: the first answer once more, with no second entry, letter or row; without a key nothing is remembered."""
    wish = {**await KEYED[mutation].wish(house), "idempotencyKey": "k-1"}
    before = await house.census()
    first = await told(house, mutation, wish)
    assert first["userErrors"] == []
    assert await effect(house, before) == (KEYED[mutation].entries, KEYED[mutation].letters, 1)
    stored = await contents(house)
    assert await told(house, mutation, wish) == first
    house.clock.move(timedelta(hours=23, minutes=59))
    assert await told(house, mutation, wish) == first
    assert await contents(house) == stored


@every_one
async def test_a_key_is_for_one_wish(house: Household, mutation: str) -> None:
    """EA8: with another input, or for another mutation: IDEMPOTENCY_KEY_REUSED at the key, and nothing happens."""
    wish = {**await KEYED[mutation].wish(house), "idempotencyKey": "k-1"}
    assert (await told(house, mutation, wish))["userErrors"] == []
    other = await refusal(house, KEYED[mutation].who, mutation, **{**wish, **KEYED[mutation].otherwise})
    assert other.place == ("IDEMPOTENCY_KEY_REUSED", ["idempotencyKey"])
    foreign = "documentReject" if mutation != "documentReject" else "documentWithdraw"
    elsewhere = {"documentId": "RG9jdW1lbnQ6MQ", "reason": "нет", "idempotencyKey": "k-1"}
    assert (await refusal(house, KEYED[mutation].who, foreign, **elsewhere)).place == other.place


@every_one
async def test_of_eight_at_once_one_acts_and_all_are_answered_alike(house: Household, mutation: str) -> None:
    """C5 (reliability): the losers of the race wait and get the winner's answer."""
    wish = {**await KEYED[mutation].wish(house), "idempotencyKey": "k-1"}
    before = await house.census()
    answers = await asyncio.gather(*(told(house, mutation, wish) for _ in range(8)))
    assert answers == [answers[0]] * 8
    assert answers[0]["userErrors"] == []
    assert await effect(house, before) == (KEYED[mutation].entries, KEYED[mutation].letters, 1)


async def dismiss(house: Household, who: str) -> None:
    """Take somebody's rights: a member is blocked, an operator is none any more."""
    if who != "hotline":
        await house.block(who)
        return
    async with house.world.database.transaction() as session:
        await session.execute(update(User).where(User.id == house.users[who]).values(operator_kind=None))


@every_one
async def test_who_was_blocked_meanwhile_is_refused(house: Household, mutation: str) -> None:
    """EA8, A30, H1: no stored answer; he is told the same with his old key, with a new one and without any."""
    wish = await KEYED[mutation].wish(house)
    assert (await told(house, mutation, {**wish, "idempotencyKey": "k-1"}))["userErrors"] == []
    await dismiss(house, KEYED[mutation].who)
    async with house.nothing_happens():
        answers = [
            await told(house, mutation, {**wish, **key})
            for key in ({"idempotencyKey": "k-1"}, {"idempotencyKey": "k-2"}, {})
        ]
    assert answers == [answers[0]] * 3
    (error,) = answers[0].pop("userErrors")
    assert error["code"] == ("FORBIDDEN" if mutation == "cabinetCreate" else "NOT_FOUND")
    assert set(answers[0].values()) == {None}


@every_one
@pytest.mark.parametrize("is_swept", [True, False], ids=["swept", "not yet swept"])
async def test_after_a_day_the_key_is_a_new_one(house: Household, mutation: str, is_swept: bool) -> None:
    """C5 (reliability): 24 h later the act is judged anew, exactly as under a key that was never used."""
    wish = await KEYED[mutation].wish(house)
    assert (await told(house, mutation, {**wish, "idempotencyKey": "k-1"}))["userErrors"] == []
    house.clock.move(timedelta(hours=24))
    if is_swept:
        await Keeper(house.world).pass_once()
        assert (await house.census())["idempotency_keys"] == 0
    assert await told(house, mutation, {**wish, "idempotencyKey": "k-1"}) == await told(
        house, mutation, {**wish, "idempotencyKey": "k-2"}
    )


async def test_the_keeper_sweeps_what_is_too_old_and_no_more(house: Household) -> None:
    """C5 (reliability): a key is kept for 24 h to the second."""
    wish = {**await KEYED["memberBlock"].wish(house), "idempotencyKey": "old"}
    await told(house, "memberBlock", wish)
    house.clock.move(timedelta(hours=1))
    await told(house, "memberBlock", {**wish, "idempotencyKey": "young"})
    house.clock.move(timedelta(hours=23))
    await Keeper(house.world).pass_once()
    async with house.system.reading() as reading:
        (left,) = await reading.all(select(IdempotencyKey))
    assert left.created_at == house.clock.now() - timedelta(hours=23)


class LostAnswers:
    """A database that commits, and whose client never learns of it, once."""

    def __init__(self, inner: Database, error: Exception):
        self._inner, self._error, self._is_lost = inner, error, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """As promised, but for the end."""
        async with self._inner.transaction() as session:
            yield session
        if not self._is_lost:
            self._is_lost = True
            raise self._error


@every_one
async def test_a_crash_after_the_commit_is_repaired_by_repeating(house: Household, mutation: str) -> None:
    """C5 (reliability): the act was done and nobody was told; with its key the client learns what came of it."""
    wish = {**await KEYED[mutation].wish(house), "idempotencyKey": "k-1"}
    before, world = await house.census(), house.world
    house.world = replace(world, database=LostAnswers(world.database, RuntimeError("the process died")))
    with pytest.raises(Refused):
        await told(house, mutation, wish)
    house.world = world
    async with house.nothing_happens():
        answer = await told(house, mutation, wish)
    assert answer["userErrors"] == []
    assert await effect(house, before) == (KEYED[mutation].entries, KEYED[mutation].letters, 1)


async def test_an_unknown_outcome_is_looked_up_by_its_key(house: Household) -> None:
    """C4 (reliability): the connection broke in COMMIT: with a key it is answered, without one UNKNOWN_OUTCOME."""
    world, wish = house.world, await KEYED["memberBlock"].wish(house)
    before = await house.census()
    house.world = replace(world, database=LostAnswers(world.database, OutcomeUnknown()))
    answer = await told(house, "memberBlock", {**wish, "idempotencyKey": "k-1"})
    assert (answer["member"]["state"], answer["userErrors"]) == ("BLOCKED", [])
    assert await effect(house, before) == (1, 4, 1)
    house.world = replace(world, database=LostAnswers(world.database, OutcomeUnknown()))
    with pytest.raises(Refused) as refused:
        await told(house, "memberUnblock", wish)
    assert refused.value.codes == ["UNKNOWN_OUTCOME"]


async def test_an_answer_tells_how_it_is_now(house: Household) -> None:
    """C5 (reliability): nothing is stored of an answer but what it is about: unblocked since, he is told as ACTIVE."""
    wish = {"memberId": house.members["chaika"], "idempotencyKey": "k-1"}
    assert (await told(house, "memberBlock", wish))["member"]["state"] == "BLOCKED"
    await house.act("hotline", asking("memberUnblock"), memberId=house.members["chaika"], basis=BASIS)
    async with house.nothing_happens():
        assert (await told(house, "memberBlock", wish))["member"]["state"] == "ACTIVE"


async def test_what_is_so_already_is_remembered_too(house: Household) -> None:
    """C15: blocking who is blocked succeeds without entry and letter; its repetition, after he was let in, as well."""
    wish = {"memberId": house.members["grinkevich"], "idempotencyKey": "k-1"}
    before = await house.census()
    assert (await told(house, "memberBlock", wish))["member"]["state"] == "BLOCKED"
    assert await effect(house, before) == (0, 0, 1)
    await house.act("hotline", asking("memberUnblock"), memberId=house.members["grinkevich"], basis=BASIS)
    assert (await told(house, "memberBlock", wish))["member"]["state"] == "ACTIVE"


async def test_a_refusal_is_not_remembered(house: Household) -> None:
    """C5 (reliability): what was refused had no effect: with the same key it is judged anew, and may go well."""
    wish = {"memberId": house.members["shcherbo"], "idempotencyKey": "k-1"}
    async with house.nothing_happens():
        assert await codes(house, "shcherbo", BLOCK_MEMBER, **wish) == ["LAST_ADMIN"]
    await house.act("shcherbo", UPDATE_MEMBER, memberId=house.members["chaika"], role="ADMIN")
    assert await codes(house, "shcherbo", BLOCK_MEMBER, **wish) == []


async def test_everybody_has_keys_of_his_own(house: Household) -> None:
    """C5 (reliability): the same key of somebody else is another key, whatever was done under it."""
    await house.act("shcherbo", UPDATE_MEMBER, memberId=house.members["chaika"], role="ADMIN")
    wish = {"memberId": house.members["kolesnik"], "idempotencyKey": "k-1"}
    assert (await told(house, "memberBlock", wish))["userErrors"] == []
    before = await house.census()
    assert (await told(house, "memberRemove", wish, who="chaika"))["member"]["state"] == "REMOVED"
    assert await effect(house, before) == (1, 4, 1)


async def test_a_programs_keys_are_its_own(house: Household) -> None:
    """EA8, C5 (reliability): one key of a person and of two tokens that are hers is three keys, each with its wish."""
    for name in ("Учёт", "Кадры"):
        await house.give_token(name, "MEMBERS")
    wishes = {"shcherbo": "chaika", "Учёт": "kolesnik", "Кадры": "urbanovich"}
    for who, whom in wishes.items():
        before, wish = await house.census(), {"memberId": house.members[whom], "idempotencyKey": "k-1"}
        assert (await told(house, "memberBlock", wish, who=who))["member"]["state"] == "BLOCKED"
        assert (await effect(house, before))[::2] == (1, 1), who
    await house.act("hotline", asking("memberUnblock"), memberId=house.members["kolesnik"], basis=BASIS)
    async with house.nothing_happens():
        for who, whom in wishes.items():
            wish = {"memberId": house.members[whom], "idempotencyKey": "k-1"}
            state = (await told(house, "memberBlock", wish, who=who))["member"]["state"]
            assert state == ("ACTIVE" if who == "Учёт" else "BLOCKED"), "a repetition, not another block"
            wish["memberId"] = house.members["grinkevich"]
            refused = await told(house, "memberBlock", wish, who=who)
            assert [error["code"] for error in refused["userErrors"]] == ["IDEMPOTENCY_KEY_REUSED"], who


async def test_no_key_is_kept_as_it_was_given(house: Household) -> None:
    """A client may take a secret for a key: the database knows its digest alone."""
    secret = "Bearer cab_0123456789"
    await told(house, "memberBlock", {**await KEYED["memberBlock"].wish(house), "idempotencyKey": secret})
    assert secret not in str(await contents(house))


async def test_two_fields_of_one_request_may_repeat_each_other(house: Household) -> None:
    """C5 (reliability): the same wish twice in one operation is one act; a field without a key has no part in it."""
    block = "memberBlock(input: $i) { member { state } userErrors { code } }"
    without = block.replace("$i", "$j")
    text = f"mutation($i: MemberBlockInput!, $j: MemberBlockInput!) {{ a: {block} b: {block} c: {without} }}"
    wish = {"memberId": house.members["chaika"]}
    before = await house.census()
    answer = await house.ask("shcherbo", text, i={**wish, "idempotencyKey": "k-1"}, j=wish)
    assert list(answer.values()) == [{"member": {"state": "BLOCKED"}, "userErrors": []}] * 3
    assert await effect(house, before) == (1, 4, 1)


BAD_KEYS = {"": "INVALID", " \t": "INVALID", "a\x00b": "INVALID", "a\nb": "INVALID", "\ud800": "INVALID"}


@every_one
async def test_what_is_no_key_is_refused(house: Household, mutation: str) -> None:
    """C5 (reliability), C16: empty, blank, control characters, lone surrogates, 129 characters; 128 are a key."""
    wish = await KEYED[mutation].wish(house)
    for key, code in {**BAD_KEYS, "k" * 129: "TOO_LONG"}.items():
        answer = await refusal(house, KEYED[mutation].who, mutation, **{**wish, "idempotencyKey": key})
        assert answer.place == (code, ["idempotencyKey"]), key
    assert (await told(house, mutation, {**wish, "idempotencyKey": "k" * 128}))["userErrors"] == []


@every_one
async def test_nobody_has_no_keys(house: Household, mutation: str) -> None:
    """C16: without a login it is UNAUTHENTICATED, whatever the key."""
    wish = await KEYED[mutation].wish(house)
    for key in ("k-1", ""):
        with pytest.raises(Refused) as refused:
            await house.ask(None, asking(mutation), i={**wish, "idempotencyKey": key})
        assert refused.value.codes == ["UNAUTHENTICATED"]
