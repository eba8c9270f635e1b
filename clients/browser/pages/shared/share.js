/** Handing out a link. */

import { openDialog } from "./dialogs.js";
import { h } from "./dom.js";
import { t } from "./texts.js";

/** @typedef {import("./dialogs.js").Toast} Toast */

/**
 * Through the phone's own sheet, else to the clipboard, else to be copied by hand: a page that does not come over TLS may do
 * neither of the first two.
 *
 * @param {string} address  on this server
 * @param {Toast} toast
 */
export async function shareLink(address, toast) {
  const link = new URL(address, location.href).href;
  const byTouch = window.matchMedia("(pointer: coarse)").matches;
  try {
    if (byTouch && typeof navigator.share === "function") {
      await navigator.share({ url: link });
      return;
    }
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return; // he has thought better of it
  }
  await copyText(link, toast);
}

/** @param {string} text @param {Toast} toast @param {string} [told]  that it is copied, in words */
export async function copyText(text, toast, told = t("copied")) {
  try {
    await navigator.clipboard.writeText(text);
    toast.show(told);
  } catch {
    const field = h("input", { class: "field", readonly: true, value: text, "aria-label": t("copy.by.hand") });
    openDialog({ title: t("room.link"), body: [h("p", { text: t("copy.by.hand") }), field] });
    field.select();
  }
}
