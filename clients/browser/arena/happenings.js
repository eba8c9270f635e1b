/** What happens, seen and heard: events become flashes, sounds and words; so does what is new in the picture. */

import { CAPTURED, DROPPED, RETURNED, TAKEN, valuesOf } from "./kinds.js";
import { COMMON } from "./palette.js";
import { shoot } from "./rays.js";
import { MINE, RAIL, SHELL } from "./weapons.js";

/** @typedef {import("./kinds.js").Entity} Entity */
/** @typedef {import("./reticle.js").Hurt} Hurt */
/** @typedef {import("./synth.js").SoundName} SoundName */
/** @typedef {Readonly<Record<string, any>>} EventValues */
/**
 * @typedef {object} World
 * @property {import("../pages/play/view.js").Host} host
 * @property {import("./scene.js").Scene} scene
 * @property {import("./sounds.js").Sounds} sounds
 * @property {import("./hud.js").Hud} hud
 */

/** From the middle of a tank to its muzzle. */
const MUZZLE = 22;
/** An event that is so near to a tank is at it. */
const NEAR = 20;
/** A shot that ended so near to where one hit somebody was one's own. */
const HIT_NEAR = 26;
const MOST_HURTS = 6;
/** The trace of a rail that was predicted stands for the server's of the next so many milliseconds. */
const RAIL_MS = 900;
const PICKUP_COLOURS = [COMMON.health, COMMON.ammo, COMMON.speed];
/** @type {readonly SoundName[]} */
const WEAPON_SOUNDS = ["shell", "spread", "mine", "rail"];

export class Happenings {
  #world;
  /** @type {Set<number>} */
  #mines = new Set();
  #firstLook = true;
  /** Where own shots ended in the last frame. @type {{x: number, y: number}[]} */
  #ownEnds = [];
  #railMs = -Infinity;

  /** @param {World} world */
  constructor(world) {
    this.#world = world;
    /** When one last hit somebody, in milliseconds of performance.now(). */
    this.hitMs = -Infinity;
    /** From where one was hit. @type {Hurt[]} */
    this.hurts = [];
    /** By whom and with what one was destroyed last. */
    this.death = { killer: 0, weapon: 0 };
  }

