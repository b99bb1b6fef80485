import type { Failure } from "../../src/failure.ts"
import * as Listing from "../../src/listing.ts"
import type { ListParams, Page, Permission } from "../../src/wire.ts"

export const item = (id: string, project = "proj_a"): Permission => ({
  id,
  object: "checkpoint.permission",
  created_at: 1_721_764_867,
  project_id: project
})

export const page = (ids: ReadonlyArray<string>, more: Partial<Page> = {}): Page => ({
  object: "list",
  data: ids.map((id) => item(id)),
  first_id: ids[0] ?? null,
  last_id: ids.at(-1) ?? null,
  has_more: false,
  ...more
})

/** A page that more pages follow. */
export const more = (ids: ReadonlyArray<string>, last_id: string | null | undefined = ids.at(-1)): Page =>
  page(ids, { has_more: true, last_id })

export const failure = (
  kind: "BadRequestError" | "NotFoundError" | "ServerError" | "AuthenticationError" | "RateLimitError",
  fields: Partial<Pick<Failure, "detail" | "param" | "resumeAfter" | "status">> = {}
): Failure => ({ kind, operation: "list", mayHaveExecuted: false, ...fields })

export type Answer = Page | Failure

export interface Run {
  readonly asks: ReadonlyArray<ListParams>
  /** The number of each request. */
  readonly numbers: ReadonlyArray<number>
  readonly pages: ReadonlyArray<Page>
  readonly ids: ReadonlyArray<string>
  readonly fail: Failure | undefined
  /** The last state that waited for a reply. */
  readonly state: Listing.State<Page>
}

export const options: Listing.Options = { checkpoint: "ft:gpt-4o-mini:org:weather:1", limit: 100 }

/** Runs a listing to its end. `answer` is given what is asked for and how many were asked before. */
export const run = (
  answer: (ask: ListParams, n: number) => Answer,
  more: Partial<Listing.Options> = {},
  onEmit: (page: Page) => void = () => {}
): Run => {
  const asks: Array<ListParams> = []
  const numbers: Array<number> = []
  const pages: Array<Page> = []
  let step: Listing.Step<Page> | undefined = Listing.start<Page>({ ...options, ...more })
  if (!("request" in step)) throw new Error("a listing starts with a request")
  let state = step.state
  let fail: Failure | undefined
  while (step !== undefined) {
    if ("request" in step) {
      asks.push(step.request)
      numbers.push(step.page)
      state = step.state
      const given: Answer = answer(step.request, asks.length - 1)
      step = "kind" in given ? Listing.onFailure(state, given) : Listing.onPage(state, given)
      if (step === undefined) throw new Error("a reply leads to a step")
    } else if ("emit" in step) {
      pages.push(step.emit)
      onEmit(step.emit)
      step = step.then
    } else {
      fail = step.fail
      break
    }
  }
  const ids = pages.flatMap(({ data }) => data.map(({ id }) => id))
  return { asks, numbers, pages, ids, fail, state }
}

/** Answers in the order given; another request is an error of the test. */
export const scripted =
  (answers: ReadonlyArray<Answer>) =>
  (_: ListParams, n: number): Answer => {
    const answer = answers[n]
    if (answer === undefined) throw new Error(`request ${n + 1} was not expected`)
    return answer
  }
