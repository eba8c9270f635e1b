"""Shared fragments: every client has exactly what it may see, whatever was skipped, dropped, moved or hidden, at a small price."""

from __future__ import annotations

import os
import random
import sys
from typing import TYPE_CHECKING, Any

import pytest

from gameserver.core.audience import EVERYONE, owner, part_of, team
from gameserver.core.errors import GameError, ProtocolError, WorldMismatch
from gameserver.core.fields import angle, integer, integers, real
from gameserver.core.game import Game, entities_of
from gameserver.core.limits import COSMETIC_SECONDS, CRC_EVERY, MAX_BASE_AGE
from gameserver.core.messages import Snapshot
from gameserver.core.parts import Draft, Parts, Viewer, part_crc
from gameserver.core.record import Entity, Input
from gameserver.core.replica import Replica
from gameserver.core.schema import form
from gameserver.core.simulation import Simulation
from gameserver.core.wire import decode_server, encode_head
from tests.core.helpers import SECRET, Nasty, parts_seen, script, secrets_allowed, secrets_in, unpacked
from tests.core.histories import Cells, HistoryWrong, Scheme, run_histories, wrong_histories
from tests.sizes import sized

if TYPE_CHECKING:
    from gameserver.core.layout import Row
    from gameserver.core.view import Contents, Record

HISTORIES = int(os.environ.get("HISTORIES", sized(1_000, 300)))
"""How many random histories to run; `make prove` runs 10,000."""
PUBLIC = part_of(EVERYONE)


# -- random histories --------------------------------------------------------------------------------------------------------
def test_no_random_history_goes_wrong() -> None:
    counts = run_histories(range(HISTORIES))
    per_history = {name: getattr(counts, name) / HISTORIES for name in ("frames", "fragments", "keyframes", "crcs", "drops")}
    assert per_history["frames"] > 80, "the histories must try something"
    assert per_history["fragments"] > per_history["keyframes"] > 20
    assert per_history["crcs"] > 20
    assert per_history["drops"] > 10
    assert counts.encoded < counts.fragments


class OneBaseForAll(Viewer):
    """One base per snapshot: whatever the client got last counts for all parts, due or not."""

    def commit(self, draft: Draft) -> None:
        newest = max(draft.bases.values(), default=0)
        self.bases = dict.fromkeys(draft.bases, newest)


class NeverLeaves(Parts):
    """Nothing ever leaves a part before its entity dies: membership is judged by the values."""

    def _difference(self, old: dict[int, Record], now: dict[int, Record]) -> Any:  # noqa: ANN401 - as overridden
        entered, _, changed = super()._difference(old, now)
        return entered, [], changed


class ForgetsAge(Parts):
    """Takes any base for a fresh one: what is not in the history is taken for empty."""

    def fragment(self, part: int, base: int | None) -> bytes:
        if base is not None and base not in self._history:
            self._history[base] = {}
        return super().fragment(part, base)


class IgnoresForm(Parts):
    """An entity that was there and is there has not entered, even if it is shown in another form now."""

    def _difference(self, old: dict[int, Record], now: dict[int, Record]) -> Any:  # noqa: ANN401 - as overridden
        same = {number: now[number] for number, record in old.items() if number in now and now[number][0] != record[0]}
        return super()._difference(old | same, now)


class SharesTooMuch(Parts):
    """Encodes a part once a tick, whatever the base."""

    def fragment(self, part: int, base: int | None) -> bytes:
        shared = next((data for (known, _), data in self._cache.items() if known == part), None)
        return super().fragment(part, base) if shared is None else shared


@pytest.mark.parametrize(
    "scheme",
    [
        Scheme(viewer=OneBaseForAll),
        Scheme(commits_unsent=True),
        Scheme(tells_drops=False),
        Scheme(tells_schedule=False),
        Scheme(parts=lambda: NeverLeaves(Cells.schema, crc_every=3)),
        Scheme(parts=lambda: ForgetsAge(Cells.schema, crc_every=3)),
        Scheme(parts=lambda: IgnoresForm(Cells.schema, crc_every=3)),
        Scheme(parts=lambda: SharesTooMuch(Cells.schema, crc_every=3)),
    ],
    ids=["one base", "commit unsent", "no drops", "no schedule", "never leaves", "forgets age", "ignores form", "shares too much"],
)
def test_the_histories_find_a_broken_scheme(scheme: Scheme) -> None:
    """A test that cannot fail proves nothing."""
    errors = (HistoryWrong, ProtocolError, WorldMismatch, ValueError)
    assert wrong_histories(scheme, range(50), errors) > 10


