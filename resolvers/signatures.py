"""Signing in two steps (signing.md §6): `prepare` says what to sign and what to read, `sign` takes the signature.

Slow checks (the path, the CMS, reading bytes) run before the transaction; the rule judges again under the lock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from models.access import Actor, Verb, require_login
from models.accounts import User
from models.certificates import Certificate
from models.documents import Document
from models.members import Member
from models.refusals import Reason, Refusal
from models.signatures import DIFFERS, INTENT_LIFE, Intent, Signature, SigningWarningCode, differs
from resolvers import certificates
from resolvers.context import Context, Reading, Work
from resolvers.documents import acting, both_sides
from resolvers.drafts import deliver
from resolvers.evidence import Evidence, kept
from resolvers.loaders import load
from resolvers.parties import OtherSignatory, PartyView, SignatureView, other_signatory, parties, signatures
from signing.policy import Policy
from signing.verdicts import Outcome, Verdict

MAX_CMS = 256 * 1024
PATH = ("intentId",)


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
    if differs(exchange, side=side, user_id=user.id):
        expected = [party.shown for party in exchange.expected(side)]
        facts: dict[str, object] = {"expected": expected, "actual": user.display_name}
        found.append(SigningWarning(code=DIFFERS[side], facts=facts, document=document))
    if certificates.names_other(certificate, user):
        facts = {"subject": certificate.subject_name, "account": user.display_name}
        code = SigningWarningCode.CERTIFICATE_OWNER_DIFFERS
        found.append(SigningWarning(code=code, facts=facts, document=document))
    return found


async def choices(context: Context, documents: Sequence[Document], *, first: int) -> list[list[SigningChoice]]:
    """The certificate window of each document; empty where the caller cannot sign it."""
    async with context.reading() as reading:
        actor = reading.actor
        whole = select(Document).options(*Document.for_rules()).where(Document.id.in_([d.id for d in documents]))
        by_id = {document.id: document for document in await reading.all(_anew(whole))}
        user = await reading.first(select(User).where(User.id == (actor.user_id or 0)))
    if user is None:
        return [[] for _ in documents]
    usable: list[Certificate] = await load(context, certificates.usable, user.id)
    now = context.outside.clock.now()
    open_ones = {i for i, d in by_id.items() if not d.obstacles(user_id=user.id, has_key=bool(usable), at=now)}
    return [
        [
            SigningChoice(certificate=c, warnings=warnings_of(by_id[document.id], user=user, certificate=c))
            for c in usable[:first]
        ]
        if document.id in open_ones
        else []
        for document in documents
    ]


def _anew(statement: Any) -> Any:
    """Load relationships although the rows are in the snapshot's session already."""
    return statement.execution_options(populate_existing=True)


async def warning_marks(context: Context, warnings: Sequence[SigningWarning]) -> list[OtherSignatory | None]:
    """The mark as it will stand on the card, for the warnings about another person."""
    return [await _future_mark(context, warning) for warning in warnings]


