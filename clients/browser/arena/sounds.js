/** What is heard: a few sounds at once, from where they are, and the engine of whom one looks at. Silent until a first gesture. */

import { SOUND_NAMES, synthesise } from "./synth.js";

/** @typedef {import("./camera.js").Camera} Camera */
/** @typedef {import("./synth.js").SoundName} SoundName */
/** @typedef {import("../pages/shared/settings.js").Settings} Settings */

/** At once; more are a mash. */
const MOST_VOICES = 20;
/** Pixels of the ground at which a sound has half its strength, */
const HALF_FAR = 260;
/** and beyond which it is not heard. */
const FARTHEST = 1100;
/** One kind of sound does not begin more often, in milliseconds. */
const LEAST_PAUSE_MS = 35;
const GESTURES = Object.freeze(["pointerdown", "pointerup", "keydown", "touchend"]);
/** In hertz, standing and at top speed. */
const ENGINE = Object.freeze([38, 82]);
const ENGINE_GAIN = 0.055;

/**
 * How loud and from which side.
 *
 * @param {number} dx  from the listener, in pixels of the ground
 * @param {number} dy
 * @returns {{gain: number, pan: number}}  gain 0: not at all
 */
export function heard(dx, dy) {
  const far = Math.hypot(dx, dy);
  if (far > FARTHEST) return { gain: 0, pan: 0 };
  return { gain: 1 / (1 + (far / HALF_FAR) ** 2), pan: Math.max(-0.8, Math.min(0.8, dx / 500)) };
}

export class Sounds {
  #settings;
  #camera;
  /** @type {AudioContext | null} */
  #audio = null;
  /** @type {GainNode | null} */
  #master = null;
  /** @type {Map<SoundName, AudioBuffer>} */
  #buffers = new Map();
  /** @type {Map<SoundName, number>} */
  #lastMs = new Map();
  #voices = 0;
  /** @type {{tones: OscillatorNode[], gain: GainNode} | null} */
  #engine = null;
  #off = new AbortController();
  /** @type {(() => void)[]} */
  #unlisten;

  /** @param {Settings} settings @param {Camera} camera */
  constructor(settings, camera) {
    this.#settings = settings;
    this.#camera = camera;
    for (const gesture of GESTURES)
      window.addEventListener(gesture, () => this.#unlock(), { signal: this.#off.signal, capture: true, passive: true });
    document.addEventListener("visibilitychange", () => this.#setVolume(), { signal: this.#off.signal });
    this.#unlisten = [settings.on("muted", () => this.#setVolume()), settings.on("volume", () => this.#setVolume())];
  }

  /**
   * @param {SoundName} name
   * @param {{x: number, y: number} | null} [place]  null: it is not in the world
   * @param {number} [strength]
   */
  play(name, place = null, strength = 1) {
    const audio = this.#audio;
    if (audio === null || audio.state !== "running" || this.#settings.get("muted")) return;
    const { gain, pan } = place === null ? { gain: 1, pan: 0 } : heard(place.x - this.#camera.x, place.y - this.#camera.y);
    const nowMs = audio.currentTime * 1000;
    if (gain * strength < 0.02 || this.#voices >= MOST_VOICES) return;
    if (nowMs - (this.#lastMs.get(name) ?? -Infinity) < LEAST_PAUSE_MS) return;
    this.#lastMs.set(name, nowMs);
    const source = audio.createBufferSource();
    source.buffer = this.#buffer(audio, name);
    source.playbackRate.value = 0.94 + Math.random() * 0.12;
    const volume = audio.createGain();
    volume.gain.value = gain * strength * 0.5;
    const panner = audio.createStereoPanner();
    panner.pan.value = pan;
    source.connect(volume).connect(panner).connect(/** @type {GainNode} */ (this.#master));
    this.#voices++;
    source.onended = () => {
      this.#voices--;
      panner.disconnect();
    };
    source.start();
  }

  /** Once a frame. @param {number | null} speed  0 to 1 of top speed; null: there is no engine */
  hum(speed) {
    const audio = this.#audio;
    if (audio === null || audio.state !== "running") return;
    this.#engine ??= makeEngine(audio, /** @type {GainNode} */ (this.#master));
    const now = audio.currentTime;
    const { tones, gain } = this.#engine;
    const part = Math.min(1.4, Math.abs(speed ?? 0));
    gain.gain.setTargetAtTime(speed === null ? 0 : ENGINE_GAIN * (0.45 + 0.55 * part), now, 0.06);
    const hertz = ENGINE[0] + (ENGINE[1] - ENGINE[0]) * part;
    tones[0].frequency.setTargetAtTime(hertz, now, 0.08);
    tones[1].frequency.setTargetAtTime(hertz * 1.503, now, 0.08);
  }

  dispose() {
    this.#off.abort();
    for (const off of this.#unlisten) off();
    void this.#audio?.close();
    this.#audio = null;
  }

  /** Browsers play nothing before a person has touched something. */
  #unlock() {
    if (this.#audio === null) {
      this.#audio = new AudioContext({ latencyHint: "interactive" });
      const limiter = this.#audio.createDynamicsCompressor();
      this.#master = this.#audio.createGain();
      this.#master.connect(limiter).connect(this.#audio.destination);
      this.#setVolume();
      this.#prepare(this.#audio);
    }
    if (this.#audio.state === "suspended" && !document.hidden) void this.#audio.resume();
  }

  /** One sound at a time, between frames. @param {AudioContext} audio */
  #prepare(audio) {
    const missing = SOUND_NAMES.find((name) => !this.#buffers.has(name));
    if (missing === undefined || this.#audio !== audio) return;
    this.#buffer(audio, missing);
    setTimeout(() => this.#prepare(audio), 30);
  }

  /** @param {AudioContext} audio @param {SoundName} name */
  #buffer(audio, name) {
    let buffer = this.#buffers.get(name);
    if (buffer === undefined) {
      const samples = synthesise(name, audio.sampleRate);
      buffer = audio.createBuffer(1, samples.length, audio.sampleRate);
      buffer.copyToChannel(samples, 0);
      this.#buffers.set(name, buffer);
    }
    return buffer;
  }

  #setVolume() {
    if (this.#audio === null || this.#master === null) return;
    const silent = this.#settings.get("muted") || document.hidden;
    this.#master.gain.setTargetAtTime(silent ? 0 : this.#settings.get("volume"), this.#audio.currentTime, 0.02);
  }
}

/** @param {AudioContext} audio @param {AudioNode} to */
function makeEngine(audio, to) {
  const gain = audio.createGain();
  gain.gain.value = 0;
  const dull = audio.createBiquadFilter();
  dull.type = "lowpass";
  dull.frequency.value = 320;
  dull.connect(gain).connect(to);
  const tones = /** @type {const} */ (["sawtooth", "square"]).map((type) => {
    const oscillator = audio.createOscillator();
    oscillator.type = type;
    oscillator.connect(dull);
    oscillator.start();
    return oscillator;
  });
  return { tones, gain };
}
