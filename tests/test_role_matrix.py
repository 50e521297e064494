"""Who may do what: every mutation of the contract × everybody who can knock, one table (house.md, A8, C11, EH87).

A mutation without a row is red, and so is a row of none. Whoever is refused changes nothing.
"""

from __future__ import annotations

import pytest
from clients import Refused
from household import SCHEMA, Household
from refused import asking
from stage import WISHES, Stage, staged

pytestmark = pytest.mark.anyio

# + done · U UNAUTHENTICATED · F FORBIDDEN · N NOT_FOUND · T TOKEN_EXPIRED: his to do, with the code he was sent
CODES = {"U": "UNAUTHENTICATED", "F": "FORBIDDEN", "N": "NOT_FOUND", "T": "TOKEN_EXPIRED"}
# Nobody; an administrator elsewhere; blocked and removed members; member; administrator with and without self-service;
# hotline; personal manager here and elsewhere; tokens of no scope, READ, DOCUMENTS, MEMBERS; the exchange's, RECEIVE;
# the MEMBERS token without self-service.
WHO: tuple[str, ...] = (
    "",
    "savitskaya",
    "grinkevich",
    "stranger",
    "chaika",
    "shcherbo",
    "shcherbo without self-service",
)
WHO += ("hotline", "lipski", "orlova", "none", "READ", "DOCUMENTS", "MEMBERS", "RECEIVE")
WHO += ("MEMBERS without self-service",)
MATRIX = {
    #                             no other bl rm  mbr adm off  hot mgr els  -  R  D  M  X  Moff
    "sessionCreate":              "+  +  +  +   +  +  +   +  +  +   F  F  F  F  F  F",
    "sessionDelete":              "U  +  +  +   +  +  +   +  +  +   F  F  F  F  F  F",
    "passwordReset":              "+  +  +  +   +  +  +   +  +  +   F  F  F  F  F  F",
    "passwordResetRequest":       "+  +  +  +   +  +  +   +  +  +   F  F  F  F  F  F",
    "viewerUpdate":               "U  +  +  +   +  +  +   +  +  +   F  F  F  F  F  F",
    "emailConfirm":               "T  T  T  T   T  T  T   T  T  T   F  F  F  F  F  F",
    "certificateChallengeCreate": "U  +  +  +   +  +  +   +  +  +   F  F  F  F  F  F",
    "certificateRegister":        "U  T  T  T   T  T  T   T  T  T   F  F  F  F  F  F",
    "certificateRemove":          "U  +  +  +   +  +  +   +  +  +   F  F  F  F  F  F",
    "cabinetCreate":              "U  F  F  F   F  F  F   +  +  +   F  F  F  F  F  F",
    "cabinetUpdate":              "U  N  N  N   F  +  +   +  +  N   N  F  F  F  N  F",
    "operatorAssign":             "U  N  N  N   F  F  F   +  F  N   N  F  F  F  N  F",
    "operatorUnassign":           "U  N  N  N   F  F  F   +  F  N   N  F  F  F  N  F",
    "memberAdd":                  "U  N  N  N   F  +  F   +  +  N   N  F  F  +  N  F",
    "memberBlock":                "U  N  N  N   F  +  F   +  +  N   N  F  N  +  N  F",
    "memberUnblock":              "U  N  N  N   F  +  F   +  +  N   N  F  N  +  N  F",
    "memberRemove":               "U  N  N  N   F  +  F   +  +  N   N  F  N  +  N  F",
    "memberUpdate":               "U  N  N  N   F  +  F   +  +  N   N  F  N  +  N  F",
    "memberInvitationResend":     "U  N  N  N   F  +  F   +  +  N   N  F  N  +  N  F",
    "apiTokenCreate":             "U  N  N  N   F  +  +   F  F  N   N  F  F  F  N  F",
    "apiTokenRevoke":             "U  N  N  N   F  +  +   F  F  N   N  F  F  F  N  F",
    "documentUploadCreate":       "U  N  N  N   +  +  +   F  F  N   N  F  +  F  +  F",
    "draftSave":                  "U  N  N  N   +  +  +   F  F  N   N  F  +  F  N  F",
    "draftDelete":                "U  N  N  N   +  +  +   N  N  N   N  F  +  N  N  N",
    "documentSend":               "U  N  N  N   +  +  +   N  N  N   N  F  +  N  N  N",
    "signaturePrepare":           "U  N  N  N   +  +  +   N  N  N   N  F  F  N  N  N",
    "documentSign":               "U  N  N  N   +  +  +   N  N  N   N  N  N  N  N  N",
    "documentReject":             "U  N  N  N   +  +  +   N  N  N   N  F  +  N  N  N",
    "documentWithdraw":           "U  N  N  N   +  +  +   N  N  N   N  F  +  N  N  N",
    "documentArchive":            "U  N  N  N   +  +  +   N  N  N   N  F  +  N  N  N",
    "documentMarkViewed":         "U  N  N  N   +  +  +   N  N  N   N  F  F  N  N  N",
    "documentReceive":            "U  F  F  F   F  F  F   F  F  F   F  F  F  F  +  F",
}  # fmt: skip


def mutations() -> set[str]:
    """What the contract has."""
    root = SCHEMA._schema.mutation_type
    assert root is not None
    return set(root.fields)


async def test_every_mutation_has_its_row() -> None:
    """A mutation added without saying who may do it is red; each row has all columns."""
    assert set(MATRIX) == set(WISHES) == mutations()
    assert {len(row.split()) for row in MATRIX.values()} == {len(WHO)}


@pytest.mark.parametrize("mutation", MATRIX)
async def test_who_may_do_it(house: Household, mutation: str) -> None:
    """A8, C11, C16, C17, C22, EA19, EA21, EH87: the table's answer for everybody; the refused change nothing."""
    stage, found = await staged(house), []
    for who in WHO[:6] + WHO[7:-1]:
        found.append(await verdict(stage, mutation, who or None))
    await end_self_service(stage)
    found.insert(6, await verdict(stage, mutation, "shcherbo"))
    found.append(await verdict(stage, mutation, "MEMBERS"))
    assert dict(zip(WHO, found, strict=True)) == dict(zip(WHO, MATRIX[mutation].split(), strict=True))


async def end_self_service(stage: Stage) -> None:
    """From here on only operators change members."""
    off = {"cabinetId": stage.house.cabinets["romashka"], "selfService": False}
    update = "mutation($i: CabinetUpdateInput!) { cabinetUpdate(input: $i) { userErrors { code } } }"
    await stage.house.act("shcherbo", update, **off)


async def verdict(stage: Stage, mutation: str, who: str | None) -> str:
    """The table's letter for what came of a try."""
    wish = await WISHES[mutation](stage, who)
    before = await stage.house.census()
    try:
        payload = await stage.house.try_to(who, asking(mutation), **wish)
        codes = [error["code"] for error in payload["userErrors"]]
    except Refused as refused:
        codes = refused.codes
    if codes:
        assert await stage.house.census() == before, (mutation, who, codes)
    return next((letter for letter, code in CODES.items() if codes == [code]), "+" if codes == [] else codes[0])
