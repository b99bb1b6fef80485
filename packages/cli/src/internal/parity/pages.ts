/** What the sizes of pages say. */
import type { ServerBehavior } from "@checkpoint-permissions/fake/behavior"
import type { Page } from "./answers.ts"
import { found, notObservable, type Outcome } from "./outcome.ts"

/** How the sizes of pages go on: all full, every other one of half the size, or at random. */
export type Pattern = "full" | "every-other" | "random"

/**
 * Below this size chance could look like a pattern: of three pages that are drawn from 1 to 10, one in a thousand is
 * full throughout.
 */
export const leastSize = 10

const isEveryOther = (sizes: ReadonlyArray<number>, full: number): boolean =>
  [0, 1].some((parity) => sizes.every((size, i) => size === (i % 2 === parity ? full : Math.ceil(full / 2))))

/**
 * The pattern of pages that were asked for one after the other with the same `limit`, all with more to come. Without a
 * `limit` that is known to hold, the largest is taken for full. `undefined` if they are too few or too small to tell.
 */
export const patternOf = (sizes: ReadonlyArray<number>, limit?: number): Pattern | undefined => {
  const full = limit ?? Math.max(...sizes)
  if (sizes.length < 3) return undefined
  const pattern = sizes.every((size) => size === full) ? "full" : isEveryOther(sizes, full) ? "every-other" : "random"
  return pattern === "random" || full >= leastSize ? pattern : undefined
}

/** `filtered` is a page of one, of a project that the newest permission is not of. */
export const shortPages = (
  pattern: Pattern | undefined,
  filtered: Page | undefined
): Outcome<ServerBehavior["shortPages"]> => {
  switch (pattern) {
    case undefined:
      return notObservable(`it takes more than ${leastSize} permissions to tell`)
    case "every-other":
      return found("every-other")
    case "random":
      return found({ seed: 1 }, "their sizes look drawn at random: any seed does the same")
    case "full":
      if (filtered === undefined) return notObservable("all permissions are of one project")
      return found(filtered.items.length === 0 && filtered.more ? "filter-after-limit" : "never")
  }
}

/** The `limit` of pages that were asked for without one. */
export const defaultLimit = (
  pattern: Pattern | undefined,
  pages: ReadonlyArray<Page>
): Outcome<ServerBehavior["defaultLimit"]> => {
  if (pattern === undefined) return notObservable("too few permissions to tell a short page from a full one")
  if (pattern === "random") return notObservable("pages are short at random")
  const sizes = pages.map(({ items }) => items.length)
  const full = Math.max(...sizes)
  return pages.every(({ items, more }) => items.length < full || more)
    ? found(full)
    : notObservable(`a page without a limit shows all ${full} permissions`)
}
