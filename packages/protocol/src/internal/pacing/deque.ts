/** Numbers in ascending order: appended at the end, dropped at the start, in constant time in the mean. */
export class Deque {
  #items: Array<number> = []
  #head = 0

  /** The newest is at 1. */
  fromEnd(position: number): number | undefined {
    const index = this.#items.length - position
    return index < this.#head ? undefined : this.#items[index]
  }

  get size(): number {
    return this.#items.length - this.#head
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
