/** The name of all this, which leads to the lobby. */

import { h } from "./dom.js";
import { t } from "./texts.js";

export function brand() {
  return h(
    "a",
    { class: "brand", href: "/" },
    h("img", { src: "/favicon.svg", alt: "", width: 34, height: 34 }),
    h("span", {}, h("span", { text: t("brand.first") }), h("b", { text: t("brand.second") })),
  );
}
