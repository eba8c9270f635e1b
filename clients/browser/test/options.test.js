/** The options of a room, as the lobby describes them. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { orderOf, parseOptions, spoken } from "../pages/shared/options.js";

const DESCRIBED = [
  "mode=map|all|teams|flags=map",
  "score_limit=0..1000=25",
  "gravity=-1.5..2/0.0625=0.5",
  "height=0../0.5=3",
  "ready_up=false|true=false",
  "title=*24=A = B",
  "new=something else=1",
  "no line",
].join("\n");

test("each kind of option is read, and what is not understood is left alone", () => {
  const options = parseOptions(DESCRIBED);
  assert.deepEqual(
    options.map(({ name, type, usual }) => [name, type, usual]),
    [
      ["mode", "choice", "map"],
      ["score_limit", "number", "25"],
      ["gravity", "number", "0.5"],
      ["height", "number", "3"],
      ["ready_up", "switch", "false"],
      ["title", "text", "A = B"],
    ],
  );
  assert.deepEqual(options[0].values, ["map", "all", "teams", "flags"]);
  assert.deepEqual([options[1].low, options[1].high, options[1].step], [0, 1000, 1]);
  assert.deepEqual([options[2].low, options[2].high, options[2].step], [-1.5, 2, 0.0625]);
  assert.deepEqual([options[3].low, options[3].high, options[3].step], [0, Infinity, 0.5]);
  assert.equal(options[5].most, 24);
  assert.deepEqual(parseOptions(""), []);
});

test("an order says what is not as usual, and nothing that there is not", () => {
  const options = parseOptions(DESCRIBED);
  assert.equal(orderOf(options, {}), "");
  assert.equal(orderOf(options, { mode: "flags", score_limit: "25", ready_up: "true", other: "1" }), "mode=flags\nready_up=true");
});

test("an order that is too long for the server is none", () => {
  const options = parseOptions("a=*200=\nb=*200=");
  assert.equal(orderOf(options, { a: "x".repeat(126) })?.length, 128);
  assert.equal(orderOf(options, { a: "x".repeat(127) }), null);
});

test("names are written for people", () => {
  assert.equal(spoken("score_limit"), "Score limit");
});
