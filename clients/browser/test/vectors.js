/** The vectors in tests/vectors/ at the top of the repository. A file that is missing or holds nothing is an error. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const FOLDER = new URL("../../../tests/vectors/", import.meta.url);

/**
 * @param {string} name  without ".json"
 * @returns {any} its content, every {"bin": hex} as bytes
 */
export function readVectors(name) {
  const content = JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), "utf8"), (_, value) =>
    isBin(value) ? bytes(value.bin) : value,
  );
  assert.ok(Object.keys(content).length > 0, `${name}.json is empty`);
  if (!Array.isArray(content))
    for (const [key, entries] of Object.entries(content)) assert.ok(entries.length > 0, `${name}.json: ${key} is empty`);
  return content;
}

/** @param {string} hex @returns {Uint8Array} */
export function bytes(hex) {
  return Uint8Array.from({ length: hex.length / 2 }, (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16));
}

/** @param {Uint8Array} array @returns {string} */
export function hex(array) {
  return Array.from(array, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function isBin(value) {
  return typeof value === "object" && value !== null && Object.keys(value).join() === "bin";
}

/**
 * A message in the form that the vectors have.
 *
 * @param {import("../src/wire.js").ServerMessage} message
 */
export function plain(message) {
  switch (message.type) {
    case "WELCOME": {
      const { type, tickRate, map, ...rest } = message;
      return { message: type, tick_rate: tickRate, map: map && [map.name, map.hash, map.data], ...rest };
    }
    case "SNAPSHOT": {
      const { type, inputAck, control, fragments, ...rest } = message;
      return {
        message: type,
        input_ack: inputAck,
        control: control && [control.drops, control.rate, control.clock, control.schedule],
        fragments: fragments.map(({ part, back, entered, left, changed, crc, cosmetic }) => {
          const array = [part, back, entered, left, changed];
          if (crc !== null || cosmetic.length > 0) array.push(crc);
          if (cosmetic.length > 0) array.push(cosmetic);
          return array;
        }),
        ...rest,
      };
    }
    case "PONG": {
      const { type, clientTime, intoTick, ...rest } = message;
      return { message: type, client_time: clientTime, into_tick: intoTick, ...rest };
    }
    case "REPLY": {
      const { type, id, ...rest } = message;
      return { message: type, number: id, ...rest };
    }
    default: {
      const { type, ...rest } = message;
      return { message: type, ...rest };
    }
  }
}
