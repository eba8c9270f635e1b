/**
 * A game's schema, as WELCOME brings it: what kinds of entities, events, calls, inputs and options there are, which values
 * stand in a form, and what a value on the wire means.
 *
 * Values are written here in two ways. A *wire value* is an integer, a string or an array of integers. A *value* is what a
 * program wants: a `real` is a number in the game's own units, an `angle` a number of radians from 0 up to (not including) 2π,
 * 0 along +x and growing towards +y, a `boolean` true or false; the other types are alike in both.
 */

import { ProtocolError } from "./errors.js";

/** @typedef {import("./wire.js").WireValue} WireValue */
/** @typedef {number | boolean | string | number[]} Value */
/** @typedef {Record<string, Value>} Values  by the fields' names */
/** @typedef {"real" | "integer" | "angle" | "boolean" | "text" | "integers"} FieldType */

const TYPES = Object.freeze(["real", "integer", "angle", "boolean", "text", "integers"]);
const AUDIENCES = Object.freeze({ all: 1, team: 2, owner: 4 });
const LEVELS = 8;
const TURN = 2 * Math.PI;
/** Of a real without bounds, on the wire: so far the rounding is exact and a difference fits 53 bits. */
const REAL_LIMIT = 2 ** 52 - 1;

/**
 * The integer on the wire for a real number: the nearest multiple of the quantum, halves upwards.
 *
 * @param {number} value  finite
 * @param {number} quantum  a power of two
 * @returns {number}
 */
export function quantise(value, quantum) {
  return Math.floor(value / quantum + 0.5) + 0; // + 0: no negative zero
}

/** One field of a kind, an event, a call, the input or the options. */
export class Field {
  /**
   * @param {unknown} description  a FIELD map
   * @throws {ProtocolError} if it is none
   */
  constructor(description) {
    const map = asMap(description, "a field");
    /** @type {string} */
    this.name = asText(map.name, "a field's name");
    const type = /** @type {FieldType} */ (map.type);
    if (!TYPES.includes(type)) throw new ProtocolError(`field ${this.name}: unknown type ${String(map.type)}`);
    /** @type {FieldType} */
    this.type = type;
    const audience = map.audience ?? "all";
    if (audience !== "all" && audience !== "team" && audience !== "owner")
      throw new ProtocolError(`field ${this.name}: unknown audience ${String(audience)}`);
    /** @type {"all" | "team" | "owner"} */
    this.audience = audience;
    const limit = type === "real" ? REAL_LIMIT : Infinity;
    /** Lowest wire value (integers: lowest element). */
    this.low = asNumber(map.low, -limit, this.name);
    /** Highest wire value (integers: highest element). */
    this.high = asNumber(map.high, limit, this.name);
    /** Most code points of a text, most elements of integers. */
    this.most = asNumber(map.most, Infinity, this.name);
    /** Steps of a full turn, of an angle. */
    this.steps = type === "angle" ? asNumber(map.steps, NaN, this.name) : 0;
    if (type === "angle" && !(this.steps >= 1)) throw new ProtocolError(`field ${this.name}: an angle without steps`);
    /** What one step of a real is worth. */
    this.quantum = type === "real" ? asQuantum(map.quantum, this.name) : 0;
    /** How to draw it between two snapshots; null: it jumps. */
    this.interpolate = map.interpolate === "linear" || map.interpolate === "angle" ? map.interpolate : null;
    /** True for an input that is a press and no level. */
    this.edge = map.edge === true;
    /** The wire value of no input, of an input field. */
    this.neutral = asNumber(map.neutral, 0, this.name);
  }

  /**
   * The value that a wire value means.
   *
   * @param {WireValue} wire
   * @returns {Value}
   * @throws {ProtocolError} if it is not of this field's type
   */
  fromWire(wire) {
    this.check(wire);
    switch (this.type) {
      case "real":
        return /** @type {number} */ (wire) * this.quantum;
      case "angle":
        return (/** @type {number} */ (wire) / this.steps) * TURN;
      case "boolean":
        return wire !== 0;
      default:
        return wire;
    }
  }

