import * as plain from "@checkpoint-permissions/protocol/options"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { InvalidInputError } from "../PermissionsError.ts"
import { accepted, type ConfigOptions, type Options } from "./options.ts"

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

const unset = Effect.succeed(undefined)

const adminKeyOf: Effect.Effect<Redacted.Redacted, Config.ConfigError> = Effect.flatMap(
  variable(plain.variables.adminKey),
  (key) => {
    const message = `${plain.variables.adminKey} is not set: set it to an OpenAI admin key`
    return key === undefined
      ? Effect.fail(new Config.ConfigError(new ConfigProvider.SourceError({ message })))
      : Effect.succeed(Redacted.make(key))
  }
)

/** Makes a service with key and server from `Config`s, by default from environment variables. */
export const provide = Effect.fnUntraced(function* <A, R>(
  options: ConfigOptions,
  make: (options: Options) => Effect.Effect<A, InvalidInputError, R>
): Effect.fn.Return<A, Config.ConfigError | InvalidInputError, R> {
  yield* accepted(plain.refuseConfigs(options, Config.isConfig))
  const { adminKey, apiUrl, organizationId = unset, projectId = unset, ...others } = options
  const key = yield* adminKey ?? adminKeyOf
  const url = yield* apiUrl ?? variable(plain.variables.apiUrl)
  if (apiUrl === undefined) yield* accepted(plain.refuseUrlOfEnvironment(url))
  const headers = { organizationId: yield* organizationId, projectId: yield* projectId }
  return yield* Effect.mapError(
    make({ ...others, ...headers, adminKey: key, apiUrl: url }),
    ({ field, operation, reason }) =>
      new InvalidInputError({ operation, field: plain.variableOf(field, options), reason })
  )
})
