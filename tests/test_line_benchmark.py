"""The benchmark of the line: its generator reads a real server without an error, and all who host the scene host the same one."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import attrs
import msgpack
import pytest

from benchmarks.line import report, scene
from benchmarks.line.build import FLOOR, LOAD, WS, compiled
from benchmarks.line.drive import Car, Drive, Pedals
from benchmarks.line.peers.cars import Cars
from benchmarks.line.run import Run
from benchmarks.line.servers import SERVERS, Crowd
from benchmarks.processes import running_server
from gameserver.core.replica import Replica
from gameserver.core.rng import Rng
from gameserver.core.schema import Schema
from gameserver.core.simulation import Join, Leave, Simulation
from tests.tools import require_tool

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from gameserver.core.simulation import Command

PLAYERS = 12
TICKS = 300
"""Enough for cars to meet every edge of the field."""
LEAVES_AT, LATE_AT, LATE = 100, 150, 13
"""Player 1 leaves, and one more comes."""
CLIENTS: Final = 20
FLOOR_BYTES: Final = 603
Units = tuple[int, int, int, int]


# -- the scene is the same everywhere --------------------------------------------------------------------------------------
@attrs.frozen
class Turn:
    """What happens in one tick."""

    joins: list[int]
    leaves: list[int]
    inputs: dict[int, tuple[int, int]]


def script() -> list[Turn]:
    """Everyone keeps pushing to a side of his own, and now and then somewhere else."""
    chance = Rng(7)
    turns = []
    present = list(range(1, PLAYERS + 1))
    for tick in range(TICKS):
        joins = list(present) if tick == 0 else [LATE] if tick == LATE_AT else []
        leaves = [1] if tick == LEAVES_AT else []
        if tick:
            present = [player for player in [*present, *joins] if player not in leaves]
        inputs = {}
        for player in present:
            ax, ay = chance.integer(-1, 1), chance.integer(-1, 1)
            inputs[player] = (ax, ay) if chance.integer(1, 4) == 1 else (player % 3 - 1, player % 2 * 2 - 1)
        turns.append(Turn(joins, leaves, inputs))
    return turns


def places_in_the_game(turns: Sequence[Turn]) -> dict[int, Units]:
    """Player → x, y, vx and vy of his car in wire units, at the end."""
    simulation = Simulation(Drive)
    for turn in turns:
        commands: list[Command] = [*map(Leave, turn.leaves), *(Join(player, f"car {player}") for player in turn.joins)]
        simulation.step(commands, {player: Pedals(ax=ax, ay=ay) for player, (ax, ay) in turn.inputs.items()})
    game = simulation.game
    assert isinstance(game, Drive)
    return {car.owner: Car.layout.pack(car)[:4] for car in game.cars}  # type: ignore[misc] # four ints


def places_in_a_replica(fragments: Sequence[tuple[Any, ...]]) -> dict[int, Units]:
    """The same, for a client that is sent these fragments, one a tick. It checks every CRC."""
    replica = Replica(Schema.from_wire(json.loads((WS.parent / "drive.json").read_text())))
    for tick, (entered, left, changed, *crc) in enumerate(fragments, start=1):
        replica.apply(0, tick, (), (), ((0, int(tick > 1), tuple(entered), tuple(left), tuple(changed), *crc),))
    cars: Sequence[Any] = replica.all("Car")
    return {car.owner: (round(car.x * 16), round(car.y * 16), round(car.vx * 256), round(car.vy * 256)) for car in cars}


def test_the_schema_that_the_peers_send_is_the_games() -> None:
    """If this fails after a change of the scene: write `Drive.schema.to_wire()` to drive.json, and change the peers alike."""
    assert json.loads((WS.parent / "drive.json").read_text()) == Drive.schema.to_wire()


def test_the_script_meets_every_edge() -> None:
    """Else the next two tests would say nothing about it."""
    edges: set[str] = set()
    turns = script()
    cars = Cars()
    for turn in turns:
        for player in turn.leaves:
            cars.leave(player)
        for player in turn.joins:
            cars.join(player, f"car {player}")
        cars.step(turn.inputs)
        for x, y, _, _ in cars.places().values():
            edges |= {
                name for name, met in (("west", x == 0), ("east", x == 65_536), ("north", y == 0), ("south", y == 65_536)) if met
            }
    assert edges == {"west", "east", "north", "south"}


def test_the_picows_room_plays_the_same_scene() -> None:
    turns = script()
    cars = Cars()
    fragments: list[tuple[Any, ...]] = []
    for tick, turn in enumerate(turns):
        for player in turn.leaves:
            cars.leave(player)
        for player in turn.joins:
            cars.join(player, f"car {player}")
        cars.step(turn.inputs)
        fragments.append((cars.whole() if tick == 0 else cars.entered(), cars.left(), [] if tick == 0 else cars.changed))
        fragments[-1] += (cars.crc(msgpack.packb),)
        cars.told()
    assert places_in_a_replica(fragments) == places_in_the_game(turns)


def test_the_node_room_plays_the_same_scene() -> None:
    node = require_tool("node")
    turns = script()
    program = f"""
        import {{ readFileSync }} from "node:fs";
        import {{ Cars }} from {json.dumps((WS / "cars.mjs").as_uri())};
        const cars = new Cars();
        const fragments = JSON.parse(readFileSync(0, "utf8")).map(([joins, leaves, inputs], tick) => {{
            for (const player of leaves) cars.leave(player);
            for (const player of joins) cars.join(player, `car ${{player}}`);
            cars.step(new Map(inputs));
            const fragment = [cars.entered(tick === 0), cars.left(), tick === 0 ? [] : cars.changed];
            cars.told();
            return fragment;
        }});
        console.log(JSON.stringify(fragments));
    """
    told = json.dumps([[turn.joins, turn.leaves, list(turn.inputs.items())] for turn in turns])
    finished = subprocess.run(
        [node, "--input-type=module", "-e", program], input=told, capture_output=True, text=True, timeout=30, check=True
    )
    assert places_in_a_replica([tuple(fragment) for fragment in json.loads(finished.stdout)]) == places_in_the_game(turns)


def test_the_lock_file_names_what_is_needed_and_no_registry() -> None:
    text = (WS / "package-lock.json").read_text()
    assert "resolved" not in text and "://" not in text
    locked = {path.rpartition("/")[2] for path, package in json.loads(text)["packages"].items() if "integrity" in package}
    assert locked == set(json.loads((WS / "package.json").read_text())["dependencies"])


# -- the generator ---------------------------------------------------------------------------------------------------------
def play(folder: Path, port: int, *more: str) -> subprocess.CompletedProcess[str]:
    """Let the load generator play for two seconds."""
    command = [str(compiled(LOAD, folder)), "--port", str(port), "--clients", str(CLIENTS), "--rooms-of", "10"]
    command += ["--seconds", "2", "--warmup", "0.3", *more]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.real_time
def test_the_generator_plays_with_a_real_server(tmp_path: Path) -> None:
    require_tool("gcc")
    with running_server("--game", str(scene.GAME_FILE), "--room", "drive1", "--room", "drive2") as server:
        finished = play(tmp_path, int(server.url.rpartition(":")[2].partition("/")[0]))
    load = json.loads(finished.stdout)
    assert finished.returncode == 0
    assert (load["lost"], load["protocol_errors"], load["first_error"]) == (0, 0, "")
    assert load["snapshots_per_second"]["min"] > 10  # it is 30 on a quiet machine
    assert load["inputs_per_second"] > 10
    assert load["round_trip_ms"]["p50"] > 0
    assert load["bytes_per_snapshot"] == pytest.approx(scene.snapshot_bytes(10) + 2, rel=0.1)  # two bytes of frame header


@pytest.mark.real_time
def test_the_generator_says_why_it_was_not_let_in(tmp_path: Path) -> None:
    require_tool("gcc")
    with running_server("--game", str(scene.GAME_FILE)) as server:
        finished = play(tmp_path, int(server.url.rpartition(":")[2].partition("/")[0]), "--game", "chess")
    assert finished.returncode == 1
    assert "there is no game 'chess'" in finished.stderr


@contextmanager
def floor(folder: Path, source: Path = FLOOR) -> Iterator[int]:
    """The least server, or a changed one; gives its port."""
    welcome = folder / "welcome"
    welcome.write_bytes(scene.welcome())
    command = [str(compiled(source, folder)), "0", "10", str(FLOOR_BYTES), str(welcome)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = re.fullmatch(r"listening on (\d+)\n", process.stdout.readline())
            assert found is not None
            yield int(found[1])
        finally:
            process.kill()


@pytest.mark.real_time
def test_the_least_server_sends_snapshots_of_the_size_that_it_was_told(tmp_path: Path) -> None:
    require_tool("gcc")
    with floor(tmp_path) as port:
        load = json.loads(play(tmp_path, port).stdout)
    assert (load["lost"], load["protocol_errors"]) == (0, 0)
    assert load["bytes_per_snapshot"] == FLOOR_BYTES + 4  # of frame header
    assert load["round_trip_ms"] is None


ZEROS: Final = "put(&at, 0xdc0000 | zeros, 3)"


@pytest.mark.real_time
@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        pytest.param("to[1] = 126;", "to[1] = 254;", "a masked frame", id="masked"),
        pytest.param("to[0] = 0x82;", "to[0] = 0x81;", "neither a whole binary message nor a control frame", id="text"),
        pytest.param("to[0] = 0x82;", "to[0] = 0xc2;", "neither a whole binary message nor a control frame", id="reserved bit"),
        pytest.param("(++r->tick)", "(100 - ++r->tick)", "the tick of a SNAPSHOT does not grow", id="backwards"),
        pytest.param(ZEROS, ZEROS.replace("zeros", "(zeros + 1)"), "a SNAPSHOT that cannot be read", id="cut short"),
        pytest.param(ZEROS, ZEROS.replace("zeros", "(zeros - 1)"), "a SNAPSHOT that cannot be read", id="too long"),
    ],
)
def test_the_generator_refuses_a_server_that_breaks_the_protocol(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    """A copy of the least server, changed in one place."""
    require_tool("gcc")
    source = FLOOR.read_text()
    assert source.count(right) == 1
    changed = tmp_path / "changed.c"
    changed.write_text(source.replace(right, wrong))
    with floor(tmp_path, changed) as port:
        finished = play(tmp_path, port)
    assert said in finished.stderr + finished.stdout


# -- the table -------------------------------------------------------------------------------------------------------------
def a_run(microseconds: float, *, lost: int = 0, waiting: float = 0.0) -> Run:
    load = {
        "lost": lost,
        "protocol_errors": 0,
        "snapshots_per_second": {"min": 30.0 - lost, "mean": 30.0},
        "gap_ms": {"p50": 33.3, "p99": 36.0, "max": 40.0},
        "round_trip_ms": None,
        "bytes_per_client_second": 18_000.0,
        "generator": {"core_share": 0.3, "latest_ms": 5.0, "slots_missed": 0},
    }
    return Run(
        user_us=microseconds, system_us=1.0, core_share=0.5, waiting_share=waiting, resident=2**20, client_bytes=2_048.0, load=load
    )


def test_the_table_has_medians_and_the_worst_errors() -> None:
    row = report.Row(SERVERS[0], Crowd(100, 50), [a_run(10.0), a_run(90.0, lost=2), a_run(20.0)])
    text = report.table([row])
    assert "| 100, rooms of 50 | 21.0 | 1.0 | 50% | 28.00 | 33.3 / 36.0 | – | 18.0 | 2 | 2 |" in text


def test_the_table_names_what_was_not_measured() -> None:
    text = report.table([report.Row(SERVERS[1], Crowd(100, 50), [], "not measured: no gcc")])
    assert text.endswith("- gameserver, `--link plain`: not measured: no gcc")


def test_a_busy_machine_is_told() -> None:
    calm, busy = ([report.Row(SERVERS[0], Crowd(100, 50), [a_run(10.0, waiting=share)])] for share in (0.01, 0.2))
    assert report.trust(calm).endswith("during 1.0% of a run at most.")
    assert "20.0% of a run at most: **the machine was busy" in report.trust(busy)


def test_writing_keeps_the_rest_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    monkeypatch.setattr(report, "PAGE", page)
    report.write("new")
    assert page.read_text() == f"before\n{report.BEGIN}\n\nnew\n\n{report.END}\nafter\n"


def test_the_page_has_the_markers() -> None:
    text = report.PAGE.read_text()
    assert text.count(report.BEGIN) == text.count(report.END) == 1


def test_wrong_names_are_wrong_usage() -> None:
    words = [sys.executable, "-m", "benchmarks.line", "--peers", "lane,nobody"]
    finished = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
    assert finished.returncode == 2
    assert "there is no nobody; there are lane," in finished.stderr
