/** The dialog in which a person chooses. Everything takes effect at once. */

import { button, openDialog } from "./dialogs.js";
import { fill, h, say } from "./dom.js";
import { actionText, keyLabel, keyLayout, PAGE_ACTIONS } from "./keys.js";
import { NAME_MOST, nameFault, trimName } from "./names.js";
import { CHOICES, KeyMap } from "./settings.js";
import { t } from "./texts.js";

/** @typedef {import("./settings.js").Settings} Settings */
/** @typedef {import("./settings.js").Choices} Choices */
/** @typedef {import("./texts.js").TextKey} TextKey */
/** @typedef {import("../play/view.js").Action} Action */

/**
 * @param {Settings} settings
 * @param {object} [options]
 * @param {readonly Action[]} [options.actions]  the game's own
 * @param {(() => string) | null} [options.dataUsed]  how much was sent and received, in words
 * @param {() => void} [options.closed]
 */
export function openSettings(settings, { actions = [], dataUsed = null, closed = () => {} } = {}) {
  const used = h("p", { class: "soft", text: dataUsed?.() ?? "" });
  const timer = dataUsed === null ? undefined : setInterval(() => say(used, dataUsed()), 1000);
  openDialog({
    title: t("settings"),
    name: "settings",
    begins: false,
    body: [
      section("settings.you", nameField(settings), choice(settings, "palette", PALETTES)),
      section("settings.look", choice(settings, "theme", THEMES), choice(settings, "reducedMotion", SWITCH)),
      section("settings.sound", toggle(settings, "muted", "settings.muted"), volume(settings)),
      section("settings.controls", choice(settings, "touch", SWITCH), keyTable(settings, [...actions, ...PAGE_ACTIONS])),
      section("settings.line", toggle(settings, "netgraph", "settings.netgraph"), dataUsed === null ? null : used),
    ],
    closed: () => {
      clearInterval(timer);
      closed();
    },
  });
}

/** @type {Readonly<Record<string, TextKey>>} */
const THEMES = Object.freeze({ auto: "settings.auto", light: "settings.light", dark: "settings.dark" });
/** @type {Readonly<Record<string, TextKey>>} */
const SWITCH = Object.freeze({ auto: "settings.auto", on: "settings.on", off: "settings.off" });
/** @type {Readonly<Record<string, TextKey>>} */
const PALETTES = Object.freeze({ standard: "settings.standard", safe: "settings.safe" });
/** @type {Readonly<Record<keyof typeof CHOICES, TextKey>>} */
const LABELS = Object.freeze({
  theme: "settings.theme",
  palette: "settings.palette",
  reducedMotion: "settings.motion",
  touch: "settings.touch",
});

/** @param {TextKey} title @param {...(Node | null)} children */
function section(title, ...children) {
  return h("fieldset", {}, h("legend", { text: t(title) }), ...children);
}

/**
 * The field for the name, as the lobby has it too: it is kept when it may be, and says why it may not.
 *
 * @param {Settings} settings
 * @returns {HTMLElement}
 */
export function nameField(settings) {
  const fault = h("span", { class: "fault", role: "alert" });
  const input = h("input", {
    class: "field",
    name: "name",
    autocomplete: "nickname",
    spellcheck: "false",
    maxlength: 2 * NAME_MOST, // in units of UTF-16, of which a character may have two
    dir: "auto",
  });
  input.value = settings.get("name");
  const check = () => {
    const name = trimName(input.value);
    const wrong = nameFault(name);
    say(fault, wrong === null ? "" : t(wrong, { most: NAME_MOST }));
    input.setAttribute("aria-invalid", String(wrong !== null));
    if (wrong === null) settings.set("name", name);
  };
  input.addEventListener("input", check);
  input.addEventListener("change", () => {
    if (nameFault(trimName(input.value)) !== null) input.value = settings.get("name");
    check();
  });
  return h("label", { class: "labelled" }, h("span", { text: t("settings.name") }), input, fault);
}

