"""The state of a room: ids, timers, limits, and that everything which matters survives encoding and restoring, at every tick."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gameserver.core.audience import EVERYONE, NOBODY, Audience, owner
from gameserver.core.errors import GameError, Refused
from gameserver.core.fields import angle, boolean, integer, real, text
from gameserver.core.game import Game, Result, call, entities_of, shared
from gameserver.core.limits import ID_REST_SECONDS, MAX_BASE_AGE, MAX_ENTITIES, MAX_EVENTS_PER_TICK, MAX_TIMERS
from gameserver.core.record import Entity, Event, Globals, Input, Options, Player, RecordMeta
from gameserver.core.simulation import Answer, Called, Join, Leave, Simulation
from tests.core.helpers import Nasty, Rules, Tank, played, script

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gameserver.core.game import Profile


class Push(Input):
    x: int = integer(-1, 1)


class Pebble(Entity):
    x: int = integer(0, 9, default=0)
    hidden: bool = boolean(default=False, audience="none")


class Ping(Event):
    x: int = integer(0, 9, default=0)


class Undeclared(Event):
    x: int = integer(0, 9, default=0)


class Stones(Game):
    """A game whose step is whatever the test wants."""

    name = "stones"
    tick_rate = 30
    inputs = Push
    events = (Ping,)
    pebbles = entities_of(Pebble)

    def setup(self, options: Options) -> None:
        self.diary: list[str] = []
        self.todo: list[Callable[[Stones], object]] = []

    def audience(self, entity: Entity) -> Audience:
        return NOBODY if isinstance(entity, Pebble) and entity.hidden else EVERYONE

    def step(self, inputs: Mapping[int, Push]) -> None:
        for action in self.todo:
            action(self)
        self.todo.clear()

    def note(self, *words: object) -> None:
        self.diary.append(f"{self.tick}:" + ",".join(map(str, words)))

    renamed = (lambda method: lambda self: method(self))(note)  # a decorator that forgets the name

    def cancel_it(self, number: int) -> None:
        self.diary.append(f"{self.tick}:cancel {self.cancel(number)}")

    @call
    def return_something(self, player: Player, which: int = integer(0, 9)) -> object:
        if which == 9:
            raise Refused("not nine")
        return (None, True, -7, "text", 1.5, 2**60, "\ud800", [1], b"x")[which]


class Stage:
    """A simulation of Stones, and a short way to do something in its next step."""

    def __init__(self) -> None:
        self.simulation = Simulation(Stones)
        assert isinstance(self.simulation.game, Stones)
        self.game = self.simulation.game

    def run(self, *actions: Callable[[Stones], object], ticks: int = 1) -> None:
        self.game.todo.extend(actions)
        for _ in range(ticks):
            self.simulation.step((), {})

    def pebble(self, *, hidden: bool = False) -> Pebble:
        made: list[Pebble] = []
        self.run(lambda game: made.append(game.pebbles.add(Pebble(hidden=hidden))))
        return made[0]


# -- ids ---------------------------------------------------------------------------------------------------------------------
def test_ids_count_from_one_and_hidden_births_do_not_shift_them() -> None:
    """Else the gaps would tell how much happens out of sight."""
    stage = Stage()
    ids = [stage.pebble().id]
    for _ in range(5):
        stage.pebble(hidden=True)
    ids.append(stage.pebble().id)
    assert ids == [1, 2]


def test_hidden_ids_are_not_among_the_visible_ones() -> None:
    stage = Stage()
    assert stage.pebble(hidden=True).id >> 24 == NOBODY
    assert stage.pebble().id >> 24 == EVERYONE


def test_an_id_rests_and_is_then_used_again() -> None:
    """Events and the bases of slow clients may still name it."""
    stage = Stage()
    first, _ = stage.pebble(), stage.pebble()
    stage.run(lambda game: game.pebbles.remove(first))
    removed = stage.simulation.world.tick
    rest = max(round(ID_REST_SECONDS * Stones.tick_rate), MAX_BASE_AGE + 1)
    assert first.id == 0
    stage.run(ticks=rest - 2)
    assert stage.pebble().id == 3
    assert stage.simulation.world.tick == removed + rest - 1
    assert stage.pebble().id == 1
    assert stage.pebble().id == 4


def test_an_entity_is_added_once_and_removed_once() -> None:
    stage = Stage()
    pebble = stage.pebble()
    with pytest.raises(GameError, match="Pebble of id 1 is in the world already"):
        stage.game.pebbles.add(pebble)
    stage.game.pebbles.remove(pebble)
    with pytest.raises(GameError, match="removed before, or never added"):
        stage.game.pebbles.remove(pebble)
    assert stage.game.pebbles.add(pebble).id == 2


def test_an_entity_of_another_kind_is_refused_and_leaves_no_trace() -> None:
    stage = Stage()
    with pytest.raises(GameError, match="a Tank does not belong here"):
        stage.game.pebbles.add(Tank(x=0.0, plate=0, plan=0, cargo=0, core=0))  # type: ignore[arg-type] # the mistake itself
    assert not stage.simulation.world.entities


def test_a_collection_may_change_while_it_is_walked() -> None:
    stage = Stage()
    for _ in range(5):
        stage.pebble()
    seen = []
    for pebble in stage.game.pebbles:
        seen.append(pebble.id)
        stage.game.pebbles.remove(pebble)
        stage.game.pebbles.add(Pebble())
    assert seen == [1, 2, 3, 4, 5]
    assert [pebble.id for pebble in stage.game.pebbles] == [6, 7, 8, 9, 10]


def test_a_collection_knows_its_own() -> None:
    stage = Stage()
    pebble = stage.pebble()
    pebble.owner = 3
    assert stage.game.pebbles.get(1) is pebble
    assert stage.game.pebbles.get(2) is None
    assert pebble in stage.game.pebbles
    assert Pebble() not in stage.game.pebbles
    assert stage.game.pebbles.owned_by(3) is pebble
    assert stage.game.pebbles.owned_by(4) is None
    assert len(stage.game.pebbles) == 1


# -- timers ------------------------------------------------------------------------------------------------------------------
def test_timers_go_off_in_order_before_the_step_of_their_tick() -> None:
    stage = Stage()
    stage.run(
        lambda game: game.after(3, game.note, "third"),
        lambda game: game.after(1, game.note, "first", 1, 2.5, True, None),
        lambda game: game.after(3, game.note, "third too"),
        lambda game: game.after(0, game.note, "at the next tick, not now"),
    )
    stage.run(lambda game: game.note("step"))
    stage.run(ticks=5)
    assert stage.game.diary == ["2:first,1,2.5,True,None", "2:at the next tick, not now", "2:step", "4:third", "4:third too"]


def test_a_timer_may_be_cancelled_and_says_whether_it_was() -> None:
    stage = Stage()
    numbers: list[int] = []
    stage.run(lambda game: numbers.append(game.after(2, game.note, "never")))
    assert stage.game.cancel(numbers[0]) is True
    assert stage.game.cancel(numbers[0]) is False
    stage.run(ticks=3)
    assert stage.game.diary == []


def test_a_timer_may_cancel_the_next_one_of_its_own_tick() -> None:
    stage = Stage()
    victim = 2
    stage.run(lambda game: game.after(1, game.cancel_it, victim), lambda game: game.after(1, game.note, "never"))
    stage.run(ticks=2)
    assert stage.game.diary == ["2:cancel True"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [((Pebble(),), "no plain value"), (([1],), "no plain value"), ((2**60,), "no plain value"), (("\ud800",), "no plain value")],
)
def test_a_timer_takes_plain_values_only(arguments: tuple[Any, ...], said: str) -> None:
    """Anything else could not be encoded, and that would be found out at the next checkpoint only."""
    game = Stage().game
    with pytest.raises(GameError, match=said):
        game.after(1, game.note, *arguments)


def test_a_timer_takes_a_method_of_the_game_and_whole_ticks() -> None:
    game = Stage().game
    for method in (print, lambda: None, Stage().game.note, game.renamed):
        with pytest.raises(GameError, match="a method of the game itself"):
            game.after(1, method)
    with pytest.raises(GameError, match="no number of ticks"):
        game.after(1.5, game.note)  # type: ignore[arg-type] # the mistake itself
    assert (game.ticks(2.0), game.ticks(0.0)) == (60, 1)


def test_a_timer_of_a_method_that_is_gone_faults() -> None:
    """A state may come from an older version of the game's code with the same fields."""
    stage = Stage()
    stage.game.after(1, stage.game.note)
    data = stage.simulation.encode().replace(b"note", b"noth")
    stage.simulation.restore(data)
    with pytest.raises(GameError, match=r"Stones\.noth, which does not exist"):
        stage.run()


