"""A match as tables: every value that was shown, every input that counted, each event, as docs/recordings.md promises."""

from __future__ import annotations

import json
import random
import sys
from typing import TYPE_CHECKING, Any, Final

import attrs
import pyarrow.parquet as pq
import pytest

from gameserver import Entity, Game, Input, boolean, entities_of, integer, real
from gameserver.core.audience import owner, part_of
from gameserver.core.commands import Join
from gameserver.core.errors import FormatError
from gameserver.core.parts import Parts
from gameserver.core.replay.chunks import ChunkType, encode_chunk
from gameserver.core.replay.recording import Recording
from gameserver.core.replay.steps import Step
from gameserver.core.simulation import Simulation
from gameserver.export import sinks
from gameserver.export.columns import audience_text
from gameserver.export.exporter import Exported, Wanted, export
from gameserver.export.sinks import ExportError
from gameserver.games.arena import Arena
from gameserver.games.fleet import Fleet
from gameserver.games.fleet.state import OVER
from gameserver.testing import Match
from gameserver.testing.record import MatchRecording
from tests.kit.pond import Bread, PondGame, Splash

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gameserver.export.sinks import ExportFormat

FORMATS: Final[tuple[ExportFormat, ...]] = ("jsonl", "parquet")
Rows = list[dict[str, Any]]


def rows_of(folder: Path, table: str) -> Rows:
    """Of whichever file it is."""
    lines = folder / f"{table}.jsonl"
    if lines.exists():
        return [json.loads(line) for line in lines.read_text().splitlines()]
    found: Rows = pq.read_table(folder / f"{table}.parquet").to_pylist()
    return found


def about(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "recording.json").read_text())
    return found


class Told:
    """A recorded match, and what it was in truth at each tick."""

    def __init__(self, game: type[Game], *, bots: int, seconds: float, seed: int = 1, map_name: str | None = None) -> None:
        self.match = Match(game, seed=seed, map=map_name, check=False)
        self.match.record()
        self.worlds: dict[int, dict[str, dict[int, dict[str, Any]]]] = {}
        """tick → kind → id → field → value, hidden fields included."""
        self.hashes: dict[int, int] = {}
        self.match.bots(bots)
        for _ in range(round(seconds * game.tick_rate)):
            self.step()

    def step(self) -> None:
        before = self.match.simulation.world.tick
        self.match.step()
        world = self.match.simulation.world
        if world.tick == before:
            return
        kinds: dict[str, dict[int, dict[str, Any]]] = {}
        for record, entities in world.by_kind.items():
            kinds[record.__name__] = {
                number: {name: getattr(entity, name) for name in record.declared} for number, entity in entities.items()
            }
        self.worlds[world.tick] = kinds
        self.hashes[world.tick] = world.hash() & (2**32 - 1)

    def export(self, folder: Path, form: ExportFormat = "jsonl", **wanted: Any) -> Exported:  # noqa: ANN401 - of Wanted
        return export(Recording.open(self.match.recording()), "match.trpl", folder, Wanted(form=form, **wanted))


@pytest.fixture(scope="module")
def arena() -> Told:
    return Told(Arena, bots=8, seconds=20, map_name="forts")


@pytest.fixture(scope="module")
def fleet() -> Told:
    return Told(Fleet, bots=2, seconds=60)


def plain(value: object) -> object:
    """As JSON has it."""
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("form", FORMATS)
def test_every_value_that_was_shown_is_the_simulations(arena: Told, form: ExportFormat, tmp_path: Path) -> None:
    """Tanks, drivers, shells, flags at random ticks: the ids that there were, and each declared field that anybody sees."""
    exported = arena.export(tmp_path / "out", form)
    tables = {"states/Tank": "Tank", "players": "Driver", "states/Shell": "Shell", "states/Flag": "Flag"}
    ticks = random.Random(5).sample(sorted(arena.worlds), 60)
    compared = 0
    for table, kind in tables.items():
        by_tick: dict[int, Rows] = {}
        for row in rows_of(exported.folder, table):
            by_tick.setdefault(row["tick"], []).append(row)
        for tick in ticks:
            shown = by_tick.get(tick, [])
            true = arena.worlds[tick][kind]
            assert [row["id"] for row in shown] == sorted(true), f"{table}, tick {tick}"
            for row in shown:
                assert row["seconds"] == tick / 30
                for name in row.keys() - {"tick", "seconds", "id", "seen_by"}:
                    assert row[name] == plain(true[row["id"]][name]), f"{table}.{name}, tick {tick}"
                    compared += 1
    assert compared > 10_000