/**
 * One out of a few.
 *
 * @param {Settings} settings
 * @param {keyof typeof CHOICES} name
 * @param {Readonly<Record<string, TextKey>>} texts
 */
function choice(settings, name, texts) {
  const select = h(
    "select",
    { class: "field", name, on: { change: () => settings.set(name, /** @type {any} */ (select.value)) } },
    ...CHOICES[name].map((value) => h("option", { value, text: t(texts[value]), selected: value === settings.get(name) })),
  );
  return h("label", { class: "labelled" }, h("span", { text: t(LABELS[name]) }), select);
}

/** @param {Settings} settings @param {"muted" | "netgraph"} name @param {TextKey} text */
function toggle(settings, name, text) {
  const input = h("input", { type: "checkbox", name, on: { change: () => settings.set(name, input.checked) } });
  input.checked = settings.get(name);
  return h("label", { class: "labelled" }, h("span", { text: t(text) }), input);
}

/** @param {Settings} settings */
function volume(settings) {
  const input = h("input", {
    type: "range",
    name: "volume",
    min: 0,
    max: 1,
    step: 0.05,
    on: { input: () => settings.set("volume", Number(input.value)) },
  });
  input.value = String(settings.get("volume"));
  return h("label", { class: "labelled" }, h("span", { text: t("settings.volume") }), input);
}

/**
 * The keys of all actions; press the button of one, then the key that it shall have.
 *
 * @param {Settings} settings
 * @param {readonly Action[]} actions
 */
function keyTable(settings, actions) {
  /** @type {ReadonlyMap<string, string> | null} */
  let layout = null;
  const rows = h("div", { class: "keys" });
  const told = h("p", { class: "fault", role: "status" });
  const draw = () => {
    const map = new KeyMap(actions, settings.get("keys"));
    fill(
      rows,
      actions.map((action) => {
        const codes = map.of(action.name);
        const shown = codes.length > 0 ? codes.map((code) => keyLabel(code, layout)).join("  ") : t("keys.none");
        const clash = codes.some((code) => map.actionsOf(code).length > 1);
        const change = button(shown, () => listen(action, change), { name: action.name });
        change.classList.toggle("clash", clash);
        change.setAttribute("aria-label", t("keys.change", { action: actionText(action), keys: shown }));
        return h("div", { class: "labelled" }, h("span", { text: actionText(action) }), change);
      }),
    );
  };
  /** @param {Action} action @param {HTMLButtonElement} pressed */
  const listen = (action, pressed) => {
    pressed.classList.add("waits");
    say(/** @type {Element} */ (pressed.lastElementChild), t("keys.press"));
    const stop = () => {
      removeEventListener("keydown", take, true);
      removeEventListener("pointerdown", stop, true);
      draw();
      /** @type {HTMLElement | null} */ (rows.querySelector(`[data-action="${CSS.escape(action.name)}"]`))?.focus();
    };
    /** @param {KeyboardEvent} event */
    const take = (event) => {
      event.preventDefault();
      event.stopImmediatePropagation();
      const map = new KeyMap(actions, settings.get("keys"));
      if (event.code !== "Escape" || action.name === "page.menu") {
        const had = map.actionsOf(event.code).filter((other) => other !== action.name);
        settings.set("keys", map.with(action.name, event.code));
        const losers = actions.filter(({ name }) => had.includes(name)).map(actionText);
        say(told, losers.length > 0 ? t("keys.taken", { key: keyLabel(event.code, layout), action: losers.join(", ") }) : "");
      }
      stop();
    };
    addEventListener("keydown", take, true);
    addEventListener("pointerdown", stop, true);
  };
  draw();
  void keyLayout().then((found) => {
    layout = found;
    if (rows.isConnected && rows.querySelector(".waits") === null) draw();
  });
  const reset = () => {
    settings.set("keys", {});
    say(told, "");
    draw();
  };
  return h("div", { class: "key-table" }, rows, told, button(t("keys.reset"), reset, { kind: "plain", name: "reset-keys" }));
}
