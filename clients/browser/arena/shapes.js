/** How things look: painters for `Sprites`, in pixels of the ground, heading along +x. */

import { COMMON, mix, shade } from "./palette.js";
import { shine } from "./shine.js";

/** @typedef {import("./palette.js").Paint} Paint */
/** @typedef {import("./sprites.js").Painter} Painter */

/** Pictures of the tracks on their way from one link to the next. */
export const TREADS = 4;
/** Pixels between two links. */
export const LINK = 4;

/**
 * The hull with its tracks.
 *
 * @param {Paint} colours
 * @param {number} team  its mark: one stripe, two, or none
 * @param {number} tread  0 to TREADS − 1
 * @returns {Painter}
 */
export function hull(colours, team, tread) {
  return (context) => {
    for (const side of [-1, 1]) track(context, side * 9.6, colours, tread);
    const body = context.createLinearGradient(0, -9, 0, 9);
    body.addColorStop(0, colours.light);
    body.addColorStop(0.28, colours.fill);
    body.addColorStop(1, shade(colours.fill, 0.66));
    context.fillStyle = body;
    context.strokeStyle = COMMON.rim;
    context.lineWidth = 1.3;
    outline(context, [[-13, -7.5], [8.5, -7.5], [14, -4], [14, 4], [8.5, 7.5], [-13, 7.5]]);
    context.fill();
    context.stroke();
    // The slope at the front, and the engine's grille at the rear: one sees which way it looks.
    context.fillStyle = mix(colours.fill, "#ffffff", 0.3);
    outline(context, [[9, -5.6], [12.8, -3.2], [12.8, 3.2], [9, 5.6]]);
    context.fill();
    context.fillStyle = shade(colours.fill, 0.45);
    for (let bar = 0; bar < 3; bar++) context.fillRect(-11.6 + bar * 1.9, -4.6, 1.1, 9.2);
    context.fillStyle = "#ffffffd8";
    if (team === 1) context.fillRect(5.6, -6.8, 2, 13.6);
    if (team === 2) for (const x of [4, 6.6]) context.fillRect(x, -6.8, 1.3, 13.6);
  };
}

/** @param {CanvasRenderingContext2D} context @param {number} y @param {Paint} colours @param {number} tread */
function track(context, y, colours, tread) {
  const top = y - 3.6;
  context.fillStyle = shade(colours.dark, 0.62);
  context.strokeStyle = COMMON.rim;
  context.lineWidth = 1.3;
  context.beginPath();
  context.roundRect(-15, top, 30, 7.2, 2.4);
  context.fill();
  context.stroke();
  context.save();
  context.clip();
  context.fillStyle = mix(colours.dark, "#9aa3ad", 0.38);
  for (let x = -16 - LINK + (tread * LINK) / TREADS; x < 16; x += LINK) context.fillRect(x, top + 0.8, 1.7, 5.6);
  context.restore();
}

/** The turret with its barrel. @param {Paint} colours @returns {Painter} */
export function turret(colours) {
  return (context) => {
    const barrel = context.createLinearGradient(0, -2.4, 0, 2.4);
    barrel.addColorStop(0, mix(colours.dark, "#ffffff", 0.5));
    barrel.addColorStop(0.5, mix(colours.dark, "#ffffff", 0.14));
    barrel.addColorStop(1, shade(colours.dark, 0.7));
    context.strokeStyle = COMMON.rim;
    context.lineWidth = 1.2;
    context.fillStyle = barrel;
    for (const [x, y, width, height] of [[4, -2, 15, 4], [16.4, -2.8, 5.6, 5.6]]) {
      context.beginPath();
      context.roundRect(x, y, width, height, 1);
      context.fill();
      context.stroke();
    }
    const dome = context.createRadialGradient(-1.5, -3, 0.8, 0, 0, 9);
    dome.addColorStop(0, colours.light);
    dome.addColorStop(0.45, shade(colours.fill, 0.9));
    dome.addColorStop(1, shade(colours.fill, 0.55));
    context.fillStyle = dome;
    outline(context, [[-8, -3.4], [-4.6, -6.6], [3.4, -6.2], [7, -2.8], [7, 2.8], [3.4, 6.2], [-4.6, 6.6], [-8, 3.4]]);
    context.fill();
    context.stroke();
    context.fillStyle = shade(colours.fill, 0.42);
    context.beginPath();
    context.arc(-2.6, 0, 2.3, 0, 7);
    context.fill();
  };
}

/** @type {Paint} */
const BURNT = { fill: COMMON.wreck, dark: COMMON.wreckDark, light: "#686d77" };

/** @returns {Painter} */
export function wreck() {
  return (context) => {
    hull(BURNT, 0, 0)(context);
    context.rotate(0.7);
    context.translate(2, 1);
    turret({ ...BURNT, fill: shade(COMMON.wreck, 0.8) })(context);
    context.fillStyle = "#00000070";
    context.beginPath();
    context.ellipse(0, 0, 6, 4, 0.5, 0, 7);
    context.fill();
  };
}

/** On the ground below a tank. @type {Painter} */
export function shadow(context) {
  shine(context, { inner: 6, outer: 21, half: 22, colours: [[0, "rgba(0,0,0,.55)"], [0.6, "rgba(0,0,0,.3)"], [1, "rgba(0,0,0,0)"]] });
}

/** Round one's own tank. @type {Painter} */
export function ownRing(context) {
  context.strokeStyle = "#ffffffb0";
  context.lineWidth = 1.6;
  for (let part = 0; part < 4; part++) {
    context.beginPath();
    context.arc(0, 0, 22, part * 1.5708 + 0.35, part * 1.5708 + 1.22);
    context.stroke();
  }
}

