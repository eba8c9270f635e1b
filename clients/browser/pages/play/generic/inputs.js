/** How a game is steered of which only the schema is known: a key, a slider or the pointer for each field of its input. Pure. */

/** @typedef {import("../../../src/schema.js").Field} Field */
/** @typedef {import("../view.js").Action} Action */

/**
 * @typedef {object} Control  of one field; all values are wire integers
 * @property {Field} field
 * @property {"hold" | "axis" | "slide" | "way" | "point"} type  a key; two keys; a slider; four keys; where the pointer is
 * @property {readonly Action[]} actions  hold: one; axis: less, more; way: up, left, down, right
 */
/**
 * @typedef {object} State  what is pressed just now
 * @property {(action: string) => boolean} pressed
 * @property {(field: string) => number} slid  the slider's value
 * @property {() => number | null} pointed  radians from the own thing to the pointer; null: it points nowhere
 */

const ARROWS = Object.freeze({
  up: ["KeyW", "ArrowUp"],
  left: ["KeyA", "ArrowLeft"],
  down: ["KeyS", "ArrowDown"],
  right: ["KeyD", "ArrowRight"],
});
/** @typedef {keyof typeof ARROWS} Way */
/** What names of fields mean. @type {readonly (readonly [RegExp, Way])[]} */
const WAYS = Object.freeze([
  [/^(up|forward|forwards|thrust|accelerate|gas|throttle)$/, "up"],
  [/^(left|turn_left|port)$/, "left"],
  [/^(down|back|backward|backwards|brake|reverse)$/, "down"],
  [/^(right|turn_right|starboard)$/, "right"],
]);
const TRIGGER = /^(fire|shoot|jump|action|act|use|kick|serve)$/;
const ACROSS = /^(right|dx|x|across|horizontal|move_x|steer|turn|strafe)$/;
const DOWN = /^(down|dy|y|vertical|move_y|back)$/;
const UP = /^(up|forward|throttle|thrust)$/;
const POINTS = /aim|look|turret|point|cursor|mouse/;
/** For whatever has no usual key. */
const SPARE = Object.freeze(["KeyE", "KeyQ", "KeyR", "KeyF", "KeyC", "KeyX", "KeyZ", "KeyV", "KeyG", "KeyT"]);
/** A pedal with more is a slider. */
const LEVELS_MOST = 4;
const TURN = 2 * Math.PI;

/**
 * @param {string} game  with which the actions' names begin
 * @param {readonly Field[]} fields  of the schema's input
 * @returns {Control[]}
 */
export function controlsOf(game, fields) {
  const spare = [...SPARE];
  /** @type {Set<string>} */
  const taken = new Set();
  let triggered = false;
  let steered = false;
  const angles = fields.filter(({ type }) => type === "angle");
  /** @param {string} name @param {readonly string[]} keys @returns {Action} */
  const action = (name, keys) => {
    const free = keys.filter((key) => !taken.has(key));
    const given = free.length > 0 ? free : spare.splice(0, 1);
    for (const key of given) taken.add(key);
    return { name: `${game}.${name}`, words: name.replaceAll("_", " "), keys: given };
  };
  return fields.map((field) => {
    const { name, type, low, high } = field;
    if (type === "angle") {
      const byPointer = angles.length === 1 || POINTS.test(name) || steered;
      if (byPointer) return { field, type: "point", actions: [] };
      steered = true;
      return { field, type: "way", actions: Object.entries(ARROWS).map(([way, keys]) => action(way, keys)) };
    }
    if (type === "boolean" || (low === 0 && high === 1)) {
      const way = WAYS.find(([pattern]) => pattern.test(name))?.[1];
      const trigger = !triggered && TRIGGER.test(name);
      triggered ||= trigger;
      const keys = way !== undefined ? ARROWS[way] : trigger ? ["Space"] : spare.splice(0, 1);
      return { field, type: "hold", actions: [action(name, keys)] };
    }
    if (low === 0 && high <= LEVELS_MOST && UP.test(name)) return { field, type: "hold", actions: [action(name, ARROWS.up)] };
    if (low < 0 && high > 0 && (ACROSS.test(name) || DOWN.test(name) || UP.test(name))) {
      const [less, more] = ACROSS.test(name)
        ? [ARROWS.left, ARROWS.right]
        : DOWN.test(name)
          ? [ARROWS.up, ARROWS.down]
          : [ARROWS.down, ARROWS.up];
      return { field, type: "axis", actions: [action(`less_${name}`, less), action(`more_${name}`, more)] };
    }
    return { field, type: "slide", actions: [] };
  });
}

/**
 * What the input is, for one tick.
 *
 * @param {readonly Control[]} controls
 * @param {State} state
 * @returns {Record<string, number>}
 */
export function sampleOf(controls, { pressed, slid, pointed }) {
  /** @type {Record<string, number>} */
  const values = {};
  for (const { field, type, actions } of controls) {
    const { name, neutral, high, low, steps } = field;
    const [first, second, third, fourth] = actions.map((action) => pressed(action.name));
    if (type === "hold") values[name] = first ? Math.max(1, high === Infinity ? 1 : high) : neutral;
    else if (type === "axis") values[name] = first === second ? neutral : first ? low : high;
    else if (type === "slide") values[name] = Math.min(high, Math.max(low, Math.round(slid(name))));
    else {
      const turn = type === "way" ? wayOf(first, second, third, fourth) : pointed();
      values[name] = turn === null ? neutral : ((Math.round((turn / TURN) * steps) % steps) + steps) % steps;
    }
  }
  return values;
}

/** @param {boolean} up @param {boolean} left @param {boolean} down @param {boolean} right @returns {number | null} radians */
function wayOf(up, left, down, right) {
  const [x, y] = [Number(right) - Number(left), Number(down) - Number(up)];
  return x === 0 && y === 0 ? null : Math.atan2(y, x);
}
