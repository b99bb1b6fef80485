/**
 * The server as pure functions, without I/O, clock or random numbers: a state and a request, at a time that is given,
 * make a new state, a step and a record.
 *
 * A request is executed at one instant, so that no other comes between its reads and its writes. What takes time before
 * and after that is a step of its own: {@link receive} says how long to wait, {@link resume} goes on from there, and
 * who carries the requests does the waiting. {@link handle} does all of it as if nothing else happened meanwhile.
 *
 * A state is immutable, and its fields are nobody else's business.
 *
 * @since 0.1.0
 */
import type { ServerBehavior, Settings } from "./behavior.ts"
import { change, defaults } from "./behavior.ts"
import type { Entry, Fault, Plan } from "./faults.ts"
import { assertEntry, assertPlan, none } from "./faults.ts"
import type { Outcome, RecordedRequest, Reply, ServerRequest } from "./http.ts"
import * as Base from "./internal/api/base.ts"
import { execute } from "./internal/api/execute.ts"
import { html, stamped } from "./internal/api/reply.ts"
import { type Route, route } from "./internal/api/route.ts"
import * as Check from "./internal/checks.ts"
import { apply, dropped } from "./internal/faults/apply.ts"
import * as Progress from "./internal/faults/progress.ts"
import { atDashboard } from "./internal/organization/actors.ts"
import * as Organization from "./internal/organization/state.ts"
import { isReply } from "./internal/paging/query.ts"
import * as Quota from "./internal/quota/quota.ts"
import { between } from "./internal/random.ts"
import * as Recording from "./internal/recording.ts"
import * as Store from "./internal/store.ts"
import type { Organization as OrganizationSeed, Permission, Seed } from "./seed.ts"
import { assertOrganization, assertSeed } from "./seed.ts"

/**
 * What a server begins with.
 *
 * @category models
 */
export interface Options {
  /**
   * Where the API is: a URL, or a path at any host; `/v1` by default. Below no other path it is found (404), and at no
   * other host is there a server.
   */
  readonly baseUrl?: string | undefined
  readonly seed?: Seed | undefined
  /** What the routes next to checkpoint permissions show; nothing but what the permissions imply by default. */
  readonly organization?: OrganizationSeed | undefined
  readonly behavior?: Settings | undefined
  readonly faults?: Plan | undefined
  /** What latencies with a `min` and a `max` are drawn from; 0 by default. */
  readonly randomSeed?: number | undefined
}

/**
 * All that a server knows.
 *
 * @category models
 */
export interface State {
  readonly base: Base.Base
  readonly behavior: ServerBehavior
  readonly store: Store.Store
  readonly organization: Organization.OrganizationState
  readonly quota: Quota.Quota
  readonly faults: Progress.Progress
  readonly randomSeed: number
  readonly requests: number
  readonly listings: number
}

/**
 * A request under way: an argument of `resume`.
 *
 * @category models
 */
export interface Pending {
  readonly request: ServerRequest
  readonly route: Route
  readonly record: RecordedRequest
  readonly number: number
  /** What comes next: the request is executed, or the client gets this. */
  readonly next: "execute" | Outcome
}

/**
 * Go on with `pending` in `after` milliseconds; with `survives`, also if the client has gone by then.
 *
 * @category models
 */
export interface Wait {
  readonly _tag: "Wait"
  readonly after: number
  readonly survives: boolean
  readonly pending: Pending
}

/**
 * The client gets `outcome`. With `later`, the request has not been executed yet; nobody gets what comes of it.
 *
 * @category models
 */
export interface Done {
  readonly _tag: "Done"
  readonly outcome: Outcome
  readonly later?: Wait | undefined
}

/**
 * What is to be done next about a request.
 *
 * @category models
 */
export type Step = Wait | Done

/**
 * A step, and the state after it.
 *
 * @category models
 */
export interface Stepped {
  readonly state: State
  readonly step: Step
  readonly record: RecordedRequest
}

/**
 * What comes of a request if nothing else happens until it is answered.
 *
 * @category models
 */
export interface Handled {
  readonly state: State
  readonly outcome: Outcome
  readonly record: RecordedRequest
  /** Milliseconds from `now` until the client gets `outcome`. */
  readonly after: number
}

