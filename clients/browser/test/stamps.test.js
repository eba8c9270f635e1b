import assert from "node:assert/strict";
import test from "node:test";

import { ServerClock } from "../src/clock.js";
import { InputPace } from "../src/stamps.js";
import { Timeline } from "../src/timeline.js";
import { Agenda, LINKS, ping, randomOf, RoomModel } from "./link_model.js";

const MINUTE_MS = 60_000;

/**
 * A client as the page is: frames at 60 a second, not quite even, and between them a timer that sends too, half a tick apart. The input
 * for tick n is sent when the predicted time crosses n.
 */
class InputModel {
  constructor({ seed, link, tickRate, leadTicks = null }) {
    const random = randomOf(seed);
    this.agenda = new Agenda();
    this.clock = new ServerClock(tickRate);
    this.pace = new InputPace({ tickRate });
    this.timeline = new Timeline({ tickRate });
    this.leadTicks = leadTicks;
    this.sent = null;
    this.messages = 0;
    this.firstSent = null;
    this.room = new RoomModel({
      agenda: this.agenda,
      random,
      link,
      tickRate,
      onSnapshot: (tick, margin, nowMs) => {
        this.clock.hint(nowMs, tick);
        if (margin !== null) this.pace.report(margin, nowMs);
      },
      onPong: (each) => this.clock.add(each),
    });
    ping(this.room, this.agenda);
    const every = (least, most) => {
      const next = (nowMs) => {
        this.look(nowMs);
        this.agenda.at(nowMs + least + (most - least) * random(), next);
      };
      this.agenda.at(0, next);
    };
    every(1000 / 75, 1000 / 50);
    every(500 / tickRate, 600 / tickRate);
  }

  look(nowMs) {
    if (!this.clock.measured) return;
    const lead = this.leadTicks ?? this.pace.leadTicks(this.clock);
    const newest = Math.floor(this.timeline.advance(nowMs, this.clock.tickAt(nowMs) + lead));
    this.sent ??= newest - 1;
    this.firstSent ??= newest;
    const count = Math.min(16, newest - this.sent);
    if (count <= 0) return;
    this.room.input(newest - count + 1, count, nowMs);
    this.messages++;
    this.sent = newest;
  }

  /** From so many ticks after the first input on: late ones in %, the mean margin and the one that 2 % are below, in ticks. */
  figures(after = 0) {
    const margins = [];
    let missing = 0;
    for (let tick = this.firstSent + after; tick < this.sent - 60; tick++) {
      const margin = this.room.margins.get(tick);
      if (margin === undefined) missing++;
      else margins.push(margin / this.room.tickMs);
    }
    margins.sort((one, other) => one - other);
    const late = margins.filter((margin) => margin < 0).length;
    return {
      ticks: margins.length,
      missing,
      late: (100 * late) / margins.length,
      mean: margins.reduce((sum, margin) => sum + margin, 0) / margins.length,
      low: margins[Math.floor(margins.length / 50)],
    };
  }
}

for (const tickRate of [30, 60])
  for (const [name, link] of Object.entries(LINKS))
    test(`10 minutes at ${tickRate} Hz: ${name}`, (context) => {
      const model = new InputModel({ seed: 7, link, tickRate });
      model.agenda.run(10 * MINUTE_MS);
      const { ticks, missing, late, mean, low } = model.figures();
      context.diagnostic(`late ${late.toFixed(3)} %, mean ${mean.toFixed(2)} ticks, 2 % below ${low.toFixed(2)}, snaps ${model.timeline.snaps}`);
      assert.ok(ticks > 9.9 * 60 * tickRate);
      assert.equal(missing, 0);
      assert.equal(model.timeline.snaps, 0);
      if (link.stalls) {
        assert.ok(late < 6, "250 of 5,000 ms and the way"); // what is under way in a standstill is late whatever is done
        assert.ok(mean < 4);
      } else {
        assert.ok(late < 0.1, `${late} % are late`);
        assert.ok(mean <= 2.5, `mean buffer ${mean}`);
        assert.ok(low > 0.3, `2 % below ${low}`);
      }
    });

test("a fixed lead of one tick is too little there: the model can tell", () => {
  const tickRate = 30;
  const model = new InputModel({ seed: 7, link: LINKS["L(150, 30)"], tickRate, leadTicks: 0.075 * tickRate + 0.3 });
  model.agenda.run(MINUTE_MS);
  assert.ok(model.figures().late > 1);
});

