/**
 * A line and a room's ticks as far as timing goes, in simulated time: what is sent arrives in order, after a way that is drawn anew
 * for each message, and not while the line stands still.
 */

/** Evenly distributed numbers from 0 to 1, the same for the same seed. (xorshift32) */
export function randomOf(seed) {
  let state = (seed * 2654435761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

/** `ways`: [least, most] milliseconds of one way, and [every, for] milliseconds of standing still. */
export const LINKS = {
  LAN: { ways: [0.2, 1.2] },
  "L(100, 10)": { ways: [40, 60] },
  "L(150, 15)": { ways: [60, 90] },
  "L(150, 30)": { ways: [45, 105] },
  "L(150, 15), 250 ms of standing still every 5 s": { ways: [60, 90], stalls: [5000, 250] },
};

/** One direction. */
export class Link {
  #random;
  #lastMs = 0;

  constructor(random, { ways: [least, most], stalls = null }) {
    this.#random = random;
    this.least = least;
    this.most = most;
    /** [every, for] or null. */
    this.stalls = stalls;
  }

  /** When something arrives that is sent now. */
  arrival(nowMs) {
    let atMs = nowMs + this.least + (this.most - this.least) * this.#random();
    if (this.stalls !== null) {
      const [every, length] = this.stalls;
      const begin = Math.floor(atMs / every) * every;
      if (begin > 0 && atMs < begin + length) atMs = begin + length;
    }
    this.#lastMs = Math.max(this.#lastMs, atMs);
    return this.#lastMs;
  }
}

/** What is due, in order of time. */
export class Agenda {
  #heap = [];
  #count = 0;

  at(atMs, what) {
    const heap = this.#heap;
    heap.push({ atMs, order: this.#count++, what });
    for (let child = heap.length - 1; child > 0; ) {
      const parent = (child - 1) >> 1;
      if (!before(heap[child], heap[parent])) break;
      [heap[child], heap[parent]] = [heap[parent], heap[child]];
      child = parent;
    }
  }

  /** Does all that is due until then; each is called with its time. */
  run(untilMs) {
    const heap = this.#heap;
    while (heap.length > 0 && heap[0].atMs <= untilMs) {
      const [{ atMs, what }] = heap;
      const last = heap.pop();
      if (heap.length > 0) {
        heap[0] = last;
        for (let parent = 0; ; ) {
          let least = parent;
          for (const child of [2 * parent + 1, 2 * parent + 2])
            if (child < heap.length && before(heap[child], heap[least])) least = child;
          if (least === parent) break;
          [heap[parent], heap[least]] = [heap[least], heap[parent]];
          parent = least;
        }
      }
      what(atMs);
    }
  }
}

function before(one, other) {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}

/**
 * A room that ticks, and a client's line to it. `onSnapshot(tick, margin, nowMs)` and `onPong(pong)` are called when they arrive. Like
 * the server it reads what has come at its next tick, and answers PINGs with that tick's snapshot.
 */
export class RoomModel {
  #agenda;
  #up;
  #down;
  #pings = [];
  #newest = 0;
  #margin = null;
  /** Of each tick for which an input came: by how many milliseconds it was early. */
  margins = new Map();

  constructor({ agenda, random, link, tickRate, onSnapshot, onPong, divisor = 1 }) {
    this.#agenda = agenda;
    this.tickMs = 1000 / tickRate;
    /** Its tick 0 was so long before the client's time 0. */
    this.phaseMs = (3 + random()) * this.tickMs;
    this.tick = 3;
    this.divisor = divisor;
    this.onSnapshot = onSnapshot;
    this.onPong = onPong;
    this.#up = new Link(random, link);
    this.#down = new Link(random, link);
    this.#nextTick();
  }

  dueMs(tick) {
    return tick * this.tickMs - this.phaseMs;
  }

  trueTickAt(nowMs) {
    return (nowMs + this.phaseMs) / this.tickMs;
  }

  set link(link) {
    for (const way of [this.#up, this.#down]) Object.assign(way, { least: link.ways[0], most: link.ways[1], stalls: link.stalls ?? null });
  }

  ping(nowMs) {
    this.#agenda.at(this.#up.arrival(nowMs), (arrivedMs) => this.#pings.push({ sentAtMs: nowMs, arrivedMs }));
  }

  /** Inputs for these ticks, in one message. */
  input(firstTick, count, nowMs) {
    this.#agenda.at(this.#up.arrival(nowMs), (arrivedMs) => {
      for (let tick = firstTick; tick < firstTick + count; tick++) this.margins.set(tick, this.dueMs(tick) - arrivedMs);
      this.#margin = Math.round((this.dueMs(firstTick) - arrivedMs) * 1000);
      this.#newest = firstTick + count - 1;
    });
  }

  #nextTick() {
    this.#agenda.at(this.dueMs(this.tick + 1), (nowMs) => {
      const tick = ++this.tick;
      const margin = this.#margin;
      const pings = this.#pings.splice(0);
      if (tick % this.divisor === 0 || pings.length > 0)
        this.#agenda.at(this.#down.arrival(nowMs), (arrivedMs) => {
          for (const { sentAtMs, arrivedMs: cameMs } of pings)
            this.onPong?.({ sentAtMs, nowMs: arrivedMs, tick, intoTickUs: 0, heldUs: (nowMs - cameMs) * 1000 });
          if (tick % this.divisor === 0) this.onSnapshot?.(tick, margin, arrivedMs);
        });
      this.#nextTick();
    });
  }
}

/** PINGs as a client sends them. */
export function ping(room, agenda) {
  let count = 0;
  const next = (nowMs) => {
    room.ping(nowMs);
    agenda.at(nowMs + (++count < 16 ? 103 : 970), next);
  };
  agenda.at(0, next);
}
