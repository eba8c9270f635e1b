/** The client's copy of the part of the world that it may see, brought up to date by SNAPSHOTs. */

import { encode } from "../vendor/msgpack/encode.mjs";
import { crc32 } from "./crc32.js";
import { ProtocolError, WorldMismatch } from "./errors.js";

export { ProtocolError, WorldMismatch };

/** @typedef {import("./wire.js").WireValue} WireValue */
/** @typedef {import("./wire.js").Snapshot} Snapshot */
/** @typedef {import("./wire.js").Fragment} Fragment */
/** @typedef {import("./schema.js").Schema} Schema */
/** @typedef {import("./schema.js").Form} Form */
/** @typedef {import("./schema.js").Values} Values */

/** @typedef {{form: Form, values: WireValue[]}} Row  what one part says of an entity */
/** @typedef {{base: number, rows: Map<number, Row>}} Part  `base`: the tick from which the next differences count */
/** @typedef {{id: number, kind: string, values: Values}} Entity  the values that this client may see, by name */
/** @typedef {{name: string, tick: number, values: Values}} CosmeticEvent  it happened at `tick` */
/**
 * A world as one reads it.
 *
 * @typedef {object} World
 * @property {number | null} tick
 * @property {ReadonlyMap<number, Part>} parts
 * @property {(id: number) => Entity | undefined} get  what all parts together say of it
 * @property {(kindName: string) => Entity[]} all  of that kind, by id
 */
/**
 * @typedef {object} Applied
 * @property {boolean} ignored  it was of an epoch that is over; nothing has changed
 * @property {boolean} anew  a new epoch began, or the room lost time: old estimates of its clock are worthless
 * @property {CosmeticEvent[]} cosmetics  those that are not too old to be shown, oldest first
 */

/** A cosmetic event older than this, in microseconds, is not shown. */
export const COSMETIC_AGE_MAX = 300_000;
const SECOND = 1_000_000;

/** A client's world. After an error it is in no defined state: close the line and begin with a new one. */
export class Replica {
  #schema;
  #tickRate;
  /** @type {number | null} */
  #clock = null;
  /** Divisors of parts that are not on schedule in every tick. @type {Map<number, number>} */
  #divisors = new Map();
  /** In which parts an entity is. @type {Map<number, Set<number>>} */
  #places = new Map();

  /**
   * @param {Schema} schema
   * @param {{tickRate: number, epoch: number}} welcome  `tickRate` in ticks a second
   */
  constructor(schema, { tickRate, epoch }) {
    this.#schema = schema;
    this.#tickRate = tickRate;
    /** The newest epoch. */
    this.epoch = epoch;
    /** The newest snapshot's tick; null before the first of an epoch. @type {number | null} */
    this.tick = null;
    /** A snapshot comes every so many ticks. */
    this.rate = 1;
    /** @type {Map<number, Part>} */
    this.parts = new Map();
  }

