/** What stands in VIEW and KEYFRAME chunks and their secret twins, once they are unpacked. */

import { ProtocolError } from "../errors.js";
import { fragment } from "../wire/decode.js";
import { array, natural, naturals, wireValues } from "../wire/values.js";
import { reading, valuesOf } from "./header.js";

/** @typedef {import("../wire.js").Fragment} Fragment */
/** @typedef {import("../wire.js").WireValue} WireValue */
/**
 * A reliable event.
 *
 * @typedef {object} FrameEvent
 * @property {number} tick
 * @property {number} kind
 * @property {number} to  the audience's number
 * @property {number[]} deaf  players who had muted its author
 * @property {WireValue[]} values
 */
/**
 * What leads from the room's frame before to that of `tick`.
 *
 * @typedef {object} Frame
 * @property {number} tick
 * @property {number} flags  as in SNAPSHOT
 * @property {FrameEvent[]} events
 * @property {Fragment[]} fragments
 */
/** @typedef {{base: number, frames: Frame[]}} Block  `base`: the tick of the room's frame before the first */
/** @typedef {{tick: number, flags: number, fragments: Fragment[]}} Keyframe */

/**
 * @param {Uint8Array} view
 * @param {Uint8Array | null} secret  null: there is nothing but what everybody sees
 * @param {{first: number, last: number}} ticks  that the chunk of `view` speaks of
 * @returns {Block}
 * @throws {FormatError} if they do not fit together, or are none
 */
export function decodeBlock(view, secret, { first, last }) {
  return reading(`what is shown from tick ${first} to ${last}`, () => {
    const block = decodeFrames(view);
    const { frames } = block;
    if (frames.length === 0 || frames[0].tick !== first || frames[frames.length - 1].tick > last)
      throw new ProtocolError("its frames are of other ticks");
    if (secret === null) return block;
    const hidden = decodeFrames(secret);
    if (hidden.base !== block.base) throw new ProtocolError("the secret part counts from another tick");
    const byTick = new Map(frames.map((frame) => [frame.tick, frame]));
    for (const { tick, events, fragments } of hidden.frames) {
      const frame = byTick.get(tick);
      if (frame === undefined) throw new ProtocolError(`tick ${tick} has secrets alone`);
      frame.events = frame.events.concat(events);
      frame.fragments = frame.fragments.concat(fragments);
    }
    return block;
  });
}

/**
 * @param {Uint8Array} open
 * @param {Uint8Array | null} secret  null: there is no part but the public one
 * @param {number} tick
 * @returns {Keyframe}
 * @throws {FormatError} if they are none
 */
export function decodeKeyframe(open, secret, tick) {
  return reading(`the keyframe of tick ${tick}`, () => {
    const [flags, ...fragments] = keyframeOf(open);
    const hidden = secret === null ? [] : keyframeOf(secret).slice(1);
    const whole = fragments.concat(hidden).map((each) => fragment(array(each, "a fragment")));
    if (whole.some(({ back }) => back !== 0)) throw new ProtocolError("it counts from another tick");
    return { tick, flags: natural(flags, "flags"), fragments: whole };
  });
}

/** @param {Uint8Array} bytes @returns {unknown[]} */
function keyframeOf(bytes) {
  const values = valuesOf(bytes);
  if (values.length !== 1) throw new ProtocolError("it is not one value");
  return array(values[0], "a keyframe");
}

/** @param {Uint8Array} bytes @returns {Block} */
function decodeFrames(bytes) {
  const [base_, ...rest] = valuesOf(bytes);
  const base = natural(base_, "base");
  let tick = base;
  const frames = rest.map((each) => {
    const [back, flags, events, ...fragments] = array(each, "a frame");
    if (natural(back, "a frame's back") < 1) throw new ProtocolError("two frames of one tick");
    tick += /** @type {number} */ (back);
    return {
      tick,
      flags: natural(flags, "a frame's flags"),
      events: array(events, "a frame's events").map((event) => eventOf(array(event, "an event"), tick)),
      fragments: fragments.map((one) => fragment(array(one, "a fragment"))),
    };
  });
  return { base, frames };
}

/** @param {unknown[]} event @param {number} tick  of its frame @returns {FrameEvent} */
function eventOf([ago, kind, to, deaf, ...values], tick) {
  return {
    tick: tick - natural(ago, "an event's age"),
    kind: natural(kind, "an event's kind"),
    to: natural(to, "an event's audience"),
    deaf: naturals(deaf, "who is deaf"),
    values: wireValues(values, "an event's values"),
  };
}
