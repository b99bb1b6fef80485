/** Choices of a seed. */
export interface Random {
  readonly chance: (probability: number) => boolean
  /** A whole number from 0 up to, not including, `limit`. */
  readonly below: (limit: number) => number
  readonly one: <A>(all: ReadonlyArray<A>) => A
  readonly some: <A>(all: ReadonlyArray<A>, probability: number) => ReadonlyArray<A>
}

/** Makes the same choices for the same seed (mulberry32). */
export const make = (seed: number): Random => {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const below = (limit: number) => Math.floor(next() * limit)
  const one = <A>(all: ReadonlyArray<A>): A => {
    const chosen = all[below(all.length)]
    if (chosen === undefined) throw new Error("there is nothing to choose from")
    return chosen
  }
  return {
    chance: (probability) => next() < probability,
    below,
    one,
    some: (all, probability) => all.filter(() => next() < probability)
  }
}
