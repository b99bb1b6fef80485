/** The service for the server of the options and the environment. */

import * as Access from "@checkpoint-permissions/access/Access"
import * as Projects from "@checkpoint-permissions/access/Projects"
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import * as Organization from "@checkpoint-permissions/client/Organization"
import * as Pacing from "@checkpoint-permissions/client/Pacing"
import * as ProjectModels from "@checkpoint-permissions/client/ProjectModels"
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import type { InvalidInputError } from "@checkpoint-permissions/core/PermissionsError"
import * as ClientOptions from "@checkpoint-permissions/protocol/options"
import * as FakePermissions from "@checkpoint-permissions/testing/FakePermissions"
import * as HttpClient from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Undici from "@effect/platform-node/Undici"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import * as Scope from "effect/Scope"
import { type Failure, failed, wrongUse } from "../command/failure.ts"
import type { OptionsOf } from "../command/run.ts"
import { version } from "../command/version.ts"
import { loadSeed } from "../input/document.ts"
import { variable } from "../input/environment.ts"
import { checkForm } from "../input/ids.ts"
import { firstGiven } from "../input/option.ts"
import { rateOrVariable, type serverOptions } from "../input/options.ts"
import { Made } from "../terminal/estimate.ts"
import * as Screen from "../terminal/screen.ts"
import { isLongWait, type Rate, until, waitReason } from "../terminal/time.ts"
import { adminKey } from "./key.ts"
import { textOf } from "./optionTexts.ts"
import * as ServerTime from "./serverTime.ts"

const fakeKey = { value: Redacted.make("sk-fake"), from: "--fake" }

const fromVariable = (name: string) =>
  Effect.map(variable(name), (value) => (value === undefined ? undefined : { value, from: name }))

const conflict = (options: ServerOptions): string | undefined => {
  const other = options.fake ? firstGiven(options, "apiUrl", "adminKeyFile") : firstGiven(options, "seedFile")
  if (other === undefined) return undefined
  return options.fake ? `--fake cannot be combined with ${other}` : `${other} requires --fake`
}

/** Returns the error of a refused option, with the name of the option or variable that it is from. */
const optionError = (
  error: InvalidInputError,
  sources: Readonly<Record<string, { readonly from: string } | undefined>>
): Failure => {
  if (error.operation !== "make") return error
  return wrongUse(`${sources[error.field]?.from ?? error.field}: ${textOf(error) ?? error.reason}`)
}

const withServer = (apiUrl: string, error: Failure): Failure =>
  (error._tag === "ConnectionError" || error._tag === "RequestTimeoutError") && !error.mayHaveExecuted
    ? failed(`${error.message}; check that ${apiUrl} is the correct server (--api-url) and is running`)
    : error

export interface Connection {
  readonly apiUrl: string
  /** True for a key that begins with `sk-admin-`, and for the fake. */
  readonly isAdminKey: boolean
  readonly time: ServerTime.ServerTime
  /**
   * Reads the first page of the list of projects for the time of the server, unless a reply has shown it. A refusal
   * shows it too.
   */
  readonly askTime: Effect.Effect<void, Failure>
  readonly organizationLists: Effect.Effect<Organization.Service, Failure>
  /**
   * Reads the list of projects as far as these ids need, or to its end, at most once in a run. A page that cannot be read
   * is not a failure: the value has the reason.
   */
  readonly projects: (ids?: ReadonlyArray<string>, pages?: number) => Effect.Effect<Projects.Projects, Failure>
  /** The line that reports unchecked project ids, until it is printed. Empty afterwards. */
  readonly unchecked: Ref.Ref<string | undefined>
  readonly projectLists: (project: string, key: Redacted.Redacted) => Effect.Effect<ProjectModels.Service, Failure>
}

const operations: Readonly<Record<string, keyof Made["Type"]>> = { GET: "list", POST: "create", DELETE: "delete" }

const counted = (client: HttpClient.HttpClient, made: Made["Type"]) =>
  HttpClient.transform(client, (send, { method, url }) => {
    const operation = /\/permissions(\/|$)/.test(url) ? operations[method] : undefined
    if (operation === undefined) return send
    const add = (count: number) =>
      Effect.sync(() => {
        made[operation] += count
      })
    return Effect.zipRight(
      add(1),
      Effect.tap(send, ({ status }) => (status === 429 ? add(-1) : Effect.void))
    )
  })

