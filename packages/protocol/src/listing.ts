/**
 * Strict paging as a state machine: the next request, the meaning of a page, and when a listing ends, fails or
 * recovers. `docs/listing-everything.md` has the rules. A listing needs constant space: 4,096 cursors and ids, and the
 * ids of the previous page. A longer cycle of cursors is still found, but later.
 *
 * These invariants hold:
 *
 * - A page is emitted only if none of its items was emitted before, as far as ids are remembered.
 * - A listing ends only with a page of `has_more: false` that is not in doubt: it has items, is the first page, or an
 *   earlier cursor confirms that nothing follows.
 * - A step requests, emits or fails. After `emit`, the step in `then` requests or fails.
 */
import { type Failure, incompleteListing } from "./failure.ts"
import * as History from "./internal/listing/history.ts"
import * as Recovery from "./internal/listing/recovery.ts"
import type { Call, Program } from "./internal/program.ts"
import type { ListParams } from "./wire.ts"

export type { Page } from "./internal/listing/history.ts"

type Page = History.Page

type Phase<P extends Page> =
  | { readonly _tag: "first" }
  /** Requests the start of the whole listing, to compare it with the first page of a resumed listing. */
  | { readonly _tag: "start"; readonly page: P }
  /** Requests the end of the whole listing, because nothing follows the cursor of a resumed listing. */
  | { readonly _tag: "end"; readonly page: P }
  /** Requests the page after `after`. `requestedAfter` is the cursor with which the previous page was requested. */
  | { readonly _tag: "next"; readonly after: string; readonly requestedAfter: string | undefined }
  | { readonly _tag: "recovery"; readonly recovery: Recovery.Recovery }

/** A listing that waits for the reply to `request`. Opaque and immutable plain data: a step returns a new one. */
export interface State<P extends Page> {
  readonly phase: Phase<P>
  readonly request: ListParams
  readonly history: History.History
}

/** The next step: a request, a page, or the failure of the listing. `then` is `undefined` after the last page. */
export type Step<P extends Page> =
  | {
      /** The parameters of the request. `limit` is less than that of the options if the server refused the latter. */
      readonly request: ListParams
      /** The number of the page, counted from 1. */
      readonly page: number
      readonly resumeAfter: string | undefined
      readonly state: State<P>
    }
  | { readonly emit: P; readonly then: Step<P> | undefined }
  | { readonly fail: Failure }

/**
 * The parameters of a listing, and its page size. Each parameter except `after` and `limit` is a filter, which every
 * request has.
 */
export interface Options extends ListParams {
  /** Default: `"list"`. Only that operation can be resumed. */
  readonly operation?: History.History["operation"] | undefined
  readonly checkpoint?: string | undefined
  readonly limit: number
}

const requestStep = <P extends Page>(
  history: History.History,
  phase: Phase<P>,
  params: Pick<ListParams, "after" | "order">
): Step<P> => {
  const request = { ...history.filter, ...params, limit: history.limit }
  return { request, page: history.pages + 1, resumeAfter: history.resumeAfter, state: { phase, request, history } }
}

const incomplete = ({ checkpoint, operation, received, resumeAfter }: History.History, reason: string) => ({
  fail: incompleteListing({ operation, checkpoint, reason, received, resumeAfter })
})

const following = <P extends Page>(
  history: History.History,
  page: Page,
  requestedAfter: string | undefined
): Step<P> | undefined => {
  if (!page.has_more) return undefined
  const after = History.cursorOf(page)
  if (after === undefined) return incomplete(history, "the server reports more items, but no cursor for the next page")
  if (History.isRepeatedCursor(history.cursors, after)) {
    return incomplete(history, `the server returned the cursor ${after} twice, so the listing would never end`)
  }
  const next = { ...history, cursors: History.addCursor(history.cursors, after) }
  return requestStep(next, { _tag: "next", after, requestedAfter: requestedAfter }, { after })
}

const accept = <P extends Page>(
  history: History.History,
  page: P,
  fresh: ReadonlyArray<History.Item>,
  requestedAfter: string | undefined,
  ids = History.idsOf(page.data)
): Step<P> => ({
  emit: fresh.length === page.data.length ? page : { ...page, data: fresh },
  then: following(History.accept(history, ids, fresh, requestedAfter), page, requestedAfter)
})

const acceptNew = <P extends Page>(history: History.History, page: P, requestedAfter: string | undefined): Step<P> => {
  const ids = History.idsOf(page.data)
  const id = History.repeatedId(history, page.data, ids)
  return id === undefined
    ? accept(history, page, page.data, requestedAfter, ids)
    : incomplete(history, `the server listed ${id} twice: it may have started over`)
}

const isEmptyLast = (page: Page): boolean => page.data.length === 0 && !page.has_more

const onFirst = <P extends Page>(history: History.History, page: P): Step<P> => {
  if (history.startAfter === undefined) return acceptNew(history, page, undefined)
  return isEmptyLast(page) ? requestEnd(history, page) : requestStep(history, { _tag: "start", page }, {})
}

const onStart = <P extends Page>(history: History.History, page: P, start: P): Step<P> => {
  if (Recovery.startsOver(page, start)) {
    return incomplete(
      history,
      `the server started over instead of continuing after ${history.startAfter}, which may have been deleted`
    )
  }
  return acceptNew(Recovery.rememberStart(history, page, start), page, history.startAfter)
}

