"""Who may do what: the only authorization.

Grammar: an act is a `Verb`, VERB_NOUN; the caller's `Role`s in the cabinet concerned come from his rights, re-read in
the transaction of every act; `ALLOWED` says which roles may. What a caller may not see is NOT_FOUND; what he sees but
may not do is FORBIDDEN. `confine` is the tenancy criterion of every statement.
"""

from __future__ import annotations

from enum import Enum, StrEnum, auto
from functools import lru_cache

from sqlalchemy import ColumnElement, and_, exists, or_, select, true
from sqlalchemy.orm import aliased, with_loader_criteria
from sqlalchemy.sql.base import ExecutableOption

from models import tables
from models.accounts import OperatorKind
from models.actors import Actor, Membership
from models.archives import Move
from models.base import Confidential
from models.cabinets import Cabinet
from models.documents import Document
from models.journal import Channel, Entry
from models.members import Member, MemberRole
from models.refusals import Reason, Refusal
from models.tokens import ApiToken, ApiTokenScope


class Role(Enum):
    """What a caller is, in a cabinet or at large."""

    ANYBODY = auto()
    USER = auto()
    MEMBER = auto()
    ADMIN = auto()
    MANAGER = auto()
    OPERATOR = auto()
    HOTLINE = auto()
    TOKEN = auto()
    READ_TOKEN = auto()
    DOCUMENTS_TOKEN = auto()
    MEMBERS_TOKEN = auto()
    EXCHANGE = auto()
    SYSTEM = auto()


class Verb(StrEnum):
    """Every act there is."""

    LOG_IN = auto()
    TRY_LOGIN = auto()
    LOG_OUT = auto()
    REQUEST_PASSWORD = auto()
    SET_PASSWORD = auto()
    UPDATE_ACCOUNT = auto()
    CONFIRM_EMAIL = auto()
    CHALLENGE_CERTIFICATE = auto()
    REGISTER_CERTIFICATE = auto()
    REMOVE_CERTIFICATE = auto()
    CREATE_CABINET = auto()
    UPDATE_CABINET = auto()
    ASSIGN_OPERATOR = auto()
    UNASSIGN_OPERATOR = auto()
    ADD_MEMBER = auto()
    BLOCK_MEMBER = auto()
    UNBLOCK_MEMBER = auto()
    REMOVE_MEMBER = auto()
    UPDATE_MEMBER = auto()
    CREATE_TOKEN = auto()
    REVOKE_TOKEN = auto()
    INVITE_AGAIN = auto()
    UPLOAD_FILE = auto()
    STORE_FILE = auto()
    SAVE_DRAFT = auto()
    DELETE_DRAFT = auto()
    SEND_DOCUMENT = auto()
    RECEIVE_DOCUMENT = auto()
    PREPARE_SIGNATURE = auto()
    SIGN_DOCUMENT = auto()
    REJECT_DOCUMENT = auto()
    WITHDRAW_DOCUMENT = auto()
    ARCHIVE_DOCUMENT = auto()
    VIEW_DOCUMENT = auto()
    DOWNLOAD_DOCUMENT = auto()
    EXPIRE_DOCUMENT = auto()
    SEND_LETTER = auto()
    USE_SESSION = auto()
    FORGET_KEYS = auto()
    OWN_SERVER = auto()


MANAGES = frozenset({Role.MANAGER, Role.OPERATOR, Role.MEMBERS_TOKEN})
ACTS = frozenset({Role.MEMBER, Role.DOCUMENTS_TOKEN})
FOR_THE_SERVICE = frozenset({Role.OPERATOR, Role.HOTLINE})
ALLOWED: dict[Verb, frozenset[Role]] = {
    Verb.LOG_IN: frozenset({Role.ANYBODY}),
    Verb.TRY_LOGIN: frozenset({Role.ANYBODY}),
    Verb.LOG_OUT: frozenset({Role.USER}),
    Verb.REQUEST_PASSWORD: frozenset({Role.ANYBODY}),
    Verb.SET_PASSWORD: frozenset({Role.ANYBODY}),
    Verb.UPDATE_ACCOUNT: frozenset({Role.USER}),
    Verb.CONFIRM_EMAIL: frozenset({Role.ANYBODY}),
    Verb.CHALLENGE_CERTIFICATE: frozenset({Role.USER}),
    Verb.REGISTER_CERTIFICATE: frozenset({Role.USER}),
    Verb.REMOVE_CERTIFICATE: frozenset({Role.USER}),
    Verb.CREATE_CABINET: frozenset({Role.OPERATOR}),
    Verb.UPDATE_CABINET: frozenset({Role.ADMIN, Role.OPERATOR}),
    Verb.ASSIGN_OPERATOR: frozenset({Role.HOTLINE}),
    Verb.UNASSIGN_OPERATOR: frozenset({Role.HOTLINE}),
    Verb.ADD_MEMBER: MANAGES,
    Verb.BLOCK_MEMBER: MANAGES,
    Verb.UNBLOCK_MEMBER: MANAGES,
    Verb.REMOVE_MEMBER: MANAGES,
    Verb.UPDATE_MEMBER: MANAGES,
    Verb.CREATE_TOKEN: frozenset({Role.ADMIN}),
    Verb.REVOKE_TOKEN: frozenset({Role.ADMIN}),
    Verb.INVITE_AGAIN: MANAGES,
    Verb.UPLOAD_FILE: ACTS | {Role.EXCHANGE},
    Verb.STORE_FILE: frozenset({Role.USER, Role.DOCUMENTS_TOKEN, Role.EXCHANGE}),
    Verb.SAVE_DRAFT: ACTS,
    Verb.DELETE_DRAFT: ACTS,
    Verb.SEND_DOCUMENT: ACTS,
    Verb.RECEIVE_DOCUMENT: frozenset({Role.EXCHANGE}),
    Verb.PREPARE_SIGNATURE: frozenset({Role.MEMBER}),
    Verb.SIGN_DOCUMENT: frozenset({Role.MEMBER}),
    Verb.REJECT_DOCUMENT: ACTS,
    Verb.WITHDRAW_DOCUMENT: ACTS,
    Verb.ARCHIVE_DOCUMENT: ACTS,
    Verb.VIEW_DOCUMENT: frozenset({Role.MEMBER}),
    Verb.DOWNLOAD_DOCUMENT: ACTS | {Role.READ_TOKEN},
    Verb.EXPIRE_DOCUMENT: frozenset({Role.SYSTEM}),
    Verb.SEND_LETTER: frozenset({Role.SYSTEM}),
    Verb.USE_SESSION: frozenset({Role.ANYBODY, Role.USER, Role.TOKEN}),
    Verb.FORGET_KEYS: frozenset({Role.SYSTEM}),
    Verb.OWN_SERVER: frozenset({Role.SYSTEM}),
}

