"""Sequences for whatever keeps time in a client, in both languages: what is fed in, and what must come out within 1e-9.

`tests.core.make_vectors` writes them to tests/vectors/timing.json. Times are whole microseconds of the local clock. A step is an
array; what comes out stands at its end, in ticks and milliseconds:

    clock      ["hint", now, tick, tick_at(now)], ["reset"],
               ["pong", sent_at, now, tick, into_tick, held, tick_at(now), round trip, shortest round trip, jitter]
    timeline   [now, target, tick, rate, snaps]      `of`: "input" or "view", which have different options
    pace       [margin, now, safety, the low margin or null, spikes]
    delay      [tick, now, rate, delay, lateness, target_tick(now)]
"""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

from gameclient.clock import ServerClock
from gameclient.delay import ViewDelay
from gameclient.pace import InputPace
from gameclient.timeline import VIEW_TIME, Timeline

if TYPE_CHECKING:
    from collections.abc import Iterator

MICROSECONDS = 1_000_000


def clock_steps(rng: random.Random, rate: int) -> Iterator[list[Any]]:
    """PONGs and snapshots on a line that jitters, a reset, and a local clock that stood still."""
    clock = ServerClock(rate)
    now, ahead = 5_000_000, 777_000_000
    for step in range(120):
        if step == 70:
            clock.reset()
            yield ["reset"]
        if step == 100:
            ahead += 3_000_000
        sent, up, held, down = now, rng.randint(45_000, 105_000), rng.randint(0, 33_000), rng.randint(45_000, 105_000)
        now += up + held + down
        if rng.random() < 0.4:
            room = now - down + ahead
            tick = room * rate // MICROSECONDS
            into = room - tick * MICROSECONDS // rate
            trip = clock.add(sent / 1e6, now / 1e6, tick, into / 1e6, held / 1e6)
            shortest, jitter = clock.round_trip_seconds * 1e3, clock.jitter_seconds * 1e3
            yield ["pong", sent, now, tick, into, held, clock.tick_at(now / 1e6), trip * 1e3, shortest, jitter]
        else:
            tick = (now - down + ahead) * rate // MICROSECONDS
            clock.hint(now / 1e6, tick)
            yield ["hint", now, tick, clock.tick_at(now / 1e6)]


def timeline_steps(rng: random.Random, rate: int, timeline: Timeline) -> Iterator[list[Any]]:
    """A target that trembles, and jumps now and then, a little or far."""
    jumps = {20: 0.08, 45: -0.08, 70: 0.3, 100: -0.3, 130: 0.7, 155: -0.7, 180: 5.0, 190: -5.0}  # seconds
    now, off = 1_000_000, 0.0
    for step in range(200):
        now += rng.randint(5_000, 60_000)
        off += jumps.get(step, 0.0) * rate
        target = now * rate / 1e6 + off + rng.uniform(-0.2, 0.2)
        yield [now, target, timeline.advance(now / 1e6, target), timeline.rate, timeline.snaps]


def pace_steps(rng: random.Random, rate: int) -> Iterator[list[Any]]:
    """Margins that jitter, a stall, margins said again, and a line that becomes slower."""
    pace = InputPace(rate)
    now, extra = 2_000_000, 20_000
    for step in range(300):
        now += MICROSECONDS // rate + rng.randint(-5_000, 5_000)
        if step == 200:
            extra = -120_000
        margin = extra + rng.randint(0, 50_000) - (150_000 if 120 <= step < 126 else 0)
        for _ in range(1 + (step % 50 == 7)):
            pace.report(margin / 1e6, now / 1e6)
            low = pace.margin_low_seconds
            yield [margin, now, pace.safety_ticks, None if low is None else low * 1e3, pace.spikes]


def delay_steps(rng: random.Random, rate: int) -> Iterator[list[Any]]:
    """Snapshots on a line that jitters: at another rate for a while, after a stall, and on a line that became slower."""
    delay = ViewDelay(rate)
    last, divisor, extra = 0, 1, 50_000
    for tick in range(1, 14 * rate):
        if tick == 4 * rate:
            divisor = 4
        if tick == 7 * rate:
            divisor = 1
        if tick == 9 * rate:
            extra += 400_000
        if tick % divisor:
            continue
        now = max(last, tick * MICROSECONDS // rate + extra + rng.randint(0, 60_000))
        if 3_000_000 <= now < 3_400_000:
            now = 3_400_000
        last = now
        delay.arrived(tick, now / 1e6, divisor)
        yield [tick, now, divisor, delay.delay_ticks, delay.lateness_seconds * 1e3, delay.target_tick(now / 1e6)]


def timing() -> dict[str, list[dict[str, Any]]]:
    """What timing.json holds."""
    rates = (30, 60)
    return {
        "clock": [{"tick_rate": rate, "steps": [*clock_steps(random.Random(rate), rate)]} for rate in rates],
        "timeline": [
            {"tick_rate": rate, "of": of, "steps": [*timeline_steps(random.Random(rate), rate, timeline)]}
            for rate in rates
            for of, timeline in (("input", Timeline(rate)), ("view", Timeline(rate, **VIEW_TIME)))
        ],
        "pace": [{"tick_rate": rate, "steps": [*pace_steps(random.Random(rate), rate)]} for rate in rates],
        "delay": [{"tick_rate": rate, "steps": [*delay_steps(random.Random(rate), rate)]} for rate in (20,)],
    }


def timing_text() -> str:
    """The file: a step in a line."""
    lines = []
    for name, cases in timing().items():
        made = []
        for case in cases:
            head = json.dumps({key: value for key, value in case.items() if key != "steps"})[1:-1]
            steps = ",\n   ".join(json.dumps(step) for step in case["steps"])
            made.append(f'  {{{head}, "steps": [\n   {steps}\n  ]}}')
        lines.append(f' "{name}": [\n' + ",\n".join(made) + "\n ]")
    return "{\n" + ",\n".join(lines) + "\n}\n"
