"""The runner that plays many bots: who plays where, who comes back, and what the report says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import attrs
import pytest
import trio
from gameclient.bots import Bot, BotReport, BotRunner, percentile
from gameclient.client import Client
from gameclient.line import ClientClosed
from gameclient.stats import ClientStats
from hypothesis import given
from hypothesis import strategies as st

from gameserver.core.limits import MAX_ROOMS
from gameserver.guard import NoGuard
from gameserver.net.simulated import Latency, simulated_ports
from gameserver.rooms import Rooms
from gameserver.server import Server
from tests.helpers import HOST, PORT, Host, Toy, serving, sit

if TYPE_CHECKING:
    from trio.testing import MockClock

    from gameserver.core.messages import Snapshot

URL = f"ws://{HOST}:{PORT}"


def runner(host: Host, *, count: int = 3, seconds: float = 3.0, room: str = "", comes_back: bool = False) -> BotRunner:
    return BotRunner(URL, game=Toy, room=room, count=count, seconds=seconds, seed=1, network=host.network, comes_back=comes_back)


# -- playing ----------------------------------------------------------------------------------------------------------------
async def test_bots_play_and_are_counted(autojump_clock: MockClock) -> None:
    async with serving(latency=Latency(0.02, 0.01)) as host:
        report = await runner(host, count=3, seconds=5.0, room="here").run()
        assert report.errors == []
        assert not report.failed
        assert report.rooms == ["here"] * 3
        assert len(report.rates) == 3
        assert min(report.rates) == pytest.approx(Toy.tick_rate, rel=0.03)
        assert len(report.gaps) == pytest.approx(3 * 5 * Toy.tick_rate, rel=0.03)
        assert percentile(report.gaps, 50) == pytest.approx(1 / Toy.tick_rate, abs=0.006)
        assert 0.04 <= percentile(report.round_trips, 50) <= 0.06
        assert report.late_inputs <= 3
        assert min(report.byte_rates) > 0
        await trio.sleep(0.2)
        assert host.server.rooms["here"].players == 0, "they said goodbye"


async def test_bots_press_something(autojump_clock: MockClock) -> None:
    async with serving() as host:
        room = host.server.rooms.open("here", Toy, keep=True)
        moves: list[set[int]] = []

        async def look() -> None:
            while True:
                await trio.sleep(0.5)
                moves.append({player.x for player in room.simulation.players.values()})  # type: ignore[attr-defined] # Runner

        async with trio.open_nursery() as nursery:
            nursery.start_soon(look)
            await runner(host, count=2, seconds=5.0, room="here").run()
            nursery.cancel_scope.cancel()
        assert len(set.union(*moves)) > 5


async def test_a_seed_decides_what_a_bot_does(autojump_clock: MockClock) -> None:
    sent: list[list[object]] = []
    for seed in (1, 1, 2):
        async with serving() as host:
            inputs: list[object] = []

            class Spied(Client):
                log = inputs

                async def send_input(self, first_tick: int, wanted: Any, ticks: int = 1) -> None:  # noqa: ANN401 - as in Client
                    self.log.append((wanted.right, wanted.jump))
                    await super().send_input(first_tick, wanted, ticks)

            await BotRunner(URL, game=Toy, count=1, seconds=3.0, seed=seed, network=host.network, client_type=Spied).run()
            sent.append(inputs)
    assert sent[0] == sent[1] != sent[2]


async def test_where_a_room_is_full_the_next_one_is_opened(autojump_clock: MockClock) -> None:
    async with serving() as host:
        assert Toy.max_players == 4
        report = await runner(host, count=10).run()
        assert report.errors == []
        assert [report.rooms.count(f"toy{n}") for n in (1, 2, 3)] == [4, 4, 2]


async def test_where_a_room_was_named_and_is_full_that_is_an_error(autojump_clock: MockClock) -> None:
    async with serving() as host:
        report = await runner(host, count=5, room="here").run()
        (error,) = report.errors
        assert "bot 4" in error and "full" in error
        assert report.failed


async def test_a_server_without_a_free_room_is_not_asked_for_ever(autojump_clock: MockClock) -> None:
    async with serving() as host:
        for number in range(MAX_ROOMS):
            room = host.server.rooms.open(f"r{number}", Toy, keep=True)
            sit(room, ready=False)
        with trio.fail_after(60):
            report = await runner(host, count=2).run()
        assert len(report.errors) == 2
        assert "rooms" in report.errors[0]


async def test_progress_is_told_for_each(autojump_clock: MockClock) -> None:
    async with serving() as host:
        done: list[int] = []
        await BotRunner(URL, game=Toy, count=3, first=10, seconds=1.0, network=host.network, on_progress=done.append).run()
        assert done == [1, 2, 3]


async def test_names_go_on_from_the_first_number(autojump_clock: MockClock) -> None:
    async with serving() as host:
        room = host.server.rooms.open("here", Toy, keep=True)
        names: list[str] = []

        async def look() -> None:
            await trio.sleep(1)
            names.extend(player.name for player in room.simulation.players.values())

        async with trio.open_nursery() as nursery:
            nursery.start_soon(look)
            await BotRunner(URL, game=Toy, count=2, first=7, room="here", seconds=2.0, network=host.network).run()
        assert names == ["bot 8", "bot 9"]


class Corrupted(Client):
    """One whose memory fails once."""

    def _take_snapshot(self, snapshot: Snapshot, now: float) -> None:
        if snapshot.tick == 30:
            part, records = next(iter(self.replica.parts.items()))
            number, (form, values) = next(iter(records.items()))
            self.replica.parts[part] = {**records, number: (form, (*values[:-1], 999))}
        super()._take_snapshot(snapshot, now)


# -- when it goes wrong -----------------------------------------------------------------------------------------------------
async def test_no_server_is_an_error_of_each_bot(autojump_clock: MockClock) -> None:
    async with serving() as host:
        await host.server.stop()
        report = await runner(host, count=2).run()
        assert len(report.errors) == 2
        assert "cannot reach" in report.errors[0]


async def test_who_comes_back_plays_again_after_every_loss(autojump_clock: MockClock) -> None:
    async with serving(rooms=["here"]) as host, trio.open_nursery() as nursery:
        it = runner(host, count=2, seconds=float("inf"), room="here", comes_back=True)
        nursery.start_soon(it.run)
        await trio.sleep(2)
        for losses in range(1, 4):
            host.network.connections[0].reset()
            await trio.sleep(3)
            assert it.report.losses == losses
            assert host.server.rooms["here"].players == 2
        assert it.report.errors == []
        nursery.cancel_scope.cancel()


async def test_who_comes_back_waits_for_a_server_that_is_away_as_long_as_it_takes(autojump_clock: MockClock) -> None:
    async with serving(rooms=["here"]) as host, trio.open_nursery() as nursery:
        it = runner(host, count=1, seconds=float("inf"), room="here", comes_back=True)
        nursery.start_soon(it.run)
        await trio.sleep(2)
        host.network.partition(True)
        host.network.connections[0].reset()
        await trio.sleep(600)
        assert it.report.errors == [], "it never gives up"
        host.network.partition(False)
        await trio.sleep(3)
        assert it.report.losses == 1
        assert host.server.rooms["here"].players == 1
        nursery.cancel_scope.cancel()


async def test_who_comes_back_finds_a_server_that_was_started_again(autojump_clock: MockClock) -> None:
    """The old one has said that it closes, so nobody's seat is there any more."""
    async with trio.open_nursery() as nursery:
        async with serving(rooms=["here"]) as host:
            it = runner(host, count=2, seconds=float("inf"), room="here", comes_back=True)
            nursery.start_soon(it.run)
            await trio.sleep(2)
            await host.server.stop()
        await trio.sleep(20)
        ports = attrs.evolve(simulated_ports(1), network=host.network)
        server = Server(Rooms(ports=ports, games={"toy": Toy}, maps={}, guard=NoGuard()), ports=ports)
        await server.listen(HOST, PORT)
        nursery.start_soon(server.run)
        await trio.sleep(3)
        assert server.rooms["here"].players == 2
        assert (it.report.losses, it.report.errors) == (2, [])
        nursery.cancel_scope.cancel()