async def _future_mark(context: Context, warning: SigningWarning) -> OtherSignatory | None:
    if warning.code not in DIFFERS.values():
        return None
    views: list[PartyView] = await load(context, parties, warning.document)
    async with context.reading() as reading:
        own = select(Member).options(*Member.with_people()).where(Member.cabinet_id == warning.document.cabinet_id)
        member = await reading.first(own.where(Member.user_id == reading.actor.user_id))
    if member is None:
        return None
    actual = PartyView(
        organization=member.company,
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
    usable = await load(context, certificates.usable, user_id) if user_id else []
    async with context.work(Verb.PREPARE_SIGNATURE) as work:
        document = await both_sides(work, document_id)
        document.require_open(user_id=work.actor.user_id, has_key=bool(usable), at=work.now)
        member = await acting(work, document.cabinet_id)
        certificate = await _chosen(context, work, usable, certificate_id)
        warnings = warnings_of(document, user=member.user, certificate=certificate)
        intent = work.add(_intent(document, member, certificate, warnings, policy, work))
        await work.flush()
    return PreparedIntent(row=intent, document=document, certificate=certificate, warnings=warnings)


async def _chosen(context: Context, work: Work, usable: list[Certificate], certificate_id: int | None) -> Certificate:
    """The certificate named. NOT_FOUND when it is not the caller's, its verdict when it cannot be used."""
    own = select(Certificate).where(Certificate.user_id == work.actor.user_id, Certificate.removed_at.is_(None))
    found = await work.all(own.where(Certificate.id == certificate_id))
    if not found:
        raise Refusal(Reason.NOT_FOUND, path=("certificateId",))
    if found[0].id not in {certificate.id for certificate in usable}:
        certificates.raise_unless_valid(await certificates.judged(context, found[0].der), path=("certificateId",))
    return found[0]


def _intent(
    document: Document,
    member: Member,
    certificate: Certificate,
    warnings: list[SigningWarning],
    policy: Policy,
    work: Work,
) -> Intent:
    return Intent(
        cabinet_id=document.cabinet_id,
        document_id=document.id,
        member_id=member.id,
        member_epoch=member.epoch,
        certificate_id=certificate.id,
        side=document.signing_side,
        version=document.exchange.version,
        sha256=document.exchange.sha256,
        warnings=tuple(warning.code.value for warning in warnings),
        policy_version=policy.version,
        created_at=work.now,
        expires_at=work.now + INTENT_LIFE,
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class Signed:
    """A document and its signature."""

    document: Document
    signature: SignatureView


async def sign(
    context: Context, *, intent_id: int | None, cms: bytes, acknowledged: frozenset[SigningWarningCode]
) -> Signed:
    """Take a signature over the document's bytes. Repeating it gives the same signature, even later (EB30).

    A second signature on a used intent is INTENT_USED; who was faster is named by ALREADY_SIGNED; unread warnings come
    back. A blocked member's is refused as NOT_FOUND and leaves a trace in the journal (EA2).
    """
    intent, user = await _read(context, intent_id)
    verdict = await _verdict(context, intent, cms)
    evidence = None
    if verdict.outcome is Outcome.VALID:
        evidence = await kept(context, cms, verdict, owner=certificates.owner_of(intent.certificate, user))
    async with context.work(Verb.SIGN_DOCUMENT) as work:
        document = await both_sides(work, intent.document_id)
        intent = await _locked(work, intent.id)
        signature = _taken_before(document, intent, verdict)
        if signature is None:
            member = await _signatory(work, document, intent)
            certificates.raise_unless_valid(verdict, path=("signature",))
            if evidence is None:
                raise RuntimeError("a valid verdict has its evidence")
            intent.use(by=member, exchange=document.exchange, at=work.now)
            _require_read(document, member, intent, acknowledged)
            signature = _signature(document, member, intent, verdict, evidence, context, work, acknowledged)
            await work.record(document.sign(signature, at=work.now))
            await deliver(work, document)
        else:
            await work.record(None)
    return await _signed(context, document, signature)


async def _read(context: Context, intent_id: int | None) -> tuple[Intent, User]:
    """The intent of one's own and who that is; a lost membership leaves a trace."""
    async with context.reading() as reading:
        require_login(reading.actor, Verb.SIGN_DOCUMENT)
        intent = await _own_intent(reading, intent_id)
        if intent is None:
            raise Refusal(Reason.NOT_FOUND, path=PATH)
        whole = select(Document).options(*Document.for_rules()).where(Document.id == intent.document_id)
        document = (await reading.rows_across(whole))[0][0]
        membership = reading.actor.membership(intent.cabinet_id)
        user = (await reading.all(select(User).where(User.id == reading.actor.user_id)))[0]
    if membership is None or not membership.is_active:
        refused = document.refused(signatory=user.display_name, reason=Reason.NOT_FOUND)
        async with context.work(Verb.SIGN_DOCUMENT):
            raise Refusal(Reason.NOT_FOUND, path=PATH, trace=refused)
    return intent, user


async def _own_intent(reading: Reading, intent_id: int | None) -> Intent | None:
    members = [membership.member_id for membership in reading.actor.memberships]
    statement = select(Intent).options(joinedload(Intent.certificate)).where(Intent.id == intent_id)
    found = await reading.rows_across(statement.where(Intent.member_id.in_(members)))
    return found[0][0] if found else None


async def _verdict(context: Context, intent: Intent, cms: bytes) -> Verdict:
    verifier = context.outside.verifier
    return await verifier.signature(
        cms,
        digest=context.outside.blobs.digester(intent.sha256),
        certificate=intent.certificate.der,
        policy=await verifier.policy(),
        at=context.outside.clock.now(),
    )


async def _locked(work: Work, intent_id: int) -> Intent:
    found = await work.all(
        select(Intent).where(Intent.id == intent_id).with_for_update().options(joinedload(Intent.certificate))
    )
    if not found:
        raise Refusal(Reason.NOT_FOUND, path=PATH)
    return found[0]


def _taken_before(document: Document, intent: Intent, verdict: Verdict) -> Signature | None:
    """The signature this very intent brought already. Raises INTENT_USED when another one is handed in now."""
    taken = next((s for s in document.exchange.signatures if s.intent_id == intent.id), None)
    if taken is not None and taken.value_sha256 != verdict.value_sha256:
        raise Refusal(Reason.INTENT_USED, path=PATH)
    return taken


async def _signatory(work: Work, document: Document, intent: Intent) -> Member:
    document.require_open(user_id=work.actor.user_id, has_key=True, at=work.now)
    member = select(Member).options(*Member.with_people(), selectinload(Member.periods))
    found = await work.all(member.where(Member.id == intent.member_id))
    if not found or found[0].user_id != work.actor.user_id:
        raise Refusal(Reason.NOT_FOUND, path=PATH)
    return found[0]


def _require_read(
    document: Document, member: Member, intent: Intent, acknowledged: frozenset[SigningWarningCode]
) -> None:
    """Every warning that holds now must have been read; otherwise they come back and the intent stays unused."""
    warnings = warnings_of(document, user=member.user, certificate=intent.certificate)
    if not {warning.code for warning in warnings} <= acknowledged:
        raise Refusal(Reason.WARNINGS_NOT_ACKNOWLEDGED, path=("acknowledgedWarnings",), warnings=warnings)


def _signature(
    document: Document,
    member: Member,
    intent: Intent,
    verdict: Verdict,
    evidence: Evidence,
    context: Context,
    work: Work,
    acknowledged: frozenset[SigningWarningCode],
) -> Signature:
    certificate = intent.certificate
    return Signature(
        side=intent.side,
        intent_id=intent.id,
        cabinet_id=document.cabinet_id,
        member_id=member.id,
        period_id=member.period.id,
        user_id=member.user_id,
        organization_id=member.company_id,
        organization=member.company,
        person_name=member.user.display_name,
        person_email=member.user.email,
        subject_name=certificate.subject_name,
        organization_name=certificate.organization_name,
        issuer_name=certificate.issuer_name,
        serial_number=certificate.serial_number,
        thumbprint=certificate.thumbprint,
        valid_from=certificate.valid_from,
        valid_to=certificate.valid_to,
        value_sha256=verdict.value_sha256,
        signed_sha256=intent.sha256,
        acknowledged_warnings=tuple(sorted(code.value for code in acknowledged)),
        signed_at=work.now,
        claimed_at=verdict.claimed_at,
        client_address=context.client.address,
        user_agent=context.client.user_agent,
        cms_sha256=evidence.cms,
        chain_sha256=evidence.chain,
        revocation_sha256=evidence.revocation,
        report_sha256=evidence.report,
    )


async def _signed(context: Context, document: Document, signature: Signature) -> Signed:
    views: list[SignatureView] = await load(context, signatures, document)
    return Signed(document=document, signature=next(view for view in views if view.row.id == signature.id))


def is_maker(actor: Actor, intent: Intent) -> bool:
    """Whether the caller prepared the intent: nobody else sees it."""
    return intent.member_id in {membership.member_id for membership in actor.memberships}


async def intent(context: Context, *, intent_id: int) -> PreparedIntent | None:
    """An intent of one's own, with what must be read, worked out anew."""
    async with context.reading() as reading:
        row = await reading.first(select(Intent).options(joinedload(Intent.certificate)).where(Intent.id == intent_id))
        if row is None or not is_maker(reading.actor, row):
            return None
        whole = select(Document).options(*Document.for_rules()).where(Document.id == row.document_id)
        document = await reading.first(whole)
        user = await reading.first(select(User).where(User.id == reading.actor.user_id))
    if document is None or user is None:
        return None
    warnings = warnings_of(document, user=user, certificate=row.certificate)
    return PreparedIntent(row=row, document=document, certificate=row.certificate, warnings=warnings)


async def signature(context: Context, *, signature_id: int | None) -> SignatureView | None:
    """A signature by its id, seen from a document of the caller's."""
    async with context.reading() as reading:
        seen_from = (
            select(Document)
            .options(*Document.for_lists())
            .join(Signature, Signature.exchange_id == Document.exchange_id)
        )
        document = await reading.first(seen_from.where(Signature.id == signature_id).order_by(Document.id))
    if document is None:
        return None
    views: list[SignatureView] = await load(context, signatures, document)
    return next((view for view in views if view.row.id == signature_id), None)
