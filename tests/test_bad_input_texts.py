"""Texts that end up in subjects, headers and lists are one line, and read in the order they are written."""

from __future__ import annotations

from typing import Any

import pytest
from household import Household
from town import ADD, BASIS, PDF, UPLOAD
from wishes import SAVE

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("text", ["две\nстроки", "таб\tуляция", "акт\u202efdp.exe", "перевод\u2028строки"])
async def test_a_title_and_a_name_are_one_line(house: Household, text: str) -> None:
    """EC58, ED66: a line break or a mark of direction in a title or a person's name is INVALID."""
    newcomer = {"newUser": {"displayName": text, "email": "new@romashka.example"}}
    wishes: list[tuple[str, str, dict[str, Any], list[str]]] = [
        ("kolesnik", SAVE, {"draft": {"cabinetId": house.cabinets["romashka"]}, "title": text}, ["title"]),
        (
            "hotline",
            ADD,
            {"cabinetId": house.cabinets["romashka"], "member": newcomer, "basis": BASIS},
            ["member", "newUser", "displayName"],
        ),
    ]
    for who, mutation, wish, path in wishes:
        async with house.nothing_happens():
            refused = await house.try_to(who, mutation, **wish)
        assert [(error["code"], error["path"]) for error in refused["userErrors"]] == [("INVALID", path)]


async def test_a_basis_may_have_lines(house: Household) -> None:
    """A8: what somebody said on the telephone is written down as it was said."""
    basis = {"text": "звонок директора,\nперезвонить завтра", "ticket": "HL-1"}
    await house.add("stranger", basis=basis)


async def test_a_media_type_is_ascii(house: Household) -> None:
    """EC58: what becomes a header of every download is refused where it comes in."""
    file = {"fileName": "a.docx", "sizeBytes": len(PDF), "sha256": "0" * 64, "cabinetId": house.cabinets["romashka"]}
    kind = "application/vnd.openxmlformats-officedocument.ж"
    async with house.nothing_happens():
        refused = await house.try_to("kolesnik", UPLOAD, contentType=kind, **file)
    assert [(error["code"], error["path"]) for error in refused["userErrors"]] == [("INVALID", ["contentType"])]