async def test_a_wrong_world_is_told_of_even_by_who_comes_back(autojump_clock: MockClock) -> None:
    async with serving(rooms=["here"]) as host, trio.open_nursery() as nursery:
        it = BotRunner(
            URL,
            game=Toy,
            room="here",
            count=1,
            seconds=float("inf"),
            network=host.network,
            comes_back=True,
            client_type=Corrupted,
        )
        nursery.start_soon(it.run)
        await trio.sleep(10)
        assert it.report.world_mismatches == it.report.losses == 1
        assert "CRC" in it.report.errors[0]
        assert host.server.rooms["here"].players == 1
        nursery.cancel_scope.cancel()


async def test_who_does_not_come_back_reports_his_loss(autojump_clock: MockClock) -> None:
    async with serving(rooms=["here"]) as host, trio.open_nursery() as nursery:
        it = runner(host, count=1, seconds=10.0, room="here")

        async def break_it() -> None:
            await trio.sleep(2)
            host.network.connections[0].reset()

        nursery.start_soon(break_it)
        await it.run()
        assert it.report.losses == 0
        assert len(it.report.errors) == 1 and it.report.errors[0].startswith("bot 0: ")
        assert len(it.report.rates) == 1, "what it saw until then counts"


async def test_a_wrong_world_is_counted_and_fails_the_run(autojump_clock: MockClock) -> None:
    async with serving() as host:
        report = await BotRunner(URL, game=Toy, count=1, seconds=10.0, network=host.network, client_type=Corrupted).run()
        assert report.world_mismatches == 1
        assert "CRC" in report.errors[0]
        assert report.failed


