"""Taking a signature (signing.md §6): verified before the transaction, judged again under the lock."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from models.access import Verb, require_login
from models.accounts import User
from models.certificates import Certificate
from models.documents import Document
from models.members import Member
from models.obstacles import require_open
from models.refusals import Reason, Refusal
from models.signatures import Evidence, Intent, Signature, SigningWarningCode
from resolvers import certificates
from resolvers.context import Context, Work
from resolvers.documents import both_sides
from resolvers.drafts import delivered
from resolvers.evidence import kept
from resolvers.intents import warnings_of
from resolvers.loaders import by_key, load, load_many
from resolvers.locks import held, locked
from resolvers.parties import SignatureView, signatures
from signing.verdicts import Outcome, Verdict

PATH = ("intentId",)


@dataclass(frozen=True, eq=False, kw_only=True)
class Signed:
    """A document and its signature."""

    document: Document
    signature: SignatureView


@dataclass(frozen=True, kw_only=True)
class _Handed:
    """What was handed in: the verdict on it, the evidence where it is VALID, the warnings read."""

    verdict: Verdict
    evidence: Evidence | None
    acknowledged: frozenset[SigningWarningCode]


async def sign(
    context: Context, *, intent_id: int | None, cms: bytes, acknowledged: frozenset[SigningWarningCode]
) -> Signed:
    """Take a signature over the document's bytes. Repeating it gives the same signature, even later (EB30).

    A second signature on a used intent is INTENT_USED; who was faster is named by ALREADY_SIGNED; unread warnings come
    back. Where access was lost it is NOT_FOUND: the intent is burnt, and the journal says that it was tried (EA2).
    """
    intent, user = await _own_intent(context, intent_id)
    handed = await _checked(context, intent, user, cms, acknowledged)
    async with context.work(Verb.SIGN_DOCUMENT) as work:
        place = work.actor.place(intent.cabinet_id)
        taken = None
        if place is not None and place.is_active:
            taken = await _take(work, intent.id, handed)
        else:
            await _refuse(work, intent.id, user)
    if taken is None:
        raise Refusal(Reason.NOT_FOUND, path=PATH)
    document, signature = taken
    views: list[SignatureView] = await load(context, signatures, document)
    return Signed(document=document, signature=next(view for view in views if view.row.id == signature.id))


async def _own_intent(context: Context, intent_id: int | None) -> tuple[Intent, User]:
    """An intent of the caller's own, whatever became of his membership, and who he is."""
    async with context.reading() as reading:
        require_login(reading.actor, Verb.SIGN_DOCUMENT)
        own = select(Intent).options(joinedload(Intent.certificate))
        own = own.where(Intent.member_id.in_(sorted(reading.actor.member_ids)))
        found = await reading.rows_across(own.where(Intent.id == intent_id))
        if not found:
            raise Refusal(Reason.NOT_FOUND, path=PATH)
        user = (await reading.all(select(User).where(User.id == reading.actor.user_id)))[0]
    return found[0][0], user


async def _checked(
    context: Context, intent: Intent, user: User, cms: bytes, acknowledged: frozenset[SigningWarningCode]
) -> _Handed:
    """The slow part, with no snapshot held: cryptography, the path, and the evidence of what is VALID."""
    await context.forget()
    verifier = context.outside.verifier
    policy = await verifier.policy()
    verdict = await verifier.signature(
        cms,
        digest=context.outside.blobs.digester(intent.sha256),
        certificate=intent.certificate.der,
        policy=policy,
        at=context.outside.clock.now(),
    )
    evidence = None
    if verdict.outcome is Outcome.VALID:
        owner = certificates.owner_of(intent.certificate, user)
        evidence = await kept(context, cms, verdict, policy=policy, owner=owner)
    return _Handed(verdict=verdict, evidence=evidence, acknowledged=acknowledged)


