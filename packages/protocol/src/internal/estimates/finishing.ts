/** How long work takes of which only the ends of its parts are seen. */
import type { Estimate } from "./estimate.ts"

/** What is seen in a shorter time says nothing of a quota by the minute: milliseconds. */
const least = 60_000

const memory = 64

/** Parts of a work that end, one after the other. */
export interface Finishing {
  readonly ended: (at: number) => void
  /** How long so many further parts take; `undefined` before a minute of work was seen. */
  readonly estimate: (parts: number) => Estimate | undefined
}

/** Watches work that began at `since`. Times are milliseconds of one clock. */
export const finishing = (since: number): Finishing => {
  /** The beginning, or the end before those that are counted, and these. */
  const ends = [since]
  return {
    ended: (at) => {
      ends.push(Math.max(at, ends.at(-1) ?? at))
      if (ends.length > memory + 1) ends.shift()
    },
    estimate: (parts) => {
      const [first = since] = ends
      const last = ends.at(-1) ?? since
      if (ends.length < 2 || last - since < least) return undefined
      return { basis: "measured", millis: (parts * (last - first)) / (ends.length - 1), refused: 0 }
    }
  }
}
