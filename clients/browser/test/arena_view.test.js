/** What the arena's view decides without a page: lines of the feed, tables, names that fit, inputs, whom one follows, sounds. */

import assert from "node:assert/strict";
import test from "node:test";

import { Camera } from "../arena/camera.js";
import { Cockpit, actions } from "../arena/cockpit.js";
import { feedLine } from "../arena/feed.js";
import { Follow } from "../arena/follow.js";
import { fitted } from "../arena/labels.js";
import { Colours } from "../arena/palette.js";
import { winner } from "../arena/result.js";
import { clock, scoreboard, standings } from "../arena/scores.js";
import { heard } from "../arena/sounds.js";
import { SOUND_NAMES, synthesise } from "../arena/synth.js";
import { Presses } from "../pages/play/controls/presses.js";
import { t } from "../pages/shared/texts.js";

const colours = new Colours("standard");

// -- words ---------------------------------------------------------------------------------------------------------------
const line = (name, values) => feedLine(name, values, { t, colours, draw: (...drawn) => drawn });

test("the feed tells who destroyed whom with what, and what becomes of flags", () => {
  assert.deepEqual(line("Killed", { killer: 3, victim: 5, weapon: 3 }), [
    { player: 3 },
    { drawing: ["rail"], label: "Rail" },
    { player: 5 },
  ]);
  for (const killer of [0, 5])
    assert.deepEqual(line("Killed", { killer, victim: 5, weapon: 0 }), [
      { drawing: ["skull"], label: "Destroyed" },
      { player: 5 },
    ]);
  const red = { drawing: ["flag", colours.team(1).light], label: "Red flag" };
  assert.deepEqual(line("FlagMoved", { what: 0, team: 1, player: 4 }), [{ player: 4 }, red, "taken"]);
  assert.deepEqual(line("FlagMoved", { what: 3, team: 1, player: 4 }), [{ player: 4 }, red, "captured"]);
  assert.deepEqual(line("FlagMoved", { what: 2, team: 1, player: 0 }), [red, "is home again"]);
  assert.equal(line("Hit", { x: 1, y: 2, victim: 3 }), null);
});

test("a team is called by the colour it has", () => {
  const named = new Colours("safe");
  assert.deepEqual([t(named.teamText(1)), t(colours.teamText(1)), t(named.teamText(2))], ["Orange", "Red", "Blue"]);
});

test("a name that is too long ends in an ellipsis and is no wider than it may be", () => {
  const measure = (text) => [...text].length * 7;
  assert.equal(fitted("ada", 40, measure), "ada");
  assert.equal(fitted("Wolfeschlegelsteinhausen", 70, measure), "Wolfeschl…");
  assert.equal(fitted("👩‍🚀".repeat(30), 70, measure).endsWith("…"), true);
  assert.ok(measure(fitted("x".repeat(10_000), 70, measure)) <= 70);
  assert.equal(fitted("wide", 3, measure), "…");
});

test("a time in minutes and seconds, never below zero", () => {
  assert.deepEqual([clock(0), clock(-3), clock(9.1), clock(59.2), clock(300)], ["0:00", "0:00", "0:10", "1:00", "5:00"]);
});

// -- tables --------------------------------------------------------------------------------------------------------------
function picture(mode, rows, [team1, team2] = [0, 0]) {
  const match = { id: 0, kind: "Match", values: { mode, team1_score: team1, team2_score: team2 } };
  const drivers = rows.map(([owner, team, score, kills, deaths, connected = true]) => ({
    id: owner,
    kind: "Driver",
    values: { owner, team, score, kills, deaths, connected, name: `p${owner}`, bot: false, ready: false },
  }));
  return { match: match.values, all: (kind) => ({ Match: [match], Driver: drivers })[kind] };
}

test("standings: points, kills, fewer deaths, who came first", () => {
  const view = picture("all", [
    [1, 0, 2, 2, 5],
    [2, 0, 5, 2, 0],
    [3, 0, 2, 2, 1],
    [4, 0, 2, 2, 1],
  ]);
  assert.deepEqual(
    standings(view).map(({ owner }) => owner),
    [2, 3, 4, 1],
  );
});