async def test_a_bot_can_be_made_to_do_something_else(autojump_clock: MockClock) -> None:
    class Chatty(Bot):
        async def play(self, client: Client) -> None:
            assert await client.call("echo", "hi") == "hi"
            raise ClientClosed("enough")

    async with serving() as host:
        client = Client(f"{URL}/ws/here", game="toy", name="ann", network=host.network)
        with pytest.raises(ClientClosed, match="enough"):
            await Chatty(client).run()


# -- the report -------------------------------------------------------------------------------------------------------------
def stats(snapshots: int, late: int = 0) -> ClientStats:
    return ClientStats(
        snapshots=snapshots,
        bytes_received=1_000,
        first_snapshot_at=10.0,
        last_snapshot_at=20.0,
        gaps=[0.05] * (snapshots - 1),
        round_trips=[0.1],
        late_inputs=late,
    )


def test_the_summary_has_the_numbers() -> None:
    report = BotReport(rooms=["a", "a", "b"])
    report.add(stats(201), 20.0)
    report.add(stats(101, late=2), 20.0)
    summary = report.summary(clients=3, seconds=10.0)
    assert summary == {
        "clients": 3,
        "rooms": 2,
        "seconds": 10.0,
        "snapshots_per_second": {"min": 10.0, "mean": 15.0},
        "gap_ms": {"p50": 50.0, "p99": 50.0, "max": 50.0},
        "rtt_ms": {"p50": 100.0, "p99": 100.0},
        "bytes_per_second": {"mean": 100, "max": 100},
        "world_mismatches": 0,
        "losses": 0,
        "late_inputs": 2,
        "errors": 0,
        "messages": [],
    }
    json.dumps(summary)


def test_an_empty_report_is_all_zeros_and_has_not_failed() -> None:
    report = BotReport()
    assert not report.failed
    assert report.summary(0, 0.0)["gap_ms"] == {"p50": 0.0, "p99": 0.0, "max": 0.0}


def test_a_client_that_saw_nothing_has_no_rate() -> None:
    report = BotReport()
    report.add(ClientStats(), 5.0)
    assert report.rates == []


def test_merging_reports_is_like_one_report() -> None:
    one, other, both = BotReport(rooms=["a"]), BotReport(rooms=["b"], errors=["bot 1: x"], losses=2), BotReport()
    one.add(stats(100, late=1), 20.0)
    other.add(stats(50, late=1), 20.0)
    both.merge(one)
    both.merge(BotReport.from_json(other.to_json()))
    assert both.rooms == ["a", "b"]
    assert both.errors == ["bot 1: x"]
    assert both.late_inputs == 2
    assert both.losses == 2
    assert len(both.gaps) == 99 + 49
    assert attrs.asdict(BotReport.from_json(both.to_json())) == attrs.asdict(both)


def test_ten_messages_are_enough() -> None:
    summary = BotReport(errors=[f"bot {n}: x" for n in range(30)]).summary(30, 1.0)
    assert summary["errors"] == 30
    assert len(summary["messages"]) == 10


@pytest.mark.parametrize(
    ("percent", "expected"), [(0, 1), (1, 1), (10, 1), (11, 2), (50, 5), (51, 6), (90, 9), (99, 10), (100, 10)]
)
def test_percentile_is_the_nearest_rank(percent: float, expected: float) -> None:
    assert percentile([3, 1, 2, 5, 4, 10, 9, 8, 7, 6], percent) == expected


@given(st.lists(st.floats(0, 10), min_size=1), st.floats(0, 100))
def test_so_many_percent_do_not_exceed_the_percentile(values: list[float], percent: float) -> None:
    found = percentile(values, percent)
    assert found in values
    assert sum(value <= found for value in values) * 100 >= percent * len(values) - 1e-9 * len(values)
