/**
 * A recording from a server: it can be played while it comes, and what is wanted comes first.
 *
 *     tail   ─────────────────────▶   from where it is played on to the end, or along with a match that goes on
 *     fill        ├──────────▶        what was left out before: when the tail is there, or when somebody goes back to it
 *
 * A connection that breaks is opened again where it was.
 */

import { Backoff } from "../backoff.js";
import { Emitter } from "../emitter.js";
import { environmentOf } from "../environment.js";
import { FormatError, LoadError } from "../errors.js";
import { Feed } from "./feed.js";

/** @typedef {import("../environment.js").Environment} Environment */
/** @typedef {import("./ranges.js").Range} Range */
/** @typedef {import("./recording.js").Recording} Recording */
/**
 * "loading". "lost": the connection has broken, and is tried again. "done": all is there, or `isFollowed`: the room plays on in
 * another recording. "failed": it cannot go on, see `error`; what has come can be played. "closed".
 *
 * @typedef {"loading" | "lost" | "done" | "failed" | "closed"} LoadState
 */
/**
 * `at`: the tick to which it has come.
 *
 * @typedef {{abort: AbortController, from: number | "live" | null, to: number | null, at: number}} Request
 */
/**
 * @typedef {object} LoadOptions
 * @property {"live" | null} [from]  "live": at the edge of a match that goes on, its past when it is wanted
 * @property {typeof globalThis.fetch} [fetch]
 */

/** What will have come in so many seconds of the match is waited for; for what is farther away another request is made. */
const NEAR_SECONDS = 20;
/** HTTP: what may be otherwise if one asks again. */
const PASSING = new Set([408, 425, 429]);

/**
 * @param {string} url
 * @param {LoadOptions & Partial<Environment>} [options]
 * @returns {Promise<Load>} when there is something to be played; rejects LoadError or FormatError if there is not
 */
export function openUrl(url, options = {}) {
  const load = new Load(url, options);
  return load.begin();
}

/** See the module. */
export class Load {
  /** What has come of it; null before anything has. @type {Recording | null} */
  #recording = null;
  #url;
  #fetch;
  #environment;
  /** @type {Emitter<{changed: void} & Record<string, unknown>>} */
  #emitter;
  /** @type {LoadState} */
  #state = "loading";
  /** @type {LoadError | FormatError | null} */
  #error = null;
  /** Where the tail is to begin. @type {number | "live" | null} */
  #from;
  /** @type {Request | null} */
  #tail = null;
  /** @type {Request | null} */
  #fill = null;
  #filling = false;
  /** A tick for which somebody waits, if it is not in the tail. @type {number | null} */
  #wanted = null;
  #tailIsDone = false;
  #settle = { resolve: (/** @type {Load} */ _load) => {}, reject: (/** @type {unknown} */ _error) => {} };
  /** Bytes that have come. */
  bytes = 0;
  /** The room plays on in another recording. */
  isFollowed = false;

  /** @param {string} url @param {LoadOptions & Partial<Environment>} options */
  constructor(url, { from = null, fetch = (...asked) => globalThis.fetch(...asked), ...environment }) {
    this.#url = url;
    this.#from = from;
    this.#fetch = fetch;
    this.#environment = environmentOf(environment);
    this.#emitter = new Emitter(["changed"], this.#environment.reportError);
  }

