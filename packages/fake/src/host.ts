/**
 * A server that keeps its state: the pure functions of `server` with the state,
 * the requests seen and the controls in one place. What carries requests (a
 * socket, a `fetch`, an `HttpClient`) is built on it. There may be as many as
 * are wanted in one process.
 *
 * @since 0.1.0
 */
import type { ServerBehavior, Settings } from "./behavior.ts"
import type { Entry, Plan } from "./faults.ts"
import type { Reply, ServerRequest } from "./http.ts"
import type { RecordedRequest } from "./record.ts"
import type { Organization, Permission, Seed } from "./seed.ts"
import type { Options, Pending, Step } from "./server.ts"
import * as Server from "./server.ts"

/**
 * A request that is under way.
 *
 * @category models
 * @since 0.1.0
 */
export interface Ticket {
  readonly requestId: string
  /** How often the server had been reset when it came. */
  readonly resets: number
}

/**
 * Every `now` is a time in milliseconds.
 *
 * @category models
 * @since 0.1.0
 */
export interface Host {
  /** A request comes. A step that is a wait is gone on with by `resume`. */
  readonly receive: (request: ServerRequest, now: number) => { readonly ticket: Ticket; readonly step: Step }
  /** Goes on after a wait. If the server was reset in between, the connection breaks and nothing is executed. */
  readonly resume: (ticket: Ticket, pending: Pending, now: number) => Step
  /** The client has given up. */
  readonly abandon: (ticket: Ticket, now: number) => void
  /** A reply to something that never became a request. */
  readonly stamp: (reply: Reply, now: number) => Reply

  readonly seed: (seed: Seed, now: number) => void
  readonly seedOrganization: (organization: Organization) => void
  readonly permissions: (checkpoint: string) => ReadonlyArray<Permission>
  readonly allPermissions: () => ReadonlyMap<string, ReadonlyArray<Permission>>
  readonly remove: (checkpoint: string, permissionId: string, now: number) => void
  readonly behavior: () => ServerBehavior
  readonly setBehavior: (settings: Settings, now: number) => void
  readonly setFaults: (plan: Plan) => void
  readonly inject: (entries: ReadonlyArray<Entry>) => void
  /** Everything as at the start, ids too, the requests seen forgotten; what was under way is dropped. */
  readonly reset: (now: number) => void

  /** The requests seen, in the order in which they came. */
  readonly requests: () => ReadonlyArray<RecordedRequest>
  readonly requestCount: () => number
  readonly clearRequests: () => void
  /** Calls back whenever a request has come or was answered; returns what ends it. */
  readonly onRequest: (callback: () => void) => () => void
}

/**
 * A server at its start. Throws `InvalidSetting`.
 *
 * @example
 * ```ts
 * import { host } from "@checkpoint-permissions/fake"
 *
 * const fake = host.make({ behavior: { rate: { requests: 10, per: 60_000 } } }, Date.now())
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: Options, startedAt: number): Host => {
  let state = Server.start(options, startedAt)
  let resets = 0
  let log = new Map<string, RecordedRequest>()
  const callbacks = new Set<() => void>()

  const notify = () => {
    for (const callback of [...callbacks]) callback()
  }
  /** What was cleared, abandoned or answered before stays so. */
  const settle = (record: RecordedRequest) => {
    if (log.get(record.requestId)?.outcome !== "pending") return
    log.set(record.requestId, record)
    notify()
  }

  return {
    receive: (request, now) => {
      const { record, state: next, step } = Server.receive(state, request, now)
      state = next
      log.set(record.requestId, record)
      notify()
      return { ticket: { requestId: record.requestId, resets }, step }
    },
    resume: (ticket, pending, now) => {
      if (ticket.resets !== resets) {
        return { _tag: "Done", outcome: { _tag: "Dropped", code: "ECONNRESET", before: true } }
      }
      const { record, state: next, step } = Server.resume(state, pending, now)
      state = next
      settle(record)
      return step
    },
    abandon: (ticket, now) => {
      const record = ticket.resets === resets ? log.get(ticket.requestId) : undefined
      if (record !== undefined) settle(Server.abandoned(record, now))
    },
    stamp: (reply, now) => {
      const stamped = Server.stamp(state, reply, now)
      state = stamped.state
      return stamped.reply
    },
    seed: (seed, now) => {
      state = Server.seed(state, seed, now)
    },
    seedOrganization: (organization) => {
      state = Server.seedOrganization(state, organization)
    },
    permissions: (checkpoint) => Server.permissions(state, checkpoint),
    allPermissions: () => Server.allPermissions(state),
    remove: (checkpoint, permissionId, now) => {
      state = Server.remove(state, checkpoint, permissionId, now)
    },
    behavior: () => state.behavior,
    setBehavior: (settings, now) => {
      state = Server.setBehavior(state, settings, now)
    },
    setFaults: (plan) => {
      state = Server.setFaults(state, plan)
    },
    inject: (entries) => {
      state = Server.inject(state, entries)
    },
    reset: (now) => {
      state = Server.start(options, now)
      resets += 1
      log = new Map()
    },
    requests: () => [...log.values()],
    requestCount: () => log.size,
    clearRequests: () => {
      log = new Map()
    },
    onRequest: (callback) => {
      callbacks.add(callback)
      return () => callbacks.delete(callback)
    }
  }
}
