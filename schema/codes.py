"""The one vocabulary of errors. The first group comes only at top level, the rest only in `userErrors`."""

from enum import Enum

import strawberry


@strawberry.enum(
    description="The one vocabulary of errors. The first group, down to INTERNAL, comes only in top-level "
    "`errors[].extensions.code`: the request, or a\n"
    "field of it, could not be answered. All others come only in `userErrors`."
)
class ErrorCode(Enum):
    """Every code a client can meet."""

    UNAUTHENTICATED = strawberry.enum_value("UNAUTHENTICATED", description="No login, or it has ended.")
    BAD_REQUEST = strawberry.enum_value("BAD_REQUEST", description="Not a request of GraphQL over HTTP.")
    GRAPHQL_PARSE_FAILED = strawberry.enum_value("GRAPHQL_PARSE_FAILED", description="Not a GraphQL document.")
    GRAPHQL_VALIDATION_FAILED = strawberry.enum_value(
        "GRAPHQL_VALIDATION_FAILED",
        description="Not valid against this schema, or not a trusted document.",
    )
    BAD_USER_INPUT = strawberry.enum_value(
        "BAD_USER_INPUT",
        description="A variable or argument is malformed: a bad cursor, too large a page, "
        "too long a search, a cabinet not named by a caller with several.",
    )
    REQUEST_TOO_LARGE = strawberry.enum_value("REQUEST_TOO_LARGE", description="Larger than the server reads.")
    QUERY_TOO_DEEP = strawberry.enum_value(
        "QUERY_TOO_DEEP",
        description="Nested deeper than `server.limits.maxQueryDepth`.",
    )
    QUERY_TOO_COMPLEX = strawberry.enum_value(
        "QUERY_TOO_COMPLEX",
        description="Too many aliases, fragments or root fields.",
    )
    COST_LIMIT_EXCEEDED = strawberry.enum_value(
        "COST_LIMIT_EXCEEDED",
        description="Dearer than `server.limits.maxQueryCost`; `extensions.cost` says by how much.",
    )
    RATE_LIMITED = strawberry.enum_value("RATE_LIMITED", description="Too many requests: wait as `Retry-After` says.")
    OVERLOADED = strawberry.enum_value("OVERLOADED", description="The server is busy: repeat after `Retry-After`.")
    UNAVAILABLE = strawberry.enum_value("UNAVAILABLE", description="Something the server needs is away: repeat later.")
    TIMEOUT = strawberry.enum_value("TIMEOUT", description="A query took too long: ask for less.")
    UNKNOWN_OUTCOME = strawberry.enum_value(
        "UNKNOWN_OUTCOME",
        description="It is not known whether a mutation was done: repeat it with the same `idempotencyKey`.",
    )
    INTERNAL = strawberry.enum_value("INTERNAL", description="Our fault; quote `extensions.requestId`.")
    REQUIRED = strawberry.enum_value("REQUIRED", description="The field at `path` must be given.")
    INVALID = strawberry.enum_value("INVALID", description="The value at `path` is not acceptable.")
    TOO_LONG = strawberry.enum_value("TOO_LONG", description="The value at `path` is too long.")
    NOT_FOUND = strawberry.enum_value("NOT_FOUND", description="Not there, or not visible to the caller.")
    FORBIDDEN = strawberry.enum_value(
        "FORBIDDEN",
        description="Visible, but the caller's role does not allow this act.",
    )
    IDEMPOTENCY_KEY_REUSED = strawberry.enum_value(
        "IDEMPOTENCY_KEY_REUSED",
        description="The key was used for another request before.",
    )
    INVALID_CREDENTIALS = strawberry.enum_value("INVALID_CREDENTIALS", description="E-mail or password is wrong.")
    TOO_MANY_ATTEMPTS = strawberry.enum_value("TOO_MANY_ATTEMPTS", description="Too many tries: wait.")
    TOKEN_EXPIRED = strawberry.enum_value(
        "TOKEN_EXPIRED",
        description="The link or challenge is unknown, used or too old: ask for a new one.",
    )
    CABINET_EXISTS = strawberry.enum_value("CABINET_EXISTS", description="The organisation has a cabinet already.")
    ACCOUNT_EXISTS = strawberry.enum_value(
        "ACCOUNT_EXISTS",
        description="There is an account with this e-mail: repeat with `email` instead of `newUser`. "
        "Accounts are never merged.",
    )
    ALREADY_A_MEMBER = strawberry.enum_value("ALREADY_A_MEMBER", description="This person is an active member already.")
    MEMBER_IS_BLOCKED = strawberry.enum_value(
        "MEMBER_IS_BLOCKED",
        description="This person is a blocked member: use `memberUnblock`.",
    )
    MEMBER_IS_REMOVED = strawberry.enum_value(
        "MEMBER_IS_REMOVED",
        description="This person was removed: use `memberAdd`.",
    )
    LAST_ADMIN = strawberry.enum_value(
        "LAST_ADMIN",
        description="An admin cannot leave the cabinet without an active admin; an operator can.",
    )
    SECOND_OPERATOR_NEEDED = strawberry.enum_value(
        "SECOND_OPERATOR_NEEDED",
        description="Operators cannot add themselves: another one must.",
    )
    CANNOT_SIGN = strawberry.enum_value("CANNOT_SIGN", description="See `CannotSignError.reasons`.")
    ALREADY_SIGNED = strawberry.enum_value(
        "ALREADY_SIGNED",
        description="Somebody of this side was faster; see `StateConflictError.signature`.",
    )
    DOCUMENT_NOT_OPEN = strawberry.enum_value(
        "DOCUMENT_NOT_OPEN",
        description="The document's status does not allow it; see `StateConflictError.document`.",
    )
    DOCUMENT_CHANGED = strawberry.enum_value(
        "DOCUMENT_CHANGED",
        description="The document changed since `signaturePrepare`: prepare again.",
    )
    WARNINGS_NOT_ACKNOWLEDGED = strawberry.enum_value(
        "WARNINGS_NOT_ACKNOWLEDGED",
        description="Show them, then repeat with their codes; see `WarningsNotAcknowledgedError`.",
    )
    INTENT_EXPIRED = strawberry.enum_value("INTENT_EXPIRED", description="The intent is too old: prepare again.")
    INTENT_USED = strawberry.enum_value("INTENT_USED", description="The intent was used for another signature.")
    SIGNATURE_MALFORMED = strawberry.enum_value(
        "SIGNATURE_MALFORMED",
        description="Not a CMS signature this server can read.",
    )
    SIGNATURE_DIGEST_MISMATCH = strawberry.enum_value(
        "SIGNATURE_DIGEST_MISMATCH",
        description="The signature is not over these bytes.",
    )
    SIGNATURE_INVALID = strawberry.enum_value(
        "SIGNATURE_INVALID",
        description="The signature does not fit the certificate's key.",
    )
    SIGNATURE_INDETERMINATE = strawberry.enum_value(
        "SIGNATURE_INDETERMINATE",
        description="It cannot be told good from bad: no verifier for its algorithm, "
        "or no fresh answer about revocation; `message` says which.",
    )
    ALGORITHM_NOT_ALLOWED = strawberry.enum_value(
        "ALGORITHM_NOT_ALLOWED",
        description="A weak algorithm or too small a key.",
    )
    CERTIFICATE_MISMATCH = strawberry.enum_value(
        "CERTIFICATE_MISMATCH",
        description="Made with another certificate than the one chosen, or without naming its own "
        "(`openssl cms -cades` does).",
    )
    CERTIFICATE_EXPIRED = strawberry.enum_value(
        "CERTIFICATE_EXPIRED",
        description="Its validity is over or has not begun.",
    )
    CERTIFICATE_REVOKED = strawberry.enum_value("CERTIFICATE_REVOKED", description="Its authority revoked it.")
    CERTIFICATE_UNTRUSTED = strawberry.enum_value(
        "CERTIFICATE_UNTRUSTED",
        description="No path to an authority this server trusts, or issued for another use.",
    )
    UPLOAD_INCOMPLETE = strawberry.enum_value("UPLOAD_INCOMPLETE", description="The bytes have not arrived.")
    UPLOAD_DIGEST_MISMATCH = strawberry.enum_value(
        "UPLOAD_DIGEST_MISMATCH",
        description="The bytes are not those announced.",
    )
    FILE_TOO_LARGE = strawberry.enum_value("FILE_TOO_LARGE", description="Larger than `server.limits.maxUploadBytes`.")
