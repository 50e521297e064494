"""What is kept of a signature so that it can be checked again without network (signing.md §7): four blobs by digest."""

from models.signatures import Evidence
from resolvers.context import Context
from signing.certificates import OwnerMatch
from signing.policy import Policy
from signing.report import report
from signing.verdicts import Verdict


async def kept(context: Context, cms: bytes, verdict: Verdict, *, policy: Policy, owner: OwnerMatch) -> Evidence:
    """Store the evidence of a valid verdict; before the transaction, since blobs come before rows."""
    blobs = context.outside.blobs
    return Evidence(
        value_sha256=verdict.value_sha256 or "",
        claimed_at=verdict.claimed_at,
        cms_sha256=await blobs.keep(cms),
        chain_sha256=await blobs.keep(b"".join(verdict.chain)),
        revocation_sha256=await blobs.keep(b"".join(verdict.revocation)),
        report_sha256=await blobs.keep(report(verdict, policy, owner)),
        client_address=context.client.address,
        user_agent=(context.client.user_agent or "")[:300] or None,
    )