# -- the same through the game's interface -------------------------------------------------------------------------------
class Watcher:
    """A client of a simulation: a player, or (number 0) a spectator."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.viewer = Viewer()
        self.replica = Replica(Nasty.schema)
        self.missed: set[int] = set()
        """Secrets of events for everyone since it looked last: it is shown them late."""

    def look(self, simulation: Simulation, parts: Parts, dice: random.Random) -> None:
        self.missed |= {n for event in simulation.emitted if event.to == EVERYONE for n in secrets_in(event.row)}
        if dice.random() < 0.3:
            return
        wanted = parts_seen(simulation, self.number)
        draft = parts.draft(self.viewer, wanted)
        if dice.random() < 0.1:
            return  # it did not go out
        self.viewer.commit(draft)
        frame = encode_head(0, simulation.world.tick, 0, None, None, (draft.drops, None, None, ()), len(draft.fragments))
        frame += b"".join(draft.fragments)
        leaked = set(secrets_in(unpacked(frame))) - secrets_allowed(simulation, self.number) - self.missed
        self.missed.clear()
        assert not leaked, f"tick {simulation.world.tick}: client {self.number} was sent {leaked}"
        apply(self.replica, frame)
        contents = simulation.contents()
        assert self.replica.parts == {part: contents.get(part, {}) for part in wanted}
        self.compare_objects(simulation)

    def compare_objects(self, simulation: Simulation) -> None:
        """What the replica shows to a bot is what the game has, rounded, as far as the bot may see it."""
        game = simulation.game
        assert isinstance(game, Nasty)
        assert self.replica.shared().title == game.match.title
        assert [player.score for player in self.replica.players()] == [
            player.score for player in sorted(game.players.values(), key=lambda player: player.id)
        ]
        tanks = {tank.id: tank for tank in game.tanks}
        seen = self.replica.all(type(next(iter(game.tanks)))) if tanks else self.replica.all("Tank")
        assert [tank.id for tank in seen] == sorted(tanks)
        for tank in seen:
            real_one = tanks[tank.id]
            assert (tank.x, tank.heading, tank.alive, tank.note) == (real_one.x, real_one.heading, real_one.alive, real_one.note)
            assert hasattr(tank, "cargo") == bool(self.number and real_one.owner == self.number)
            assert not hasattr(tank, "core")
            again = self.replica.get(tank.id)
            assert again is not None
            assert (again.x, hasattr(again, "cargo")) == (tank.x, hasattr(tank, "cargo"))


def apply(replica: Replica, frame: bytes) -> list[Any]:
    (snapshot,) = decode_server(frame)
    assert isinstance(snapshot, Snapshot)
    drops, _, _, schedule = snapshot.control or ((), None, None, ())
    return list(replica.apply(snapshot.epoch, snapshot.tick, drops, schedule, snapshot.fragments))


@pytest.mark.parametrize("seed", range(20))
def test_no_match_shows_anyone_too_little_or_too_much(seed: int) -> None:
    """Audiences, teams and owners change, entities die, ids are used again, players come and go and come back."""
    dice = random.Random(seed)
    simulation = Simulation(Nasty, seed=seed)
    parts = Parts(Nasty.schema, crc_every=5)
    watchers = {0: Watcher(0)}
    used: set[int] = set()
    reused = 0
    for _, turn in zip(range(150), script(seed), strict=False):
        before = set(simulation.world.entities)
        simulation.step(*turn)
        born = set(simulation.world.entities) - before
        reused += len(born & used)
        used |= born
        cosmetics = {part: [(kind, 0, row) for kind, row in rows] for part, rows in simulation.cosmetics().items()}
        parts.commit(simulation.world.tick, simulation.contents(), cosmetics)
        watchers = {number: watchers.get(number) or Watcher(number) for number in (0, *simulation.players)}
        for watcher in watchers.values():
            watcher.look(simulation, parts, dice)
    assert reused, "no id was used again: the match is too short to try that"
    assert max(used) >> 24, "nothing was born out of sight"


def test_the_oracle_would_notice() -> None:
    """The scan for secrets finds one that is not allowed, in a number and in a text."""
    assert set(secrets_in([1, ["x", SECRET, [f"n{SECRET + 7}"]], b"n9"])) == {SECRET, SECRET + 7}


# -- sharing -----------------------------------------------------------------------------------------------------------------
class Stick(Input):
    way: int = angle(8)


class Car(Entity):
    x: float = real(quantum=1 / 16, low=0.0, high=2_000.0, default=0.0)
    y: float = real(quantum=1 / 16, low=0.0, high=2_000.0, default=0.0)
    heading: int = angle(256, default=0)
    owner: int = integer(0, 991, default=0, audience="none")
    team: int = integer(0, 31, default=0, audience="none")


class Traffic(Game):
    name = "traffic"
    inputs = Stick
    cars = entities_of(Car)


CAR = form(2, 1)


def scene(cars: int, dice: random.Random) -> dict[int, Record]:
    """Cars anywhere in a world of 2,000 pixels."""
    return {n: (CAR, (dice.randrange(32_001), dice.randrange(32_001), dice.randrange(256))) for n in range(1, cars + 1)}


def moved(cars: dict[int, Record], count: int, dice: random.Random) -> dict[int, Record]:
    """The same scene a tick later: so many of them moved by up to 127 quanta along an axis and turned a little."""
    now = dict(cars)
    for number in dice.sample(sorted(cars), count):
        x, y, heading = now[number][1]
        assert isinstance(x, int) and isinstance(y, int) and isinstance(heading, int)
        row = (x + dice.randint(-127, 127), y + dice.randint(-127, 127), (heading + dice.choice((0, 0, 1, -1))) % 256)
        now[number] = (CAR, row)
    return now


def test_everyone_with_the_same_base_shares_one_encoding() -> None:
    """200 clients cost as much encoding as one."""
    dice = random.Random(1)
    parts = Parts(Traffic.schema)
    viewers = [Viewer() for _ in range(200)]
    cars = scene(50, dice)
    for tick in range(1, 11):
        cars = moved(cars, 20, dice)
        parts.commit(tick, {PUBLIC: cars})
        fragments: set[int] = set()
        for viewer in viewers:
            draft = parts.draft(viewer, (PUBLIC,))
            fragments.update(map(id, draft.fragments))
            viewer.commit(draft)
        assert len(fragments) == 1, "the very same bytes object"
    assert parts.encoded == 10


def test_another_base_costs_one_more_encoding() -> None:
    dice = random.Random(1)
    parts = Parts(Traffic.schema)
    viewers = [Viewer() for _ in range(10)]
    cars = scene(50, dice)
    for tick in range(1, 5):
        cars = moved(cars, 20, dice)
        parts.commit(tick, {PUBLIC: cars})
        for number, viewer in enumerate(viewers):
            if tick == 1 or tick == 4 or number % 2:
                viewer.commit(parts.draft(viewer, (PUBLIC,)))
    assert parts.encoded == 1 + 1 + 1 + 2


def test_an_unchanged_world_costs_no_byte() -> None:
    """Not even where rows were made anew: equal values count, not equal objects."""
    dice = random.Random(1)
    parts = Parts(Traffic.schema)
    viewer = Viewer()
    cars = scene(50, dice)
    parts.commit(1, {PUBLIC: cars})
    viewer.commit(parts.draft(viewer, (PUBLIC,)))
    for tick in range(2, 50):
        parts.commit(tick, {PUBLIC: {number: (kind, (*row,)) for number, (kind, row) in cars.items()}})
        draft = parts.draft(viewer, (PUBLIC,))
        assert (draft.fragments, draft.drops) == ([], [])
        viewer.commit(draft)
        assert viewer.bases == {PUBLIC: tick}, "its base moves on all the same"


def test_nothing_is_committed_by_a_draft() -> None:
    parts = Parts(Traffic.schema)
    viewer = Viewer()
    parts.commit(1, {PUBLIC: scene(3, random.Random(1))})
    first, second = parts.draft(viewer, (PUBLIC,)), parts.draft(viewer, (PUBLIC,))
    assert viewer.bases == {}
    assert first.fragments == second.fragments


def test_the_price_of_an_entity() -> None:
    """The reference scene: 200 entities with a place and a heading, 95 of which move. The figures are those of the docs."""
    dice = random.Random(1)
    parts = Parts(Traffic.schema)
    viewer = Viewer()
    cars = scene(200, dice)
    parts.commit(1, {PUBLIC: cars})
    draft = parts.draft(viewer, (PUBLIC,))
    viewer.commit(draft)
    keyframe = len(draft.fragments[0]) / 200
    changes = []
    for tick in range(2, 102):
        cars = moved(cars, 95, dice)
        parts.commit(tick, {PUBLIC: cars})
        draft = parts.draft(viewer, (PUBLIC,))
        viewer.commit(draft)
        changes.append(len(draft.fragments[0]) / 95)
    assert keyframe <= 14, f"{keyframe:.2f} B for each entity of a keyframe"
    assert sum(changes) / len(changes) <= 6, f"{sum(changes) / len(changes):.2f} B for each entity that changed"


def test_an_old_base_is_given_up() -> None:
    """The differences of so many ticks are as large as the whole, and the server need not remember for ever."""
    parts = Parts(Traffic.schema)
    fresh, stale = Viewer(), Viewer()
    cars = scene(3, random.Random(1))
    for viewer, base in ((stale, 1), (fresh, 2)):
        parts.commit(base, {PUBLIC: cars})
        viewer.commit(parts.draft(viewer, (PUBLIC,)))
    for tick in range(3, 3 + MAX_BASE_AGE):
        parts.commit(tick, {PUBLIC: moved(cars, 3, random.Random(tick))})
    backs = [unpacked(b"".join(parts.draft(viewer, (PUBLIC,)).fragments))[0][1] for viewer in (fresh, stale)]
    assert backs == [MAX_BASE_AGE, 0]


def test_a_fragment_that_is_too_large_faults_the_room() -> None:
    class Scroll(Entity):
        words: tuple[int, ...] = integers(0, 2**40, most=1_024, default=())

    class Library(Game):
        name = "library"
        inputs = Stick
        scrolls = entities_of(Scroll)

    parts = Parts(Library.schema)
    parts.commit(1, {PUBLIC: {n: (form(2, 1), (0, 0, (2**40,) * 1_024)) for n in range(40)}})
    with pytest.raises(GameError, match="a fragment of 40 entities takes"):
        parts.draft(Viewer(), (PUBLIC,))


# -- CRC ---------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("divisor", [1, 2, 4, 8])
def test_every_thirtieth_fragment_has_a_crc_at_every_rate(divisor: int) -> None:
    """Sharing decides in which ticks; a client that gets every 2nd, 4th or 8th must not miss all of them."""
    dice = random.Random(1)
    parts = Parts(Traffic.schema)
    viewer, other = Viewer(), Viewer()
    cars = scene(10, dice)
    with_crc: list[bool] = []
    for tick in range(1, 70 * divisor):
        cars = moved(cars, 5, dice)
        parts.commit(tick, {PUBLIC: cars})
        other.commit(parts.draft(other, (PUBLIC,)))
        if tick % divisor == 0:
            draft = parts.draft(viewer, (PUBLIC,))
            viewer.commit(draft)
            with_crc += (len(fragment) > 5 for fragment in unpacked(b"".join(draft.fragments)))
    assert CRC_EVERY <= 30
    for start in range(len(with_crc) - 30):
        assert any(with_crc[start : start + 30])
    assert sum(with_crc) <= len(with_crc) / CRC_EVERY + 1


def test_a_corrupted_replica_is_found_out() -> None:
    dice = random.Random(1)
    parts = Parts(Traffic.schema)
    viewer, replica = Viewer(), Replica(Traffic.schema)
    cars = scene(10, dice)
    for tick in range(1, CRC_EVERY + 1):
        cars = moved(cars, 5, dice)
        parts.commit(tick, {PUBLIC: cars})
        draft = parts.draft(viewer, (PUBLIC,))
        viewer.commit(draft)
        if tick == CRC_EVERY:
            broken = next(number for number in cars if number not in changed_in(draft.fragments[0]))
            replica.parts[PUBLIC][broken] = (CAR, (0, 0, 0))
            with pytest.raises(WorldMismatch, match="the CRC of part 0 differs"):
                replica.apply(0, tick, (), (), unpacked(draft.fragments[0]))
        else:
            replica.apply(0, tick, (), (), unpacked(draft.fragments[0]))
    assert replica.crcs_checked == 0


def changed_in(fragment: bytes) -> set[int]:
    """The ids in a fragment's list of changes."""
    numbers, flat, at, number = set(), unpacked(fragment)[0][4], 0, 0
    while at < len(flat):
        number += flat[at]
        numbers.add(number)
        at += 2 + flat[at + 1].bit_count()
    return numbers


