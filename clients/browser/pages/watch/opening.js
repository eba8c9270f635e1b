/** Where a recording comes from: a file of one's own, or this server; what has come of it, and how it can be had whole. */

import { openFile } from "../../src/recording/file.js";
import { openUrl } from "../../src/recording/load.js";
import { h } from "../shared/dom.js";
import { sourceOf } from "./place.js";

/** @typedef {import("../../src/recording/load.js").Load} Load */
/** @typedef {import("../../src/recording/recording.js").Recording} Recording */
/** @typedef {import("./place.js").Place} Place */

/** Says under which name the match of a room is recorded. */
const NAME = "X-Recording";
/** Says how many seconds after it has happened it is shown. */
const DELAY = "X-Delay";

/** See the module. */
export class Opening {
  /** Resolves when there is something to be seen. @type {Promise<Recording>} */
  recording;
  /** Of the file on the server; null: it is none of the server's. @type {string | null} */
  name = null;
  /** By how many seconds all of it comes later than it happens. */
  delay = 0;
  /** @type {Load | null} */
  #load = null;
  /** @type {string | null} */
  #code = null;
  #closed = false;
  #bytes = 0;

  /** @param {(opening: Opening) => Promise<Recording>} open */
  constructor(open) {
    this.recording = open(this);
  }

  /** @param {Place} place  with a recording, or a room */
  static at(place) {
    return new Opening((opening) => opening.#openAt(place));
  }

  /** @param {File} file */
  static of(file) {
    return new Opening((opening) => {
      opening.#bytes = file.size;
      return openFile(file); // one that goes away meanwhile has been cut, for whoever watches it
    });
  }

  /** That have come. */
  get bytes() {
    return this.#load?.bytes ?? this.#bytes;
  }

  /** The connection is lost, and tried again. */
  get lost() {
    return this.#load?.state === "lost";
  }

  close() {
    this.#closed = true;
    this.#load?.close();
  }

  /** The browser saves it. */
  download() {
    if (this.name === null) return;
    const file = this.name.replace(/\.part$/, "");
    h("a", { href: sourceOf({ recording: this.name, code: this.#code }), download: file }).click();
  }

  /** @param {Place} place */
  async #openAt(place) {
    this.name = place.recording;
    this.#code = place.code;
    const load = await openUrl(sourceOf(place), {
      from: place.room !== null && place.seconds === null ? "live" : null,
      fetch: async (...asked) => {
        const response = await fetch(...asked);
        this.name ??= response.headers.get(NAME);
        this.delay = Number(response.headers.get(DELAY)) || 0;
        return response;
      },
    });
    if (this.#closed) load.close();
    this.#load = load;
    return load.recording;
  }
}
