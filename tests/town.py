"""ООО «Ромашка» and its people, made through the front door of a running server: letters are read for their codes."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from pathlib import Path
from typing import Any

import httpx
from clients import Api, b64
from post_office import PostOffice, open_post_office
from processes import Running, cabinet, environment, free_port, serving

from server.demo import pen
from server.demo.authority import Authority, Credentials

PASSWORD = "correct horse battery"
BASIS = {"text": "звонок директора Н. И. Петровой", "ticket": "HL-10233"}
ROMASHKA = {"name": "ООО «Ромашка»", "taxId": "190000001"}
SUPPLIER = {"name": "ОАО «Гродно-Опт»", "taxId": "190000077"}
KOLESNIK, URBANOVICH = "E.Kolesnik@romashka.example", "urbanovich_a@romashka.example"
SHCHERBO, CHAIKA, GRINKEVICH = "j.s@romashka.example", "do@romashka.example", "sn@partner.example"
HOTLINE = "hotline@podpis.example"
NAMES = {
    KOLESNIK: "Колесник Елена Сергеевна",
    URBANOVICH: "Урбанович Анна Александровна",
    SHCHERBO: "Щербо Юлия Игоревна",
    CHAIKA: "Чайка Дмитрий Олегович",
    GRINKEVICH: "Гринкевич Сергей Николаевич",
}
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

LOG_IN = "mutation($i: SessionCreateInput!) { sessionCreate(input: $i) { accessToken userErrors { code message } } }"
SET_PASSWORD = """mutation($i: PasswordResetInput!) {
  passwordReset(input: $i) { viewer { displayName } userErrors { code message } } }"""
CREATE = """mutation($i: CabinetCreateInput!) {
  cabinetCreate(input: $i) { cabinet { id } userErrors { code message path } } }"""
ADD = """mutation($i: MemberAddInput!) {
  memberAdd(input: $i) { member { id } userErrors { code message path } } }"""
BLOCK = """mutation($i: MemberBlockInput!) {
  memberBlock(input: $i) { member { id state blockedAt stateEntry { message basis { text ticket } } }
    userErrors { code message path } } }"""
MAKE_TOKEN = """mutation($i: ApiTokenCreateInput!) {
  apiTokenCreate(input: $i) { bearerToken
    apiToken { id displayName scopes createdAt lastUsedAt expiresAt revokedAt responsible { user { displayName } } }
    userErrors { code message path } } }"""
CHALLENGE = """mutation($i: CertificateChallengeCreateInput!) {
  certificateChallengeCreate(input: $i) { challenge userErrors { code message } } }"""
REGISTER = """mutation($i: CertificateRegisterInput!) {
  certificateRegister(input: $i) { certificate { id isUsable } userErrors { code message } } }"""
UPLOAD = """mutation($i: DocumentUploadCreateInput!) {
  documentUploadCreate(input: $i) { upload { id url headers { name value } } userErrors { code message path } } }"""
RECEIVE = """mutation($i: DocumentReceiveInput!) {
  documentReceive(input: $i) { document { id title status } userErrors { code message path } } }"""
PREPARE = """mutation($i: SignaturePrepareInput!) {
  signaturePrepare(input: $i) {
    intent { id digestAlgorithm digest expiresAt warnings { code message } }
    userErrors { code message path
      ... on StateConflictError { signature { signedAt signatory { personName } } } } } }"""
SIGN = """mutation($i: DocumentSignInput!) {
  documentSign(input: $i) {
    document { id status signedByOther { side expected { personName } actual { personName } } }
    signature { id }
    userErrors { code message path
      ... on StateConflictError { document { status } signature { signedAt signatory { personName } } }
      ... on WarningsNotAcknowledgedError { warnings { code message } } } } }"""


@dataclass
class Town:
    """The running service and who lives there."""

    server: Running
    office: PostOffice
    authority: Authority
    http: httpx.AsyncClient
    env: dict[str, str]
    cabinet_id: str = ""
    apis: dict[str, Api] = field(default_factory=dict)
    member_ids: dict[str, str] = field(default_factory=dict)

    def api(self, email: str) -> Api:
        """Somebody's client, logged in."""
        return self.apis[email]

    async def letters(self, count: int, *, seconds: float = 20) -> list[tuple[str, Message]]:
        """Exactly `count` letters since last asked: as many, and no more a moment later."""
        async with asyncio.timeout(seconds):
            while len(self.office.taken) < count:  # noqa: ASYNC110  # the post office is no coroutine of ours
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.3)
        taken = list(self.office.taken)
        self.office.taken.clear()
        assert len(taken) == count, [(who, str(message["Subject"])) for who, message in taken]
        return taken

    async def log_in(self, email: str) -> Api:
        """A new session."""
        guest = Api(self.http)
        payload = await guest.act(LOG_IN, i={"email": email, "password": PASSWORD})
        self.apis[email] = Api(self.http, payload["accessToken"])
        return self.apis[email]

    async def settle_in(self, email: str, letter: Message) -> None:
        """Follow the invitation: set a password, log in."""
        await Api(self.http).act(SET_PASSWORD, i={"token": code_in(letter), "newPassword": PASSWORD})
        await self.log_in(email)

    async def add(self, email: str, **said: Any) -> str:
        """Have the hotline add somebody new; follow his invitation. The others' letters are taken."""
        newcomer = {"newUser": {"displayName": NAMES[email], "email": email}}
        wish = {"cabinetId": self.cabinet_id, "member": newcomer, "basis": BASIS, **said}
        member = (await self.api(HOTLINE).act(ADD, i=wish))["member"]
        self.member_ids[email] = member["id"]
        letters = dict(await self.letters(len(self.member_ids)))
        await self.settle_in(email, letters[email])
        return str(member["id"])

    async def block(self, email: str) -> Any:
        """Have the hotline block somebody."""
        return await self.api(HOTLINE).act(BLOCK, i={"memberId": self.member_ids[email], "basis": BASIS})

    async def give_key(self, email: str, *, holder: str | None = None) -> Credentials:
        """A key and certificate, registered by a proof that the key is at hand."""
        named = holder or email
        keys = self.authority.issue(NAMES[named], email=named, organization=None, unp=None, at=datetime.now(UTC))
        api = self.api(email)
        asked = await api.act(CHALLENGE, i={"certificate": b64(keys.der)})
        proof = pen.prove(asked["challenge"].encode(), keys.private_key)
        made = await api.act(REGISTER, i={"challenge": asked["challenge"], "proof": b64(proof)})
        assert made["certificate"]["isUsable"] is True
        return keys

    async def upload(self, api: Api, content: bytes = PDF, *, name: str = "Акт 15.pdf", **said: Any) -> str:
        """Announce a file, put its bytes where the server says; the upload's id."""
        file = {
            "fileName": name,
            "contentType": "application/pdf",
            "sizeBytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            **said,
        }
        upload = (await api.act(UPLOAD, i=file))["upload"]
        headers = {header["name"]: header["value"] for header in upload["headers"]}
        put = await self.http.put(upload["url"], content=content, headers=headers)
        assert put.status_code == 204, put.text
        return str(upload["id"])

    async def deliver(self, exchange: Api, *, external_id: str, recipients: list[str], **said: Any) -> Any:
        """The exchange hands over a counterparty's document."""
        upload_id = said.pop("uploadId", None) or await self.upload(exchange, PDF + external_id.encode())
        delivered = {
            "organization": ROMASHKA,
            "uploadId": upload_id,
            "kind": "ACT",
            "title": "Акт сдачи-приёмки работ",
            "number": "15-К",
            "sender": {"organization": SUPPLIER, "personName": "Мороз Пётр Ильич"},
            "recipientEmails": recipients,
            "externalId": external_id,
            **said,
        }
        return (await exchange.act(RECEIVE, i=delivered))["document"]