/** Only the names: what belongs to each is checked where it is used. */
const optionChecks: { readonly [K in keyof Options]-?: Check.Check } = {
  baseUrl: Check.anything,
  seed: Check.anything,
  organization: Check.anything,
  behavior: Check.anything,
  faults: Check.anything,
  randomSeed: Check.anyInteger
}

const optionsCheck = Check.struct("an object of options", { optional: optionChecks })

/**
 * A server at its start. Throws `InvalidSetting` if something in the options makes no sense.
 *
 * @category state
 */
export const start = (options: Options, now: number): State => {
  optionsCheck(options, "options")
  const {
    baseUrl = "/v1",
    behavior: settings = {},
    faults = none,
    organization = {},
    randomSeed = 0,
    seed: given = {}
  } = options
  const behavior = change(defaults, settings)
  assertPlan(faults)
  assertOrganization(organization)
  const state: State = {
    base: Base.parse(baseUrl),
    behavior,
    store: Store.empty,
    organization: Organization.start(organization, behavior, now),
    quota: Quota.change(undefined, behavior.rate, now),
    faults: Progress.start(faults),
    randomSeed,
    requests: 0,
    listings: 0
  }
  return seed(state, given, now)
}

/**
 * Adds permissions as if they had been granted before. Throws `InvalidSetting`.
 *
 * @category state
 */
export const seed = (state: State, given: Seed, now: number): State => {
  assertSeed(given)
  return { ...state, store: Store.seeded(state.store, given, now) }
}

/**
 * Adds projects, models, jobs and model permissions; one with an id that is there already takes its place. Throws
 * `InvalidSetting`.
 *
 * @category state
 */
export const seedOrganization = (state: State, given: OrganizationSeed): State => {
  assertOrganization(given)
  return { ...state, organization: Organization.add(state.organization, state.behavior, given) }
}

/**
 * Changes settings from `now` on. Another rate keeps the calls that are saved up. Throws `InvalidSetting`.
 *
 * @category state
 */
export const setBehavior = (state: State, settings: Settings, now: number): State => {
  const behavior = change(state.behavior, settings)
  const isSameRate = behavior.rate === state.behavior.rate
  return { ...state, behavior, quota: isSameRate ? state.quota : Quota.change(state.quota, behavior.rate, now) }
}

/**
 * Another plan, from its beginning; forgets what was injected. Throws `InvalidSetting`.
 *
 * @category state
 */
export const setFaults = (state: State, plan: Plan): State => {
  assertPlan(plan)
  return { ...state, faults: Progress.start(plan) }
}

/**
 * The next requests that match meet these faults, before those of the plan. Throws `InvalidSetting`.
 *
 * @category state
 */
export const inject = (state: State, entries: ReadonlyArray<Entry>): State => {
  for (const entry of entries) assertEntry(entry)
  return { ...state, faults: Progress.inject(state.faults, entries) }
}

const byDashboard = (state: State, store: Store.Store, event: Organization.NewEvent): State => ({
  ...state,
  store,
  organization: Organization.recordDashboard(state.organization, state.behavior, state.randomSeed, event)
})

/**
 * Deletes a permission behind the client's back, as somebody at the dashboard with this e-mail address. Whether the
 * audit log has it, `dashboardEvents` says.
 *
 * @category state
 */
export const remove = (state: State, checkpoint: string, permissionId: string, now: number, by?: string): State => {
  const { behavior, store } = state
  if (!Store.permissionsOf(store, checkpoint).some(({ id }) => id === permissionId)) return state
  return byDashboard(state, Store.remove(store, checkpoint, permissionId, now, behavior.listingLag), {
    type: "checkpoint.permission.deleted",
    at: now,
    scope: behavior.defaultProject,
    actor: atDashboard(by),
    permissionId,
    checkpoint
  })
}

/**
 * Grants a project behind the client's back, as somebody at the dashboard with this e-mail address: it has a permission
 * more.
 *
 * @category state
 */
export const grant = (state: State, checkpoint: string, projectId: string, now: number, by?: string): State => {
  assertSeed({ [checkpoint]: [projectId] })
  const { behavior, store } = state
  const [permission, next] = Store.make(store, { project_id: projectId }, now)
  return byDashboard(state, Store.insert(next, checkpoint, [permission], now, behavior.listingLag), {
    type: "checkpoint.permission.created",
    at: now,
    scope: behavior.defaultProject,
    actor: atDashboard(by),
    permissionId: permission.id,
    projectId,
    checkpoint
  })
}

