"""The demo's plot: the same for the same seed, in the shares that were asked for, and nothing in it that may not be."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from server.demo.cast import AT_ROMASHKA, GRINKEVICH, HOUSEHOLDS, OPERATORS, PARTNERS, Person
from server.demo.days import MINSK
from server.demo.plot import blocked_at, plot
from server.demo.scenes import Direction, Outcome, Scene, Step, timeline

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
SPECIAL = set("ёіў’-ЁІЎ")


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return plot(7, 320, now=NOW)


def people(scene: Scene) -> set[Person]:
    acts = (scene.sender_signature, scene.view, scene.ending, scene.archiving)
    return {act.by for act in acts if act}


def test_the_same_seed_tells_the_same(scenes: list[Scene]) -> None:
    assert plot(7, 320, now=NOW) == scenes
    assert plot(8, 320, now=NOW) != scenes


def test_outcomes_have_their_shares(scenes: list[Scene]) -> None:
    counted = Counter(scene.outcome for scene in scenes)
    assert counted == {
        Outcome.SIGNED: 217,
        Outcome.AWAITING_SIGNATURE: 34,
        Outcome.EXPIRED: 3,
        Outcome.REJECTED: 19,
        Outcome.WITHDRAWN: 9,
        Outcome.DELIVERED: 28,
        Outcome.DRAFT: 10,
    }


def test_directions_have_their_shares(scenes: list[Scene]) -> None:
    counted = Counter(scene.direction for scene in scenes if scene.outcome is not Outcome.DRAFT)
    assert counted == {
        Direction.FROM_OUTSIDE: 192,
        Direction.TO_NEIGHBOUR: 64,
        Direction.FROM_NEIGHBOUR: 32,
        Direction.INTERNAL: 22,
    }


def test_every_kind_is_there_and_acts_most_of_all(scenes: list[Scene]) -> None:
    counted = Counter(scene.kind for scene in scenes)
    assert (len(counted), counted.most_common(1)) == (11, [("ACT", 122)])


def test_a_fifth_is_signed_by_somebody_else(scenes: list[Scene]) -> None:
    by_others = [
        bool(scene.recipients) and scene.ending is not None and scene.ending.by not in scene.recipients
        for scene in scenes
        if scene.outcome is Outcome.SIGNED
    ]
    assert 0.15 <= sum(by_others) / len(by_others) <= 0.25


def test_one_document_in_ten_names_somebody_with_a_special_letter(scenes: list[Scene]) -> None:
    named = [
        (scene.partner.contact if scene.partner else "") + "".join(each.name for each in scene.recipients)
        for scene in scenes
    ]
    assert sum(bool(SPECIAL & set(name)) for name in named) >= len(scenes) / 10


def test_nobody_acts_who_may_not(scenes: list[Scene]) -> None:
    for scene in scenes:
        for beat in timeline([scene]):
            assert beat.at <= NOW, scene
            assert beat.act is None or beat.act.by is not GRINKEVICH or beat.at < blocked_at(NOW), scene
        if scene.sender_signature:
            assert scene.sender_signature.by.has_key
        if scene.outcome is Outcome.SIGNED:
            assert scene.ending and scene.ending.by.has_key and scene.ending.by is not scene.author


def test_the_blocked_one_gets_documents_until_then_and_two_still_wait(scenes: list[Scene]) -> None:
    his = [scene for scene in scenes if GRINKEVICH in scene.recipients]
    assert len(his) == 19
    assert all(scene.began_at < blocked_at(NOW) for scene in his)
    assert sum(scene.outcome is Outcome.AWAITING_SIGNATURE for scene in his) == 2


def test_nothing_happens_to_what_has_not_arrived(scenes: list[Scene]) -> None:
    held = [scene for scene in scenes if "SENDER" in scene.sides and not scene.sender_signature]
    assert {scene.outcome for scene in held} == {Outcome.DRAFT, Outcome.AWAITING_SIGNATURE, Outcome.WITHDRAWN}
    assert all(scene.view is None for scene in held)


def test_deadlines_pass_for_the_expired_only(scenes: list[Scene]) -> None:
    for scene in scenes:
        closed_at = scene.ending.at if scene.ending else NOW
        has_passed = scene.sign_before is not None and scene.sign_before <= closed_at
        assert has_passed is (scene.outcome is Outcome.EXPIRED)


def test_steps_of_a_document_keep_their_order(scenes: list[Scene]) -> None:
    order = (
        Step.BEGIN,
        Step.SIGN_AS_SENDER,
        Step.VIEW,
        Step.SIGN,
        Step.REJECT,
        Step.WITHDRAW,
        Step.EXPIRE,
        Step.ARCHIVE,
    )
    for scene in scenes:
        steps = [order.index(beat.step) for beat in timeline([scene])]
        assert steps == sorted(steps), scene
    moments = [beat.at for beat in timeline(scenes)]
    assert moments == sorted(moments)


def test_documents_begin_in_office_hours_of_working_days(scenes: list[Scene]) -> None:
    local = [scene.began_at.astimezone(MINSK) for scene in scenes]
    assert {at.weekday() for at in local} == {0, 1, 2, 3, 4}
    assert {at.hour for at in local} == set(range(8, 18))
    assert NOW - scenes[0].began_at < timedelta(days=120 * 7 / 5 + 2)


def test_the_cast_can_be_told_apart() -> None:
    addresses = [person.email.lower() for household in HOUSEHOLDS for person in household.people]
    addresses += [operator.email for operator in OPERATORS] + [partner.email for partner in PARTNERS]
    assert len(set(addresses)) == len(addresses)
    firms = {partner.firm.tax_id for partner in PARTNERS} | {household.firm.tax_id for household in HOUSEHOLDS}
    assert len(firms) == 22 and all(tax_id.startswith("19") and len(tax_id) == 9 for tax_id in firms)
    assert len({person.name for person in AT_ROMASHKA.people}) == len(AT_ROMASHKA.people) - 1


@pytest.mark.parametrize("count", [0, 1, 10, 40])
def test_a_short_plot_is_a_plot(count: int) -> None:
    assert len(plot(1, count, now=NOW)) == count
