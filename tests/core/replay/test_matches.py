"""Recordings of whole matches: what was shown and what was done come back as they were, in every tick."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gameserver.core.replay.recording import Recording
from gameserver.core.simulation import Simulation
from gameserver.games.arena.game import Arena
from gameserver.games.fleet.game import Fleet
from gameserver.games.pong import Pong
from gameserver.testing import Match
from tests.core.replay.played import Played, play

if TYPE_CHECKING:
    from gameserver.core.game import Game

GAMES = [(Arena, 8, 20.0), (Fleet, 2, 60.0), (Pong, 2, 20.0)]


@pytest.fixture(scope="module", params=GAMES, ids=lambda param: param[0].name)
def played(request: pytest.FixtureRequest) -> Played:
    game, bots, seconds = request.param
    return play(game, bots=bots, seconds=seconds, seed=3)


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
    simulation = Simulation(played.game, options=None, tile_map=played.map, seed=recording.origin.seed)
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
