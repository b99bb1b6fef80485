/** The options of a service: their types, their `Config` variants, and their check. */
import * as plain from "@checkpoint-permissions/protocol/options"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Pacing from "../Pacing.ts"
import { InvalidInputError } from "../PermissionsError.ts"
import * as RetryPolicy from "../RetryPolicy.ts"
import { durationOf, policyOf, type Retry } from "./callOptions.ts"

/** The options of a service. Only `adminKey` is required. */
export interface Options extends plain.PlainOptions {
  /** An admin key of the organization; an ordinary key lacks the scopes. */
  readonly adminKey: Redacted.Redacted
  /** The timeout of one attempt, including reading its reply. Default: 30 seconds. */
  readonly timeout?: Duration.Input | undefined
  /** When to retry a failed attempt. Default: `RetryPolicy.standard`. A plain schedule has its cap, 10 minutes. */
  readonly retry?: Retry | undefined
  /** The rate limiter. Default: `Pacing.adaptive`. */
  readonly pacing?: Pacing.Pacing | undefined
  /**
   * Transforms the HTTP client, for instance to log requests. It sees requests before the key is added. The key is
   * added only to requests to `apiUrl`. The `request` of a reply or an error contains the key. Read a body with `text`
   * or `json`.
   */
  readonly transformClient?: ((client: HttpClient.HttpClient) => HttpClient.HttpClient) | undefined
}

/** The options of `ProjectModels`. `apiKey` and `projectId` are required. */
export interface ProjectOptions extends Omit<Options, "adminKey" | "projectId"> {
  /** An ordinary key of the project. An admin key lists no models or jobs. */
  readonly apiKey: Redacted.Redacted
  /** The project of the key. Sent as `OpenAI-Project`, so that the server refuses the key of another project. */
  readonly projectId: string
}

/** The options of `layerConfig`: key and server as `Config`, the others as in {@link Options}. */
export interface ConfigOptions extends Omit<Options, "adminKey" | "apiUrl" | "organizationId" | "projectId"> {
  /** Default: `Config.redacted("OPENAI_ADMIN_KEY")`. */
  readonly adminKey?: Config.Config<Redacted.Redacted> | undefined
  /** Default: `OPENAI_BASE_URL` if it is set. It is refused if its host is neither OpenAI's nor this machine. */
  readonly apiUrl?: Config.Config<string | undefined> | undefined
  /** Default: not sent. */
  readonly organizationId?: Config.Config<string | undefined> | undefined
  /** Default: not sent. */
  readonly projectId?: Config.Config<string | undefined> | undefined
}

export interface Settings extends plain.Settings, Pick<Options, "transformClient"> {
  readonly adminKey: Redacted.Redacted
  readonly timeout: Duration.Duration
  readonly retry: RetryPolicy.RetryPolicy
  readonly pacing: Pacing.Pacing
}

const refuse = (refusal: plain.Refusal) => Effect.fail(new InvalidInputError({ operation: "make", ...refusal }))

const checked = (
  options: Omit<Options, "adminKey">,
  field: plain.KeyField,
  adminKey: Redacted.Redacted
): Effect.Effect<Settings, InvalidInputError> => {
  const read = plain.check(options, field)
  if ("reason" in read) return refuse(read)
  const { pacing = Pacing.adaptive, retry = RetryPolicy.standard, transformClient } = options
  const timeout = durationOf(options.timeout ?? "30 seconds")
  const refusal = plain.refuseEffectOptions(field, {
    key: Redacted.isRedacted(adminKey) ? { text: Redacted.value(adminKey) } : undefined,
    timeout: Duration.toMillis(timeout),
    isRetry:
      Schedule.isSchedule(retry) ||
      (Predicate.hasProperty(retry, "schedule") &&
        Schedule.isSchedule(retry.schedule) &&
        Duration.isDuration(retry.cap)),
    pacing: Predicate.isFunction(pacing?.make)
      ? undefined
      : "not a Pacing: pass one from Pacing, or an object with make(operation)"
  })
  if (refusal !== undefined) return refuse(refusal)
  const policy = policyOf(retry, RetryPolicy.standard)
  return Effect.succeed({ ...read.ok, adminKey, timeout, retry: policy, pacing, transformClient })
}

/** Checks options. Fails with the first refused option. */
export const checkOptions = (options: Options): Effect.Effect<Settings, InvalidInputError> =>
  Effect.suspend(() => checked(options, "adminKey", options?.adminKey))

/** Checks the options of `ProjectModels`. */
export const checkProjectOptions = (options: ProjectOptions): Effect.Effect<Settings, InvalidInputError> =>
  Effect.suspend(() => checked(options, "apiKey", options?.apiKey))

/**
 * Reads an environment variable. An empty one counts as unset. Uses no `Config`, since each adds `Schema` to a bundle.
 */
const variable = (name: string): Effect.Effect<string | undefined, Config.ConfigError> =>
  Effect.flatMap(ConfigProvider.ConfigProvider, (provider) => provider.load([name])).pipe(
    Effect.mapBoth({
      onFailure: (error) => new Config.ConfigError(error),
      onSuccess: (node) => (node?.value === "" ? undefined : node?.value)
    })
  )

const configError = (message: string): Effect.Effect<never, Config.ConfigError> =>
  Effect.fail(new Config.ConfigError(new ConfigProvider.SourceError({ message })))

const adminKeyOfEnvironment = (): Effect.Effect<Redacted.Redacted, Config.ConfigError> =>
  Effect.flatMap(variable(plain.variables.adminKey), (key) =>
    key === undefined
      ? configError(`${plain.variables.adminKey} is not set: set it to an OpenAI admin key`)
      : Effect.succeed(Redacted.make(key))
  )

/** Fails at the first variable that is read for an option, or at the name of the option. */
const invalid = (
  { field, reason }: plain.Refusal,
  reads: { readonly [K in keyof ConfigOptions]?: Effect.Effect<unknown, Config.ConfigError> | undefined } = {}
): Effect.Effect<never, Config.ConfigError> =>
  Effect.suspend(() => {
    let name: string | undefined
    const nothing = ConfigProvider.make((path) => {
      name ??= path.join("_")
      return Effect.undefined
    })
    const read = new Map(Object.entries(reads)).get(field) ?? Effect.void
    return Effect.provideService(Effect.exit(read), ConfigProvider.ConfigProvider, nothing).pipe(
      Effect.andThen(() => configError(`${name ?? field}: ${reason}`))
    )
  })

/** Makes a service with key and server from `Config`s, by default from environment variables. */
export const withConfig = <A, R>(
  options: ConfigOptions,
  make: (options: Options) => Effect.Effect<A, InvalidInputError, R>
): Effect.Effect<A, Config.ConfigError, R> =>
  Effect.gen(function* () {
    const refusal = plain.refuseConfigs(options, Config.isConfig)
    if (refusal !== undefined) return yield* invalid(refusal)
    const { adminKey = adminKeyOfEnvironment(), apiUrl, organizationId, projectId, ...others } = options
    const key = yield* adminKey
    const url = yield* apiUrl ?? variable(plain.variables.apiUrl)
    const foreign = apiUrl === undefined ? plain.refuseUrlOfEnvironment(url) : undefined
    if (foreign !== undefined) return yield* invalid(foreign)
    const headers = {
      organizationId: organizationId && (yield* organizationId),
      projectId: projectId && (yield* projectId)
    }
    return yield* Effect.catch(make({ ...others, ...headers, adminKey: key, apiUrl: url }), (error) =>
      invalid(error, { adminKey, apiUrl: apiUrl ?? variable(plain.variables.apiUrl), organizationId, projectId })
    )
  })
