/**
 * Strict paging as a state machine: what to ask next, what a page means, when a listing ends, fails and recovers.
 * `docs/listing-everything.md` has the rules. A listing needs constant space: 4,096 cursors and ids, and the ids of the
 * previous page. A longer cycle of cursors is still found, later.
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
  /** The start of the whole listing, to compare it with the first page of a resumed one. */
  | { readonly _tag: "start"; readonly page: P }
  /** The end of the whole listing, where nothing came after the cursor that a listing was resumed after. */
  | { readonly _tag: "end"; readonly page: P }
  | { readonly _tag: "next"; readonly after: string; readonly requestedAfter: string | undefined }
  | { readonly _tag: "recovery"; readonly recovery: Recovery.Recovery }

/** A listing that waits for a reply. Opaque, and plain data: a step gives a new one. */
export interface State<P extends Page> {
  readonly phase: Phase<P>
  readonly request: ListParams
  readonly history: History.History
}

/** What comes next: a request, a page, or the failure of the listing. After the last page `then` is `undefined`. */
export type Step<P extends Page> =
  | {
      /** What to request. Its `limit` is less than the one of the options once the server refused that. */
      readonly request: ListParams
      readonly page: number
      readonly resumeAfter: string | undefined
      readonly state: State<P>
    }
  | { readonly emit: P; readonly then: Step<P> | undefined }
  | { readonly fail: Failure }

/** What is listed, and how much of it a page holds. */
export interface Options extends ListParams {
  /** Default: `"list"`. Only that one is resumed. */
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
  if (after === undefined) return incomplete(history, "the server says that there is more, but not where it continues")
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
      `the server starts over instead of continuing after ${history.startAfter}: it may have been deleted`
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

const reasons = { empty: "the last page is empty", refused: "the server no longer takes the cursor" }

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

/** Begins a listing. */
export const start = <P extends Page>(options: Options): Step<P> => {
  const { after, checkpoint, limit, operation = "list", order, project_id } = options
  const filter = { project_id, order }
  const history = History.make({ operation, checkpoint, initialLimit: limit, startAfter: after, filter })
  return requestStep(history, { _tag: "first" }, { after })
}

/** The requested page came. */
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
 * The largest page to ask for in later listings, once a page came: a smaller one than the listing began with if the
 * server refused that, and never a smaller one than came. `largest` is what was known before.
 */
export const largestPage = <P extends Page>({ history: { limit, initialLimit } }: State<P>, largest: number): number =>
  limit < initialLimit ? limit : Math.max(limit, largest)

/**
 * The request failed. The failure ends the listing unless it refuses the page size or the cursor. `NotFoundError` is
 * the API's own 404, so it may refuse a cursor; a 404 of something between is `InvalidResponseError`, which never does.
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

/** A step that asks for a page. */
export type RequestStep<P extends Page> = Extract<Step<P>, { readonly request: unknown }>

/** A step that emits one. */
export type EmitStep<P extends Page> = Extract<Step<P>, { readonly emit: unknown }>

/**
 * Whether a page may be requested before it is wanted: the third and later, so that who wants the first page only costs
 * one request.
 */
export const mayPrefetch = <P extends Page>(step: Step<P>): boolean => "request" in step && step.page > 2

/** What a listing does. `F` is the shell's own error. */
export interface Calls<Y, P extends Page, F> {
  /** Sends one request. A failure is an answer too. */
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
      // the failure of the request, as it was
      if ("fail" in step) return yield* calls.fail({ error: reply.error })
    }
  }
  return step
}