def test_a_recording_has_its_first_tick_and_its_last(arena: Told, tmp_path: Path) -> None:
    exported = arena.export(tmp_path / "out")
    ticks = [row["tick"] for row in rows_of(exported.folder, "shared")]
    assert ticks == list(range(601))
    assert (exported.first, exported.last, exported.rows["shared"]) == (0, 600, 601)


def test_secrets_are_there_with_who_saw_them(fleet: Told, tmp_path: Path) -> None:
    """A ship is seen by its owner until it is sunk: what another may know at a tick can be told by `seen_by`."""
    exported = fleet.export(tmp_path / "out")
    ships = rows_of(exported.folder, "states/Ship")
    assert {ship["seen_by"] for ship in ships} == {"player 1", "player 2", "all"}
    phases = {row["tick"]: row["phase"] for row in rows_of(exported.folder, "shared")}
    for ship in ships:
        true = fleet.worlds[ship["tick"]]["Ship"][ship["id"]]
        revealed = true["afloat"] == 0 or phases[ship["tick"]] == OVER
        assert ship["seen_by"] == ("all" if revealed else f"player {true['owner']}")
        assert {name: ship[name] for name in ("length", "x", "y", "across", "afloat", "owner")} == {
            name: true[name] for name in ("length", "x", "y", "across", "afloat", "owner")
        }
        assert "team" not in ship, "nobody sees it, so it is in no recording"


def test_a_game_that_ticks_on_input_has_rows_where_something_happened(fleet: Told, tmp_path: Path) -> None:
    exported = fleet.export(tmp_path / "out")
    assert [row["tick"] for row in rows_of(exported.folder, "steps")] == sorted(fleet.hashes)
    fired = rows_of(exported.folder, "calls/fire")
    told = [(row["tick"], row["player"], row["x"], row["y"]) for row in rows_of(exported.folder, "events/Fired")]
    assert [(row["tick"], row["player"], row["x"], row["y"]) for row in fired] == told
    assert len(told) > 20


def test_inputs_line_up_with_the_states_that_they_made(arena: Told, tmp_path: Path) -> None:
    """For training: at each tick one input for each player of the match, the one that led from the state before to this one."""
    exported = arena.export(tmp_path / "out")
    inputs = {(row["tick"], row["player"]): row for row in rows_of(exported.folder, "inputs")}
    players = {(row["tick"], row["owner"]): row for row in rows_of(exported.folder, "players")}
    joined = {one["player"]: one["joined"] for one in about(exported.folder)["players"]}
    assert inputs.keys() <= players.keys()
    assert players.keys() - inputs.keys() == set()
    assert joined == {player: min(tick for tick, who in inputs if who == player) for player in joined}
    truth = {step.tick: step for step in Recording.open(arena.match.recording()).steps()}
    layout = Arena.schema.input
    for (tick, player), row in random.Random(1).sample(sorted(inputs.items(), key=lambda item: item[0]), 500):
        used = layout.make(truth[tick].inputs[player])
        assert {name: row[name] for name in Arena.inputs.declared} == {name: getattr(used, name) for name in Arena.inputs.declared}
        assert row["view_back"] == truth[tick].views.get(player, 0) / 256
    assert any(row["fire"] for row in inputs.values())


def test_hashes_are_those_of_the_states(arena: Told, tmp_path: Path) -> None:
    exported = arena.export(tmp_path / "out")
    assert {row["tick"]: row["hash"] for row in rows_of(exported.folder, "steps")} == arena.hashes


@pytest.fixture
def pond() -> Match[PondGame]:
    """Two swimmers, one of whom mutes the other; an event with a field that is called like a column."""
    match = Match(PondGame, seed=1, check=False)
    match.record()
    ann, bob = match.join("ann"), match.join("bob")
    match.step(2)
    ann.hold(right=1, gear=2)
    match.step(5)
    ann.press(dive=True)
    match.step(3)
    bob.call("mute", ann.player, True)
    ann.call("feed", bob.player, "crust")
    ann.call("chat", "hello", False)
    bob.call("fish")
    match.step(3)
    bob.leave()
    match.step(3)
    return match


