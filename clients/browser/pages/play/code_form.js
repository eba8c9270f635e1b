/** Where one types the code of a private room that one was told. */

import { h, say } from "../shared/dom.js";
import { codeTyped } from "../shared/rooms.js";
import { t } from "../shared/texts.js";

/** See the module. */
export class CodeForm {
  element;
  #input = h("input", {
    class: "field code",
    name: "code",
    "aria-label": t("code.field"),
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    maxlength: 40,
  });
  #fault = h("p", { class: "fault", role: "alert" });

  /** @param {(code: string) => void} go */
  constructor(go) {
    const submit = (/** @type {Event} */ event) => {
      event.preventDefault();
      const code = codeTyped(this.#input.value);
      if (code === null) return say(this.#fault, t("code.wrong"));
      say(this.#fault, "");
      go(code);
    };
    this.element = h(
      "form",
      { class: "row code-form", on: { submit } },
      this.#input,
      h("button", { class: "button primary", type: "submit", "data-action": "code" }, h("span", { text: t("join.go") })),
      this.#fault,
    );
  }
}