def test_the_crc_covers_ids_forms_and_values() -> None:
    base: dict[int, Record] = {1: (CAR, (1, 2, 3)), 2: (CAR, (4, 5, 6))}
    others: list[dict[int, Record]] = [
        {1: (CAR, (1, 2, 3)), 3: (CAR, (4, 5, 6))},
        {1: (CAR, (1, 2, 3)), 2: (CAR + 8, (4, 5, 6))},
        {1: (CAR, (1, 2, 3)), 2: (CAR, (4, 5, 7))},
        {1: (CAR, (1, 2, 3))},
    ]
    assert all(part_crc(other) != part_crc(base) for other in others)
    assert part_crc(dict(reversed(base.items()))) == part_crc(base), "the order of the dict is nobody's business"


# -- single rules ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("old", "new", "difference"), [(0, 255, -1), (255, 0, 1), (0, 128, -128), (128, 0, -128), (10, 137, 127), (200, 73, -127)]
)
def test_an_angle_changes_the_short_way_round(old: int, new: int, difference: int) -> None:
    parts = Parts(Traffic.schema)
    viewer, replica = Viewer(), Replica(Traffic.schema)
    for tick, heading in ((1, old), (2, new)):
        parts.commit(tick, {PUBLIC: {7: (CAR, (0, 0, heading))}})
        draft = parts.draft(viewer, (PUBLIC,))
        viewer.commit(draft)
        replica.apply(0, tick, (), (), unpacked(b"".join(draft.fragments)))
    assert unpacked(draft.fragments[0])[0][4] == (7, 0b100, difference)
    assert [car.heading for car in replica.all(Car)] == [new]