@pytest.mark.parametrize("form", FORMATS)
def test_events_have_their_tick_their_audience_and_who_did_not_want_them(
    pond: Match[PondGame], form: ExportFormat, tmp_path: Path
) -> None:
    exported = export(Recording.open(pond.recording()), "pond.trpl", tmp_path / "out", Wanted(form=form))
    bread, splash = rows_of(exported.folder, "events/Bread"), rows_of(exported.folder, "events/Splash")
    (fed,) = [one.tick for one in pond.happened if isinstance(one.event, Bread)]
    dived = [one.tick for one in pond.happened if isinstance(one.event, Splash)]
    assert bread == [{"tick": fed, "seconds": fed / 20, "to": "player 2", "deaf": [], "to_": 2, "words": "crust"}]
    assert splash == [{"tick": tick, "seconds": tick / 20, "to": "player 1", "deaf": [], "number": 1} for tick in dived]
    assert [(row["text"], row["to"], row["deaf"]) for row in rows_of(exported.folder, "events/Said")] == [("hello", "all", [2])]
    assert [(row["player"], row["to"], row["words"]) for row in rows_of(exported.folder, "calls/feed")] == [(1, 2, "crust")]


def test_fields_of_teams_and_owners_are_there_and_hidden_ones_are_not(pond: Match[PondGame], tmp_path: Path) -> None:
    exported = export(Recording.open(pond.recording()), "pond.trpl", tmp_path / "out", Wanted(form="jsonl"))
    ducks = rows_of(exported.folder, "states/Duck")
    assert {"x", "dives", "crumbs", "plan", "owner", "team"} < ducks[0].keys()
    assert "dream" not in ducks[0]
    assert {duck["seen_by"] for duck in ducks} == {"all"}
    assert {duck["plan"] for duck in ducks} == {7}
    assert {pike["seen_by"] for pike in rows_of(exported.folder, "states/Pike")} == {"player 2"}
    players = [(one["player"], one["name"], one["bot"], one["joined"], one["left"]) for one in about(exported.folder)["players"]]
    assert players == [(1, "ann", False, 1, None), (2, "bob", False, 1, pond.tick - 2)]


def test_both_formats_hold_the_same(arena: Told, pond: Match[PondGame], tmp_path: Path) -> None:
    recordings = {"arena": arena.match.recording(), "pond": pond.recording()}
    for name, data in recordings.items():
        lines, parquet = (
            export(Recording.open(data), name, tmp_path / f"{name}-{form}", Wanted(form=form)).folder for form in FORMATS
        )
        tables = about(lines)["tables"]
        assert tables.keys() == about(parquet)["tables"].keys()
        for table, said in tables.items():
            rows = rows_of(lines, table)
            assert rows == rows_of(parquet, table), table
            assert len(rows) == said["rows"] == about(parquet)["tables"][table]["rows"]
        assert sum(said["rows"] for said in tables.values()) > 100


@pytest.mark.parametrize("form", FORMATS)
def test_the_columns_are_those_that_recording_json_tells(arena: Told, form: ExportFormat, tmp_path: Path) -> None:
    """In their order, also in tables without a row; every declared field that somebody sees, with its quantum or bounds."""
    exported = arena.export(tmp_path / "out", form)
    types = {"integer": "int64", "real": "double", "boolean": "bool", "text": "string", "integers": "list<element: int64>"}
    for name, table in about(exported.folder)["tables"].items():
        file = exported.folder / table["file"]
        columns = {column["name"]: column for column in table["columns"]}
        if form == "parquet":
            schema = pq.read_schema(file)
            assert schema.names == list(columns)
            for field in schema:
                assert str(field.type) == types[columns[field.name]["type"]], f"{name}.{field.name}"
                assert (field.metadata or {}).get(b"unit", b"").decode() == columns[field.name].get("unit", "")
        else:
            assert all(list(row) == list(columns) for row in rows_of(exported.folder, name))
    tank = {column["name"]: column for column in about(exported.folder)["tables"]["states/Tank"]["columns"]}
    assert tank["x"] == {"name": "x", "type": "real", "quantum": 1 / 16}
    assert tank["heading"] == {"name": "heading", "type": "integer", "unit": "1/256 of a turn"}
    assert tank["ammo"] == {"name": "ammo", "type": "integer", "low": 0, "high": 5, "audience": "owner"}