test("a line that becomes slower, and fast again: in time within seconds, and early no longer than needed", () => {
  const model = new InputModel({ seed: 3, link: LINKS["L(100, 10)"], tickRate: 30 });
  model.agenda.run(20_000);
  model.room.link = { ways: [140, 160] };
  const slower = model.sent;
  model.agenda.run(45_000);
  const fast = model.sent;
  model.room.link = LINKS["L(100, 10)"];
  model.agenda.run(MINUTE_MS + 30_000);
  const early = (from, to) => Array.from({ length: to - from }, (_, at) => model.room.margins.get(from + at) / model.room.tickMs);
  const settled = early(slower + 120, fast - 10);
  assert.ok(settled.filter((margin) => margin < 0).length / settled.length < 0.01, "in time 4 s later");
  assert.ok(early(slower, slower + 30).some((margin) => margin < 0), "it was late: the case is one");
  const mean = (list) => list.reduce((sum, each) => sum + each, 0) / list.length;
  assert.ok(mean(early(model.sent - 300, model.sent - 60)) < 2, "15 s later the delay is gone");
});

// -- by hand -------------------------------------------------------------------------------------------------------------
const US = 1000;
const SOON = 33;

/** Reports such margins, in ms, one each tick. */
function reported(pace, margins, fromMs = 0) {
  margins.forEach((margin, at) => pace.report(margin * US, fromMs + at * SOON));
  return fromMs + margins.length * SOON;
}

test("margins above one tick give time back at 5 %, after two seconds", () => {
  const pace = new InputPace({ tickRate: 30 });
  assert.equal(pace.marginLowMs, null);
  let nowMs = reported(pace, Array.from({ length: 60 }, (_, at) => 100 + (at % 7)));
  const before = pace.safetyTicks;
  assert.equal(before, 2, "the late ones may not have come yet");
  nowMs = reported(pace, Array.from({ length: 31 }, (_, at) => 100 + (at % 7)), nowMs);
  const gone = ((before - pace.safetyTicks) / 30) * 1000;
  assert.ok(gone > 40 && gone <= 0.05 * 32 * SOON, `${gone} ms in a second`);
  assert.equal(pace.marginMs, 102);
  assert.equal(pace.marginLowMs, 100);
});

test("spikes are left out, unless there is nothing else for half a second", () => {
  const pace = new InputPace({ tickRate: 30 });
  let nowMs = reported(pace, Array.from({ length: 70 }, (_, at) => 33 + (at % 5)));
  const before = pace.safetyTicks;
  nowMs = reported(pace, [-51, -200, -160, -120, -80, -55, 33, 34, 35], nowMs);
  assert.equal(pace.spikes, 6);
  assert.ok(Math.abs(pace.safetyTicks - before) < 0.3);
  nowMs = reported(pace, Array.from({ length: 15 }, (_, at) => -100 - (at % 5)), nowMs);
  assert.ok(Math.abs(pace.safetyTicks - before) < 0.6);
  reported(pace, [-100, -101], nowMs);
  assert.ok(pace.safetyTicks > before + 3, "now it is the line, and all of it is made up at once");
});

test("what is reported again counts once", () => {
  const one = new InputPace({ tickRate: 30 });
  reported(one, [-40, ...Array.from({ length: 200 }, () => -40)]);
  assert.ok(one.safetyTicks <= 2 + 2.3, "nobody who stops sending is driven ever further ahead");
});

test("a lead is never negative, and the safety never beyond a quarter of a second", () => {
  const pace = new InputPace({ tickRate: 60 });
  const clock = new ServerClock(60);
  clock.add({ sentAtMs: 0, nowMs: 100, tick: 6, intoTickUs: 0, heldUs: 0 });
  assert.equal(pace.leadTicks(clock), 3 + 2);
  let nowMs = 0;
  for (let at = 0; at < 3000; at++) pace.report((400 + (at % 3)) * US, (nowMs += 16));
  assert.equal(pace.leadTicks(clock), 0);
  for (let at = 0; at < 3000; at++) pace.report((-49 - (at % 3) / 10) * US, (nowMs += 16));
  assert.ok(Math.abs(pace.safetyTicks - 15) < 1e-9);
});

test("reset: a new line's margins count from the first on", () => {
  const pace = new InputPace({ tickRate: 30 });
  reported(pace, Array.from({ length: 100 }, (_, at) => 33 + (at % 5)));
  pace.reset();
  assert.equal(pace.marginMs, null);
  assert.equal(pace.marginLowMs, null);
});
