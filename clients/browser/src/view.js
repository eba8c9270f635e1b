/** Stand-in. */
/** @typedef {import("./schema.js").Schema} Schema */
/** @typedef {import("./replica.js").Replica} Replica */
/** @typedef {import("./replica.js").Entity} Entity */
export class View {
  tick = 0; starved = false; frozen = false; #schema;
  
  /** @type {{tick: number, entities: Map<number, Entity>}[]} */ #kept = [];
  
  /** @type {Map<number, Entity>} */ #shown = new Map();
  /** @param {Schema} schema @param {{tickRate: number}} _room */
  constructor(schema, _room) { this.#schema = schema; }
  /** @param {Replica} replica @param {number} _nowMs */
  push(replica, _nowMs) {
    
  /** @type {Map<number, Entity>} */ const entities = new Map();
    for (const kind of this.#schema.kinds) for (const entity of replica.all(kind.name)) entities.set(entity.id, entity);
    this.#kept.push({ tick: 
  /** @type {number} */ (replica.tick), entities });
    if (this.#kept.length > 20) this.#kept.shift();
  }
  reset() { this.#kept = []; }
  /** @param {number} viewTick */
  show(viewTick) {
    this.tick = viewTick;
    const after = this.#kept.findIndex(({ tick }) => tick > viewTick);
    this.starved = after === -1;
    const older = this.#kept.at(after === -1 ? -1 : Math.max(0, after - 1));
    const newer = after === -1 ? older : this.#kept[after];
    if (!older || !newer) return;
    const part = newer.tick > older.tick ? Math.min(1, Math.max(0, (viewTick - older.tick) / (newer.tick - older.tick))) : 0;
    this.#shown = new Map([...older.entities].map(([id, one]) => {
      const other = newer.entities.get(id);
      const values = { ...one.values };
      const kind = this.#schema.kinds.find(({ name }) => name === one.kind);
      if (other && kind) for (const field of kind.fields) if (field.interpolate === "linear" && field.name in values && field.name in other.values) {
        const from = 
  /** @type {number} */ (values[field.name]);
        values[field.name] = from + (
  /** @type {number} */ (other.values[field.name]) - from) * part;
      }
      return [id, { ...one, values }];
    }));
  }
  /** @param {string} kind */
  all(kind) { return [...this.#shown.values()].filter((each) => each.kind === kind).sort((a, b) => a.id - b.id); }
  /** @param {number} id */
  get(id) { return this.#shown.get(id); }
  globals() { return this.#shown.get(0)?.values ?? {}; }
}
