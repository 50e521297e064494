"""Signatures, checked in two threads: `signing` is synchronous and slow for an event loop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from resolvers.ports import Clock
from signing.policy import Policy, PolicyFolder
from signing.verdicts import Verdict
from signing.verify import verify_certificate, verify_proof, verify_signature

THREADS = 2
T = TypeVar("T")


class FolderVerifier:
    """`ports.Verifier` with the policy of folders."""

    def __init__(self, folder: PolicyFolder, *, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._threads = CapacityLimiter(THREADS)

    async def policy(self) -> Policy:
        """The policy in force, with the CRLs that lie there now."""
        return await self._run(partial(self._folder.policy, at=self._clock.now()))

    async def signature(
        self, cms: bytes, *, digest: Callable[[str], bytes], certificate: bytes, policy: Policy, at: datetime
    ) -> Verdict:
        """Is it a detached signature over these bytes by this certificate?"""
        asked = partial(verify_signature, cms, digest=digest, certificate=certificate, policy=policy, at=at)
        return await self._run(asked)

    async def certificate(self, certificate: bytes, *, policy: Policy, at: datetime) -> Verdict:
        """Is the certificate trusted, in time and not revoked?"""
        return await self._run(partial(verify_certificate, certificate, policy=policy, at=at))

    async def proof(
        self, proof: bytes, *, challenge: bytes, certificate: bytes, policy: Policy, at: datetime
    ) -> Verdict:
        """Is its key at hand?"""
        asked = partial(verify_proof, proof, challenge=challenge, certificate=certificate, policy=policy, at=at)
        return await self._run(asked)

    async def _run(self, asked: Callable[[], T]) -> T:
        return await to_thread.run_sync(asked, limiter=self._threads)
