/**
 * The options of a room, as the lobby describes them: a line NAME=VALUES=DEFAULT for each, with VALUES `LOW..HIGH` for whole
 * numbers, `LOW..HIGH/STEP` for others, `false|true` and `a|b|c` for one out of a few, `*MOST` for a text.
 */

/**
 * @typedef {object} Option
 * @property {string} name
 * @property {"number" | "switch" | "choice" | "text"} type
 * @property {string} usual  the value that it has if nothing is said
 * @property {readonly string[]} values  of a choice
 * @property {number} low  of a number; −Infinity: it has no bound
 * @property {number} high  of a number; Infinity: it has no bound
 * @property {number} step  of a number
 * @property {number} most  of a text, in characters
 */

/** The server takes no longer order, in characters. */
const ORDER_MOST = 128;

/**
 * @param {string} described
 * @returns {Option[]} those that this page understands; the others stay as they are
 */
export function parseOptions(described) {
  return described
    .split("\n")
    .map(parseOption)
    .filter((option) => option !== null);
}

/** @param {string} line @returns {Option | null} */
function parseOption(line) {
  const [, name, values, usual] = /^([a-z][a-z0-9_]*)=([^=]*)=(.*)$/s.exec(line) ?? [];
  if (name === undefined) return null;
  /** @type {Option} */
  const option = { name, type: "number", usual, values: [], low: -Infinity, high: Infinity, step: 1, most: 0 };
  const range = /^(-?[0-9.e+]*?)\.\.(-?[0-9.e+]*?)(?:\/([0-9.e+-]+))?$/.exec(values);
  if (values === "false|true") return { ...option, type: "switch" };
  if (range !== null)
    return {
      ...option,
      low: range[1] === "" ? -Infinity : Number(range[1]),
      high: range[2] === "" ? Infinity : Number(range[2]),
      step: range[3] === undefined ? 1 : Number(range[3]),
    };
  if (/^\*[0-9]+$/.test(values)) return { ...option, type: "text", most: Number(values.slice(1)) };
  if (values.includes("|")) return { ...option, type: "choice", values: values.split("|") };
  return null;
}

/**
 * What is said to the server: the options that are not as usual.
 *
 * @param {readonly Option[]} options
 * @param {Readonly<Record<string, string>>} chosen  by name
 * @returns {string | null} null: it is too much for one order
 */
export function orderOf(options, chosen) {
  const order = options
    .filter(({ name, usual }) => name in chosen && chosen[name] !== usual)
    .map(({ name }) => `${name}=${chosen[name]}`)
    .join("\n");
  return [...order].length > ORDER_MOST ? null : order;
}

/** @param {string} name  as a program has it @returns {string} as people read it */
export function spoken(name) {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
