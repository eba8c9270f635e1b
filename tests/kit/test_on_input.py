"""Match with a game that ticks on input: it leaves out what a room leaves out, and its bots play by calls."""

from __future__ import annotations

from gameserver.games.fleet import Fleet
from gameserver.testing import Match


def test_nothing_happens_while_nobody_does_anything() -> None:
    match = Match(Fleet, seed=1)
    ann, bob = match.join("ann"), match.join("bob")
    match.step(5)
    frames, stepped = len(ann.client.frames), match.simulation.world.tick
    match.step(10)
    assert match.tick == 15
    assert (len(ann.client.frames), match.simulation.world.tick) == (frames, stepped)
    spectator = match.spectate()
    match.step()
    assert spectator.client.replica.parts, "who comes sees the world at once"
    bob.disconnect()
    match.step()
    assert match.simulation.world.tick == match.tick, "that is something"
    bob.reconnect()
    match.step(2)
    assert bob.client.replica.tick is not None and bob.client.replica.tick >= 17


def test_bots_play_a_match_to_its_end() -> None:
    match = Match(Fleet, seed=3)
    strong, weak = match.bots(1, strength=3)[0], match.bots(1, strength=1)[0]
    match.until(lambda: match.result is not None, seconds=1_200)
    assert match.result is not None
    assert match.result.winners in ((strong.player,), (weak.player,))
