"""Signing certificates, and registering one by a proof that its key is at hand."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from models import certificates as rows
from resolvers import certificates, sessions
from resolvers.context import Context
from schema.fields import acts, batched, told
from schema.nodes import Node, encode, id_of, node_id, shows
from schema.refusals import UserError, told_errors
from schema.scalars import Base64
from schema.signatures import CertificateInfo

if TYPE_CHECKING:
    from schema.users import User


@strawberry.type(description="A signing certificate the user has registered. The private key never comes here.")
@shows(rows.Certificate)
class Certificate(Node):
    """A registered certificate."""

    id: strawberry.ID = node_id("Certificate")
    info: CertificateInfo = told(lambda certificate: certificate, "What it says.")
    is_usable: bool = batched(certificates.usabilities, "Within its validity and not known to be revoked.", 1)


@strawberry.input(description="A certificate to register.")
class CertificateChallengeCreateInput:
    """What to register."""

    certificate: Base64 = strawberry.field(description="X.509, DER.")


@strawberry.type(description="Something to sign.")
class CertificateChallengeCreatePayload:
    """A challenge."""

    challenge: str | None = strawberry.field(
        description="A text to sign exactly as it is, in UTF-8; bound to the user and the certificate, good for one "
        "registration.",
        default=None,
    )
    expires_at: datetime | None = strawberry.field(description="When it is too late.", default=None)
    user_errors: list[UserError] = told_errors()


@strawberry.input(description="The proof that a certificate's key is at hand.")
class CertificateRegisterInput:
    """An answered challenge."""

    challenge: str = strawberry.field(description="From `certificateChallengeCreate`.")
    proof: Base64 = strawberry.field(
        description="Signature over the challenge by the certificate's key: detached CMS (DER), or the bare signature."
    )


@strawberry.type(description="Result of registering a certificate.")
class CertificateRegisterPayload:
    """A registered certificate."""

    certificate: Certificate | None = strawberry.field(
        description="The certificate; the same again if it was registered already.", default=None
    )
    viewer: Annotated[User, strawberry.lazy("schema.users")] | None = strawberry.field(
        description="The account, whose registration may now be complete.", default=None
    )
    user_errors: list[UserError] = told_errors()


@strawberry.input(description="Which certificate.")
class CertificateRemoveInput:
    """Which one."""

    certificate_id: strawberry.ID = strawberry.field(description="One of `viewer.certificates`.")


@strawberry.type(description="Result of removing a certificate.")
class CertificateRemovePayload:
    """A certificate out of use."""

    deleted_certificate_id: strawberry.ID | None = strawberry.field(
        description="The certificate that is gone.", default=None
    )
    viewer: Annotated[User, strawberry.lazy("schema.users")] | None = strawberry.field(
        description="The account.", default=None
    )
    user_errors: list[UserError] = told_errors()


async def _challenge(context: Context, input: CertificateChallengeCreateInput) -> dict[str, object]:
    asked = await certificates.challenge(context, der=input.certificate)
    return {"challenge": asked.text, "expires_at": asked.expires_at}


async def _register(context: Context, input: CertificateRegisterInput) -> dict[str, object]:
    certificate = await certificates.register(context, text=input.challenge, proof=input.proof)
    return {"certificate": certificate, "viewer": await sessions.viewer(context)}


async def _remove(context: Context, input: CertificateRemoveInput) -> dict[str, object]:
    removed = await certificates.remove(context, certificate_id=id_of("Certificate")(input.certificate_id))
    return {"deleted_certificate_id": encode("Certificate", removed), "viewer": await sessions.viewer(context)}


@strawberry.type
class CertificateMutation:
    """Acts on certificates."""

    certificate_challenge_create: CertificateChallengeCreatePayload | None = acts(
        CertificateChallengeCreatePayload,
        _challenge,
        CertificateChallengeCreateInput,
        does="Step 1 of registering a key: checks the certificate and gives something to sign with its key. "
        "For any user.",
        input="The certificate.",
    )
    certificate_register: CertificateRegisterPayload | None = acts(
        CertificateRegisterPayload,
        _register,
        CertificateRegisterInput,
        does="Step 2: hand in the proof that the key is at hand. For any user.",
        input="The proof.",
    )
    certificate_remove: CertificateRemovePayload | None = acts(
        CertificateRemovePayload,
        _remove,
        CertificateRemoveInput,
        does="Take a certificate of one's own out of use. Signatures made with it stay. For any user.",
        input="Which one.",
    )


TYPES: list[Any] = [Certificate]
