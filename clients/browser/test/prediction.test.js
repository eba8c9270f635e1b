/** Prediction and reconciliation, with a step that mixes everything it is given, so that nothing wrong goes unnoticed. */

import assert from "node:assert/strict";
import test from "node:test";

import { Predictor } from "../src/prediction.js";

/** @param {readonly number[]} state @param {number} input @param {number} tick @returns {number[]} */
function mix([a, b], input, tick) {
  return [(a * 31 + b * 7 + input * 13 + tick) % 1009, (b * 17 + a + input) % 997];
}

/**
 * What the server takes where no input came: the last one for three ticks, then nothing.
 *
 * @param {number | null} last
 * @param {number} ticks
 */
function absent(last, ticks) {
  return last !== null && ticks <= 3 ? last : 0;
}

/** @param {{keep?: number, replayMost?: number}} [options] @returns {Predictor<number>} */
function predictor(options = {}) {
  return new Predictor({ step: mix, absent, ...options });
}

/** @param {number} from @param {readonly number[]} state @param {number} to @param {Map<number, number>} inputs */
function fromScratch(from, state, to, inputs) {
  let now = state;
  let last = Math.max(-Infinity, ...[...inputs.keys()].filter((tick) => tick <= from));
  for (let tick = from + 1; tick <= to; tick++) {
    if (inputs.has(tick)) last = tick;
    now = mix(now, Number.isFinite(last) ? absent(inputs.get(last) ?? 0, tick - last) : 0, tick);
  }
  return now;
}

const NOTHING = { wrong: false, replayed: 0, jumped: false };

test("what was predicted is confirmed, tick by tick", () => {
  const own = predictor();
  own.reset(100, [1, 2]);
  const server = [[1, 2]];
  for (let tick = 101; tick <= 160; tick++) {
    own.predict(tick, tick % 5);
    server.push(mix(server[server.length - 1], tick % 5, tick));
    assert.deepEqual(own.state, server[tick - 100]);
    if (tick > 106) assert.deepEqual(own.reconcile(tick - 6, server[tick - 106]), NOTHING);
  }
  assert.deepEqual([own.compared, own.mispredicted, own.tick], [54, 0, 160]);
  assert.deepEqual(own.before(), server[59]);
  assert.deepEqual(own.before(0), own.state);
  assert.equal(own.before(128), null);
});

test("a wrong tick: back to the server's state, and through the inputs since then", () => {
  const own = predictor();
  own.reset(10, [1, 2]);
  const inputs = new Map();
  for (let tick = 11; tick <= 18; tick++) {
    inputs.set(tick, tick);
    own.predict(tick, tick);
  }
  assert.deepEqual(own.reconcile(13, [500, 600]), { wrong: true, replayed: 5, jumped: false });
  assert.deepEqual(own.state, fromScratch(13, [500, 600], 18, inputs));
  assert.equal(own.tick, 18);
  // From there on the prediction is right again.
  assert.deepEqual(own.reconcile(14, fromScratch(13, [500, 600], 14, inputs)), NOTHING);
  assert.deepEqual([own.compared, own.mispredicted], [2, 1]);
});

test("an input that came late costs the ticks until it counted, and no more", () => {
  // For tick 12 the server went on with the input of 11, and used 12's own in tick 13, where the next should have been.
  const own = predictor();
  own.reset(10, [1, 2]);
  for (let tick = 11; tick <= 16; tick++) own.predict(tick, tick);
  const server = new Map([[11, 11], [12, 11], [13, 13], [14, 14], [15, 15], [16, 16]]);
  assert.equal(own.reconcile(11, fromScratch(10, [1, 2], 11, server)).wrong, false);
  assert.deepEqual(own.reconcile(12, fromScratch(10, [1, 2], 12, server)), { wrong: true, replayed: 4, jumped: false });
  for (const tick of [13, 14, 15, 16]) assert.equal(own.reconcile(tick, fromScratch(10, [1, 2], tick, server)).wrong, false);
  assert.deepEqual([own.compared, own.mispredicted], [6, 1]);
});

test("snapshots that were skipped are not missed", () => {
  const own = predictor();
  own.reset(10, [1, 2]);
  const inputs = new Map();
  for (let tick = 11; tick <= 30; tick++) {
    inputs.set(tick, tick);
    own.predict(tick, tick);
  }
  for (const tick of [12, 16, 24]) assert.equal(own.reconcile(tick, fromScratch(10, [1, 2], tick, inputs)).wrong, false);
  assert.deepEqual([own.compared, own.mispredicted], [3, 0]);
  // One that is older than the newest says nothing new, however wrong.
  assert.deepEqual(own.reconcile(24, [0, 0]), NOTHING);
  assert.deepEqual(own.reconcile(20, [0, 0]), NOTHING);
});

test("a server that is ahead of the prediction is taken as it is", () => {
  const own = predictor();
  own.reset(10, [1, 2]);
  own.predict(11, 1);
  assert.deepEqual(own.reconcile(20, [7, 8]), NOTHING);
  assert.deepEqual([own.tick, own.state, own.compared], [20, [7, 8], 0]);
  own.predict(21, 5);
  assert.deepEqual(own.state, mix([7, 8], 5, 21));
});