export const withPermissions = Effect.fnUntraced(function* <A, E extends Failure, R>(
  options: ServerOptions,
  checkpoints: ReadonlyArray<CheckpointId>,
  use: (permissions: CheckpointPermissions.Service, connection: Connection) => Effect.Effect<A, E, R>
) {
  const screen = yield* Screen.Screen
  const wrong = conflict(options)
  if (wrong !== undefined) return yield* wrongUse(wrong)
  const key = options.fake || options.keyless === true ? fakeKey : yield* adminKey(options.adminKeyFile)
  const apiUrl = options.fake
    ? { value: fakeUrl, from: "--fake" }
    : Option.isSome(options.apiUrl)
      ? { value: options.apiUrl.value, from: "--api-url" }
      : yield* fromVariable("OPENAI_BASE_URL")
  const organization = yield* fromVariable("OPENAI_ORG_ID")
  const project = yield* fromVariable("OPENAI_PROJECT_ID")
  const rate = options.rate === undefined ? undefined : Option.getOrUndefined(yield* rateOrVariable(options.rate))
  const pacing = rate === undefined ? Pacing.adaptive : Pacing.fixed(rate)
  const settings = {
    apiUrl: apiUrl?.value,
    organizationId: organization?.value,
    projectId: project?.value,
    authHeader: Option.getOrUndefined(options.authHeader),
    allowInsecureHttp: options.allowInsecureHttp,
    userAgent: `checkpoint-permissions/${version}`,
    // printed by `onWait`
    logWaits: false
  }
  const authHeader = { from: "--auth-header" }
  const sources = { adminKey: key, apiUrl, organizationId: organization, projectId: project, authHeader }
  const made = CheckpointPermissions.make({ ...settings, adminKey: key.value, pacing }).pipe(
    Effect.mapError((error) => optionError(error, sources))
  )
  const run = Effect.fnUntraced(function* (scope: Scope.Scope) {
    const base = yield* HttpClient.HttpClient
    const [http, time] = yield* ServerTime.watch(base)
    const overHttp = Effect.provideService(HttpClient.HttpClient, http)
    const requests = { list: 0, create: 0, delete: 0 }
    const permissions = yield* Effect.provideService(made, HttpClient.HttpClient, counted(http, requests))
    const { server } = permissions
    yield* checkForm(checkpoints, server.apiUrl)
    const host = options.fake || options.keyless === true ? undefined : ClientOptions.foreignHost(server.apiUrl)
    if (host !== undefined) yield* screen.warn(`the admin key is sent to ${host}`)
    // a prefetched page would exceed a limit of pages
    const organizationLists = overHttp(Organization.make({ ...settings, adminKey: key.value, pacing, prefetch: false }))
    const reader = yield* Effect.cached(Scope.extend(Effect.flatMap(organizationLists, Projects.reader), scope))
    const connection: Connection = {
      apiUrl: server.apiUrl,
      isAdminKey: options.fake || Redacted.value(key.value).startsWith("sk-admin-"),
      time,
      askTime: Effect.flatMap(reader, ({ read }) => read(undefined, 1)).pipe(
        Effect.flatMap(({ error }) =>
          error === undefined || ("status" in error && error.status !== undefined) ? Effect.void : Effect.fail(error)
        ),
        Effect.unlessEffect(time.isKnown)
      ),
      organizationLists,
      unchecked: yield* Ref.make<string | undefined>(undefined),
      projects: (ids, pages) => Effect.flatMap(reader, ({ read }) => read(ids, pages)),
      projectLists: (projectId, apiKey) => overHttp(ProjectModels.make({ ...settings, projectId, apiKey, pacing }))
    }
    return yield* use(permissions, connection).pipe(
      Effect.ensuring(time.report),
      Effect.mapError((error) => withServer(server.apiUrl, error)),
      Effect.provideServiceEffect(Access.Access, Access.make(permissions)),
      Effect.provideService(CheckpointPermissions.CheckpointPermissions, permissions),
      Effect.provideService(Made, requests),
      Effect.withClock(time.clock)
    )
  })
  return yield* Effect.scopedWith(run).pipe(
    CheckpointPermissions.withOptions({
      onReply: ({ operation, requestId, status }) =>
        Effect.logDebug(`${operation} answered ${status}${requestId === undefined ? "" : `, request ${requestId}`}`),
      onWait: (wait) =>
        Effect.flatMap(until(wait.delay), (when) => {
          const why = `${waitReason(wait)}, next request at ${when}`
          return Effect.zipRight(
            // The client logs retries itself.
            wait.reason === "retry" ? Effect.void : Effect.logDebug(`${wait.operation}: ${why}`),
            isLongWait(wait) ? screen.showWait(why, wait.delay) : Effect.void
          )
        })
    }),
    Effect.provide(options.fake ? fakeLayer(options, checkpoints) : httpLayer)
  )
})

