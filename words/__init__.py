"""What the service says to people, in Russian, Belarusian and English. Lowest room: imports nothing of ours.

The sources are `locale/<language>/LC_MESSAGES/cabinet.po`; `python -m words.compile` makes the `.mo` files that are
read at run time.
No sentence gives a person a grammatical gender: «Документ подписан: {signatory}», never «подписала».
"""

from words.catalogue import DEFAULT_LOCALE, LOCALES, knows, language, say, say_many
from words.dates import moment
from words.entries import document_name, entry_message, party_name
from words.reasons import reason_message

__all__ = [
    "DEFAULT_LOCALE",
    "LOCALES",
    "document_name",
    "entry_message",
    "knows",
    "language",
    "moment",
    "party_name",
    "reason_message",
    "say",
    "say_many",
]
