"""What all tests share. Being here also puts `tests/` on the path: `from fakes import MovedClock`."""

import sys
from collections.abc import Iterator

import pytest

_asked: list[str] = []


def _listen(event: str, _: object) -> None:
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        _asked.append(event)


sys.addaudithook(_listen)


@pytest.fixture
def anyio_backend() -> str:
    """The loop that the server runs on."""
    return "asyncio"


@pytest.fixture(autouse=True)
def no_connection(request: pytest.FixtureRequest) -> Iterator[None]:
    """In the signing room nobody connects or resolves a name: certificates name addresses that must not be followed."""
    _asked.clear()
    yield
    if request.path.parent.name == "signing":
        assert _asked == []
