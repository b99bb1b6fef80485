/** Numbers in the order in which they came; constant time for each, in the mean. */
export class Deque {
  #items: Array<number> = []
  #head = 0

  /** The newest is at 1. */
  fromEnd(position: number): number | undefined {
    const index = this.#items.length - position
    return index < this.#head ? undefined : this.#items[index]
  }

  /** How many are later than that. Looks at each of them. */
  countAfter(time: number): number {
    let count = 0
    for (let item = this.fromEnd(1); item !== undefined && item > time; item = this.fromEnd(count + 1)) count += 1
    return count
  }

  append(item: number): void {
    this.#items.push(item)
  }

  /** Drops the oldest as long as they are no later than `least`. */
  dropUntil(least: number): void {
    for (let item = this.#items[this.#head]; item !== undefined && item <= least; item = this.#items[this.#head]) {
      this.#head += 1
    }
    if (2 * this.#head < this.#items.length) return
    this.#items = this.#items.slice(this.#head)
    this.#head = 0
  }
}
