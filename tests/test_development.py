"""What an author gets while he writes his game: it is read again when it changes, and what fails is shown to him."""

from __future__ import annotations

import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import attrs
import pytest
import trio

from gameserver import Options, boolean, integer, text
from gameserver.core.messages import NoticeCode, Ready, Snapshot, Welcome
from gameserver.development.explain import MAX_EXPLANATION, explanation
from gameserver.development.reload import Reloader, carried_over
from gameserver.library import load_game, sources_of
from gameserver.plan import RoomState
from tests.helpers import Host, Toy, serving, wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from trio.testing import MockClock

GAME = """\
from gameserver import Game, Globals, Input, Options, integer, shared


class Push(Input):
    right: int = integer(-1, 1, default=0)


class Count(Globals):
    steps: int = integer(0, 1000000, default=0)


class Rules(Options):
    stride: int = integer(1, 9, default=1)


class Mine(Game):
    name = "mine"
    inputs = Push
    options = Rules
    count = shared(Count)

    def setup(self, options):
        self.stride = options.stride

    def step(self, inputs):
        self.count.steps += self.stride
"""


# -- options that stay ------------------------------------------------------------------------------------------------------
class Before(Options):
    goal: int = integer(0, 100, default=10)
    title: str = text(20, default="a")
    night: bool = boolean(default=False)
    gone: int = integer(0, 5, default=5)


class After(Options):
    goal: int = integer(0, 50, default=20)
    title: int = integer(0, 9, default=3)
    night: bool = boolean(default=False)
    new: int = integer(0, 9, default=4)


@pytest.mark.parametrize(("goal", "kept"), [(30, 30), (50, 50), (51, 20)])
def test_options_are_carried_over_where_they_fit(goal: int, kept: int) -> None:
    options = carried_over(Before(goal=goal, title="night match", night=True), After)
    assert (options.goal, options.title, options.night, options.new) == (kept, 3, True, 4)


# -- reading again ----------------------------------------------------------------------------------------------------------
@pytest.fixture(autouse=True)
def _path_and_modules_as_before() -> Iterator[None]:
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if name.startswith("game_") or name == "rules_of_mine":
            del sys.modules[name]


@attrs.define
class Workshop:
    """A server with a room of the author's game and one of another, and the reloader, which is asked by hand."""

    host: Host
    file: Path
    reloader: Reloader
    said: list[str]

    def save(self, source: str) -> str:
        """Save the file and let the reloader look; what it says."""
        self.said.clear()
        self.file.write_text(source)
        self.reloader.look()
        return "\n".join(self.said)

    def steps(self) -> int:
        count: int = self.host.server.rooms["mine1"].simulation.game.count.steps  # type: ignore[attr-defined] # Mine's
        return count


@asynccontextmanager
async def workshop(tmp_path: Path, source: str = GAME) -> AsyncIterator[Workshop]:
    file = tmp_path / "mine.py"
    file.write_text(source)
    mine = load_game(str(file))
    async with serving(mine, Toy, explains=True) as host:
        host.server.rooms.open("mine1", mine, options=mine.options(stride=2), seed=1, keep=True)  # type: ignore[call-arg] # Rules
        host.server.rooms.open("toy1", Toy, keep=True)
        said: list[str] = []
        yield Workshop(
            host, file, Reloader({str(file): mine}, load=load_game, replace=host.server.rooms.replace_game, say=said.append), said
        )


async def test_a_game_that_changed_begins_anew_and_its_players_are_told_to_join_again(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    async with workshop(tmp_path) as it, wire(it.host.network, "mine1") as ann, wire(it.host.network, "toy1") as bob:
        await bob.join("toy")
        await ann.join("mine")
        await ann.until(Snapshot)
        await trio.sleep(1.0)
        before, toy = it.host.server.rooms["mine1"], it.host.server.rooms["toy1"]
        assert it.steps() % 2 == 0 and it.steps() > 40
        it.reloader.look()
        assert it.said == [], "nothing has changed"
        said = it.save(GAME.replace("+= self.stride", "+= 100 * self.stride"))
        assert said == f"{it.file} has changed: mine1 begins anew."
        await ann.end()
        assert ann.notice is not None
        assert (ann.notice.code, ann.notice.detail) == (NoticeCode.MOVED, "/ws/mine1")
        async with wire(it.host.network, "mine1") as again:
            await again.join("mine")
            assert it.host.server.rooms["mine1"] is not before
            assert it.steps() == 200, "the new step, with the options of the old room"
        assert it.host.server.rooms["toy1"] is toy and toy.state is RoomState.RUNNING
        await bob.until(Snapshot)


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (GAME + "    def broken(:\n", r"mine.py:27: SyntaxError"),
        (GAME.replace("integer(1, 9", "integer(9, 1"), "mine.py:13: "),
        (GAME.replace("self.stride = options.stride", "self.stride = options.stripe"), 'mine.py", line 23, in setup'),
        (GAME.replace('"mine"', '"yours"'), "mine is called yours now: start the server again"),
        (GAME + "\n\nclass Other(Mine):\n    name = 'other'\n", "exactly one class derived from Game"),
    ],
)
async def test_a_change_that_is_broken_changes_nothing(autojump_clock: MockClock, tmp_path: Path, broken: str, why: str) -> None:
    async with workshop(tmp_path) as it, wire(it.host.network, "mine1") as ann:
        await ann.join("mine")
        await ann.until(Snapshot)
        before = it.host.server.rooms["mine1"]
        said = it.save(broken)
        assert why in said
        assert "The rooms play on with the game as it was." in said
        it.said.clear()
        it.reloader.look()
        assert it.said == [], "once is enough"
        steps = it.steps()
        await trio.sleep(1.0)
        assert it.host.server.rooms["mine1"] is before
        assert it.steps() >= steps + 50
        assert it.save(GAME.replace("1000000", "2000000")).endswith("mine1 begins anew.")
        assert it.host.server.rooms["mine1"] is not before


