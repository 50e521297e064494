"""An operator's day by the command line alone, beside a running server and a real mail server."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from post_office import PostOffice, open_post_office
from processes import environment, free_port, serving
from shell import Said, Shell

pytestmark = pytest.mark.anyio

HOTLINE = "hotline@podpis.example"
DIRECTOR = "director@romashka.example"
KNOWN = {"kolesnik@romashka.example": "Колесник Елена Сергеевна", "chaika@romashka.example": "Чайка Дмитрий Олегович"}
NEW = {
    "urbanovich@romashka.example": "Урбанович Анна Александровна",
    "grinkevich@romashka.example": "Гринкевич Сергей Николаевич",
    "moroz@romashka.example": "Мороз Пётр Ильич",
}
UNREACHABLE = "moroz@romashka.example"
LETTERS = 1 + (2 + 3 + 4 + 5 + 6) + 6
"""The director's invitation; of each newcomer one to him and one to each other member; of the blocked one likewise."""


class Day:
    """A shell beside a server; each word is said as the operator of the hotline."""

    def __init__(self, shell: Shell, office: PostOffice) -> None:
        self._shell = shell
        self.office = office

    async def run(self, *words: str, code: int = 0) -> Said:
        """A command, while the mail server goes on answering."""
        return await asyncio.to_thread(self._shell, *words, code=code)

    async def act(self, *words: str, ticket: str) -> Any:
        """An operator's act; its document."""
        desk = ("--as", HOTLINE, "--basis", "Звонок директора", "--ticket", ticket)
        return (await self.run(*words, *desk, "--json")).json

    async def failed(self, count: int) -> list[Any]:
        """The letters that failed, once there are so many of them and no other is on its way."""
        async with asyncio.timeout(60):
            while True:
                listed = (await self.run("mail", "list", "--json")).json["letters"]
                owed = (await self.run("mail", "list", "--state", "owed", "--json")).json["letters"]
                if len(listed) == count and not owed:
                    return list(listed)


async def test_an_operators_day_by_the_command_line_alone(tmp_path: Path) -> None:
    """A8, H9, ED64: a cabinet is opened, five people of two kinds come, one is blocked, a failed letter sent again."""
    env = environment(tmp_path / "data")
    shell = Shell(tmp_path / "data", {"CABINET_DATABASE_URL": env["CABINET_DATABASE_URL"]})
    async with open_post_office() as office:
        mail = {"CABINET_MAIL_URL": f"smtp://{office.host}:{office.port}", "CABINET_PULSE_SECONDS": "0.2"}
        office.answers[UNREACHABLE] = "550 no such person"
        day = Day(shell, office)
        await day.run("operator", "create", HOTLINE, "--name", "Оператор горячей линии")
        port = free_port()
        async with serving({**env, **mail, "CABINET_PORT": str(port)}, port=port, log=tmp_path / "server.log"):
            cabinet_id = await a_cabinet_is_opened(day)
            await five_people_come(day, cabinet_id)
            await one_is_blocked(day)
            await letters_that_failed_are_sent_again(day)
        await the_journal_tells_all(day, cabinet_id)


async def a_cabinet_is_opened(day: Day) -> str:
    """By a call, with its first administrator; its id."""
    opened = ("cabinet", "create", DIRECTOR, "--name", "Щербо Юлия Игоревна", "--organization", "ООО «Ромашка»")
    made = await day.act(*opened, "--tax-id", "190000001", ticket="HL-1")
    return str(made["cabinet"]["id"])


async def five_people_come(day: Day, cabinet_id: str) -> None:
    """Two have accounts, three are invited."""
    for email, name in KNOWN.items():
        await day.run("user", "add", email, "--name", name)
        added = await day.act("member", "add", "190000001", email, ticket="HL-2")
        assert (added["member"]["user"]["displayName"], added["member"]["cabinetId"]) == (name, cabinet_id)
    for email, name in NEW.items():
        await day.act("member", "add", cabinet_id, email, "--name", name, ticket="HL-3")
    listed = (await day.run("member", "list", "190000001", "--state", "active", "--json")).json["members"]
    assert {each["user"]["email"] for each in listed} == {DIRECTOR, *KNOWN, *NEW}


async def one_is_blocked(day: Day) -> None:
    """By address, when all letters so far have left: what he is still owed would be dropped."""
    await day.failed(1)
    blocked = await day.act("member", "block", "grinkevich@romashka.example", ticket="HL-4")
    assert blocked["member"]["state"] == "BLOCKED"


async def letters_that_failed_are_sent_again(day: Day) -> None:
    """Whom, what and why is seen; first one is sent again, then the rest, when the address is mended."""
    failed = await day.failed(2)
    assert {(each["email"], each["state"]) for each in failed} == {(UNREACHABLE, "REFUSED")}
    assert all("550" in each["lastError"] for each in failed)
    day.office.answers.clear()
    assert (await day.run("mail", "retry", str(failed[0]["number"]), "--json")).json == {"retried": 1}
    assert [each["number"] for each in await day.failed(1)] == [failed[1]["number"]]
    assert (await day.run("mail", "retry", "--failed")).lines == ["1 to be sent again"]
    assert await day.failed(0) == []
    assert len(day.office.readers) == LETTERS
    assert Counter(day.office.readers)[UNREACHABLE] == 2


async def the_journal_tells_all(day: Day, cabinet_id: str) -> None:
    """Every act under the hotline's channel with its ticket, in a chain that is whole."""
    entries = (await day.run("journal", "list", cabinet_id, "--json")).json["entries"]
    assert Counter(each["kind"] for each in entries) == {"CABINET_CREATED": 1, "MEMBER_ADDED": 6, "MEMBER_BLOCKED": 1}
    assert {each["channel"] for each in entries} == {"HOTLINE"}
    assert sorted(each["basis"]["ticket"] for each in entries) == ["HL-1"] * 2 + ["HL-2"] * 2 + ["HL-3"] * 3 + ["HL-4"]
    (verified,) = (await day.run("journal", "verify", "--json")).json["journals"]
    assert (verified["seq"], verified["broken"]) == (8, None)
