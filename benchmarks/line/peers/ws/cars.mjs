// The scene of benchmarks/line/drive.py for the room beside it: the same numbers to the last bit.

import { crc32 } from "node:zlib";

export const TICK_RATE = 30;
const SIDE = 4096;
const THRUST = 2;
const DRAG = 0.0625;
const GOLDEN = 633;

/** Forms (docs/protocol.md, section 6): kinds 0 globals, 1 players, 2 cars; all that everyone sees. */
const GLOBALS = 1;
const PLAYER = 9;
const CAR = 17;

const NEUTRAL = [0, 0];

/** A player and his car. `units`: the car's place and velocity as the wire has them. */
class Car {
  constructor(id, owner, name) {
    this.id = id; // the player's; the car's is the next one
    this.owner = owner;
    this.name = name;
    this.x = (owner * GOLDEN) % SIDE;
    this.y = (owner * owner * GOLDEN) % SIDE;
    this.vx = 0;
    this.vy = 0;
    this.units = [this.x * 16, this.y * 16, 0, 0];
  }

  step(ax, ay) {
    this.vx += THRUST * ax - DRAG * this.vx;
    this.vy += THRUST * ay - DRAG * this.vy;
    this.x += this.vx;
    this.y += this.vy;
    if (!(this.x >= 0 && this.x <= SIDE)) {
      this.x = Math.min(Math.max(this.x, 0), SIDE);
      this.vx = -this.vx;
    }
    if (!(this.y >= 0 && this.y <= SIDE)) {
      this.y = Math.min(Math.max(this.y, 0), SIDE);
      this.vy = -this.vy;
    }
  }
}

/** The world of one room, and what is told of it: what entered, left and changed in the last step. */
export class Cars {
  #cars = new Map();
  #ids = 1;
  #entered = [];
  #left = [];
  changed = [];

  /** Somebody joins, before a step. */
  join(owner, name) {
    const car = new Car(this.#ids, owner, name);
    this.#ids += 2;
    this.#cars.set(owner, car);
    this.#entered.push(car);
  }

  /** Somebody leaves, before a step. */
  leave(owner) {
    const car = this.#cars.get(owner);
    this.#cars.delete(owner);
    if (!this.#entered.includes(car)) this.#left.push(car.id, car.id + 1);
    this.#entered = this.#entered.filter((other) => other !== car);
  }

  /** One tick. `inputs`: owner → [ax, ay]. Afterwards everything is rounded to its quantum. */
  step(inputs) {
    const changed = [];
    let last = 0;
    for (const car of this.#cars.values()) {
      const [ax, ay] = inputs.get(car.owner) ?? NEUTRAL;
      car.step(ax, ay);
      const before = car.units;
      const x = Math.floor(car.x * 16 + 0.5);
      const y = Math.floor(car.y * 16 + 0.5);
      const vx = Math.floor(car.vx * 256 + 0.5);
      const vy = Math.floor(car.vy * 256 + 0.5);
      car.x = x / 16;
      car.y = y / 16;
      car.vx = vx / 256;
      car.vy = vy / 256;
      car.units = [x, y, vx, vy];
      if (this.#entered.length > 0 && this.#entered.includes(car)) continue;
      const mask =
        (x !== before[0] ? 1 : 0) | (y !== before[1] ? 2 : 0) | (vx !== before[2] ? 4 : 0) | (vy !== before[3] ? 8 : 0);
      if (mask === 0) continue;
      changed.push(car.id + 1 - last, mask);
      last = car.id + 1;
      if (mask & 1) changed.push(x - before[0]);
      if (mask & 2) changed.push(y - before[1]);
      if (mask & 4) changed.push(vx - before[2]);
      if (mask & 8) changed.push(vy - before[3]);
    }
    this.changed = changed;
  }

  /** What entered in the last step, or all of it, as a FRAGMENT has it. */
  entered(whole) {
    const flat = whole ? [GLOBALS, 0] : [];
    let last = 0;
    for (const car of whole ? this.#cars.values() : this.#entered) {
      flat.push(PLAYER, car.id - last, car.name, 1, 0, 0, car.owner, 0);
      flat.push(CAR, 1, ...car.units, car.owner, 0);
      last = car.id + 1;
    }
    return flat;
  }

  /** The ids that left before the last step, as a FRAGMENT has them. */
  left() {
    return this.#left.sort((a, b) => a - b).map((id, at, all) => id - (at > 0 ? all[at - 1] : 0));
  }

  /** The CRC of everything (docs/protocol.md, section 5). */
  crc(pack) {
    const flat = [0, GLOBALS];
    for (const car of this.#cars.values()) {
      flat.push(car.id, PLAYER, car.name, 1, 0, 0, car.owner, 0);
      flat.push(car.id + 1, CAR, ...car.units, car.owner, 0);
    }
    return crc32(pack(flat));
  }

  /** The tick has been told. */
  told() {
    if (this.#entered.length > 0) this.#entered = [];
    if (this.#left.length > 0) this.#left = [];
  }

  /** owner → [x, y, vx, vy] in wire units. */
  places() {
    return new Map([...this.#cars.values()].map((car) => [car.owner, car.units]));
  }
}
