/** What flashes, burns, smokes and fades: it hangs on events, lasts a moment and is in nobody's way. */

import { FIRE, Particles, SMOKE, SPARK, SPLINTER } from "./particles.js";
import { COMMON } from "./palette.js";
import { glow, put } from "./sprites.js";

/** @typedef {import("./camera.js").Camera} Camera */
/** @typedef {import("./sprites.js").Sprites} Sprites */
/** @typedef {import("./terrain.js").Terrain} Terrain */

const MOST_PARTICLES = 700;
const MOST_FLASHES = 48;
const MOST_BEAMS = 16;
const MOST_TRACKS = 420;
/** Of the particles, for those who want less motion. */
const CALM_SHARE = 0.35;
const BEAM_MS = 420;
const TRACK_MS = 5200;
/** Shades of tracks that are drawn at once. */
const TRACK_SHADES = 4;
/** Half the distance between the two tracks of a tank. */
const TRACK_HALF = 9.6;
/** Soft lights are kept in sizes that are so far apart, in pixels of the ground. */
const GLOW_STEP = 2;
const SMOKE_GLOW = Object.freeze({ colour: "#b9bcc2", alpha: 0.9 });
const FIRE_GLOW = Object.freeze({ colour: "#ff9a3d", alpha: 1 });
/** An explosion that is so far from the middle of the picture shakes nothing. */
const SHAKE_FAR = 420;

/** @typedef {{x: number, y: number, bornMs: number, lifeMs: number, size: number, colour: string, ring: boolean}} Flash */
/** @typedef {{x0: number, y0: number, x1: number, y1: number, bornMs: number, colour: string}} Beam */

export class Effects {
  #sprites;
  #terrain;
  #camera;
  /** @type {Flash[]} */
  #flashes = [];
  /** @type {Beam[]} */
  #beams = [];
  #tracksX = new Float32Array(MOST_TRACKS);
  #tracksY = new Float32Array(MOST_TRACKS);
  #tracksDx = new Float32Array(MOST_TRACKS);
  #tracksDy = new Float32Array(MOST_TRACKS);
  #tracksMs = new Float64Array(MOST_TRACKS).fill(-Infinity);
  #nextTrack = 0;
  #calm = false;
  #nowMs = 0;

  /** @param {{sprites: Sprites, terrain: Terrain, camera: Camera}} world */
  constructor({ sprites, terrain, camera }) {
    this.#sprites = sprites;
    this.#terrain = terrain;
    this.#camera = camera;
    this.particles = new Particles(MOST_PARTICLES);
  }

  /** Less motion: fewer particles, no flashes, nothing shakes. @param {boolean} calm */
  set calm(calm) {
    this.#calm = calm;
    this.particles.share = calm ? CALM_SHARE : 1;
    this.#camera.reducedMotion = calm;
  }

  clear() {
    this.particles.clear();
    this.#flashes = [];
    this.#beams = [];
    this.#tracksMs.fill(-Infinity);
  }

  // -- what happens --------------------------------------------------------------------------------------------------------
  /** @param {number} x @param {number} y  of the muzzle @param {number} angle  radians @param {boolean} heavy */
  muzzle(x, y, angle, heavy) {
    this.#flash({ x, y, lifeMs: heavy ? 110 : 80, size: heavy ? 30 : 22, colour: "#ffd98a" });
    const burst = { x, y, angle, colour: "#ffe9b8" };
    this.particles.add({ ...burst, kind: SPARK, count: heavy ? 9 : 5, spread: 0.4, speed: 260, lifeMs: 180, size: 1.7 });
    this.particles.add({ ...burst, kind: SMOKE, count: 3, spread: 0.35, speed: 70, lifeMs: 480, size: 7 });
  }

  /** A shell ended. @param {number} x @param {number} y @param {boolean} tank  hit, and not a wall */
  hit(x, y, tank) {
    this.#flash({ x, y, lifeMs: 90, size: tank ? 26 : 17, colour: tank ? "#ffb066" : "#e8dcc0" });
    const colour = tank ? "#ffc46b" : "#d9d3c2";
    this.particles.add({ kind: SPARK, count: tank ? 10 : 6, x, y, speed: tank ? 230 : 150, lifeMs: 330, size: 1.8, colour });
    this.particles.add({ kind: SMOKE, count: 2, x, y, speed: 26, lifeMs: 420, size: 6 });
    if (tank) this.particles.add({ kind: SPLINTER, count: 3, x, y, speed: 120, lifeMs: 420, size: 2, colour: "#20242b" });
  }

