/**
 * A server with its state: the pure functions of `server`, with the state, the received requests and the controls in
 * one place. Transports (a socket, a `fetch`, an `HttpClient`) use it. A process may have any number of servers.
 */
import type { ServerBehavior, Settings } from "./behavior.ts"
import type { Entry, Plan } from "./faults.ts"
import type { RecordedRequest, Reply } from "./http.ts"
import { dropped } from "./internal/api/reply.ts"
import * as Check from "./internal/checks.ts"
import type { Requests } from "./internal/server/drive.ts"
import * as RequestLog from "./internal/server/requests.ts"
import type { Organization, Permission, Seed } from "./seed.ts"
import type { Options as ServerOptions } from "./server.ts"
import * as Server from "./server.ts"

export { drive, type InFlight, type RequestHandle, type Requests } from "./internal/server/drive.ts"

/** The initial state of a server, and the size of its request log. */
export interface Options extends ServerOptions {
  /**
   * The number of newest requests to keep. Default: 10,000. At most 16 million characters are kept, URLs and headers
   * included.
   */
  readonly keptRequests?: number | undefined
}

/** A server with its state. Every `now` is a time in milliseconds. */
export interface Host extends Requests {
  /** Adds the headers of every reply to a reply for input that is not a request. */
  readonly stamp: (reply: Reply, now: number) => Reply

  readonly seed: (seed: Seed, now: number) => void
  readonly seedOrganization: (organization: Organization) => void
  readonly permissions: (checkpoint: string) => ReadonlyArray<Permission>
  readonly allPermissions: () => ReadonlyMap<string, ReadonlyArray<Permission>>
  /** Deletes a permission without the client, as a user of the dashboard with this e-mail address. */
  readonly remove: (checkpoint: string, permissionId: string, now: number, by?: string) => void
  /** Grants a project access as a user of the dashboard. Returns the new permission. */
  readonly grant: (checkpoint: string, projectId: string, now: number, by?: string) => Permission | undefined
  readonly behavior: () => ServerBehavior
  readonly setBehavior: (settings: Settings, now: number) => void
  readonly setFaults: (plan: Plan) => void
  readonly inject: (entries: ReadonlyArray<Entry>) => void
  /** Returns the injected faults and those of a scripted plan that affected no request. */
  readonly unusedFaults: () => ReadonlyArray<Entry>
  /** The injected faults for an operation or a checkpoint that no request matched. */
  readonly unmatchedFaults: () => ReadonlyArray<Entry>
  /** Returns to the initial state, ids and request log included. Requests in flight are dropped. */
  readonly reset: (now: number) => void

  /** Returns the requests in the order of their arrival. Only the newest are kept. */
  readonly requests: () => ReadonlyArray<RecordedRequest>
  /** Returns the number of requests, including those that are no longer kept. */
  readonly requestCount: () => number
  readonly clearRequests: () => void
  /** Calls back after each arrival and each reply. Returns a function that stops it. */
  readonly onRequest: (callback: () => void) => () => void
  /** Calls back once, as soon as this many requests have arrived. Returns a function that stops it. */
  readonly awaitRequests: (count: number, callback: () => void) => () => void
}

const listeners = () => {
  const all = new Set<() => void>()
  return {
    call: (): void => {
      for (const callback of [...all]) callback()
    },
    add: (callback: () => void) => {
      // the same function, passed twice, is two listeners
      const own = () => callback()
      all.add(own)
      return () => all.delete(own)
    }
  }
}

/**
 * Makes a server. Throws `InvalidSetting`.
 *
 * @example
 * ```ts
 * import { host } from "@checkpoint-permissions/fake"
 *
 * const fake = host.make({ behavior: { rate: { requests: 10, per: 60_000 } } }, Date.now())
 * ```
 *
 * @category constructors
 */
export const make = (options: Options, startedAt: number, shared = RequestLog.memory()): Host => {
  const { keptRequests = RequestLog.defaultLimit, ...serverOptions } = options
  Check.integer(1)(keptRequests, "options.keptRequests")
  let state = Server.start(serverOptions, startedAt)
  let resets = 0
  const log = RequestLog.make(keptRequests, shared)
  const onRequest = listeners()
  const onReset = listeners()

  const changing =
    <A extends ReadonlyArray<unknown>>(change: (state: Server.State, ...args: A) => Server.State) =>
    (...args: A): void => {
      state = change(state, ...args)
    }
  const recordOutcome = (record: RecordedRequest) => {
    if (log.recordOutcome(record)) onRequest.call()
  }

  return {
    receive: (request, now) => {
      const { record, state: next, step } = Server.receive(state, request, now)
      state = next
      log.add(record)
      onRequest.call()
      return { handle: { requestId: record.requestId, resets }, step }
    },
    resume: (handle, pending, now) => {
      if (handle.resets !== resets) return { _tag: "Done", outcome: dropped("ECONNRESET", true) }
      const { record, state: next, step } = Server.resume(state, pending, now)
      state = next
      recordOutcome(record)
      return step
    },
    abandon: (handle, now) => {
      const record = handle.resets === resets ? log.find(handle.requestId) : undefined
      if (record !== undefined) recordOutcome(Server.abandoned(record, now))
    },
    stamp: (reply, now) => {
      const stamped = Server.stamp(state, reply, now)
      state = stamped.state
      return stamped.reply
    },
    seed: changing(Server.seed),
    seedOrganization: changing(Server.seedOrganization),
    permissions: (checkpoint) => Server.permissions(state, checkpoint),
    allPermissions: () => Server.allPermissions(state),
    remove: changing(Server.remove),
    grant: (checkpoint, projectId, now, by) => {
      const before = new Set(Server.permissions(state, checkpoint))
      state = Server.grant(state, checkpoint, projectId, now, by)
      return Server.permissions(state, checkpoint).find((permission) => !before.has(permission))
    },
    behavior: () => state.behavior,
    setBehavior: changing(Server.setBehavior),
    setFaults: changing(Server.setFaults),
    inject: changing(Server.inject),
    unusedFaults: () => Server.unusedFaults(state),
    unmatchedFaults: () => Server.unmatchedFaults(state),
    reset: (now) => {
      state = Server.start(serverOptions, now)
      resets += 1
      log.clear()
      onReset.call()
    },
    requests: log.all,
    requestCount: log.count,
    clearRequests: log.clear,
    onRequest: onRequest.add,
    awaitRequests: (count, callback) => {
      const check = () => {
        if (log.count() < count) return
        stop()
        callback()
      }
      const stop = onRequest.add(check)
      check()
      return stop
    },
    onReset: onReset.add
  }
}
