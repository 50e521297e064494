"""Every mutation that takes an `idempotencyKey`: who does it, to what, and what would be another wish."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from household import SCHEMA, Household
from town import BASIS
from wishes import draft, sent

Wish = dict[str, Any]
MEMBER = "member { id state role } "
DOCUMENT = "document { id status } "


@dataclass(frozen=True, kw_only=True)
class Keyed:
    """A mutation: its author, its input, and the part of it that may be otherwise; `shows` is what it answers with."""

    who: str
    wish: Callable[[Household], Awaitable[Wish]]
    otherwise: Wish
    shows: str
    entries: int
    letters: int


def asking(mutation: str) -> str:
    """The text of a keyed mutation."""
    kind = mutation[0].upper() + mutation[1:]
    shown = KEYED[mutation].shows
    return f"mutation($i: {kind}Input!) {{ {mutation}(input: $i) {{ {shown} userErrors {{ code path }} }} }}"


def with_keys() -> set[str]:
    """Mutations of the built schema whose input has an `idempotencyKey`."""
    root = SCHEMA._schema.mutation_type
    assert root is not None
    inputs = {name: given.args["input"].type for name, given in root.fields.items()}
    return {name for name, given in inputs.items() if "idempotencyKey" in getattr(given, "of_type", given).fields}


def _about(who: str, **said: Any) -> Callable[[Household], Awaitable[Wish]]:
    async def wish(house: Household) -> Wish:
        return {"memberId": house.members[who], **said}

    return wish


async def _somebody(house: Household) -> Wish:
    newcomer = {"newUser": {"displayName": "Прохожий Иван", "email": "stranger@romashka.example"}}
    return {"cabinetId": house.cabinets["romashka"], "member": newcomer}


async def _cabinet(house: Household) -> Wish:
    first = {"newUser": {"displayName": "Берёза Анна", "email": "bereza@birch.example"}}
    return {"organization": {"name": "ООО «Берёзка»", "taxId": "190000009"}, "firstAdmin": first, "basis": BASIS}


async def _draft(house: Household) -> Wish:
    return {"draftId": await draft(house, "kolesnik", to="polesye", requiredSides=["RECIPIENT"])}


async def _received(house: Household) -> Wish:
    return {"documentId": await house.receive("k-1", "kolesnik"), "reason": "не та сумма"}


async def _sent(house: Household) -> Wish:
    return {"documentId": await sent(house, "kolesnik", to="polesye", requiredSides=["RECIPIENT"])}


WORD = {"basis": {"text": "иначе"}}
KEYED = {
    "cabinetCreate": Keyed(
        who="hotline", wish=_cabinet, otherwise={"organization": {"name": "ООО «Берёза»", "taxId": "190000009"}},
        shows="cabinet { id organization { name } }", entries=2, letters=1,
    ),
    "memberAdd": Keyed(
        who="shcherbo", wish=_somebody, otherwise={"role": "ADMIN"},
        shows=f"{MEMBER} memberEdge {{ cursor node {{ id }} }}", entries=1, letters=5,
    ),
    "memberBlock": Keyed(
        who="shcherbo", wish=_about("chaika"), otherwise=WORD, shows=MEMBER, entries=1, letters=4,
    ),
    "memberUnblock": Keyed(
        who="shcherbo", wish=_about("grinkevich"), otherwise=WORD, shows=MEMBER, entries=1, letters=5,
    ),
    "memberRemove": Keyed(
        who="shcherbo", wish=_about("chaika"), otherwise=WORD, shows=MEMBER, entries=1, letters=4,
    ),
    "memberUpdate": Keyed(
        who="shcherbo", wish=_about("chaika", role="ADMIN"), otherwise={"role": "MEMBER"}, shows=MEMBER, entries=1,
        letters=0,
    ),
    "documentSend": Keyed(
        who="kolesnik", wish=_draft, otherwise={"draftId": "RG9jdW1lbnQ6OTk5"},
        shows=f"{DOCUMENT} documentEdge {{ cursor node {{ id }} }}", entries=2, letters=1,
    ),
    "documentReject": Keyed(
        who="kolesnik", wish=_received, otherwise={"reason": "не тот получатель"}, shows=DOCUMENT, entries=1, letters=0,
    ),
    "documentWithdraw": Keyed(
        who="kolesnik", wish=_sent, otherwise={"reason": "ошибка"}, shows=DOCUMENT, entries=2, letters=1,
    ),
}  # fmt: skip
