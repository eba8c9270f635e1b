/** Who looks at a list of old matches does not expect them to be loud: sound is a choice of its own here. */

import { Store } from "../shared/storage.js";

const EVERYWHERE = "settings.muted";
const HERE = "watch.muted";

/** What is kept in the browser, but for whether it is muted: here it is until somebody wants it otherwise. */
export class QuietStore extends Store {
  /** @override @param {string} key */
  get(key) {
    return key === EVERYWHERE ? (super.get(HERE) ?? true) : super.get(key);
  }

  /** @override @param {string} key @param {unknown} value */
  set(key, value) {
    super.set(key === EVERYWHERE ? HERE : key, value);
  }
}
