/** Who sleeps until when: a binary heap, earliest first, and of one instant in the order they fell asleep. */

export interface Sleeper {
  readonly time: number
  readonly order: number
  /** `undefined` once it was woken or gave up sleeping. */
  wake: (() => void) | undefined
}

const before = (a: Sleeper, b: Sleeper): boolean => a.time < b.time || (a.time === b.time && a.order < b.order)

export class Sleepers {
  private heap: Array<Sleeper> = []
  private orders = 0
  private gone = 0

  add(time: number, wake: () => void): Sleeper {
    const sleeper: Sleeper = { time, order: this.orders, wake }
    this.orders += 1
    this.heap.push(sleeper)
    this.up(this.heap.length - 1)
    return sleeper
  }

  /** Stays in the heap until its time comes or half of the heap is such. */
  cancel(sleeper: Sleeper): void {
    if (sleeper.wake === undefined) return
    sleeper.wake = undefined
    this.gone += 1
    if (this.gone > 64 && this.gone * 2 > this.heap.length) this.compact()
  }

  clear(): void {
    this.heap = []
    this.gone = 0
  }

  /** The next one to wake. */
  first(): Sleeper | undefined {
    for (;;) {
      const first = this.heap[0]
      if (first === undefined || first.wake !== undefined) return first
      this.gone -= 1
      this.removeFirst()
    }
  }

  /** Wakes and forgets the next one. */
  wakeFirst(): void {
    const first = this.first()
    if (first === undefined) return
    this.removeFirst()
    const { wake } = first
    first.wake = undefined
    wake?.()
  }

  private removeFirst(): void {
    const last = this.heap.pop()
    if (last === undefined || this.heap.length === 0) return
    this.heap[0] = last
    this.down(0)
  }

  private compact(): void {
    // a sorted array is a heap
    this.heap = this.heap.filter((sleeper) => sleeper.wake !== undefined).sort((a, b) => (before(a, b) ? -1 : 1))
    this.gone = 0
  }

  private swap(i: number, j: number): boolean {
    const a = this.heap[i]
    const b = this.heap[j]
    if (a === undefined || b === undefined || !before(b, a)) return false
    this.heap[i] = b
    this.heap[j] = a
    return true
  }

  private up(start: number): void {
    let i = start
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!this.swap(parent, i)) return
      i = parent
    }
  }

  private down(start: number): void {
    let i = start
    for (;;) {
      const left = this.heap[2 * i + 1]
      const right = this.heap[2 * i + 2]
      if (left === undefined) return
      const child = right !== undefined && before(right, left) ? 2 * i + 2 : 2 * i + 1
      if (!this.swap(i, child)) return
      i = child
    }
  }
}