# Acts that change rows but tell no journal: there is no cabinet concerned, or nothing a colleague could notice.
QUIET = frozenset(
    {
        Verb.LOG_IN,
        Verb.TRY_LOGIN,
        Verb.LOG_OUT,
        Verb.REQUEST_PASSWORD,
        Verb.SET_PASSWORD,
        Verb.CHALLENGE_CERTIFICATE,
        Verb.REGISTER_CERTIFICATE,
        Verb.INVITE_AGAIN,
        Verb.UPLOAD_FILE,
        Verb.STORE_FILE,
        Verb.SAVE_DRAFT,
        Verb.DELETE_DRAFT,
        Verb.PREPARE_SIGNATURE,
        Verb.SEND_LETTER,
        Verb.USE_SESSION,
        Verb.FORGET_KEYS,
        Verb.OWN_SERVER,
    }
)


BY_SCOPE = {
    ApiTokenScope.READ: Role.READ_TOKEN,
    ApiTokenScope.DOCUMENTS: Role.DOCUMENTS_TOKEN,
    ApiTokenScope.MEMBERS: Role.MEMBERS_TOKEN,
}
CONFIDENTIAL = tables.marked(Confidential)


def roles(actor: Actor, cabinet_id: int | None = None) -> frozenset[Role]:
    """What the caller is: at large, and in the cabinet named."""
    if actor.is_system:
        return frozenset(Role)
    if actor.token_id is not None:
        return _token_roles(actor, cabinet_id)
    if actor.user_id is None:
        return frozenset({Role.ANYBODY})
    return frozenset({Role.ANYBODY, Role.USER}) | _person_roles(actor, cabinet_id)


def _token_roles(actor: Actor, cabinet_id: int | None) -> frozenset[Role]:
    if actor.token_cabinet_id is None:
        return frozenset({Role.TOKEN, Role.EXCHANGE} if ApiTokenScope.RECEIVE in actor.scopes else {Role.TOKEN})
    if cabinet_id not in (None, actor.token_cabinet_id):
        return frozenset({Role.TOKEN})
    return frozenset({Role.TOKEN, *(role for scope, role in BY_SCOPE.items() if actor.acts_by(scope))})


def _person_roles(actor: Actor, cabinet_id: int | None) -> frozenset[Role]:
    if cabinet_id is None:
        return frozenset({Role.OPERATOR}) if actor.operator else frozenset()
    return _operator_roles(actor, cabinet_id) | _member_roles(actor.place(cabinet_id))


def _operator_roles(actor: Actor, cabinet_id: int) -> frozenset[Role]:
    if actor.operator is OperatorKind.HOTLINE:
        return FOR_THE_SERVICE
    return frozenset({Role.OPERATOR}) if actor.operates(cabinet_id) else frozenset()


def _member_roles(own: Membership | None) -> frozenset[Role]:
    if own is None or not own.is_active:
        return frozenset()
    in_charge = [Role.ADMIN, *([Role.MANAGER] if own.self_service else [])]
    return frozenset({Role.MEMBER, *(in_charge if own.role is MemberRole.ADMIN else [])})


def may(actor: Actor, verb: Verb, cabinet_id: int | None = None) -> bool:
    """Whether the caller's role allows the act."""
    return bool(ALLOWED[verb] & roles(actor, cabinet_id))