# -- limits and contracts ----------------------------------------------------------------------------------------------------
def test_too_many_entities_fault() -> None:
    game = Stage().game
    for _ in range(MAX_ENTITIES):
        game.pebbles.add(Pebble())
    with pytest.raises(GameError, match=f"the world holds {MAX_ENTITIES} entities"):
        game.pebbles.add(Pebble())


def test_too_many_timers_fault() -> None:
    game = Stage().game
    for _ in range(MAX_TIMERS):
        game.after(1, game.note)
    with pytest.raises(GameError, match=f"{MAX_TIMERS} timers wait already"):
        game.after(1, game.note)


def test_too_many_events_fault() -> None:
    stage = Stage()
    stage.run(*[lambda game: game.emit(Ping())] * MAX_EVENTS_PER_TICK)
    with pytest.raises(GameError, match=f"{MAX_EVENTS_PER_TICK} events in one tick"):
        stage.run(*[lambda game: game.emit(Ping())] * (MAX_EVENTS_PER_TICK + 1))


def test_too_large_a_state_faults() -> None:
    simulation = Simulation(Nasty, options=Rules(crowd=0))
    game = simulation.game
    assert isinstance(game, Nasty)
    for _ in range(6_000):
        game.tanks.add(Tank(x=0.0, plate=2**45, plan=2**45, cargo=2**45, core=2**45, note="n" * 40))
    simulation.world.quantise()
    with pytest.raises(GameError, match="the room's state takes"):
        simulation.encode()


