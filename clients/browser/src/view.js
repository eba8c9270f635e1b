/**
 * What is drawn: the entities as they were between two snapshots.
 *
 *     snapshots    ──┬─────────┬─────────┬─────────┬──▶ ticks
 *                    │  older  │  newer  │         │
 *                         ▲                        newest ── 250 ms ──▶ ── ramp to rest ──▶ stands
 *                        tick
 *
 * Fields that the schema interpolates are drawn between the two, the others as in the older one; so is an entity that only one of
 * them has. Beyond the newest things go on as they went, for a quarter of a second, and come to rest in the next; in a room that
 * ticks on input they stand. When snapshots come again, what was guessed wrong does not jump to its place but glides there.
 */

/** @typedef {import("./schema.js").Schema} Schema */
/** @typedef {import("./schema.js").Field} Field */
/** @typedef {import("./schema.js").Fields} Fields */
/** @typedef {import("./schema.js").Form} Form */
/** @typedef {import("./schema.js").Values} Values */
/** @typedef {import("./replica.js").World} World */
/** @typedef {import("./replica.js").Entity} Entity */
/** @typedef {import("./wire.js").WireValue} WireValue */

/** @typedef {{index: number, field: Field}} Smooth  a field that is interpolated, and where it stands in its kind */
/**
 * @typedef {object} Shape  what there is to know of a kind
 * @property {Fields} kind
 * @property {readonly Smooth[]} smooth
 */
/**
 * @typedef {object} Row  an entity in a snapshot
 * @property {Shape} shape
 * @property {number} life  the same as long as it is the same entity; an id that comes back has another
 * @property {(WireValue | undefined)[]} values  in the order of its kind; undefined: not to be seen
 */
/** @typedef {{tick: number, rows: Map<number, Row>}} Frame  a snapshot */
/**
 * @typedef {object} Shown  an entity in the picture
 * @property {Entity} entity
 * @property {number} life
 * @property {Row} from  it moves from here…
 * @property {Row} to  …to here; the same: it stands
 * @property {Row} now  that of the two whose values it has
 * @property {number[]} drawn  wire values of the smooth fields, as they are drawn; empty before it was
 * @property {number[]} off  by how much they were drawn elsewhere when snapshots came again; empty: not at all
 */

/** So long things go on as they went when nothing is known of them. Source has the same. */
const EXTRAPOLATE_MS = 250;
/** So long after the newest snapshot they have come to rest. */
const REST_MS = 500;
/** In this time half of what was guessed wrong is gone, in six times this nothing is left of it. */
const GLIDE_MS = 50;
const GLIDE_HALVES = 6;
/** A picture is never further behind; what is older is forgotten, if nobody looks. */
const KEEP_MS = 1000;
const TURN = 2 * Math.PI;
/** @type {readonly Entity[]} */
const NONE = Object.freeze([]);
/** @type {Readonly<Values>} */
const NOTHING = Object.freeze({});

/**
 * A picture of the world that can be moved through time; it answers the same questions as Replica. The entities that it gives are
 * its own: they hold until the next `show`, which changes them in place, and each is the same object as long as it is the same
 * entity.
 */
export class View {
  /** By the kind's name: after a loss of the line the world is told by another Schema that says the same. @type {Map<string, Shape>} */
  #shapes = new Map();
  /** Where the fields of a form stand in their kind. @type {WeakMap<Form, number[]>} */
  #places = new WeakMap();
  #globals;
  #longest;
  #extrapolate;
  #rest;
  #glide;
  #keep;
  /** By rising tick; never less than the two newest, if there are two. @type {Frame[]} */
  #frames = [];
  /** For the next snapshots. @type {Row[]} */
  #freeRows = [];
  /** @type {Map<number, Row>[]} */
  #freeMaps = [];
  #lives = 0;
  /** @type {Map<number, Shown>} */
  #shown = new Map();
  /** Those of `#shown` that have smooth fields. @type {Shown[]} */
  #movable = [];
  /** By the kind's name. @type {Map<string, Entity[]>} */
  #lists = new Map();
  /** Between which snapshots the picture is arranged; newer is null beyond the newest. @type {{older: number, newer: number | null} | null} */
  #between = null;
  /** When snapshots came again: from then on things glide to their places. @type {number | null} */
  #glidesFrom = null;

  /**
   * @param {Schema} schema
   * @param {{tickRate: number}} room
   */
  constructor(schema, { tickRate }) {
    for (const kind of schema.kinds) {
      const all = kind.fields.map((field, index) => ({ index, field }));
      this.#shapes.set(kind.name, { kind, smooth: all.filter(({ field }) => field.interpolate !== null) });
      this.#lists.set(kind.name, []);
    }
    this.#globals = schema.kinds[0]?.name ?? "";
    const ticks = tickRate / 1000;
    this.#longest = EXTRAPOLATE_MS * ticks;
    this.#extrapolate = schema.onInput ? 0 : EXTRAPOLATE_MS * ticks;
    this.#rest = schema.onInput ? 0 : REST_MS * ticks;
    this.#glide = GLIDE_MS * ticks;
    this.#keep = KEEP_MS * ticks;
    /** What is shown. */
    this.tick = 0;
    /** It is beyond the newest snapshot. */
    this.starved = false;
    /** So far beyond that nothing moves any more. */
    this.frozen = false;
  }

