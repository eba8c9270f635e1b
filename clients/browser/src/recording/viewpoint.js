/** Who sees what of a world that has the secrets of all (docs/protocol.md, sections 5 and 6). */

/** @typedef {import("../replica.js").Entity} Entity */
/** @typedef {import("../replica.js").Part} Part */
/** @typedef {import("../replica.js").World} World */
/** @typedef {import("../schema.js").Schema} Schema */
/** @typedef {import("../schema.js").Values} Values */
/** Everything; what everybody may see; what this player saw. @typedef {"everything" | "public" | number} Viewpoint */

/** Audiences: 0 everyone, then the teams, then the players. A part's is the remainder of its number. */
const AUDIENCES = 1_024;
const EVERYONE = 0;
const MAX_TEAM = 31;

/** A world as it is seen by somebody. It reads the one that it was given, whenever that goes on. */
export class Sighted {
  #schema;
  #whole;
  #viewpoint;
  /** The entity that is the player. */
  #self = -1;
  #team = 0;

  /**
   * @param {Schema} schema
   * @param {World} whole
   * @param {Viewpoint} viewpoint
   */
  constructor(schema, whole, viewpoint) {
    this.#schema = schema;
    this.#whole = whole;
    this.#viewpoint = viewpoint;
    this.look();
  }

  /** To be called when the world has gone on: he may have changed sides. */
  look() {
    if (typeof this.#viewpoint !== "number") return;
    const team = this.#valueOf(this.#self, "team") ?? this.#find();
    this.#team = typeof team === "number" ? team : 0;
  }

  get tick() {
    return this.#whole.tick;
  }

  /** @returns {ReadonlyMap<number, Part>} */
  get parts() {
    if (this.#viewpoint === "everything") return this.#whole.parts;
    return new Map([...this.#whole.parts].filter(([part]) => this.sees(part)));
  }

  /** Is this one of his parts? @param {number} part */
  sees(part) {
    return this.hears(part % AUDIENCES, []);
  }

  /**
   * Does he belong to this audience?
   *
   * @param {number} audience
   * @param {readonly number[]} deaf  players who do not, all the same
   */
  hears(audience, deaf) {
    const viewer = this.#viewpoint;
    if (viewer === "everything" || audience === EVERYONE) return typeof viewer !== "number" || !deaf.includes(viewer);
    if (viewer === "public") return false;
    if (deaf.includes(viewer)) return false;
    return audience > MAX_TEAM ? audience - MAX_TEAM === viewer : audience === this.#team;
  }

  /** @param {number} id @returns {Entity | undefined} */
  get(id) {
    if (this.#viewpoint === "everything") return this.#whole.get(id);
    return merged(id, this.parts);
  }

  /** @param {string} kindName @returns {Entity[]} */
  all(kindName) {
    if (this.#viewpoint === "everything") return this.#whole.all(kindName);
    const { parts } = this;
    /** @type {Set<number>} */
    const ids = new Set();
    for (const { rows } of parts.values()) for (const [id, { form }] of rows) if (form.kind.name === kindName) ids.add(id);
    return [...ids].sort((one, other) => one - other).map((id) => /** @type {Entity} */ (merged(id, parts)));
  }

  /** Looks for the entity that is the player. @returns {unknown} his team */
  #find() {
    const players = this.#schema.kinds[1]?.name;
    for (const { rows } of this.#whole.parts.values())
      for (const [id, { form }] of rows)
        if (form.kind.name === players && this.#valueOf(id, "owner") === this.#viewpoint) {
          this.#self = id;
          return this.#valueOf(id, "team");
        }
    this.#self = -1;
    return undefined;
  }

  /** @param {number} id @param {string} name @returns {unknown} */
  #valueOf(id, name) {
    for (const { rows } of this.#whole.parts.values()) {
      const row = rows.get(id);
      const at = row?.form.fields.findIndex((field) => field.name === name) ?? -1;
      if (row !== undefined && at >= 0) return row.values[at];
    }
    return undefined;
  }
}

/** @param {number} id @param {ReadonlyMap<number, Part>} parts @returns {Entity | undefined} what they together say of it */
function merged(id, parts) {
  /** @type {Values} */
  const values = {};
  let kind = null;
  for (const { rows } of parts.values()) {
    const row = rows.get(id);
    if (row === undefined) continue;
    kind = row.form.kind.name;
    row.form.fields.forEach((field, index) => (values[field.name] = field.fromWire(row.values[index])));
  }
  return kind === null ? undefined : { id, kind, values };
}
