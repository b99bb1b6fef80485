/** The server as a `fetch`. Any SDK that accepts a `fetch` can use it in-process, without a socket. */
import type { ServerBehavior, Settings } from "./behavior.ts"
import { type Clock, manual, real } from "./clock.ts"
import * as Emulator from "./emulator.ts"
import type { Entry, Fault, Plan } from "./faults.ts"
import type * as Host from "./host.ts"
import type { Outcome, RecordedRequest, ServerRequest } from "./http.ts"
import * as Check from "./internal/checks.ts"
import type { InFlight } from "./internal/server/drive.ts"
import { InvalidSetting } from "./invalidSetting.ts"
import { connectionError, toResponse } from "./response.ts"
import type { Organization, Permission, Seed } from "./seed.ts"

/** The options of a fake `fetch`. */
export interface FetchOptions extends Host.Options {
  /**
   * The clock of latencies, quotas and `created_at`. `"real"`, the default, calls the current `Date.now` and
   * `setTimeout` each time, so fake timers control it. `"manual"` changes only with `advance`.
   */
  readonly clock?: "real" | "manual" | Clock | undefined
  /** The initial time of a manual clock, in Unix milliseconds. Default: 0. */
  readonly startAt?: number | undefined
}

/** The requests that an injected fault affects. Default: all. */
export type InjectOptions = Omit<Entry, "fault" | "nth">

/** A `fetch` of the fake server, and the controls of that server. It also has the control routes of the emulator. */
export interface FakeFetch {
  (input: string | URL | Request, init?: RequestInit): Promise<Response>
  readonly seed: (seed: Seed) => void
  /** Adds projects, models, jobs, model permissions, keys and events. An item with the same id is replaced. */
  readonly seedOrganization: (organization: Organization) => void
  readonly permissions: (checkpoint: string) => ReadonlyArray<Permission>
  /** Returns the project of each permission, oldest first. A project with two permissions appears twice. */
  readonly projects: (checkpoint: string) => ReadonlyArray<string>
  /** Returns the permissions of every known checkpoint. */
  readonly allPermissions: () => Readonly<Record<string, ReadonlyArray<Permission>>>
  /** Deletes a permission without the client, as a user of the dashboard with this e-mail address. */
  readonly remove: (checkpoint: string, permissionId: string, by?: string) => void
  /** Grants a project access without the client, as a user of the dashboard with this e-mail address. */
  readonly grant: (checkpoint: string, projectId: string, by?: string) => void
  /** Returns the requests since the start or `clearRequests`, in the order of their arrival. */
  readonly requests: () => ReadonlyArray<RecordedRequest>
  readonly clearRequests: () => void
  /** Resolves when `requests` has at least `count` entries, including those without a reply. */
  readonly awaitRequests: (count: number) => Promise<void>
  /** Injects faults into the next matching requests, one each, ahead of the plan. */
  readonly inject: (faults: Fault | ReadonlyArray<Fault>, options?: InjectOptions) => void
  /** Replaces the plan of faults, and discards injected faults. */
  readonly setFaults: (plan: Plan) => void
  /** Returns the injected faults and those of a scripted plan that affected no request. */
  readonly unusedFaults: () => ReadonlyArray<Entry>
  readonly behavior: () => ServerBehavior
  /** Changes settings. When the rate changes, the remaining calls of the old quota are kept. */
  readonly setBehavior: (settings: Settings) => void
  /** Returns to the initial state, ids included. Requests in flight are dropped. */
  readonly reset: () => void
  /** Returns the server's time, in Unix milliseconds. */
  readonly now: () => number
  /** Moves a manual clock forward. Timers that become due run at their times. */
  readonly advance: (millis: number) => Promise<void>
}

const noAdvance = (): Promise<void> =>
  Promise.reject(
    new InvalidSetting("clock", 'expected "manual" to advance this clock; advance fake timers with their own functions')
  )

const isClock = (value: unknown): value is Clock =>
  Check.isRecord(value) && typeof value["now"] === "function" && typeof value["setTimer"] === "function"

const clockOf = ({
  clock = "real",
  startAt
}: FetchOptions): { readonly clock: Clock; readonly advance: FakeFetch["advance"] } => {
  if (clock === "manual") {
    if (startAt !== undefined) Check.number("a number of milliseconds", Number.isFinite)(startAt, "startAt")
    const made = manual(startAt)
    return { clock: made, advance: made.advance }
  }
  if (startAt !== undefined) {
    throw new InvalidSetting("startAt", 'it is the start of a manual clock: pass clock: "manual" too, or omit it')
  }
  if (clock === "real") return { clock: real, advance: noAdvance }
  if (isClock(clock)) return { clock, advance: noAdvance }
  throw Check.expected('"real", "manual" or a clock', clock, "clock")
}

