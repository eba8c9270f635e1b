"""The bad line is as bad as it was asked to be, and no worse."""

from __future__ import annotations

import random
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from statistics import fmean, median
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.e2e.link import Way, Weather, running_link

if TYPE_CHECKING:
    from collections.abc import Iterator

LATE_MS = 25.0
"""How much later the one line may be than the other on a machine that does other things, at the median."""


@contextmanager
def echo() -> Iterator[int]:
    """The port of somebody who says everything back."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer(line: socket.socket) -> None:
        with closing(line):
            try:
                while piece := line.recv(65_536):
                    line.sendall(piece)
            except OSError:
                pass  # the line was cut

    def listen() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=answer, args=(line,), daemon=True).start()

    threading.Thread(target=listen, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def connect(port: int) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", port), 10)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return line


def round_trip_ms(line: socket.socket) -> float:
    begin = time.monotonic()
    line.sendall(b"?")
    assert line.recv(1) == b"?"
    return (time.monotonic() - begin) * 1e3


def trips_ms(port: int) -> list[float]:
    """How long each of a hundred lines is there and back, that are sent one after the other without waiting."""
    sent: list[float] = []
    with closing(connect(port)) as line, line.makefile("rb") as reader, ThreadPoolExecutor() as threads:

        def read() -> list[float]:
            came = []
            for number in range(100):
                assert int(reader.readline()) == number, "the order was not kept"
                came.append(time.monotonic())
            return came

        reading = threads.submit(read)
        for number in range(100):
            sent.append(time.monotonic())
            line.sendall(b"%d\n" % number)
            time.sleep(0.01)
        return [(there - here) * 1e3 for here, there in zip(sent, reading.result(), strict=True)]


@given(
    gaps_ms=st.lists(st.floats(0, 100), min_size=1, max_size=50),
    delay_ms=st.floats(0, 200),
    jitter=st.floats(0, 1),
    seed=st.integers(0, 2**32),
)
def test_what_is_sent_later_arrives_later_and_each_within_its_bounds(
    gaps_ms: list[float], delay_ms: float, jitter: float, seed: int
) -> None:
    weather = Weather(delay_ms=delay_ms, jitter_ms=delay_ms * jitter)
    way = Way(weather, random.Random(seed), begin=0.0)
    now, last, latest = 0.0, 0.0, 0.0
    for gap in gaps_ms:
        now += gap / 1e3
        due = way.due(now)
        latest = max(latest, now + (weather.delay_ms + weather.jitter_ms) / 1e3)
        assert due >= last, "it overtook an earlier one"
        assert due >= now + (weather.delay_ms - weather.jitter_ms) / 1e3 - 1e-9
        assert due <= latest + 1e-9
        last = due


def test_the_delays_are_spread_evenly_and_the_seed_decides_them() -> None:
    def delays(seed: int) -> list[float]:
        way = Way(Weather(delay_ms=75, jitter_ms=30), random.Random(seed), begin=0.0)
        return [way.due(second) - second for second in range(1_000)]

    assert delays(1) == delays(1) != delays(2)
    spread = delays(1)
    assert 0.045 <= min(spread) < 0.047 and 0.103 < max(spread) <= 0.105
    assert fmean(spread) == pytest.approx(0.075, abs=0.002)


def test_a_stall_holds_up_what_falls_into_it_and_nothing_else() -> None:
    way = Way(Weather(delay_ms=10, stall_every_ms=1_000, stall_ms=400), random.Random(1), begin=100.0)
    assert way.due(100.1) == pytest.approx(100.11), "not at the very beginning"
    assert way.due(100.98) == pytest.approx(100.99)
    assert way.due(101.0) == way.due(101.2) == pytest.approx(101.4)
    assert way.due(101.5) == pytest.approx(101.51)


@pytest.mark.parametrize(
    "weather",
    [{"delay_ms": 10, "jitter_ms": 20}, {"delay_ms": -1}, {"stall_every_ms": 100, "stall_ms": 100}],
)
def test_weather_that_cannot_be_is_refused(weather: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="ms"):
        Weather(**weather)


@pytest.mark.real_time
def test_on_real_sockets_the_order_is_kept_and_the_delays_are_those_that_were_asked_for() -> None:
    """A line without weather, at the same time, says how late the machine makes everything."""
    weather = Weather(delay_ms=30, jitter_ms=15)
    with (
        echo() as far,
        running_link(far, weather) as link,
        running_link(far) as clear,
        ThreadPoolExecutor() as threads,
    ):
        late = threads.submit(trips_ms, clear.port)
        trips = trips_ms(link.port)
        late_ms = median(late.result())
    assert min(trips) >= 2 * 15
    assert 2 * 30 - 15 <= median(trips) <= 2 * 45 + 2 * late_ms + LATE_MS, (
        "FIFO makes the median a little more than twice the delay"
    )


@pytest.mark.real_time
def test_a_line_is_cut_with_a_reset_and_takes_nobody_until_it_is_mended() -> None:
    with echo() as far, running_link(far) as link:
        with closing(connect(link.port)) as line:
            round_trip_ms(line)
            link.cut(refuse=True)
            with pytest.raises(ConnectionResetError):
                line.recv(1)
        with pytest.raises(ConnectionResetError), closing(connect(link.port)) as line:
            line.recv(1)
        link.mend()
        with closing(connect(link.port)) as line:
            round_trip_ms(line)
            assert link.open_connections == 1
        assert link.accepted == 3


@pytest.mark.real_time
def test_a_stall_lasts_as_long_as_asked_and_weather_changes_under_way() -> None:
    with echo() as far, running_link(far) as link, closing(connect(link.port)) as line:
        assert min(round_trip_ms(line) for _ in range(10)) < 100
        begin = time.monotonic()
        link.stall(0.3)
        round_trip_ms(line)
        assert time.monotonic() - begin >= 0.299
        link.set_weather(Weather(delay_ms=300))
        assert round_trip_ms(line) >= 600
        line.sendall(b"!")
        begin = time.monotonic()
        link.stall(1.0)
        assert line.recv(1) == b"!"
        assert time.monotonic() - begin >= 0.999, "what was on its way waits as well"


@pytest.mark.real_time
def test_who_has_said_all_still_hears_the_answer() -> None:
    with echo() as far, running_link(far, Weather(delay_ms=20)) as link, closing(connect(link.port)) as line:
        line.sendall(b"last")
        line.shutdown(socket.SHUT_WR)
        assert line.recv(100) == b"last"
        assert line.recv(100) == b""