@pytest.mark.parametrize("audience", [5_000, -1, True, "all", None])
def test_an_event_goes_to_an_audience(audience: object) -> None:
    with pytest.raises(GameError, match="emitted to"):
        Stage().game.emit(Ping(), to=audience)  # type: ignore[arg-type] # the mistake itself


def test_an_event_must_be_declared() -> None:
    with pytest.raises(GameError, match=r"Undeclared is not declared: add it to Stones\.events"):
        Stage().game.emit(Undeclared())


def test_an_event_must_fit() -> None:
    with pytest.raises(GameError, match=r"Ping\.x: 10 is outside 0\.\.9"):
        Stage().game.emit(Ping(x=10))


def test_nothing_may_be_set_on_a_game_after_setup() -> None:
    game = Stage().game
    with pytest.raises(GameError, match=r"Stones\.round was set after setup"):
        game.round = 3
    with pytest.raises(GameError, match=r"Stones\.diary was set"):
        game.diary = []


def test_a_game_without_a_map_says_so() -> None:
    with pytest.raises(GameError, match="uses_map = True"):
        _ = Stage().game.map


@pytest.mark.parametrize(
    ("which", "ok", "value"), [(0, True, None), (1, True, True), (2, True, -7), (3, True, "text"), (9, False, "not nine")]
)
def test_a_call_is_answered(which: int, ok: bool, value: object) -> None:
    simulation = Simulation(Stones)
    simulation.step([Join(4, "Ann"), Called(4, 17, "return_something", (which,))], {})
    (reply,) = simulation.replied
    assert (reply.player, reply.number, reply.ok, reply.value) == (4, 17, ok, value)


