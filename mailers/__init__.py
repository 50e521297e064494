"""Letters: what is told to whom, pure. A letter is a function of (entry, person) and one template per language.

`message(write(kind, entry, person, document_key=…), stationery, message_id=…)` makes the e-mail; sending it is the
postman's (outbox worker's).
The three nouns are imported here so that every letter is registered in `LETTERS`.
"""

from mailers import accounts, documents, members
from mailers.letters import LETTERS, EntryLike, Letter, LetterKind, Person, write
from mailers.messages import Stationery, message

__all__ = [
    "LETTERS",
    "EntryLike",
    "Letter",
    "LetterKind",
    "Person",
    "Stationery",
    "accounts",
    "documents",
    "members",
    "message",
    "write",
]
