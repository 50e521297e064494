"""Before signing: the certificate window, what must be read, and the intent (signing.md §6).

Slow checks (certificate paths) run before the transaction; the rules judge again under the lock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from models.access import Verb
from models.accounts import User
from models.actors import Actor
from models.certificates import Certificate
from models.documents import Document
from models.exchanges import DocumentSide
from models.members import Member
from models.obstacles import CannotSignReason, obstacles, require_open
from models.refusals import Reason, Refusal
from models.signatures import DIFFERS, Intent, SigningWarningCode, differs
from resolvers import certificates
from resolvers.context import Context, Work
from resolvers.documents import acting, both_sides
from resolvers.loaders import by_key, load
from resolvers.parties import OtherSignatory, PartyView, other_signatory, parties
from signing.verdicts import Verdict


@dataclass(frozen=True, eq=False, kw_only=True)
class SigningWarning:
    """Something to be read before signing; `facts` fill its sentence."""

    code: SigningWarningCode
    facts: dict[str, object]
    document: Document


@dataclass(frozen=True, eq=False, kw_only=True)
class SigningChoice:
    """One certificate in the window of choice, with what must be said before signing with it."""

    certificate: Certificate
    warnings: list[SigningWarning] = field(default_factory=list)


def warnings_of(document: Document, *, user: User, certificate: Certificate) -> list[SigningWarning]:
    """What must be read before `user` signs `document` with `certificate`; needs the exchange's parties."""
    exchange, side = document.exchange, document.signing_side
    found = []
    expected = exchange.expected(side)
    if differs([party.user_id for party in expected], user.id):
        facts: dict[str, object] = {"expected": [party.shown for party in expected], "actual": user.display_name}
        found.append(SigningWarning(code=DIFFERS[side], facts=facts, document=document))
    if certificates.names_other(certificate, user):
        facts = {"subject": certificate.subject_name, "account": user.display_name}
        code = SigningWarningCode.CERTIFICATE_OWNER_DIFFERS
        found.append(SigningWarning(code=code, facts=facts, document=document))
    return found


async def choices(context: Context, documents: Sequence[Document], *, first: int) -> list[list[SigningChoice]]:
    """The certificate window of each document; empty where the caller cannot sign it."""
    whole = select(Document).options(*Document.for_rules()).where(Document.id.in_([d.id for d in documents]))
    async with context.reading() as reading:
        user = await reading.first(select(User).where(User.id == (reading.actor.user_id or 0)))
        by_id = {document.id: document for document in await reading.all(whole)}
    if user is None:
        return [[] for _ in documents]
    usable: list[Certificate] = await load(context, certificates.usable, user.id)
    now = context.outside.clock.now()
    signable = {i for i, document in by_id.items() if not _obstacles(document, user, has_key=bool(usable), at=now)}
    return [
        [_choice(by_id[document.id], user, certificate) for certificate in usable[:first]]
        if document.id in signable
        else []
        for document in documents
    ]


def _obstacles(document: Document, user: User, *, has_key: bool, at: datetime) -> list[CannotSignReason]:
    sender_ids = {party.user_id for party in document.exchange.of_side(DocumentSide.SENDER)}
    return obstacles(document, user_id=user.id, has_key=has_key, sender_ids=sender_ids, at=at)


def _choice(document: Document, user: User, certificate: Certificate) -> SigningChoice:
    return SigningChoice(certificate=certificate, warnings=warnings_of(document, user=user, certificate=certificate))


async def warning_marks(context: Context, warnings: Sequence[SigningWarning]) -> list[OtherSignatory | None]:
    """The mark as it will stand on the card, for the warnings about another person."""
    return [await _future_mark(context, warning) for warning in warnings]


