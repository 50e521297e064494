"""Every enumeration of the contract, with its descriptions. Import them from here: the models' own are marked in place.

Most belong to models and resolvers; those that only the contract knows are defined here.
"""

from enum import StrEnum

from models.accounts import EmailState, Locale, OperatorKind, RegistrationStep
from models.documents import DocumentDirection, DocumentRole
from models.exchanges import DocumentKind, DocumentSide, DocumentStatus
from models.journal import Channel
from models.members import MemberRole, MemberState, ShareFrom
from models.obstacles import CannotSignReason
from models.signatures import SigningWarningCode
from models.tokens import ApiTokenScope
from resolvers.folders import DocumentOrderField, FolderKind
from schema.scalars import described

__all__ = [
    "AccessRevokedReason",
    "ActivityKind",
    "ApiTokenScope",
    "CabinetEventType",
    "CannotSignReason",
    "Channel",
    "DigestAlgorithm",
    "DocumentDirection",
    "DocumentKind",
    "DocumentOrderField",
    "DocumentRole",
    "DocumentSide",
    "DocumentStatus",
    "EmailState",
    "FolderKind",
    "Locale",
    "LoginMethod",
    "MemberOrderField",
    "MemberRole",
    "MemberState",
    "OperatorKind",
    "OrderDirection",
    "RegistrationState",
    "RegistrationStep",
    "ShareFrom",
    "SigningWarningCode",
]


class LoginMethod(StrEnum):
    """Way to log in."""

    PASSWORD = "PASSWORD"


class RegistrationState(StrEnum):
    """Whether the account is set up."""

    COMPLETE = "COMPLETE"
    INCOMPLETE = "INCOMPLETE"


class ActivityKind(StrEnum):
    """What happened."""

    CABINET_CREATED = "CABINET_CREATED"
    CABINET_UPDATED = "CABINET_UPDATED"
    OPERATOR_ASSIGNED = "OPERATOR_ASSIGNED"
    OPERATOR_UNASSIGNED = "OPERATOR_UNASSIGNED"
    MEMBER_ADDED = "MEMBER_ADDED"
    MEMBER_BLOCKED = "MEMBER_BLOCKED"
    MEMBER_UNBLOCKED = "MEMBER_UNBLOCKED"
    MEMBER_REMOVED = "MEMBER_REMOVED"
    MEMBER_UPDATED = "MEMBER_UPDATED"
    REGISTRATION_COMPLETED = "REGISTRATION_COMPLETED"
    USER_UPDATED = "USER_UPDATED"
    CERTIFICATE_REGISTERED = "CERTIFICATE_REGISTERED"
    CERTIFICATE_REMOVED = "CERTIFICATE_REMOVED"
    TOKEN_CREATED = "TOKEN_CREATED"
    TOKEN_REVOKED = "TOKEN_REVOKED"
    DOCUMENT_RECEIVED = "DOCUMENT_RECEIVED"
    DOCUMENT_SENT = "DOCUMENT_SENT"
    DOCUMENT_VIEWED = "DOCUMENT_VIEWED"
    DOCUMENT_DOWNLOADED = "DOCUMENT_DOWNLOADED"
    DOCUMENT_SIGNED = "DOCUMENT_SIGNED"
    SIGNING_REFUSED = "SIGNING_REFUSED"
    DOCUMENT_REJECTED = "DOCUMENT_REJECTED"
    DOCUMENT_WITHDRAWN = "DOCUMENT_WITHDRAWN"
    DOCUMENT_EXPIRED = "DOCUMENT_EXPIRED"
    DOCUMENT_ARCHIVED = "DOCUMENT_ARCHIVED"


class OrderDirection(StrEnum):
    """Which way to sort."""

    ASC = "ASC"
    DESC = "DESC"


class MemberOrderField(StrEnum):
    """What members can be sorted by."""

    NAME = "NAME"
    JOINED_AT = "JOINED_AT"
    COMPANY = "COMPANY"


class DigestAlgorithm(StrEnum):
    """Algorithm of a digest."""

    SHA256 = "SHA256"
    SHA384 = "SHA384"
    SHA512 = "SHA512"


class CabinetEventType(StrEnum):
    """Types of events that can be chosen."""

    DOCUMENT_ADDED = "DOCUMENT_ADDED"
    DOCUMENT_UPDATED = "DOCUMENT_UPDATED"
    MEMBER_CHANGED = "MEMBER_CHANGED"
    CABINET_CHANGED = "CABINET_CHANGED"


class AccessRevokedReason(StrEnum):
    """Why a stream ended."""

    BLOCKED = "BLOCKED"
    REMOVED = "REMOVED"
    LOGIN_ENDED = "LOGIN_ENDED"


