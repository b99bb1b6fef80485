/** A fake server: its options, its controls, and its client. */
import { inMillis, type ServerBehavior } from "@checkpoint-permissions/fake/behavior"
import type { Clock } from "@checkpoint-permissions/fake/clock"
import { type Entry, type Fault, type Plan, UnusedFaults } from "@checkpoint-permissions/fake/faults"
import * as Host from "@checkpoint-permissions/fake/host"
import type * as Http from "@checkpoint-permissions/fake/http"
import { connectionError, toResponse } from "@checkpoint-permissions/fake/response"
import type { Organization, Permission, Seed } from "@checkpoint-permissions/fake/seed"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { Settings } from "../../ServerBehavior.ts"
import { toMillis } from "./time.ts"

/** The initial state and the behavior of a fake. */
export interface Options extends Omit<Host.Options, "behavior"> {
  readonly behavior?: Settings | undefined
  /**
   * The faults that must affect a request: all (true), or none (false). Otherwise the end of the layer's scope dies with
   * `faults.UnusedFaults`, unless the test fails anyway. Default: those injected for an operation or a checkpoint.
   */
  readonly strictFaults?: boolean | undefined
}

/**
 * A request as the server received it, with its result. It does not contain the plain key. Times are milliseconds of
 * the `Clock`.
 */
export interface RecordedRequest extends Omit<Http.RecordedRequest, "key"> {
  /** The key of the header `Authorization: Bearer` or `api-key`. */
  readonly key: Redacted.Redacted | undefined
}

/** The requests that an injected fault affects. Default: all. */
export interface InjectOptions extends Omit<Entry, "fault" | "nth"> {}

/** The controls of a fake server. */
export interface Service {
  readonly seed: (seed: Seed) => Effect.Effect<void>
  /** Adds projects, models, jobs, model permissions, keys and events. An item with the same id is replaced. */
  readonly seedOrganization: (organization: Organization) => Effect.Effect<void>
  readonly permissions: (checkpoint: string) => Effect.Effect<ReadonlyArray<Permission>>
  /** The project of each permission, oldest first. A project with two permissions appears twice. */
  readonly projects: (checkpoint: string) => Effect.Effect<ReadonlyArray<string>>
  /** The permissions of every known checkpoint, oldest first. */
  readonly allPermissions: Effect.Effect<Readonly<Record<string, ReadonlyArray<Permission>>>>
  /** Deletes a permission without the client, as a user of the dashboard with this e-mail address. */
  readonly remove: (checkpoint: string, permissionId: string, by?: string) => Effect.Effect<void>
  /** Grants a project access without the client, as a user of the dashboard with this e-mail address. */
  readonly grant: (checkpoint: string, projectId: string, by?: string) => Effect.Effect<void>
  /** The requests since the layer was built, or since `clearRequests`, in the order of their arrival. */
  readonly requests: Effect.Effect<ReadonlyArray<RecordedRequest>>
  readonly clearRequests: Effect.Effect<void>
  /** Waits until `requests` has at least this many entries, including those without a reply. */
  readonly awaitRequests: (count: number) => Effect.Effect<void>
  /** Injects faults into the next matching requests, one each, ahead of the plan. */
  readonly inject: (faults: Fault | ReadonlyArray<Fault>, options?: InjectOptions) => Effect.Effect<void>
  /** Replaces the plan of faults, and discards injected faults. */
  readonly setFaults: (plan: Plan) => Effect.Effect<void>
  /** The injected faults and those of a scripted plan that affected no request. */
  readonly unusedFaults: Effect.Effect<ReadonlyArray<Entry>>
  /** The current behavior of the server, with times in milliseconds. */
  readonly behavior: Effect.Effect<ServerBehavior>
  /** Changes settings. When the rate changes, the remaining calls of the old quota are kept. */
  readonly setBehavior: (settings: Settings) => Effect.Effect<void>
  /** The in-process client of the server, which `layerHttpClient` provides. */
  readonly httpClient: HttpClient.HttpClient
}

