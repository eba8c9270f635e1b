/** Inputs, each for a tick of the room: the page is asked for them in order, one for every tick, when it is time to send it. */

import { INPUT_VALUES_MAX } from "./wire.js";

/** @typedef {import("./schema.js").Field} Field */
/** @typedef {import("./schema.js").Fields} Fields */
/** @typedef {Record<string, number | boolean>} InputValues  wire values by the names of the input's fields */
/** @typedef {(tick: number) => InputValues | null} Sampler */
/** @typedef {{firstTick: number, rows: number[][]}} Run  of consecutive ticks, the wire values of each in the fields' order */

/** The most ticks in one INPUT; the server keeps no more of them waiting. */
const TICKS_MAX = 16;

/** Asks for inputs. */
export class Inputs {
  /** Asked for each tick; null, or answering null: nothing is sent. @type {Sampler | null} */
  sampler = null;
  /** The highest tick that was asked for. */
  #last = 0;

  /**
   * A world or a line begins, or its ticks are at other moments now.
   *
   * @param {number} tick  the tick in hand: inputs are for later ones
   * @param {{goesOn: boolean}} time  ticks of before mean the same
   */
  begin(tick, { goesOn }) {
    this.#last = goesOn ? Math.max(this.#last, tick) : tick;
  }

  /**
   * Asks for all that are due. What the sampler throws, and RangeError for what the input's fields do not allow, is for the page.
   *
   * @param {Fields} fields
   * @param {number} inputTick  inputs up to this tick are due
   * @param {number} most  of how many ticks; older ones are passed over, as it is too late for them
   * @returns {Generator<Run, void>}
   */
  *due(fields, inputTick, most = TICKS_MAX) {
    const newest = Math.floor(inputTick);
    const width = fields.fields.length;
    if (this.sampler === null || width === 0) return;
    const count = Math.min(most, TICKS_MAX, Math.floor(INPUT_VALUES_MAX / width));
    /** @type {Run} */
    let run = { firstTick: 0, rows: [] };
    this.#last = Math.max(this.#last, newest - count);
    while (this.#last < newest) {
      const values = this.sampler(++this.#last);
      if (values !== null) {
        if (run.rows.length === 0) run.firstTick = this.#last;
        run.rows.push(rowOf(fields, values));
      } else if (run.rows.length > 0) {
        yield run;
        run = { firstTick: 0, rows: [] };
      }
    }
    if (run.rows.length > 0) yield run;
  }
}

/**
 * @param {Fields} fields
 * @param {InputValues} values
 * @returns {number[]} in the fields' order; what is missing is neutral
 * @throws {RangeError}
 */
function rowOf({ fields }, values) {
  for (const name of Object.keys(values))
    if (!fields.some((field) => field.name === name))
      throw new RangeError(`the input has no ${name}, but ${fields.map((field) => field.name).join(", ")}`);
  return fields.map((field) => {
    const value = Object.hasOwn(values, field.name) ? Number(values[field.name]) : field.neutral;
    const [low, high] = bounds(field);
    if (!Number.isSafeInteger(value) || value < low || value > high)
      throw new RangeError(`the input's ${field.name} must be an integer from ${low} to ${high}, not ${value}`);
    return value;
  });
}

/** @param {Field} field @returns {[number, number]} its lowest and highest wire value */
function bounds(field) {
  if (field.type === "boolean") return [0, 1];
  if (field.type === "angle") return [0, field.steps - 1];
  return [field.low, field.high];
}