test("the table of the page: one group, or a team each, the leading one first", () => {
  const rows = [
    [1, 1, 2, 2, 5],
    [2, 2, 5, 2, 0, false],
    [3, 1, 3, 1, 1],
  ];
  const alone = picture("all", rows);
  const all = scoreboard(alone, alone.match, t, colours);
  assert.deepEqual(
    all.groups.map(({ title, rows }) => [title, rows.map(({ player }) => player)]),
    [[null, [2, 3, 1]]],
  );
  const teams = picture("flags", rows, [3, 8]);
  const board = scoreboard(teams, teams.match, t, colours);
  assert.deepEqual(
    board.groups.map(({ title, score, colour }) => [title, score, colour]),
    [
      ["Blue", "8", colours.team(2).fill],
      ["Red", "3", colours.team(1).fill],
    ],
  );
  assert.deepEqual(board.groups[0].rows, [{ player: 2, cells: [5, 2, 0], out: true }]);
  assert.deepEqual(board.columns, ["Points", "Kills", "Deaths"]);
});

test("who has won a round: a team, a driver, oneself, or nobody", () => {
  const won = (view, own = null) => {
    const drivers = standings(view);
    const { text, won } = winner(view.match, drivers, drivers.find(({ owner }) => owner === own) ?? null, colours, t);
    return [text, won];
  };
  const rows = [
    [1, 1, 7, 4, 0],
    [2, 2, 3, 3, 0],
  ];
  assert.deepEqual(won(picture("all", rows), 1), ["You win!", true]);
  assert.deepEqual(won(picture("all", rows), 2), ["p1 wins", false]);
  assert.deepEqual(won(picture("all", rows)), ["p1 wins", false]);
  assert.deepEqual(won(picture("flags", rows, [0, 5]), 2), ["Blue wins", true]);
  assert.deepEqual(won(picture("teams", rows, [5, 5]), 2), ["A draw", false]);
  assert.deepEqual(won(picture("all", [])), ["A draw", false]);
});

// -- inputs --------------------------------------------------------------------------------------------------------------
function cockpit() {
  const presses = new Presses();
  presses.bind(actions());
  const controls = {
    presses,
    wish: { x: 0, y: 0 },
    takeWish: () => controls.wish,
    aim: null,
    thumbAims: false,
    device: "mouse",
    mouse: { x: 0, y: 0, known: false },
  };
  const camera = new Camera();
  camera.bound(2000, 2000);
  camera.resize(1000, 500, 1);
  camera.jump(1000, 1000);
  camera.settle(0, 16);
  const mine = new Cockpit(controls, camera);
  presses.onPress((action) => mine.pressed(action));
  return { mine, controls, presses, camera };
}

test("an input has the wire's integers: steps of 256 and 1,024, and nothing else", () => {
  const { mine, controls, camera } = cockpit();
  controls.wish = { x: 0, y: -1 };
  controls.mouse = { x: camera.screenX(900), y: camera.screenY(1100), known: true };
  mine.stand(1000, 1000);
  assert.deepEqual(mine.sample(true), { bearing: 192, throttle: 2, aim: 384, fire: 0, weapon: 0, respawn: 0 });
  controls.wish = { x: 0, y: 0 };
  controls.mouse = { x: camera.screenX(1100), y: camera.screenY(1000), known: true };
  assert.deepEqual(mine.sample(true), { bearing: 192, throttle: 0, aim: 0, fire: 0, weapon: 0, respawn: 0 });
});

test("a click between two ticks fires once; a stick aims, and a thumb that is far out fires", () => {
  const { mine, controls, presses } = cockpit();
  presses.click("Mouse0");
  assert.deepEqual([mine.sample(true).fire, mine.sample(true).fire], [1, 0]);
  Object.assign(controls, { aim: { x: 0, y: 0.9 }, device: "touch" });
  assert.deepEqual([mine.sample(true).aim, mine.sample(true).fire], [256, 0], "a gamepad's stick does not fire");
  controls.thumbAims = true;
  assert.equal(mine.sample(true).fire, 1);
  controls.aim = { x: 0, y: 0.5 };
  assert.equal(mine.sample(true).fire, 0);
  controls.aim = null;
  assert.equal(mine.sample(true).aim, 256, "it stays where it was");
});

