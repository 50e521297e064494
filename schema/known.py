"""Documents that were valid before: clients ask the same few, and parsing and validating cost more than the walk.

Kept by text, the one used longest ago goes first; bounded by what the trees weigh, some 160 bytes for a character.
"""

from __future__ import annotations

from collections import OrderedDict

from graphql import DocumentNode

MOST_DOCUMENTS = 512
MOST_CHARACTERS = 250_000
LONGEST = 20_000
Key = tuple[int, str]


class Known:
    """Valid documents by the number of tokens allowed and their text."""

    def __init__(self) -> None:
        self._documents: OrderedDict[Key, DocumentNode] = OrderedDict()
        self._characters = 0

    def find(self, key: Key) -> DocumentNode | None:
        """The document, where this very text was valid before."""
        found = self._documents.get(key)
        if found is not None:
            self._documents.move_to_end(key)
        return found

    def keep(self, key: Key, document: DocumentNode) -> None:
        """Remember a valid document; a long text is not worth the room."""
        if key in self._documents or len(key[1]) > LONGEST:
            return
        self._documents[key] = document
        self._characters += len(key[1])
        while len(self._documents) > MOST_DOCUMENTS or self._characters > MOST_CHARACTERS:
            (_, gone), _ = self._documents.popitem(last=False)
            self._characters -= len(gone)