/**
 * Makes a `fetch` with a separate server. Throws `InvalidSetting` if an option is invalid.
 *
 * Faults look as they do with `fetch`. A lost reply is a rejection with `TypeError: fetch failed`, whose cause has a
 * code such as `ECONNRESET`. A body that breaks off rejects with `TypeError: terminated`. A redirect leads to a host
 * that does not exist, unless the request has `redirect: "manual"`.
 *
 * @example
 * ```ts
 * import { faults, makeFetch } from "@checkpoint-permissions/fake"
 *
 * const fetch = makeFetch({ behavior: { rate: { requests: 10, per: 60_000 } }, clock: "manual" })
 * fetch.seed({ "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd": ["proj_a"] })
 * fetch.inject(faults.dropAfter(), { operation: "create" })
 * ```
 *
 * @category constructors
 */
export const makeFetch = (options: FetchOptions = {}): FakeFetch => {
  const { clock: _clock, startAt: _startAt, ...serverOptions } = options
  const { advance, clock: base } = clockOf(options)
  const emulator = Emulator.make(serverOptions, base)
  const { clock, host } = emulator
  const controls: Pick<FakeFetch, keyof FakeFetch> = {
    seed: (seed) => host.seed(seed, clock.now()),
    seedOrganization: host.seedOrganization,
    permissions: host.permissions,
    projects: (checkpoint) => host.permissions(checkpoint).map(({ project_id }) => project_id),
    allPermissions: () => Object.fromEntries(host.allPermissions()),
    remove: (checkpoint, permissionId, by) => host.remove(checkpoint, permissionId, clock.now(), by),
    grant: (checkpoint, projectId, by) => void host.grant(checkpoint, projectId, clock.now(), by),
    requests: host.requests,
    clearRequests: host.clearRequests,
    awaitRequests: (count) => new Promise((resolve) => void host.awaitRequests(count, resolve)),
    inject: (faults, matching = {}) =>
      host.inject(("_tag" in faults ? [faults] : faults).map((fault) => ({ ...matching, fault }))),
    setFaults: host.setFaults,
    unusedFaults: host.unusedFaults,
    behavior: host.behavior,
    setBehavior: (settings) => host.setBehavior(settings, clock.now()),
    reset: () => {
      clock.unshift()
      host.reset(clock.now())
    },
    now: clock.now,
    advance
  }
  return Object.assign(connect(emulator.receive, base), controls)
}

const failed = (code: string): Error => new TypeError("fetch failed", { cause: connectionError(code) })

const requestOf = async (request: Request, writtenAs: string): Promise<ServerRequest> => {
  const url = new URL(request.url)
  return {
    method: request.method,
    url: writtenAs,
    path: url.pathname,
    query: [...url.searchParams],
    headers: Object.fromEntries(request.headers),
    body: await request.text()
  }
}

/** A function that receives a request and calls back with its outcome. */
type Receive = (request: ServerRequest, respond: (outcome: Outcome) => void) => InFlight

const outcomeOf = (receive: Receive, request: ServerRequest, signal: AbortSignal | undefined): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    let driven: InFlight | undefined
    const onAbort = () => {
      driven?.abandon()
      reject(signal?.reason)
    }
    signal?.addEventListener("abort", onAbort)
    driven = receive(request, (outcome) => {
      signal?.removeEventListener("abort", onAbort)
      resolve(outcome)
    })
    if (signal?.aborted === true) driven.abandon()
  })

const writtenAs = (input: string | URL | Request): string =>
  typeof input === "string" ? input : input instanceof URL ? input.href : input.url

/** Makes a `fetch` that passes its requests to `receive`. Body streams follow `clock`. */
const connect =
  (receive: Receive, clock: Clock) =>
  async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init)
    // the signal of the request only follows that of the caller
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined)
    signal?.throwIfAborted()
    const received = await requestOf(request, writtenAs(input))
    signal?.throwIfAborted()
    const outcome = await outcomeOf(receive, received, signal)
    if (outcome._tag === "Dropped") throw failed(outcome.code)
    const isRedirect = outcome.reply.headers["location"] !== undefined && outcome.reply.status < 400
    if (isRedirect && request.redirect !== "manual") throw failed("ENOTFOUND")
    return toResponse(outcome.reply, { clock, signal })
  }
