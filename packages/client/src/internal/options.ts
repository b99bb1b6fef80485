/** The options of the service: as types, from the environment, and checked with every default filled in. */
import { InvalidInputError } from "@checkpoint-permissions/core/PermissionsError"
import * as plain from "@checkpoint-permissions/protocol/options"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Pacing from "../Pacing.ts"
import * as RetryPolicy from "../RetryPolicy.ts"

/**
 * How a service is made. Only `adminKey` is required.
 *
 * @category models
 */
export interface Options {
  /** An admin key of the organization; an ordinary key lacks the scopes. */
  readonly adminKey: Redacted.Redacted
  /** Base URL of the API. Default: `https://api.openai.com/v1`. */
  readonly apiUrl?: string | undefined
  /** Sent as `OpenAI-Organization`. Default: not sent. */
  readonly organizationId?: string | undefined
  /** Sent as `OpenAI-Project`. Default: not sent. */
  readonly projectId?: string | undefined
  /**
   * How the key is sent: `"bearer"` (the default) as `Authorization: Bearer …`, any other name as that header's value,
   * such as `"api-key"`.
   */
  readonly authHeader?: string | undefined
  /**
   * Sent as `User-Agent`, such as `my-app/1.0`. An `HttpClient` that sets the header keeps its own. Browsers need the
   * server's permission (CORS) for it. Default: not set.
   */
  readonly userAgent?: string | undefined
  /** Allows a plain `http://` URL off the loopback, which sends the key in the clear. Default: false. */
  readonly allowInsecureHttp?: boolean | undefined
  /** How long an attempt may take, its reply read to the end. Default: 30 seconds. */
  readonly timeout?: Duration.DurationInput | undefined
  /** When failed attempts are made again. Default: `RetryPolicy.standard`. */
  readonly retry?: RetryPolicy.RetryPolicy | undefined
  /** How fast requests go out. Default: `Pacing.adaptive`. */
  readonly pacing?: Pacing.Pacing | undefined
  /** Permissions a page of `pages` and `stream`. Default: 100. */
  readonly pageSize?: number | undefined
  /**
   * Whether a stream requests the next page while one is consumed: one page ahead, from the second on. Default: true.
   */
  readonly prefetch?: boolean | undefined
  /** Whether long waits are logged. `false` is for a program that shows them itself. Default: true. */
  readonly logWaits?: boolean | undefined
  /**
   * Whether requests carry `traceparent` and `b3`, by which a gateway or server continues the trace. They name the span
   * of the attempt. Default: false.
   */
  readonly tracePropagation?: boolean | undefined
  /**
   * Changes the HTTP client, for instance to log requests. A request that it sees does not hold the key, and only
   * requests to `apiUrl` get it; the `request` of a reply or an error has it. A body can be read by `text` or `json`.
   */
  readonly transformClient?: ((client: HttpClient.HttpClient) => HttpClient.HttpClient) | undefined
}

/**
 * How `ProjectModels` is made. `apiKey` and `projectId` are required.
 *
 * @category models
 */
export interface ProjectOptions extends Omit<Options, "adminKey" | "projectId"> {
  /** An ordinary key of the project. An admin key lists no models or jobs. */
  readonly apiKey: Redacted.Redacted
  /** The project that the key is of. Sent as `OpenAI-Project`, so that the server refuses a key of another one. */
  readonly projectId: string
}

/**
 * The options of `layerConfig`: key and server as `Config`, the others as in {@link Options}.
 *
 * @category models
 */
export interface ConfigOptions extends Omit<Options, "adminKey" | "apiUrl" | "organizationId" | "projectId"> {
  /** Default: `Config.redacted("OPENAI_ADMIN_KEY")`. */
  readonly adminKey?: Config.Config<Redacted.Redacted> | undefined
  /**
   * Default: `OPENAI_BASE_URL` if it is set, which is refused if it names another host than OpenAI's or this machine.
   */
  readonly apiUrl?: Config.Config<string | undefined> | undefined
  /** Default: not sent. */
  readonly organizationId?: Config.Config<string | undefined> | undefined
  /** Default: not sent. */
  readonly projectId?: Config.Config<string | undefined> | undefined
}