  /**
   * The wire value for a value. Numbers outside of `low` and `high` become the nearest one inside.
   *
   * @param {Value} value
   * @returns {WireValue}
   * @throws {RangeError} if it is not of this field's type, not finite, or too long
   */
  toWire(value) {
    switch (this.type) {
      case "real":
        return this.clamp(quantise(this.finite(value), this.quantum));
      case "angle":
        return mod(Math.floor((this.finite(value) / TURN) * this.steps + 0.5), this.steps);
      case "boolean":
        if (typeof value !== "boolean") throw new RangeError(`${this.name} must be a boolean`);
        return value ? 1 : 0;
      case "integer":
        if (!Number.isSafeInteger(value)) throw new RangeError(`${this.name} must be an integer`);
        return this.clamp(/** @type {number} */ (value));
      case "text":
        if (typeof value !== "string" || [...value].length > this.most)
          throw new RangeError(`${this.name} must be a text of at most ${this.most} characters`);
        return value;
      case "integers":
        if (!Array.isArray(value) || value.length > this.most || !value.every(Number.isSafeInteger))
          throw new RangeError(`${this.name} must be at most ${this.most} integers`);
        return value.map((each) => this.clamp(each));
    }
  }

  /**
   * The new wire value: the old one and what `changed` says of it.
   *
   * @param {WireValue} old  of this field
   * @param {WireValue} change  a difference for numbers, else the new value
   * @returns {WireValue}
   * @throws {ProtocolError} if the change is not of this field's type
   */
  changed(old, change) {
    if (this.type === "text" || this.type === "integers") return this.check(change);
    if (typeof change !== "number") throw new ProtocolError(`${this.name}: the difference is no integer`);
    const sum = /** @type {number} */ (old) + change;
    return this.check(this.type === "angle" ? mod(sum, this.steps) : sum);
  }

  /**
   * The wire value itself, if it is of this field's type.
   *
   * @param {WireValue} wire
   * @returns {WireValue}
   * @throws {ProtocolError} if it is not
   */
  check(wire) {
    let fits;
    if (this.type === "text") fits = typeof wire === "string";
    else if (this.type === "integers") fits = Array.isArray(wire);
    else if (this.type === "boolean") fits = wire === 0 || wire === 1;
    else if (this.type === "angle") fits = typeof wire === "number" && wire >= 0 && wire < this.steps;
    else fits = Number.isSafeInteger(wire);
    if (!fits) throw new ProtocolError(`${this.name}: ${JSON.stringify(wire)} is no ${this.type}`);
    return wire;
  }

  /** @param {Value} value @returns {number} */
  finite(value) {
    if (typeof value !== "number" || !Number.isFinite(value)) throw new RangeError(`${this.name} must be a finite number`);
    return value;
  }

  /** @param {number} wire @returns {number} */
  clamp(wire) {
    return Math.min(Math.max(wire, this.low), this.high);
  }
}

/** Named fields in order: a kind of entity, an event, a call, the input, the options. */
export class Fields {
  /**
   * @param {string} name
   * @param {unknown} descriptions  an array of FIELD maps
   * @throws {ProtocolError} if it is none
   */
  constructor(name, descriptions) {
    this.name = name;
    /** @type {readonly Field[]} */
    this.fields = asArray(descriptions, `${name}'s fields`).map((each) => new Field(each));
  }

  /**
   * Values by name.
   *
   * @param {readonly WireValue[]} wire  one for each field
   * @returns {Values}
   * @throws {ProtocolError} if there are not as many as fields, or one has another type
   */
  fromWire(wire) {
    if (wire.length !== this.fields.length)
      throw new ProtocolError(`${this.name}: ${wire.length} values for ${this.fields.length} fields`);
    /** @type {Values} */
    const values = {};
    this.fields.forEach((field, index) => (values[field.name] = field.fromWire(wire[index])));
    return values;
  }

  /**
   * Wire values in the fields' order.
   *
   * @param {Readonly<Values>} values  by name; of an input field that is missing, the neutral value is taken
   * @returns {WireValue[]}
   * @throws {RangeError} if a value is not of its field's type, or has no field
   */
  toWire(values) {
    for (const name of Object.keys(values))
      if (!this.fields.some((field) => field.name === name)) throw new RangeError(`${this.name} has no field ${name}`);
    return this.fields.map((field) => (hasName(values, field.name) ? field.toWire(values[field.name]) : field.neutral));
  }
}

/** The values of a kind that stand together in a part: those of one or more audiences. */
export class Form {
  /**
   * @param {number} number  kind × 8 + levels
   * @param {Fields} kind
   */
  constructor(number, kind) {
    this.number = number;
    this.kind = kind;
    /** @type {readonly Field[]} */
    this.fields = kind.fields.filter((field) => (AUDIENCES[field.audience] & number % LEVELS) !== 0);
  }
}

