/** Numbers in ascending order: for percentiles of the last seconds, where one comes and one goes all the time. */
export class Ordered {
  /** @type {number[]} */
  #numbers = [];

  get size() {
    return this.#numbers.length;
  }

  /** @param {number} number */
  add(number) {
    this.#numbers.splice(this.#place(number), 0, number);
  }

  /** @param {number} number  one that was added */
  remove(number) {
    this.#numbers.splice(this.#place(number), 1);
  }

  clear() {
    this.#numbers.length = 0;
  }

  /** @param {number} rank  from 0, of the least */
  at(rank) {
    return this.#numbers[rank];
  }

  /** Before all that are not less. @param {number} number */
  #place(number) {
    let low = 0;
    let high = this.#numbers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#numbers[middle] < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
