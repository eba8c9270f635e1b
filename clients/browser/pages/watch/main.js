/** The watch page: `/watch/?recording=NAME&t=SECONDS`, or `?room=ROOM` for a match that goes on; without either: the list. */

import { applyLook } from "../shared/look.js";
import { Settings } from "../shared/settings.js";
import { WatchPage } from "./page.js";
import { placeOf } from "./place.js";
import { QuietStore } from "./quiet.js";

document.querySelector(".boot")?.remove();
const settings = new Settings(new QuietStore(() => window.localStorage));
const { motionReduced } = applyLook(settings);
const page = new WatchPage(settings, motionReduced);
Object.assign(window, { gameserver: page });
page.begin(placeOf(location.search, location.hash));
