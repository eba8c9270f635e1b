"""What a server records of its rooms is what `verify` makes of it again: bots on lines with delay, people who come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trio
from gameclient.bots import BotRunner
from gameclient.client import Client

from gameserver import Result
from gameserver.code import fingerprint
from gameserver.core.commands import Called
from gameserver.core.messages import Call, Role
from gameserver.core.replay.recording import Recording
from gameserver.core.replay.verdict import refusal
from gameserver.core.replay.verify import verify
from gameserver.games.arena import Arena
from gameserver.games.arena.state import Controls
from gameserver.games.fleet.game import Fleet
from gameserver.games.pong import Pong
from gameserver.maps import load_map
from gameserver.net.simulated import Latency, simulated_ports
from tests.helpers import HOST, PORT, Push, Toy, go, make_room, serving, sit, step
from tests.recording import recorder_on, studio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trio.testing import MockClock

    from gameserver import Game, PlayerId


async def shoot_and_talk(client: Client) -> None:
    """A person who fires at what the screen shows, late as it is, says a word now and then, and goes."""
    for turn in range(300):
        first = await client.next_turn()
        await client.send_input(first, Controls(throttle=2, bearing=turn % 256, aim=turn * 5 % 1024, fire=True, respawn=True))
        if turn % 90 == 50:
            await client.call("emote", turn % 16)


@pytest.mark.parametrize(("game", "bots"), [(Arena, 5), (Fleet, 2), (Pong, 2)], ids=["arena", "fleet", "pong"])
async def test_matches_over_lines_with_delay_are_what_was_recorded(autojump_clock: MockClock, game: type[Game], bots: int) -> None:
    ports = simulated_ports(3)
    maps = {game.default_map: load_map(game.default_map)} if game.uses_map else {}
    line = Latency(0.04, 0.02)
    async with serving(game, seed=3, latency=line, maps=maps, recorder=recorder_on(ports)) as host, trio.open_nursery() as nursery:
        host.server.rooms.open("one", game, keep=True)
        url = f"ws://{HOST}:{PORT}"
        nursery.start_soon(BotRunner(url, game=game, room="one", count=bots, seconds=20, seed=5, network=host.network).run)
        if game is Arena:
            ann = Client(f"{url}/ws/one", game=game.name, name="Ann", network=host.network, role=Role.PLAYER)
            nursery.start_soon(ann.run, shoot_and_talk)
        await trio.sleep(25)
        await host.server.stop()
        nursery.cancel_scope.cancel()
    names = await ports.disk.list("")
    recordings = [Recording.open(await ports.disk.read(name)) for name in names]
    steps = [step for recording in recordings for step in recording.steps()]
    assert len(steps) > 100
    assert any(step.views for step in steps) is (game is Arena)
    assert any(type(command) is Called for step in steps for command in step.commands) is (game is not Pong)
    code, engine = fingerprint(game)
    for recording in recordings:
        assert recording.sealed
        assert refusal(recording, game, code=code, engine=engine) is None
        verdict = verify(recording, game)
        assert verdict.mismatch is None
        assert verdict.steps == recording.contents.steps


class Rounds(Toy):
    """Over every fourth second; then the next match begins."""

    name = "rounds"
    closes_when_over = False

    def setup(self, options: object) -> None:
        self.diary = []

    def step(self, inputs: Mapping[PlayerId, Push]) -> None:
        super().step(inputs)
        self.diary.clear()

    def is_over(self) -> Result | None:
        return Result((), {}) if self.board.steps % 120 >= 90 else None


async def test_each_match_of_a_room_verifies_by_itself(autojump_clock: MockClock) -> None:
    async with studio() as made:
        room = make_room(Rounds)
        made.record(room)
        ann, bob = sit(room, "Ann"), sit(room, "Bob")
        await step(room, 5)
        for turn in range(300):
            ann.push(room.clock.tick + 2, (turn % 3 - 1, turn % 7 == 0))
            if turn % 40 == 0:
                ann.say(Call(turn + 1, "echo", ("hey",)))
            if turn == 150:
                go(room, bob)
            await step(room)
        await made.close(room)
        recordings = [*(await made.recordings()).values()]
    assert len(recordings) == 3
    assert [recording.header.first > 0 for recording in recordings] == [False, True, True]
    for recording in recordings:
        verdict = verify(recording, Rounds)
        assert verdict.mismatch is None
        assert verdict.steps == recording.contents.steps > 50