/** Round one that has only just come. @type {Painter} */
export function shield(context) {
  shine(context, {
    inner: 12,
    outer: 23,
    half: 24,
    colours: [[0, "rgba(150,225,255,0)"], [0.8, "rgba(150,225,255,.26)"], [1, "rgba(190,240,255,0)"]],
  });
  context.strokeStyle = "rgba(200,242,255,.9)";
  context.lineWidth = 1.5;
  for (let part = 0; part < 6; part++) {
    context.beginPath();
    context.arc(0, 0, 21, part * 1.0472, part * 1.0472 + 0.66);
    context.stroke();
  }
}

/**
 * A shell with its trail behind it; the trail has its driver's colour.
 *
 * @param {string} colour
 * @param {boolean} pellet
 * @param {number} long  of the trail
 * @returns {Painter}
 */
export function shell(colour, pellet, long) {
  const thick = pellet ? 1.8 : 2.9;
  return (context) => {
    const trail = context.createLinearGradient(-long, 0, 0, 0);
    trail.addColorStop(0, `${colour}00`);
    trail.addColorStop(0.6, `${colour}66`);
    trail.addColorStop(1, "#fff6d8e0");
    context.fillStyle = trail;
    outline(context, [[-long, 0], [-2, -thick], [1, -thick], [1, thick], [-2, thick]]);
    context.fill();
    context.fillStyle = COMMON.rim;
    context.beginPath();
    context.ellipse(0.6, 0, thick + 2.2, thick + 0.9, 0, 0, 7);
    context.fill();
    context.fillStyle = pellet ? COMMON.spread : COMMON.shell;
    context.beginPath();
    context.ellipse(0.6, 0, thick + 1.2, thick, 0, 0, 7);
    context.fill();
  };
}

/** @param {string} colour  of whose it is @param {boolean} lit @returns {Painter} */
export function mine(colour, lit) {
  return (context) => {
    context.fillStyle = "rgba(0,0,0,.4)";
    context.beginPath();
    context.ellipse(1, 2.4, 9, 7.6, 0, 0, 7);
    context.fill();
    context.fillStyle = "#262b33";
    context.strokeStyle = COMMON.rim;
    context.lineWidth = 1.2;
    for (let spike = 0; spike < 8; spike++) {
      context.save();
      context.rotate(spike * 0.7854);
      context.fillRect(5, -1.3, 4, 2.6);
      context.restore();
    }
    context.beginPath();
    context.arc(0, 0, 7, 0, 7);
    context.fill();
    context.stroke();
    context.strokeStyle = colour;
    context.lineWidth = 1.5;
    context.beginPath();
    context.arc(0, 0, 4.9, 0, 7);
    context.stroke();
    context.fillStyle = lit ? COMMON.mine : "#571d1d";
    context.beginPath();
    context.arc(0, 0, 2.4, 0, 7);
    context.fill();
  };
}

/** What lies there: 0 health, 1 ammunition, 2 speed. @param {number} kind @returns {Painter} */
export function pickup(kind) {
  const colour = [COMMON.health, COMMON.ammo, COMMON.speed][kind];
  return (context) => {
    context.save();
    const plate = context.createLinearGradient(0, -11, 0, 11);
    plate.addColorStop(0, mix(colour, "#ffffff", 0.4));
    plate.addColorStop(1, shade(colour, 0.72));
    context.fillStyle = plate;
    context.strokeStyle = COMMON.rim;
    context.lineWidth = 1.6;
    context.beginPath();
    context.roundRect(-10, -10, 20, 20, 5);
    context.fill();
    context.stroke();
    context.fillStyle = "#11161d";
    if (kind === 0) {
      context.fillRect(-2.1, -6.4, 4.2, 12.8);
      context.fillRect(-6.4, -2.1, 12.8, 4.2);
    } else if (kind === 1) {
      for (const x of [-5.4, -1.4, 2.6]) {
        context.beginPath();
        context.roundRect(x, -6, 2.9, 12, [1.5, 1.5, 0.4, 0.4]);
        context.fill();
      }
    } else {
      for (const x of [-5.6, 0]) {
        outline(context, [[x, -5.8], [x + 2.6, -5.8], [x + 6.4, 0], [x + 2.6, 5.8], [x, 5.8], [x + 3.6, 0]]);
        context.fill();
      }
    }
    context.restore();
  };
}

/** Where a flag stands at home. @param {string} colour @returns {Painter} */
export function base(colour) {
  return (context) => {
    context.fillStyle = `${colour}26`;
    context.strokeStyle = `${colour}c0`;
    context.lineWidth = 2;
    context.beginPath();
    context.arc(0, 0, 20, 0, 7);
    context.fill();
    context.stroke();
    context.lineWidth = 1.2;
    for (let part = 0; part < 12; part++) {
      context.beginPath();
      context.arc(0, 0, 25, part * 0.5236, part * 0.5236 + 0.26);
      context.stroke();
    }
  };
}

/** The pole of a flag; its cloth moves and is no picture. @type {Painter} */
export function pole(context) {
  context.fillStyle = "rgba(0,0,0,.4)";
  context.beginPath();
  context.ellipse(1, 1, 5, 3, 0, 0, 7);
  context.fill();
  context.strokeStyle = COMMON.rim;
  context.lineWidth = 4;
  context.lineCap = "round";
  line(context, 0, 0, 0, -33);
  context.strokeStyle = "#e8ecf2";
  context.lineWidth = 2;
  line(context, 0, 0, 0, -33);
}

/** @param {CanvasRenderingContext2D} context @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 */
function line(context, x0, y0, x1, y1) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}

/** A path round some corners. @param {CanvasRenderingContext2D} context @param {number[][]} corners */
export function outline(context, corners) {
  context.beginPath();
  for (const [x, y] of corners) context.lineTo(x, y);
  context.closePath();
}