@pytest.mark.parametrize("which", [4, 5, 6, 7, 8])
def test_a_call_returns_what_the_wire_can_carry(which: int) -> None:
    simulation = Simulation(Stones)
    with pytest.raises(GameError, match="'return_something' returned"):
        simulation.step([Join(4, "Ann"), Called(4, 17, "return_something", (which,))], {})


def test_a_call_without_a_seat_is_refused() -> None:
    simulation = Simulation(Stones)
    simulation.step([Called(4, 17, "return_something", (0,))], {})
    assert not simulation.replied[0].ok


@pytest.mark.parametrize("answer", [True, "won", (1,), Result(winners=("Ann",)), Result(scores={1: 0.5})])  # type: ignore[arg-type, dict-item] # the mistakes themselves
def test_a_result_is_a_result(answer: object) -> None:
    class Over(Game):
        name = "over"
        inputs = Push

        def is_over(self) -> Result | None:
            return answer  # type: ignore[return-value] # the mistake itself

    with pytest.raises(GameError, match=r"Over\.is_over returned"):
        Simulation(Over).step((), {})


@pytest.mark.parametrize("answer", [-1, 1_024, True, None, "all"])
def test_an_audience_is_an_audience(answer: object) -> None:
    class Seen(Game):
        name = "seen"
        inputs = Push
        pebbles = entities_of(Pebble)

        def audience(self, entity: Entity) -> Audience:
            return answer  # type: ignore[return-value] # the mistake itself

    simulation = Simulation(Seen)
    with pytest.raises(GameError, match=r"Seen\.audience returned"):
        simulation.step([Join(1, "Ann")], {})


def test_options_are_rounded_before_the_game_sees_them() -> None:
    """A replay has them from the recording, where they are whole units; so must the first run."""
    seen: list[float] = []

    class Speed(Options):
        top: float = real(quantum=0.5, default=0.7)
        way: int = angle(8, default=9)

    class Race(Game):
        name = "race"
        inputs = Push
        options = Speed

        def setup(self, options: Speed) -> None:
            seen.extend((options.top, options.way))

    Simulation(Race)
    Simulation(Race, options=Speed(top=2.2))
    assert seen == [0.5, 1, 2.0, 1]


# -- players -----------------------------------------------------------------------------------------------------------------
def test_what_a_leaver_owned_belongs_to_nobody() -> None:
    """His number will be given to somebody else, who must not inherit his secrets."""
    simulation = Simulation(Nasty, options=Rules(crowd=3))
    game = simulation.game
    assert isinstance(game, Nasty)
    simulation.step([Join(1, "Ann"), Join(2, "Bob")], {})
    tanks = list(game.tanks)
    tanks[0].owner, tanks[1].owner = 1, 2
    simulation.step([Leave(1)], {})
    assert list(game.players) == [2]
    assert all(tank.owner != 1 for tank in game.tanks)
    assert owner(1) not in simulation.contents()


def test_nobody_has_two_seats() -> None:
    with pytest.raises(GameError, match="player 1 has a seat already"):
        Simulation(Stones).step([Join(1, "Ann"), Join(1, "Ann")], {})


def test_a_player_without_an_input_gets_the_neutral_one() -> None:
    seen: list[Any] = []

    class Late(Game):
        name = "late"
        inputs = Push

        def step(self, inputs: Mapping[int, Push]) -> None:
            seen.append(dict(inputs))

    Simulation(Late).step([Join(7, "Ann"), Join(3, "Bob")], {3: Push(x=1)})
    assert seen == [{7: Push(x=0), 3: Push(x=1)}]
    assert list(seen[0]) == [7, 3]


