"""Bad input to every mutation: who says what in which field of a good input, and how it is refused.

Each row spoils one field of what `stage.WISHES` has for the mutation. Ids are not here: `test_bad_input_ids` finds them
by walking the schema; what is no value of its type at all is found by walking in `test_bad_input_everywhere`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clients import b64
from household import NAMES, address
from stage import WISHES, Stage
from town import CHALLENGE

from server.demo import pen

LONG_ADDRESS = "a" * 250 + "@b.by"
WRONG_ADDRESSES = (
    "",
    " ",
    "no address",
    "a@b",
    "колесник@romashka.example",
    "a@b.by, c@d.by",
    "a\x00@b.by",
    "\ud800@b.by",
)
WRONG_SIGNS = ("a\x00b", "a\x07b", "a\x1b[2Jb", "\ud800")
WRONG_LINES = (*WRONG_SIGNS, "две\nстроки", "таб\tуляция", "строки\u2028ещё", "акт\u202efdp.exe", "\u2066a\u2069")
BLANK = ("", " \n\u00a0 ")


@dataclass(frozen=True)
class Bad:
    """One field that is wrong; `at` is where the refusal points, the field itself unless said."""

    field: str
    value: Any
    code: str
    at: tuple[str, ...] | None = ()

    @property
    def place(self) -> tuple[str, list[str] | None]:
        """Code and path, as `Told.place` has them."""
        return self.code, None if self.at is None else list(self.at or self.field.split("."))


def each(field: str, values: tuple[Any, ...], code: str, at: tuple[str, ...] | None = ()) -> list[Bad]:
    """The same refusal for several values."""
    return [Bad(field, value, code, at) for value in values]


def line(field: str, limit: int, *, is_required: bool) -> list[Bad]:
    """A text of one line."""
    blank = each(field, BLANK, "REQUIRED") if is_required else []
    return [*blank, *each(field, WRONG_LINES, "INVALID"), Bad(field, "я" * (limit + 1), "TOO_LONG")]


def lines(field: str, limit: int, *, is_required: bool) -> list[Bad]:
    """A text that may have several lines."""
    blank = each(field, BLANK, "REQUIRED") if is_required else []
    return [*blank, *each(field, WRONG_SIGNS, "INVALID"), Bad(field, "я" * (limit + 1), "TOO_LONG")]


def address_of(field: str) -> list[Bad]:
    """An address that mail can be sent to."""
    return [*each(field, WRONG_ADDRESSES, "INVALID"), Bad(field, LONG_ADDRESS, "TOO_LONG")]


def known(field: str) -> list[Bad]:
    """An address of an account that is there: whatever is none is not found."""
    return each(field, (*WRONG_ADDRESSES, LONG_ADDRESS, "a" * 5000), "NOT_FOUND")


def organization(field: str) -> list[Bad]:
    """An organisation: by tax number, or by name where the number is new."""
    nameless: list[Bad] = each(field, ({}, {"taxId": " "}, {"taxId": "190999999"}, {"name": "\n"}), "REQUIRED")
    at = (*field.split("."), "name")
    found = [Bad(bad.field, bad.value, bad.code, at) for bad in nameless]
    return [*found, *line(f"{field}.taxId", 50, is_required=False), *_named(f"{field}.name")]


def _named(field: str) -> list[Bad]:
    """The name counts only for an organisation that is new here."""
    outer, at = field.rpartition(".")[0], tuple(field.split("."))
    return [Bad(outer, {"name": bad.value}, bad.code, at) for bad in line(field, 200, is_required=True)]


def basis() -> list[Bad]:
    """An operator's basis, with its ticket."""
    without = [Bad("basis.ticket", None, "REQUIRED"), *each("basis.ticket", BLANK, "REQUIRED")]
    return [*lines("basis.text", 2000, is_required=True), *without, *line("basis.ticket", 200, is_required=False)]


def target(field: str) -> list[Bad]:
    """Somebody to add: an account that is there, or a new one."""
    found = [Bad(field, {"email": bad.value}, bad.code, (field, "email")) for bad in known(f"{field}.email")]
    new = f"{field}.newUser"
    return [*found, *line(f"{new}.displayName", 200, is_required=True), *address_of(f"{new}.email")]


def people(field: str) -> list[Bad]:
    """Addresses of recipients: the list is where the refusal points."""
    wrong = [Bad(field, [address("kolesnik"), bad.value], bad.code) for bad in address_of(field)]
    return [*wrong, Bad(field, [f"a{number}@b.by" for number in range(101)], "TOO_LONG")]


def too_many(field: str, value: str) -> list[Bad]:
    """A list has at most a hundred items."""
    return [Bad(field, [value] * 101, "TOO_LONG")]