const requestEnd = <P extends Page>(history: History.History, page: P): Step<P> => {
  const order = history.filter.order === "ascending" ? "descending" : "ascending"
  return requestStep(history, { _tag: "end", page }, { order })
}

const onEnd = <P extends Page>(history: History.History, page: P, end: P): Step<P> =>
  Recovery.isLast(history.startAfter, end)
    ? accept(history, page, [], history.startAfter)
    : incomplete(
        history,
        `nothing follows ${history.startAfter}, yet it is not the last permission: it may have been deleted`
      )

const requestEarlier = <P extends Page>(history: History.History, recovery: Recovery.Recovery): Step<P> =>
  requestStep(history, { _tag: "recovery", recovery }, { after: Recovery.cursorOfRecovery(recovery) })

const reasons = { empty: "the last page is empty", refused: "the server no longer accepts the cursor" }

const onRecovery = <P extends Page>(history: History.History, recovery: Recovery.Recovery, page: P): Step<P> => {
  const why = reasons[recovery.reason]
  const verdict = Recovery.verdictOf(history, recovery, page)
  switch (verdict._tag) {
    case "accepted":
      return accept(history, page, verdict.fresh, Recovery.cursorOfRecovery(recovery))
    case "ended":
      return accept(history, { ...page, has_more: false }, [], undefined)
    case "endIfLast":
      return requestEnd(history, page)
    case "repeated":
      return incomplete(history, `${why}, and from an earlier cursor the server lists ${verdict.id} again`)
    case "untrusted": {
      const next = Recovery.next(recovery)
      return next === undefined
        ? incomplete(history, `${why}, and there is no earlier cursor to continue from`)
        : requestEarlier(history, next)
    }
  }
}

/** Starts a listing. */
export const start = <P extends Page>(options: Options): Step<P> => {
  const { after, checkpoint, limit, operation = "list", ...filter } = options
  const history = History.make({ operation, checkpoint, initialLimit: limit, startAfter: after, filter })
  return requestStep(history, { _tag: "first" }, { after })
}

/** Returns the step after the requested page. */
export const onPage = <P extends Page>({ history: before, phase }: State<P>, page: P): Step<P> => {
  const history = { ...before, taken: before.limit }
  switch (phase._tag) {
    case "first":
      return onFirst(history, page)
    case "start":
      return onStart(history, phase.page, page)
    case "end":
      return onEnd(history, phase.page, page)
    case "next":
      return isEmptyLast(page)
        ? requestEarlier(history, Recovery.make(history, "empty", phase.after, phase.requestedAfter))
        : acceptNew(history, page, phase.after)
    case "recovery":
      return onRecovery(history, phase.recovery, page)
  }
}

/**
 * Returns the largest page size for later listings, after a page of this one. It is smaller than that of the options if
 * the server refused that. Otherwise it is at least `largest`, the value so far.
 */
export const largestPage = <P extends Page>({ history: { limit, initialLimit } }: State<P>, largest: number): number =>
  limit < initialLimit ? limit : Math.max(limit, largest)

/**
 * Returns the step after a failed request. The failure ends the listing unless it refuses the page size or the cursor.
 * A `NotFoundError` is the API's own 404, which may refuse a cursor. A 404 of a proxy is an `InvalidResponseError`.
 */
export const onFailure = <P extends Page>({ request, history: before, phase }: State<P>, failure: Failure): Step<P> => {
  const smaller = Recovery.nextSize(failure, before.limit)
  if (smaller !== undefined) return requestStep({ ...before, limit: smaller }, phase, request)
  const history = Recovery.refusesSize(failure) ? { ...before, limit: before.acceptedLimit } : before
  if (failure.kind === "BadRequestError" || failure.kind === "NotFoundError") {
    const earlier =
      phase._tag === "next"
        ? Recovery.make(history, "refused", phase.after, phase.requestedAfter)
        : phase._tag === "recovery"
          ? Recovery.next(phase.recovery)
          : undefined
    if (earlier !== undefined) return requestEarlier(history, earlier)
  }
  return { fail: { ...failure, resumeAfter: failure.resumeAfter ?? history.resumeAfter } }
}

/** A step that requests a page. */
export type RequestStep<P extends Page> = Extract<Step<P>, { readonly request: unknown }>

/** A step that emits a page. */
export type EmitStep<P extends Page> = Extract<Step<P>, { readonly emit: unknown }>

/** Returns true if the page may be prefetched: from the third page on, so that reading one page costs one request. */
export const mayPrefetch = <P extends Page>(step: Step<P>): boolean => "request" in step && step.page > 2

/** The calls of a listing. `F` is the error of the adapter. */
export interface Calls<Y, P extends Page, F> {
  /** Sends one request. A failure is a result too. */
  readonly send: (
    step: RequestStep<P>
  ) => Call<Y, { readonly page: P } | { readonly error: F; readonly failure: Failure }>
  readonly fail: (failure: Failure | { readonly error: F }) => Call<Y, never>
}

/** Sends requests until a page can be emitted. */
export function* advance<Y, P extends Page, F>(first: Step<P>, calls: Calls<Y, P, F>): Program<Y, EmitStep<P>> {
  let step = first
  while (!("emit" in step)) {
    if ("fail" in step) return yield* calls.fail(step.fail)
    const reply = yield* calls.send(step)
    if ("page" in reply) step = onPage(step.state, reply.page)
    else {
      step = onFailure(step.state, reply.failure)
      // the error of the adapter itself
      if ("fail" in step) return yield* calls.fail({ error: reply.error })
    }
  }
  return step
}
