"""A faster town: the household's folder, served by a real process. Logins are begun in-process, acts go over HTTP.

Its clock is the machine's: what a server process judges by time was made at the start of this test run.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from clients import Api, b64
from household import SUPPLIER, Household, address, household
from processes import Running, environment, free_port, serving
from town import BASIS, BLOCK, PDF, PREPARE, RECEIVE, ROMASHKA, SIGN, UPLOAD

from resolvers import owner
from server.demo import pen

STARTED = datetime.now(UTC)
PEOPLE = ("hotline", "shcherbo", "kolesnik", "urbanovich", "chaika", "savitskaya")
UNBLOCK = """mutation($i: MemberUnblockInput!) {
  memberUnblock(input: $i) { member { id state } userErrors { code message } } }"""
REMOVE = """mutation($i: MemberRemoveInput!) {
  memberRemove(input: $i) { member { id state } userErrors { code message } } }"""
CURSOR = "query($c: ID!) { cabinet(id: $c) { eventCursor } }"
DOCUMENT = "query($id: ID!) { document(id: $id) { id status file { downloadUrl } signatures { id downloadUrl } } }"


@dataclass
class QuickTown:
    """The running service. `home` looks at the same folder from this process."""

    home: Household
    server: Running
    http: httpx.AsyncClient
    log: Path
    env: dict[str, str]
    apis: dict[str, Api] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """The server's data folder."""
        return self.log.parent / "data"

    @property
    def romashka(self) -> str:
        """The id of its cabinet."""
        return self.home.cabinets["romashka"]

    def api(self, who: str) -> Api:
        """Somebody's client: a person by name, or the exchange."""
        return self.apis[who]

    async def begin(self, who: str) -> Api:
        """One more session of somebody's."""
        return Api(self.http, await owner.session_of(self.home.system, email=address(who)))

    async def cursor(self, who: str = "urbanovich", *, cabinet: str = "romashka") -> str:
        """Position of the newest event."""
        seen = await self.api(who).ask(CURSOR, c=self.home.cabinets[cabinet])
        return str(seen["cabinet"]["eventCursor"])

    async def announce(self, api: Api, content: bytes, **said: Any) -> Any:
        """Announce a file; its upload with `id`, `url` and `headers`."""
        file = {
            "fileName": "Акт 15.pdf",
            "contentType": "application/pdf",
            "sizeBytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            **said,
        }
        return (await api.act(UPLOAD, i=file))["upload"]

    async def put(self, upload: Any, content: bytes) -> httpx.Response:
        """Put bytes where an announced upload says."""
        headers = {header["name"]: header["value"] for header in upload["headers"]}
        return await self.http.put(upload["url"], content=content, headers=headers)

    async def deliver(self, external_id: str, *recipients: str, content: bytes = b"", **said: Any) -> str:
        """The exchange delivers a document to these people of «Ромашка»; its id."""
        exchange = self.api("exchange")
        given = content or content_of(external_id)
        name = said.pop("fileName", "Акт 15.pdf")
        upload = await self.announce(exchange, given, fileName=name)
        put = await self.put(upload, given)
        assert put.status_code == 204, put.text
        wish = self.delivery(external_id, *recipients, uploadId=upload["id"], **said)
        return str((await exchange.act(RECEIVE, i=wish))["document"]["id"])

    def delivery(self, external_id: str, *recipients: str, **said: Any) -> dict[str, Any]:
        """What the exchange says with a document."""
        return {
            "organization": ROMASHKA,
            "kind": "ACT",
            "title": f"Акт {external_id}",
            "sender": {"organization": SUPPLIER, "personName": "Мороз Пётр Ильич"},
            "recipientEmails": [address(person) for person in recipients],
            "externalId": external_id,
            **said,
        }

    async def link(self, who: str, document_id: str) -> str:
        """A link to a document's file."""
        return str((await self.api(who).ask(DOCUMENT, id=document_id))["document"]["file"]["downloadUrl"])

    def aged(self, purpose: str, token: str, *, minutes: int) -> str:
        """A link's token as if it had been made some minutes earlier; the server's own secret seals it."""
        sealer, now = self.home.world.secrets, datetime.now(UTC)
        claim = sealer.unlink(purpose, token, at=now, seconds=60)
        assert claim is not None
        return sealer.link(purpose, claim, at=now - timedelta(minutes=minutes))

    def cms(self, who: str, content: bytes) -> bytes:
        """Somebody's detached signature, made outside of the server."""
        keys = self.home.authority.credentials(address(who))
        return pen.sign(content, key=keys.private_key, certificate=keys.x509, claimed_at=datetime.now(UTC))

    async def sign(self, who: str, document_id: str, content: bytes) -> Any:
        """Sign with every warning read; the payload."""
        wish = {"documentId": document_id, "certificateId": self.home.certificates[who]}
        intent = (await self.api(who).act(PREPARE, i=wish))["intent"]
        read = [warning["code"] for warning in intent["warnings"]]
        shown = {"intentId": intent["id"], "signature": b64(self.cms(who, content)), "acknowledgedWarnings": read}
        return await self.api(who).act(SIGN, i=shown)

    async def block(self, who: str) -> None:
        """Have the hotline block somebody."""
        await self.api("hotline").act(BLOCK, i={"memberId": self.home.members[who], "basis": BASIS})

    async def unblock(self, who: str) -> None:
        """Have the hotline let somebody in again."""
        await self.api("hotline").act(UNBLOCK, i={"memberId": self.home.members[who], "basis": BASIS})

    @asynccontextmanager
    async def again(self) -> AsyncIterator[None]:
        """The server, started anew on the same folder and port, while the block lasts."""
        async with serving(self.env, port=self.server.port, log=self.log) as running:
            self.server = running
            yield

    async def logged(self, text: str, *, seconds: float = 5) -> str:
        """The first line of the server's log with this text."""
        async with asyncio.timeout(seconds):
            while True:
                for line in self.log.read_text().splitlines():
                    if text in line:
                        return line
                await asyncio.sleep(0.05)


def content_of(external_id: str) -> bytes:
    """The file that comes with a delivery when none is named."""
    return PDF + external_id.encode()


def settings_of(folder: Path, *, port: int, **said: str) -> dict[str, str]:
    """The environment of a server on this folder; its letters go into files."""
    letters = {"CABINET_MAIL_URL": f"file:{folder / 'letters'}"}
    return environment(
        folder / "data", **{**letters, "CABINET_PORT": str(port), "CABINET_PULSE_SECONDS": "0.5", **said}
    )


@asynccontextmanager
async def quick_town(folder: Path, *, is_watched: bool = True, **said: str) -> AsyncIterator[QuickTown]:
    """Two cabinets served by a process; everybody in PEOPLE has a session, Гринкевич is blocked.

    Unless it is watched, this process has let go of the database, and `home` knows ids and keys only.
    """
    port = free_port()
    env = settings_of(folder, port=port, **said)
    async with AsyncExitStack() as watching, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as http:
        home = await watching.enter_async_context(household(folder, at=STARTED))
        apis = {who: Api(http, await owner.session_of(home.system, email=address(who))) for who in PEOPLE}
        if not is_watched:
            await watching.aclose()
        async with serving(env, port=port, log=folder / "server.log") as running:
            yield QuickTown(
                home, running, http, folder / "server.log", env, {"exchange": Api(http, home.exchange_token), **apis}
            )