def test_join_leave_and_answer_reach_their_hooks() -> None:
    seen: list[Any] = []

    class Hooked(Game):
        name = "hooked"
        inputs = Push

        def join(self, player: Player, profile: Profile) -> None:
            seen.append(("join", player.owner, player.name, profile, player.owner in self.players))

        def leave(self, player: Player) -> None:
            seen.append(("leave", player.owner, player.owner in self.players))

        def answer(self, question: str, value: object) -> None:
            seen.append((question, value))

    Simulation(Hooked).step([Join(1, "Ann", {"rank": 3}), Answer("rank", 4), Leave(1)], {})
    assert seen == [("join", 1, "Ann", {"rank": 3}, True), ("rank", 4), ("leave", 1, True)]


# -- the twin ----------------------------------------------------------------------------------------------------------------
def twin_of(simulation: Simulation) -> Simulation:
    """Another room, made with another seed, that continues from this one's encoded state."""
    twin = Simulation(type(simulation.game), seed=987_654_321)
    twin.restore(simulation.encode())
    return twin


def differing(one: Simulation, other: Simulation) -> list[str]:
    """The sections in which two worlds differ."""
    mine, theirs = one.world.sub_hashes(), other.world.sub_hashes()
    assert mine.keys() == theirs.keys()
    return [name for name in mine if mine[name] != theirs[name]]


@pytest.mark.parametrize("seed", range(4))
def test_a_twin_goes_on_exactly_alike_from_every_tick(seed: int) -> None:
    """Timers, chance, ids at rest, owners, teams, texts, exact floats, the result: all of it is in the encoded state."""
    simulation = Simulation(Nasty, seed=seed)
    for _, turn in zip(range(150), script(seed), strict=False):
        twin = twin_of(simulation)
        assert differing(simulation, twin) == []
        assert twin.contents() == simulation.contents()
        for room in (simulation, twin):
            room.step(*turn)
        assert differing(simulation, twin) == [], f"tick {simulation.world.tick}"
        assert twin.world.hash() == simulation.world.hash()
        assert twin.encode() == simulation.encode()
        assert twin.contents() == simulation.contents()
        assert (twin.emitted, twin.replied, twin.result) == (simulation.emitted, simulation.replied, simulation.result)
        assert list(twin.players) == list(simulation.players)
    assert simulation.result is not None, "the match must end within the test, or the result is not tried"


def test_a_twin_of_a_twin_stays_alike_for_long() -> None:
    """Restored once, then 300 ticks on its own."""
    simulation = Simulation(Nasty, seed=5)
    turns = script(5)
    for _ in range(40):
        simulation.step(*next(turns))
    twin = twin_of(twin_of(simulation))
    for _ in range(300):
        turn = next(turns)
        simulation.step(*turn)
        twin.step(*turn)
    assert differing(simulation, twin) == []


class Forgetful(Game):
    """Keeps state in a list that setup made: the seal cannot see it."""

    name = "forgetful"
    inputs = Push
    pebbles = entities_of(Pebble)

    def setup(self, options: Options) -> None:
        self.waves: list[int] = []
        self.pebbles.add(Pebble())

    def step(self, inputs: Mapping[int, Push]) -> None:
        self.waves.append(self.tick)
        for pebble in self.pebbles:
            pebble.x = len(self.waves) % 10


def test_state_hidden_in_a_mutable_attribute_is_caught_by_the_twin() -> None:
    simulation = Simulation(Forgetful)
    for _ in range(3):
        simulation.step((), {})
    twin = twin_of(simulation)
    assert differing(simulation, twin) == []
    for room in (simulation, twin):
        room.step((), {})
    assert differing(simulation, twin) == ["Pebble"]


