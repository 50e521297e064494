"""Signing certificates: which of them can be used now, and registering one by a proof that its key is at hand."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from models.access import Verb, require
from models.accounts import User
from models.certificates import Certificate, Challenge
from models.members import Member
from models.names import fold
from models.refusals import Reason, Refusal
from resolvers import sessions
from resolvers.context import Context, Work
from resolvers.loaders import by_key, load, load_many
from resolvers.locks import locked
from signing.certificates import CertificateFacts, Owner, OwnerMatch, describe, match_owner
from signing.policy import Policy
from signing.verdicts import ERROR_CODES, Outcome, Verdict

CHALLENGE_LIFE = timedelta(minutes=10)
MAX_CERTIFICATE = 16 * 1024


async def owned(context: Context, user_ids: Sequence[int]) -> list[list[Certificate]]:
    """Certificates in use of each account, latest first."""
    statement = select(Certificate).where(Certificate.user_id.in_(user_ids), Certificate.removed_at.is_(None))
    async with context.reading() as reading:
        found = await reading.all(statement.order_by(Certificate.id.desc()))
    return [[certificate for certificate in found if certificate.user_id == user_id] for user_id in user_ids]


async def usable(context: Context, user_ids: Sequence[int]) -> list[list[Certificate]]:
    """Certificates that would be accepted now: trusted, in time, not revoked."""
    lists: list[list[Certificate]] = await load_many(context, owned, user_ids)
    policy = await context.outside.verifier.policy()
    return [[c for c in certificates if await _is_usable(context, c, policy)] for certificates in lists]


async def _is_usable(context: Context, certificate: Certificate, policy: Policy) -> bool:
    """Whether a signature by it would be accepted now."""
    return (await _verdict(context, certificate.der, policy)).outcome is Outcome.VALID


async def judged(context: Context, der: bytes) -> Verdict:
    """The verdict on a certificate at this moment."""
    return await _verdict(context, der, await context.outside.verifier.policy())


async def _verdict(context: Context, der: bytes, policy: Policy) -> Verdict:
    return await context.outside.verifier.certificate(der, policy=policy, at=context.outside.clock.now())


async def usabilities(context: Context, certificates: Sequence[Certificate]) -> list[bool]:
    """Whether each can be used now."""
    policy = await context.outside.verifier.policy()
    return [await _is_usable(context, certificate, policy) for certificate in certificates]


async def of_viewer(context: Context, users: Sequence[User], *, first: int) -> list[list[Certificate] | None]:
    """The caller's own certificates, usable ones first; None for anybody else's."""
    async with context.reading() as reading:
        own = reading.actor.user_id
    return [await _sorted(context, user.id, first) if user.id == own else None for user in users]


async def _sorted(context: Context, user_id: int, first: int) -> list[Certificate]:
    everything: list[Certificate] = await load(context, owned, user_id)
    good: list[Certificate] = await load(context, usable, user_id)
    return sorted(everything, key=lambda certificate: certificate not in good)[:first]


async def own(context: Context, ids: Sequence[int]) -> list[Certificate | None]:
    """Certificates in use of the caller's own."""
    in_use = select(Certificate).where(Certificate.id.in_(ids), Certificate.removed_at.is_(None))
    async with context.reading() as reading:
        found = await reading.all(in_use.where(Certificate.user_id == (reading.actor.user_id or 0)))
    return by_key(ids, {certificate.id: certificate for certificate in found})


async def have_keys(context: Context, members: Sequence[Member]) -> list[bool]:
    """Whether each member has a certificate that can be used now."""
    return [bool(keys) for keys in await load_many(context, usable, [member.user_id for member in members])]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A text to sign with the certificate's key, exactly as it is, in UTF-8."""

    text: str
    expires_at: datetime


async def challenge(context: Context, *, der: bytes) -> Asked:
    """Check a certificate and give its owner something to sign; trust is judged before the token is fetched."""
    facts = await _acceptable(context, der)
    async with context.work(Verb.CHALLENGE_CERTIFICATE) as work:
        work.authorize()
        expires_at = work.now + CHALLENGE_LIFE
        text = (
            f"cabinet key registration\naccount: {work.actor.user_id}\ncertificate: {facts.thumbprint_sha256}\n"
            f"challenge: {secrets.token_urlsafe(32)}\nexpires: {expires_at:%Y-%m-%dT%H:%M:%SZ}\n"
        )
        work.add(
            Challenge(
                user_id=work.actor.user_id,
                text=text,
                text_hash=hashlib.sha256(text.encode()).hexdigest(),
                der=der,
                created_at=work.now,
                expires_at=expires_at,
            )
        )
    return Asked(text=text, expires_at=expires_at)


