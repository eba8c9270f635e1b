/**
 * The player's own tank, where it is now and not where the server saw it last.
 *
 *     client "input" ──▶ one tick further         client "snapshot" ──▶ was that right? else back, and through the ticks again
 *     drawn ──▶ the newest tick, the part of the next one that has passed, and what is left of an error
 *
 * The tick under way is drawn with the controls as they are held now: a key shows on the next frame, and when the tick's input
 * is sent the tank is just there where it was drawn.
 */

import { Predictor } from "../src/prediction.js";
import { ErrorSmoother } from "../src/smoothing.js";
import { FAST_SECONDS, FAST_UNTIL, HEADING, SPEED, X, Y, stepTank } from "./driving.js";
import { QUARTER_TURN, TANK_HALF } from "./motion.js";

/** @typedef {import("../src/replica.js").Entity} Entity */
/** @typedef {import("../src/schema.js").Values} Values */
/** @typedef {import("../src/schema.js").Schema} Schema */
/** @typedef {import("./ground.js").Ground} Ground */
/** @typedef {import("./driving.js").TankState} TankState */
/** @typedef {import("./driving.js").Around} Around */
/** @typedef {import("./driving.js").Place} Place */

/** @typedef {{bearing: number, throttle: number, aim: number, fire: number, weapon: number}} Controls  wire values */
/** @typedef {{x: number, y: number, heading: number, speed: number}} Drawn  heading 0 to 256, with fractions */
/**
 * What is asked of a Client.
 *
 * @typedef {object} Player
 * @property {number} player  its number; 0 for a spectator
 * @property {Schema} schema
 * @property {number} tickRate
 * @property {{tick: number | null, get(id: number): Entity | undefined, all(kind: string): readonly Entity[]}} world
 * @property {(name: any, listener: (it: any) => void) => () => void} on
 */
/**
 * Who wants to know what becomes of the tank.
 *
 * @typedef {object} Follower
 * @property {(tick: number, controls: Controls) => void} predicted  a tick further
 * @property {(tick: number, tank: Entity | null, anew: boolean) => void} seen  a snapshot has come; `anew`: another tank
 *   than before. null: there is none, or a wreck
 * @property {() => void} forgotten  another world begins
 */

/** Without inputs a tank goes on with the last ones for so long. */
const HOLD_SECONDS = 0.25;
/** @type {Controls} */
const NEUTRAL = Object.freeze({ bearing: 0, throttle: 0, aim: 0, fire: 0, weapon: 0 });
const TURN = 256;
/** @type {TankState} */
const NOWHERE = Object.freeze([0, 0, 0, 0, 0]);

export class OwnTank {
  /** @type {Predictor<Controls>} */
  #predictor;
  #error = new ErrorSmoother({ bodyWidth: 2 * TANK_HALF });
  #turnError = new ErrorSmoother({ bodyWidth: QUARTER_TURN });
  /** Corrections since the last frame: x, y, heading. */
  #correction = [0, 0, 0];
  /** The entity that is predicted. @type {number | null} */
  #id = null;
  /** @type {Around} */
  #around;
  #inputTick = 0;
  /** @type {Controls | null} */
  #live = null;
  /** What was held when the newest input was sent. @type {Controls} */
  #held = NEUTRAL;
  /** Where tanks were in the newest snapshot. @type {Map<number, Place>} */
  #places = new Map();
  /** @type {Follower[]} */
  #followers = [];
  /** @type {(() => void)[]} */
  #off;

