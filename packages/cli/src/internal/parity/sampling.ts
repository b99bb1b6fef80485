/** Asks for pages until their sizes say how the server cuts them. */
import * as Effect from "effect/Effect"
import { type Page, pageOf } from "./answers.ts"
import type { Answer, Question, Unanswered } from "./exchange.ts"
import * as Meaning from "./meanings.ts"
import { found, notObservable } from "./outcome.ts"
import { leastSize, patternOf } from "./pages.ts"

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
  const isLargest = Meaning.overLimit(over)._tag === "Found" && pageOf(over) === undefined
  const { pages, pattern } = yield* sampledWith(candidate, largest, true)
  return { overLimit, maxLimit: isLargest ? found(candidate) : other, pattern, pages }
})
