/** The sounds, computed: noise and falling tones, each a fraction of a second. */

/** @typedef {keyof typeof SOUNDS} SoundName */

/**
 * @typedef {object} Recipe
 * @property {number} seconds
 * @property {(at: number, noise: Noise) => number} wave  at: seconds
 */

/** White noise that is the same each time, and the same with less of its heights. */
class Noise {
  #state = 0x2545f491;
  #low = 0;

  white() {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return this.#state / 0x80000000;
  }

  /** @param {number} part  0 to 1: 1 is white */
  dull(part) {
    this.#low += (this.white() - this.#low) * part;
    return this.#low;
  }
}

const TURN = 2 * Math.PI;
/** @param {number} at @param {number} seconds  after which a third is left */
const fading = (at, seconds) => Math.exp(-at / seconds);
/**
 * A tone that falls or rises, most of the way in so many seconds.
 *
 * @param {number} at
 * @param {number} from  hertz
 * @param {number} to
 * @param {number} seconds
 */
const sliding = (at, from, to, seconds) => Math.sin(TURN * (to * at + (from - to) * seconds * (1 - Math.exp(-at / seconds))));
/** @param {number} at @param {number} hertz */
const tone = (at, hertz) => Math.sin(TURN * hertz * at);
/** Notes one after another. @param {number} at @param {readonly number[]} notes @param {number} each  seconds */
const melody = (at, notes, each) => {
  const number = Math.min(notes.length - 1, Math.floor(at / each));
  const since = at - number * each;
  const sound = tone(at, notes[number]) + 0.35 * tone(at, notes[number] * 2) + 0.15 * tone(at, notes[number] * 3);
  return sound * Math.min(1, since * 120) * fading(since, number === notes.length - 1 ? 0.22 : 0.11) * 0.5;
};

const SOUNDS = Object.freeze({
  shell: recipe(0.34, (at, noise) => sliding(at, 190, 48, 0.05) * fading(at, 0.09) * 0.8 + noise.dull(0.5) * fading(at, 0.05)),
  spread: recipe(0.3, (at, noise) => {
    const bang = sliding(at, 150, 60, 0.04) * fading(at, 0.06) * 0.5;
    return bang + noise.dull(0.8) * fading(at, 0.07) * 1.2;
  }),
  mine: recipe(0.22, (at, noise) => {
    const beep = tone(at, at < 0.06 ? 520 : 390) * fading(at % 0.06, 0.05) * 0.4;
    return beep + noise.dull(0.2) * fading(at, 0.03);
  }),
  rail: recipe(0.7, (at, noise) => {
    const whip = sliding(at, 2400, 180, 0.11) * fading(at, 0.16) * 0.5;
    const body = sliding(at, 700, 60, 0.08) * fading(at, 0.2) * 0.5;
    return whip + body + noise.white() * fading(at, 0.02) * 0.6;
  }),
  explosion: recipe(1.3, (at, noise) => {
    const rumble = noise.dull(0.06 + 0.5 * fading(at, 0.06)) * fading(at, 0.32) * 3;
    return rumble + sliding(at, 110, 28, 0.12) * fading(at, 0.28);
  }),
  hit: recipe(0.16, (at, noise) => {
    const ring = tone(at, 310) * fading(at, 0.03) * 0.5 + tone(at, 787) * fading(at, 0.02) * 0.4;
    return ring + noise.dull(0.6) * fading(at, 0.02);
  }),
  wall: recipe(0.12, (at, noise) => noise.dull(0.25) * fading(at, 0.025) * 1.6),
  marker: recipe(0.09, (at) => (tone(at, 1650) + tone(at, 2200) * 0.5) * fading(at, 0.02) * 0.5),
  hurt: recipe(0.25, (at, noise) => sliding(at, 140, 60, 0.06) * fading(at, 0.08) + noise.dull(0.12) * fading(at, 0.05) * 1.4),
  empty: recipe(0.07, (at, noise) => noise.white() * fading(at, 0.006) * 0.5 + tone(at, 190) * fading(at, 0.012) * 0.5),
  pickup: recipe(0.42, (at) => melody(at, [660, 880, 1320], 0.07)),
  spawn: recipe(0.5, (at) => sliding(at, 220, 760, 0.12) * fading(at, 0.16) * 0.5),
  flagTaken: recipe(0.6, (at) => melody(at, [587, 784], 0.13)),
  flagLost: recipe(0.6, (at) => melody(at, [494, 370], 0.15)),
  captured: recipe(1.1, (at) => melody(at, [523, 659, 784, 1047], 0.12)),
  start: recipe(0.9, (at) => melody(at, [392, 392, 784], 0.14)),
  end: recipe(1.4, (at) => melody(at, [784, 659, 523, 392, 523], 0.16)),
  tick: recipe(0.12, (at) => tone(at, 880) * fading(at, 0.03) * 0.5),
  kill: recipe(0.35, (at) => melody(at, [880, 1175], 0.08)),
});

/** @type {readonly SoundName[]} */
export const SOUND_NAMES = Object.freeze(/** @type {SoundName[]} */ (Object.keys(SOUNDS)));

/**
 * @param {SoundName} name
 * @param {number} rate  samples a second
 * @returns {Float32Array<ArrayBuffer>} −1 to 1; it ends in silence
 */
export function synthesise(name, rate) {
  const { seconds, wave } = SOUNDS[name];
  const samples = new Float32Array(Math.round(seconds * rate));
  const noise = new Noise();
  const last = 0.02 * rate; // so long it is led out, that its end does not click
  for (let index = 0; index < samples.length; index++) {
    const out = Math.min(1, (samples.length - 1 - index) / last);
    samples[index] = Math.tanh(wave(index / rate, noise)) * out;
  }
  return samples;
}

/** @param {number} seconds @param {Recipe["wave"]} wave @returns {Recipe} */
function recipe(seconds, wave) {
  return { seconds, wave };
}