test("inputs that were sent before there was anything to predict count from the first state on", () => {
  const own = predictor();
  for (let tick = 14; tick <= 18; tick++) own.predict(tick, tick);
  assert.equal(own.state, null);
  own.reset(11, [3, 4]);
  // 12 and 13 had no input, and none before to hold.
  let expected = mix(mix([3, 4], 0, 12), 0, 13);
  for (let tick = 14; tick <= 18; tick++) expected = mix(expected, tick, tick);
  assert.deepEqual([own.tick, own.state], [18, expected]);
  assert.equal(own.compared, 0);
});

test("where no input was sent the last one is held as the server holds it", () => {
  const own = predictor();
  own.reset(10, [1, 2]);
  own.predict(11, 9);
  own.predict(17, 4);
  const inputs = new Map([[11, 9], [17, 4]]);
  assert.deepEqual(own.state, fromScratch(10, [1, 2], 17, inputs));
  assert.equal(own.reconcile(16, fromScratch(10, [1, 2], 16, inputs)).wrong, false);
  assert.deepEqual(own.reconcile(17, [0, 0]), { wrong: true, replayed: 0, jumped: false });
});

test("another thing under the same inputs: reset compares nothing, stop remembers only the inputs", () => {
  const own = predictor();
  own.reset(10, [1, 2]);
  for (let tick = 11; tick <= 15; tick++) own.predict(tick, tick);
  own.stop();
  assert.deepEqual([own.state, own.tick, own.before()], [null, null, null]);
  own.predict(16, 16);
  assert.deepEqual(own.reset(13, [50, 60]), { wrong: false, replayed: 3, jumped: false });
  assert.deepEqual(own.state, mix(mix(mix([50, 60], 14, 14), 15, 15), 16, 16));
  assert.deepEqual([own.compared, own.mispredicted], [0, 0]);
  own.forget();
  own.reset(13, [50, 60]);
  assert.deepEqual([own.tick, own.state], [13, [50, 60]]);
});

test("40 ticks are stepped through again, and not one more", () => {
  for (const behind of [40, 41]) {
    const own = predictor();
    own.reset(100, [1, 2]);
    const inputs = new Map();
    for (let tick = 101; tick <= 150; tick++) {
      inputs.set(tick, tick);
      own.predict(tick, tick);
    }
    const done = own.reconcile(150 - behind, [5, 6]);
    assert.deepEqual(done, { wrong: true, replayed: behind === 40 ? 40 : 0, jumped: behind === 41 });
    assert.deepEqual(own.state, behind === 40 ? fromScratch(110, [5, 6], 150, inputs) : [5, 6]);
    assert.equal(own.tick, 150);
    // A jump is no prediction: the ticks between are not held against it.
    assert.equal(own.reconcile(150 - behind + 1, mix([5, 6], 150 - behind + 1, 150 - behind + 1)).wrong, false);
  }
});

test("a long gap without inputs is not stepped through", () => {
  const own = predictor();
  own.reset(10, [1, 2]);
  own.predict(51, 1);
  assert.deepEqual([own.tick, own.state], [51, [1, 2]]);
  own.reconcile(49, [8, 9]);
  assert.deepEqual(own.state, mix(mix([8, 9], 0, 50), 1, 51));
});

test("on a new line ticks may begin lower: what was sent for them on the old one is void", () => {
  const own = predictor();
  own.reset(10, [1, 2]);
  for (let tick = 11; tick <= 20; tick++) own.predict(tick, 1);
  own.predict(16, 2);
  assert.equal(own.tick, 16);
  const inputs = new Map([...Array(5).keys()].map((index) => [11 + index, 1]));
  inputs.set(16, 2);
  assert.deepEqual(own.state, fromScratch(10, [1, 2], 16, inputs));
  assert.deepEqual(own.reconcile(12, [3, 3]), { wrong: true, replayed: 4, jumped: false });
  assert.deepEqual(own.state, fromScratch(12, [3, 3], 16, inputs));
});

test("a ring that could not hold what is to be replayed is refused", () => {
  assert.throws(() => predictor({ keep: 40, replayMost: 40 }), RangeError);
  assert.throws(() => predictor({ replayMost: 0 }), RangeError);
});

test("whatever happens, it is what a computation from the newest snapshot gives", () => {
  let state = 99;
  const random = (/** @type {number} */ below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  let replays = 0;
  for (let round = 0; round < 200; round++) {
    const own = predictor();
    const inputs = new Map();
    let server = [random(1000), random(900)];
    let at = 50;
    own.reset(at, server);
    let sent = at;
    for (let turn = 0; turn < 60; turn++) {
      const action = random(10);
      if (action < 6 && sent < at + 30) {
        sent += action === 0 ? 1 + random(4) : 1;
        const input = random(5);
        inputs.set(sent, input);
        own.predict(sent, input);
      } else {
        const to = Math.min(at + 1 + random(4), Math.max(sent, at + 1));
        server = random(4) === 0 ? [random(1000), random(900)] : fromScratch(at, server, to, inputs);
        at = to;
        if (random(30) === 0) own.reset(at, server);
        else replays += own.reconcile(at, server).wrong ? 1 : 0;
        sent = Math.max(sent, at);
      }
      const newest = /** @type {number} */ (own.tick);
      assert.deepEqual(own.state, fromScratch(at, server, newest, inputs), `round ${round}, turn ${turn}`);
      assert.equal(newest, Math.max(at, ...inputs.keys()));
    }
  }
  assert.ok(replays > 500, String(replays));
});
