"""Recordings of whole matches: what was shown and what was done come back as they were, in every tick."""

from __future__ import annotations

import hashlib
import mmap
from typing import TYPE_CHECKING

import attrs
import pytest

from gameserver.core.errors import FormatError
from gameserver.core.maps import MapObject
from gameserver.core.replay.header import What
from gameserver.core.replay.recording import Recording
from gameserver.core.simulation import Simulation
from gameserver.core.tiled import parse_map
from gameserver.games.arena.game import Arena
from gameserver.games.arena.state import Rules
from gameserver.games.fleet.game import Fleet
from gameserver.games.pong import Pong
from gameserver.testing import Match, drawn_map
from gameserver.testing.record import map_in_header
from tests.core.replay.played import Played, play

if TYPE_CHECKING:
    from pathlib import Path

    from gameserver.core.game import Game

MATCHES = {
    "arena": (Arena, 8, 20.0, None),
    "teams": (Arena, 6, 15.0, Rules(mode="teams", time_limit=10)),
    "fleet": (Fleet, 2, 60.0, None),
    "pong": (Pong, 2, 20.0, None),
}


@pytest.fixture(scope="module", params=MATCHES)
def played(request: pytest.FixtureRequest) -> Played:
    game, bots, seconds, options = MATCHES[request.param]
    return play(game, bots=bots, seconds=seconds, seed=3, options=options)


def test_every_world_that_was_shown_comes_back(played: Played) -> None:
    playback = Recording.open(played.data).play()
    assert playback.contents == played.worlds[0]
    shown = []
    while (frame := playback.advance()) is not None:
        assert not frame.is_jump
        assert frame.tick == playback.tick
        assert playback.contents == played.worlds[frame.tick]
        shown.append(frame.tick)
    assert shown == sorted(shown)
    assert {*shown} >= {*played.hashes}
    assert playback.replica.crcs_checked > 0


def test_the_truth_makes_the_same_match(played: Played) -> None:
    recording = Recording.open(played.data)
    assert recording.origin is not None
    header, tile_map = recording.header, None
    if header.map is not None:
        name, digest, data = header.map
        tile_map = parse_map(data, name)
        assert digest == tile_map.sha256 == hashlib.sha256(data).digest()
    options = played.game.schema.options.make(header.options)
    simulation = Simulation(played.game, options=options, tile_map=tile_map, seed=recording.origin.seed)
    steps = 0
    for step in recording.steps():
        step.run(simulation)
        assert simulation.world.tick == step.tick
        assert simulation.world.hash() & 0xFFFF_FFFF == step.hash == played.hashes[step.tick] & 0xFFFF_FFFF
        steps += 1
    assert steps == recording.contents.steps == len(played.hashes)
    assert recording.contents.hash == simulation.world.hash().to_bytes(8, "big")


def test_a_match_that_is_not_recorded_says_so() -> None:
    match: Match[Game] = Match(Pong)
    with pytest.raises(LookupError, match="record"):
        match.recording()


def test_a_drawn_map_is_read_as_the_same_map() -> None:
    drawn = drawn_map("##########", "#s......s#", *["#........#"] * 6, "##########")
    box = MapObject(id=9, name="box", type="zone", x=64.0, y=64.0, width=32.0, height=16.0, properties={"team": 1})
    drawn = attrs.evolve(drawn, objects=(*drawn.objects, box), properties={"title": "x", "players": 4, "wind": 0.5, "night": True})
    name, digest, data = map_in_header(drawn)
    assert parse_map(data, name) == attrs.evolve(drawn, sha256=digest)


def test_a_recording_goes_on_while_it_is_read() -> None:
    match = Match(Pong, seed=1, check=False)
    match.bots(2)
    match.record()
    sizes = []
    for _ in range(3):
        match.run(seconds=2)
        recording = Recording.open(match.recording())
        assert recording.sealed
        assert recording.last_tick == match.tick
        playback = recording.play(match.tick)
        assert (playback.tick, playback.contents) == (match.tick, match.simulation.contents())
        sizes.append(recording.size)
    assert sizes == sorted(sizes) and sizes[0] < sizes[2]


def test_a_recording_that_begins_in_the_midst_has_nothing_from_before() -> None:
    match = Match(Fleet, seed=1, check=False)
    match.bots(2)
    match.step(40)
    match.record()
    match.step(60)
    recording = Recording.open(match.recording())
    assert recording.header.first == recording.first_tick == 40
    assert {mark.tick for mark in recording.marks if mark.what is What.JOINED} == {40}
    assert recording.play().tick == recording.play(0).tick == 40
    simulation = Simulation(Fleet, seed=7)
    simulation.restore(recording.state_at_or_before(40)[1])
    for step in recording.steps():
        step.run(simulation)
    assert simulation.world.hash() == match.simulation.world.hash()
    with pytest.raises(FormatError, match="begins at 40"):
        recording.state_at_or_before(39)


def test_a_file_that_is_mapped_can_be_let_go(tmp_path: Path) -> None:
    match = Match(Pong, check=False)
    match.record()
    match.step(10)
    path = tmp_path / "match.trpl"
    path.write_bytes(match.recording())
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        recording = Recording.open(data)
        assert recording.play(10).tick == 10
        recording.close()
        data.close()
        assert data.closed