def code_in(letter: Message) -> str:
    """The code that a letter gives to type."""
    text = next(part for part in letter.walk() if part.get_content_type() == "text/plain")
    payload = text.get_payload(decode=True)
    assert isinstance(payload, bytes)
    found = re.search(r"^Код: (\S+)$", payload.decode().replace("\r\n", "\n"), re.MULTILINE)
    assert found is not None, payload.decode()
    return found[1]


@asynccontextmanager
async def open_town(folder: Path) -> AsyncIterator[Town]:
    """The service in its own process with a real post office; the hotline is there, and the cabinet of «Ромашка».

    Members: Щербо (administrator). Everybody else is added by `Town.add`.
    """
    authority = Authority.found(folder / "authority", at=datetime.now(UTC))
    data = folder / "data"
    authority.publish(data / "anchors", data / "crls")
    async with open_post_office() as office, httpx.AsyncClient(timeout=20) as http:
        port = free_port()
        env = environment(
            data,
            CABINET_MAIL_URL=f"smtp://127.0.0.1:{office.port}",
            CABINET_HOTLINE="8 (017) 308-28-28",
            CABINET_PORT=str(port),
            CABINET_PULSE_SECONDS="0.5",
        )
        code = await cabinet("operator", "create", HOTLINE, "--name", "Оператор горячей линии", env=env)
        async with serving(env, port=port, log=folder / "server.log") as running:
            http.base_url = httpx.URL(running.url)
            town = Town(running, office, authority, http, env)
            await Api(http).act(SET_PASSWORD, i={"token": code, "newPassword": PASSWORD})
            await town.log_in(HOTLINE)
            await _open_cabinet(town)
            yield town


async def _open_cabinet(town: Town) -> None:
    admin = {"newUser": {"displayName": NAMES[SHCHERBO], "email": SHCHERBO}}
    wish = {"organization": ROMASHKA, "firstAdmin": admin, "basis": BASIS}
    town.cabinet_id = (await town.api(HOTLINE).act(CREATE, i=wish))["cabinet"]["id"]
    ((reader, letter),) = await town.letters(1)
    assert reader == SHCHERBO
    await town.settle_in(SHCHERBO, letter)
    me = await town.api(SHCHERBO).ask("{ viewer { members { id } } }")
    town.member_ids[SHCHERBO] = me["viewer"]["members"][0]["id"]