def test_fewer_states_and_a_stretch(arena: Told, tmp_path: Path) -> None:
    whole = arena.export(tmp_path / "whole").folder
    some = arena.export(tmp_path / "some", every=30, first=100, last=400)
    assert [row["tick"] for row in rows_of(some.folder, "shared")] == [100, *range(120, 401, 30)]
    for table in ("inputs", "steps", "events/Killed", "events/Hit"):
        expected = [row for row in rows_of(whole, table) if 100 <= row["tick"] <= 400]
        assert rows_of(some.folder, table) == expected
        assert expected or table == "events/Killed"
    wanted = {row["tick"]: row for row in rows_of(whole, "shared")}
    assert all(row == wanted[row["tick"]] for row in rows_of(some.folder, "shared"))
    with pytest.raises(ExportError, match="ticks 0 to 600"):
        arena.export(tmp_path / "none", first=601)


def test_without_a_truth_track_there_are_no_inputs(arena: Told, tmp_path: Path) -> None:
    """As in what a server gives away."""
    whole = Recording.open(arena.match.recording())
    secret = (ChunkType.TRUTH, ChunkType.STATE, ChunkType.ORIGIN)
    chunks = [encode_chunk(whole.chunk(place)) for place in whole.places if place.type not in secret]
    shared = Recording.open(whole.header.encode() + b"".join(chunks))
    exported = export(shared, "match.trpl", tmp_path / "out", Wanted(form="jsonl"))
    assert not {"inputs", "steps", "calls/chat"} & exported.rows.keys()
    assert exported.rows["states/Tank"] > 1_000
    assert sorted(path.name for path in exported.folder.iterdir()) == [
        "events", "players.jsonl", "recording.json", "shared.jsonl", "states",
    ]  # fmt: skip


def test_ticks_that_were_made_up_in_one_go_have_their_events_and_no_state(tmp_path: Path) -> None:
    """A room that is late runs several ticks and shows the last one: what happened in the others is told with it."""
    recording = Recording.open(caught_up())
    folder = export(recording, "late.trpl", tmp_path / "out", Wanted(form="jsonl")).folder
    assert [row["tick"] for row in rows_of(folder, "shared")] == [0, 3, 6, 9]
    assert [row["tick"] for row in rows_of(folder, "steps")] == list(range(1, 10))
    assert [(row["tick"], row["number"]) for row in rows_of(folder, "events/Splash")] == [(tick, 1) for tick in range(2, 10)]
    some = export(recording, "late.trpl", tmp_path / "some", Wanted(form="jsonl", first=4, last=5)).folder
    assert [row["tick"] for row in rows_of(some, "events/Splash")] == [4, 5]
    assert rows_of(some, "shared") == []


def caught_up() -> bytes:
    """Nine ticks of a swimmer who dives in each, three at a time."""
    simulation = Simulation(PondGame, seed=1)
    parts = Parts(PondGame.schema, tick_rate=PondGame.tick_rate)
    parts.commit(0, simulation.contents())
    recording = MatchRecording(PondGame, simulation, parts, tick=0, flags=0, seed=1, code="", engine="")
    row = PondGame.schema.input.pack(PondGame.inputs(dive=True))
    for tick in range(1, 10):
        step = Step(tick, (Join(1, "ann"),) if tick == 1 else (), {1: row} if tick > 1 else {}, {})
        step.run(simulation)
        recording.tape.step(step, simulation)
        if tick % 3 == 0:
            late = [(emitted.kind, 0, emitted.row) for emitted in simulation.emitted]
            shown = [(kind, ago, values) for ago in range(2, 0, -1) if tick - ago > 1 for kind, _, values in late] + late
            parts.commit(tick, simulation.contents(), {part_of(owner(1)): shown})
            recording.tape.show(tick, 0, parts, simulation.contents())
    return recording.file("closed")


# -- what goes wrong -------------------------------------------------------------------------------------------------------
def test_without_pyarrow_it_says_what_to_install(arena: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ExportError, match=r"pip install 'gameserver\[export\]'"):
        arena.export(tmp_path / "out", "parquet")
    assert list(tmp_path.iterdir()) == []
    assert arena.export(tmp_path / "out", "jsonl").rows["steps"] == 600