def test_a_part_that_is_not_due_stays_as_it_is() -> None:
    """And one that the client does not have yet is left out until it is wanted."""
    parts = Parts(Traffic.schema)
    viewer = Viewer()
    far, near = part_of(EVERYONE, 1), PUBLIC
    contents: Contents = {near: {1: (CAR, (1, 1, 1))}, far: {2: (CAR, (2, 2, 2))}}
    parts.commit(1, contents)
    viewer.commit(parts.draft(viewer, (near, far)))
    parts.commit(2, {near: {1: (CAR, (5, 1, 1))}, far: {2: (CAR, (6, 2, 2))}})
    draft = parts.draft(viewer, (near,), resting=(far, part_of(EVERYONE, 2)))
    assert [fragment[0] for fragment in unpacked(b"".join(draft.fragments))] == [near]
    assert draft.drops == []
    viewer.commit(draft)
    assert viewer.bases == {near: 2, far: 1}


def test_cosmetic_events_travel_with_their_part_alone() -> None:
    """And they are a reason for a fragment where nothing changed."""
    parts = Parts(Nasty.schema)
    viewer = Viewer()
    mine, his = part_of(owner(1)), part_of(owner(2))
    row: Row = (8, SECRET)
    parts.commit(1, {PUBLIC: {}})
    viewer.commit(parts.draft(viewer, (PUBLIC, mine)))
    parts.commit(2, {PUBLIC: {}}, {mine: [(0, 3, row)], his: [(0, 0, (8, SECRET + 1))]})
    (fragment,) = unpacked(b"".join(parts.draft(viewer, (PUBLIC, mine)).fragments))
    assert fragment == (mine, 1, (), (), (), None, (0, 3, *row))
    parts.commit(3, {PUBLIC: {}})
    (late,) = unpacked(b"".join(parts.draft(viewer, (PUBLIC, mine)).fragments))
    assert late == (mine, 2, (), (), (), None, (0, 4, *row)), "whoever was skipped is shown it late"
    viewer.commit(parts.draft(viewer, (PUBLIC, mine)))
    parts.commit(4, {PUBLIC: {}})
    assert parts.draft(viewer, (PUBLIC, mine)).fragments == [], "and nobody is shown it twice"