async def _future_mark(context: Context, warning: SigningWarning) -> OtherSignatory | None:
    if warning.code not in DIFFERS.values():
        return None
    views: list[PartyView] = await load(context, parties, warning.document)
    async with context.reading() as reading:
        here = select(Member).options(*Member.with_people()).where(Member.cabinet_id == warning.document.cabinet_id)
        member = await reading.first(here.where(Member.user_id == reading.actor.user_id))
    if member is None:
        return None
    own = next(view for view in views if view.side is warning.document.our_sides[0])
    actual = PartyView(
        organization=own.organization,
        member=member,
        person_name=member.user.display_name,
        person_email=member.user.email,
        user_id=member.user_id,
    )
    return other_signatory(views, side=warning.document.signing_side, actual=actual)


@dataclass(frozen=True, eq=False, kw_only=True)
class PreparedIntent:
    """An intent with what its maker must read."""

    row: Intent
    document: Document
    certificate: Certificate
    warnings: list[SigningWarning]


async def prepare(context: Context, *, document_id: int | None, certificate_id: int | None) -> PreparedIntent:
    """What to sign, and every warning to show; good for one signature within 15 minutes."""
    policy = await context.outside.verifier.policy()
    async with context.reading() as reading:
        user_id = reading.actor.user_id
    owned: list[Certificate] = await load(context, certificates.owned, user_id) if user_id else []
    usable: list[Certificate] = await load(context, certificates.usable, user_id) if user_id else []
    named = next((certificate for certificate in owned if certificate.id == certificate_id), None)
    verdict = await certificates.judged(context, named.der) if named is not None else None
    async with context.work(Verb.PREPARE_SIGNATURE) as work:
        document = await both_sides(work, document_id)
        require_open(document, user_id=work.actor.user_id, has_key=bool(usable), at=work.now)
        member = await acting(work, document.cabinet_id)
        certificate = await _chosen(work, named, verdict)
        warnings = warnings_of(document, user=member.user, certificate=certificate)
        codes = tuple(warning.code.value for warning in warnings)
        intent = work.add(
            Intent.to_sign(
                document, by=member, certificate=certificate, warnings=codes, policy=policy.version, at=work.now
            )
        )
        await work.flush()
    return PreparedIntent(row=intent, document=document, certificate=certificate, warnings=warnings)


async def _chosen(work: Work, named: Certificate | None, verdict: Verdict | None) -> Certificate:
    """The certificate named. NOT_FOUND when it is none of the caller's in use, its verdict when it cannot be used."""
    still = select(Certificate).where(Certificate.removed_at.is_(None), Certificate.user_id == work.actor.user_id)
    found = await work.all(still.where(Certificate.id == named.id)) if named is not None else []
    if not found or verdict is None:
        raise Refusal(Reason.NOT_FOUND, path=("certificateId",))
    certificates.raise_unless_valid(verdict, path=("certificateId",))
    return found[0]


def is_maker(actor: Actor, intent: Intent) -> bool:
    """Whether the caller prepared the intent: nobody else sees it."""
    return intent.member_id in actor.member_ids


async def by_ids(context: Context, ids: Sequence[int]) -> list[PreparedIntent | None]:
    """Intents of one's own, with what must be read, worked out anew."""
    named = select(Intent).options(joinedload(Intent.certificate)).where(Intent.id.in_(ids))
    async with context.reading() as reading:
        own = [row for row in await reading.all(named) if is_maker(reading.actor, row)]
        whole = select(Document).options(*Document.for_rules()).where(Document.id.in_([r.document_id for r in own]))
        documents = {document.id: document for document in await reading.all(whole)}
        user = await reading.first(select(User).where(User.id == reading.actor.user_id))
    found = {
        row.id: _prepared(row, documents[row.document_id], user)
        for row in own
        if user is not None and row.document_id in documents
    }
    return by_key(ids, found)


def _prepared(row: Intent, document: Document, user: User) -> PreparedIntent:
    warnings = warnings_of(document, user=user, certificate=row.certificate)
    return PreparedIntent(row=row, document=document, certificate=row.certificate, warnings=warnings)
