"""Programs' access to a cabinet: making tokens, ending them, and who sees them.

A bearer token is `cab_` + 32 random bytes + a checksum. Only the SHA-256 is stored; a mistyped one costs no SQL.
"""

import base64
import hashlib
import secrets
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm.attributes import set_committed_value

from models.access import Verb, may
from models.actors import Actor
from models.cabinets import Cabinet
from models.events import Basis, Event
from models.journal import Entry
from models.members import Member
from models.refusals import Reason, Refusal
from models.tokens import ApiToken, ApiTokenScope
from resolvers.context import Context, Work
from resolvers.loaders import by_key
from resolvers.locks import locked
from resolvers.texts import clean

PREFIX = "cab_"


def new_token() -> str:
    """A token nobody has seen."""
    body = base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()
    return f"{PREFIX}{body}{_checksum(body)}"


def hash_of(token: str) -> str | None:
    """What is stored of a token, lower-case hex; None for a text that never was one."""
    body, checksum = token.removeprefix(PREFIX)[:-6], token[-6:]
    if not token.startswith(PREFIX) or not token.isascii() or _checksum(body) != checksum:
        return None
    return hashlib.sha256(token.encode()).hexdigest()


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode()) & 0xFFFFFF:06x}"


@dataclass(frozen=True, kw_only=True)
class Made:
    """A new token; its text is shown this once."""

    row: ApiToken
    token: str


async def create(
    context: Context,
    *,
    cabinet_id: int | None,
    display_name: str,
    scopes: Sequence[ApiTokenScope],
    expires_at: datetime | None,
) -> Made:
    """Make a token for a program; the administrator who makes it answers for it."""
    token = new_token()
    async with context.work(Verb.CREATE_TOKEN) as work:
        cabinet = await work.get(Cabinet, cabinet_id, path=("cabinetId",), shared=True)
        responsible = await _own_member(work, cabinet.id)
        row = ApiToken.of_cabinet(
            responsible,
            display_name=clean(display_name, path=("displayName",), limit=200, is_required=True),
            scopes=scopes,
            token_hash=hash_of(token),
            expires_at=expires_at,
            at=work.now,
        )
        await work.record(work.add(row).made())
    return Made(row=row, token=token)


async def _own_member(work: Work, cabinet_id: int) -> Member:
    """The caller's membership, which `rights.hold` keeps as it is: nobody is demoted while he makes a token."""
    own = select(Member).options(*Member.with_people()).where(Member.cabinet_id == cabinet_id)
    return (await work.all(own.where(Member.user_id == work.actor.user_id)))[0]


async def revoke(context: Context, *, token_id: int | None) -> ApiToken:
    """End a token of the cabinet; what streams by it is woken and ends."""
    async with context.work(Verb.REVOKE_TOKEN) as work:
        statement = select(ApiToken).options(*ApiToken.for_rules()).where(ApiToken.id == token_id)
        # The exchange's own belongs to no cabinet, and so is nobody's to revoke here.
        found = await work.all(locked(statement.where(ApiToken.cabinet_id.is_not(None)), of=ApiToken))
        if not found:
            raise Refusal(Reason.NOT_FOUND, path=("apiTokenId",))
        work.authorize(found[0].cabinet_id)
        await work.record(found[0].revoke(at=work.now))
    return found[0]


async def ended_with(work: Work, responsible: Member, *, basis: Basis | None) -> list[Event | None]:
    """End, for good, what a member answers for who is an administrator no more (EH87); the events of it."""
    if responsible.is_admin:
        return []
    alive = select(ApiToken).where(ApiToken.responsible_id == responsible.id, ApiToken.revoked_at.is_(None))
    tokens = await work.all(locked(alive.order_by(ApiToken.id)))
    for token in tokens:
        set_committed_value(token, "responsible", responsible)
    return [token.revoke(at=work.now, basis=basis) for token in tokens]


async def of_cabinets(context: Context, cabinets: Sequence[Cabinet], *, first: int) -> list[list[ApiToken] | None]:
    """Each cabinet's tokens, newest first, for its administrators; None for anybody else."""
    async with context.reading() as reading:
        shown = [cabinet.id for cabinet in cabinets if _administers(reading.actor, cabinet.id)]
        statement = select(ApiToken).where(ApiToken.cabinet_id.in_(shown)).order_by(ApiToken.id.desc())
        found = await reading.all(statement) if shown else []
    return [
        [token for token in found if token.cabinet_id == cabinet.id][:first] if cabinet.id in shown else None
        for cabinet in cabinets
    ]


async def known(context: Context, ids: Sequence[int]) -> list[ApiToken | None]:
    """Tokens by their ids: those of the cabinets that the caller administers, and those he meets in a journal."""
    async with context.reading() as reading:
        tokens = await reading.all(select(ApiToken).where(ApiToken.id.in_(ids)))
        acted = set(await reading.all(select(Entry.actor_token_id).where(Entry.actor_token_id.in_(ids)).distinct()))
        shown = [t for t in tokens if t.id in acted or (t.cabinet_id and _administers(reading.actor, t.cabinet_id))]
    return by_key(ids, {token.id: token for token in shown})


def _administers(actor: Actor, cabinet_id: int) -> bool:
    return may(actor, Verb.CREATE_TOKEN, cabinet_id)
