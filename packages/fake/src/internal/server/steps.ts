import type { Fault } from "../../faults.ts"
import type { Outcome, RecordedRequest, Reply, ServerRequest } from "../../http.ts"
import { execute } from "../api/execute.ts"
import { dropped, html, isReply, replied, stamped } from "../api/reply.ts"
import { isElsewhere, route } from "../api/route.ts"
import { apply } from "../faults/apply.ts"
import * as Progress from "../faults/progress.ts"
import { between } from "../random.ts"
import { pending as pendingRecord, withOutcome } from "./requests.ts"
import type { Handled, Pending, State, Stepped, Wait } from "./state.ts"

const nextRequestId = (state: State): readonly [requestId: string, state: State] => {
  const requests = state.requests + 1
  return [`req_${String(requests).padStart(32, "0")}`, { ...state, requests }]
}

/**
 * Adds the headers of every reply to a reply for input that is not a request.
 *
 * @category requests
 */
export const stamp = (state: State, reply: Reply, now: number): { readonly state: State; readonly reply: Reply } => {
  const [requestId, next] = nextRequestId(state)
  return { state: next, reply: stamped(reply, requestId, now, 0) }
}

/** Streams of random numbers, one for each random value of a request. */
const streams = { latency: 1, replyLatency: 2 }

/** Returns the delay before the execution of a request, or before its reply. */
const delayOf = ({ behavior, randomSeed }: State, { number, record }: Pending, name: keyof typeof streams): number => {
  const { fault } = record
  if (fault?._tag === "DropBefore" || fault?._tag === "LateWork") return 0
  const more = fault?._tag === "Latency" ? fault[name === "latency" ? "before" : "after"] : 0
  return more + between(behavior[name], randomSeed, number, streams[name])
}

const wait = (after: number, pending: Pending, survives = false): Wait => ({ _tag: "Wait", after, survives, pending })

const after = (request: ServerRequest): string | undefined => request.query.find(([name]) => name === "after")?.[1]

const done = (state: State, record: RecordedRequest, outcome: Outcome, now: number, later?: Wait): Stepped => ({
  state,
  record: withOutcome(record, outcome, now),
  step: {
    _tag: "Done",
    later,
    outcome:
      outcome._tag === "Dropped" ? outcome : replied(stamped(outcome.reply, record.requestId, now, now - record.time))
  }
})

const executed = (before: State, pending: Pending, now: number): Stepped => {
  const { record, request, route } = pending
  let state = before
  const work = (): Reply => {
    const result = execute(state, request, route, now)
    state = { ...state, ...result.changes }
    return result.reply
  }
  const outcome = record.fault === undefined ? replied(work()) : apply(record.fault, after(request), work)
  const delay = delayOf(state, pending, "replyLatency")
  if (delay === 0) return done(state, record, outcome, now)
  return { state, record, step: wait(delay, { ...pending, next: outcome }) }
}

/**
 * Receives a request. It is executed immediately if nothing delays it.
 *
 * @category requests
 */
export const receive = (before: State, request: ServerRequest, now: number): Stepped => {
  const [requestId, numbered] = nextRequestId(before)
  const matched = route(request, before.base)
  let fault: Fault | undefined
  let state = numbered
  if (!isReply(matched)) {
    const { endpoint, params } = matched
    const subject = { operation: endpoint.operation, checkpoint: params["checkpoint"] }
    const [faults, next] = Progress.next(state.faults, { ...subject, hasAfter: after(request) !== undefined })
    fault = next
    state = { ...state, faults }
  }
  const record = pendingRecord(request, matched, { time: now, requestId, fault })
  const pending: Pending = { request, route: matched, record, number: state.requests, next: "execute" }
  if (isElsewhere(before.base, request.url)) return done(state, record, dropped("ENOTFOUND", true), now)
  if (fault?._tag === "LateWork") {
    const late = wait(fault.millis, pending, true)
    if (fault.meanwhile === "wait") return { state, record, step: late }
    const instead =
      fault.meanwhile === "drop" ? dropped("ECONNRESET", false) : replied(html(504, "504 Gateway Time-out"))
    return done(state, record, instead, now, late)
  }
  const delay = delayOf(state, pending, "latency")
  return delay === 0 ? executed(state, pending, now) : { state, record, step: wait(delay, pending) }
}

/**
 * Continues a request after its wait.
 *
 * @category requests
 */
export const resume = (state: State, pending: Pending, now: number): Stepped =>
  pending.next === "execute" ? executed(state, pending, now) : done(state, pending.record, pending.next, now)

/**
 * Returns the record of a request whose client has given up. After that, only a wait with `survives` is resumed.
 *
 * @category requests
 */
export const abandoned = (record: RecordedRequest, now: number): RecordedRequest =>
  withOutcome(record, "abandoned", now)

/**
 * Processes a request from its arrival to its outcome, including all waits.
 *
 * @example
 * ```ts
 * import { server } from "@checkpoint-permissions/fake"
 *
 * const start = server.start({ seed: { "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd": ["proj_a"] } }, 0)
 * const { state, outcome } = server.handle(
 *   start,
 *   {
 *     method: "GET",
 *     url: "/v1/fine_tuning/checkpoints/ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd/permissions",
 *     path: "/v1/fine_tuning/checkpoints/ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd/permissions",
 *     query: [],
 *     headers: { authorization: "Bearer any" },
 *     body: ""
 *   },
 *   0
 * )
 * ```
 *
 * @category requests
 */
export const handle = (before: State, request: ServerRequest, now: number): Handled => {
  let { record, state, step } = receive(before, request, now)
  let time = now
  while (step._tag === "Wait") {
    time += step.after
    ;({ record, state, step } = resume(state, step.pending, time))
  }
  const { later } = step
  if (later !== undefined) state = resume(state, later.pending, time + later.after).state
  return { state, outcome: step.outcome, record, after: time - now }
}