  get #own() {
    return this.#world.scene.tanks.own;
  }

  /**
   * One has fired; the server does not know yet.
   *
   * @param {{weapon: number, aim: number}} fired
   */
  fired({ weapon, aim }) {
    const { tanks, effects, ground, colours } = this.#world.scene;
    const { sounds } = this.#world;
    const tank = tanks.of(this.#own);
    if (tank === undefined) return;
    sounds.play(WEAPON_SOUNDS[weapon], tank, 0.9);
    if (weapon === MINE) return;
    const angle = (aim / 1024) * 2 * Math.PI;
    this.#flash(tank, angle, weapon);
    if (weapon !== RAIL) return;
    const targets = [...tanks.all]
      .filter(({ owner, team, health }) => health > 0 && owner !== tank.owner && (team === 0 || team !== tank.team))
      .map(({ id, x, y }) => /** @type {const} */ ([id, x, y]));
    const [x, y] = shoot(ground, tank.x, tank.y, aim, targets);
    const muzzle = { x: tank.x + Math.cos(angle) * MUZZLE, y: tank.y + Math.sin(angle) * MUZZLE };
    effects.beam(muzzle.x, muzzle.y, x, y, colours.player(tank.owner, tank.team).fill);
    this.#railMs = performance.now();
  }

  /**
   * What is new in this frame's picture, and what has gone from it.
   *
   * @param {readonly Entity[]} mines
   */
  look(mines) {
    const { tanks, shots } = this.#world.scene;
    const { sounds } = this.#world;
    let last = 0;
    for (const shot of shots.begun) {
      if (shot.owner === this.#own || shot.owner === last) continue; // own ones were seen when they were fired; a fan is one shot
      last = shot.owner;
      const tank = tanks.of(shot.owner);
      if (tank !== undefined) this.#flash(tank, shot.heading, shot.weapon);
      sounds.play(shot.weapon === SHELL ? "shell" : "spread", shot);
    }
    this.#ownEnds = shots.ended.filter(({ owner }) => owner === this.#own && owner !== 0);
    const there = new Set();
    for (const entity of mines) {
      there.add(entity.id);
      const mine = /** @type {import("./kinds.js").MineValues} */ (valuesOf(entity));
      if (!this.#mines.has(entity.id) && !this.#firstLook && mine.owner !== this.#own) sounds.play("mine", mine);
    }
    this.#mines = there;
    this.#firstLook = false;
  }

  /** Nothing was there before: what lies about in the next frame has not just been laid. */
  forget() {
    this.#mines.clear();
    this.#firstLook = true;
  }

  /** @param {string} name  of an event whose tick the picture has come to @param {EventValues} values */
  shown(name, values) {
    const act = ACTS[name];
    if (act !== undefined) act.call(this, values);
  }

  // -- one by one ----------------------------------------------------------------------------------------------------------
  /** @param {EventValues} values */
  hit({ x, y, victim }) {
    const { tanks, effects } = this.#world.scene;
    const { sounds } = this.#world;
    effects.hit(x, y, victim !== 0);
    sounds.play(victim === 0 ? "wall" : "hit", { x, y }, victim === 0 ? 0.5 : 0.8);
    if (victim === 0) return;
    const own = tanks.of(this.#own);
    if (victim === this.#own && own !== undefined) this.#hurt(Math.atan2(y - own.y, x - own.x));
    else if (this.#ownEnds.some((shot) => Math.hypot(shot.x - x, shot.y - y) < HIT_NEAR)) this.#marked();
  }

  /** @param {EventValues} values */
  exploded({ x, y }) {
    const { tanks, effects } = this.#world.scene;
    const { sounds } = this.#world;
    effects.blast(x, y);
    sounds.play("explosion", { x, y });
    const own = tanks.of(this.#own);
    if (own !== undefined && Math.hypot(own.x - x, own.y - y) < 64) this.#hurt(Math.atan2(y - own.y, x - own.x));
  }

  /** @param {EventValues} values */
  railed({ x0, y0, x1, y1, shooter }) {
    const { tanks, effects, colours } = this.#world.scene;
    const { sounds } = this.#world;
    const struck = [...tanks.all].find((tank) => tank.owner !== shooter && Math.hypot(tank.x - x1, tank.y - y1) < NEAR);
    if (shooter === this.#own) {
      if (struck !== undefined) this.#marked();
      if (performance.now() - this.#railMs < RAIL_MS) return;
    }
    const tank = tanks.of(shooter);
    const angle = Math.atan2(y1 - y0, x1 - x0);
    if (tank !== undefined) this.#flash(tank, angle, RAIL);
    effects.beam(
      x0 + Math.cos(angle) * MUZZLE,
      y0 + Math.sin(angle) * MUZZLE,
      x1,
      y1,
      tank === undefined ? COMMON.rail : colours.player(shooter, tank.team).fill,
    );
    sounds.play("rail", { x: x0, y: y0 });
    if (struck !== undefined && struck.owner === this.#own) this.#hurt(angle + Math.PI);
  }

  /** @param {EventValues} values */
  taken({ x, y, kind, player }) {
    const { effects } = this.#world.scene;
    const { sounds, hud, host } = this.#world;
    effects.taken(x, y, PICKUP_COLOURS[kind]);
    sounds.play("pickup", { x, y }, player === this.#own ? 0.9 : 0.4);
    if (player !== this.#own) return;
    const text = host.texts.t(/** @type {const} */ (["arena.got.health", "arena.got.ammo", "arena.got.speed"])[kind]);
    hud.tell(text, performance.now(), PICKUP_COLOURS[kind]);
  }

  /** @param {EventValues} values */
  killed({ killer, victim, weapon }) {
    const { tanks, effects, colours } = this.#world.scene;
    const { sounds, hud, host } = this.#world;
    const tank = tanks.of(victim);
    if (tank !== undefined) {
      effects.explode(tank.x, tank.y, colours.player(victim, tank.team).fill);
      sounds.play("explosion", tank);
    }
    if (victim === this.#own) this.death = { killer, weapon };
    else if (killer === this.#own && killer !== 0) {
      sounds.play("kill", null, 0.6);
      hud.tell(host.texts.t("arena.you.destroyed", { name: host.playerName(victim) }), performance.now());
    }
  }

  /** @param {EventValues} values */
  flagMoved({ what, team, player }) {
    const { tanks, colours } = this.#world.scene;
    const { sounds, hud, host } = this.#world;
    const mine = tanks.of(this.#own)?.team ?? 0;
    const t = host.texts.t;
    const good = what === CAPTURED || what === TAKEN ? team !== mine : team === mine;
    if (what === CAPTURED) sounds.play("captured", null, 0.8);
    else sounds.play(good ? "flagTaken" : "flagLost", null, 0.6);
    if (player === this.#own && what === TAKEN) hud.tell(t("arena.you.carry"), performance.now(), colours.team(team).light);
    else if (mine === team && what === TAKEN) hud.tell(t("arena.flag.stolen"), performance.now(), colours.team(team).light);
    else if (mine === team && (what === RETURNED || what === DROPPED))
      hud.tell(t(what === RETURNED ? "arena.flag.safe" : "arena.flag.lies"), performance.now(), colours.team(team).light);
    else if (what === CAPTURED) {
      const name = t(colours.teamText(3 - team));
      hud.tell(t("arena.scores", { name }), performance.now(), colours.team(3 - team).light);
    }
  }

  roundStarted() {
    const { effects, terrain } = this.#world.scene;
    const { sounds, hud, host } = this.#world;
    effects.clear();
    terrain.clean();
    sounds.play("start", null, 0.7);
    hud.tell(host.texts.t("arena.go"), performance.now());
  }

  roundEnded() {
    this.#world.sounds.play("end", null, 0.7);
  }

  // -- in common -----------------------------------------------------------------------------------------------------------
  /** @param {import("./tanks.js").Tank} tank @param {number} angle @param {number} weapon */
  #flash(tank, angle, weapon) {
    this.#world.scene.tanks.kick(tank);
    this.#world.scene.effects.muzzle(tank.x + Math.cos(angle) * MUZZLE, tank.y + Math.sin(angle) * MUZZLE, angle, weapon !== SHELL);
  }

  #marked() {
    this.hitMs = performance.now();
    this.#world.sounds.play("marker", null, 0.7);
  }

  /** @param {number} angle  to where it came from */
  #hurt(angle) {
    const { sounds } = this.#world;
    if (this.hurts.length >= MOST_HURTS) this.hurts.shift();
    this.hurts.push({ angle, atMs: performance.now() });
    sounds.play("hurt", null, 0.8);
  }
}

/** By the event's name. @type {Readonly<Record<string, (this: Happenings, values: EventValues) => void>>} */
const ACTS = Object.freeze({
  Hit: Happenings.prototype.hit,
  Exploded: Happenings.prototype.exploded,
  Railed: Happenings.prototype.railed,
  Taken: Happenings.prototype.taken,
  Killed: Happenings.prototype.killed,
  FlagMoved: Happenings.prototype.flagMoved,
  RoundStarted: Happenings.prototype.roundStarted,
  RoundEnded: Happenings.prototype.roundEnded,
});