  /**
   * @param {Player} client
   * @param {Ground} ground
   */
  constructor(client, ground) {
    this.client = client;
    this.ground = ground;
    const holdTicks = Math.max(1, Math.round(HOLD_SECONDS * client.tickRate));
    const fastTicks = Math.round(FAST_SECONDS * client.tickRate);
    this.#around = { walls: ground, tick: 0, pickups: [], tanks: [], fastTicks };
    this.#predictor = new Predictor({
      step: (state, controls, tick) => stepTank(state, controls, tick, this.#around),
      absent: (last, ticks) => (last !== null && ticks <= holdTicks ? last : NEUTRAL),
    });
    /** Ticks that were stepped through again. */
    this.replayed = 0;
    this.#off = [
      client.on("input", (/** @type {{tick: number, values: number[]}} */ input) => this.#sent(input)),
      client.on("snapshot", (/** @type {number} */ tick) => this.#seen(tick)),
      client.on("session", () => this.#forget()),
    ];
  }

  /** Whether there is a tank to be drawn: not before the first snapshot, not while it is a wreck, not for spectators. */
  get exists() {
    return this.#predictor.state !== null;
  }

  /** The entity's id, null if there is none. */
  get id() {
    return this.#id;
  }

  /** Ticks in which the server said what had been predicted for them, */
  get compared() {
    return this.#predictor.compared;
  }

  /** and those of them in which it said something else. */
  get mispredicted() {
    return this.#predictor.mispredicted;
  }

  /** The newest tick that is predicted, null without a tank. */
  get tick() {
    return this.#predictor.tick;
  }

  /**
   * Where it is after the newest predicted tick: what a shot that is fired in it starts from.
   *
   * @returns {Drawn | null}
   */
  get predicted() {
    const state = this.#predictor.state;
    return state && { x: state[X], y: state[Y], heading: state[HEADING], speed: state[SPEED] };
  }

  /** The tick from which on it is not fast any more, 0 if it is not. */
  get fastUntil() {
    return this.#predictor.state?.[FAST_UNTIL] ?? 0;
  }

  /**
   * Where to draw it.
   *
   * @param {number} nowMs
   * @param {number} inputTick  the predicted timeline, as `Client.frame` says it
   * @param {Controls | null} [live]  what is held now; null: what was last sent
   * @returns {Drawn | null}  null if there is none
   */
  drawn(nowMs, inputTick, live = null) {
    if (!this.exists) return null;
    this.#inputTick = inputTick;
    this.#live = live;
    const [dx, dy, turn] = this.#correction;
    if (dx !== 0 || dy !== 0) this.#error.add(dx, dy, nowMs);
    if (turn !== 0) this.#turnError.add(turn, 0, nowMs);
    this.#correction = [0, 0, 0];
    const [x, y, heading, speed] = this.#view();
    const [offX, offY] = this.#error.at(nowMs);
    const [offTurn] = this.#turnError.at(nowMs);
    return { x: x + offX, y: y + offY, heading: (heading + offTurn + TURN) % TURN, speed };
  }

  /**
   * As if a correction had just moved the tank: what is drawn is off by so much, and glides back. For measuring how it feels.
   *
   * @param {number} dx
   * @param {number} dy
   */
  forceError(dx, dy) {
    this.#correction[0] += dx;
    this.#correction[1] += dy;
  }

  /** @param {Follower} follower  is told after the tank itself has moved */
  follow(follower) {
    this.#followers.push(follower);
  }

  /** Listens to the client no longer. */
  dispose() {
    for (const off of this.#off) off();
    this.#off = [];
  }

  /** @param {{tick: number, values: readonly number[]}} input  as it was sent */
  #sent({ tick, values }) {
    const controls = { ...NEUTRAL };
    this.client.schema.input.fields.forEach((field, index) => {
      if (field.name in controls) controls[/** @type {keyof Controls} */ (field.name)] = values[index];
    });
    this.#held = controls;
    this.#predictor.predict(tick, controls);
    for (const follower of this.#followers) follower.predicted(tick, controls);
  }

  /** @param {number} tick */
  #seen(tick) {
    // In another process's epoch the ticks begin where they like: then everything is new.
    if (tick <= this.#around.tick) this.#forget();
    const { world, player } = this.client;
    const tanks = world.all("Tank").filter((tank) => tank.values.health !== 0);
    const own = tanks.find((tank) => player !== 0 && tank.values.owner === player && "speed" in tank.values) ?? null;
    const anew = own !== null && own.id !== this.#id;
    this.#id = own?.id ?? null;
    this.#lookAround(tick, tanks, world.all("Pickup"));
    if (own === null) this.#stop();
    else if (anew) this.#begin(tick, this.#stateOf(own.values));
    else this.#correct(tick, this.#stateOf(own.values));
    for (const follower of this.#followers) follower.seen(tick, own, anew);
  }

  /**
   * @param {number} tick
   * @param {readonly Entity[]} tanks
   * @param {readonly Entity[]} pickups
   */
  #lookAround(tick, tanks, pickups) {
    const places = new Map(tanks.map((tank) => [tank.id, placeOf(tank)]));
    const passed = tick - this.#around.tick;
    this.#around.tanks = tanks
      .filter((tank) => tank.id !== this.#id)
      .map(({ id }) => {
        const { x, y } = /** @type {Place} */ (places.get(id));
        const before = this.#places.get(id) ?? { x, y };
        return { x, y, stepX: (x - before.x) / passed, stepY: (y - before.y) / passed };
      });
    this.#places = places;
    this.#around.pickups = pickups.filter(makesFast).map(placeOf);
    this.#around.tick = tick;
  }

  /** @param {number} tick @param {TankState} state */
  #begin(tick, state) {
    this.#stop();
    this.replayed += this.#predictor.reset(tick, state).replayed;
  }

  /**
   * What was drawn last and what would now have been drawn at that moment differ by the correction.
   *
   * @param {number} tick
   * @param {TankState} state
   */
  #correct(tick, state) {
    const before = this.#view();
    const { replayed } = this.#predictor.reconcile(tick, state);
    this.replayed += replayed;
    const after = this.#view();
    this.#correction[0] += before[X] - after[X];
    this.#correction[1] += before[Y] - after[Y];
    this.#correction[2] += shortest(after[HEADING], before[HEADING]);
  }

  #stop() {
    this.#predictor.stop();
    this.#error.reset();
    this.#turnError.reset();
    this.#correction = [0, 0, 0];
  }