/** Returns true for a proxy URL, and for the empty text of an unset variable. */
const isProxy = (text: string): boolean =>
  text === "" || (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol))

/** Refuses a proxy without printing its address, which may contain a password. */
const invalidProxy = (name: string) =>
  wrongUse(`${name} is not a proxy URL: set it to a URL such as http://proxy.example.com:8080, or unset it`)

const dispatcher = Effect.gen(function* () {
  // The lower case name has precedence, as with other programs.
  const [httpsProxy = "", httpProxy = "", noProxy = ""] = yield* Effect.forEach(
    ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"],
    (name) => variable(name.toLowerCase(), name)
  )
  if (!isProxy(httpsProxy)) return yield* invalidProxy("HTTPS_PROXY")
  if (!isProxy(httpProxy)) return yield* invalidProxy("HTTP_PROXY")
  return yield* Effect.acquireRelease(
    Effect.sync(() => new Undici.EnvHttpProxyAgent({ httpProxy, httpsProxy, noProxy })),
    (agent) => Effect.promise(() => agent.destroy())
  )
})

const httpLayer = Layer.provide(
  NodeHttpClient.layerUndiciWithoutDispatcher,
  Layer.scoped(NodeHttpClient.Dispatcher, dispatcher)
)

export class SharedFake extends Context.Reference<SharedFake>()("@checkpoint-permissions/cli/SharedFake", {
  defaultValue: (): HttpClient.HttpClient | undefined => undefined
}) {}

/** The time of the oldest fake permission in Unix seconds: 2026-01-01T00:00:00Z. */
const firstGrant = 1_767_225_600
const hour = 3600

/** The default projects of the fake organization: `proj_001` to `proj_030`. */
const fakeProjects = Array.from({ length: 30 }, (_, i) => `proj_${String(i + 1).padStart(3, "0")}`)

/** The number of fake projects with a permission at each checkpoint, granted one hour apart. */
const seededProjects = 25

const fakeOptions = (checkpoints: ReadonlyArray<CheckpointId>): FakePermissions.Options => {
  const permissions = fakeProjects
    .slice(0, seededProjects)
    .map((project_id, i) => ({ project_id, created_at: firstGrant + i * hour }))
  return {
    seed: Object.fromEntries(checkpoints.map((checkpoint) => [checkpoint, permissions])),
    organization: { projects: fakeProjects }
  }
}

const fakeLayer = ({ seedFile }: ServerOptions, checkpoints: ReadonlyArray<CheckpointId>) =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const seed = yield* Effect.transposeMapOption(seedFile, loadSeed)
      const shared = yield* SharedFake
      if (shared !== undefined) return Layer.succeed(HttpClient.HttpClient, shared)
      return Layer.orDie(FakePermissions.layer(Option.getOrElse(seed, () => fakeOptions(checkpoints))))
    })
  )

/** The URL of `--fake`. Its host name is reserved, so a plan or lock for it matches no real server. */
export const fakeUrl = "https://fake.invalid/v1"

export interface ServerOptions extends OptionsOf<typeof serverOptions> {
  /** True if no request is sent, so no key is needed. */
  readonly keyless?: boolean | undefined
  readonly rate?: Option.Option<Rate> | undefined
}