def test_cosmetic_events_are_not_shown_too_late() -> None:
    parts = Parts(Nasty.schema, tick_rate=30)
    viewer = Viewer()
    parts.commit(1, {PUBLIC: {}})
    viewer.commit(parts.draft(viewer, (PUBLIC,)))
    parts.commit(2, {PUBLIC: {}}, {PUBLIC: [(0, 0, (8, 1))]})
    for tick in range(3, 12):
        parts.commit(tick, {PUBLIC: {}})
        assert len(parts.draft(viewer, (PUBLIC,)).fragments) == 1, tick
    parts.commit(12, {PUBLIC: {}})
    assert parts.draft(viewer, (PUBLIC,)).fragments == [], "older than 300 ms"


def test_a_teams_cosmetic_events_are_for_those_who_see_their_tick() -> None:
    """Who was skipped may have been in the other team when it happened."""
    parts = Parts(Nasty.schema)
    viewer = Viewer()
    ours = part_of(team(1))
    parts.commit(1, {PUBLIC: {}})
    viewer.commit(parts.draft(viewer, (PUBLIC, ours)))
    parts.commit(2, {PUBLIC: {}}, {ours: [(0, 0, (8, SECRET))]})
    assert len(parts.draft(viewer, (PUBLIC, ours)).fragments) == 1
    parts.commit(3, {PUBLIC: {}})
    assert parts.draft(viewer, (PUBLIC, ours)).fragments == []


