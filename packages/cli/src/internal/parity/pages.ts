/** The settings of paging, found by the sizes of listed pages. */

import type { ServerBehavior } from "@checkpoint-permissions/fake/behavior"
import * as Effect from "effect/Effect"
import { type ApiRequest, type ApiResponse, type Page, pageOf, type Unanswered } from "./exchange.ts"
import * as Meaning from "./meanings.ts"
import { found, notObservable, type Outcome } from "./meanings.ts"

/** The pattern of the sizes of pages: all full, every second one of half the size, or random. */
export type Pattern = "full" | "every-other" | "random"

/**
 * The size below which random sizes could look like a pattern. Example: three sizes, drawn from 1 to 10, are all 10
 * once in a thousand runs.
 */
export const leastSize = 10

const isEveryOther = (sizes: ReadonlyArray<number>, full: number): boolean =>
  [0, 1].some((parity) => sizes.every((size, i) => size === (i % 2 === parity ? full : Math.ceil(full / 2))))

/**
 * Returns the pattern of consecutive pages with the same `limit`, all with more to come. Without a `limit` that the
 * server is known to apply, the largest page counts as full. Returns `undefined` if the pages are too few or too small.
 */
export const patternOf = (sizes: ReadonlyArray<number>, limit?: number): Pattern | undefined => {
  const full = limit ?? Math.max(...sizes)
  if (sizes.length < 3) return undefined
  const pattern = sizes.every((size) => size === full) ? "full" : isEveryOther(sizes, full) ? "every-other" : "random"
  return pattern === "random" || full >= leastSize ? pattern : undefined
}

/** Reads the setting. `filtered` is a page with `limit` 1 of a project that does not have the newest permission. */
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

/** Reads the setting from pages that were listed without a `limit`. */
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

/** A `limit` larger than any server accepts. */
const huge = 100_000

type List = (...query: ApiRequest["query"]) => Effect.Effect<ApiResponse, Unanswered>

const sizesOf = (pages: ReadonlyArray<Page>) => pages.map(({ items }) => items.length)

/** Lists pages, and returns the settings of `limit`, the pattern of sizes, and all pages. */
export const sampled = Effect.fnUntraced(function* (list: List) {
  const ofLimit = (limit: number) => list(["limit", String(limit)])

  /** Lists up to `count` pages with one `limit`. Stops after a page with no more to come, or at a refusal. */
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
