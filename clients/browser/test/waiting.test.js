/** What somebody is told while there is no line. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { waitingOf } from "../pages/play/waiting.js";
import { JoinRefused, LineLost } from "../src/errors.js";
import { NoticeCode } from "../src/wire.js";

const NOW = 100_000;
const RESTARTING = /** @type {const} */ ({ type: "NOTICE", code: NoticeCode.RESTARTING, text: "", detail: 5 });
const BUSY = new JoinRefused("too many", { status: 429, retryAfterMs: 4_000 });

/** @param {Error} error @param {{forMs?: number, inMs?: number | null}} [when] */
function loss(error, { forMs = 0, inMs = 500 } = {}) {
  return { error, message: error.message, sinceMs: NOW - forMs, nextTryMs: inMs === null ? null : NOW + inMs };
}

test("a line that is there, or has only just been lost, is not worth a word", () => {
  const broken = new LineLost("it broke");
  assert.equal(waitingOf({ state: "playing", notice: null, loss: null }, NOW), null);
  assert.equal(waitingOf({ state: "connecting", notice: null, loss: null }, NOW), null);
  assert.equal(waitingOf({ state: "ended", notice: null, loss: loss(broken, { forMs: 9_000 }) }, NOW), null);
  assert.equal(waitingOf({ state: "lost", notice: null, loss: loss(broken, { forMs: 600 }) }, NOW), null);
  assert.match(waitingOf({ state: "lost", notice: null, loss: loss(broken, { forMs: 5_000 }) }, NOW)?.text ?? "", /5 seconds/);
  const late = waitingOf({ state: "lost", notice: null, loss: loss(broken, { forMs: 31_000 }) }, NOW);
  assert.match(late?.text ?? "", /given away/);
});

test("who shall come again later sees the time run down, and need not wait for it", () => {
  for (const [inMs, told] of /** @type {const} */ ([[4_000, "4 seconds"], [1_200, "1 second"]])) {
    const shown = waitingOf({ state: "connecting", notice: null, loss: loss(BUSY, { inMs }) }, NOW);
    assert.match(shown?.text ?? "", new RegExp(told));
    assert.equal(shown?.steps[0], "try");
  }
  assert.equal(waitingOf({ state: "connecting", notice: null, loss: loss(BUSY, { inMs: null }) }, NOW), null);
});

test("a server that restarts says so at once, by its notice or instead of a ticket", () => {
  const draining = new JoinRefused("it restarts", { status: 503, reason: "restarting", retryAfterMs: 5_000 });
  const cases = [
    { state: /** @type {const} */ ("lost"), notice: RESTARTING, loss: loss(new LineLost("it restarts", RESTARTING), { inMs: 5_000 }) },
    { state: /** @type {const} */ ("connecting"), notice: null, loss: loss(draining, { inMs: 5_000 }) },
  ];
  const titles = cases.map((client) => {
    const shown = waitingOf(client, NOW);
    assert.match(shown?.text ?? "", /5 seconds/);
    assert.equal(shown?.steps[0], "try");
    return shown?.title;
  });
  assert.equal(new Set(titles).size, 1);
  const away = waitingOf({ state: "lost", notice: RESTARTING, loss: loss(new LineLost("nobody there"), { inMs: 900 }) }, NOW);
  assert.equal(away?.title, titles[0]);
  assert.doesNotMatch(away?.text ?? "", /second/, "tries that follow each other closely are not counted");
});