  /** @param {number} x @param {number} y @param {string} colour  of the tank; it flies about in pieces */
  explode(x, y, colour) {
    this.#flash({ x, y, lifeMs: 240, size: 95, colour: "#ffc36b" });
    this.#flash({ x, y, lifeMs: 420, size: 62, colour: "#ffe8c2", ring: true });
    this.particles.add({ kind: FIRE, count: 22, x, y, speed: 120, lifeMs: 620, size: 13 });
    this.particles.add({ kind: SMOKE, count: 14, x, y, speed: 62, lifeMs: 1500, size: 13 });
    this.particles.add({ kind: SPARK, count: 26, x, y, speed: 380, lifeMs: 620, size: 2.1, colour: "#ffd27a" });
    this.particles.add({ kind: SPLINTER, count: 9, x, y, speed: 240, lifeMs: 900, size: 3.4, colour });
    this.particles.add({ kind: SPLINTER, count: 6, x, y, speed: 200, lifeMs: 900, size: 3, colour: "#1c2026" });
    this.#terrain.stain(x, y, 34);
    this.#shake(x, y, 0.75);
  }

  /** A mine. @param {number} x @param {number} y */
  blast(x, y) {
    this.#flash({ x, y, lifeMs: 260, size: 110, colour: "#ff9d5c" });
    this.#flash({ x, y, lifeMs: 360, size: 64, colour: "#ffd9b0", ring: true });
    this.particles.add({ kind: FIRE, count: 18, x, y, speed: 190, lifeMs: 480, size: 12 });
    this.particles.add({ kind: SMOKE, count: 12, x, y, speed: 80, lifeMs: 1300, size: 14 });
    this.particles.add({ kind: SPLINTER, count: 12, x, y, speed: 260, lifeMs: 700, size: 2.6, colour: "#5c5346" });
    this.#terrain.stain(x, y, 40);
    this.#shake(x, y, 0.8);
  }