  /**
   * Brings the world up to a snapshot's tick.
   *
   * @param {Snapshot} snapshot
   * @returns {Applied}
   * @throws {ProtocolError} if it contradicts itself or the schema
   * @throws {WorldMismatch} if a CRC is wrong or a base is not the one that is held
   */
  apply(snapshot) {
    if (snapshot.epoch < this.epoch) return { ignored: true, anew: false, cosmetics: [] };
    let anew = false;
    if (snapshot.epoch > this.epoch) {
      this.#forgetAll();
      this.epoch = snapshot.epoch;
      anew = true;
    }
    const { tick, control, fragments } = snapshot;
    if (this.tick !== null && tick <= this.tick) throw new ProtocolError(`tick ${tick} after tick ${this.tick}`);
    this.tick = tick;

    if (control !== null) {
      for (const part of control.drops) this.#drop(part);
      for (let at = 0; at < control.schedule.length; at += 2)
        this.#divisors.set(control.schedule[at], control.schedule[at + 1]);
      if (control.rate !== null) this.rate = control.rate;
      if (control.clock !== null) {
        anew ||= this.#clock !== null && this.#clock !== control.clock;
        this.#clock = control.clock;
      }
    }
    for (const fragment of fragments) this.#begin(fragment, tick);
    for (const fragment of fragments) this.#leave(fragment);
    for (const fragment of fragments) this.#enter(fragment);
    for (const fragment of fragments) this.#change(fragment);
    for (const [number, part] of this.parts) if (tick % (this.#divisors.get(number) ?? 1) === 0) part.base = tick;
    for (const fragment of fragments) this.#checkCrc(fragment);
    return { ignored: false, anew, cosmetics: cosmeticsOf(fragments, tick, { schema: this.#schema, tickRate: this.#tickRate }) };
  }

  /**
   * @param {number} id
   * @returns {Entity | undefined} what all parts together say of it
   */
  get(id) {
    const places = this.#places.get(id);
    if (places === undefined) return undefined;
    /** @type {Values} */
    const values = {};
    let kind = "";
    for (const number of places) {
      const row = this.#rowsOf(number).get(id);
      if (row === undefined) continue;
      kind = row.form.kind.name;
      row.form.fields.forEach((field, index) => (values[field.name] = field.fromWire(row.values[index])));
    }
    return { id, kind, values };
  }

  /**
   * @param {string} kindName
   * @returns {Entity[]} all of that kind, by id
   */
  all(kindName) {
    const found = [];
    for (const [id, places] of this.#places) {
      const [first] = places;
      if (this.#rowsOf(first).get(id)?.form.kind.name === kindName) found.push(/** @type {Entity} */ (this.get(id)));
    }
    return found.sort((one, other) => one.id - other.id);
  }

  #forgetAll() {
    this.parts.clear();
    this.#places.clear();
    this.#divisors.clear();
    this.tick = null;
    this.rate = 1;
    this.#clock = null;
  }

  /** @param {number} number */
  #drop(number) {
    const part = this.parts.get(number);
    if (part !== undefined) for (const id of part.rows.keys()) this.#displace(number, id);
    this.parts.delete(number);
    this.#divisors.delete(number);
  }

  /**
   * The base is checked, or a part begins from nothing.
   *
   * @param {Fragment} fragment
   * @param {number} tick
   */
  #begin({ part: number, back, left, changed }, tick) {
    const part = this.parts.get(number);
    if (back !== 0) {
      if (part === undefined) throw new WorldMismatch(`part ${number} is not held`);
      if (part.base !== tick - back)
        throw new WorldMismatch(`part ${number}: tick ${tick} counts from ${tick - back}, the base is ${part.base}`);
      part.base = tick;
      return;
    }
    if (left.length > 0 || changed.length > 0) throw new ProtocolError(`part ${number}: differences without a base`);
    if (part !== undefined) for (const id of part.rows.keys()) this.#displace(number, id);
    this.parts.set(number, { base: tick, rows: new Map() });
  }

  /** @param {Fragment} fragment */
  #leave({ part: number, left }) {
    const rows = this.#rowsOf(number);
    const ids = new Ids();
    for (const difference of left) {
      const id = ids.next(difference);
      if (!rows.delete(id)) throw new ProtocolError(`part ${number}: entity ${id} left, but was not there`);
      this.#displace(number, id);
    }
  }

  /** @param {Fragment} fragment */
  #enter({ part: number, entered }) {
    const rows = this.#rowsOf(number);
    const ids = new Ids();
    const flat = new Flat(entered);
    while (flat.more) {
      const form = this.#schema.form(flat.next());
      const id = ids.next(flat.next());
      const values = form.fields.map((field) => field.check(flat.next()));
      rows.set(id, { form, values });
      let places = this.#places.get(id);
      if (places === undefined) this.#places.set(id, (places = new Set()));
      places.add(number);
    }
  }

  /** @param {Fragment} fragment */
  #change({ part: number, changed }) {
    const rows = this.#rowsOf(number);
    const ids = new Ids();
    const flat = new Flat(changed);
    while (flat.more) {
      const id = ids.next(flat.next());
      const row = rows.get(id);
      if (row === undefined) throw new ProtocolError(`part ${number}: entity ${id} changed, but is not there`);
      let mask = flat.next();
      if (typeof mask !== "number" || mask < 0) throw new ProtocolError(`part ${number}: a mask is no integer`);
      // No bit operations: they would cut the mask to 32 bits.
      for (let index = 0; mask > 0; index++, mask = Math.floor(mask / 2)) {
        if (mask % 2 === 0) continue;
        const field = row.form.fields[index];
        if (field === undefined) throw new ProtocolError(`part ${number}: entity ${id} has no value ${index}`);
        row.values[index] = field.changed(row.values[index], flat.next());
      }
    }
  }