@pytest.mark.parametrize(
    ("section", "change"),
    [
        ("tick", lambda s: setattr(s.world, "tick", s.world.tick + 1)),
        ("random", lambda s: s.world.rng.bits32()),
        ("ids", lambda s: s.game.tanks.remove(s.game.tanks.add(Tank(x=0.0, plate=0, plan=0, cargo=0, core=0)))),
        ("timers", lambda s: s.game.after(9, s.game.blink)),
        ("result", lambda s: setattr(s.world, "result", ((), ()))),
        ("globals", lambda s: setattr(s.game.match, "drift", s.game.match.drift + 1e-12)),
        ("Driver", lambda s: setattr(s.game.players[1], "luck", 0.123)),
        ("Tank", lambda s: setattr(next(iter(s.game.tanks)), "core", 5)),
        ("Mine", lambda s: setattr(next(iter(s.game.mines)), "stage", (next(iter(s.game.mines)).stage + 1) % 5)),
    ],
)
def test_sub_hashes_name_the_section_that_differs(section: str, change: Callable[[Any], object]) -> None:
    simulation = played(0)
    simulation.step([Join(1, "Ann")], {})
    assert isinstance(simulation.game, Nasty)
    simulation.game.lay_mine()
    simulation.world.quantise()
    twin = twin_of(simulation)
    change(simulation)
    simulation.world.quantise()
    assert differing(simulation, twin) == [section]
    assert simulation.world.hash() != twin.world.hash()


def test_restoring_into_another_game_is_refused() -> None:
    with pytest.raises(GameError, match="this state does not fit stones@1"):
        Simulation(Stones).restore(played(3).encode())


def test_the_fingerprint_sees_hidden_fields() -> None:
    """A state written before a hidden field was added must not be read as if it had it."""
    prints = []
    for field in (integer(0, 9, default=0, audience="none"), integer(0, 8, default=0, audience="none")):
        hidden: Any = RecordMeta("Pit", (Entity,), {"depth": field})

        class Pits(Game):
            name = "pits"
            inputs = Push
            pits = entities_of(hidden)

        prints.append(Pits.schema.fingerprint())
        assert "depth" not in str(Pits.schema.to_wire())
    assert prints[0] != prints[1]


HASHES = """
from tests.core.helpers import played
simulation = played(120, seed=3)
print(simulation.world.hash(), simulation.world.sub_hashes(), sorted(simulation.contents().items()))
"""