/** The whole schema. */
export class Schema {
  /** @type {Map<number, Form>} */
  #forms = new Map();

  /**
   * @param {Record<string, unknown>} description  WELCOME's `schema`; keys that are not known are ignored
   * @throws {ProtocolError} if it is none
   */
  constructor(description) {
    const map = asMap(description, "the schema");
    /** The game's name. */
    this.game = asText(map.game, "the game's name");
    /** The game's version. */
    this.version = asNumber(map.version, undefined, "version");
    /** Kind 0: the room's globals; kind 1: the players. */
    this.kinds = list(map.kinds, "kinds");
    this.events = list(map.events, "events");
    this.calls = list(map.calls, "calls");
    this.input = new Fields("input", map.input);
    this.options = new Fields("options", map.options);
    /** The room ticks on input: no snapshot means that nothing happens. */
    this.onInput = map.on_input === true;
  }

  /**
   * @param {WireValue} number  kind × 8 + levels
   * @returns {Form}
   * @throws {ProtocolError} if the schema has no such kind, or the form no level
   */
  form(number) {
    const known = this.#forms.get(/** @type {number} */ (number));
    if (known) return known;
    if (typeof number !== "number") throw new ProtocolError("a form is no integer");
    const kind = this.kinds[Math.floor(number / LEVELS)];
    if (kind === undefined || number % LEVELS === 0) throw new ProtocolError(`the schema has no form ${number}`);
    const form = new Form(number, kind);
    this.#forms.set(number, form);
    return form;
  }

  /**
   * @param {WireValue} index  an EVENT's or a cosmetic event's `kind`
   * @returns {Fields}
   * @throws {ProtocolError} if the schema has no such event
   */
  event(index) {
    const event = typeof index === "number" ? this.events[index] : undefined;
    if (event === undefined) throw new ProtocolError(`the schema has no event ${String(index)}`);
    return event;
  }

  /**
   * @param {string} name
   * @returns {Fields}
   * @throws {RangeError} if the schema has no such call
   */
  call(name) {
    const call = this.calls.find((each) => each.name === name);
    if (call === undefined) throw new RangeError(`${this.game} has no call ${name}`);
    return call;
  }
}

/**
 * The remainder from 0 to divisor − 1, also of a negative number.
 *
 * @param {number} value
 * @param {number} divisor
 */
function mod(value, divisor) {
  return ((value % divisor) + divisor) % divisor;
}

/** @param {object} values @param {string} name */
function hasName(values, name) {
  return Object.prototype.hasOwnProperty.call(values, name);
}

/** @param {unknown} value @param {string} what @returns {Fields[]} */
function list(value, what) {
  return asArray(value, what).map((each) => {
    const map = asMap(each, `one of the ${what}`);
    return new Fields(asText(map.name, `the name of one of the ${what}`), map.fields);
  });
}

/** @param {unknown} value @param {string} what @returns {unknown[]} */
function asArray(value, what) {
  if (!Array.isArray(value)) throw new ProtocolError(`the schema: ${what} is no array`);
  return value;
}

/** @param {unknown} value @param {string} what @returns {Record<string, unknown>} */
function asMap(value, what) {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new ProtocolError(`the schema: ${what} is no map`);
  return /** @type {Record<string, unknown>} */ (value);
}

/** @param {unknown} value @param {string} what @returns {string} */
function asText(value, what) {
  if (typeof value !== "string") throw new ProtocolError(`the schema: ${what} is no text`);
  return value;
}

/** @param {unknown} value @param {number | undefined} absent @param {string} name @returns {number} */
function asNumber(value, absent, name) {
  if (value === undefined && absent !== undefined) return absent;
  if (!Number.isSafeInteger(value)) throw new ProtocolError(`field ${name}: no integer`);
  return /** @type {number} */ (value);
}

/** @param {unknown} value @param {string} name @returns {number} */
function asQuantum(value, name) {
  if (!Array.isArray(value) || value.length !== 2) throw new ProtocolError(`field ${name}: a real without a quantum`);
  const quantum = asNumber(value[0], NaN, name) / asNumber(value[1], NaN, name);
  if (!(quantum > 0) || !Number.isFinite(quantum)) throw new ProtocolError(`field ${name}: a wrong quantum`);
  return quantum;
}
