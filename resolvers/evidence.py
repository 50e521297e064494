"""What is kept of a signature so that it can be checked again without network (signing.md §7): four blobs by digest."""

from dataclasses import dataclass

from resolvers.context import Context
from signing.certificates import OwnerMatch
from signing.report import report
from signing.verdicts import Verdict


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Digests of the CMS as received, the chain, the revocation answers used and the report."""

    cms: str
    chain: str
    revocation: str
    report: str


async def kept(context: Context, cms: bytes, verdict: Verdict, *, owner: OwnerMatch) -> Evidence:
    """Store the evidence of a valid verdict; before the transaction, since blobs come before rows."""
    blobs, policy = context.outside.blobs, await context.outside.verifier.policy()
    return Evidence(
        cms=await blobs.keep(cms),
        chain=await blobs.keep(b"".join(verdict.chain)),
        revocation=await blobs.keep(b"".join(verdict.revocation)),
        report=await blobs.keep(report(verdict, policy, owner)),
    )