export interface Settings extends plain.Settings, Pick<Options, "transformClient"> {
  /** Of `ProjectModels` the ordinary key of its project. */
  readonly adminKey: Redacted.Redacted
  readonly timeout: Duration.Duration
  readonly retry: RetryPolicy.RetryPolicy
  readonly pacing: Pacing.Pacing
}

const refuse = (refusal: plain.Refusal) => new InvalidInputError({ operation: "make", ...refusal })

/** Fails where there is a refusal. */
const accepted = (refusal: plain.Refusal | undefined): Effect.Effect<void, InvalidInputError> =>
  refusal === undefined ? Effect.void : refuse(refusal)

const checked = (
  options: Omit<Options, "adminKey">,
  field: plain.KeyField,
  adminKey: Redacted.Redacted
): Effect.Effect<Settings, InvalidInputError> => {
  const read = plain.check(options, field)
  if ("reason" in read) return refuse(read)
  const {
    pacing = Pacing.adaptive,
    retry = RetryPolicy.standard,
    timeout: wanted = "30 seconds",
    transformClient
  } = options
  const timeout = Option.getOrElse(Duration.decodeUnknown(wanted), () => Duration.zero)
  const refusal = plain.refuseEffectOptions(field, {
    key: Redacted.isRedacted(adminKey) ? { text: Redacted.value(adminKey) } : undefined,
    timeout: Duration.toMillis(timeout),
    isRetryPolicy: Schedule.isSchedule(retry?.schedule) && Duration.isDuration(retry.cap),
    pacing: Predicate.isFunction(pacing?.make)
      ? pacing.problem
      : "not a pacing: pass one of Pacing or SharedPacing, or an object with make(operation)"
  })
  return Effect.as(accepted(refusal), { ...read.ok, adminKey, timeout, retry, pacing, transformClient })
}

/** Fails with what is wrong with the first option that is refused. */
export const checkOptions = (options: Options): Effect.Effect<Settings, InvalidInputError> =>
  Effect.suspend(() => checked(options, "adminKey", options?.adminKey))

/** The same for a client of one project. */
export const checkProjectOptions = (options: ProjectOptions): Effect.Effect<Settings, InvalidInputError> =>
  Effect.suspend(() => checked(options, "apiKey", options?.apiKey))

/** `Config.redacted` hides what is said of a variable that is missing, and of each of several. */
const nameMissing = (error: ConfigError.ConfigError): ConfigError.ConfigError => {
  switch (error._op) {
    case "MissingData":
      return ConfigError.MissingData(
        [...error.path],
        `${error.path.join("_")} is not set: set it to an OpenAI admin key`
      )
    case "And":
      return ConfigError.And(nameMissing(error.left), nameMissing(error.right))
    case "Or":
      return ConfigError.Or(nameMissing(error.left), nameMissing(error.right))
    default:
      return error
  }
}

/** Makes a service with key and server from the `Config`s given or else from the environment. */
export const withConfig = <A, R>(
  options: ConfigOptions,
  make: (options: Options) => Effect.Effect<A, InvalidInputError, R>
): Effect.Effect<A, ConfigError.ConfigError | InvalidInputError, R> =>
  Effect.gen(function* () {
    yield* accepted(plain.refuseConfigs(options, Config.isConfig))
    const variables = plain.variables
    // an empty variable counts as unset
    const {
      adminKey = Config.redacted(Config.nonEmptyString(variables.adminKey)),
      apiUrl = Config.option(Config.nonEmptyString(variables.apiUrl)).pipe(Config.map(Option.getOrUndefined)),
      organizationId = Config.succeed(undefined),
      projectId = Config.succeed(undefined),
      ...others
    } = options
    const key = yield* Effect.mapError(adminKey, nameMissing)
    const url = yield* apiUrl
    if (options.apiUrl === undefined) yield* accepted(plain.refuseUrlOfEnvironment(url))
    const headers = { organizationId: yield* organizationId, projectId: yield* projectId }
    return yield* Effect.mapError(
      make({ ...others, ...headers, adminKey: key, apiUrl: url }),
      ({ field, operation, reason }) =>
        new InvalidInputError({ operation, field: plain.variableOf(field, options), reason })
    )
  })
