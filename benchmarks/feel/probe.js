/**
 * What a measurement reads in the play page. It wraps what the page calls in each frame (`client.frame`, the own tank's `drawn`) and
 * writes down what came out: what was drawn, and not what might have been.
 */
(() => {
  const { client, view } = window.gameserver;
  const tank = view.ownTank;

  /** @type {{at: number, view: number, input: number, starved: boolean, frozen: boolean}[]} */
  const frames = [];
  const frame = client.frame.bind(client);
  client.frame = (nowMs) => {
    const ticks = frame(nowMs);
    const { starved, frozen } = client.picture;
    frames.push({ at: performance.now(), view: ticks.viewTick, input: ticks.inputTick, starved, frozen });
    return ticks;
  };

  /** @type {{at: number, frame: number, x: number, y: number, heading: number}[]} */
  const places = [];
  if (tank) {
    const drawn = tank.drawn.bind(tank);
    tank.drawn = (...about) => {
      const place = drawn(...about);
      if (place && places.at(-1)?.frame !== frames.length) {
        const { x, y, heading } = place;
        places.push({ at: performance.now(), frame: frames.length, x, y, heading });
      }
      return place;
    };
  }

  /** @type {{at: number, frame: number, code: string}[]} */
  const keys = [];
  addEventListener("keydown", (event) => keys.push({ at: performance.now(), frame: frames.length, code: event.code }), true);

  /** @type {number[]} */
  const snapshots = [];
  client.on("snapshot", () => snapshots.push(performance.now()));

  window.probe = {
    /** All that was written down since the last time. */
    take() {
      return { frames: frames.splice(0), places: places.splice(0), keys: keys.splice(0), snapshots: snapshots.splice(0) };
    },
    counts() {
      const { compared, mispredicted, replayed } = view.prediction ? view.prediction() : {};
      const { starvedFrames, frames: drawn, stalls, losses, lateInputs, delayMs, pingMs, marginMs } = client.stats;
      return {
        compared, mispredicted, replayed, starvedFrames, frames: drawn, stalls, losses, lateInputs, delayMs, pingMs, marginMs,
        tickRate: client.tickRate,
      };
    },
    forceError(dx, dy) {
      tank.forceError(dx, dy);
      return performance.now();
    },
    /** How many tanks and shells the picture shows at the moment. */
    moving() {
      return client.picture.all("Tank").length + client.picture.all("Shell").length;
    },
  };
})();
