"""What the outside must give: protocols with their promises. Adapters live in `server/`, fakes in `tests/fakes.py`."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from signing.policy import Policy
from signing.verdicts import Verdict

EVERY_CABINET = 0
"""The number that a bell for any cabinet rings too: what the postman listens to."""


class Database(Protocol):
    """Transactions."""

    def snapshot(self) -> AbstractAsyncContextManager[AsyncSession]:
        """A read-only session that sees one moment of the database until it is left. Raises `Unavailable`."""

    def transaction(self) -> AbstractAsyncContextManager[AsyncSession]:
        """A writing session: committed when left, rolled back by an exception.

        Writers of the same rows come one after another. Raises `OutcomeUnknown` when the connection broke in COMMIT.
        """

    def is_passing(self, error: BaseException) -> bool:
        """Whether an act that ended with this error did nothing and may go well when it is run again."""


class Unavailable(Exception):
    """The database is away, or busy for too long: nothing was done, ask later."""


class Unstored(Unavailable):
    """The file system takes no bytes: it is full, read-only, or the process has too many files open."""

    def __init__(self, *, is_full: bool) -> None:
        super().__init__()
        self.is_full = is_full


class TooSlow(Exception):
    """A query took longer than it may: it was stopped."""


class OutcomeUnknown(Exception):
    """The connection broke while an act was being committed, or the act took too long: it is done, or it is not."""


class Ring(Protocol):
    """One listener's ear, armed: a bell rung since is not lost."""

    async def wait(self, *, seconds: float) -> None:
        """Until the bell rings, or `seconds` have passed."""


class Bell(Protocol):
    """A wake-up that names a cabinet and carries no content (LISTEN/NOTIFY, pub/sub)."""

    is_closed: bool
    """Whether the server is going: streams end."""

    def ring(self, cabinet_ids: Iterable[int]) -> None:
        """Wake whoever listens to these cabinets; after the commit."""

    def close(self) -> None:
        """Wake everybody for the last time."""

    def armed(self, cabinet_id: int) -> AbstractAsyncContextManager[Ring]:
        """Listen from now on."""


class Blobs(Protocol):
    """Content-addressed files, never rewritten. What cannot be written raises `Unstored`, read `Unavailable`."""

    damaged: set[str]
    """Files that readers found absent or changed, and that were not stored again since."""

    async def put(self, chunks: AsyncIterator[bytes], *, sha256: str, size: int) -> bytes:
        """Store bytes that must have this digest and size; returns the first 16 bytes. Raises `WrongBytes`."""

    async def keep(self, content: bytes) -> str:
        """Store bytes of our own; returns their SHA-256, lower-case hex."""

    async def read(self, sha256: str) -> bytes:
        """All of it. Raises `BlobLost` when it is absent or its bytes changed."""

    async def size(self, sha256: str) -> int:
        """How many bytes. Raises `BlobLost` when it is absent."""

    async def examine(self, sha256: str) -> int:
        """Its size, after reading all of it. Raises `BlobLost` when it is absent or its bytes changed."""

    def stream(self, sha256: str, *, start: int = 0, stop: int | None = None) -> AsyncGenerator[bytes, None]:
        """Bytes from `start` to before `stop`, in chunks; whoever takes not all of them closes it."""

    def digester(self, sha256: str) -> Callable[[str], bytes]:
        """A blocking function from the name of a hash to the digest of these bytes; for a thread."""

    def aged(self, *, before: datetime) -> AsyncGenerator[list[str], None]:
        """Files that were last stored before a moment."""

    async def drop(self, addresses: Sequence[str], *, before: datetime) -> int:
        """Remove those that were not stored again since; how many."""

    async def drop_incoming(self, *, before: datetime) -> int:
        """Remove what was on its way in before a moment and never came; how many."""


class WrongBytes(Exception):
    """The bytes are not those announced."""


class BlobLost(Exception):
    """A stored file is absent or damaged: an alarm, never silent."""


class Clock(Protocol):
    """The one clock."""

    def now(self) -> datetime:
        """Aware, UTC."""


class Verifier(Protocol):
    """Real signatures, checked cryptographically in a bounded thread pool; nothing is fetched."""

    async def policy(self) -> Policy:
        """The policy in force."""

    async def signature(
        self, cms: bytes, *, digest: Callable[[str], bytes], certificate: bytes, policy: Policy, at: datetime
    ) -> Verdict:
        """Is it a detached signature over these bytes by this certificate?"""

    async def certificate(self, certificate: bytes, *, policy: Policy, at: datetime) -> Verdict:
        """Is the certificate trusted, in time and not revoked?"""

    async def proof(
        self, proof: bytes, *, challenge: bytes, certificate: bytes, policy: Policy, at: datetime
    ) -> Verdict:
        """Is its key at hand?"""


class Passwords(Protocol):
    """argon2id in a limiter of its own."""

    async def hash(self, password: str) -> str:
        """For storing."""

    async def verify(self, password: str, *, against: str | None) -> bool:
        """Whether it fits; takes as long when there is nothing to compare with."""


class Secrets(Protocol):
    """What is derived from the server's secret."""

    def seal(self, scope: str, text: str) -> str:
        """`text`, readable only where `scope` is the same."""

    def unseal(self, scope: str, sealed: str) -> str | None:
        """What was sealed; None for anything that was not sealed so."""

    def link(self, purpose: str, claim: str, *, at: datetime) -> str:
        """A short-lived token for a URL."""

    def unlink(self, purpose: str, token: str, *, at: datetime, seconds: int) -> str | None:
        """The claim of a token made for this purpose at most `seconds` ago; None for any other."""

    def code(self, purpose: str, seed: str) -> str:
        """The text of a one-time code."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits of one request and its inputs (reliability.md A1)."""

    max_page_size: int = 100
    max_upload_bytes: int = 50 * 1024 * 1024
    max_list_input: int = 100
    max_failed_logins: int = 10
    max_failed_logins_address: int = 100
    max_account_letters: int = 5
    max_query_bytes: int = 32 * 1024
    max_tokens: int = 2000
    max_depth: int = 15
    max_aliases: int = 30
    max_root_fields: int = 20
    max_directives: int = 30
    max_variables: int = 100
    max_fragments: int = 50
    max_field_pairs: int = 2000
    max_cost: int = 5000
    max_events_behind: int = 5000
    query_seconds: float = 10
    mutation_seconds: float = 30


@dataclass(frozen=True, kw_only=True)
class House:
    """What the whole server is to know of its owner's settings."""

    version: str
    public_url: str
    hotline: str | None
    locale: str
    time_zone: str
    registration_needs_key: bool
    pulse_seconds: float
    limits: Limits


@dataclass(frozen=True, kw_only=True)
class Outside:
    """All that a resolver may ask of the world."""

    database: Database
    bell: Bell
    blobs: Blobs
    clock: Clock
    verifier: Verifier
    passwords: Passwords
    secrets: Secrets
    house: House