def test_parts_forget_what_no_base_can_name() -> None:
    parts = Parts(Traffic.schema)
    for tick in range(1, 500):
        parts.commit(tick, {PUBLIC: {}})
    assert len(parts._history) == MAX_BASE_AGE + 1
    assert sys.getsizeof(parts._cache) < 1_000


@pytest.mark.parametrize("divisor", [1, 2, 4, 8])
@pytest.mark.parametrize("rate", [20, 60])
def test_a_viewer_at_a_slower_rate_is_shown_each_public_event_once_if_it_is_fresh(divisor: int, rate: int) -> None:
    """One happens in every tick. Whoever gets every 8th at 20 Hz gets 400 ms at once, of which 300 may still be shown."""
    parts = Parts(Nasty.schema, tick_rate=rate)
    viewer = Viewer()
    shown: list[int] = []
    for tick in range(1, 101):
        parts.commit(tick, {PUBLIC: {}}, {PUBLIC: [(0, 0, (8, tick))]})
        if tick % divisor == 0:
            draft = parts.draft(viewer, (PUBLIC,))
            viewer.commit(draft)
            for fragment in unpacked(draft.body):
                events = fragment[6]
                for at in range(0, len(events), 4):
                    assert events[at + 3] == tick - events[at + 1], "the tick in which it happened"
                    assert events[at + 1] <= COSMETIC_SECONDS * rate
                    shown.append(events[at + 3])
    assert len(shown) == len(set(shown)), "none twice"
    fresh = int(COSMETIC_SECONDS * rate)
    later = range(2 * divisor, 101, divisor)  # the first snapshot shows its own tick only
    expected = {event for last in later for event in range(max(last - divisor + 1, last - fresh), last + 1)}
    assert set(shown) == expected | {divisor}


def test_a_draft_that_was_refused_keeps_its_cosmetic_events() -> None:
    parts = Parts(Nasty.schema)
    viewer = Viewer()
    parts.commit(1, {PUBLIC: {}})
    viewer.commit(parts.draft(viewer, (PUBLIC,)))
    parts.commit(2, {PUBLIC: {}}, {PUBLIC: [(0, 0, (8, 1))]})
    parts.draft(viewer, (PUBLIC,))  # the line did not take it
    parts.commit(3, {PUBLIC: {}}, {PUBLIC: [(0, 0, (8, 2))]})
    (fragment,) = unpacked(parts.draft(viewer, (PUBLIC,)).body)
    assert fragment[6] == (0, 1, 8, 1, 0, 0, 8, 2)


def test_who_comes_new_is_shown_what_happens_now_and_nothing_of_before() -> None:
    """Also whoever comes back over another line: his last one has shown him the rest, or it was too late."""
    parts = Parts(Nasty.schema)
    parts.commit(1, {PUBLIC: {}}, {PUBLIC: [(0, 0, (8, 1))]})
    parts.commit(2, {PUBLIC: {}}, {PUBLIC: [(0, 0, (8, 2))]})
    (fragment,) = unpacked(parts.draft(Viewer(), (PUBLIC,)).body)
    assert fragment[6] == (0, 0, 8, 2)
