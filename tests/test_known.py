"""What was valid before is not parsed and validated again, and is kept within bounds."""

from __future__ import annotations

import pytest
from graphql import parse
from household import SCHEMA, Household

from schema.known import LONGEST, MOST_CHARACTERS, MOST_DOCUMENTS, Known

pytestmark = pytest.mark.anyio

TREE = parse("{ server { name } }")


async def test_a_document_asked_again_is_the_same_tree(house: Household) -> None:
    """It is remembered under its text, whoever asks; what is not valid is not, and is refused every time."""
    text, broken = "{ server { limits { maxPageSize } } } # again", "{ server { nothing } } # again"
    tokens = house.world.house.limits.max_tokens
    for _ in range(2):
        await house.ask(None, text)
        answer = await SCHEMA.execute(broken, context_value=house.context(None))
        assert answer.errors is not None and "nothing" in answer.errors[0].message
    assert SCHEMA.known.find((tokens, text)) is not None
    assert SCHEMA.known.find((tokens, broken)) is None


async def test_a_known_document_is_measured_anew(house: Household) -> None:
    """EE73: what it costs hangs on its variables."""
    text = """query($n: Int) { cabinets { nodes { members(first: $n) { nodes { user { displayName }
      cabinet { members(first: $n) { nodes { id } } } } } } } }"""
    assert (await SCHEMA.execute(text, {"n": 1}, context_value=house.context("hotline"))).errors is None
    answer = await SCHEMA.execute(text, {"n": 100}, context_value=house.context("hotline"))
    assert answer.errors is not None
    assert (answer.errors[0].extensions or {})["code"] == "COST_LIMIT_EXCEEDED"


def test_the_longest_unused_goes_first() -> None:
    """No more documents than there is room for; one that was found again stays."""
    known = Known()
    for number in range(MOST_DOCUMENTS):
        known.keep((1, str(number)), TREE)
    assert known.find((1, "0")) is TREE
    known.keep((1, "new"), TREE)
    assert (known.find((1, "0")), known.find((1, "1")), known.find((1, "new"))) == (TREE, None, TREE)


def test_long_texts_do_not_fill_the_memory() -> None:
    """One that is too long is not kept, many long ones push each other out."""
    known = Known()
    known.keep((1, "x" * (LONGEST + 1)), TREE)
    assert known.find((1, "x" * (LONGEST + 1))) is None
    texts = [f"{number:05}".ljust(LONGEST) for number in range(40)]
    for text in texts:
        known.keep((1, text), TREE)
    assert sum(known.find((1, text)) is not None for text in texts) == MOST_CHARACTERS // LONGEST