const transportError = (request: HttpClientRequest.HttpClientRequest, cause: unknown) =>
  new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })

const bodyOf = (
  request: HttpClientRequest.HttpClientRequest
): Effect.Effect<string, HttpClientError.HttpClientError> =>
  request.body._tag === "Empty"
    ? Effect.succeed("")
    : HttpClientRequest.toWeb(request).pipe(
        Effect.flatMap((web) => Effect.tryPromise(() => web.text())),
        Effect.mapError((cause) => transportError(request, cause))
      )

/** Makes a client of the fake. Its time is that of `clockOf`: the `Clock` of the fiber that sends the request. */
const clientOf = (host: Host.Host, clockOf: Effect.Effect<Clock>): HttpClient.HttpClient =>
  HttpClient.make((request, url, signal) =>
    Effect.gen(function* () {
      const clock = yield* clockOf
      const sent = {
        method: request.method,
        url: request.url,
        path: url.pathname,
        query: [...url.searchParams],
        headers: request.headers,
        body: yield* bodyOf(request)
      }
      const outcome = yield* Effect.callback<Http.Outcome>((resume) => {
        const driven = Host.drive(host, clock, sent, (outcome) => resume(Effect.succeed(outcome)))
        return Effect.sync(driven.abandon)
      })
      if (outcome._tag === "Dropped") return yield* Effect.fail(transportError(request, connectionError(outcome.code)))
      return HttpClientResponse.fromWeb(request, toResponse(outcome.reply, { clock, signal }))
    })
  )

/** Dies at the end of the scope if a required fault affected no request and nothing else failed. */
export const requireFaults = (
  host: Host.Host,
  isStrict: Options["strictFaults"]
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.addFinalizer((exit) => {
    const unused = isStrict === undefined ? host.unmatchedFaults() : isStrict ? host.unusedFaults() : []
    return Exit.isSuccess(exit) && unused.length > 0 ? Effect.die(new UnusedFaults(unused)) : Effect.void
  })

/** Returns the controls of a server, and its client. `clock` is the clock of the server. */
export const controls = (host: Host.Host, clock: Effect.Effect<Clock>): Service => {
  const atNow = (change: (now: number) => void) => Effect.map(clock, ({ now }) => change(now()))
  return {
    seed: (seed) => atNow((now) => host.seed(seed, now)),
    seedOrganization: (organization) => Effect.sync(() => host.seedOrganization(organization)),
    permissions: (checkpoint) => Effect.sync(() => host.permissions(checkpoint)),
    projects: (checkpoint) => Effect.sync(() => host.permissions(checkpoint).map(({ project_id }) => project_id)),
    allPermissions: Effect.sync(() => Object.fromEntries(host.allPermissions())),
    remove: (checkpoint, permissionId, by) => atNow((now) => host.remove(checkpoint, permissionId, now, by)),
    grant: (checkpoint, projectId, by) => atNow((now) => void host.grant(checkpoint, projectId, now, by)),
    requests: Effect.sync(() =>
      host.requests().map(({ key, ...request }) => {
        const value = key()
        return { ...request, key: value === undefined ? undefined : Redacted.make(value) }
      })
    ),
    clearRequests: Effect.sync(host.clearRequests),
    awaitRequests: (count) =>
      Effect.callback((resume) => {
        const stop = host.awaitRequests(count, () => resume(Effect.void))
        return Effect.sync(stop)
      }),
    inject: (faults, options) =>
      Effect.sync(() => host.inject(("_tag" in faults ? [faults] : faults).map((fault) => ({ ...options, fault })))),
    setFaults: (plan) => Effect.sync(() => host.setFaults(plan)),
    unusedFaults: Effect.sync(host.unusedFaults),
    behavior: Effect.sync(host.behavior),
    setBehavior: (settings) => atNow((now) => host.setBehavior(inMillis(settings, toMillis), now)),
    httpClient: clientOf(host, clock)
  }
}