  /** @returns {Recording} */
  get recording() {
    if (this.#recording === null) throw new Error("nothing has come yet: wait for openUrl()");
    return this.#recording;
  }

  get state() {
    return this.#state;
  }

  /** Why it has failed, or is lost; null if neither. */
  get error() {
    return this.#error;
  }

  /**
   * @param {"changed"} name  `state`, `error` or `bytes` is another
   * @param {() => void} listener
   * @returns {() => void} to listen no longer
   */
  on(name, listener) {
    return this.#emitter.on(name, listener);
  }

  /** @returns {Promise<this>} */
  begin() {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve: () => resolve(this), reject };
      void this.#runTail();
    });
  }

  /** No more comes. What has come can be played. */
  close() {
    if (this.#state === "closed") return;
    this.#become("closed", null);
    this.#tail?.abort.abort();
    this.#fill?.abort.abort();
    this.#settle.reject(new LoadError("it was closed", 0));
  }

  // -- the tail -------------------------------------------------------------------------------------------------------------
  async #runTail() {
    const backoff = new Backoff(this.#environment.random);
    while (!this.#isOver) {
      const had = this.#had;
      this.#tail = { abort: new AbortController(), from: this.#from, to: null, at: -1 };
      const feed = await this.#request(this.#tail, backoff);
      this.#tail = null;
      if (feed === null) continue;
      const { recording } = this;
      if (!feed.sealed && !feed.isOther && (feed.live || this.#had > had)) {
        // A long answer ends now and then, and goes on when it is asked for again.
        if (this.#had > 0) this.#from = recording.loaded.last;
        await this.#sleep(backoff.next());
        continue;
      }
      this.isFollowed = feed.isOther || (feed.sealed && recording.contents?.after !== null);
      recording.end({ cut: !feed.sealed && !feed.isOther });
      this.#tailIsDone = true;
      void this.#runFill();
      return;
    }
  }

  // -- what was left out ----------------------------------------------------------------------------------------------------
  async #runFill() {
    if (this.#filling) return;
    this.#filling = true;
    const backoff = new Backoff(this.#environment.random);
    for (let hole = this.#hole(); hole !== null && !this.#isOver; hole = this.#hole()) {
      const had = this.#had;
      const [from, to] = hole;
      this.#fill = { abort: new AbortController(), from, to, at: -1 };
      const feed = await this.#request(this.#fill, backoff);
      this.#fill = null;
      if (feed === null) continue;
      if (feed.isOther) break;
      if (this.#had === had) this.recording.cover(from, to); // what does not come is nowhere
    }
    this.#filling = false;
    if (this.#tailIsDone && !this.#isOver && this.#hole() === null) this.#become("done", null);
  }

  /** @returns {Range | null} what is to be asked for next */
  #hole() {
    const { header, loaded, live } = this.recording;
    const holes = loaded.missing(header.first, loaded.last);
    const wanted = this.#wanted;
    const hole = wanted === null ? undefined : holes.find(([first, last]) => first <= wanted && wanted < last);
    if (wanted !== null && hole !== undefined && loaded.at(wanted) === null) return [wanted, hole[1]];
    this.#wanted = null;
    return live || !this.#tailIsDone ? null : (holes[0] ?? null);
  }

  /** Somebody waits for this tick. @param {number} tick */
  #want(tick) {
    const { header, loaded, live } = this.recording;
    if (loaded.at(tick) !== null || this.#isOver) return;
    const near = NEAR_SECONDS * header.tickRate;
    const isNear = (/** @type {Request | null} */ request) =>
      request !== null && request.at >= 0 && request.at <= tick && tick - request.at <= near && tick <= (request.to ?? Infinity);
    if (isNear(this.#tail) || isNear(this.#fill)) return;
    if (tick > loaded.last) {
      if (live || this.#tailIsDone) return;
      this.#from = tick;
      this.#tail?.abort.abort();
    } else {
      this.#wanted = tick;
      this.#fill?.abort.abort();
      void this.#runFill();
    }
  }

  // -- requests -------------------------------------------------------------------------------------------------------------
  /**
   * @param {Request} request
   * @param {Backoff} backoff
   * @returns {Promise<Feed | null>} what has come, when all has; null: ask again, if it is not over
   */
  async #request(request, backoff) {
    try {
      const feed = await this.#read(request, backoff);
      if (this.#state === "lost") this.#become("loading", null);
      return feed;
    } catch (error) {
      if (request.abort.signal.aborted) return null; // something else is wanted
      if (!(error instanceof FormatError || error instanceof LoadError)) throw error;
      const passing = error instanceof LoadError && (error.status === 0 || error.status >= 500 || PASSING.has(error.status));
      if (!passing || this.#recording === null) {
        this.#become("failed", error);
        this.#recording?.end({ cut: true });
        this.#settle.reject(error);
        return null;
      }
      this.#become("lost", error);
      if (request.to === null && request.at >= 0) this.#from = request.at;
      await this.#sleep(backoff.next());
      return null;
    }
  }

  /** How much there is, in ticks. */
  get #had() {
    return this.#recording?.loaded.size ?? 0;
  }

  /** @param {Request} request @param {Backoff} backoff @returns {Promise<Feed>} */
  async #read(request, backoff) {
    const { from, to, abort } = request;
    const asked = new URLSearchParams();
    if (from !== null) asked.set("from", String(from));
    if (to !== null) asked.set("to", String(to));
    const query = asked.size === 0 ? "" : `${this.#url.includes("?") ? "&" : "?"}${asked}`;
    const response = await this.#fetch(this.#url + query, { signal: abort.signal }).catch(lost);
    const { body, ok, status } = response;
    if (!ok || body === null)
      throw new LoadError(status === 404 ? "there is no such recording" : `the server says ${status}`, status);
    const feed = new Feed(this.#recording);
    const reader = body.getReader();
    const next = () => reader.read().catch(lost);
    for (let { value } = await next(); value !== undefined; { value } = await next()) {
      abort.signal.throwIfAborted();
      this.bytes += value.length;
      const had = this.#had;
      await feed.push(value);
      this.#adopt(feed.recording);
      request.at = feed.last;
      if (this.#had > had) {
        backoff.reset();
        if (this.#state === "lost") this.#become("loading", null);
        this.#settle.resolve(this);
      }
      this.#emitter.emit("changed", undefined);
      if (!feed.isOther && !feed.cut && !feed.sealed) continue;
      await reader.cancel();
      break;
    }
    abort.signal.throwIfAborted();
    if (feed.recording === null) throw new LoadError("the answer was cut short", 0);
    if (!feed.isOther) feed.finish();
    if (this.#had === 0 && feed.live) return feed; // nothing of it is old enough to be seen
    if (this.#had === 0)
      throw new FormatError("there is nothing to look at in this recording: it was cut before the first picture", "empty");
    this.#settle.resolve(this);
    return feed;
  }

  /** @param {Recording | null} recording */
  #adopt(recording) {
    if (this.#recording !== null || recording === null) return;
    this.#recording = recording;
    recording.on("wanted", (tick) => this.#want(tick));
  }

  get #isOver() {
    return this.#state === "failed" || this.#state === "closed";
  }

  /** @param {LoadState} state @param {LoadError | FormatError | null} error */
  #become(state, error) {
    if (this.#isOver) return;
    this.#state = state;
    this.#error = error;
    this.#emitter.emit("changed", undefined);
  }

  /** @param {number} ms */
  #sleep(ms) {
    return new Promise((resolve) => this.#environment.setTimeout(() => resolve(undefined), ms));
  }
}

/** @param {unknown} error  of fetch @returns {never} */
function lost(error) {
  throw new LoadError(`no connection: ${error instanceof Error ? error.message : String(error)}`, 0);
}
