/** Who sees a match at eight times its speed is not to see eight times as many sparks in a second. */

export class Thinning {
  /** What part of the next one has been saved up, by the events' names. @type {Map<string, number>} */
  #saved = new Map();

  /**
   * @param {string} name  of an event that happens
   * @param {number} rate  how fast it goes
   * @returns {boolean} whether it is to be shown: of every so many of a name the first is
   */
  lets(name, rate) {
    if (rate <= 1) return true;
    const saved = (this.#saved.get(name) ?? 1) + 1 / rate;
    const shown = saved >= 1;
    this.#saved.set(name, shown ? saved % 1 : saved);
    return shown;
  }
}
