/**
 * The arena on a page: `createView` draws a match of it, and turns what hands do into its inputs. See pages/play/view.js for what
 * the page asks of a view.
 *
 * One's own tank and shots are drawn at the predicted time, all others as the picture has them at the view's.
 */

import { Controls } from "../pages/play/controls/controls.js";
import { emoteText } from "../pages/shared/emotes.js";
import { Cockpit, actions, lookingActions } from "./cockpit.js";
import { describe, feedLine } from "./feed.js";
import { Follow } from "./follow.js";
import { Ground } from "./ground.js";
import { Happenings } from "./happenings.js";
import { Hud } from "./hud.js";
import { Instruments } from "./instruments.js";
import { OVER, PLAYING } from "./kinds.js";
import { Looking } from "./looking.js";
import { Minimap } from "./minimap.js";
import { TOP_SPEED } from "./motion.js";
import { OwnShots } from "./own_shots.js";
import { OwnTank } from "./own_tank.js";
import { Scene } from "./scene.js";
import { matchOf, scoreboard, standings } from "./scores.js";
import { Sketcher } from "./sketch.js";
import { Sounds } from "./sounds.js";
import { loadSheet } from "./terrain.js";

/** @typedef {import("../pages/play/view.js").Host} Host */
/** @typedef {import("../pages/play/view.js").GameView} GameView */
/** @typedef {import("../pages/play/view.js").Frame} Frame */

const SHEET = "/maps/tiles.png";
/** A frame that comes later than this is a new beginning, and no long step. */
const LONGEST_FRAME_MS = 250;
const TURN = 2 * Math.PI;
/** CSS pixels of a phone's shorter side, and the part of its usual size that the small map has there. */
const PHONE = 500;
const PHONE_MAP = 0.68;

/** @typedef {{sheet: HTMLImageElement | null, style: HTMLLinkElement}} Prepared  what comes from the server beside the code */

/** @returns {Promise<Prepared>} */
export async function prepare() {
  const style = addStyle();
  const [sheet] = await Promise.all([loadSheet(SHEET), style.loaded]);
  return { sheet, style: style.link };
}

/**
 * @param {Host} host
 * @param {Prepared | null} [prepared]  it stays with whoever has it; null: this view's own
 * @returns {Promise<GameView>}
 */
export async function createView(host, prepared = null) {
  const ground = Ground.fromTmj(/** @type {{data: Uint8Array}} */ (host.client.map).data);
  return new ArenaView(host, { ground, ...(prepared ?? (await prepare())), keepsStyle: prepared !== null });
}

class ArenaView {
  #host;
  #loaded;
  #scene;
  #hud;
  #minimap;
  #sounds;
  #controls;
  #cockpit;
  #follow = new Follow();
  /** null for who plays. @type {Looking | null} */
  #looking;
  /** Made when it is first wanted. @type {Sketcher | null} */
  #sketcher = null;
  #happenings;
  #instruments;
  #ownTank;
  #ownShots;
  /** @type {(() => void)[]} */
  #off = [];
  #lastMs = -Infinity;
  #lastSceneMs = -Infinity;
  #placed = false;
  #calm = false;
  #cursorHidden = false;
  /** Of the newest snapshot, for inputs between frames. */
  #alive = false;
  #phase = PLAYING;