/**
 * The permissions of a checkpoint, oldest first, whatever a listing shows.
 *
 * @category state
 */
export const permissions = (state: State, checkpoint: string): ReadonlyArray<Permission> =>
  Store.permissionsOf(state.store, checkpoint)

/**
 * The permissions of every checkpoint that the server has heard of.
 *
 * @category state
 */
export const allPermissions = (state: State): ReadonlyMap<string, ReadonlyArray<Permission>> => Store.all(state.store)

const nextRequestId = (state: State): readonly [requestId: string, state: State] => {
  const requests = state.requests + 1
  return [`req_${String(requests).padStart(32, "0")}`, { ...state, requests }]
}

/**
 * A reply to something that never became a request, with the headers of every reply.
 *
 * @category requests
 */
export const stamp = (state: State, reply: Reply, now: number): { readonly state: State; readonly reply: Reply } => {
  const [requestId, next] = nextRequestId(state)
  return { state: next, reply: stamped(reply, requestId, now, 0) }
}

/** Streams of random numbers, one for each thing that is drawn for a request. */
const streams = { latency: 1, replyLatency: 2 }

const drawn = (state: State, name: keyof typeof streams, number: number): number =>
  between(state.behavior[name], state.randomSeed, number, streams[name])

const wait = (after: number, pending: Pending, survives = false): Wait => ({ _tag: "Wait", after, survives, pending })

const after = (request: ServerRequest): string | undefined => request.query.find(([name]) => name === "after")?.[1]

const done = (state: State, record: RecordedRequest, outcome: Outcome, now: number, later?: Wait): Stepped => ({
  state,
  record: Recording.settled(record, outcome, now),
  step: {
    _tag: "Done",
    later,
    outcome:
      outcome._tag === "Dropped"
        ? outcome
        : { _tag: "Replied", reply: stamped(outcome.reply, record.requestId, now, now - record.time) }
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
  const { fault } = record
  const outcome: Outcome = fault === undefined ? { _tag: "Replied", reply: work() } : apply(fault, after(request), work)
  if (fault?._tag === "DropBefore" || fault?._tag === "LateWork") return done(state, record, outcome, now)
  const delay = (fault?._tag === "Latency" ? fault.after : 0) + drawn(state, "replyLatency", pending.number)
  if (delay === 0) return done(state, record, outcome, now)
  return { state, record, step: wait(delay, { ...pending, next: outcome }) }
}

/**
 * A request comes. It is executed at once if nothing delays it.
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
  const record = Recording.pending(request, matched, { time: now, requestId, fault })
  const pending: Pending = { request, route: matched, record, number: state.requests, next: "execute" }
  if (Base.isElsewhere(before.base, request.url)) return done(state, record, dropped("ENOTFOUND", true), now)
  switch (fault?._tag) {
    case "DropBefore":
      return executed(state, pending, now)
    case "LateWork": {
      const late = wait(fault.millis, pending, true)
      switch (fault.meanwhile) {
        case "wait":
          return { state, record, step: late }
        case "drop":
          return done(state, record, dropped("ECONNRESET", false), now, late)
        case "gateway-timeout":
          return done(state, record, { _tag: "Replied", reply: html(504, "504 Gateway Time-out") }, now, late)
      }
    }
  }
  const delay = (fault?._tag === "Latency" ? fault.before : 0) + drawn(state, "latency", pending.number)
  return delay === 0 ? executed(state, pending, now) : { state, record, step: wait(delay, pending) }
}

/**
 * Goes on with a request after its wait.
 *
 * @category requests
 */
export const resume = (state: State, pending: Pending, now: number): Stepped =>
  pending.next === "execute" ? executed(state, pending, now) : done(state, pending.record, pending.next, now)

/**
 * The record of a request whose client has given up. Only a wait that `survives` is resumed after that.
 *
 * @category requests
 */
export const abandoned = (record: RecordedRequest, now: number): RecordedRequest =>
  Recording.settled(record, "abandoned", now)

/**
 * A request from its beginning to its end, all waits included.
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