  /** @param {Fragment} fragment */
  #checkCrc({ part: number, crc }) {
    if (crc === null) return;
    const rows = this.#rowsOf(number);
    const flat = [];
    for (const id of [...rows.keys()].sort((one, other) => one - other)) {
      const row = /** @type {Row} */ (rows.get(id));
      flat.push(id, row.form.number, ...row.values);
    }
    const own = crc32(encode(flat));
    if (own !== crc) throw new WorldMismatch(`part ${number}: the CRC is ${own}, the server says ${crc}`);
  }

  /** @param {number} number @returns {Map<number, Row>} */
  #rowsOf(number) {
    return /** @type {Part} */ (this.parts.get(number)).rows;
  }

  /** @param {number} number @param {number} id */
  #displace(number, id) {
    const places = this.#places.get(id);
    places?.delete(number);
    if (places?.size === 0) this.#places.delete(id);
  }
}

/**
 * The cosmetic events of a snapshot.
 *
 * @param {readonly Fragment[]} fragments
 * @param {number} tick  of the snapshot
 * @param {{schema: Schema, tickRate: number}} room
 * @returns {CosmeticEvent[]} those that are not too old to be shown, oldest first
 * @throws {ProtocolError} if they contradict the schema
 */
export function cosmeticsOf(fragments, tick, { schema, tickRate }) {
  /** @type {CosmeticEvent[]} */
  const events = [];
  for (const { cosmetic } of fragments) {
    const flat = new Flat(cosmetic);
    while (flat.more) {
      const kind = schema.event(flat.next());
      const ago = flat.next();
      if (typeof ago !== "number" || ago < 0) throw new ProtocolError("a cosmetic event of the future");
      const values = kind.fromWire(kind.fields.map(() => flat.next()));
      if (ago * SECOND <= COSMETIC_AGE_MAX * tickRate) events.push({ name: kind.name, tick: tick - ago, values });
    }
  }
  return events.sort((one, other) => one.tick - other.tick);
}

/** Reads a flat list from its beginning. */
class Flat {
  #values;
  #at = 0;

  /** @param {readonly WireValue[]} values */
  constructor(values) {
    this.#values = values;
  }

  get more() {
    return this.#at < this.#values.length;
  }

  /**
   * @returns {WireValue}
   * @throws {ProtocolError} if the list is cut short
   */
  next() {
    if (!this.more) throw new ProtocolError("a list is cut short");
    return this.#values[this.#at++];
  }
}

/** Absolute ids from those of a list, each of which is the difference from the one before. */
class Ids {
  #last = -1;

  /**
   * @param {WireValue} difference
   * @returns {number}
   * @throws {ProtocolError} if the ids do not ascend
   */
  next(difference) {
    if (typeof difference !== "number") throw new ProtocolError("an id is no integer");
    const id = this.#last < 0 ? difference : this.#last + difference;
    if (id <= this.#last || !Number.isSafeInteger(id)) throw new ProtocolError("ids do not ascend");
    this.#last = id;
    return id;
  }
}
