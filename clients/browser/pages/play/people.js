/** Who is in the room: names and teams by number, also of those who have just left, as others still speak of them. */

/** @typedef {import("../../src/schema.js").Values} Values */
/**
 * @typedef {object} Person
 * @property {number} player
 * @property {string} name
 * @property {number} team  0: none, or hidden
 * @property {boolean} bot
 * @property {boolean} host
 * @property {boolean} connected
 * @property {boolean} here
 * @property {Values} values  all that the game shows of him
 */

/** Those who left and are still known by name. */
const GONE_MOST = 64;

/** The people of one world. */
export class People {
  /** @type {Map<number, Person>} */
  #known = new Map();
  #begun = false;

  /** Those who are here, in the order of their numbers. @returns {Person[]} */
  get here() {
    return [...this.#known.values()].filter(({ here }) => here).sort((one, other) => one.player - other.player);
  }

  /** @param {number} player @returns {Person | undefined} */
  get(player) {
    return this.#known.get(player);
  }

  /**
   * Takes the newest of the world.
   *
   * @param {readonly {values: Values}[]} entities  of kind 1
   * @returns {{joined: Person[], left: Person[]}} nobody the first time: who is here then has not just come
   */
  update(entities) {
    /** @type {Set<number>} */
    const seen = new Set();
    const joined = [];
    for (const { values } of entities) {
      const player = Number(values.owner);
      seen.add(player);
      const before = this.#known.get(player);
      const now = personOf(player, values);
      if (before === undefined || !before.here || before.name !== now.name) joined.push(now);
      this.#known.delete(player); // so that those who left longest ago stand first
      this.#known.set(player, now);
    }
    const left = [];
    for (const person of this.#known.values())
      if (person.here && !seen.has(person.player)) {
        person.here = false;
        left.push(person);
      }
    const gone = [...this.#known.values()].filter(({ here }) => !here);
    for (const { player } of gone.slice(0, Math.max(0, gone.length - GONE_MOST))) this.#known.delete(player);
    if (!this.#begun) {
      this.#begun = true;
      return { joined: [], left: [] };
    }
    return { joined, left };
  }
}

/** @param {number} player @param {Values} values @returns {Person} */
function personOf(player, values) {
  return {
    player,
    name: String(values.name ?? ""),
    team: typeof values.team === "number" ? values.team : 0,
    bot: values.bot === true,
    host: values.host === true,
    connected: values.connected !== false,
    here: true,
    values,
  };
}
