/** The lag receipt, on a line of which the truth is known. */

import assert from "node:assert/strict";
import test from "node:test";

import { LagReceipt } from "../src/receipt.js";
import { draw, joined } from "./pair.js";
import { seeded } from "./virtual_time.js";

const TICK_RATE = 30;
const TICK_MS = 1000 / TICK_RATE;

/**
 * A minute of inputs, one each tick. Every snapshot leaves `busyMs` after its tick was due.
 *
 * @returns for each receipt what it says and what is true
 */
function minute({ upMs, downMs, leadMs, busyMs = 2, seed = 1, rate = 1 }) {
  const dice = seeded(seed);
  const receipts = new LagReceipt(TICK_RATE);
  const times = { dueMs: (tick) => tick * TICK_MS };
  const events = [];
  const inputs = [];
  let [arrivedMs, cameMs] = [0, 0];
  for (let tick = 1; tick < 1800; tick++) {
    const sentMs = tick * TICK_MS - leadMs + dice() * 8;
    arrivedMs = Math.max(arrivedMs, sentMs + upMs(dice));
    inputs.push({ tick, sentMs, arrivedMs });
    events.push([sentMs, () => receipts.sent(tick, sentMs)]);
    if (tick % rate !== 0) continue;
    const leftMs = tick * TICK_MS + busyMs;
    cameMs = Math.max(cameMs, leftMs + downMs(dice));
    events.push([cameMs, take.bind(null, tick, leftMs, cameMs)]);
  }
  const made = [];
  function take(tick, leftMs, nowMs) {
    const newest = inputs.filter((input) => input.arrivedMs <= leftMs).at(-1);
    // A late input is used in the tick after its arrival.
    const used = inputs.filter((input) => Math.max(input.tick, Math.ceil(input.arrivedMs / TICK_MS)) <= tick).at(-1);
    const before = receipts.last;
    receipts.pong(busyMs * 1000);
    const margin = newest ? Math.round((newest.tick * TICK_MS - newest.arrivedMs) * 1000) : null;
    receipts.snapshot({ tick, inputAck: used?.tick ?? null, margin }, nowMs, times);
    if (receipts.last === before) return;
    const said = receipts.last;
    const { sentMs, arrivedMs: truth } = inputs[said.tick - 1];
    const usedMs = Math.max(said.tick * TICK_MS, Math.ceil(truth / TICK_MS) * TICK_MS);
    const there = { uplinkMs: truth - sentMs, waitMs: usedMs - truth };
    made.push({ said, true_: { ...there, tickMs: leftMs - usedMs, downlinkMs: nowMs - leftMs, totalMs: nowMs - sentMs } });
  }
  for (const [, happen] of events.sort(([one], [other]) => one - other)) happen();
  return made;
}

for (const [name, line] of Object.entries({
  "an even line": { upMs: () => 40, downMs: () => 60, leadMs: 80 },
  "a line of 150 ms ± 30": { upMs: (dice) => 45 + 60 * dice(), downMs: (dice) => 45 + 60 * dice(), leadMs: 150 },
  "inputs that come late": { upMs: (dice) => 60 + 80 * dice(), downMs: () => 50, leadMs: 90 },
  "a busy server": { upMs: () => 20, downMs: () => 20, leadMs: 70, busyMs: 12 },
  "every fourth snapshot": { upMs: () => 30, downMs: () => 30, leadMs: 80, rate: 4 },
}))
  test(`the receipt tells the truth: ${name}`, () => {
    const made = minute(line);
    assert.ok(made.length > (line.rate ? 200 : 400), `${made.length} receipts`);
    for (const { said, true_ } of made) {
      const { uplinkMs, waitMs, tickMs, downlinkMs, totalMs } = said;
      assert.ok(Math.abs(uplinkMs + waitMs + tickMs + downlinkMs - totalMs) < 1e-6, "the parts are the whole");
      for (const [part, value] of Object.entries(true_))
        assert.ok(Math.abs(said[part] - value) < 0.01, `${part} of tick ${said.tick}: ${said[part]}, in truth ${value}`);
    }
  });

test("without margins and inputs there is no receipt", () => {
  const receipts = new LagReceipt(TICK_RATE);
  const times = { dueMs: (tick) => tick * TICK_MS };
  receipts.snapshot({ tick: 5, inputAck: null, margin: null }, 200, times);
  receipts.snapshot({ tick: 6, inputAck: 6, margin: 20_000 }, 240, times);
  assert.equal(receipts.last, null);
});

test("a client's receipt, on a line that takes 30 ms there and 50 ms back", async () => {
  const wayMs = (direction) => (direction === "up" ? 30 : 50);
  const { client, server, time } = await joined({ server: { wayMs }, withinMs: 1000 });
  client.sampler = () => ({ move: 1 });
  draw(client, time);
  await time.pass(5000);
  const { uplinkMs, waitMs, tickMs, downlinkMs, totalMs } = client.stats.receipt;
  assert.ok(Math.abs(uplinkMs + waitMs + tickMs + downlinkMs - totalMs) < 1e-6);
  // The clock takes both ways to be alike: it is wrong by half of the difference, and what it takes from one it gives to the other.
  assert.ok(Math.abs(uplinkMs + downlinkMs - 80) < 0.01, `${uplinkMs} and ${downlinkMs}`);
  assert.ok(Math.abs(uplinkMs - 40) < 0.01);
  assert.equal(Math.round(tickMs * 100), 0);
  assert.ok(waitMs > 0 && waitMs < 150);
  assert.deepEqual(server.faults, []);
});