async def _take(work: Work, intent_id: int, handed: _Handed) -> tuple[Document, Signature]:
    intent = await _intent(work, intent_id)
    document = await both_sides(work, intent.document_id, path=PATH)
    taken = _taken_before(document, intent, handed.verdict)
    if taken is not None:
        await work.record(None)
        return document, taken
    require_open(document, user_id=work.actor.user_id, has_key=True, at=work.now)
    certificates.raise_unless_valid(handed.verdict, path=("signature",))
    member = await _signatory(work, intent)
    intent.use(by=member, document=document, at=work.now)
    codes = _read_warnings(document, member, intent, handed.acknowledged)
    await _require_new(work, handed.verdict)
    if handed.evidence is None:
        raise RuntimeError("a valid verdict has its evidence")
    signature = Signature.by(
        member, document=document, intent=intent, evidence=handed.evidence, acknowledged=codes, at=work.now
    )
    signed = document.sign(signature, at=work.now)
    await work.record(signed, await delivered(work, document))
    return document, signature


async def _refuse(work: Work, intent_id: int, user: User) -> None:
    """Burn the intent and leave a trace, once; a used or old intent leaves none."""
    found = await work.across(locked(select(Intent).where(Intent.id == intent_id)))
    if not found[0].is_alive(work.now):
        raise Refusal(Reason.NOT_FOUND, path=PATH)
    found[0].burn(at=work.now)
    whole = select(Document).options(*Document.for_rules()).where(Document.id == found[0].document_id)
    document = (await work.across(whole))[0]
    await work.trace(document.refused(signatory=user.display_name, reason=Reason.NOT_FOUND))


async def _intent(work: Work, intent_id: int) -> Intent:
    wanted = select(Intent).options(joinedload(Intent.certificate)).where(Intent.id == intent_id)
    found = await work.all(locked(wanted, of=Intent))
    if not found:
        raise Refusal(Reason.NOT_FOUND, path=PATH)
    # Whoever takes it out of use meanwhile waits; who did a moment ago is seen.
    await work.all(held(select(Certificate).where(Certificate.id == found[0].certificate_id)))
    return found[0]


def _taken_before(document: Document, intent: Intent, verdict: Verdict) -> Signature | None:
    """The signature this very intent brought already. Raises INTENT_USED when another one is handed in now."""
    taken = next((made for made in document.exchange.signatures if made.intent_id == intent.id), None)
    if taken is not None and taken.value_sha256 != verdict.value_sha256:
        raise Refusal(Reason.INTENT_USED, path=PATH)
    return taken


async def _signatory(work: Work, intent: Intent) -> Member:
    """As whom the intent was made; one's place in one's own archive is hidden, even from oneself."""
    member = select(Member).options(*Member.with_people(), selectinload(Member.periods))
    found = await work.across(member.where(Member.id == intent.member_id))
    if not found or found[0].user_id != work.actor.user_id:
        raise Refusal(Reason.NOT_FOUND, path=PATH)
    return found[0]


def _read_warnings(
    document: Document, member: Member, intent: Intent, acknowledged: frozenset[SigningWarningCode]
) -> list[str]:
    """The warnings that hold now, all read; otherwise they come back and the intent stays unused."""
    warnings = warnings_of(document, user=member.user, certificate=intent.certificate)
    if not {warning.code for warning in warnings} <= acknowledged:
        raise Refusal(Reason.WARNINGS_NOT_ACKNOWLEDGED, path=("acknowledgedWarnings",), warnings=warnings)
    return [warning.code.value for warning in warnings]


async def _require_new(work: Work, verdict: Verdict) -> None:
    """One signature value signs one document, even where another has the same bytes: sign anew for each."""
    if await work.across(select(Signature.id).where(Signature.value_sha256 == verdict.value_sha256)):
        raise Refusal(Reason.INVALID, path=("signature",), field="signature")


async def by_ids(context: Context, ids: Sequence[int | None]) -> list[SignatureView | None]:
    """Signatures by their ids, each seen from a document of the caller's."""
    seen_from = select(Document).join(Signature, Signature.exchange_id == Document.exchange_id)
    signed = seen_from.where(Signature.id.in_({i for i in ids if i})).options(*Document.for_lists())
    async with context.reading() as reading:
        found = await reading.all(signed.order_by(Document.id.desc()))
    documents = {document.exchange_id: document for document in found}  # the older one of two views
    views: list[list[SignatureView]] = await load_many(context, signatures, list(documents.values()))
    return by_key(ids, {view.row.id: view for several in views for view in several})