async def test_a_room_that_had_failed_begins_anew_when_the_file_is_mended(autojump_clock: MockClock, tmp_path: Path) -> None:
    async with workshop(tmp_path, GAME.replace("+= self.stride", "/= 0")) as it:
        async with wire(it.host.network, "mine1") as ann:
            await ann.say(ann.hello("mine"))
            await ann.until(Welcome)
            await ann.say(Ready(None))
            await ann.end()
        await trio.sleep(0.1)
        assert "mine1" not in it.host.server.rooms
        assert it.save(GAME).endswith("mine1 begins anew.")
        async with wire(it.host.network, "mine1") as again:
            await again.join("mine")
            assert it.steps() == 2


async def test_modules_beside_the_game_belong_to_it(autojump_clock: MockClock, tmp_path: Path) -> None:
    rules = tmp_path / "rules_of_mine.py"
    rules.write_text("STEP = 3\n")
    source = "from rules_of_mine import STEP\n" + GAME.replace("+= self.stride", "+= STEP")
    async with workshop(tmp_path, source) as it:
        assert sources_of(it.host.server.rooms.games["mine"]) == [it.file, rules]
        rules.write_text("STEP = 5\n# and more\n")
        it.reloader.look()
        assert "begins anew" in "".join(it.said)
        async with wire(it.host.network, "mine1") as ann:
            await ann.join("mine")
            assert it.steps() == 5
        rules.write_text("STEP = 7 +\n")
        it.said.clear()
        it.reloader.look()
        assert "mine.py:1: SyntaxError" in "".join(it.said)


def test_a_file_that_is_saved_twice_in_a_second_is_read_twice(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    for rate in (11, 22, 33, 44):
        file.write_text(GAME.replace('"mine"', f'"mine"\n    tick_rate = {rate}'))
        assert load_game(str(file)).tick_rate == rate


def test_a_built_in_game_has_no_file_to_watch() -> None:
    arena = load_game("arena")
    assert sources_of(arena) == []
    assert not Reloader({"arena": arena}, load=load_game, replace=lambda old, new: [], say=print).watches


# -- what is shown ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("explains", [True, False])
async def test_players_see_the_traceback_only_where_the_game_is_developed(
    autojump_clock: MockClock, tmp_path: Path, explains: bool
) -> None:
    file = tmp_path / "mine.py"
    file.write_text(GAME.replace("+= self.stride", "/= 0"))
    mine = load_game(str(file))
    async with serving(mine, explains=explains) as host, wire(host.network, "mine1") as ann:
        await ann.say(ann.hello("mine"))
        await ann.until(Welcome)
        await ann.say(Ready(None))
        await ann.end()
        assert ann.notice is not None and ann.notice.code == NoticeCode.FAULTED
        head, _, traceback = ann.notice.text.partition("\n")
        assert head == f"the room failed, fault {ann.notice.detail}"
        if explains:
            assert f'{file}", line 26, in step' in traceback
            assert traceback.endswith("ZeroDivisionError: division by zero\n")
        else:
            assert not traceback
            assert "mine.py" not in ann.notice.text


@pytest.mark.parametrize("explains", [True, False])
async def test_so_does_who_asks_for_a_room_that_cannot_be_set_up(autojump_clock: MockClock, tmp_path: Path, explains: bool) -> None:
    file = tmp_path / "mine.py"
    file.write_text(GAME.replace("= options.stride", "= options.stripe"))
    mine = load_game(str(file))
    async with serving(mine, explains=explains) as host, wire(host.network, "mine1") as ann:
        await ann.say(ann.hello("mine"))
        await ann.end()
        assert not [message for message in ann.heard if isinstance(message, Welcome)]
        assert ann.notice is not None
        assert ("AttributeError" in ann.notice.text) is explains


def test_an_explanation_has_an_end() -> None:
    def deep(levels: int) -> None:
        if levels:
            deep(levels - 1)
        raise ValueError("x" * 100)

    with pytest.raises(ValueError, match="x") as caught:
        deep(200)
    text = explanation(ExceptionGroup("many", [caught.value]))
    assert len(text) <= MAX_EXPLANATION
    assert text.endswith("x" * 100 + "\n")