def test_what_is_there_is_not_written_over_and_what_fails_leaves_nothing(
    arena: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    arena.export(folder)
    with pytest.raises(ExportError, match="remove it, or name another folder"):
        arena.export(folder)

    def full(sink: sinks.JsonLines, row: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sinks.JsonLines, "add", full)
    with pytest.raises(OSError, match="No space"):
        arena.export(tmp_path / "other")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_export_that_was_killed_is_not_taken_for_whole(arena: Told, tmp_path: Path) -> None:
    (tmp_path / "out.part" / "states").mkdir(parents=True)
    (tmp_path / "out.part" / "old.jsonl").touch()
    exported = arena.export(tmp_path / "out")
    assert not (exported.folder / "old.jsonl").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_rows_do_not_pile_up(arena: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Parquet file is written group by group, and no group is larger than a reader can be asked to take at once."""
    monkeypatch.setattr(sinks, "BATCH_ROWS", 64)
    monkeypatch.setattr(sinks, "GROUP_ROWS", 256)
    folder = arena.export(tmp_path / "out", "parquet").folder
    file = pq.ParquetFile(folder / "inputs.parquet")
    groups = [file.metadata.row_group(number).num_rows for number in range(file.metadata.num_row_groups)]
    assert max(groups) == 256
    assert sum(groups) == file.metadata.num_rows > 4_000


def test_progress_goes_from_the_beginning_to_the_end(arena: Told, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    recording = Recording.open(arena.match.recording())
    export(recording, "match.trpl", tmp_path / "out", Wanted(form="jsonl"), lambda done, total: seen.append((done, total)))
    done = [step for step, _ in seen]
    assert done == sorted(done)
    assert {total for _, total in seen} == {2 * 601}
    assert done[0] <= 1
    assert done[-1] == 2 * 601


Forge = dict[str, Any]


@pytest.mark.parametrize(
    ("forge", "said"),
    [
        (lambda schema: schema["events"].__delitem__(slice(1, None)), "an event of tick"),
        (lambda schema: schema["calls"].clear(), "step"),
        (lambda schema: schema["input"][0].update(low=0, high=0), "step"),
        (lambda schema: schema["options"].clear(), "options"),
        (lambda schema: schema["events"][1].update(name=schema["events"][0]["name"]), "are called events/"),
    ],
    ids=["events", "calls", "input", "options", "names"],
)
def test_a_forged_recording_is_refused_in_words(
    pond: Match[PondGame], forge: Callable[[Forge], None], said: str, tmp_path: Path
) -> None:
    """A schema that does not fit what follows: no exception but the format's own."""
    recording = Recording.open(pond.recording())
    forged: Forge = json.loads(json.dumps(recording.header.schema))
    forge(forged)
    recording.header = attrs.evolve(recording.header, schema=forged)
    with pytest.raises(FormatError, match=said):
        export(recording, "pond.trpl", tmp_path / "out", Wanted(form="jsonl"))
    assert list(tmp_path.iterdir()) == []


def test_audiences_in_words() -> None:
    assert [audience_text(number) for number in (0, 1, 31, 32, 33, 1_023)] == [
        "all", "team 1", "team 31", "player 1", "player 2", "nobody",
    ]  # fmt: skip


class Timed(Entity):
    tick: int = integer(0, 9, default=3)
    seconds: float = real(quantum=1 / 4, default=0.25)
    seen_by: bool = boolean(default=True)


class Nothing(Input):
    player: int = integer(0, 9, default=0)


class Clocks(Game):
    name = "clocks"
    inputs = Nothing
    clocks = entities_of(Timed)

    def setup(self, options: object) -> None:
        self.clocks.add(Timed())


def test_a_field_that_is_called_like_a_column_gets_an_underscore(tmp_path: Path) -> None:
    match = Match(Clocks, seed=1)
    match.record()
    match.join("ann")
    match.step(2)
    folder = export(Recording.open(match.recording()), "clocks.trpl", tmp_path / "out", Wanted(form="jsonl")).folder
    row = rows_of(folder, "states/Timed")[-1]
    assert (row["tick"], row["tick_"], row["seconds_"], row["seen_by"], row["seen_by_"]) == (2, 3, 0.25, "all", True)
    assert rows_of(folder, "inputs")[-1]["player_"] == 0