described(
    LoginMethod,
    "Way to log in.",
    PASSWORD="`sessionCreate`.",
)

described(
    Locale,
    "Language of texts.",
    RU="Russian.",
    BE="Belarusian.",
    EN="English.",
)

described(
    FolderKind,
    "The folders. Archived documents are only in ARCHIVE and ALL, drafts only in DRAFTS. Every status "
    "is also reachable by `DocumentFilter.status`.",
    ALL="All but drafts.",
    INCOMING="Received from counterparties.",
    OUTGOING="Sent to counterparties.",
    INTERNAL="Sent by one member of this cabinet to another.",
    DRAFTS="Not sent yet. Colleagues see drafts; only the author changes, sends or deletes them.",
    AWAITING_US="Waiting for a signature of this cabinet.",
    AWAITING_COUNTERPARTY="Waiting for the counterparty's signature.",
    SIGNED="Signed by every side that had to.",
    REJECTED="Rejected by either side.",
    ARCHIVE="Put away by a member of this cabinet; the counterparty does not notice.",
)

described(
    RegistrationState,
    "Whether the account is set up. An incomplete account is a member like any other; without a key it cannot sign.",
    COMPLETE="E-mail confirmed, password set and, where the server demands it, a signing key registered.",
    INCOMPLETE="Something of that is missing.",
)

described(
    RegistrationStep,
    "A step of the registration.",
    EMAIL="Confirm the e-mail address.",
    PASSWORD="Set a password.",
    KEY="Register a signing key; asked only where the server demands it.",
)

described(
    OperatorKind,
    "Kind of operator.",
    HOTLINE="Looks after every cabinet.",
    PERSONAL_MANAGER="Looks after the cabinets assigned to him.",
)

described(
    ApiTokenScope,
    "What a token may do.",
    READ="Read everything a member may.",
    DOCUMENTS="Draft, send, reject, withdraw, archive, in the name of the person responsible.",
    MEMBERS="Add, block, unblock, remove and change members.",
    RECEIVE="`documentUploadCreate` and `documentReceive`, nothing else.",
)

described(
    MemberRole,
    "What a member may do besides reading and signing.",
    MEMBER="Nothing besides.",
    ADMIN="May manage members where the cabinet's `selfService` allows it, tokens, exports and settings.",
)

described(
    MemberState,
    "Whether a member has access.",
    ACTIVE="Sees everything; signs if he has a key.",
    BLOCKED="Neither sees nor signs; his documents stay in the cabinet.",
    REMOVED="Left. The same loss of access; shown as former.",
)

described(
    EmailState,
    "Whether letters reach an address.",
    OK="No complaint so far.",
    FAILING="The last letter was refused for good; ask the member for another address.",
)

described(
    DocumentDirection,
    "Direction, seen from a cabinet.",
    INCOMING="Received from a counterparty.",
    OUTGOING="Sent to a counterparty.",
    INTERNAL="From one member of the cabinet to another; listed once.",
)

described(
    DocumentSide,
    "A side of the exchange.",
    SENDER="The organisation that sent it.",
    RECIPIENT="The organisation it was sent to.",
)

described(
    DocumentRole,
    "A person's part in a document.",
    SENDER="Sent it.",
    RECIPIENT="It was addressed to him.",
    SIGNATORY="Signed it.",
)

described(
    DocumentStatus,
    "State of a document. Nothing leaves SIGNED, REJECTED, WITHDRAWN, EXPIRED and ANNULLED, except "
    "that a signed or delivered document may be annulled.",
    DRAFT="Not sent.",
    SENT="Sent, not delivered yet: the sender's own signature is missing, or it is on its way.",
    DELIVERED="Delivered; needs no signature in reply.",
    AWAITING_SIGNATURE="Delivered; the recipient must sign.",
    SIGNED="Every required side has signed.",
    REJECTED="The recipient refused to sign.",
    WITHDRAWN="The sender took it back before the recipient signed.",
    EXPIRED="Not signed in time.",
)

described(
    DocumentKind,
    "Sort of document.",
    CONTRACT="Договор.",
    SUPPLEMENTARY_AGREEMENT="Дополнительное соглашение.",
    ACT="Акт.",
    INVOICE_FOR_PAYMENT="Счёт на оплату.",
    TAX_INVOICE="Счёт-фактура.",
    WAYBILL_TN="Товарная накладная ТН-2.",
    WAYBILL_TTN="Товарно-транспортная накладная ТТН-1.",
    RECONCILIATION_ACT="Акт сверки.",
    POWER_OF_ATTORNEY="Доверенность.",
    LETTER="Письмо.",
    OTHER="Anything else.",
)