  /**
   * Remembers the world as it is now; to be called after each snapshot. If its tick does not grow, it is another world.
   *
   * @param {Pick<World, "tick" | "parts">} world
   */
  push({ tick, parts }) {
    if (tick === null) throw new RangeError("the world has no snapshot yet");
    const last = this.#frames.at(-1);
    if (last !== undefined && tick <= last.tick) this.reset();
    const before = this.#frames.at(-1)?.rows;
    /** @type {Map<number, Row>} */
    const rows = this.#freeMaps.pop() ?? new Map();
    for (const part of parts.values())
      for (const [id, { form, values }] of part.rows) {
        let row = rows.get(id);
        if (row === undefined) rows.set(id, (row = this.#row(form, before?.get(id))));
        const places = this.#placesOf(form);
        for (let index = 0; index < places.length; index++) row.values[places[index]] = values[index];
      }
    this.#frames.push({ tick, rows });
    while (this.#frames.length > 2 && this.#frames[1].tick < tick - this.#keep) this.#forgetOldest();
  }

  /** Another world: nothing is shown until it has been pushed. */
  reset() {
    while (this.#frames.length > 0) this.#forgetOldest();
    this.#shown.clear();
    this.#movable.length = 0;
    for (const list of this.#lists.values()) list.length = 0;
    this.#between = this.#glidesFrom = null;
    this.starved = this.frozen = false;
  }

  /**
   * Moves the picture.
   *
   * @param {number} viewTick  with its fraction; before the first snapshot that is remembered, that one is shown
   */
  show(viewTick) {
    const frames = this.#frames;
    if (frames.length === 0) return;
    const tick = (this.tick = Math.max(viewTick, frames[0].tick));
    while (frames.length > 2 && frames[1].tick <= tick) this.#forgetOldest();
    const older = frames.length > 1 && frames[1].tick <= tick ? frames[1] : frames[0];
    const newer = older.tick === frames[0].tick ? frames[1] : undefined;
    const wasStarved = this.starved;
    const beyond = newer === undefined ? tick - older.tick : 0;
    this.starved = beyond > 0;
    this.frozen = this.starved && beyond >= this.#rest;

    const arranged = this.#between?.older === older.tick && this.#between.newer === (newer?.tick ?? null);
    if (!arranged) this.#arrange(older, newer);
    const share = newer === undefined ? this.#shareBeyond(older, beyond) : this.#shareBetween(older, newer, tick);
    if (!arranged && wasStarved) this.#beginGlide(tick, share);
    const weight = this.#glideWeight(tick);
    for (const shown of this.#movable) move(shown, share, weight);
  }

  /**
   * @param {number} id
   * @returns {Entity | undefined}
   */
  get(id) {
    return this.#shown.get(id)?.entity;
  }

  /**
   * @param {string} kindName
   * @returns {readonly Entity[]} all of that kind, by id
   */
  all(kindName) {
    return this.#lists.get(kindName) ?? NONE;
  }

  /** @returns {Readonly<Values>} the values of kind 0, without any before the first `show` */
  globals() {
    return this.all(this.#globals)[0]?.values ?? NOTHING;
  }

  /** @param {Form} form @param {Row | undefined} before  the id in the snapshot before @returns {Row} */
  #row(form, before) {
    const shape = /** @type {Shape} */ (this.#shapes.get(form.kind.name));
    const life = before?.shape === shape ? before.life : ++this.#lives;
    const row = this.#freeRows.pop() ?? { shape, life, values: [] };
    row.shape = shape;
    row.life = life;
    row.values.length = shape.kind.fields.length;
    row.values.fill(undefined);
    return row;
  }

  /** @param {Form} form */
  #placesOf(form) {
    let places = this.#places.get(form);
    if (places === undefined) {
      places = form.fields.map((field) => form.kind.fields.indexOf(field));
      this.#places.set(form, places);
    }
    return places;
  }

  #forgetOldest() {
    const { rows } = /** @type {Frame} */ (this.#frames.shift());
    for (const row of rows.values()) this.#freeRows.push(row);
    rows.clear();
    this.#freeMaps.push(rows);
  }

  /**
   * How far from older to newer. After a long silence things stood until shortly before the newer.
   *
   * @param {Frame} older
   * @param {Frame} newer
   * @param {number} tick
   */
  #shareBetween(older, newer, tick) {
    const from = Math.max(older.tick, newer.tick - this.#longest);
    return Math.max(0, (tick - from) / (newer.tick - from));
  }

  /** How far from the one before to the newest and beyond. @param {Frame} newest @param {number} beyond */
  #shareBeyond(newest, beyond) {
    const ramp = this.#rest - this.#extrapolate;
    const inRamp = Math.min(Math.max(0, beyond - this.#extrapolate), ramp);
    const way = Math.min(beyond, this.#rest) - (ramp > 0 ? inRamp ** 2 / (2 * ramp) : 0);
    const before = this.#frames[0];
    return before === newest ? 1 : 1 + way / (newest.tick - before.tick);
  }

  /**
   * Puts those into the picture that are in the older snapshot, with its values, and says who moves from where to where.
   *
   * @param {Frame} older
   * @param {Frame | undefined} newer
   */
  #arrange(older, newer) {
    this.#between = { older: older.tick, newer: newer?.tick ?? null };
    for (const list of this.#lists.values()) list.length = 0;
    this.#movable.length = 0;
    const before = this.#frames[0];
    const goesOn = before !== older && older.tick - before.tick <= this.#extrapolate;
    for (const [id, shown] of this.#shown) if (older.rows.get(id)?.life !== shown.life) this.#shown.delete(id);
    for (const [id, row] of older.rows) {
      const shown = this.#shown.get(id) ?? this.#add(id, row);
      setAll(shown.entity.values, row);
      /** @type {Entity[]} */ (this.#lists.get(shown.entity.kind)).push(shown.entity);
      if (row.shape.smooth.length === 0) continue;
      const other = newer !== undefined ? newer.rows.get(id) : goesOn ? before.rows.get(id) : undefined;
      shown.from = shown.to = shown.now = row;
      if (other?.life === row.life) shown[newer !== undefined ? "to" : "from"] = other;
      this.#movable.push(shown);
    }
    for (const list of this.#lists.values()) list.sort(byId);
  }

  /** @param {number} id @param {Row} row @returns {Shown} */
  #add(id, row) {
    const entity = { id, kind: row.shape.kind.name, values: {} };
    const shown = { entity, life: row.life, from: row, to: row, now: row, drawn: [], off: [] };
    this.#shown.set(id, shown);
    return shown;
  }

  /** What is drawn somewhere by guess glides to where it is. @param {number} tick @param {number} share */
  #beginGlide(tick, share) {
    this.#glidesFrom = tick;
    for (const shown of this.#movable) {
      const { smooth } = shown.from.shape;
      shown.off.length = 0;
      if (shown.drawn.length === 0) continue;
      for (let at = 0; at < smooth.length; at++) {
        const difference = shown.drawn[at] - between(shown, smooth[at], share);
        shown.off.push(Number.isNaN(difference) ? 0 : shortest(difference, smooth[at].field.steps));
      }
    }
  }

  /** @param {number} tick */
  #glideWeight(tick) {
    if (this.#glidesFrom === null) return 0;
    const halves = (tick - this.#glidesFrom) / this.#glide;
    if (halves < GLIDE_HALVES) return 2 ** -halves;
    this.#glidesFrom = null;
    return 0;
  }
}

/**
 * Draws the smooth fields of an entity.
 *
 * @param {Shown} shown
 * @param {number} share  of the way from `from` to `to`
 * @param {number} weight  of `off`
 */
function move(shown, share, weight) {
  const { entity, drawn, off } = shown;
  const { smooth } = shown.from.shape;
  for (let at = 0; at < smooth.length; at++) {
    const { field } = smooth[at];
    let wire = between(shown, smooth[at], share);
    if (weight > 0 && off.length > 0) wire += weight * off[at];
    if (field.steps > 0) wire = around(wire, field.steps);
    drawn[at] = wire;
    if (!Number.isNaN(wire)) entity.values[field.name] = valueOf(field, wire);
  }
}

/**
 * The wire value of a field so far on the way; NaN where it is not to be seen.
 *
 * @param {Shown} shown
 * @param {Smooth} smooth
 * @param {number} share
 * @returns {number}
 */
function between({ from, to, now }, { index, field }, share) {
  const one = from.values[index];
  const other = to.values[index];
  if (typeof one === "number" && typeof other === "number")
    return from === to ? one : one + shortest(other - one, field.steps) * share;
  const only = now.values[index];
  return typeof only === "number" ? only : NaN;
}

/** A difference as it is, of an angle the shortest way round. @param {number} difference @param {number} steps */
function shortest(difference, steps) {
  return steps > 0 ? around(difference + steps / 2, steps) - steps / 2 : difference;
}

/** @param {number} wire @param {number} steps @returns {number} from 0 up to steps */
function around(wire, steps) {
  return ((wire % steps) + steps) % steps;
}

/** The same as Field.fromWire, for what lies between two wire values. @param {Field} field @param {number} wire */
function valueOf(field, wire) {
  if (field.type === "real") return wire * field.quantum;
  return field.type === "angle" ? (wire / field.steps) * TURN : wire;
}

/** @param {Values} values @param {Row} row */
function setAll(values, { shape: { kind }, values: wires }) {
  for (let index = 0; index < wires.length; index++) {
    const field = kind.fields[index];
    const wire = wires[index];
    if (wire !== undefined) values[field.name] = field.fromWire(wire);
    else if (field.name in values) delete values[field.name];
  }
}

/** @param {Entity} one @param {Entity} other */
function byId(one, other) {
  return one.id - other.id;
}