def require(actor: Actor, verb: Verb, cabinet_id: int | None = None) -> None:
    """Raise UNAUTHENTICATED without a login, FORBIDDEN without the role."""
    if may(actor, verb, cabinet_id):
        return
    raise Refusal(Reason.UNAUTHENTICATED if actor.is_anybody else Reason.FORBIDDEN)


def require_login(actor: Actor, verb: Verb) -> None:
    """Raise UNAUTHENTICATED when nobody asks for what wants a login: before slow checks, which precede `work`."""
    if actor.is_anybody:
        require(actor, verb)


def acts_as_operator(actor: Actor, verb: Verb, cabinet_id: int | None) -> bool:
    """Whether only his being an operator allows him the act: then it wants a basis, a ticket and his channel."""
    if ALLOWED[verb] == {Role.OPERATOR}:  # a cabinet that he has just opened is not yet among those he looks after
        return actor.operator is not None
    found = roles(actor, cabinet_id)
    return bool(found & FOR_THE_SERVICE) and not ALLOWED[verb] & (found - FOR_THE_SERVICE)


def channel(actor: Actor, verb: Verb, cabinet_id: int) -> Channel:
    """The door an act comes through."""
    if actor.is_system:
        return Channel.SYSTEM
    if actor.token_id is not None:
        return Channel.API
    if actor.operator is not None and acts_as_operator(actor, verb, cabinet_id):
        return Channel(actor.operator.value)
    return Channel.SELF_SERVICE


@lru_cache(maxsize=512)
def confine(actor: Actor) -> tuple[ExecutableOption, ...]:
    """The criteria that confine a statement to what the caller may see; equal rights share them: building is dear.

    The server itself sees all but archives: those are shown to nobody, their documents and what was written of them
    to their owner (C25). They do not reach Core tables, `text()` and rows already in a session (graphql.md §11): those
    are banned outside migrations and the exceptions that `tests/test_house.py` names.
    """
    if actor.is_system:
        return (with_loader_criteria(Member, Member.is_shared()), with_loader_criteria(Cabinet, Cabinet.is_shared()))
    readable, shared = actor.readable_ids, actor.cabinet_ids
    given = or_(Document.cabinet_id.in_(readable), Document.id.in_(sorted(actor.granted)))
    shown = and_(Document.deleted_at.is_(None), given)
    confidential = [
        with_loader_criteria(cls, shown if cls is Document else cls.cabinet_id.in_(readable)) for cls in CONFIDENTIAL
    ]
    whole = actor.member_cabinet_ids
    acts_for = actor.responsible_id if ApiTokenScope.DOCUMENTS in actor.scopes else None
    himself = or_(Member.user_id == actor.user_id, Member.id == acts_for)
    member = or_(_looked_after(actor, Member), Member.cabinet_id.in_(whole), himself)
    settings = and_(_looked_after(actor, Entry), Entry.document_id.is_(None))
    about_documents = and_(Entry.cabinet_id.in_(shared), Entry.document_id.is_not(None))
    entry = or_(Entry.cabinet_id.in_(whole), settings, about_documents, _written_in_archive(actor))
    cabinet = or_(Cabinet.id.in_(shared), _looked_after(actor, Cabinet))
    token = or_(ApiToken.cabinet_id.in_(shared), _looked_after(actor, ApiToken), ApiToken.cabinet_id.is_(None))
    return (
        *confidential,
        with_loader_criteria(Member, and_(Member.is_shared(), member)),
        with_loader_criteria(Entry, entry),
        with_loader_criteria(Cabinet, and_(Cabinet.is_shared(), cabinet)),
        with_loader_criteria(ApiToken, token),
    )


def _written_in_archive(actor: Actor) -> ColumnElement[bool]:
    """An archive's entries are read by whoever reads their document: its owner while it is there, then the cabinet."""
    there, move = aliased(Document), aliased(Move)  # of their own: the statement may have either
    about = select(there.id).where(there.id == Entry.document_id)
    moved = about.join(move, and_(move.document_id == there.id, move.archive_id == Entry.cabinet_id))
    came_along = exists(moved.where(there.cabinet_id.in_(actor.cabinet_ids)))
    if actor.archive is None:
        return came_along
    here = actor.archive.cabinet_id
    return or_(came_along, and_(Entry.cabinet_id == here, exists(about.where(there.cabinet_id == here))))


def _looked_after(actor: Actor, table: type[Member | Entry | Cabinet | ApiToken]) -> ColumnElement[bool]:
    column = table.id if table is Cabinet else table.cabinet_id  # type: ignore[union-attr]  # Cabinet is its own tenant
    if actor.operator is OperatorKind.HOTLINE:
        return true()
    members_token = actor.token_cabinet_id if ApiTokenScope.MEMBERS in actor.scopes else None
    return column.in_([*sorted(actor.looks_after), *([members_token] if members_token else [])])


def manages(actor: Actor, cabinet_id: int) -> bool:
    """Whether the caller may add, block, unblock, remove and change members."""
    return may(actor, Verb.ADD_MEMBER, cabinet_id)