  /** @param {number} x0 @param {number} y0  of the muzzle @param {number} x1 @param {number} y1 @param {string} colour */
  beam(x0, y0, x1, y1, colour) {
    if (this.#beams.length >= MOST_BEAMS) this.#beams.shift();
    this.#beams.push({ x0, y0, x1, y1, bornMs: this.#nowMs, colour });
    this.#flash({ x: x0, y: y0, lifeMs: 130, size: 34, colour: COMMON.rail });
    this.#flash({ x: x1, y: y1, lifeMs: 150, size: 36, colour: COMMON.rail });
    this.particles.add({ kind: SPARK, count: 12, x: x1, y: y1, speed: 260, lifeMs: 380, size: 1.9, colour: COMMON.rail });
    const length = Math.hypot(x1 - x0, y1 - y0);
    for (let far = 12; far < length; far += 22) {
      const x = x0 + ((x1 - x0) * far) / length;
      const y = y0 + ((y1 - y0) * far) / length;
      this.particles.add({ kind: SPARK, count: 1, x, y, speed: 26, lifeMs: 700, size: 1.6, colour: COMMON.rail });
    }
    this.#shake(x0, y0, 0.22);
  }

  /** @param {number} x @param {number} y @param {string} colour */
  taken(x, y, colour) {
    this.#flash({ x, y, lifeMs: 340, size: 32, colour, ring: true });
    this.particles.add({ kind: SPARK, count: 12, x, y, speed: 130, lifeMs: 520, size: 2, colour });
  }

  /** Somebody appeared here. @param {number} x @param {number} y @param {string} colour */
  arrive(x, y, colour) {
    this.#flash({ x, y, lifeMs: 420, size: 46, colour, ring: true });
    this.particles.add({ kind: SPARK, count: 14, x, y, speed: 110, lifeMs: 560, size: 1.8, colour: "#c9f2ff" });
  }

  /** Something burns here, for one frame. @param {number} x @param {number} y @param {number} passedMs @param {number} strength */
  smoulder(x, y, passedMs, strength) {
    if (this.#chance(passedMs * 0.016 * strength))
      this.particles.add({ kind: SMOKE, count: 1, x, y, angle: -1.57, spread: 0.5, speed: 34, lifeMs: 1300, size: 9 });
    if (this.#chance(passedMs * 0.008 * strength))
      this.particles.add({ kind: FIRE, count: 1, x, y, angle: -1.57, spread: 0.7, speed: 22, lifeMs: 420, size: 7 });
  }

  /** Behind somebody who is fast. @param {number} x @param {number} y @param {number} angle @param {number} passedMs */
  rush(x, y, angle, passedMs) {
    if (!this.#chance(passedMs * 0.05)) return;
    const back = { x: x - Math.cos(angle) * 15, y: y - Math.sin(angle) * 15, angle: angle + Math.PI };
    this.particles.add({ ...back, kind: SPARK, count: 1, spread: 0.5, speed: 90, lifeMs: 420, size: 2.1, colour: COMMON.speed });
  }

  /** A tank has rolled here. @param {number} x @param {number} y @param {number} angle */
  rolled(x, y, angle) {
    const index = this.#nextTrack;
    this.#nextTrack = (index + 1) % MOST_TRACKS;
    this.#tracksX[index] = x;
    this.#tracksY[index] = y;
    this.#tracksDx[index] = Math.cos(angle);
    this.#tracksDy[index] = Math.sin(angle);
    this.#tracksMs[index] = this.#nowMs;
  }

  // -- drawing -------------------------------------------------------------------------------------------------------------
  /** @param {number} nowMs @param {number} passedMs */
  advance(nowMs, passedMs) {
    this.#nowMs = nowMs;
    this.particles.advance(passedMs);
    this.#flashes = withoutOld(this.#flashes, nowMs);
    while (this.#beams.length > 0 && nowMs - this.#beams[0].bornMs > BEAM_MS) this.#beams.shift();
  }

  /** What lies on the ground, below everything. @param {CanvasRenderingContext2D} context */
  drawTracks(context) {
    const camera = this.#camera;
    const { scale } = camera;
    context.setTransform(scale, 0, 0, scale, -camera.left * scale, -camera.top * scale);
    context.lineWidth = 5.4;
    context.lineCap = "butt";
    for (let shade = 0; shade < TRACK_SHADES; shade++) {
      context.strokeStyle = `rgba(9,10,13,${0.05 + 0.05 * (TRACK_SHADES - shade)})`;
      context.beginPath();
      for (let index = 0; index < MOST_TRACKS; index++) {
        const age = (this.#nowMs - this.#tracksMs[index]) / TRACK_MS;
        if (age >= 1 || Math.floor(age * TRACK_SHADES) !== shade) continue;
        const x = this.#tracksX[index];
        const y = this.#tracksY[index];
        if (!camera.sees(x, y, 20)) continue;
        const dx = this.#tracksDx[index];
        const dy = this.#tracksDy[index];
        for (let side = -TRACK_HALF; side <= TRACK_HALF; side += 2 * TRACK_HALF) {
          context.moveTo(x - dy * side - dx * 1.6, y + dx * side - dy * 1.6);
          context.lineTo(x - dy * side + dx * 1.6, y + dx * side + dy * 1.6);
        }
      }
      context.stroke();
    }
  }

  /** What is in the air, above everything. @param {CanvasRenderingContext2D} context */
  draw(context) {
    this.#drawParticles(context, SMOKE);
    this.#drawBeams(context);
    this.#drawParticles(context, SPLINTER);
    context.globalCompositeOperation = "lighter";
    this.#drawParticles(context, FIRE);
    this.#drawFlashes(context);
    context.globalCompositeOperation = "source-over";
    this.#drawParticles(context, SPARK);
    context.globalAlpha = 1;
  }

  /** @param {CanvasRenderingContext2D} context @param {number} kind */
  #drawParticles(context, kind) {
    const { particles } = this;
    const camera = this.#camera;
    const { scale } = camera;
    const soft = kind === SMOKE ? SMOKE_GLOW : kind === FIRE ? FIRE_GLOW : null;
    if (soft === null) context.setTransform(1, 0, 0, 1, 0, 0);
    for (let index = 0; index < particles.end; index++) {
      if (particles.kind[index] !== kind || particles.leftMs[index] <= 0) continue;
      const x = particles.x[index];
      const y = particles.y[index];
      if (!camera.sees(x, y, 30)) continue;
      const left = particles.leftMs[index] / particles.lifeMs[index];
      if (soft !== null) {
        context.globalAlpha = kind === SMOKE ? left * 0.34 : left * 0.85;
        const part = kind === SMOKE ? 2.1 - left : 0.5 + left * 0.6;
        put(context, camera, this.#glow(soft, particles.size[index] * part), x, y);
        continue;
      }
      context.globalAlpha = Math.min(1, left * 1.6);
      context.fillStyle = particles.colour[index];
      const size = particles.size[index] * scale;
      context.fillRect(camera.screenX(x) - size / 2, camera.screenY(y) - size / 2, size, size);
    }
    context.globalAlpha = 1;
  }

  /**
   * A soft light of about this radius: a few sizes are kept, so that each light is only copied.
   *
   * @param {{colour: string, alpha: number}} light
   * @param {number} radius
   */
  #glow({ colour, alpha }, radius) {
    const kept = Math.max(1, Math.round(radius / GLOW_STEP)) * GLOW_STEP;
    return this.#sprites.get(`glow ${colour} ${kept}`, 2 * kept, 2 * kept, glow(colour, kept, alpha));
  }

  /** @param {CanvasRenderingContext2D} context */
  #drawFlashes(context) {
    for (const { x, y, bornMs, lifeMs, size, colour, ring } of this.#flashes) {
      const age = (this.#nowMs - bornMs) / lifeMs;
      if (age < 0 || age > 1 || !this.#camera.sees(x, y, size)) continue;
      context.globalAlpha = (1 - age) * (ring ? 0.8 : 0.95);
      if (ring) {
        context.setTransform(1, 0, 0, 1, 0, 0);
        context.strokeStyle = colour;
        context.lineWidth = Math.max(1, 5 * this.#camera.scale * (1 - age));
        context.beginPath();
        context.arc(this.#camera.screenX(x), this.#camera.screenY(y), size * this.#camera.scale * Math.sqrt(age), 0, 7);
        context.stroke();
      } else {
        put(context, this.#camera, this.#glow({ colour, alpha: 1 }, size * (0.6 + 0.4 * age)), x, y);
      }
    }
    context.globalAlpha = 1;
  }

  /** @param {CanvasRenderingContext2D} context */
  #drawBeams(context) {
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.lineCap = "round";
    const camera = this.#camera;
    for (const { x0, y0, x1, y1, bornMs, colour } of this.#beams) {
      const left = 1 - (this.#nowMs - bornMs) / BEAM_MS;
      context.beginPath();
      context.moveTo(camera.screenX(x0), camera.screenY(y0));
      context.lineTo(camera.screenX(x1), camera.screenY(y1));
      for (const [width, style, alpha] of /** @type {const} */ ([
        [9, colour, 0.22],
        [4.2, COMMON.rail, 0.6],
        [1.6, "#ffffff", 1],
      ])) {
        context.globalAlpha = alpha * left;
        context.strokeStyle = style;
        context.lineWidth = width * camera.scale * (0.35 + 0.65 * left);
        context.stroke();
      }
    }
    context.globalAlpha = 1;
  }

  /** @param {{x: number, y: number, lifeMs: number, size: number, colour: string, ring?: boolean}} flash */
  #flash({ x, y, lifeMs, size, colour, ring = false }) {
    if (this.#calm && !ring) return;
    if (this.#flashes.length >= MOST_FLASHES) this.#flashes.shift();
    this.#flashes.push({ x, y, bornMs: this.#nowMs, lifeMs, size, colour, ring });
  }

  /** @param {number} x @param {number} y @param {number} strength */
  #shake(x, y, strength) {
    const far = Math.hypot(x - this.#camera.x, y - this.#camera.y) / SHAKE_FAR;
    if (far < 1) this.#camera.shake(strength * (1 - far));
  }

  /** @param {number} part */
  #chance(part) {
    return Math.random() < part * this.particles.share;
  }
}

/** @param {Flash[]} flashes @param {number} nowMs */
function withoutOld(flashes, nowMs) {
  return flashes.some(({ bornMs, lifeMs }) => nowMs - bornMs > lifeMs)
    ? flashes.filter(({ bornMs, lifeMs }) => nowMs - bornMs <= lifeMs)
    : flashes;
}