def test_the_order_of_sets_does_not_shine_through() -> None:
    """Two processes that hash strings differently play the same match."""
    root = Path(__file__).parents[2]
    said = [
        subprocess.run(
            [sys.executable, "-c", HASHES],
            env={"PYTHONHASHSEED": salt, "PYTHONPATH": str(root)},
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        for salt in ("1", "2")
    ]
    assert said[0] == said[1] != ""


# -- the view ----------------------------------------------------------------------------------------------------------------
class Rock(Entity):
    shape: int = integer(0, 9, default=1)
    plan: int = integer(0, 9, default=2, audience="team")
    secret: int = integer(0, 9, default=3, audience="owner")
    never: int = integer(0, 9, default=4, audience="none")


class Sky(Globals):
    light: int = integer(0, 9, default=5)
    seed: int = integer(0, 9, default=6, audience="none")


class Cave(Game):
    name = "cave"
    inputs = Push
    sky = shared(Sky)
    rocks = entities_of(Rock)

    def setup(self, options: Options) -> None:
        self.who: list[Audience] = [EVERYONE]

    def audience(self, entity: Entity) -> Audience:
        return self.who[0] if isinstance(entity, Rock) else EVERYONE


ALL_FORM, TEAM_FORM, OWNER_FORM = 17, 18, 20


@pytest.mark.parametrize(
    ("audience", "expected"),
    [
        (EVERYONE, {0: (ALL_FORM, (1, 8, 2)), 2: (TEAM_FORM, (2,)), 31 + 8: (OWNER_FORM, (3,))}),
        (NOBODY, {}),
        (Audience(2), {2: (ALL_FORM | TEAM_FORM, (1, 8, 2, 2)), 31 + 8: (OWNER_FORM, (3,))}),
        (Audience(1), {1: (ALL_FORM, (1, 8, 2)), 31 + 8: (OWNER_FORM, (3,))}),
        (owner(8), {31 + 8: (ALL_FORM | TEAM_FORM | OWNER_FORM, (1, 8, 2, 2, 3))}),
        (owner(9), {31 + 9: (ALL_FORM, (1, 8, 2))}),
    ],
    ids=["everyone", "nobody", "its team", "another team", "its owner", "another player"],
)
def test_the_view_shows_each_level_to_whom_it_is_for(audience: Audience, expected: dict[int, tuple[int, tuple[int, ...]]]) -> None:
    """Whoever else may see an entity never sees the fields of its team or of its owner."""
    simulation = Simulation(Cave)
    game = simulation.game
    assert isinstance(game, Cave)
    game.who[0] = audience
    rock = game.rocks.add(Rock(team=2, owner=8))
    simulation.step((), {})
    contents = simulation.contents()
    found = {part: records[rock.id] for part, records in contents.items() if rock.id in records}
    assert found == expected
    assert contents[0][0] == (1, (5,)), "the globals, without what is hidden"


def test_what_did_not_change_is_the_same_object() -> None:
    """Differences are found by identity first."""
    simulation = Simulation(Cave)
    assert isinstance(simulation.game, Cave)
    rocks = [simulation.game.rocks.add(Rock()) for _ in range(2)]
    simulation.step((), {})
    before = simulation.contents()[0]
    rocks[0].shape = 7
    simulation.step((), {})
    after = simulation.contents()[0]
    assert after[rocks[0].id] is not before[rocks[0].id]
    assert after[rocks[1].id] is before[rocks[1].id]


class Scout(Entity):
    """Its side is known to nobody, so nothing but its form says who it is for."""

    x: int = integer(0, 9, default=0)
    team: int = integer(0, 31, default=1, audience="none")
    owner: int = integer(0, 991, default=0, audience="none")


def test_an_entity_in_another_form_is_not_the_same() -> None:
    """Even if every value is: the form says whose it is, and a CRC covers it."""

    class Wood(Game):
        name = "wood"
        inputs = Push
        scouts = entities_of(Scout)

        def audience(self, entity: Entity) -> Audience:
            return Audience(1)

    simulation = Simulation(Wood)
    assert isinstance(simulation.game, Wood)
    scout = simulation.game.scouts.add(Scout())
    forms = []
    for scout.team in (1, 2, 1):
        simulation.step((), {})
        forms.append(simulation.contents()[1][scout.id][0])
    assert forms == [ALL_FORM | TEAM_FORM, ALL_FORM, ALL_FORM | TEAM_FORM]


def test_private_parts_are_known_beforehand() -> None:
    """A room whose game hides nothing makes one part for all."""

    class Open(Game):
        name = "open"
        inputs = Push
        pebbles = entities_of(Pebble)

    class Whisper(Game):
        name = "whisper"
        inputs = Push
        events = (Ping,)

    assert not Simulation(Open).has_private_parts
    assert Simulation(Cave).has_private_parts
    assert Simulation(Whisper).has_private_parts, "a cosmetic event may go to one player"


class Banner(Entity):
    words: str = text(10, default="")


def test_a_text_is_part_of_the_state() -> None:
    class Fair(Game):
        name = "fair"
        inputs = Push
        banners = entities_of(Banner)

    simulation = Simulation(Fair)
    assert isinstance(simulation.game, Fair)
    banner = simulation.game.banners.add(Banner(words="é漢😀"))
    simulation.step((), {})
    twin = twin_of(simulation)
    assert isinstance(twin.game, Fair)
    restored = twin.game.banners.get(banner.id)
    assert restored is not None and restored.words == "é漢😀"


def test_a_player_keeps_his_number() -> None:
    """His seat, his inputs and a restored room go by it; a game that changes it would play for somebody else after a restore."""

    class Swap(Game):
        name = "swap"
        inputs = Push

        def step(self, inputs: Mapping[int, Push]) -> None:
            for player in self.players.values():
                player.owner = 9

    with pytest.raises(GameError, match="player 4's owner was set to 9"):
        Simulation(Swap).step([Join(4, "Ann")], {})