BASIS = {
    name: ("hotline", basis())
    for name in ("memberBlock", "memberUnblock", "memberRemove", "cabinetUpdate", "operatorUnassign")
}
PAST = "2020-01-01T00:00:00Z"
ROWS: Mapping[str, tuple[str | None, list[Bad]]] = {
    **BASIS,
    "sessionCreate": (
        None,
        [
            *each("email", ("", "x", "\x00", "a" * 5000), "INVALID_CREDENTIALS", None),
            *each("password", ("", "\x00", "x" * 5000), "INVALID_CREDENTIALS", None),
        ],
    ),
    "passwordReset": (
        None,
        [
            *each("token", ("", "x", "\x00", "\ud800", "x" * 100_000), "TOKEN_EXPIRED"),
            *each("newPassword", ("", " ", "девять зн", "x" * 129, "\ud800" * 12), "INVALID"),
        ],
    ),
    "certificateChallengeCreate": (
        "chaika",
        [*each("certificate", ("", b64(b"x")), "INVALID"), Bad("certificate", b64(b"x" * 100_000), "TOO_LONG")],
    ),
    "certificateRegister": (
        "chaika",
        [
            *each("challenge", ("", "x", "\x00", "\ud800", "x" * 100_000), "TOKEN_EXPIRED"),
            *each("proof", ("", b64(b"x"), b64(b"x" * 300)), "SIGNATURE_INVALID"),
            Bad("proof", b64(b"x" * 100_000), "SIGNATURE_MALFORMED"),
        ],
    ),
    "cabinetCreate": ("hotline", [*organization("organization"), *target("firstAdmin"), *basis()]),
    "operatorAssign": ("hotline", [*basis(), *known("email")]),
    "memberAdd": ("hotline", [*target("member"), *organization("company"), *basis()]),
    "memberUpdate": ("hotline", [*organization("company"), *basis()]),
    "documentUploadCreate": (
        "chaika",
        [
            *lines("fileName", 1000, is_required=True),
            *each("contentType", ("", "pdf", "a/b\nX: y", "a/ж", "a/\x00", "a/" + "b" * 200), "INVALID"),
            *each("sizeBytes", (0, -1), "INVALID"),
            Bad("sizeBytes", 2**31 - 1, "FILE_TOO_LARGE"),
            *each("sha256", ("", "x", "0" * 63, "0" * 65, "g" * 64, "0" * 64 + "\n"), "INVALID"),
        ],
    ),
    "draftSave": (
        "chaika",
        [
            *line("title", 500, is_required=False),
            *line("number", 100, is_required=False),
            *organization("counterparty"),
            *too_many("requiredSides", "SENDER"),
            *each("recipientEmails", ([address("kolesnik")],), "REQUIRED", ("counterparty",)),
        ],
    ),
    "documentSign": (
        "chaika",
        [
            *each("signature", ("", b64(b"x"), b64(b"x" * 100_000)), "SIGNATURE_MALFORMED"),
            Bad("acknowledgedWarnings", [], "WARNINGS_NOT_ACKNOWLEDGED"),
            *too_many("acknowledgedWarnings", "RECIPIENT_DIFFERS"),
        ],
    ),
    "documentReject": ("chaika", lines("reason", 2000, is_required=True)),
    "documentWithdraw": ("shcherbo", lines("reason", 2000, is_required=False)),
    "documentReceive": (
        "exchange",
        [
            *organization("organization"),
            *line("title", 500, is_required=True),
            *line("number", 100, is_required=False),
            *line("externalId", 200, is_required=True),
            *organization("sender.organization"),
            *line("sender.personName", 200, is_required=False),
            *line("sender.personEmail", 254, is_required=False),
            *people("recipientEmails"),
            *each("requiredSides", (["SENDER"], ["SENDER", "RECIPIENT"]), "INVALID"),
            *too_many("requiredSides", "RECIPIENT"),
            Bad("signBefore", PAST, "INVALID"),
        ],
    ),
}


async def good(stage: Stage, mutation: str) -> dict[str, Any]:
    """An input that would go well."""
    who = ROWS[mutation][0]
    if mutation == "certificateRegister":
        return await proven(stage, str(who))
    return await WISHES[mutation](stage, who)


async def proven(stage: Stage, who: str) -> dict[str, Any]:
    """A challenge answered by the key of its certificate."""
    now = stage.house.clock.now()
    keys = stage.house.authority.issue(NAMES[who], email=address(who), organization=None, unp=None, at=now)
    asked = (await stage.house.act(who, CHALLENGE, certificate=b64(keys.der)))["challenge"]
    return {"challenge": asked, "proof": b64(pen.prove(asked.encode(), keys.private_key))}


def spoiled(wish: Mapping[str, Any], field: str, value: Any) -> dict[str, Any]:
    """The input with another value in one place, given as a path with dots."""
    name, _, rest = field.partition(".")
    return {**wish, name: spoiled(wish.get(name) or {}, rest, value) if rest else value}
