/** What somebody is told when a recording cannot be shown, and what he can do. */

import { FormatError } from "../../src/errors.js";
import { t } from "../shared/texts.js";

/** @typedef {import("../shared/texts.js").TextKey} TextKey */
/** @typedef {import("./place.js").Place} Place */
/** @typedef {"again" | "list" | "open" | "lobby" | "spectate" | "reload"} Step */
/** @typedef {{title: string, text: string, detail: string | null, steps: readonly Step[]}} Ending */

/** What is written on the button of each step. @type {Readonly<Record<Step, TextKey>>} */
export const STEP_TEXTS = Object.freeze({
  again: "do.again",
  list: "do.list",
  open: "do.open",
  lobby: "do.lobby",
  spectate: "do.spectate",
  reload: "do.reload",
});

const FORBIDDEN = 403;
const NOT_FOUND = 404;
const BUSY = 503;

/**
 * @param {unknown} error
 * @param {{place: Place, name: string}} what  `name`: of the file
 * @returns {Ending}
 */
export function endingOf(error, { place, name }) {
  if (error instanceof FormatError) return formatEnding(error, name);
  const { status = 0, message = "" } = /** @type {{status?: number, message?: string}} */ (error);
  const detail = message === "" ? null : message;
  if (status === NOT_FOUND && place.room !== null)
    return {
      title: t("watch.none.room", { room: place.room }),
      text: t("watch.none.room.text"),
      detail,
      steps: ["spectate", "list", "lobby"],
    };
  if (status === NOT_FOUND)
    return { title: t("watch.none"), text: t("watch.none.text", { name }), detail: null, steps: ["list", "open"] };
  if (status === FORBIDDEN) return { title: t("over.private"), text: t("watch.private.text"), detail, steps: ["list", "lobby"] };
  if (status === BUSY) return { title: t("watch.busy"), text: t("watch.busy.text"), detail, steps: ["again", "list"] };
  return { title: t("watch.gone"), text: t("watch.gone.text"), detail, steps: ["again", "open", "list"] };
}

/** @param {FormatError} error @param {string} name @returns {Ending} */
function formatEnding({ reason, message }, name) {
  const detail = message;
  if (reason === "newer") return { title: t("watch.newer"), text: t("watch.newer.text"), detail, steps: ["reload", "list"] };
  if (reason === "none") return { title: t("watch.notone"), text: t("watch.notone.text", { name }), detail, steps: ["open", "list"] };
  if (reason === "empty") return { title: t("watch.empty"), text: t("watch.empty.text"), detail: null, steps: ["list", "open"] };
  return { title: t("watch.bad"), text: t("watch.bad.text"), detail, steps: ["open", "list"] };
}
