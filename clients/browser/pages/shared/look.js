/** What the settings change about the page itself: its theme, and whether things move. */

/** @typedef {import("./settings.js").Settings} Settings */

/**
 * Follows the settings from now on.
 *
 * @param {Settings} settings
 * @returns {{motionReduced: () => boolean}}
 */
export function applyLook(settings) {
  const root = document.documentElement;
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  const motionReduced = () => {
    const wanted = settings.get("reducedMotion");
    return wanted === "auto" ? still.matches : wanted === "on";
  };
  const apply = () => {
    root.dataset.theme = settings.get("theme");
    root.dataset.motion = motionReduced() ? "reduced" : "full";
  };
  settings.on("theme", apply);
  settings.on("reducedMotion", apply);
  still.addEventListener("change", apply);
  window.addEventListener("storage", () => settings.reread()); // another tab has chosen
  apply();
  return { motionReduced };
}