  #forget() {
    this.#stop();
    this.#predictor.forget();
    this.#id = null;
    this.#held = NEUTRAL;
    this.#live = null;
    this.#places = new Map();
    this.#around.tick = 0;
    for (const follower of this.#followers) follower.forgotten();
  }

  /** @returns {TankState}  at the moment of the last frame, without what is left of errors */
  #view() {
    const predictor = this.#predictor;
    const { state, tick } = predictor;
    if (state === null || tick === null) return NOWHERE;
    const ahead = this.#inputTick - tick;
    if (ahead <= 0) {
      const back = Math.ceil(-ahead);
      const from = predictor.before(back);
      const to = predictor.before(back - 1);
      return from === null || to === null ? state : between(from, to, ahead + back);
    }
    const tentative = stepTank(state, this.#live ?? this.#held, tick + 1, this.#around);
    return between(state, tentative, Math.min(ahead, 1));
  }

  /** @param {Values} values @returns {TankState} */
  #stateOf({ x, y, heading, speed, fast_until }) {
    const steps = Math.round((/** @type {number} */ (heading) / (2 * Math.PI)) * TURN) % TURN; // wire values, not radians
    return /** @type {number[]} */ ([x, y, steps, speed, fast_until]);
  }
}

/** @param {Entity} entity */
function placeOf({ values }) {
  return { x: /** @type {number} */ (values.x), y: /** @type {number} */ (values.y) };
}

/** `Pickup.kind` of those that make fast. */
const SPEED_PICKUP = 2;

/** @param {Entity} pickup */
function makesFast({ values }) {
  return values.kind === SPEED_PICKUP;
}

/** @param {TankState} from @param {TankState} to @param {number} part @returns {TankState} */
function between(from, to, part) {
  return [
    from[X] + (to[X] - from[X]) * part,
    from[Y] + (to[Y] - from[Y]) * part,
    (from[HEADING] + shortest(from[HEADING], to[HEADING]) * part + TURN) % TURN,
    from[SPEED] + (to[SPEED] - from[SPEED]) * part,
    to[FAST_UNTIL],
  ];
}

/** The way from one heading to another, the short way round. @param {number} from @param {number} to */
function shortest(from, to) {
  const off = (((to - from) % TURN) + TURN) % TURN;
  return off > TURN / 2 ? off - TURN : off;
}
