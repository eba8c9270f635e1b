/** Files of one's own: dropped anywhere on the page, or picked. They are read here and sent nowhere. */

import { h } from "../shared/dom.js";
import { t } from "../shared/texts.js";

const TYPES = ".trpl,.part";

/** @param {(file: File) => void} open */
export function dropping(open) {
  const sign = h("div", { class: "dropping", hidden: true, "aria-hidden": "true" }, h("p", { text: t("watch.drop") }));
  document.body.append(sign);
  let inside = 0; // one enters an element before one has left the last one
  /** @param {DragEvent} event */
  const ours = (event) => event.dataTransfer?.types.includes("Files") === true;
  const show = () => (sign.hidden = inside <= 0);
  addEventListener("dragenter", (event) => {
    if (!ours(event)) return;
    event.preventDefault();
    inside++;
    show();
  });
  addEventListener("dragleave", (event) => {
    if (!ours(event)) return;
    inside--;
    show();
  });
  addEventListener("dragover", (event) => ours(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    inside = 0;
    show();
    const file = event.dataTransfer?.files[0];
    if (file === undefined) return;
    event.preventDefault(); // or the browser would go there
    open(file);
  });
}

/** @param {(file: File) => void} open */
export function pickFile(open) {
  const input = h("input", { type: "file", accept: TYPES });
  input.addEventListener("change", () => input.files?.[0] && open(input.files[0]));
  input.click();
}
