"""What goes out over HTTP tells nobody what he may not know: while a match goes on, when it has ended, and never."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Final

import msgpack
import pytest
import trio

from gameserver.core.messages import Call, Notice, NoticeCode, Welcome
from gameserver.core.replay.chunks import ChunkType
from gameserver.core.replay.header import What
from gameserver.core.replay.recording import Recording
from gameserver.hooks import Hooks
from gameserver.net.simulated import Latency, SimDisk
from tests.determinism import run_deterministic
from tests.games.test_fleet_secrets import make_case, serve_match
from tests.helpers import Toy, wire
from tests.theatre import NEVER, SECRET_TYPES, Viewer, look, someone, theatre
from tests.web import ask, get

if TYPE_CHECKING:
    from trio.testing import MockClock

    from gameserver import Profile
    from gameserver.core.messages import Hello
    from gameserver.standing import Standing
    from tests.helpers import Host

CANARY: Final = "profile-canary-9f3a"
LISTS: Final = "/api/v1/recordings"


# -- fleet -----------------------------------------------------------------------------------------------------------------
class Onlookers:
    """Who look at a match of fleet over HTTP while it is played, from its beginning and at its list.

    Attributes:
        viewers: their streams.
        lists: what they were told of the recordings, and when.
    """

    def __init__(self) -> None:
        self.viewers: list[Viewer] = []
        self.lists: list[tuple[float, bytes]] = []

    async def look(self, host: Host) -> None:
        async with trio.open_nursery() as nursery:
            for query in ("", "?from=live", "?from=5"):
                viewer = await Viewer.open(host.network, f"/api/v1/rooms/fleet1/recording{query}")
                self.viewers.append(viewer)
                nursery.start_soon(viewer.read)
                await trio.sleep(0.77)
            while True:
                await trio.sleep(1.9)
                self.lists.append((trio.current_time(), (await ask(host.network, get(LISTS))).body))


async def watch_match(seed: int, world: int, disk_seconds: float) -> tuple[list[Viewer], list[tuple[float, bytes]]]:
    """One of two matches that differ in what is hidden, and all that its onlookers were sent."""
    onlookers = Onlookers()

    def house(*games: Any, **settings: Any) -> Any:  # noqa: ANN401 - as theatre has it
        disk = SimDisk(random.Random(seed))
        disk.delay = Latency(disk_seconds)
        # In pieces, a call of another length may be heard in another tick; that somebody calls is no secret.
        return theatre(*games, watch_delay=0.5, disk=disk, chunking=False, **settings)

    await serve_match(make_case(seed), world, house=house, beside=onlookers.look)
    return onlookers.viewers, onlookers.lists


@pytest.mark.parametrize("disk_seconds", [0.0, 0.07])
@pytest.mark.parametrize("seed", range(4))
def test_two_matches_that_differ_in_what_is_hidden_are_watched_alike(seed: int, disk_seconds: float) -> None:
    """To the byte and to the moment, in every stream and every list, until the end."""
    seen = []
    for world in (0, 1):
        viewers, lists = run_deterministic(watch_match, seed, world, disk_seconds, seed=seed)
        assert len(lists) > 1
        for viewer in viewers:
            assert not viewer.types & (NEVER | SECRET_TYPES)
            assert ChunkType.VIEW in viewer.types
        assert max(viewer.recording.last_tick for viewer in viewers) > 25
        seen.append(([(viewer.data, viewer.came) for viewer in viewers], lists))
    assert seen[0] == seen[1]


# -- what never goes out ---------------------------------------------------------------------------------------------------
class Guests(Hooks):
    """Everyone has a profile."""

    async def authorise(self, hello: Hello, standing: Standing) -> Profile:
        return {"account": CANARY}


class Hoarder(Toy):
    """Keeps the profile and draws numbers: all of it is in the state."""

    name = "hoarder"


async def test_seed_profile_state_and_tokens_never_go_out(autojump_clock: MockClock) -> None:
    """Not while it is played, not when it has ended, in no part, and not in the list."""
    async with theatre(Hoarder, hooks=Guests(), watch_delay=1.0) as host:
        seed = random.Random(5).getrandbits(62)
        room = host.server.rooms.open("hoarder1", Hoarder, seed=seed, keep=True)
        path = "/api/v1/rooms/hoarder1/recording"
        answers: list[Viewer] = []
        async with wire(host.network, "hoarder1") as line, someone(host.network, "hoarder1", "hoarder", name="bob"):
            welcome = await line.join("hoarder")
            assert isinstance(welcome, Welcome)
            assert welcome.resume is not None
            await trio.sleep(4.0)
            state = room.simulation.encode()
            assert room.recorder is not None
            name = room.recorder.name
            answers += [
                await look(host.network, path + query, until=trio.current_time() + 3.0) for query in ("", "?from=live", "?to=30")
            ]
            room.close(Notice(NoticeCode.CLOSED, "the end"))
            await trio.sleep(3.0)
        answers += [await look(host.network, f"{LISTS}/{name}{query}") for query in ("", "?from=40", "?to=40")]
        stored = await host.disk.read(str(name))
        lists = (await ask(host.network, get(LISTS))).body
    never = {
        "a profile": CANARY.encode(),
        "the seed": msgpack.packb(seed),
        "a token": welcome.resume,
        "the state": state[:40],
        "what the dice are": b"".join(msgpack.packb(word) for word in room.simulation.world.rng.state()),
    }
    whole = Recording.open(stored)
    kept = b"".join(whole.chunk(place).payload for place in whole.places)
    assert {what for what, canary in never.items() if canary in kept} >= {"a profile", "the seed"}, "they were there to be found"
    assert answers[3].types >= SECRET_TYPES
    for answer in answers:
        assert answer.status == 200
        said = answer.data + b"".join(chunk.payload for chunk in answer.chunks) + answer.recording.header.encode()
        assert not answer.types & NEVER
        for what, canary in never.items():
            assert canary not in said, what
            assert canary not in lists, what


async def test_nobody_who_looks_on_is_told_of_a_report(autojump_clock: MockClock) -> None:
    """Neither as it happens nor afterwards, in no part of it: the host alone reads it, in the file."""
    async with theatre(watch_delay=1.0) as host:
        room = host.server.rooms.open("toy1", Toy, keep=True)
        path = "/api/v1/rooms/toy1/recording"
        async with wire(host.network) as ann, someone(host.network, name="bob"):
            await ann.join(name="ann")
            await trio.sleep(2.0)
            bob = next(seat.player for seat in room.seats if seat.name == "bob")
            await ann.say(Call(1, "report", (bob, 1, "he cheats")))
            await trio.sleep(3.0)
            assert room.recorder is not None
            name = room.recorder.name
            answers = [await look(host.network, path + query, until=trio.current_time() + 3.0) for query in ("", "?from=live")]
            room.close(Notice(NoticeCode.CLOSED, "the end"))
            await trio.sleep(3.0)
        answers += [await look(host.network, f"{LISTS}/{name}{query}") for query in ("", "?from=20", "?to=90")]
        whole = Recording.open(await host.disk.read(str(name)))
    (note,) = [mark for mark in whole.marks if mark.what is What.NOTE]
    assert note.values[0].startswith("report ")
    for answer in answers:
        assert answer.status == 200
        assert What.JOINED in {mark.what for mark in answer.recording.marks}
        assert What.NOTE not in {mark.what for mark in answer.recording.marks}
        assert b"report " not in answer.data + b"".join(chunk.payload for chunk in answer.chunks)
