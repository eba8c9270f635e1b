/** The play page: `/play/?room=ROOM&game=GAME`, with `watch=1` to look on; without a room: quick play. */

import { applyLook } from "../shared/look.js";
import { anyName } from "../shared/names.js";
import { placeOf } from "../shared/rooms.js";
import { Settings } from "../shared/settings.js";
import { localStore } from "../shared/storage.js";
import { PlayPage } from "./page.js";

document.querySelector(".boot")?.remove();
const settings = new Settings(localStore());
if (settings.get("name") === "") settings.set("name", anyName(Math.random));
const { motionReduced } = applyLook(settings);
const page = new PlayPage(settings, motionReduced);
Object.assign(window, { gameserver: page });
void page.begin(placeOf(location.search, location.hash));
