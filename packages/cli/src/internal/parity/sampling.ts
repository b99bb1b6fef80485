/** Asks for pages until their sizes say how the server cuts them. */
import type { ServerBehavior } from "@checkpoint-permissions/fake/behavior"
import * as Effect from "effect/Effect"
import type { Page } from "./answers.ts"
import { pageOf } from "./answers.ts"
import type { Ask, Unanswered } from "./exchange.ts"
import * as Question from "./exchange.ts"
import * as Meaning from "./meanings.ts"
import type { Outcome } from "./outcome.ts"
import { found, notObservable } from "./outcome.ts"
import type { Pattern } from "./pages.ts"
import { leastSize, patternOf } from "./pages.ts"

/** A `limit` that no server takes as it is. */
const huge = 100_000

export interface Sampled {
  readonly overLimit: Outcome<ServerBehavior["overLimit"]>
  readonly maxLimit: Outcome<ServerBehavior["maxLimit"]>
  readonly pattern: Pattern | undefined
  /** Every page that was seen. */
  readonly pages: ReadonlyArray<Page>
}

const pageWith = (ask: Ask, checkpoint: string, limit: number): Effect.Effect<Page | undefined, Unanswered> =>
  Effect.map(ask(Question.list(checkpoint, [["limit", String(limit)]])), pageOf)

/** Up to `count` pages of one `limit`; ends before that with one that has no more to come, or with none. */
const pagesOf = Effect.fnUntraced(function* (
  ask: Ask,
  checkpoint: string,
  limit: number,
  count: number,
  before: ReadonlyArray<Page> = []
) {
  const pages = [...before]
  while (pages.length < count && pages.at(-1)?.more !== false) {
    const page = yield* pageWith(ask, checkpoint, limit)
    if (page === undefined) break
    pages.push(page)
  }
  return pages
})

const sizesOf = (pages: ReadonlyArray<Page>) => pages.map(({ items }) => items.length)

/** A listing that fits into one page, read with a `limit` just below its length. */
const ofWhole = Effect.fnUntraced(function* (ask: Ask, checkpoint: string, whole: Page, most: number) {
  const limit = Math.min(whole.items.length - 1, most)
  if (limit < leastSize) return undefined
  const pages = yield* pagesOf(ask, checkpoint, limit, 3)
  return pages.every(({ more }) => more) ? patternOf(sizesOf(pages), limit) : undefined
})

const sampledWith = Effect.fnUntraced(function* (
  ask: Ask,
  checkpoint: string,
  limit: number,
  first: Page,
  isExact: boolean
) {
  const pages = yield* pagesOf(ask, checkpoint, limit, isExact ? 3 : 4, [first])
  const whole = pages.find(({ more }) => !more)
  const pattern =
    whole === undefined
      ? patternOf(sizesOf(pages), isExact ? limit : undefined)
      : yield* ofWhole(ask, checkpoint, whole, 100)
  return { pages, pattern, whole }
})

/** What a `limit` out of range does, the largest one, and how pages are cut. */
export const sampled = Effect.fnUntraced(function* (ask: Ask, checkpoint: string) {
  const answer = yield* ask(Question.list(checkpoint, [["limit", String(huge)]]))
  const overLimit = Meaning.overLimit(answer)
  const first = pageOf(answer)
  if (first !== undefined) {
    const { pages, pattern, whole } = yield* sampledWith(ask, checkpoint, huge, first, false)
    const max = Math.max(...sizesOf(pages))
    const maxLimit =
      whole !== undefined
        ? notObservable(`a page takes all ${whole.items.length} permissions`)
        : pattern === "full" || pattern === "every-other"
          ? found(max)
          : notObservable("pages are short at random")
    const result: Sampled = { overLimit, maxLimit, pattern, pages }
    return result
  }
  const stated = Meaning.statedLimit(answer)
  const candidate = stated ?? 100
  const largest = yield* pageWith(ask, checkpoint, candidate)
  const over =
    largest === undefined ? undefined : yield* ask(Question.list(checkpoint, [["limit", String(candidate + 1)]]))
  const maxLimit =
    over !== undefined && Meaning.overLimit(over)._tag === "Found" && pageOf(over) === undefined
      ? found(candidate)
      : notObservable(stated === undefined ? "it is not 100, and the refusal names none" : `it is not ${stated}`)
  const result = yield* largest === undefined
    ? Effect.succeed({ pages: [], pattern: undefined })
    : sampledWith(ask, checkpoint, candidate, largest, true)
  const all: Sampled = { overLimit, maxLimit, pattern: result.pattern, pages: result.pages }
  return all
})
