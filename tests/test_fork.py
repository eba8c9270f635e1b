"""A recorded match is played on from one of its ticks: its players are seats for whoever comes, and what is played is recorded."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import trio
from gameclient.bots import BotRunner

from gameserver.core.commands import Connected, Join
from gameserver.core.limits import EMPTY_ROOM_SECONDS, GRACE_SECONDS
from gameserver.core.messages import Call, EventMessage, Notice, NoticeCode, Role
from gameserver.core.replay.recording import Recording
from gameserver.core.replay.resimulate import NotSimulable, rebuild
from gameserver.core.replay.verify import verify
from gameserver.fork import fork_of
from gameserver.games.arena import Arena
from gameserver.games.fleet import Fleet
from gameserver.games.fleet.board import SHIPS
from gameserver.games.fleet.state import Ship, Shot
from gameserver.guard import NoGuard
from gameserver.room import Room
from gameserver.testing import Match
from tests.helpers import HOST, PORT, Runner, Seated, Toy, go, sit, step
from tests.theatre import theatre

if TYPE_CHECKING:
    from trio.testing import MockClock

    from gameserver import Game

NAME = "2026-01-02T03-04-05-arena1-abcdef.trpl"
ROOT = Path(__file__).parents[1]


def toy_match(ticks: int = 100) -> Recording:
    """ann and bob play, and the bots 3 and 4."""
    match = Match(Toy, seed=3, check=False)
    match.record()
    match.join("ann").hold(right=1)
    match.join("bob").hold(right=-1)
    match.join("mark", bot=True).hold(right=1)
    match.join("nora", bot=True)
    match.step(ticks)
    return Recording.open(match.recording())


def forked_room(recording: Recording, game: type[Game], tick: int) -> Room:
    """A room that nobody runs. Must be called under trio."""
    return Room(fork_of(recording, game, tick, name=NAME).plan("room1", game), NoGuard(), lambda: "f0f0")


def steps_of(room: Room) -> list[Any]:
    """The commands of each step from now on."""
    commands: list[Any] = []
    room.on_step = lambda room: commands.append(room.last_step.commands)  # type: ignore[union-attr] # there was one
    return commands


# -- the world -------------------------------------------------------------------------------------------------------------
async def test_bots_play_on_from_half_time_and_what_they_play_verifies(autojump_clock: MockClock) -> None:
    match = Match(Arena, seed=5, check=False)
    match.record()
    match.bots(4)
    match.run(seconds=20)
    source = Recording.open(match.recording())
    at = match.tick // 2
    async with theatre(Arena) as house:
        room = house.server.rooms.open_plan(fork_of(source, Arena, at, name=NAME).plan("again1", Arena))
        assert room.simulation.contents() == source.play(at).contents, "as it was"
        url = f"ws://{HOST}:{PORT}"
        report = await BotRunner(url, game=Arena, room="again1", count=4, seconds=20.0, seed=9, network=house.network).run()
        assert report.errors == []
        hashes = room.simulation.world.hash()
        last = room.clock.tick
        room.close(Notice(NoticeCode.CLOSED, "enough"))
        await trio.sleep(1.0)
        (name,) = await house.disk.list("")
        recording = Recording.open(await house.disk.read(name))
    assert (recording.header.first, recording.header.before) == (at, NAME)
    assert recording.last_tick == last > at + 19 * Arena.tick_rate
    assert recording.play(at).contents == source.play(at).contents
    assert all(not isinstance(command, Join) for taken in recording.steps() for command in taken.commands), "nobody is new"
    verdict = verify(recording, Arena)
    assert verdict.ok, verdict.mismatch
    assert recording.contents.hash == hashes.to_bytes(8, "big")
    before, after = source.play(at).contents[0], recording.play(last).contents[0]
    assert any(after[number] != before[number] for number in before.keys() & after.keys())


async def test_it_goes_on_exactly_as_the_match_did_if_everybody_does_the_same(autojump_clock: MockClock) -> None:
    """The state holds all of it: chance, timers, and what nobody sees."""
    source = toy_match()
    room = forked_room(source, Toy, 50)
    for taken in source.steps(50):
        taken.run(room.simulation)
        assert room.simulation.world.hash() & (2**32 - 1) == taken.hash


# -- the seats -------------------------------------------------------------------------------------------------------------
async def test_who_comes_plays_the_lowest_of_his_kind(autojump_clock: MockClock) -> None:
    room = forked_room(toy_match(), Toy, 50)
    commands = steps_of(room)
    first = sit(room, "zoe")
    robot = sit(room, "robot", role=Role.BOT)
    spectator = sit(room, "eve", role=Role.SPECTATOR)
    second = sit(room, "yann", role=Role.BOT)
    third = sit(room, "xaver")
    assert [seated.player for seated in (first, robot, spectator, second, third)] == [1, 3, 0, 4, 2]
    assert [room.welcome(seated.seat, bytes(16)).player for seated in (first, robot)] == [1, 3]
    await step(room)
    assert room.clock.tick == 51
    assert commands == [()], "they are there before anything has happened: nobody was ever away"
    for seated in (first, robot, spectator, second, third):
        seated.read()
        assert seated.replica.tick == 51
        assert [player.name for player in seated.replica.all(Runner)] == ["ann", "bob", "mark", "nora"]
    before = {number: player.x for number, player in room.simulation.players.items()}  # type: ignore[attr-defined] # Runners
    first.push(52, (1, 0), (1, 0))
    await step(room, 2)
    after = {number: player.x for number, player in room.simulation.players.items()}  # type: ignore[attr-defined] # Runners
    assert after == before | {1: before[1] + 2}, "he drives on, and the others stand"


async def test_who_has_no_player_yet_is_away(autojump_clock: MockClock) -> None:
    room = forked_room(toy_match(), Toy, 50)
    commands = steps_of(room)
    late = sit(room, "late", ready=False)
    sit(room, "eve", role=Role.SPECTATOR)
    await step(room, 3)
    assert commands == [tuple(Connected(number, False) for number in (2, 3, 4, 1)), (), ()]
    late.seat.enter(late.link)
    robot = sit(room, "robot", role=Role.BOT)
    await step(room)
    assert commands[3:] == [(Connected(1, True), Connected(3, True))]
    assert (late.player, robot.player) == (1, 3)
    assert [number for number, player in room.simulation.players.items() if player.connected] == [1, 3]


async def test_who_was_away_in_that_tick_is_back_when_somebody_plays_him(autojump_clock: MockClock) -> None:
    match = Match(Toy, seed=3, check=False)
    match.record()
    ann, _ = match.join("ann"), match.join("bob")
    match.step(30)
    ann.disconnect()
    match.step(30)
    room = forked_room(Recording.open(match.recording()), Toy, 50)
    assert [player.connected for player in room.simulation.players.values()] == [False, True]
    commands = steps_of(room)
    sit(room)
    await step(room, 2)
    assert commands == [(Connected(2, False), Connected(1, True)), ()]


async def test_a_person_has_the_seat_of_a_bot_if_no_other_is_free(autojump_clock: MockClock) -> None:
    room = forked_room(toy_match(), Toy, 50)
    commands = steps_of(room)
    bots = [sit(room, f"bot{number}", role=Role.BOT) for number in range(4)]
    assert [bot.player for bot in bots] == [3, 4, 1, 2]
    await step(room, 2)
    ann = sit(room, "ann")
    assert ann.player == 1
    assert bots[2].notice.code == NoticeCode.KICKED and bots[2].notice.text == "a person takes the seat"
    room.release(bots[2].seat, bots[2].link)
    await step(room, 2)
    assert (room.players, room.people) == (4, 1)
    assert commands[2:] == [(), ()], "nobody has left, or come"
    ann.read()
    assert ann.replica.tick == 54
    go(room, ann)
    await step(room, 2)
    assert list(room.simulation.players) == [2, 3, 4], "he has left the match, and takes nobody along"
    newcomer = sit(room, "newcomer")
    assert newcomer.player == 2, "the seats of the others are still taken by bots"
    await step(room)
    another = [sit(room, f"more{number}") for number in range(2)]
    assert [one.player for one in another] == [3, 4]
    await step(room)
    assert sit(room, "fifth").player == 5, "and then a seat of his own, as in any room"


async def test_seats_that_nobody_takes_are_given_up(autojump_clock: MockClock) -> None:
    room = forked_room(toy_match(), Toy, 50)
    ann = sit(room, "ann")
    grace = round(GRACE_SECONDS * Toy.tick_rate)
    await step(room, grace - 1)
    assert list(room.simulation.players) == [1, 2, 3, 4]
    await step(room)
    assert list(room.simulation.players) == [1]
    ann.read()
    assert [player.name for player in ann.replica.all(Runner)] == ["ann"]
    assert sit(room, "new").player == 5


async def test_it_stands_still_until_somebody_comes(autojump_clock: MockClock) -> None:
    room = forked_room(toy_match(), Toy, 50)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(room.run)
        await trio.sleep(10 * EMPTY_ROOM_SECONDS)
        assert room.clock.tick == 50
        ann = sit(room, "ann")
        await trio.sleep(0.5)
        assert 58 <= room.clock.tick <= 61
        ann.read()
        assert ann.replica.tick == room.clock.tick
        room.close(Notice(NoticeCode.CLOSED, "enough"))


async def test_a_game_of_secrets_and_turns(autojump_clock: MockClock) -> None:
    match = Match(Fleet, seed=2, check=False)
    match.record()
    match.bots(2)
    match.until(lambda: len(list(match.game.shots)) > 6)
    source = Recording.open(match.recording())
    room = forked_room(source, Fleet, match.tick)
    shots = len(list(match.game.shots))
    ann, bob, eve = sit(room, "ann"), sit(room, "bob"), sit(room, "eve", role=Role.SPECTATOR)
    await step(room, 3)
    for seated in (ann, bob, eve):
        seated.read()
        afloat = [ship.owner for ship in seated.replica.all(Ship) if ship.afloat]
        assert set(afloat) <= {seated.player}
        assert len(seated.replica.all(Shot)) == shots
    assert len(ann.replica.all(Ship)) >= len(SHIPS)
    turn = room.simulation.world.globals.turn  # type: ignore[attr-defined] # Match has it
    mover: Seated = {1: ann, 2: bob}[turn]
    taken = {(shot.x, shot.y) for shot in mover.replica.all(Shot) if shot.owner == mover.player}
    x, y = next((x, y) for x in range(10) for y in range(10) if (x, y) not in taken)
    mover.say(Call(1, "fire", (x, y)))
    await step(room, 2)
    assert len(eve.replica.all(Shot)) == shots
    eve.read()
    assert len(eve.replica.all(Shot)) == shots + 1
    assert eve.of(EventMessage)


# -- what cannot be --------------------------------------------------------------------------------------------------------
async def test_a_match_that_is_over_is_not_played_on(autojump_clock: MockClock) -> None:
    class Short(Toy):
        name = "short"

    match = Match(Short, seed=1, options=Short.options(goal=5), check=False)
    match.record()
    match.join("ann").hold(right=1)
    match.step(20)
    source = Recording.open(match.recording())
    assert fork_of(source, Short, 4, name=NAME).seats == 1
    with pytest.raises(NotSimulable, match="the match is over in tick 20: choose an earlier one"):
        fork_of(source, Short, 20, name=NAME)
    with pytest.raises(NotSimulable, match="it is a match of short, not of toy"):
        fork_of(source, Toy, 4, name=NAME)


async def test_who_asks_for_the_room_after_its_end_gets_it_from_there_again(autojump_clock: MockClock) -> None:
    async with theatre(Toy) as house:
        server = house.server
        room = server.rooms.open_plan(fork_of(toy_match(), Toy, 50, name=NAME).plan("again1", Toy))
        sit(room, "ann")
        await trio.sleep(2.0)
        room.close(Notice(NoticeCode.CLOSED, "enough"))
        await trio.sleep(0.1)
        assert "again1" not in server.rooms
        again = server.rooms.reopen("again1", Toy)
        assert again is not room and again.clock.tick == 50


async def test_it_goes_on_after_a_fault_like_any_room(autojump_clock: MockClock) -> None:
    source = toy_match()
    fork = fork_of(source, Toy, 50, name=NAME)

    class Mined(Toy):
        def leave(self, player: Runner) -> None:
            raise KeyError

    room = Room(fork.plan("room1", Mined), NoGuard(), lambda: "f0f0")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(room.run)
        ann, bob = sit(room, "ann"), sit(room, "bob")
        await trio.sleep(6.0)
        go(room, bob)
        await trio.sleep(0.2)
        assert room.counts.restarts == 1
        assert list(room.simulation.players) == [1, 2, 3, 4]
        ann.read()
        assert ann.replica.tick == room.clock.tick > 160
        room.close(Notice(NoticeCode.CLOSED, "enough"))


# -- from the command line -------------------------------------------------------------------------------------------------
@pytest.mark.real_time
def test_the_command_serves_it_and_bots_take_the_seats(tmp_path: Path) -> None:
    match = Match(Arena, seed=3, check=False)
    match.record()
    match.bots(3)
    match.run(seconds=6)
    file = tmp_path / "match.trpl"
    file.write_bytes(match.recording())
    folder = tmp_path / "forked"
    command = [sys.executable, "-m", "gameserver", "replay", "fork", str(file), "--at", "0:03", "--port", "0"]
    path = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'clients/python'}"}
    with subprocess.Popen(
        [*command, "--record", str(folder), "--data", "off"], cwd=tmp_path, env=path, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stderr is not None
        lines = []
        for line in server.stderr:
            lines.append(line)
            if "Press Ctrl-C" in line:
                break
        assert "tick 90 of match.trpl: 3 seats are free" in "".join(lines)
        wait_until_played(folder)
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=20)
    assert server.returncode == 0
    (made,) = folder.glob("*.trpl")
    recording = Recording.open(made.read_bytes())
    assert (recording.header.first, recording.header.before, recording.header.room) == (90, "match.trpl", "test")
    assert recording.last_tick > 120
    players = rebuild(recording, Arena, recording.last_tick).players
    assert {number: player.connected for number, player in players.items()} == {1: True, 2: True, 3: True}
    assert verify(recording, Arena).ok


def wait_until_played(folder: Path) -> None:
    """Two seconds of the match, in real time."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        time.sleep(0.3)
        for file in folder.glob("*.part"):
            if file.stat().st_size and Recording.open(file.read_bytes()).last_tick > 150:
                return
    pytest.fail("nothing was played within 30 s")
