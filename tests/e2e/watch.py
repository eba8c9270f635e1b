"""Recordings for the tests of the watch page, and what they ask the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from gameserver.core.replay.chunks import ChunkType, chunk_at, encode_chunk, places
from gameserver.core.replay.header import Header
from gameserver.games.arena.game import Arena
from gameserver.games.fleet import Fleet
from gameserver.testing import Match

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.browser import Window

ARENA: Final = "2026-01-02T03-04-05-arena1-0a1b2c.trpl"
ARENA_SECONDS: Final = 90
FORGED_TICK: Final = 51
"""From here on, five seconds after its begin."""
NO_MSGPACK: Final = b"\xc1" * 8
FLEET: Final = "2026-01-02T03-04-05-fleet1-0a1b2d.trpl"
"""Made by tests: nothing of it changes from run to run."""

SHOWN: Final = """() => {
  const { player, view } = window.gameserver ?? {};
  return player && view && !player.waiting && player.picture.tick > 0 && document.querySelector("dialog[open]") === null;
}"""
STATE: Final = """() => {
  const { player, view } = gameserver;
  const { tick, seconds, playing, rate, following: live } = player;
  return { tick, seconds, playing, rate, live, follows: view.following?.() ?? null };
}"""
PACE: Final = """() => new Promise((resolve) => {
  const { player } = gameserver;
  let [last, passedMs, before] = [null, 0, 0];
  const look = (nowMs) => {
    if (last === null) before = player.seconds;
    else passedMs += Math.min(nowMs - last, 250);
    last = nowMs;
    if (passedMs > 2000) resolve(((player.seconds - before) / passedMs) * 1000);
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})"""
"""Seconds of the match in a second of frames, each of which counts for a quarter of a second at most, as the player has it."""
SEEK_MS: Final = """(seconds) => new Promise((resolve) => {
  const { player } = gameserver;
  const tick = Math.round(player.tickOf(seconds));
  const began = performance.now();
  player.seek(tick);
  const look = () => {
    if (Math.abs(player.picture.tick - tick) < 30 && !player.waiting) resolve(performance.now() - began);
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})"""
"""From the wish to the frame in which that moment is drawn."""


def make_recordings(folder: Path) -> None:
    """A match of eight bots in the arena, and one of two in fleet with ships that only their owners saw."""
    folder.mkdir(parents=True, exist_ok=True)
    arena = Match(Arena, seed=3, map="duel", check=False)
    arena.record()
    arena.bots(8)
    arena.run(seconds=ARENA_SECONDS)
    (folder / ARENA).write_bytes(arena.recording())
    fleet = Match(Fleet, seed=1, check=False)
    fleet.record()
    fleet.bots(2)
    fleet.until(lambda: fleet.result is not None, seconds=600)
    (folder / FLEET).write_bytes(fleet.recording())


def forged(data: bytes) -> bytes:
    """The same recording, but that one block holds what is no msgpack. All sums fit; there is no footer."""
    _, offset = Header.decode(data)
    found: list[bytes] = []
    for place in places(data, offset):
        chunk = chunk_at(data, place)
        if chunk.type in (ChunkType.FOOTER, ChunkType.CONTENTS):
            continue
        if chunk.type == ChunkType.VIEW and chunk.first_tick == FORGED_TICK:
            chunk = attrs.evolve(chunk, payload=NO_MSGPACK)
        found.append(encode_chunk(chunk))
    return data[:offset] + b"".join(found)


def watch(window: Window, query: str) -> None:
    """Open the watch page there, and wait until something is shown."""
    window.open(f"/watch/?{query}")
    window.until(SHOWN, what="the recording")