test("weapons are chosen by key and by wheel, and one that is used up gives way to the shells", () => {
  const { mine, presses } = cockpit();
  presses.click("Digit4");
  assert.equal(mine.sample(true).weapon, 3);
  presses.click("WheelDown");
  assert.equal(mine.weapon, 0);
  presses.click("KeyQ");
  assert.equal(mine.weapon, 3);
  mine.loaded([5, 0, 0, 2, 1, 1]);
  assert.equal(mine.weapon, 3);
  mine.loaded([5, 0, 0, 2, 1, 0]);
  assert.equal(mine.weapon, 0);
  mine.choose(2);
  mine.loaded([5, 0, 0, 2, 0, 0]);
  assert.equal(mine.weapon, 2, "who chooses an empty one has it: it may be filled");
});

test("a wreck asks for a tank by its key, its button, or a new press of the trigger, and fires nothing", () => {
  const { mine, presses } = cockpit();
  presses.down("Space");
  assert.equal(mine.sample(true).fire, 1);
  assert.deepEqual([mine.sample(false).respawn, mine.sample(false).fire], [0, 0], "held since it lived");
  presses.up("Space");
  mine.sample(false);
  presses.click("Space");
  assert.deepEqual([mine.sample(false).respawn, mine.sample(false).respawn], [1, 0]);
  presses.click("KeyR");
  assert.equal(mine.sample(false).respawn, 1);
  mine.askRespawn();
  assert.equal(mine.sample(false).respawn, 1);
  presses.click("KeyR");
  assert.equal(mine.sample(true).respawn, 0, "who lives needs none");
});

// -- watching ------------------------------------------------------------------------------------------------------------
test("a spectator follows the next and the last, whom he clicks, or nobody", () => {
  const follow = new Follow();
  const tanks = [4, 9, 2].map((owner, index) => ({ owner, x: 100 * index, y: 50 }));
  const seen = { all: tanks, of: (owner) => tanks.find((tank) => tank.owner === owner) };
  const camera = new Camera();
  camera.bound(3000, 3000);
  camera.resize(800, 500, 1);
  const still = { wish: { x: 0, y: 0 }, passedMs: 16, leader: () => 9 };
  follow.move(camera, seen, still);
  assert.equal(follow.player, 9);
  follow.next([4, 9, 2], 1);
  assert.equal(follow.player, 2);
  follow.next([4, 9, 2], -1);
  assert.equal(follow.player, 9);
  follow.click(210, 60, seen);
  assert.equal(follow.player, 2);
  follow.click(700, 700, seen);
  assert.equal(follow.player, 2, "nobody is there");
  camera.jump(1500, 1500);
  follow.drag(camera, 10, 0);
  follow.move(camera, seen, still);
  assert.equal(follow.player, 0);
  assert.ok(Math.abs(camera.x - (1500 - 10 / camera.scale)) < 1e-9);
  follow.choose(4);
  follow.move(camera, seen, { ...still, wish: { x: 1, y: 0 } });
  assert.equal(follow.player, 0);
});

// -- sounds --------------------------------------------------------------------------------------------------------------
test("every sound is there, is neither silent nor too loud, and ends without a click", () => {
  for (const name of SOUND_NAMES) {
    const samples = synthesise(name, 8000);
    const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    assert.ok(samples.every(Number.isFinite), name);
    assert.ok(loudest > 0.08 && loudest <= 1, `${name}: ${loudest}`);
    assert.ok(Math.abs(samples[samples.length - 1]) < 1e-3, name);
    assert.ok(samples.length <= 1.5 * 8000, name);
    assert.deepEqual(samples, synthesise(name, 8000), `${name} is the same each time`);
  }
});

test("what is far is faint, what is at the left is heard there, what is too far is not", () => {
  assert.deepEqual(heard(0, 0), { gain: 1, pan: 0 });
  assert.ok(heard(260, 0).gain < 0.51 && heard(260, 0).gain > 0.49);
  assert.ok(heard(-300, 0).pan < -0.5 && heard(900, 0).pan <= 0.8);
  assert.equal(heard(1200, 0).gain, 0);
});
