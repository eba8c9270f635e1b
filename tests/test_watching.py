"""Recordings over HTTP: whole and in parts, and of matches that go on with a delay. In virtual time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gameserver.core.replay.header import SHAREABLE
from gameserver.core.replay.recording import Recording
from gameserver.games.fleet import Fleet
from gameserver.testing import Match
from tests.helpers import Toy
from tests.theatre import NEVER, Theatre, look, theatre
from tests.web import ask, get

if TYPE_CHECKING:
    from trio.testing import MockClock

    from gameserver import Game

NAME = "2026-01-01T00-00-00-toy1-abcdef.trpl"


def played(game: type[Game] = Toy, *, seconds: float = 30.0, bots: int = 2) -> bytes:
    """The recording of a match of bots."""
    match = Match(game, seed=1, check=False)
    match.bots(bots)
    match.record()
    match.step(match.game.ticks(seconds))
    return match.recording()


async def keep(host: Theatre, data: bytes, name: str = NAME) -> None:
    await host.disk.write(name, data)


def address(name: str = NAME, query: str = "") -> str:
    return f"/api/v1/recordings/{name}{query}"


async def listed(host: Theatre, query: str = "") -> list[dict[str, Any]]:
    answer = await ask(host.network, get(f"/api/v1/recordings{query}"))
    assert answer.status == 200, answer.text
    found: list[dict[str, Any]] = json.loads(answer.body)["recordings"]
    return found


# -- one that is kept ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("game", [Toy, Fleet])
async def test_a_recording_is_given_away_without_its_truth_and_shows_the_same(game: type[Game], autojump_clock: MockClock) -> None:
    data = played(game)
    async with theatre(game) as host:
        await keep(host, data)
        given = await look(host.network, address())
    assert (given.status, given.whole) == (200, True)
    assert not given.types & NEVER
    mine, theirs = Recording.open(data), given.recording
    assert theirs.sealed
    assert theirs.header.flags == SHAREABLE
    assert (theirs.contents.end, theirs.contents.hash, theirs.marks) == (mine.contents.end, None, mine.marks)
    assert theirs.view_ticks == mine.view_ticks
    one, other = mine.play(), theirs.play()
    assert one.contents == other.contents
    while one.advance():
        assert other.advance()
        assert (one.tick, one.contents) == (other.tick, other.contents)
    assert other.advance() is None
    for tick in (1, 77, 250, 133):
        one.seek(tick)
        other.seek(tick)
        assert one.contents == other.contents
