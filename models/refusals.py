"""Refusals: the domain's errors, a code with facts; the sentence is made where the locale is known.

Refusal
├── the request   UNAUTHENTICATED · BAD_USER_INPUT                     top level: log in, mend the argument
├── input         REQUIRED · INVALID · TOO_LONG · FILE_TOO_LARGE        show at `path`
├── rights        NOT_FOUND (absent or invisible, never told apart) · FORBIDDEN (visible, role too small)
├── logging in    INVALID_CREDENTIALS · TOO_MANY_ATTEMPTS · TOKEN_EXPIRED
├── members       ACCOUNT_EXISTS · ALREADY_A_MEMBER · MEMBER_IS_BLOCKED · MEMBER_IS_REMOVED · LAST_ADMIN ·
│                 SECOND_OPERATOR_NEEDED · CABINET_EXISTS
├── documents     DOCUMENT_NOT_OPEN · ALREADY_SIGNED (redraw from what comes along) · CANNOT_SIGN (with every reason)
├── signing       DOCUMENT_CHANGED · INTENT_EXPIRED (prepare again) · INTENT_USED · WARNINGS_NOT_ACKNOWLEDGED (show)
├── signatures    SIGNATURE_* · CERTIFICATE_* · ALGORITHM_NOT_ALLOWED (sign anew; the message says with what)
├── uploads       UPLOAD_INCOMPLETE · UPLOAD_DIGEST_MISMATCH (upload again)
└── repeating     IDEMPOTENCY_KEY_REUSED
"""

from enum import StrEnum


class Reason(StrEnum):
    """Why something was refused; each name is an `ErrorCode` of the contract."""

    UNAUTHENTICATED = "UNAUTHENTICATED"
    BAD_USER_INPUT = "BAD_USER_INPUT"

    REQUIRED = "REQUIRED"
    INVALID = "INVALID"
    TOO_LONG = "TOO_LONG"
    NOT_FOUND = "NOT_FOUND"
    FORBIDDEN = "FORBIDDEN"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"

    INVALID_CREDENTIALS = "INVALID_CREDENTIALS"
    TOO_MANY_ATTEMPTS = "TOO_MANY_ATTEMPTS"
    TOKEN_EXPIRED = "TOKEN_EXPIRED"

    CABINET_EXISTS = "CABINET_EXISTS"
    ACCOUNT_EXISTS = "ACCOUNT_EXISTS"
    ALREADY_A_MEMBER = "ALREADY_A_MEMBER"
    MEMBER_IS_BLOCKED = "MEMBER_IS_BLOCKED"
    MEMBER_IS_REMOVED = "MEMBER_IS_REMOVED"
    LAST_ADMIN = "LAST_ADMIN"
    SECOND_OPERATOR_NEEDED = "SECOND_OPERATOR_NEEDED"

    CANNOT_SIGN = "CANNOT_SIGN"
    ALREADY_SIGNED = "ALREADY_SIGNED"
    DOCUMENT_NOT_OPEN = "DOCUMENT_NOT_OPEN"
    DOCUMENT_CHANGED = "DOCUMENT_CHANGED"
    WARNINGS_NOT_ACKNOWLEDGED = "WARNINGS_NOT_ACKNOWLEDGED"
    INTENT_EXPIRED = "INTENT_EXPIRED"
    INTENT_USED = "INTENT_USED"
    SIGNATURE_MALFORMED = "SIGNATURE_MALFORMED"
    SIGNATURE_DIGEST_MISMATCH = "SIGNATURE_DIGEST_MISMATCH"
    SIGNATURE_INVALID = "SIGNATURE_INVALID"
    SIGNATURE_INDETERMINATE = "SIGNATURE_INDETERMINATE"
    ALGORITHM_NOT_ALLOWED = "ALGORITHM_NOT_ALLOWED"
    CERTIFICATE_MISMATCH = "CERTIFICATE_MISMATCH"
    CERTIFICATE_EXPIRED = "CERTIFICATE_EXPIRED"
    CERTIFICATE_REVOKED = "CERTIFICATE_REVOKED"
    CERTIFICATE_UNTRUSTED = "CERTIFICATE_UNTRUSTED"

    UPLOAD_INCOMPLETE = "UPLOAD_INCOMPLETE"
    UPLOAD_DIGEST_MISMATCH = "UPLOAD_DIGEST_MISMATCH"
    FILE_TOO_LARGE = "FILE_TOO_LARGE"


class Refusal(Exception):
    """Something may not be done: `reason` for programs, `facts` for the sentence, `path` to the field of `input`.

    Facts named `member_id`, `document_id`, `signature_id` name rows that the client gets along with the error.
    """

    def __init__(self, reason: Reason, *, path: tuple[str, ...] | None = None, **facts: object):
        super().__init__(reason.value)
        self.reason = reason
        self.path = path
        self.facts = facts
