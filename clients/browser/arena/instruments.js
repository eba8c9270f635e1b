/** What the display is told in each frame: of one's own tank, or of the one that is followed. */

import { valuesOf } from "./kinds.js";
import { gunOf } from "./own_shots.js";
import { standings } from "./scores.js";

/** @typedef {import("../pages/play/controls/controls.js").Controls} Controls */
/** @typedef {import("../pages/play/view.js").Frame} Frame */
/** @typedef {import("../pages/play/view.js").Host} Host */
/** @typedef {import("./cockpit.js").Cockpit} Cockpit */
/** @typedef {import("./happenings.js").Happenings} Happenings */
/** @typedef {import("./hud.js").Hud} Hud */
/** @typedef {import("./kinds.js").FlagValues} FlagValues */
/** @typedef {import("./kinds.js").MatchValues} MatchValues */
/** @typedef {import("./kinds.js").OwnValues} OwnValues */
/** @typedef {import("./kinds.js").Picture} Picture */
/** @typedef {import("./kinds.js").TankValues} TankValues */
/** @typedef {import("./minimap.js").Minimap} Minimap */
/** @typedef {import("./scene.js").Scene} Scene */
/** @typedef {ReturnType<typeof gunOf>} Gun */

/** A wreck lies at least so long, in seconds: EARLY_SECONDS of tanks.py. */
const EARLY_SECONDS = 1;

/**
 * @typedef {object} Parts
 * @property {Host} host
 * @property {Scene} scene
 * @property {Controls} controls
 * @property {Cockpit} cockpit
 * @property {Hud} hud
 * @property {Minimap} minimap
 * @property {Happenings} happenings
 */

/** See the module. */
export class Instruments {
  #host;
  #scene;
  #controls;
  #cockpit;
  #hud;
  #minimap;
  #happenings;
  /** Whether the main pointer is a finger. */
  #coarse = matchMedia("(pointer: coarse)");

  /** @param {Parts} parts */
  constructor({ host, scene, controls, cockpit, hud, minimap, happenings }) {
    this.#host = host;
    this.#scene = scene;
    this.#controls = controls;
    this.#cockpit = cockpit;
    this.#hud = hud;
    this.#minimap = minimap;
    this.#happenings = happenings;
  }

  /**
   * @param {number} nowMs
   * @param {Frame} frame
   * @param {{match: MatchValues, who: number, loaded: Gun | null}} seen  `loaded`: one's own gun, as it is predicted
   */
  show(nowMs, { viewTick, inputTick }, { match, who, loaded }) {
    const { tanks, colours, camera } = this.#scene;
    const { spectating, client } = this.#host;
    const { picture } = client;
    const gun = spectating ? gunSeen(picture, who) : loaded;
    if (gun !== null && !spectating) this.#cockpit.loaded(gun);
    this.#hud.root.classList.toggle("arena-touch", this.#usesTouch());
    this.#minimap.draw({ nowMs, picture, tanks, colours, camera });
    this.#hud.showGun(gun, spectating ? null : this.#cockpit.weapon, spectating ? viewTick : inputTick);
    this.#hud.update(nowMs, () => {
      const own = tankOf(picture, who);
      const drivers = standings(picture);
      return {
        match,
        tick: viewTick,
        driver: drivers.find(({ owner }) => owner === who) ?? null,
        drivers,
        flags: picture.all("Flag").map((flag) => /** @type {FlagValues} */ (valuesOf(flag))),
        tank:
          own !== null && own.health > 0
            ? { health: own.health, safeTicks: own.safe_until - viewTick, fastTicks: own.fast_until - viewTick }
            : null,
        wreck: own !== null && own.health === 0 && !spectating ? this.#wreck(own.respawn_tick ?? 0) : null,
        colours,
      };
    });
  }

  /** @param {number} respawnTick */
  #wreck(respawnTick) {
    const { tickRate, options } = this.#host.client;
    const waits = Number(options.respawn_seconds) - EARLY_SECONDS;
    return { respawnTick, mayTick: respawnTick - waits * tickRate, ...this.#happenings.death };
  }

  /** Whether the display is one for thumbs. */
  #usesTouch() {
    const wanted = this.#host.settings.get("touch");
    if (wanted !== "auto") return wanted === "on";
    return this.#controls.device === "touch" || (!this.#controls.mouse.known && this.#coarse.matches);
  }
}

/**
 * @param {Picture} picture
 * @param {number} player
 * @returns {(TankValues & Partial<OwnValues>) | null}  all is seen of one's own, and of anybody's when the match is over
 */
function tankOf(picture, player) {
  const tank = player === 0 ? undefined : picture.all("Tank").find(({ values }) => values.owner === player);
  return tank === undefined ? null : valuesOf(tank);
}

/** What somebody else has loaded; null: that is not to be seen. @param {Picture} picture @param {number} player */
function gunSeen(picture, player) {
  const tank = tankOf(picture, player);
  return tank?.ammo === undefined || tank.health === 0 ? null : gunOf(/** @type {OwnValues} */ (tank));
}
