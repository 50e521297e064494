"""What the cabinet does not ask of anybody, and what it does not offer: consent, claiming, deleting."""

from __future__ import annotations

import ast

import pytest
from graphql import GraphQLEnumType, GraphQLObjectType
from household import SCHEMA, Household
from refused import asking
from sources import modules, nodes
from stage import WISHES, staged
from test_role_matrix import MATRIX, WHO
from town import PDF, SIGN
from wishes import HEADER, listed, noted

pytestmark = pytest.mark.anyio


def mutations() -> set[str]:
    """Names of all mutations."""
    kind = SCHEMA._schema.type_map["Mutation"]
    assert isinstance(kind, GraphQLObjectType)
    return set(kind.fields)


async def test_nobody_has_to_accept(house: Household) -> None:
    """Whoever is added is a member at once: he sees, is counted and gets letters; the letter only informs (C6)."""
    document_id = await house.receive("before", "kolesnik")
    async with noted(house) as left:
        await house.add("stranger")
    assert [letter for letter, reader in left.letters if reader == "stranger"] == ["you.invited"]
    me = (await house.ask("stranger", HEADER))["viewer"]["members"]
    assert [(member["state"], member["cabinet"] is not None) for member in me] == [("ACTIVE", True)]
    assert await listed(house, "stranger", "INCOMING") == [document_id]


WITH_A_CODE = {"emailConfirm", "certificateRegister"}  # test_viewer_addresses.py, test_bad_input_certificates.py


async def test_members_are_made_by_no_other_act(house: Household) -> None:
    """Only `memberAdd` and `cabinetCreate` make a member: no domain, login, document or letter does (A4)."""
    stage, made = await staged(house), {}
    for mutation, row in MATRIX.items():
        if mutation not in WITH_A_CODE:
            may = [person for person, letter in zip(WHO, row.split(), strict=True) if letter == "+"]
            who = "hotline" if "hotline" in may else may[0] or None
            wish = await WISHES[mutation](stage, who)
            before = await house.census()
            await house.act(who, asking(mutation), **wish)
            made[mutation] = (await house.census())["members"] - before["members"]
    assert set(made) == mutations() - WITH_A_CODE
    assert {mutation: count for mutation, count in made.items() if count} == {"memberAdd": 1, "cabinetCreate": 1}


KINDS = "CONTRACT SUPPLEMENTARY_AGREEMENT ACT INVOICE_FOR_PAYMENT TAX_INVOICE WAYBILL_TN WAYBILL_TTN"
KINDS += " RECONCILIATION_ACT POWER_OF_ATTORNEY LETTER OTHER"


async def test_what_a_kind_asks_for_is_data_of_the_document(house: Household) -> None:
    """Eleven kinds; whether a document waits for a signature is said by its `requiredSides`, never by its kind (D1)."""
    known = SCHEMA._schema.type_map["DocumentKind"]
    assert isinstance(known, GraphQLEnumType) and set(known.values) == set(KINDS.split())
    for kind in KINDS.split():
        waiting = await house.receive(f"{kind} 2", "kolesnik", kind=kind, requiredSides=["RECIPIENT"])
        plain = await house.receive(f"{kind} 1", "kolesnik", kind=kind, requiredSides=[])
        assert await listed(house, "urbanovich", "INCOMING", kind=[kind]) == [plain, waiting], kind
        assert await listed(house, "urbanovich", "AWAITING_US", kind=[kind]) == [waiting], kind


async def test_nobody_can_claim_a_document(house: Household) -> None:
    """Preparing reserves nothing: two prepare, the first to sign has signed, and no act assigns or claims (C21)."""
    document_id = await house.receive("free", "kolesnik")
    prepared = {who: await house.prepare(who, document_id) for who in ("urbanovich", "shcherbo")}
    assert all(payload["userErrors"] == [] for payload in prepared.values())
    content = PDF + b"free"
    answers = {
        who: await house.try_to(
            who,
            SIGN,
            intentId=payload["intent"]["id"],
            signature=house.signature(who, content),
            acknowledgedWarnings=[warning["code"] for warning in payload["intent"]["warnings"]],
        )
        for who, payload in reversed(prepared.items())
    }
    assert answers["shcherbo"]["userErrors"] == []
    assert [error["code"] for error in answers["urbanovich"]["userErrors"]] == ["ALREADY_SIGNED"]
    words = ("claim", "assign", "delegate", "transfer", "forward")
    assert {name for name in mutations() if any(word in name.lower() for word in words)} <= {
        "operatorAssign",
        "operatorUnassign",
    }


def test_nothing_deletes_what_was_sent_or_received() -> None:
    """Only a draft can be deleted, and a session ended; a document has no such act (C13)."""
    assert {name for name in mutations() if "elete" in name} == {"draftDelete", "sessionDelete"}


def test_the_commissions_libraries_carry_the_product() -> None:
    """Strawberry, Starlette, Uvicorn, SQLAlchemy, aiodataloader and `emails` are what the rooms are built with (B7)."""
    imported = {
        name.split(".")[0]
        for module in modules()
        for _, node in nodes(module)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in _aliases(node)])
    }
    assert {"strawberry", "starlette", "uvicorn", "sqlalchemy", "aiodataloader", "emails"} <= imported


def _aliases(node: ast.AST) -> list[ast.alias]:
    return node.names if isinstance(node, ast.Import) else []
