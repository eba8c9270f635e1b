/** Whether another line follows, and when. */

import assert from "node:assert/strict";
import test from "node:test";

import { Backoff } from "../src/backoff.js";
import { Comeback, GIVE_UP_MS } from "../src/comeback.js";
import { LineLost, WorldMismatch } from "../src/errors.js";
import { NoticeCode } from "../src/wire.js";
import { seeded } from "./virtual_time.js";

const lost = (code, text = "so it is") =>
  new LineLost(text, code === undefined ? null : { type: "NOTICE", code, text, detail: null });

/** One who was let in, and whose match is on. */
function playing({ random = () => 0.5 } = {}) {
  const comeback = new Comeback(random, false);
  comeback.letIn();
  comeback.opened(0);
  return { comeback };
}

test("waits double from 0.25 s to 2 s, each times a number from 0.5 to 1", () => {
  const nominal = [250, 500, 1000, 2000, 2000, 2000];
  for (let seed = 0; seed < 200; seed++) {
    const backoff = new Backoff(seeded(seed));
    for (const most of nominal) {
      const waitMs = backoff.next();
      assert.ok(waitMs >= most / 2 && waitMs < most, `${waitMs} of ${most}`);
    }
    backoff.reset();
    assert.ok(backoff.next() < 250);
  }
});

test("many clients do not come back as one", () => {
  const dice = seeded(7);
  const first = Array.from({ length: 1000 }, () => new Backoff(dice).next());
  const perTenth = Array.from({ length: 10 }, (_, at) => first.filter((waitMs) => Math.floor((waitMs - 125) / 12.5) === at).length);
  for (const count of perTenth) assert.ok(count > 60 && count < 140, `${perTenth}`);
});

test("a line that was on for a while begins the waits anew, one that broke at once does not", () => {
  const { comeback } = playing();
  comeback.judge(lost(), 5000);
  assert.equal(comeback.judge(lost(), 5001).waitMs, 375);
  comeback.opened(6000);
  assert.equal(comeback.judge(lost(), 7000).waitMs, 750);
  comeback.opened(8000);
  assert.equal(comeback.judge(lost(), 10_001).waitMs, 187.5);
});

test("after a minute without a line it is over; a try begins the minute anew if somebody looks", () => {
  const { comeback } = playing();
  assert.equal(comeback.judge(lost(), 1000).end, null);
  assert.equal(comeback.judge(lost(), 1000 + GIVE_UP_MS - 1).end, null);
  comeback.renew(1000 + GIVE_UP_MS - 1);
  assert.equal(comeback.judge(lost(), 1000 + GIVE_UP_MS + 5).end, null);
  const { end } = comeback.judge(lost(undefined, "cannot reach it"), 1000 + 2 * GIVE_UP_MS);
  assert.equal(end.message, "no line for 60 s; the last try: cannot reach it");
});

test("every code of NOTICE has its ending", () => {
  const { KICKED, FAULTED, MOVED, UPDATE_NEEDED, REFUSED, MATCH_OVER, ROOM_CLOSED, REPLACED } = NoticeCode;
  const { DRAINING, FULL, TOO_SLOW, IDLE, SESSION_GONE, RESTARTING } = NoticeCode;
  const table = new Map([
    ...[KICKED, FAULTED, MOVED, UPDATE_NEEDED, REFUSED, MATCH_OVER, ROOM_CLOSED, REPLACED].map((code) => [code, [true, false]]),
    ...[SESSION_GONE, RESTARTING].map((code) => [code, [false, false]]),
    ...[FULL, TOO_SLOW, IDLE, DRAINING].map((code) => [code, [false, true]]),
  ]);
  assert.deepEqual([...table.keys()].sort((one, other) => one - other), Object.values(NoticeCode));
  for (const [code, [ends, keepsSeat]] of table) {
    const verdict = playing().comeback.judge(lost(code), 5000);
    assert.deepEqual([verdict.end !== null, verdict.keepsSeat], [ends, keepsSeat], `code ${code}`);
    if (ends) assert.equal(verdict.end.message, "so it is");
  }
  assert.equal(playing().comeback.judge(new WorldMismatch("a wrong CRC"), 5000).end, null);
});

test("a server that restarts says when to come again, and each adds a part of a second of his own", () => {
  const restarting = (detail) => new LineLost("it restarts", { type: "NOTICE", code: NoticeCode.RESTARTING, text: "", detail });
  for (const comeback of [playing({ random: () => 0.25 }).comeback, new Comeback(() => 0.25, false)]) {
    assert.deepEqual(comeback.judge(restarting(7), 5000), { end: null, keepsSeat: false, waitMs: 7250 });
    assert.equal(comeback.judge(restarting(1), 5000 + 2 * GIVE_UP_MS).end, null, "as long as it answers");
    assert.equal(comeback.judge(lost(), 5000 + 3 * GIVE_UP_MS).end, null);
    assert.ok(comeback.judge(lost(), 5000 + 3 * GIVE_UP_MS + 1250).end, "a minute without a word");
  }
  const newcomer = new Comeback(() => 0.5, false);
  newcomer.judge(restarting(0), 0);
  assert.equal(newcomer.judge(lost(), 500).end, null, "it is not there yet");
  assert.ok(newcomer.judge(lost(NoticeCode.FULL), 1000).end, "and full");
  for (const detail of [null, "soon", -3]) assert.equal(playing().comeback.judge(restarting(detail), 0).waitMs, 500);
  const dice = seeded(3);
  const waits = Array.from({ length: 1000 }, (_, at) => playing({ random: dice }).comeback.judge(restarting(at % 2), 0).waitMs);
  for (let from = 0; from < 2000; from += 200) {
    const count = waits.filter((waitMs) => waitMs >= from && waitMs < from + 200).length;
    assert.ok(count > 60 && count < 140, `${count} of 1000 come from ${from} ms on`);
  }
});

test("who was never let in does not go on trying, but for a seat of before", () => {
  assert.ok(new Comeback(() => 0.5, false).judge(lost(), 0).end);
  assert.ok(new Comeback(() => 0.5, false).judge(lost(NoticeCode.FULL), 0).end);
  const comeback = new Comeback(() => 0.5, true);
  assert.equal(comeback.judge(lost(), 0).end, null);
  const gone = comeback.judge(lost(NoticeCode.SESSION_GONE), 10);
  assert.deepEqual([gone.end, gone.keepsSeat, gone.waitMs], [null, false, 0]);
  assert.ok(comeback.judge(lost(NoticeCode.FULL), 20).end, "new here, and full");
});
