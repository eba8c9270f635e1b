/** What somebody is told when there is no line any more. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { endingOf, endingOfRefusal, mayRestart, movedTo, STEP_TEXTS } from "../pages/play/endings.js";
import { isText } from "../pages/shared/texts.js";
import { JoinRefused } from "../src/errors.js";
import { NoticeCode } from "../src/wire.js";

const CONTEXT = { why: "the line broke", spectating: false, winners: "" };

/** @param {number} code @param {string | number | null} [detail] @param {string} [text] */
function notice(code, detail = null, text = "because") {
  return /** @type {const} */ ({ type: "NOTICE", code, text, detail });
}

test("every notice that ends a line has words, and a next step", () => {
  const titles = new Map();
  for (const [name, code] of Object.entries(NoticeCode)) {
    if (code === NoticeCode.DRAINING) continue; // it ends nothing
    const { title, text, steps } = endingOf(notice(code), CONTEXT);
    assert.ok(title.length > 5 && text.length > 5, name);
    assert.ok(steps.length >= 2, name);
    assert.ok(steps.includes("lobby") || steps.includes("other"), `${name}: there is always another place to go to`);
    assert.doesNotMatch(title + text, /[{}]/, name);
    titles.set(title, [...(titles.get(title) ?? []), name]);
  }
  for (const [title, names] of titles) assert.equal(names.length, 1, `${title}: ${names.join(", ")}`);
});

test("each step has a text", () => {
  for (const key of Object.values(STEP_TEXTS)) assert.ok(isText(key));
});

test("the server's reason is told to who was sent away or refused", () => {
  assert.equal(endingOf(notice(NoticeCode.KICKED, null, "you did nothing"), CONTEXT).text, "you did nothing");
  assert.equal(endingOf(notice(NoticeCode.REFUSED, null, "there is no map x"), CONTEXT).text, "there is no map x");
});

test("the fault's number can be copied, if there is one", () => {
  const { detail, steps } = endingOf(notice(NoticeCode.FAULTED, "f-7"), CONTEXT);
  assert.equal(detail, "f-7");
  assert.ok(steps.includes("copy"));
  assert.ok(!endingOf(notice(NoticeCode.FAULTED), CONTEXT).steps.includes("copy"));
});

test("a room that has moved can be followed on this server only", () => {
  assert.equal(movedTo("/ws/arena2"), "arena2");
  for (const elsewhere of [null, 7, "wss://other.example/ws/arena2", "/ws/../x", "arena2"]) assert.equal(movedTo(elsewhere), null);
  assert.equal(endingOf(notice(NoticeCode.MOVED, "/ws/arena2"), CONTEXT).steps[0], "follow");
  assert.equal(endingOf(notice(NoticeCode.MOVED, "wss://other.example/ws/a"), CONTEXT).steps[0], "again");
});

test("a full room can be watched, unless one watches already", () => {
  assert.deepEqual(endingOf(notice(NoticeCode.FULL), CONTEXT).steps, ["watch", "other", "again"]);
  assert.ok(!endingOf(notice(NoticeCode.FULL), { ...CONTEXT, spectating: true }).steps.includes("watch"));
});

test("a seat that another tab has can be taken back; a new version is loaded", () => {
  assert.equal(endingOf(notice(NoticeCode.REPLACED), CONTEXT).steps[0], "here");
  const update = endingOf(notice(NoticeCode.UPDATE_NEEDED, "arena@4"), CONTEXT);
  assert.equal(update.steps[0], "reload");
  assert.match(update.text, /arena@4/);
});

test("a server that goes away may come again, one that sends somebody away does not ask him back", () => {
  assert.ok(mayRestart(null));
  for (const code of [NoticeCode.ROOM_CLOSED, NoticeCode.RESTARTING]) assert.ok(mayRestart(notice(code)));
  for (const code of [NoticeCode.KICKED, NoticeCode.REPLACED, NoticeCode.FULL, NoticeCode.MATCH_OVER])
    assert.ok(!mayRestart(notice(code)));
});

test("who won is told with the end of the match", () => {
  assert.match(endingOf(notice(NoticeCode.MATCH_OVER), { ...CONTEXT, winners: "Ann, Bob" }).text, /Ann, Bob/);
});

test("without a word of the server, and with one of a newer server", () => {
  assert.match(endingOf(null, CONTEXT).text, /the line broke/);
  assert.equal(endingOf(notice(99, null, "something new"), CONTEXT).text, "something new");
  assert.ok(endingOf(notice(99, null, ""), CONTEXT).text.length > 5);
});

// -- who is given no ticket -------------------------------------------------------------------------------------------------
const WISH = { room: "secret", spectating: false, code: null };

/** @param {number} status @param {string} [reason] */
function refusal(status, reason = "") {
  return new JoinRefused("because", { status, reason });
}

test("whoever is given no ticket is told why in words, with a next step", () => {
  for (const [status, reason] of /** @type {const} */ ([[400], [401], [403], [403, "code"], [404], [409, "full"], [409, "game"], [429], [418]])) {
    const { title, text, steps } = endingOfRefusal(refusal(status, reason), WISH);
    assert.ok(title.length > 5 && text.length > 5, String(status));
    assert.doesNotMatch(title + text, /[{}]/);
    assert.ok(steps.includes("lobby") || steps.includes("other"));
  }
});

test("a private room asks for its code, and says what is wrong with the one that it got", () => {
  assert.doesNotMatch(endingOfRefusal(refusal(403, "code"), WISH).text, /because/);
  assert.equal(endingOfRefusal(refusal(403, "code"), { ...WISH, code: "bcdfg" }).text.match(/because/)?.[0], "because");
});

test("a ban is told in the server's words, a full room can be watched", () => {
  assert.equal(endingOfRefusal(refusal(403), WISH).text, "because");
  assert.deepEqual(endingOfRefusal(refusal(409, "full"), WISH).steps, ["watch", "other", "again"]);
  assert.ok(!endingOfRefusal(refusal(409, "full"), { ...WISH, spectating: true }).steps.includes("watch"));
  assert.match(endingOfRefusal(refusal(404), WISH).title, /secret/);
});
