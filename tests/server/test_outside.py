"""The world as the settings describe it: all ports open together, and a data folder has one server."""

from pathlib import Path

import pytest
from fakes import MovedClock

from server import migrate
from server.locks import Taken
from server.outside import outside
from server.settings import read_settings
from signing.policy import PolicyError
from signing.verdicts import Outcome, Reason

pytestmark = pytest.mark.anyio


async def test_everything_opens_and_closes(tmp_path: Path) -> None:
    settings = read_settings(data_dir=tmp_path / "data", hotline="+375 17 000", max_page_size=50)
    migrate.upgrade(settings)
    async with outside(settings, is_server=True, clock=MovedClock()) as world:
        assert world.clock.now() == MovedClock().now()
        assert (world.house.hotline, world.house.locale, world.house.limits.max_page_size) == ("+375 17 000", "ru", 50)
        assert await world.blobs.read(await world.blobs.keep(b"kept")) == b"kept"
        async with world.database.snapshot():
            pass
    names = sorted(path.name for path in settings.data_dir.iterdir())
    assert names == ["cabinet.db", "files", "secret.key", "server.lock", "write.lock"]


async def test_codes_outlive_a_restart_and_another_owner_has_others(tmp_path: Path) -> None:
    codes = []
    for folder in ("one", "one", "two"):
        async with outside(read_settings(data_dir=tmp_path / folder)) as world:
            codes.append(world.secrets.code("INVITATION", "seed"))
    assert codes[0] == codes[1] != codes[2]


async def test_a_second_server_is_refused_but_not_a_command(tmp_path: Path) -> None:
    settings = read_settings(data_dir=tmp_path)
    async with outside(settings, is_server=True):
        with pytest.raises(Taken, match="Another server"):
            async with outside(settings, is_server=True):
                pass
        async with outside(settings) as command, command.database.transaction():
            pass


async def test_an_anchor_that_is_none_stops_the_start(tmp_path: Path) -> None:
    settings = read_settings(data_dir=tmp_path)
    settings.trust_anchors.mkdir()
    (settings.trust_anchors / "root.pem").write_text("no certificate")
    with pytest.raises(PolicyError, match=r"root\.pem"):
        async with outside(settings):
            pass
    (settings.trust_anchors / "root.pem").unlink()
    async with outside(settings):
        pass


async def test_rubbish_is_a_verdict(tmp_path: Path) -> None:
    async with outside(read_settings(data_dir=tmp_path)) as world:
        verifier, at = world.verifier, world.clock.now()
        policy = await verifier.policy()
        digest = world.blobs.digester("0" * 64)
        verdicts = [
            await verifier.signature(b"rubbish", digest=digest, certificate=b"rubbish", policy=policy, at=at),
            await verifier.certificate(b"rubbish", policy=policy, at=at),
            await verifier.proof(b"rubbish", challenge=b"text", certificate=b"rubbish", policy=policy, at=at),
        ]
        assert await verifier.policy() is policy
    assert [verdict.outcome for verdict in verdicts] == [Outcome.INVALID] * 3
    assert verdicts[0].reason is Reason.MALFORMED
