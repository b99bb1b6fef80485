/** How long work takes of which only the ends of its parts are seen. */
import type { Estimate } from "./estimate.ts"

/** What is seen in a shorter time says nothing of a quota by the minute: milliseconds. */
const least = 60_000

const memory = 64

/** Watches work that began at `since`. Times are milliseconds of one clock. */
export const finishing = (since: number) => {
  /** The beginning, or the end before those that are counted, and these. */
  const ends = [since]
  return {
    ended: (at: number): void => {
      ends.push(Math.max(at, ends.at(-1) ?? at))
      if (ends.length > memory + 1) ends.shift()
    },
    /** How long so many further parts take; `undefined` before a minute of work was seen. */
    estimate: (parts: number): Estimate | undefined => {
      const [first = since] = ends
      const last = ends.at(-1) ?? since
      if (ends.length < 2 || last - since < least) return undefined
      return { basis: "measured", millis: (parts * (last - first)) / (ends.length - 1), refused: 0 }
    }
  }
}

/** Parts of a work that end, one after the other. */
export type Finishing = ReturnType<typeof finishing>
