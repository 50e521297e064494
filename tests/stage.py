"""Everybody who can knock, on one stage, and for each mutation an input that whoever may do it can do.

Columns of the role matrix are names of this stage: people by the household's names, programs by their scopes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from clients import b64
from household import NAMES, ROMASHKA, SUPPLIER, Household, address
from town import ADD, BASIS, BLOCK, MAKE_TOKEN, PDF
from wishes import ASSIGN, REMOVE_MEMBER, SET_PASSWORD, draft, sent

from models.accounts import OperatorKind
from models.tokens import ApiToken
from resolvers import owner, sessions
from schema.nodes import decode, encode

PASSWORD = "correct horse battery"
SCOPES = ("READ", "DOCUMENTS", "MEMBERS")
OWN_KEYS = ("savitskaya", "grinkevich", "stranger", "chaika", "shcherbo", "hotline", "lipski", "orlova")


@dataclass
class Stage:
    """A household with everybody in it; `fresh` numbers what is made for one try alone."""

    house: Household
    count: int = 0

    def fresh(self) -> int:
        """A number nobody has had."""
        self.count += 1
        return self.count

    async def newcomer(self) -> str:
        """A member made for one try; his public id."""
        number = self.fresh()
        person = {"newUser": {"displayName": f"Новый Н. {number}", "email": f"new{number}@romashka.example"}}
        wish = {"cabinetId": self.house.cabinets["romashka"], "member": person, "basis": BASIS}
        return str((await self.house.act("second", ADD, **wish))["member"]["id"])

    async def received(self) -> tuple[str, bytes]:
        """A document that waits, made for one try; its id and bytes."""
        name = f"try-{self.fresh()}"
        return await self.house.receive(name, "kolesnik"), PDF + name.encode()

    def author(self, who: str | None) -> str:
        """Whose draft somebody tries his hand at: his own, where he can have one."""
        return who if who in ("chaika", "shcherbo", "DOCUMENTS") else "shcherbo"


async def staged(house: Household) -> Stage:
    """Two managers, one of them assigned; a removed member; a token of each scope, and one of none."""
    stage = Stage(house)
    for name in ("lipski", "orlova"):
        made = await owner.make_operator(
            house.system,
            email=f"{name}@podpis.example",
            display_name=NAMES[name],
            kind=OperatorKind.PERSONAL_MANAGER,
            phone=None,
        )
        house.users[name] = made.user.id
    cabinet = house.cabinets["romashka"]
    await house.act("hotline", ASSIGN, cabinetId=cabinet, email="lipski@podpis.example", basis=BASIS)
    await house.add("stranger")
    await house.act("hotline", REMOVE_MEMBER, memberId=house.members["stranger"], basis=BASIS)
    for scope in SCOPES:
        await house.give_token(scope, scope)
    await _scopeless(house)
    house.bearers["RECEIVE"] = house.exchange_token
    return stage


async def _scopeless(house: Household) -> None:
    """A token that may do nothing: nobody can make one, but one could be left over by a scope that goes."""
    await house.give_token("none", "READ")
    async with house.world.database.transaction() as session:
        token = await session.get(ApiToken, (await _last(house)))
        assert token is not None
        token.scopes = ()


async def _last(house: Household) -> int:
    seen = "{ cabinet { apiTokens(first: 1) { id } } }"
    found = decode((await house.ask("shcherbo", seen))["cabinet"]["apiTokens"][0]["id"])
    assert found is not None
    return found[1]


Wish = Callable[[Stage, str | None], Awaitable[dict[str, Any]]]


async def session_create(stage: Stage, _: str | None) -> dict[str, Any]:
    house = stage.house
    if stage.count == 0:
        stage.fresh()
        await house.act(None, SET_PASSWORD, token=await house.invitation("urbanovich"), newPassword=PASSWORD)
    return {"email": address("urbanovich"), "password": PASSWORD}


async def session_delete(stage: Stage, who: str | None) -> dict[str, Any]:
    user_id = stage.house.users.get(who or "", stage.house.users["chaika"])
    login = await sessions.begin(stage.house.context(None), user_id=user_id)
    return {"sessionId": encode("Session", login.session.id)}


async def password_reset(stage: Stage, _: str | None) -> dict[str, Any]:
    made = await owner.make_operator(
        stage.house.system,
        email=f"reset{stage.fresh()}@podpis.example",
        display_name="Кто-то",
        kind=OperatorKind.PERSONAL_MANAGER,
        phone=None,
    )
    return {"token": made.code, "newPassword": PASSWORD}


async def reset_request(stage: Stage, _: str | None) -> dict[str, Any]:
    return {"email": f"nobody{stage.fresh()}@romashka.example"}


async def viewer_update(_: Stage, __: str | None) -> dict[str, Any]:
    return {"timeZone": "Europe/Minsk"}


async def email_confirm(_: Stage, __: str | None) -> dict[str, Any]:
    return {"token": "x"}


async def challenge(stage: Stage, who: str | None) -> dict[str, Any]:
    name, now = NAMES.get(who or "", NAMES["shcherbo"]), stage.house.clock.now()
    keys = stage.house.authority.issue(name, email=f"key{stage.fresh()}@x.example", organization=None, unp=None, at=now)
    return {"certificate": b64(keys.der)}


async def register(_: Stage, __: str | None) -> dict[str, Any]:
    return {"challenge": "x", "proof": b64(b"x")}


async def certificate_remove(stage: Stage, who: str | None) -> dict[str, Any]:
    if who in OWN_KEYS:
        await stage.house.give_key(str(who))
    return {"certificateId": stage.house.certificates[who if who in OWN_KEYS else "shcherbo"]}


async def cabinet_create(stage: Stage, _: str | None) -> dict[str, Any]:
    number = stage.fresh()
    admin = {"newUser": {"displayName": "Первый А. А.", "email": f"first{number}@new.example"}}
    return {"organization": {"name": f"ЧУП «{number}»", "taxId": f"5{number}"}, "firstAdmin": admin, "basis": BASIS}


async def of_cabinet(stage: Stage, _: str | None) -> dict[str, Any]:
    return {"cabinetId": stage.house.cabinets["romashka"]}


async def cabinet_update(stage: Stage, who: str | None) -> dict[str, Any]:
    return {**await of_cabinet(stage, who), "selfService": False, "basis": BASIS}


async def assign(stage: Stage, who: str | None) -> dict[str, Any]:
    return {**await of_cabinet(stage, who), "email": "lipski@podpis.example", "basis": BASIS}


async def unassign(stage: Stage, who: str | None) -> dict[str, Any]:
    await stage.house.act("second", ASSIGN, **await assign(stage, who))
    return {**await of_cabinet(stage, who), "basis": BASIS}


async def member_add(stage: Stage, who: str | None) -> dict[str, Any]:
    person = {"newUser": {"displayName": "Новый Н. Н.", "email": f"added{stage.fresh()}@romashka.example"}}
    return {**await of_cabinet(stage, who), "member": person, "basis": BASIS}


async def on_member(stage: Stage, _: str | None) -> dict[str, Any]:
    return {"memberId": await stage.newcomer(), "basis": BASIS}


async def invite_again(stage: Stage, _: str | None) -> dict[str, Any]:
    return {"memberId": await stage.newcomer()}


async def member_unblock(stage: Stage, who: str | None) -> dict[str, Any]:
    wish = await on_member(stage, who)
    await stage.house.act("second", BLOCK, **wish)
    return wish


async def member_update(stage: Stage, who: str | None) -> dict[str, Any]:
    return {**await on_member(stage, who), "role": "ADMIN"}


async def token_create(stage: Stage, who: str | None) -> dict[str, Any]:
    return {**await of_cabinet(stage, who), "displayName": f"Программа {stage.fresh()}", "scopes": ["READ"]}


async def token_revoke(stage: Stage, who: str | None) -> dict[str, Any]:
    made = await stage.house.act("shcherbo", MAKE_TOKEN, **await token_create(stage, who))
    return {"apiTokenId": made["apiToken"]["id"]}


async def upload(stage: Stage, who: str | None) -> dict[str, Any]:
    sha256 = hashlib.sha256(b"x").hexdigest()
    file = {"fileName": "Акт.pdf", "contentType": "application/pdf", "sizeBytes": 1, "sha256": sha256}
    return file if who == "RECEIVE" else {**file, **await of_cabinet(stage, who)}


async def draft_save(stage: Stage, who: str | None) -> dict[str, Any]:
    return {"draft": await of_cabinet(stage, who), "title": "Письмо"}


async def on_draft(stage: Stage, who: str | None) -> dict[str, Any]:
    return {"draftId": await draft(stage.house, stage.author(who), to="polesye", title=f"Письмо {stage.fresh()}")}


async def prepare(stage: Stage, who: str | None) -> dict[str, Any]:
    if who == "chaika" and who not in stage.house.certificates:
        await stage.house.give_key(who)
    owner_of_key = who if who in stage.house.certificates else "shcherbo"
    return {"documentId": (await stage.received())[0], "certificateId": stage.house.certificates[owner_of_key or ""]}


async def sign(stage: Stage, who: str | None) -> dict[str, Any]:
    signatory = who if who in ("chaika", "shcherbo") else "shcherbo"
    if signatory not in stage.house.certificates:
        await stage.house.give_key(signatory)
    document_id, content = await stage.received()
    intent = (await stage.house.prepare(signatory, document_id))["intent"]
    cms = stage.house.signature(signatory, content)
    return {"intentId": intent["id"], "signature": cms, "acknowledgedWarnings": ["RECIPIENT_DIFFERS"]}


async def on_document(stage: Stage, _: str | None) -> dict[str, Any]:
    return {"documentId": (await stage.received())[0]}


async def reject(stage: Stage, who: str | None) -> dict[str, Any]:
    return {**await on_document(stage, who), "reason": "не та сумма"}


async def withdraw(stage: Stage, _: str | None) -> dict[str, Any]:
    number, one_sided = stage.fresh(), ["RECIPIENT"]
    title = f"Письмо {number}"
    return {"documentId": await sent(stage.house, "shcherbo", to="polesye", title=title, requiredSides=one_sided)}


async def archive(stage: Stage, who: str | None) -> dict[str, Any]:
    return {**await on_document(stage, who), "archived": True}


async def receive(stage: Stage, who: str | None) -> dict[str, Any]:
    name = f"new-{stage.fresh()}"
    return {
        "organization": ROMASHKA,
        "uploadId": await stage.house.upload("exchange", PDF + name.encode()),
        "kind": "ACT",
        "title": "Акт",
        "sender": {"organization": SUPPLIER},
        "externalId": name,
    }


WISHES: dict[str, Wish] = {
    "sessionCreate": session_create,
    "sessionDelete": session_delete,
    "passwordReset": password_reset,
    "passwordResetRequest": reset_request,
    "viewerUpdate": viewer_update,
    "emailConfirm": email_confirm,
    "certificateChallengeCreate": challenge,
    "certificateRegister": register,
    "certificateRemove": certificate_remove,
    "cabinetCreate": cabinet_create,
    "cabinetUpdate": cabinet_update,
    "operatorAssign": assign,
    "operatorUnassign": unassign,
    "memberAdd": member_add,
    "memberBlock": on_member,
    "memberUnblock": member_unblock,
    "memberRemove": on_member,
    "memberUpdate": member_update,
    "memberInvitationResend": invite_again,
    "apiTokenCreate": token_create,
    "apiTokenRevoke": token_revoke,
    "documentUploadCreate": upload,
    "draftSave": draft_save,
    "draftDelete": on_draft,
    "documentSend": on_draft,
    "signaturePrepare": prepare,
    "documentSign": sign,
    "documentReject": reject,
    "documentWithdraw": withdraw,
    "documentArchive": archive,
    "documentMarkViewed": on_document,
    "documentReceive": receive,
}