described(
    CannotSignReason,
    "Why the caller cannot sign a document now.",
    NOT_A_PERSON="API tokens never sign.",
    NO_SIGNING_KEY="The caller has no usable certificate: register one.",
    SIGNATURE_NOT_REQUIRED="Nobody asked this side for a signature.",
    OWN_DOCUMENT="The sender of an internal document does not countersign it.",
    ALREADY_SIGNED="This side has signed.",
    REJECTED="The recipient refused it.",
    WITHDRAWN="The sender took it back.",
    EXPIRED="The time is over.",
    FILE_MISSING="A draft without a file.",
)

described(
    SigningWarningCode,
    "What there is to warn about. New values may appear: show `message`.",
    RECIPIENT_DIFFERS="The document was addressed to somebody else.",
    SENDER_DIFFERS="The document was sent by somebody else.",
    CERTIFICATE_OWNER_DIFFERS="The certificate names another person than the account.",
)

described(
    ActivityKind,
    "What happened. New values may appear: show `message`.",
    CABINET_CREATED="The cabinet was opened.",
    CABINET_UPDATED="Settings were changed.",
    OPERATOR_ASSIGNED="A personal manager was assigned.",
    OPERATOR_UNASSIGNED="The personal manager was withdrawn.",
    MEMBER_ADDED="Somebody became a member.",
    MEMBER_BLOCKED="A member lost access.",
    MEMBER_UNBLOCKED="A member got access back.",
    MEMBER_REMOVED="A member left.",
    MEMBER_UPDATED="Role or company of a member was changed.",
    REGISTRATION_COMPLETED="A member finished the registration.",
    USER_UPDATED="A member changed name or e-mail.",
    CERTIFICATE_REGISTERED="A member registered a certificate.",
    CERTIFICATE_REMOVED="A member removed a certificate.",
    TOKEN_CREATED="A token was made.",
    TOKEN_REVOKED="A token was revoked.",
    DOCUMENT_RECEIVED="A document came.",
    DOCUMENT_SENT="A document was sent.",
    DOCUMENT_VIEWED="It was opened for the first time in this cabinet.",
    DOCUMENT_DOWNLOADED="A member downloaded its file.",
    DOCUMENT_SIGNED="Somebody signed it, with or without the mark.",
    SIGNING_REFUSED="A signature was refused, e.g. because the member was blocked meanwhile.",
    DOCUMENT_REJECTED="The recipient refused it.",
    DOCUMENT_WITHDRAWN="The sender took it back.",
    DOCUMENT_EXPIRED="Its time was over.",
    DOCUMENT_ARCHIVED="A member put it away or brought it back.",
)

described(
    Channel,
    "The door an act came through.",
    named="ActivityChannel",
    HOTLINE="An operator of the hotline.",
    PERSONAL_MANAGER="A personal manager.",
    SELF_SERVICE="A member.",
    API="An API token.",
    SYSTEM="The server itself.",
)

described(
    DocumentOrderField,
    "What documents can be sorted by. Names sort as people expect (ё next to е); documents without the "
    "value come last.",
    CREATED_AT="`createdAt`.",
    TITLE="`title`.",
    SENDER="Name of the sender.",
    RECIPIENT="Name of the first recipient.",
    SIGNED_AT="Time of the last signature.",
    SIGN_BEFORE="`signBefore`.",
)

described(
    OrderDirection,
    "Which way to sort.",
    ASC="Smallest, oldest, А first.",
    DESC="Largest, newest, Я first.",
)

described(
    MemberOrderField,
    "What members can be sorted by.",
    NAME="Name, as people expect (ё next to е).",
    JOINED_AT="Start of the present period.",
    COMPANY="Name of the company.",
)

described(
    ShareFrom,
    "Which earlier documents become shared.",
    ALL="All that `User.documents` holds for the member's company; neither mailed nor pushed.",
    JOIN_DATE="Only what comes after joining.",
)

described(
    DigestAlgorithm,
    "Algorithm of a digest.",
    SHA256="SHA-256.",
    SHA384="SHA-384.",
    SHA512="SHA-512.",
)

described(
    CabinetEventType,
    "Types of events that can be chosen. Resync and revocation always come.",
    DOCUMENT_ADDED="`DocumentAddedEvent`.",
    DOCUMENT_UPDATED="`DocumentUpdatedEvent`.",
    MEMBER_CHANGED="`MemberChangedEvent`.",
    CABINET_CHANGED="`CabinetChangedEvent`.",
)

described(
    AccessRevokedReason,
    "Why a stream ended.",
    BLOCKED="The member was blocked.",
    REMOVED="The member was removed.",
    LOGIN_ENDED="The session or token ended: log in again.",
)