async def _acceptable(context: Context, der: bytes) -> CertificateFacts:
    path = ("certificate",)
    async with context.reading() as reading:
        require(reading.actor, Verb.CHALLENGE_CERTIFICATE)
    if len(der) > MAX_CERTIFICATE:
        raise Refusal(Reason.TOO_LONG, path=path, field="certificate", limit=MAX_CERTIFICATE)
    try:
        facts = describe(der)
    except ValueError as error:
        raise Refusal(Reason.INVALID, path=path, field="certificate") from error
    raise_unless_valid(await judged(context, der), path=path)
    return facts


def raise_unless_valid(verdict: Verdict, *, path: tuple[str, ...]) -> None:
    """Turn any verdict but VALID into its refusal; the sentence names the detail."""
    if verdict.outcome is Outcome.VALID:
        return
    if verdict.reason is None:
        raise RuntimeError("a verdict that is not VALID names its reason")
    raise Refusal(Reason(ERROR_CODES[verdict.reason]), path=path, detail=verdict.reason.name)


async def register(context: Context, *, text: str, proof: bytes) -> Certificate:
    """Register the challenge's certificate. The same again answers the same; another account's is INVALID (EH91)."""
    asked = await _challenge(context, text)
    verifier, now = context.outside.verifier, context.outside.clock.now()
    policy = await verifier.policy()
    raise_unless_valid(
        await verifier.proof(proof, challenge=asked.text.encode(), certificate=asked.der, policy=policy, at=now),
        path=("proof",),
    )
    async with context.work(Verb.REGISTER_CERTIFICATE) as work:
        work.authorize()
        challenges = await work.all(locked(select(Challenge).where(Challenge.id == asked.id)))
        challenges[0].use(at=work.now)
        certificate = await _registered_before(work, asked.der) or await _new(work, asked.der)
    return certificate


async def _challenge(context: Context, text: str) -> Challenge:
    # A lone surrogate, which has no bytes, becomes a "?", which stands in no challenge.
    text_hash = hashlib.sha256(text.encode(errors="replace")).hexdigest()
    async with context.reading() as reading:
        require(reading.actor, Verb.REGISTER_CERTIFICATE)
        own = Challenge.user_id == (reading.actor.user_id or 0)
        found = await reading.first(select(Challenge).where(Challenge.text_hash == text_hash, own))
    if found is None:
        raise Refusal(Reason.TOKEN_EXPIRED, path=("challenge",))
    return found


async def _registered_before(work: Work, der: bytes) -> Certificate | None:
    thumbprint = describe(der).thumbprint_sha256
    known = select(Certificate).where(Certificate.thumbprint == thumbprint, Certificate.removed_at.is_(None))
    found = await work.all(known)
    if found and found[0].user_id != work.actor.user_id:
        raise Refusal(Reason.INVALID, path=("challenge",), field="certificate")
    return found[0] if found else None


async def _new(work: Work, der: bytes) -> Certificate:
    facts = describe(der)
    user = (await work.all(locked(select(User).where(User.id == work.actor.user_id))))[0]
    certificate = Certificate(
        user=user,
        der=der,
        thumbprint=facts.thumbprint_sha256,
        subject_name=facts.subject_name,
        organization_name=facts.organization_name,
        issuer_name=facts.issuer_name,
        serial_number=facts.serial_number,
        valid_from=facts.valid_from,
        valid_to=facts.valid_to,
        registered_at=work.now,
    )
    work.add(certificate)
    members = await sessions.memberships(work, user)
    was_missing, user.has_key = bool(user.missing), True
    completed = sessions.completed(user, members, was_missing=was_missing)
    await work.record(certificate.registered(members=members), completed)
    return certificate


async def remove(context: Context, *, certificate_id: int | None) -> int:
    """Take a certificate of one's own out of use; signatures made with it stay."""
    async with context.work(Verb.REMOVE_CERTIFICATE) as work:
        work.authorize()
        own = Certificate.user_id == (work.actor.user_id or 0)
        found = await work.all(locked(select(Certificate).where(Certificate.id == certificate_id, own)))
        if not found:
            raise Refusal(Reason.NOT_FOUND, path=("certificateId",))
        found[0].user = (await work.all(locked(select(User).where(User.id == found[0].user_id))))[0]
        members = await sessions.memberships(work, found[0].user)
        await work.record(found[0].remove(members=members, at=work.now))
        left = select(Certificate.id).where(own, Certificate.removed_at.is_(None), Certificate.id != certificate_id)
        found[0].user.has_key = bool(await work.all(left))
    return found[0].id


def names_other(certificate: Certificate, user: User) -> bool:
    """Whether the certificate names another person than the account (EB38)."""
    return owner_of(certificate, user).result is Owner.OTHER


def owner_of(certificate: Certificate, user: User) -> OwnerMatch:
    """Whether the certificate names the account, and by which rule."""
    return match_owner(describe(certificate.der), display_name=user.display_name, email=user.email, fold=fold)
