/** Asks for pages until their sizes say how the server cuts them, and what they say. */

import type { ServerBehavior } from "@checkpoint-permissions/fake/behavior"
import * as Effect from "effect/Effect"
import { type Answer, type Page, pageOf, type Question, type Unanswered } from "./exchange.ts"
import * as Meaning from "./meanings.ts"
import { found, notObservable, type Outcome } from "./meanings.ts"

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

/** A `limit` that no server takes as it is. */
const huge = 100_000

type List = (...query: Question["query"]) => Effect.Effect<Answer, Unanswered>

const sizesOf = (pages: ReadonlyArray<Page>) => pages.map(({ items }) => items.length)

/** What a `limit` out of range does, the largest one, how pages are cut, and every page that was seen. */
export const sampled = Effect.fnUntraced(function* (list: List) {
  const ofLimit = (limit: number) => list(["limit", String(limit)])

  /** Up to `count` pages of one `limit`; ends before that with one that has no more to come, or with none. */
  const pagesOf = Effect.fnUntraced(function* (limit: number, count: number, ...before: ReadonlyArray<Page>) {
    const pages = [...before]
    while (pages.length < count && pages.at(-1)?.more !== false) {
      const page = pageOf(yield* ofLimit(limit))
      if (page === undefined) break
      pages.push(page)
    }
    return pages
  })

  const sampledWith = Effect.fnUntraced(function* (limit: number, first: Page, isExact: boolean) {
    const pages = yield* pagesOf(limit, isExact ? 3 : 4, first)
    const whole = pages.find(({ more }) => !more)
    if (whole === undefined) return { pages, whole, pattern: patternOf(sizesOf(pages), isExact ? limit : undefined) }
    // A listing that fits into one page is read with a `limit` just below its length.
    const below = Math.min(whole.items.length - 1, 100)
    const smaller = below < leastSize ? [] : yield* pagesOf(below, 3)
    const pattern = smaller.every(({ more }) => more) ? patternOf(sizesOf(smaller), below) : undefined
    return { pages, whole, pattern }
  })

  const answer = yield* ofLimit(huge)
  const overLimit = Meaning.overLimit(answer)
  const first = pageOf(answer)
  if (first !== undefined) {
    const { pages, pattern, whole } = yield* sampledWith(huge, first, false)
    const maxLimit =
      whole !== undefined
        ? notObservable(`a page takes all ${whole.items.length} permissions`)
        : pattern === "full" || pattern === "every-other"
          ? found(Math.max(...sizesOf(pages)))
          : notObservable("pages are short at random")
    return { overLimit, maxLimit, pattern, pages }
  }
  const stated = Meaning.statedLimit(answer)
  const candidate = stated ?? 100
  const other = notObservable(
    stated === undefined ? "it is not 100, and the refusal names none" : `it is not ${stated}`
  )
  const largest = pageOf(yield* ofLimit(candidate))
  if (largest === undefined) return { overLimit, maxLimit: other, pattern: undefined, pages: [] }
  const over = yield* ofLimit(candidate + 1)
  const isLargest = "found" in Meaning.overLimit(over) && pageOf(over) === undefined
  const { pages, pattern } = yield* sampledWith(candidate, largest, true)
  return { overLimit, maxLimit: isLargest ? found(candidate) : other, pattern, pages }
})