  /**
   * @param {Host} host
   * @param {Prepared & {ground: Ground, keepsStyle: boolean}} loaded
   */
  constructor(host, loaded) {
    const { ground, sheet } = loaded;
    const { client, settings, spectating } = host;
    this.#host = host;
    this.#loaded = loaded;
    this.#scene = new Scene(host.canvas, ground, sheet, settings.get("palette"));
    this.#scene.tanks.own = spectating ? 0 : client.player;
    this.#sounds = new Sounds(settings, this.#scene.camera);
    /** @type {GameView["actions"]} */
    this.actions = spectating ? lookingActions() : actions();
    this.#hud = new Hud(host, {
      choose: (weapon) => this.#cockpit.choose(weapon),
      respawn: () => this.#cockpit.askRespawn(),
      ready: (ready) => this.#sayReady(ready),
    });
    this.#minimap = new Minimap(this.#hud.map, ground);
    this.#controls = new Controls({
      canvas: host.canvas,
      layer: this.#hud.root,
      game: "arena",
      actions: this.actions,
      remapped: settings.get("keys"),
      listening: host.listening,
      sticks: !spectating,
    });
    this.#looking = spectating ? new Looking(host.canvas) : null;
    this.#cockpit = new Cockpit(this.#controls, this.#scene.camera);
    this.#happenings = new Happenings({ host, scene: this.#scene, sounds: this.#sounds, hud: this.#hud });
    this.#instruments = new Instruments({
      host,
      scene: this.#scene,
      controls: this.#controls,
      cockpit: this.#cockpit,
      hud: this.#hud,
      minimap: this.#minimap,
      happenings: this.#happenings,
    });
    this.#ownTank = new OwnTank(client, ground);
    this.#ownShots = new OwnShots(this.#ownTank, { onFire: (fired) => this.#happenings.fired(fired) });
    this.#listen();
  }

  // -- what the page asks --------------------------------------------------------------------------------------------------
  /** @param {number} width @param {number} height @param {number} pixelRatio */
  resize(width, height, pixelRatio) {
    const ratio = this.#scene.resize(width, height, pixelRatio);
    this.#minimap.resize(ratio, Math.min(width, height) < PHONE ? PHONE_MAP : 1);
  }

  /** @param {number} _tick @returns {Record<string, number> | null} */
  sample(_tick) {
    if (this.#host.spectating) return null;
    return this.#cockpit.sample(this.#alive && this.#phase !== OVER);
  }

  /** @param {number} nowMs @param {Frame} frame */
  draw(nowMs, frame) {
    const { sceneMs = nowMs } = frame;
    const passedMs = within(nowMs - this.#lastMs);
    const scenePassedMs = within(sceneMs - this.#lastSceneMs);
    this.#lastMs = nowMs;
    this.#lastSceneMs = sceneMs;
    const { picture } = this.#host.client;
    const match = matchOf(picture);
    if (match === null) return;
    this.#phase = match.phase;
    this.#controls.poll(nowMs);
    this.#keepCalm();
    const own = this.#placeOwn(nowMs, frame);
    this.#scene.take(picture, { tick: frame.viewTick, nowMs: sceneMs, passedMs: scenePassedMs, own });
    this.#moveCamera(nowMs, passedMs);
    this.#happenings.look(picture.all("Mine"));
    const aiming = this.#aiming(nowMs, frame);
    this.#hideCursor(aiming !== null);
    this.#scene.paint(picture, {
      tick: frame.viewTick,
      nowMs: sceneMs,
      ownShots: this.#ownShots.drawn(frame.viewTick, frame.inputTick, picture),
      replaced: (id) => this.#ownShots.replaces(id),
      nameOf: this.#host.playerName,
      hurts: this.#happenings.hurts,
      aiming,
    });
    this.#instruments.show(nowMs, frame, { match, who: this.#watched, loaded: this.#ownShots.loaded });
    this.#hum();
  }

  scoreboard() {
    const { client, texts } = this.#host;
    const match = matchOf(client.picture);
    if (match === null) return { title: "", columns: [], groups: [] };
    return scoreboard(client.picture, match, texts.t, this.#scene.colours);
  }

  /** @param {number} player */
  follow(player) {
    this.#follow.choose(player);
  }

  following() {
    return this.#follow.player;
  }

  jumped() {
    this.#scene.forget();
    this.#happenings.forget();
    this.#follow.jump();
  }

  /** @param {string} name @param {import("../src/schema.js").Values} values */
  describe(name, values) {
    return describe(name, values, { t: this.#host.texts.t, colours: this.#scene.colours });
  }

  /** @param {HTMLCanvasElement} canvas @param {import("../pages/play/view.js").Sketch} sketch */
  sketch(canvas, sketch) {
    this.#sketcher ??= new Sketcher(this.#loaded.ground, this.#loaded.sheet, this.#host.playerName);
    this.#sketcher.draw(canvas, sketch, this.#host.settings.get("palette"));
  }

  prediction() {
    const { compared, mispredicted, replayed } = this.#ownTank;
    return { compared, mispredicted, replayed };
  }

  /** For those who measure how it feels. */
  get ownTank() {
    return this.#ownTank;
  }

  /** For those who want to know what is in the picture. */
  get camera() {
    return this.#scene.camera;
  }

  dispose() {
    for (const off of this.#off) off();
    this.#ownTank.dispose();
    this.#controls.dispose();
    this.#looking?.dispose();
    this.#sounds.dispose();
    this.#hud.dispose();
    this.#hideCursor(false);
    if (!this.#loaded.keepsStyle) this.#loaded.style.remove();
  }

  // -- what happens --------------------------------------------------------------------------------------------------------
  #listen() {
    const { client, settings, texts, announce } = this.#host;
    this.#off.push(
      client.on("shown", (/** @type {any} */ { name, values }) => {
        const line = feedLine(name, values, { t: texts.t, colours: this.#scene.colours });
        if (line !== null) announce(line);
        if (name === "Emoted") this.#scene.tanks.say(Number(values.player), emoteText(Number(values.which)));
        else this.#happenings.shown(name, values);
      }),
      client.on("snapshot", () => {
        const tanks = client.world.all("Tank");
        this.#alive = tanks.some(({ values }) => values.owner === client.player && values.health !== 0);
      }),
      settings.on("palette", (palette) => {
        this.#scene.palette = palette;
      }),
      settings.on("keys", (keys) => {
        this.#controls.remap(keys);
        this.#hud.showKeys();
      }),
    );
    this.#controls.presses.onPress((action) => this.#pressed(action));
    if (this.#looking !== null) this.#looking.onTap = (x, y) => this.#clicked(x, y);
  }

  /** @param {string} action */
  #pressed(action) {
    if (!this.#host.spectating) {
      if (action === "arena.respawn" && this.#phase !== PLAYING) this.#sayReady(!this.#isReady());
      else this.#cockpit.pressed(action);
      return;
    }
    if (action === "arena.next") this.#lookAtNext(1);
    else if (action === "arena.previous") this.#lookAtNext(-1);
    else if (action === "arena.nearer") this.#scene.zoom(1);
    else if (action === "arena.farther") this.#scene.zoom(-1);
  }

  /** @param {number} x @param {number} y  in CSS pixels */
  #clicked(x, y) {
    const { camera, tanks } = this.#scene;
    this.#follow.click(camera.groundX(x), camera.groundY(y), tanks);
  }

  /** @param {1 | -1} step */
  #lookAtNext(step) {
    const players = [...this.#scene.tanks.all].map(({ owner }) => owner);
    this.#follow.next(players, step);
  }

  /** @param {boolean} ready */
  #sayReady(ready) {
    const { client, announce } = this.#host;
    client.call("ready", ready).catch((/** @type {Error} */ error) => announce([error.message]));
  }

  #isReady() {
    const { client } = this.#host;
    return standings(client.world).some(({ owner, ready }) => ready && owner === client.player);
  }

  #keepCalm() {
    const calm = this.#host.motionReduced();
    if (calm === this.#calm) return;
    this.#calm = calm;
    this.#scene.calm = calm;
    this.#hud.root.classList.toggle("arena-calm", calm);
  }

  // -- a frame -------------------------------------------------------------------------------------------------------------
  /** @param {number} nowMs @param {Frame} frame @returns {import("./tanks.js").Place | null} */
  #placeOwn(nowMs, { inputTick }) {
    const drawn = this.#ownTank.drawn(nowMs, inputTick, this.#cockpit.live());
    if (drawn === null) return null;
    const { x, y } = drawn;
    this.#cockpit.stand(x, y);
    return { x, y, heading: (drawn.heading / 256) * TURN, aim: this.#cockpit.aimRadians };
  }

  /** @param {number} nowMs @param {number} passedMs */
  #moveCamera(nowMs, passedMs) {
    const { camera, tanks } = this.#scene;
    const own = tanks.of(tanks.own);
    if (this.#looking !== null) {
      const leader = () => standings(this.#host.client.picture)[0]?.owner ?? 0;
      const { dx, dy, zoom } = this.#looking.take();
      if (zoom !== 0) this.#scene.zoom(zoom);
      this.#follow.drag(camera, dx, dy);
      this.#follow.move(camera, tanks, { wish: this.#controls.takeWish(), passedMs, leader });
    } else if (own !== undefined) {
      const { x, y } = own.health > 0 ? this.#cockpit.lookAhead() : { x: 0, y: 0 };
      if (this.#placed) camera.follow(own.x, own.y, x, y, passedMs);
      else camera.jump(own.x, own.y);
      this.#placed = true;
    } else if (!this.#placed) camera.jump(camera.mapWidth / 2, camera.mapHeight / 2);
    camera.settle(nowMs, passedMs);
  }

  /**
   * @param {number} nowMs
   * @param {Frame} frame
   * @returns {import("./scene.js").Aiming | null}  null: there is nothing to aim with
   */
  #aiming(nowMs, { inputTick }) {
    const { tanks } = this.#scene;
    const own = tanks.of(tanks.own);
    const gun = this.#ownShots.loaded;
    if (own === undefined || own.health === 0 || gun === null || this.#phase === OVER) return null;
    const { device, mouse, aim } = this.#controls;
    return {
      weapon: this.#cockpit.weapon,
      aim: this.#cockpit.aim,
      pointer: device === "mouse" && mouse.known ? mouse : null,
      aiming: aim !== null,
      gun,
      inputTick,
      hitMs: nowMs - this.#happenings.hitMs,
    };
  }

  /** Where the mark is the cursor is not. @param {boolean} hidden */
  #hideCursor(hidden) {
    if (hidden === this.#cursorHidden) return;
    this.#cursorHidden = hidden;
    this.#host.canvas.style.cursor = hidden ? "none" : "";
  }

  /** Whose tank it is all about; 0: nobody's. */
  get #watched() {
    return this.#host.spectating ? this.#follow.player : this.#scene.tanks.own;
  }

  #hum() {
    const { tanks } = this.#scene;
    const tank = tanks.of(this.#watched);
    const top = TOP_SPEED * this.#host.client.tickRate;
    this.#sounds.hum(tank === undefined || tank.health === 0 ? null : tank.speed / top);
  }
}

/** How long a frame was. @param {number} passedMs */
function within(passedMs) {
  return Math.max(0, Math.min(LONGEST_FRAME_MS, passedMs));
}

/** The display's own style: the page need not know it. */
function addStyle() {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = new URL("arena.css", import.meta.url).href;
  const loaded = new Promise((resolve) => {
    link.onload = link.onerror = resolve;
  });
  document.head.append(link);
  return { link, loaded };
}
