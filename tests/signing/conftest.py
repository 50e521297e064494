"""No test of this room may open a connection: certificates name addresses that nobody must follow."""

import sys
from collections.abc import Iterator

import pytest

_asked: list[str] = []


def _listen(event: str, _: object) -> None:
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        _asked.append(event)


sys.addaudithook(_listen)


@pytest.fixture(autouse=True)
def no_connection() -> Iterator[None]:
    """Fails the test that connected or resolved a name, whoever did it."""
    _asked.clear()
    yield
    assert _asked == []
